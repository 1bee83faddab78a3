"""What everybody knows of a breaker, and where its random thresholds come from."""

import numpy as np
import pytest

from market.config import RegimeConfig
from market.sequencing import make
from tests.worlds import config, on_block, opened, ran, rollup, stressed


def regime(kind="liquidation_volume", **parameters):
    defaults = {"threshold_usd": 1e4} if kind == "liquidation_volume" else {"threshold_log": 0.02}
    breaker = {"kind": kind, "window_s": 5.0, "pause_s": 3.0} | defaults | parameters
    return RegimeConfig(name="with_breaker", domains={"kind": "shared"}, block_time_s=1.0, breaker=breaker)


def seen(market, rollup_at=0):
    domain = market.domains[0]
    return market.observations[0]._at(domain, market.time).breaker(rollup_at)


def test_without_a_breaker_nothing_is_near():
    gauge = seen(opened(config()))
    assert (gauge.level, gauge.threshold, gauge.share, gauge.pause_s) == (0.0, np.inf, 0.0, 0.0)


def test_the_announced_threshold_is_shown_and_the_one_drawn_is_not():
    market = opened(config(regime=regime(randomise=0.5)))
    part = market.domains[0].regime.breaker
    drawn = part.level(market, 0, -1)
    assert drawn != 1e4
    assert seen(market).threshold == 1e4


@pytest.mark.parametrize("scope", ["domain", "rollup"])
def test_the_level_is_what_was_liquidated_within_the_window(scope):
    """Against the tape: the receipts of the blocks themselves, added up by hand."""
    market = opened(stressed(regime(threshold_usd=1e12, scope=scope)))
    taken: list[tuple[float, np.ndarray]] = []
    before, most = np.zeros(2), 0.0
    executed: list[float] = []
    on_block(market, lambda slot: executed.append(slot.time))
    while market.time < market.config.horizon_s:
        market.run_until(market.time + 1.0)
        now = _liquidated(market)
        taken.append((executed[-1] if executed else 0.0, now - before))
        before = now
        inside = [volume for time, volume in taken if time > market.time - 5.0]
        for at in range(2):
            expected = np.sum(inside, axis=0)[at] if scope == "rollup" else np.sum(inside)
            assert seen(market, at).level == pytest.approx(expected, abs=1e-6)
            most = max(most, expected)
    assert most > 1e4


def _liquidated(market):
    return market.tally.by_rollup["liquidated"].copy()


def test_looking_changes_nothing_and_a_pause_shows():
    looked, left = opened(stressed(regime())), opened(stressed(regime()))
    ends = set()
    for second in range(1, 31):
        looked.run_until(float(second))
        ends.add(seen(looked).paused_until)
        seen(looked, 1)
    left.run_until(30.0)
    assert np.array_equal(looked.world.state.cells, left.world.state.cells)
    assert len(ends) == 1 + left.tally.pauses > 1


def test_the_level_of_the_volatility_trigger_is_the_move_within_the_window():
    up = ({"name": "ETH", "price_usd": 2500.0, "volatility": 0.0, "drift": 2.5e5},)
    for direction, sign in (("both", 1.0), ("down", -1.0)):
        parts = regime("volatility", price="reference", direction=direction, threshold_log=10.0)
        market = ran(config(rollup("a"), regime=parts, assets=up, flow={"per_second": 0.0}))
        # four blocks within five seconds before the last one: 4 s of drift, read to the path's grid of 0.25 s
        assert seen(market).level == pytest.approx(sign * 2.5e5 * 4.0 / (365 * 86400.0), rel=0.07)


def thresholds(seed, keys, order):
    part = make("breaker", regime(randomise=0.5, scope="rollup").breaker).start()
    market = opened(config(regime=regime()), seed)
    found: dict[int, list[float]] = {key: [] for key in keys}
    for key in order:
        found[key].append(part.level(market, 0, key))
        part._memory.level.clear()
    return found


def test_random_thresholds_are_the_seeds_and_each_rollups_own():
    """The same at the same seed; another rollup's pauses do not move them, as they would in one stream."""
    one = thresholds(1, (0, 1), [0, 0, 0, 1, 1])
    assert one == thresholds(1, (0, 1), [1, 0, 1, 0, 0])
    assert one[0][:2] != one[1]
    assert one != thresholds(2, (0, 1), [0, 0, 0, 1, 1])
