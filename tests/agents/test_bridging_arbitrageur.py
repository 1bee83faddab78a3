"""An arbitrageur without stock: what it buys crosses a bridge before it is sold, and it gains the gap less all fees."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.validation._markets import Watched, asset, held, pool, rollup, still, trader
from market.config import GraphConfig
from market.intents.rows import Status
from market.venues import Kind

DELAY_S, CAPITAL_USD = 30.0, 1e5


def market(gap: float, **parameters: float) -> Watched:
    """Two rollups, the second dearer by `gap` in logs, a bridge between them, and the one agent; ran to its end."""
    rollups = [
        rollup(f"r{at}", pool((400.0 * np.exp(-half), 1e6 * np.exp(half)), ("ETH", "USD"), 5.0, 2500.0))
        for at, half in enumerate((-gap / 4.0, gap / 4.0))
    ]
    agents = [trader("bridging_arbitrageur", CAPITAL_USD, **parameters)]
    graph = GraphConfig(kind="complete", delay_s=DELAY_S, fee_bp=1.0)
    ran = Watched(still(rollups, [asset("ETH", 2500.0)], agents, horizon_s=60.0, graph=graph), seed=1)
    ran.run()
    return ran


def test_it_buys_cheap_sends_and_sells_dear_once_it_has_arrived() -> None:
    ran = market(0.04)
    account = ran.account("trader")
    own = ran.rows[(ran.rows["sender"] == account) & (ran.rows["status"] == Status.FILLED)]
    assert own["kind"].tolist()[:3] == [int(Kind.SWAP), int(Kind.BRIDGE), int(Kind.SWAP)]
    bought, sent, sold = own[:3]
    assert [int(leg["rollup"]) for leg in (bought, sent, sold)] == [0, 0, 1]
    assert sent["filled_in"] == bought["filled_out"]
    assert sold["filled_in"] == pytest.approx(sent["filled_out"])
    assert sold["executed"] - sent["executed"] >= DELAY_S
    assert held(ran, account)[1] == pytest.approx(2.0 * CAPITAL_USD / 2500.0), "stock is neither used nor built up"
    gained = held(ran, account)[0] - 2.0 * CAPITAL_USD
    assert gained == pytest.approx(sold["filled_out"] - bought["filled_in"])
    assert gained > 0.0


@pytest.mark.parametrize("gap", [0.0, 0.0010, -0.0010])
def test_it_does_nothing_where_fees_exceed_the_gap(gap: float) -> None:
    ran = market(gap)
    assert not (ran.rows["sender"] == ran.account("trader")).any()


def test_the_fee_of_the_bridge_counts() -> None:
    """Two pools take 10 bp and the bridge 1: a gap of 10.5 does not pay, one of 12 does."""
    traded = [bool((market(gap, least_usd=0.0).rows["kind"] == int(Kind.BRIDGE)).any()) for gap in (0.00105, 0.0012)]
    assert traded == [False, True]
