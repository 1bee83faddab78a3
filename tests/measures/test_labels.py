"""What is reported depends on what intents did: neither on what their senders call them, nor on what classes miss."""

from __future__ import annotations

import numpy as np
import pytest
from relabelled import Relabelled
from worlds import opened, ran, reported, stressed

from agents.population import Population
from agents.traders.arbitrageur import Arbitrageur
from market import regimes
from market.config import AgentConfig
from market.measures.cascades import Liquidated
from market.measures.recorder import Recorder
from market.measures.traced import Cascades
from market.model import SequencerMarket

SEED = 3


@pytest.fixture(scope="module")
def honest() -> dict[str, SequencerMarket]:
    """A run of each regime in a market in which every kind of extraction pays."""
    return {name: ran(stressed(name, horizon_s=30.0), SEED) for name in regimes.names()}


@pytest.mark.parametrize("regime", regimes.names())
def test_labels_change_nothing(regime: str, honest: dict[str, SequencerMarket]) -> None:
    settings, calls = stressed(regime, horizon_s=30.0), Relabelled()
    market = SequencerMarket(settings, SEED, Population(settings), [calls])
    market.run()
    assert calls.drawn > 100
    assert repr(reported(market)) == repr(reported(honest[regime]))
    assert (market.world.tables.balance == honest[regime].world.tables.balance).all()


@pytest.mark.parametrize("regime", regimes.names())
def test_classes_explain_what_the_ledger_shows(regime: str, honest: dict[str, SequencerMarket]) -> None:
    """Of what agents gained by trading, classes miss less than a hundredth of what they find."""
    report = reported(honest[regime])
    assert report["extracted_usd"] > 100.0
    assert report["unexplained_gain_usd"] < 0.01 * report["extracted_usd"]
    assert report["unexplained_loss_usd"] < 0.01 * report["extracted_usd"]


def test_labels_change_nothing_that_agents_learn_of_their_own_trades() -> None:
    """Two who chase the same gaps break each other's cycles, and learn what it costs to undo the rest."""
    rivals = AgentConfig(
        role="trader", strategy="arbitrageur", count=2, latency_spread_s=0.2, parameters={"learns_cost": True}
    )

    def learned(*more: Recorder) -> tuple[list[float], str]:
        market = opened(stressed("siloed", agents=(rivals,)), SEED, more)
        market.run()
        costs = [agent.unwind_bp for agent in market.participants if isinstance(agent, Arbitrageur)]
        return costs, repr(reported(market))

    plain = learned()
    assert len(plain[0]) == 2
    assert any(cost != 10.0 for cost in plain[0]), "nobody has unwound anything"
    assert learned(Relabelled()) == plain


def test_labels_change_no_cascade() -> None:
    def traced(*more: Recorder) -> Liquidated:
        cascades = Cascades()
        market = opened(stressed("siloed_extractive", horizon_s=20.0), SEED, [cascades, *more])
        market.run()
        return cascades.attributed()

    plain, renamed = traced(), traced(Relabelled())
    assert plain.time.size > 5
    for one, other in zip(plain, renamed, strict=True):
        assert len(one) == len(other)
        assert all(map(np.array_equal, one, other))
