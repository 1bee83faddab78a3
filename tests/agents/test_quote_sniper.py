"""A sequencer that snipes quotes of options: what it earns is the maker's loss, sealed or not."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.validation._markets import Watched
from experiments.validation._options import MAKER, SIGMA, agent, configured, ran
from market.intents.rows import Status
from market.venues import Kind
from market.venues.options.instrument import equity_of

LED: dict[str, Any] = {"ordering": {"kind": "leader"}}


def gained(strategy: str, regime: dict[str, Any]) -> tuple[Watched, float, float]:
    """A market whose maker quotes anew in every block, and what the sequencer and the maker have gained [USD]."""
    agents = [
        agent("sequencer", strategy),
        agent(MAKER, "fixed_spread", volatility=SIGMA, half_spread=1e-4, size=10.0, move_bp=0.0, refresh_s=1.0),
    ]
    terms = [{"expiries_s": (86_400.0,), "strikes": 3, "step": 0.02}]
    market = ran(configured(1, terms, agents, 1.0, 60.0, regime), seed=2)
    rows, first = market.rows, int(market.world.tables.option_markets["first_account"][0])
    found = []
    for role in ("sequencer", MAKER):
        account = market.account(role)
        paid = rows[(rows["sender"] == account) & (rows["kind"] == Kind.OPTION_DEPOSIT)]
        found.append(equity_of(market.world.state, first + account) - float(paid["filled_in"].sum()))
    return market, found[0], found[1]


@pytest.mark.parametrize("visibility", ["public", "sealed"])
def test_it_takes_what_the_maker_has_not_yet_made_anew(visibility: str) -> None:
    market, own, makers = gained("quote_sniper", LED | {"visibility": {"kind": visibility}})
    trades = market.rows[market.rows["kind"] == Kind.OPTION_TRADE]
    assert (trades["status"] == Status.FILLED).mean() > 0.9
    assert own > 0.0
    assert own == pytest.approx(-makers, abs=1e-6)
    assert gained("honest", LED | {"visibility": {"kind": visibility}})[1:] == (0.0, 0.0)


def test_where_the_regime_orders_there_is_nothing_to_take() -> None:
    market, own, _ = gained("quote_sniper", {"ordering": {"kind": "first_come"}})
    assert own == 0.0
    assert not (market.rows["kind"] == Kind.OPTION_TRADE).any()
