"""After an outage nobody is liquidated until the rollup's grace period is over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import ALICE, ETH, ETH_USD, USD, execute, fates, founded, intent, lender, on_block, rollup

from experiments.markets.recorded import Recorded
from experiments.studies._stage import NAMES, stage
from market.config import PerpetualConfig
from market.intents.rows import Reason, Status
from market.venues import Kind
from market.venues.lending import at_risk
from market.venues.perpetuals import close_out

OUTAGE_S, GRACE_S = 60.0, 45.0


class Kept(Recorded):
    """A market that keeps what became of every attempt to liquidate."""

    def __init__(self, grace_s: float, sharing: str) -> None:
        config = stage(sharing, 3, True, outage_s=OUTAGE_S)
        rollups = tuple(place.model_copy(update={"grace_s": grace_s}) for place in config.rollups)
        self.tried: list[tuple[float, int, int, int]] = []
        super().__init__(config.model_copy(update={"rollups": rollups, "horizon_s": 480.0}), 3)
        on_block(self, self._note)
        self.run()

    def _note(self, slot: Any) -> None:
        for row in slot.rows[slot.rows["kind"] == int(Kind.LIQUIDATE)]:
            self.tried.append((slot.time, int(row["rollup"]), int(row["status"]), int(row["reason"])))

    def after(self, rollup: int) -> int:
        """Liquidations on a rollup since the grace period is over."""
        back = next(domain.regime.consensus.back_at for domain in self.domains if rollup in domain.rollups)
        return sum(
            at == rollup and time >= back + GRACE_S and status == Status.FILLED for time, at, status, _ in self.tried
        )

    def within(self, rollup: int) -> np.ndarray:
        """Attempts on a rollup from the end of its outage until the grace period is over."""
        back = next(domain.regime.consensus.back_at for domain in self.domains if rollup in domain.rollups)
        tried = np.array([attempt for attempt in self.tried if attempt[1] == rollup]).reshape(-1, 4)
        return tried[(tried[:, 0] >= back) & (tried[:, 0] < back + GRACE_S)]


@pytest.mark.parametrize("sharing", ["siloed", "shared"])
def test_liquidations_wait_until_the_grace_period_is_over(sharing: str) -> None:
    at_once, graced = Kept(0.0, sharing), Kept(GRACE_S, sharing)
    filled = [
        sum(int((market.within(at)[:, 2] == Status.FILLED).sum()) for at in range(len(NAMES)))
        for market in (at_once, graced)
    ]
    assert filled[0] > 10
    assert filled[1] == 0
    # and once it is over they begin again
    assert all(graced.after(at) > 0 for at in range(len(NAMES)))


@pytest.mark.parametrize(
    ("design", "kind"),
    [("fixed_spread", Kind.LIQUIDATE), ("dutch", Kind.LOAN_AUCTION_START), ("english", Kind.LOAN_AUCTION_START)],
)
def test_no_design_begins_a_liquidation_within_it(design: str, kind: int) -> None:
    world = founded(rollup("a", lending=(lender(liquidation=design),), borrowers=5), rollup("b"))
    post = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, rollup=0, amount=0.3 * ETH_USD)
    assert fates(execute(world, post)) == ["FILLED"]
    ask = intent(kind, ALICE, venue=0, target=0, rollup=0, amount=100.0, asset_in=USD, asset_out=ETH)
    found = np.zeros(8, np.int64)
    world.tables.rollups["grace"][0] = 1.0
    assert at_risk.unhealthy(world.state, 0, found) == 0
    assert execute(world, ask)[0]["reason"] == int(Reason.GRACE)
    world.tables.rollups["grace"][0] = 0.0
    assert at_risk.unhealthy(world.state, 0, found) == 5
    assert fates(execute(world, ask)) == ["FILLED"]


@pytest.mark.parametrize("design", ["fixed_spread", "dutch", "english"])
def test_contracts_of_perpetuals_wait_too(design: str) -> None:
    longs = PerpetualConfig(traders=3, leverage_low=5.0, leverage_high=5.0, long_share=1.0, liquidation=design)
    world = founded(rollup("a", perpetuals=(longs,)))
    post = intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, rollup=0, amount=0.805 * ETH_USD)
    assert fates(execute(world, post)) == ["FILLED"]
    kind = Kind.PERPETUAL_LIQUIDATE if design == "fixed_spread" else Kind.CONTRACT_AUCTION_START
    ask = intent(kind, ALICE, venue=0, target=1, rollup=0, amount=1.0)
    found = np.zeros(8, np.int64)
    world.tables.rollups["grace"][0] = 1.0
    assert close_out.under_margin(world.state, 0, found) == 0
    assert execute(world, ask)[0]["reason"] == int(Reason.GRACE)
    world.tables.rollups["grace"][0] = 0.0
    assert close_out.under_margin(world.state, 0, found) == 3
    assert fates(execute(world, ask)) == ["FILLED"]
