"""Slots in which nothing is due: what passes by them would have done nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest
from worlds import ETH_USD, stressed

from agents.population import Population
from market import regimes
from market.config import FlowConfig
from market.measures.outcomes import outcomes
from market.measures.profits import Profits
from market.model import SequencerMarket
from market.sequencing.breakers.none import NoBreaker


def ran(regime: str) -> tuple[dict[str, Any], list[float], int]:
    """Outcomes of a run, what its streams draw next, and how many slots passed by."""
    calm = {"name": "ETH", "price_usd": ETH_USD, "volatility": 0.2}
    config = stressed(regime, horizon_s=40.0, assets=(calm,), flow=FlowConfig(per_second=0.3))
    market, passed = SequencerMarket(config, 3, Population(config)), 0
    finish = market.finish

    def counted(slot: Any) -> None:
        nonlocal passed
        passed += slot.passes
        assert not (slot.passes and slot.due.size)
        finish(slot)

    market.finish = counted  # type: ignore[method-assign]
    market.run()
    return outcomes(market), [float(domain.rng.random()) for domain in market.domains], passed


@pytest.mark.parametrize("regime", regimes.names())
def test_what_passes_by_would_have_done_nothing(regime: str, monkeypatch) -> None:
    found, draws, passed = ran(regime)
    monkeypatch.setattr(NoBreaker, "idle_until", property(lambda breaker: -math.inf))
    expected, same_draws, none = ran(regime)
    assert repr(found) == repr(expected)  # also where nothing was to be measured
    assert draws == same_draws
    assert none == 0
    if regime in ("siloed", "timeboost"):
        assert passed > 0


def test_recorders_are_told_of_empty_blocks_unless_they_need_rows() -> None:
    config = stressed("siloed", horizon_s=1.0)
    recorders = SequencerMarket(config, 3, Population(config)).recorders
    whole, empty = ([type(one) for one, _ in recorders.of("before_block", empty)] for empty in (False, True))
    assert Profits in whole
    assert Profits not in empty
    assert recorders.of("on_block", True)
