"""Prizes for sale: every block brings the same tips to whoever builds it, and builders bid for it.

What an auction's known answers need: a prize of known value, an auction that is a part of the regime, bidders who are
the market's builders, and payments that go through its ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.builders.mixed_margin import MixedMargin
from experiments.validation._markets import Watched, asset, intents, pool, rollup, still
from market import regimes
from market.access.seat import Seat
from market.config import AgentConfig
from market.venues import Kind

BLOCK_S = 1.0
USD, ETH = 0, 1
SWAPPED_USD = 1e-3
"""Size of the trades that carry the tips: nothing beside the pool of ten million."""


class Contracted(MixedMargin):
    """A builder with a mixed strategy that alone receives `exclusive_share` of the users' intents."""

    contract: tuple[float, float] = (1.0, 1.0)

    def __init__(
        self, seat: Seat, exclusive_share: float, margins: Sequence[float], weights: Sequence[Sequence[float]] = ()
    ) -> None:
        super().__init__(seat, margins, weights, sandwich=False)
        self.exclusive_share = exclusive_share


def builder(strategy: str, **parameters: Any) -> AgentConfig:
    """One builder, rich enough for whatever it bids."""
    return AgentConfig(role="builder", strategy=strategy, capital_usd=1e9, parameters=parameters)


def prizes(
    auction: dict[str, Any],
    builders: Sequence[AgentConfig],
    blocks: int,
    seed: int,
    prize: float = 1.0,
    exclusive: float = 0.0,
) -> Watched:
    """Run a market that sells `blocks` blocks.

    Parameters
    ----------
    auction
        the part of the regime, by its kind
    builders
        who bids
    blocks
        how many are sold
    seed
        of the market
    prize
        tips in every block [USD]
    exclusive
        part of them that only a builder with a contract receives [USD]

    Returns
    -------
    Watched
        `measured` is what each builder has, before the first block and after each: arrays of shape (builders,) [USD].
    """
    home = rollup("one", pool((4e3, 1e7), ("ETH", "USD"), 0.0, 2500.0), block_time_s=BLOCK_S)
    base = regimes.load("pbs")
    parts: dict[str, Any] = {"auction": auction, "block_time_s": BLOCK_S}
    if exclusive > 0.0:
        parts["visibility"] = {"kind": "exclusive", "gossip": 0.0, "access": 1.0}
    config = still([home], [asset("ETH", 2500.0)], builders, horizon_s=(blocks + 1) * BLOCK_S)
    config = config.model_copy(update={"regime": base.model_copy(update=parts)})
    market = Watched(config, seed, has)
    market.measured.append(has(market))
    first, tips = market.domains[0].phase, [prize - exclusive] + [exclusive] * (exclusive > 0.0)
    rows = intents(market, blocks * len(tips), "retail", kind=Kind.SWAP, asset_in=USD, asset_out=ETH)
    rows["amount"], rows["tip"] = SWAPPED_USD, np.tile(tips, blocks)
    # users' own draws: the first is everybody's, the second falls under the contract
    rows["route"] = np.tile([0.25, 0.75][: len(tips)], blocks) if exclusive > 0.0 else 0.0
    rows["sent"] = rows["arrival"] = first + BLOCK_S * np.repeat(np.arange(blocks) - 0.5, len(tips))
    rows["expiry"] = rows["arrival"] + 0.9 * BLOCK_S  # what a winner could not take is not the next one's
    market.mempool.submit(rows)
    market.run()
    return market


def has(market: Watched) -> np.ndarray:
    """What each builder has over all rollups: shape (builders,) [USD]."""
    accounts = [agent.account for agent in market.builders]
    return market.world.tables.balance[accounts].sum(axis=1)[:, USD]


def earned(market: Watched, blocks: int) -> np.ndarray:
    """What each builder earned by each of the first blocks, read off the ledger: shape (blocks, builders) [USD]."""
    return np.diff(np.array(market.measured), axis=0)[:blocks]
