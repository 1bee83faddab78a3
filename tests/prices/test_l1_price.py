"""The price of data on L1: its moments, and that nobody who looks at it moves it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.prices.l1 import L1Price, L1PriceConfig

DAY = 86_400.0


def path(seed: int = 1, days: float = 1.0, step_s: float = 12.0, **law: float) -> np.ndarray:
    """Log of the price over its median, every `step_s` seconds."""
    config = L1PriceConfig(**law)
    price = L1Price(config, np.random.SeedSequence(seed))
    times = np.arange(0.0, days * DAY, step_s)
    return np.log([price.at(float(time)) / config.median_usd for time in times])


def test_without_noise_and_spikes_the_price_is_its_median() -> None:
    price = L1Price(L1PriceConfig(median_usd=3e-4, log_sd=0.0, spikes_per_day=0.0), np.random.SeedSequence(1))
    assert [price.at(time) for time in (0.0, 5.0, 1e4)] == pytest.approx([3e-4] * 3, rel=1e-12)


@given(seed=st.integers(0, 99), gaps=st.lists(st.floats(0.0, 5000.0), max_size=30))
def test_the_path_does_not_depend_on_when_it_is_looked_at(seed: int, gaps: list[float]) -> None:
    law = L1PriceConfig(spikes_per_day=100.0)
    times = np.cumsum(gaps).tolist()
    seldom, often = (L1Price(law, np.random.SeedSequence(seed)) for _ in range(2))
    looked = {0.0: often.at(0.0)}
    for time in np.union1d(np.arange(0.0, sum(gaps), 500.0), times).tolist():
        looked[time] = often.at(time)
    for time in times:
        assert seldom.at(time) == pytest.approx(looked[time], rel=1e-9)


@given(seed=st.integers(0, 99), time=st.floats(0.0, 1e5))
def test_the_price_changes_with_blocks_of_l1_only(seed: int, time: float) -> None:
    law = L1PriceConfig(spikes_per_day=1000.0)
    within, at_start = (L1Price(law, np.random.SeedSequence(seed)) for _ in range(2))
    assert within.at(time) == at_start.at(time // 12.0 * 12.0)


def test_between_spikes_the_log_price_has_the_stationary_law_and_forgets_at_its_rate() -> None:
    ends = np.array(
        [path(seed, days=0.05, step_s=1200.0, log_sd=0.3, spikes_per_day=0.0)[[0, 1]] for seed in range(2000)]
    )
    assert abs(ends.mean()) < 4 * 0.3 / math.sqrt(2000)
    for at in range(2):
        assert ends[:, at].var() == pytest.approx(0.09, abs=4 * 0.09 * math.sqrt(2.0 / 2000))
    # exp(-1200 / 3600) of what it was is left after a third of the time of reversion
    kept = math.exp(-1.0 / 3.0)
    assert np.corrcoef(ends.T)[0, 1] == pytest.approx(kept, abs=4 * (1.0 - kept**2) / math.sqrt(2000))


@pytest.mark.slow
def test_spikes_have_the_moments_of_shot_noise() -> None:
    """Mean rate x size x decay, variance rate x size^2 x decay (Campbell): 1/6 and 0.25 here."""
    law = {"log_sd": 0.0, "spikes_per_day": 24.0, "spike_log_mean": 1.5, "spike_decay_s": 400.0}
    # one look a day is independent of the last: 216 times the decay lie between
    spiked = path(3, days=4000.0, step_s=DAY, **law)[1:]
    mean, variance = 24.0 / DAY * 1.5 * 400.0, 24.0 / DAY * 1.5**2 * 400.0
    assert spiked.min() >= 0.0
    assert spiked.mean() == pytest.approx(mean, abs=4 * math.sqrt(variance / spiked.size))
    # fourth cumulant of shot noise: rate x E[z^4] x decay / 4 = rate x 6 size^4 x decay
    error = math.sqrt((24.0 / DAY * 6.0 * 1.5**4 * 400.0 + 2.0 * variance**2) / spiked.size)
    assert spiked.var() == pytest.approx(variance, abs=4 * error)


def test_spikes_die_away() -> None:
    spiked = path(5, days=2.0, log_sd=0.0, spikes_per_day=10.0, spike_decay_s=600.0)
    falls = np.diff(spiked) < 0.0
    assert spiked.max() > 0.0
    assert spiked[1:][falls] == pytest.approx(spiked[:-1][falls] * math.exp(-12.0 / 600.0), rel=1e-9)
