"""Feeds that read the reference price are looked at when it moves, when one has posted, and when its time has come."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import stressed

from agents.population import Population
from market.config import OracleConfig
from market.measures.outcomes import outcomes
from market.model import SequencerMarket
from market.venues.oracles import posting

HEARTBEATS = OracleConfig(heartbeat_s=7.0, deviation_bp=1e4)
MOVES = OracleConfig(heartbeat_s=3600.0, deviation_bp=0.5)
POOLS = OracleConfig(source="pool", deviation_bp=1.0)


def ran_with(oracle: OracleConfig, monkeypatch: pytest.MonkeyPatch, restless: bool) -> tuple[str, int]:
    """Outcomes of a run, and how often all feeds were looked at."""
    settings = stressed("siloed", horizon_s=60.0)
    rollups = tuple(
        rollup.model_copy(update={"oracle": oracle}) if rollup.oracle is not None else rollup
        for rollup in settings.rollups
    )
    settings = settings.model_copy(update={"rollups": rollups})
    looks, tick = 0, posting.Posting.tick

    def counted(self: Any, now: float) -> None:
        nonlocal looks
        if restless:
            self._quiet_until = -float("inf")
        plain = self._due

        def count(*about: Any) -> int:
            nonlocal looks
            looks += 1
            return plain(*about)

        self._due = count
        tick(self, now)
        self._due = plain

    with monkeypatch.context() as patched:
        patched.setattr(posting.Posting, "tick", counted)
        market = SequencerMarket(settings, 2, Population(settings))
        market.run()
    return repr(outcomes(market)), looks


@pytest.mark.parametrize("oracle", [HEARTBEATS, MOVES], ids=["heartbeats", "moves"])
def test_feeds_that_are_not_looked_at_would_not_have_posted(
    oracle: OracleConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet, seldom = ran_with(oracle, monkeypatch, restless=False)
    restless, often = ran_with(oracle, monkeypatch, restless=True)
    assert quiet == restless
    assert 0 < seldom < often


def test_feeds_of_pools_are_always_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran_with(POOLS, monkeypatch, restless=False) == ran_with(POOLS, monkeypatch, restless=True)
