"""Members of a committee who sell their shares of the key: what deters them, to the cent.

Reading a block early is worth G to whoever orders it, and takes t shares of members who are alike. A member sells for
more than what a share must be expected to cost it,

    chance of proof (slashed part x stake behind a share + part of the stake lost x rent of the right to lead),

and the block is opened where G exceeds t times that. Both thresholds are found here by bisection, over the price and
over G, in markets of the model's own, whoever leads asking and paying through the ledger. Rent is given to members, not
measured, so that the thresholds are known; G is bisected at the least price that members take.
Source of the expected value: stake at risk x slashed part x chance of proof + rent >= gain, as in leader lotteries.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.sequencers.share_trader import ShareTrader as _ShareTrader
from experiments.validation import _markets as markets
from experiments.validation._rows import row
from market.access.observation import Observation
from market.access.seat import Seat
from market.config import AgentConfig, FlowConfig, MarketConfig, RegimeConfig
from market.measures.outcomes import outcomes

ID = "G2"
TITLE = "What deters members of a committee from selling their shares of a key"

SEATS, STAKE_USD = 4, 4000.0
"""Sequencers, and what they have staked together [USD]."""
CENT_USD = 0.01
CASES = ((2, 0.5, 0.2, 0.0), (3, 0.25, 0.2, 300.0), (3, 0.5, 0.2, 0.0), (2, 1.0, 0.1, 900.0))
"""Shares that it takes, chance of proof, part of the stake that is slashed, rent of a member's right to lead [USD]."""


class Rentier(_ShareTrader):
    """Believes reading a block to be worth `worth_usd` whatever happens, and its right to lead `rent_usd`."""

    def __init__(self, seat: Seat, worth_usd: float, rent_usd: float, premium_usd: float) -> None:
        super().__init__(seat, gain_usd=worth_usd, memory=1e-9, premium_usd=premium_usd, step=0.0, horizon_slots=1.0)
        self.rent_usd = rent_usd

    def _income(self, seen: Observation) -> float:
        return self.rent_usd


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` bisects less far and leaves out two cases."""
    steps = 8 if quick else 14
    for needed, chance, slashed, rent in CASES[:2] if quick else CASES:
        part, loss = chance * slashed * rent, chance * slashed * (STAKE_USD / SEATS + rent)
        case = f"t={needed}, chance {chance}, part {slashed}, rent {rent:g}"
        setting = needed, chance, slashed, rent
        if part > 0.0:
            found = markets.bisect(lambda premium, of=setting: opened(1e5, premium, *of), 1e-9, 3.0 * part, steps)
            penalty = chance * slashed * STAKE_USD / SEATS
            yield row(ID, case, "least price, USD", loss, penalty + found, 3.0 * part / 2.0**steps)
        top = 2.5 * needed * loss
        found = markets.bisect(
            lambda worth, of=setting, more=part: opened(worth, more + CENT_USD, *of), 0.0, top, steps
        )
        yield row(ID, case, "least gain, USD", needed * loss, found, top / 2.0**steps + needed * CENT_USD)


def opened(worth: float, premium: float, needed: int, chance: float, slashed: float, rent: float) -> bool:
    """Whether blocks are opened early at what reading is believed to be worth and is offered beyond penalties [USD]."""
    market = markets.Watched(_market(worth, premium, needed, chance, slashed, rent), 1)
    market.run()
    return float(outcomes(market)["blocks_opened_early"]) > 0


def _market(worth: float, premium: float, needed: int, chance: float, slashed: float, rent: float) -> MarketConfig:
    """A market of some slots with users whose intents nobody can use."""
    regime = RegimeConfig(
        name="sold",
        leader={"kind": "stake_lottery", "stakes": [1.0] * SEATS, "stake_usd": STAKE_USD,
                "slash_early_decryption": slashed},
        visibility={"kind": "shares_for_sale", "members": SEATS, "threshold": needed, "candidates": SEATS},
        ordering={"kind": "leader"},
        oversight={"kind": "proofs", "early_decryption": chance},
        block_time_s=1.0,
    )  # fmt: skip
    sequencer = AgentConfig(
        role="sequencer",
        strategy=f"{__name__}:Rentier",
        parameters={"worth_usd": worth, "rent_usd": rent, "premium_usd": premium},
    )
    pool = markets.pool((1000.0, 1000.0 * 2500.0), ("ETH", "USD"), 30.0, 2500.0)
    base = markets.still([markets.rollup("a", pool)], [markets.asset("ETH", 2500.0)], [sequencer], horizon_s=6.0)
    return base.model_copy(update={"regime": regime, "flow": FlowConfig(per_second=2.0, median_usd=10.0, log_sd=0.1)})
