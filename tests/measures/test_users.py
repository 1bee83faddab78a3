"""Users who were not served count, at the price at which their need could be met."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from measures.classes.blocks import Recorded
from worlds import BOB, ETH_USD, OPERATOR, execute, opened, ran, reported, stressed, swap

from agents.population import Population
from market.intents.rows import Status
from market.measures.outcomes import users
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.venues import Kind
from market.venues.pools.rules import output

FEE = 0.003


def told(seen: Recorded) -> dict[str, float]:
    """Outcomes of users of a world whose blocks were recorded."""
    return users.report(SimpleNamespace(tally=seen.tally))  # type: ignore[arg-type]


def test_a_refused_user_pays_the_price_at_which_it_was_refused() -> None:
    """One is served; the other asks for more than a large purchase before it has left of the pool."""
    seen = Recorded()
    seen.block(swap(seen.retail, 1e3, mid=1.0 / ETH_USD, tip=0.5))
    served = 1e3 * (1.0 - float(output(2.5e6, 1000.0, FEE, 1e3)) * ETH_USD / 1e3) + 0.5
    assert told(seen)["user_cost_served_bp"] == pytest.approx(served / 1e3 * 1e4)
    assert told(seen)["user_cost_all_bp"] == pytest.approx(told(seen)["user_cost_served_bp"])
    assert told(seen)["unfilled_share"] == 0.0

    x = 2.5e6 + 1e3 * (1 - FEE)
    y = 1000.0 - float(output(2.5e6, 1000.0, FEE, 1e3))
    bought = float(output(x, y, FEE, 2e5))
    late = float(output(x + 2e5 * (1 - FEE), y - bought, FEE, 3e3))
    refused(seen, swap(BOB, 2e5), swap(seen.retail, 3e3, mid=1.0 / ETH_USD, limit=late * 1.001))
    unserved = 3e3 * (1.0 - late * ETH_USD / 3e3)
    found = told(seen)
    assert unserved / 3e3 > 0.1
    assert found["user_cost_served_bp"] == pytest.approx(served / 1e3 * 1e4)
    assert found["user_cost_all_bp"] == pytest.approx((served + unserved) / 4e3 * 1e4)
    assert found["unfilled_share"] == pytest.approx(0.75)


def refused(seen: Recorded, *rows: np.ndarray) -> None:
    """Record a block of which the last intent is refused."""
    block = execute(seen.world, *rows)
    assert block["status"].tolist() == [Status.FILLED] * (block.size - 1) + [Status.REVERTED]
    leader = SimpleNamespace(account=OPERATOR)
    slot = SimpleNamespace(rows=block, leader=leader, by_author=lambda rows: [(rows, OPERATOR)])
    seen.tally.on_block(slot)  # type: ignore[arg-type]


class Wants(Recorder):
    """Adds up what retail wanted and got, from receipts."""

    def __init__(self) -> None:
        self.served = self.unserved = 0.0

    def on_start(self, market: SequencerMarket) -> None:
        self._prices, self._retail = market.world.tables.prices, market.world.account_of["retail"]

    def on_block(self, slot) -> None:
        rows = slot.rows[(slot.rows["sender"] == self._retail) & (slot.rows["kind"] == Kind.SWAP)]
        value = rows["amount"] * self._prices[rows["asset_in"]]
        filled = rows["status"] == Status.FILLED
        self.served, self.unserved = self.served + value[filled].sum(), self.unserved + value[~filled].sum()


@pytest.mark.parametrize("regime", ["siloed", "based", "encrypted"])
def test_everybody_whose_fate_is_known_counts(regime: str) -> None:
    wants, settings = Wants(), stressed(regime, horizon_s=30.0)
    market = SequencerMarket(settings, 4, Population(settings), [wants])
    market.run()
    report = reported(market)
    assert report["retail_demand_usd"] == pytest.approx(wants.served + wants.unserved)
    assert report["unfilled_share"] == pytest.approx(wants.unserved / (wants.served + wants.unserved))
    assert report["unfilled_share"] > 0.0


def test_what_sequencers_keep_is_what_the_ledger_gave_them() -> None:
    """At a constant price, tips, gas, bids and own trades less what was passed on are the change of what they hold."""
    still = ({"name": "ETH", "price_usd": ETH_USD, "volatility": 0.0},)
    for regime in ("siloed_extractive", "pbs", "slot_auction", "espresso"):
        market = opened(stressed(regime, assets=still, horizon_s=30.0), 3)
        tables = market.world.tables
        leaders = [at for at, member in enumerate(market.members) if member.role == "sequencer"]
        before = tables.balance[leaders].sum(axis=(0, 1)) @ tables.prices
        market.run()
        change = tables.balance[leaders].sum(axis=(0, 1)) @ tables.prices - before
        assert reported(market)["sequencer_net_usd"] == pytest.approx(change, abs=1e-4), regime
    assert change == pytest.approx(0.0, abs=1e-4)  # the last hands everything on


def test_bids_for_slots_are_no_income() -> None:
    report = reported(ran(stressed("slot_auction", horizon_s=30.0), 3))
    assert report["slot_sales_usd"] > 0.0
    assert report["sequencer_receipts_usd"] < report["sequencer_net_usd"]
