"""What each agent gained and lost, marked at reference prices, by what it did for it.

The whole is what the ledger says: funds at the end less those at the start, liquidity and contracts included, both at
the reference prices of the end, so that it is no gain that what somebody held anyway has become dearer. It has these
parts:

- the classes of `market.intents.extraction`, as the totals of the run have them: what own trades brought less what they
  took at the prices of their time, tips and fees off, and tips for such trades of others, for whoever built the block;
  a trade that takes nothing from anybody is a `trade`;
- `fees`: all other tips, gas and data fees received less paid;
- `revalued`: what was bought or sold has become dearer or cheaper since, fees and rounding of venues included;
- `provision`: liquidity, with the fees that it earned;
- other reasons of the ledger by their names, such as `bid` or `stake`. What is staked, lent, bonded, or on its way over
  a bridge counts as paid until it comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.intents.extraction import Extraction
from market.intents.rows import Status
from market.measures.classes.bundles import MARKED
from market.measures.holdings import in_contracts, provided
from market.measures.recorder import Recorder
from market.state.ledger import Why
from market.venues.dispatch import stating

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

FEES = (Why.TIP, Why.GAS, Why.DATA_FEE, Why.DATA_COST)
TRADED = (
    Why.SWAP, Why.POOL_FEE, Why.LIQUIDATION, Why.SEIZURE, Why.OUTSIDE, Why.MARGIN, Why.PERPETUAL_FEE, Why.INSURANCE,
    Why.ESCROW, Why.PENALTY, Why.SURPLUS, Why.OPTION_MARGIN, Why.OPTION_FEE, Why.SECURITY,
    Why.OPTION_COVER,
)  # fmt: skip
"""Reasons for which something moves because it is traded."""
CLASSES = tuple("trade" if member == Extraction.NONE else member.name.lower() for member in Extraction)
"""Names of the parts that are classes of intents, by number of the class."""


ROUNDING_USD = 1e-7
"""A part smaller than that is what rounding leaves of nothing, and left out [USD]."""


class ProfitByAgent(Recorder):
    """Adds up what each agent gained.

    Attributes
    ----------
    by_agent : dict
        once the market has reached its horizon: by agent its `role`, its `total_usd`, and its parts in `by_kind`, those
        that are not nothing [USD]
    """

    def on_start(self, market: SequencerMarket) -> None:
        """Note what everybody has."""
        self._market, self._tables = market, market.world.tables
        self.by_agent: dict[str, dict[str, Any]] = {}
        self._provided, self._contracts = provided(market), in_contracts(market)
        self._brought = np.zeros(len(market.members))
        self._flows = self._tables.flows.copy()  # endowments, and stakes that sequencers bonded as they were seated

    def on_block(self, slot: Slot) -> None:
        """Add what trades brought less what they took."""
        self._add(slot.rows)

    def on_orders(self, rows: np.ndarray) -> None:
        """Add what orders carried out apart from blocks brought less what they took."""
        self._add(rows)

    def _add(self, rows: np.ndarray) -> None:
        agents, prices = self._brought.size, self._tables.prices
        own = (rows["sender"] >= 0) & (rows["sender"] < agents) & (rows["status"] == Status.FILLED)
        rows = rows[own & stating(MARKED, rows["kind"])]
        brought = rows["filled_out"] * prices[rows["asset_out"]] - rows["filled_in"] * prices[rows["asset_in"]]
        np.add.at(self._brought, rows["sender"], brought)

    def close(self) -> None:
        """Tell each agent's profit apart."""
        market, prices = self._market, self._tables.prices
        in_pools = (provided(market) - self._provided) @ prices
        contracts = (in_contracts(market) - self._contracts) @ prices
        count, flows = self._brought.size, self._tables.flows - self._flows
        received = flows[:, :count].sum(axis=0)
        net = (received - flows[:count].sum(axis=1)) @ prices  # (agents, reasons)
        earned = received[:, Why.POOL_FEE] @ prices  # whoever provides is paid fees, whoever trades pays them
        totals = net.sum(axis=1) + in_pools + contracts
        for agent, member in enumerate(market.members):
            parts = self._parts(agent, net[agent], float(earned[agent]))
            parts["revalued"] += float(contracts[agent])
            parts["provision"] += float(in_pools[agent])
            kinds = {name: value for name, value in parts.items() if abs(value) > ROUNDING_USD}
            self.by_agent[member.name] = {"role": member.role, "total_usd": float(totals[agent]), "by_kind": kinds}

    def _parts(self, agent: int, net: np.ndarray, earned: float) -> dict[str, float]:
        """Parts of what an agent's funds gained, given that by reason, and the fees that it earned in pools [USD]."""
        classes, brought = self._market.tally.gains[agent], float(self._brought[agent])
        parts = dict(zip(CLASSES, classes.tolist(), strict=True))
        # of tips and fees, classes count those of own trades, and tips for trades of their kind
        parts["fees"] = float(net[list(FEES)].sum()) - (float(classes.sum()) - brought)
        parts["revalued"] = float(net[list(TRADED)].sum()) - earned - brought
        parts["provision"] = float(net[Why.LIQUIDITY]) + earned
        others = (why for why in Why if why not in (*FEES, *TRADED, Why.LIQUIDITY, Why.ENDOWMENT))
        return parts | {why.name.lower(): float(net[why]) for why in others}
