"""Simulated reference prices: moments, exogeneity, correlation, episodes."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.config import (
    AssetConfig,
    EpisodeConfig,
    HestonConfig,
    JumpConfig,
    MarketConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.errors import InputError
from market.prices import path
from market.prices.laws import Heston
from market.prices.path import PricePath
from market.prices.shocks import loadings
from market.settings import YEAR_S

DAY = 86_400.0


def market(prices: PriceConfig, n: int = 1, horizon_s: float = DAY, **asset: float) -> MarketConfig:
    return MarketConfig(
        horizon_s=horizon_s,
        assets=tuple(AssetConfig(name=f"A{i}", **asset) for i in range(n)),
        prices=prices,
        rollups=(RollupConfig(name="r", pools=()),),
        regime=RegimeConfig(name="test"),
    )


def sample(config: MarketConfig, seed: int, times: np.ndarray) -> np.ndarray:
    """Prices at the given times, shape (len(times), n_assets)."""
    prices = PricePath(config, np.random.SeedSequence(seed))
    rows = []
    for t in times:
        prices.advance(float(t))
        rows.append(prices.current.copy())
    return np.array(rows)


def grid_returns(config: MarketConfig, seed: int, rows: int) -> np.ndarray:
    """Log returns over the first `rows` grid steps, shape (rows, n_risky)."""
    found = sample(config, seed, np.arange(rows + 1) * config.prices.step_s)
    return np.diff(np.log(found[:, 1:]), axis=0)


def assert_mean(values: np.ndarray, expected: float, errors: float = 4.0) -> None:
    standard_error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - expected) < errors * standard_error, (values.mean(), expected, standard_error)


# Moments


def test_gbm_returns_are_normal_with_exact_mean_and_variance() -> None:
    config = market(PriceConfig(kind="gbm", step_s=3600.0), volatility=0.8, drift=0.5)
    returns = grid_returns(config, 1, 40_000)[:, 0]
    dt = 3600.0 / YEAR_S
    assert_mean(returns, (0.5 - 0.32) * dt)
    assert_mean((returns - returns.mean()) ** 2, 0.64 * dt)
    standardised = (returns - returns.mean()) / returns.std()
    assert abs((standardised**4).mean() - 3.0) < 4 * math.sqrt(24 / len(returns))


def test_merton_variance_and_kurtosis() -> None:
    jumps = JumpConfig(per_day=12.0, mean=-0.01, sd=0.02)
    config = market(PriceConfig(kind="merton", step_s=3600.0, jumps=jumps), volatility=0.8)
    returns = grid_returns(config, 2, 60_000)[:, 0]
    dt, expected_jumps = 3600.0 / YEAR_S, 0.5
    second = jumps.mean**2 + jumps.sd**2
    fourth = jumps.mean**4 + 6 * jumps.mean**2 * jumps.sd**2 + 3 * jumps.sd**4
    variance = 0.64 * dt + expected_jumps * second
    assert_mean((returns - returns.mean()) ** 2, variance)
    excess = (((returns - returns.mean()) ** 4).mean() - 3 * variance**2) / variance**2
    assert excess == pytest.approx(expected_jumps * fourth / variance**2, rel=0.1)


@pytest.mark.parametrize("kind", ["gbm", pytest.param("merton", marks=pytest.mark.slow), "heston"])
def test_a_price_without_drift_is_a_martingale(kind: str) -> None:
    prices = PriceConfig(kind=kind, step_s=DAY / 4, jumps=JumpConfig(per_day=2.0, mean=-0.02, sd=0.03))
    config = market(prices, volatility=0.8, price_usd=100.0)
    ends = np.array([sample(config, seed, np.array([20 * DAY]))[0, 1] for seed in range(1500)])
    assert_mean(ends, 100.0)


@pytest.mark.slow
def test_merton_drift_is_that_of_the_mean_price() -> None:
    prices = PriceConfig(kind="merton", step_s=DAY, jumps=JumpConfig(per_day=2.0, mean=-0.02, sd=0.03))
    config = market(prices, volatility=0.3, price_usd=100.0, drift=2.0)
    ends = np.array([sample(config, seed, np.array([20 * DAY]))[0, 1] for seed in range(1500)])
    assert_mean(ends, 100.0 * math.exp(2.0 * 20 / 365))


def test_heston_mean_variance() -> None:
    heston = HestonConfig(reversion=20.0, long_run_volatility=0.5, vol_of_vol=1.0, correlation=-0.5)
    config = market(PriceConfig(kind="heston", step_s=7200.0, heston=heston), volatility=1.0)
    rows, dt = 12 * 90, 7200.0 / YEAR_S
    realised = np.array([(grid_returns(config, seed, rows) ** 2).sum() for seed in range(150)])
    span = rows * dt
    expected = 0.25 * span + (1.0 - 0.25) * -math.expm1(-20.0 * span) / 20.0
    assert_mean(realised, expected)


def test_heston_shocks_of_price_and_variance_are_correlated() -> None:
    heston = HestonConfig(vol_of_vol=2.0, correlation=-0.9)
    law = Heston(market(PriceConfig(kind="heston", step_s=60.0, heston=heston)), np.random.SeedSequence(5))
    found = []
    for row in range(1, 4001):
        (before,) = law._variance
        (price_return,) = law.log_returns(row, 1)[0]
        found.append((price_return / math.sqrt(before), (law._variance[0] - before) / math.sqrt(before)))
    price_shock, variance_shock = np.array(found).T
    assert np.corrcoef(price_shock, variance_shock)[0, 1] == pytest.approx(-0.9, abs=0.015)
    assert variance_shock.std() == pytest.approx(2.0 * math.sqrt(60 / YEAR_S), rel=0.05)


def test_heston_without_noise_of_variance_is_gbm() -> None:
    flat = HestonConfig(long_run_volatility=0.8, vol_of_vol=0.0)
    times = np.arange(200) * 0.25
    gbm = sample(market(PriceConfig(kind="gbm"), n=2), 3, times)
    heston = sample(market(PriceConfig(kind="heston", heston=flat), n=2), 3, times)
    np.testing.assert_allclose(heston, gbm, rtol=1e-12)


def test_heston_variance_never_turns_the_price_bad() -> None:
    wild = HestonConfig(reversion=0.5, long_run_volatility=0.2, vol_of_vol=5.0, correlation=-1.0)
    found = sample(market(PriceConfig(kind="heston", step_s=DAY, heston=wild)), 8, np.arange(2000) * DAY)
    assert np.isfinite(found).all()
    assert (found > 0).all()


# Correlation


@pytest.mark.parametrize("kind", ["gbm", "merton", "heston"])
@pytest.mark.parametrize("correlation", [-0.45, 0.0, 0.6, 1.0])
def test_correlation_between_any_two_assets(kind: str, correlation: float) -> None:
    prices = PriceConfig(kind=kind, step_s=600.0, correlation=correlation, jumps=JumpConfig(per_day=20.0))
    returns = grid_returns(market(prices, n=3, horizon_s=1e9), 4, 20_000)
    found = np.corrcoef(returns.T)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(found, correlation, atol=0.05 if kind == "merton" else 0.03)


def test_impossible_correlation_is_one_line() -> None:
    with pytest.raises(InputError, match=r"^prices\.correlation: -0\.9 .* 3 risky assets; allowed: -0\.5 to 1$"):
        PricePath(market(PriceConfig(correlation=-0.9), n=3), np.random.SeedSequence(1))


@given(n=st.integers(1, 8), share=st.floats(0, 1))
def test_loadings_square_to_the_correlation_matrix(n: int, share: float) -> None:
    lowest = -1.0 / (n - 1) if n > 1 else -1.0
    rho = lowest + share * (1.0 - lowest)
    root = loadings(n, rho)
    np.testing.assert_allclose(root @ root.T, (1 - rho) * np.eye(n) + rho, atol=1e-6)
    assert (np.triu(root, 1) == 0).all()


def test_an_asset_does_not_depend_on_those_listed_after_it() -> None:
    times = np.arange(100) * 0.25
    for kind in ("gbm", "merton", "heston"):
        one = sample(market(PriceConfig(kind=kind)), 3, times)
        three = sample(market(PriceConfig(kind=kind), n=3), 3, times)
        np.testing.assert_array_equal(one[:, 1], three[:, 1])


# Exogeneity


@pytest.mark.parametrize("kind", ["gbm", "merton", "heston"])
def test_the_path_is_the_same_however_it_is_cut_and_visited(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    episode = () if kind == "heston" else (EpisodeConfig(start_s=10.1, end_s=25.7, jumps_per_day=20_000),)
    jumps = JumpConfig(per_day=50_000)
    config = market(PriceConfig(kind=kind, step_s=0.1, episodes=episode, jumps=jumps, correlation=0.5), n=2)
    every = np.arange(601) * 0.1
    full = sample(config, 9, every)
    np.testing.assert_array_equal(sample(config, 9, every[::7]), full[::7])
    np.testing.assert_array_equal(sample(config, 9, np.array([60.0])), full[-1:])
    monkeypatch.setattr(path, "ROWS", 17)
    np.testing.assert_array_equal(sample(config, 9, every), full)


@settings(max_examples=30)
@given(times=st.lists(st.floats(0, 500), min_size=1, max_size=30))
def test_advance_stays_at_the_last_grid_point(times: list[float]) -> None:
    config = market(PriceConfig(step_s=0.25))
    full = sample(config, 9, np.arange(2001) * 0.25)
    found = sample(config, 9, np.array(sorted(times)))
    rows = [int(t / 0.25 + 1e-6) for t in sorted(times)]
    np.testing.assert_array_equal(found, full[rows])


def test_times_that_miss_a_grid_point_by_rounding_count_as_on_it() -> None:
    config = market(PriceConfig(step_s=0.1))
    full = sample(config, 9, np.array([0.0, 0.7000001]))
    np.testing.assert_array_equal(sample(config, 9, np.array([7 * 0.1 - 1e-12]))[0], full[1])


def test_seeds_are_left_alone_and_streams_are_independent() -> None:
    seeds, twin = np.random.SeedSequence(5), np.random.SeedSequence(5)
    price, flow = seeds.spawn(2)
    PricePath(market(PriceConfig(kind="merton")), price).advance(DAY)
    expected = twin.spawn(2)[1]
    assert price.n_children_spawned == 0
    np.testing.assert_array_equal(np.random.default_rng(flow).random(50), np.random.default_rng(expected).random(50))


def test_the_same_seeds_give_the_same_path_twice() -> None:
    seeds = np.random.SeedSequence(5)
    config = market(PriceConfig())
    first, second = PricePath(config, seeds), PricePath(config, seeds)
    seeds.spawn(3)
    third = PricePath(config, seeds)
    for prices in (first, second, third):
        prices.advance(3600.0)
    np.testing.assert_array_equal(first.current, second.current)
    np.testing.assert_array_equal(first.current, third.current)
    other = PricePath(config, np.random.SeedSequence(6))
    other.advance(3600.0)
    assert other.current[1] != first.current[1]


def test_other_parts_of_the_configuration_do_not_matter() -> None:
    config = market(PriceConfig())
    longer = config.model_copy(update={"horizon_s": 9e9, "regime": RegimeConfig(name="other")})
    times = np.arange(50) * 0.5
    np.testing.assert_array_equal(sample(config, 2, times), sample(longer, 2, times))


def test_jump_times_do_not_depend_on_the_grid() -> None:
    jumps = JumpConfig(per_day=500, sd=0.05)
    fine = market(PriceConfig(kind="merton", step_s=0.5, jumps=jumps), volatility=0.0)
    coarse = market(PriceConfig(kind="merton", step_s=10.0, jumps=jumps), volatility=0.0)
    times = np.arange(1, 800) * 10.0
    np.testing.assert_allclose(sample(fine, 4, times), sample(coarse, 4, times), rtol=1e-10)


# Episodes


def test_an_episode_changes_volatility_only_while_it_lasts() -> None:
    episode = EpisodeConfig(start_s=3600.0, end_s=7200.0, volatility=3.0)
    config = market(PriceConfig(step_s=1.0, episodes=(episode,)), volatility=0.8)
    calm = market(PriceConfig(step_s=1.0), volatility=0.8)
    found, plain = grid_returns(config, 6, 10_800)[:, 0], grid_returns(calm, 6, 10_800)[:, 0]
    np.testing.assert_allclose(found[:3600], plain[:3600], atol=1e-14)
    np.testing.assert_allclose(found[7200:], plain[7200:], atol=1e-12)
    ratio = found[3600:7200].std() / plain[3600:7200].std()
    assert ratio == pytest.approx(3.0 / 0.8, rel=1e-3)


def test_an_episode_brings_jumps_to_gbm_and_is_a_martingale() -> None:
    episode = EpisodeConfig(start_s=600, end_s=4200, volatility=0.5, jumps_per_day=96, jump_mean=-0.03, jump_sd=0.02)
    config = market(PriceConfig(step_s=1000.0, episodes=(episode,)), volatility=0.0, price_usd=100.0)
    found = np.array([sample(config, seed, np.array([0.0, 5000.0]))[:, 1] for seed in range(1500)])
    assert_mean(found[:, 1], 100.0)
    variance = 0.25 * 3600 / YEAR_S + 4 * (0.03**2 + 0.02**2)
    logs = np.log(found[:, 1] / 100.0)
    assert_mean((logs - logs.mean()) ** 2, variance)


def test_a_step_across_the_border_of_an_episode_takes_its_share() -> None:
    episode = EpisodeConfig(start_s=30.0, end_s=45.0, volatility=0.0)
    config = market(PriceConfig(step_s=60.0, episodes=(episode,)), volatility=0.8)
    calm = market(PriceConfig(step_s=60.0), volatility=0.8)
    variance = 0.64 * 60 / YEAR_S
    shock = (grid_returns(calm, 7, 1)[0, 0] + 0.5 * variance) / math.sqrt(variance)
    expected = -0.5 * 0.75 * variance + math.sqrt(0.75 * variance) * shock
    assert grid_returns(config, 7, 1)[0, 0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("prices", "message"),
    [
        (
            PriceConfig(episodes=(EpisodeConfig(start_s=5, end_s=20), EpisodeConfig(start_s=0, end_s=10))),
            "prices.episodes: the episode at 5 s starts before the one at 0 s ends (10 s); "
            "allowed: episodes that do not overlap",
        ),
        (
            PriceConfig(kind="heston", episodes=(EpisodeConfig(start_s=0, end_s=10),)),
            "prices.episodes: kind 'heston' takes no episodes; allowed: kinds gbm and merton",
        ),
        (
            PriceConfig(kind="merton", jumps=JumpConfig(sd=50.0)),
            "prices: a log jump of mean 0 and sd 50 has no usable mean; allowed: mean + sd^2 / 2 of at most 100",
        ),
    ],
)
def test_impossible_configurations_are_one_line(prices: PriceConfig, message: str) -> None:
    with pytest.raises(InputError) as caught:
        PricePath(market(prices), np.random.SeedSequence(1))
    assert str(caught.value) == message


def test_a_price_beyond_floating_point_is_one_line() -> None:
    prices = PricePath(market(PriceConfig(step_s=DAY), drift=1e5), np.random.SeedSequence(1))
    with pytest.raises(InputError, match=r"^prices: the price of A0 leaves the positive floating point numbers"):
        prices.advance(DAY * 365)


# The path as the market reads it


def test_current_is_one_array_and_starts_at_the_assets_prices() -> None:
    prices = PricePath(market(PriceConfig(), n=2, price_usd=1234.5), np.random.SeedSequence(1))
    current = prices.current
    np.testing.assert_array_equal(current, [1.0, 1234.5, 1234.5])
    assert current.dtype == np.float64
    prices.advance(1e5)
    assert prices.current is current
    assert current[0] == 1.0
    assert current[1] != 1234.5
    assert prices.notes == {}


def test_time_never_decreases() -> None:
    prices = PricePath(market(PriceConfig()), np.random.SeedSequence(1))
    prices.advance(20_000.0)
    prices.advance(20_000.1)
    for earlier in (19_000.0, 0.0):
        with pytest.raises(ValueError, match="cannot go back"):
            prices.advance(earlier)


def test_shift_multiplies_the_path_from_now_on() -> None:
    config = market(PriceConfig(), n=2)
    plain, shifted = (PricePath(config, np.random.SeedSequence(1)) for _ in range(2))
    for prices in (plain, shifted):
        prices.advance(10.0)
    shifted.shift(1, 0.01)
    for time_s in (10.0, 11.0, 9000.0):
        plain.advance(time_s)
        shifted.advance(time_s)
        np.testing.assert_allclose(shifted.current, plain.current * [1.0, math.exp(0.01), 1.0], rtol=1e-14)
    shifted.shift(1, -0.01)
    np.testing.assert_allclose(shifted.current, plain.current, rtol=1e-14)


@pytest.mark.parametrize(("asset", "impact"), [(0, 0.1), (2, 0.1), (-1, 0.1), (1, math.nan), (1, math.inf)])
def test_shift_refuses_the_numeraire_and_what_is_not_finite(asset: int, impact: float) -> None:
    prices = PricePath(market(PriceConfig()), np.random.SeedSequence(1))
    with pytest.raises(ValueError, match="cannot shift"):
        prices.shift(asset, impact)


@pytest.mark.parametrize("kind", ["gbm", "merton", "heston"])
def test_a_day_is_drawn_fast(kind: str) -> None:
    began = time.perf_counter()
    PricePath(market(PriceConfig(kind=kind)), np.random.SeedSequence(1)).advance(DAY)
    assert time.perf_counter() - began < 2.0  # typically 0.03 s, heston 0.06 s; room for a busy machine
