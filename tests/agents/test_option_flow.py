"""A crowd that trades options, and a maker that learns from it: limits, herding, and which way volatilities go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.validation._markets import Watched, asset, rollup, still
from experiments.validation._options import MAKER, agent
from market.config import OptionsConfig
from market.errors import InputError
from market.intents.rows import Status
from market.venues import Kind

VOLATILITY = 0.8


def ran(horizon_s: float = 60.0, step: float = 0.01, **crowd: Any) -> tuple[Watched, np.ndarray]:
    """A still market of two strikes, and the trades of its crowd."""
    chain = OptionsConfig(expiries_s=(604_800.0,), strikes=2, step=0.1, fee_bp=0.0)
    home = rollup("one", options=(chain,), block_time_s=1.0)
    agents = [
        agent(MAKER, "flow_learner", step=step, volatility=VOLATILITY),
        agent("trader", "option_crowd", **{"per_hour": 3600.0} | crowd),
    ]
    market = Watched(still([home], [asset("ETH", 100.0)], agents, horizon_s=horizon_s), seed=1)
    market.run()
    return market, market.rows[market.rows["kind"] == Kind.OPTION_TRADE]


def learned(market: Watched) -> np.ndarray:
    maker: Any = next(one for one in market.participants if one.role == MAKER)
    return maker.volatilities[0]


@pytest.mark.parametrize(("thinks", "buys"), [(2.0, True), (0.2, False)])
def test_volatilities_go_where_the_crowd_trades(thinks: float, buys: bool) -> None:
    market, trades = ran(volatility=thinks, disagreement=0.0)
    assert trades.size
    assert ((trades["asset_in"] == 0) == buys).all()
    filled = trades[trades["status"] == int(Status.FILLED)]
    held = market.world.tables.option_positions["quantity"]
    sign = 1.0 if buys else -1.0
    # as much as was traded, but for the last block, of which the maker has not learned
    moved = sign * (learned(market).sum() - 2.0 * VOLATILITY) / 0.01
    assert filled["filled_out"].sum() - 2.0 <= moved + 1e-9 <= filled["filled_out"].sum() + 2e-9
    assert held.sum() == pytest.approx(0.0, abs=1e-9 * np.abs(held).sum())


def test_a_buyer_trades_where_she_is_told_to() -> None:
    """On one of two rollups alone, and nowhere that does not exist."""
    chain = OptionsConfig(expiries_s=(604_800.0,), strikes=1, fee_bp=0.0)
    homes = [rollup(name, options=(chain,), block_time_s=1.0) for name in ("one", "two")]

    def trades(**where: Any) -> np.ndarray:
        agents = [agent(MAKER, "model_quoter"), agent("trader", "option_buyer", per_hour=3600.0, **where)]
        market = Watched(still(homes, [asset("ETH", 100.0)], agents, horizon_s=20.0), seed=1)
        market.run()
        return market.rows[market.rows["kind"] == Kind.OPTION_TRADE]

    assert set(trades()["rollup"].tolist()) == {0, 1}
    assert set(trades(rollups=("two",))["rollup"].tolist()) == {1}
    with pytest.raises(InputError, match="rollups must be of one, two"):
        trades(rollups=("three",))


def test_nobody_trades_who_agrees_with_the_maker() -> None:
    _, trades = ran(disagreement=0.0)
    assert not trades.size


def test_herds_do_again_what_was_done() -> None:
    market, trades = ran(herding=1.0)
    filled = trades[trades["status"] == int(Status.FILLED)]
    # the first who trades has nobody to follow; all others take the same side of the same series
    assert filled.size > 10
    assert len(set(filled["target"].tolist())) <= 2
    assert np.abs(np.diff(learned(market))).item() > 0.1


def test_what_is_no_habit_is_refused() -> None:
    with pytest.raises(InputError, match="herding"):
        ran(herding=2.0)
    with pytest.raises(InputError, match="step"):
        ran(step=-1.0)
