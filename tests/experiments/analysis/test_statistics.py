"""Intervals and paired comparisons."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.analysis import statistics


def test_interval_is_students() -> None:
    sample = np.random.default_rng(3).normal(5, 2, size=400)
    low, high = statistics.interval(sample)
    expected = stats.ttest_1samp(sample, 0.0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-12)


@pytest.mark.parametrize("seeds", [3, 10])
def test_interval_covers_the_mean_as_often_as_it_says(seeds: int) -> None:
    samples = np.random.default_rng(11).normal(1, 1, size=(2000, seeds))
    covered = np.mean([low <= 1 <= high for low, high in map(statistics.interval, samples)])
    assert abs(covered - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / 2000)


@pytest.mark.parametrize("law", ["lognormal", "exponential"])
def test_with_the_seeds_of_a_verdict_skewed_samples_are_covered_nearly_as_often_as_said(law: str) -> None:
    """92 times in a hundred, as the module says, give or take 3.5 standard errors."""
    draw, mean = {
        "lognormal": (lambda rng, size: rng.lognormal(0.0, 0.5, size), math.exp(0.125)),
        "exponential": (lambda rng, size: rng.standard_exponential(size), 1.0),
    }[law]

    samples = draw(np.random.default_rng(21), (4000, statistics.ENOUGH))
    covered = np.mean([low <= mean <= high for low, high in map(statistics.interval, samples)])
    assert abs(covered - 0.92) < 3.5 * math.sqrt(0.92 * 0.08 / 4000)


def test_chance_is_students_and_agrees_with_the_interval() -> None:
    for seed in range(20):
        sample = np.random.default_rng(seed).normal(0.4, 1.0, 12)
        assert statistics.chance(sample) == pytest.approx(stats.ttest_1samp(sample, 0.0).pvalue, rel=1e-9)
        low, high = statistics.interval(sample)
        assert (statistics.chance(sample) < 0.05) == (low > 0.0 or high < 0.0)
    assert math.isnan(statistics.chance([1.0, 2.0]))
    assert statistics.chance([0.0] * 5) == 1.0
    assert statistics.chance([2.0] * 5) == 0.0


def test_holm_by_hand() -> None:
    """Holm's own step-down: 4 x 0.01, then 3 x 0.013, 2 x 0.02 raised to it, and the last by itself."""
    found = statistics.holm([0.02, 0.01, math.nan, 0.5, 0.013])
    np.testing.assert_allclose(found, [0.04, 0.04, math.nan, 0.5, 0.04])
    assert statistics.holm([]).size == 0
    np.testing.assert_allclose(statistics.holm([0.4, 0.9, 0.6]), 1.0)


def test_chances_of_named_differences_are_corrected_together() -> None:
    rng = np.random.default_rng(8)
    samples = {name: rng.normal(0.4, 1.0, size=20) for name in ("one", "two", "three")}
    found = statistics.corrected(samples)
    assert list(found) == list(samples)
    np.testing.assert_array_equal(
        list(found.values()), statistics.holm([statistics.chance(s) for s in samples.values()])
    )
    assert statistics.corrected({}) == {}


def test_among_many_comparisons_without_effect_a_verdict_is_as_rare_as_it_says() -> None:
    rng, wrong = np.random.default_rng(5), 0
    for _ in range(600):
        samples = rng.normal(size=(15, statistics.ENOUGH))
        corrected = statistics.holm([statistics.chance(sample) for sample in samples])
        wrong += any(statistics.verdict(*pair) != "open" for pair in zip(samples, corrected, strict=True))
    assert abs(wrong / 600 - 0.05) < 3.5 * math.sqrt(0.05 * 0.95 / 600)


def test_a_verdict_takes_twenty_seeds() -> None:
    sample = np.full(statistics.ENOUGH, 3.0)
    assert statistics.verdict(sample, 0.0) == "more"
    assert statistics.verdict(-sample, 0.049) == "less"
    assert statistics.verdict(sample, 0.05) == "open"
    assert statistics.verdict(sample, math.nan) == "open"
    assert statistics.verdict(sample[1:], 0.0) == "open"


def test_size_over_the_spread_between_seeds() -> None:
    assert statistics.over_spread([2.0, 4.0, math.nan], [1.0, 3.0, 5.0]) == pytest.approx(3.0 / 2.0)
    assert math.isnan(statistics.over_spread([1.0], [2.0, 2.0]))
    assert math.isnan(statistics.over_spread([], [1.0, 2.0]))


def test_pooled_is_students_interval_where_the_statistic_is_a_mean() -> None:
    sample = np.array([3.0, 1.0, 4.0, 1.5, 9.0])
    found, expected = statistics.pooled(lambda at: float(sample[at].mean()), sample.size), statistics.describe(sample)
    assert found == pytest.approx({name: expected[name] for name in found}, rel=1e-12)


def test_pooled_covers_a_ratio_of_sums() -> None:
    rng = np.random.default_rng(12)
    covered = []
    for _ in range(1000):
        base = rng.lognormal(0.0, 0.3, 10)
        gain = base * rng.normal(0.5, 0.1, 10)
        found = statistics.pooled(lambda at, gain=gain, base=base: float(gain[at].sum() / base[at].sum()), 10)
        covered.append(found["low"] <= 0.5 <= found["high"])
    assert 0.925 <= np.mean(covered) <= 0.97


def test_pooled_leaves_out_seeds_without_which_there_is_no_statistic() -> None:
    sample = np.array([1.0, 2.0, 3.0])
    found = statistics.pooled(lambda at: float("nan") if 0 not in at else float(sample[at].sum()), 3)
    assert (found["n"], found["mean"], math.isnan(found["low"])) == (2, 6.0, True)
    assert statistics.pooled(lambda at: 1.0, 1)["n"] == 1
    assert statistics.pooled(lambda at: float("nan"), 0)["n"] == 0


def test_mean_and_error_as_printed() -> None:
    assert statistics.mean_and_error([1.0, 2.0, 3.0, math.nan]) == "2 (0.58)"
    assert statistics.mean_and_error([1234.5]) == "1.23e+03"
    assert statistics.mean_and_error([math.nan], absent="never") == "never"


def test_interval_is_the_same_every_time_and_leaves_the_sample_alone() -> None:
    sample = np.array([3.0, 1.0, math.nan, 2.0, 8.0])
    before = sample.copy()
    assert statistics.interval(sample) == statistics.interval(sample)
    np.testing.assert_array_equal(sample, before)


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ([], (math.nan, math.nan)),
        ([1.0], (math.nan, math.nan)),
        ([2.0, 2.0, 2.0], (2.0, 2.0)),
        ([1.0, 3.0], (math.nan, math.nan)),
        ([1.0, 2.0, 3.0], (2.0 - 4.3026528 / math.sqrt(3.0), 2.0 + 4.3026528 / math.sqrt(3.0))),
    ],
)
def test_interval_of_degenerate_samples(sample: list[float], expected: tuple[float, float]) -> None:
    np.testing.assert_allclose(statistics.interval(sample), expected)


def test_standard_error_by_hand() -> None:
    assert statistics.standard_error([1.0, 2.0, 3.0, math.nan]) == pytest.approx(1 / math.sqrt(3))
    assert math.isnan(statistics.standard_error([1.0]))


def test_paired_differences_remove_what_seeds_share() -> None:
    rng = np.random.default_rng(5)
    world = rng.normal(0, 100, size=30)
    effect = rng.normal(2, 0.1, size=30)
    runs = pd.DataFrame(
        {
            "regime": ["siloed"] * 30 + ["pbs"] * 30,
            "seed": [*range(30), *reversed(range(30))],
            "cost": np.concatenate([world, (world + effect)[::-1]]),
        }
    )
    row = statistics.paired(runs, "cost").loc["pbs"]
    assert row["n"] == 30
    assert row["mean"] == pytest.approx(effect.mean())
    assert row["median"] == pytest.approx(np.median(effect))
    assert row["low"] < 2 < row["high"] < 2.2
    assert row["over_spread"] == pytest.approx(effect.mean() / world.std(ddof=1))
    assert (row["verdict"], row["corrected"] < 1e-9) == ("more", True)


def test_paired_leaves_out_seeds_that_one_side_lacks() -> None:
    rows = [("siloed", 1, 1.0), ("siloed", 2, 2.0), ("pbs", 2, 5.0), ("pbs", 3, 9.0), ("encrypted", 4, 1.0)]
    result = statistics.paired(pd.DataFrame(rows, columns=["regime", "seed", "cost"]), "cost")
    assert list(result.index) == ["pbs", "encrypted"]
    assert result.loc["pbs", "n"] == 1
    assert result.loc["pbs", "mean"] == 3.0
    assert result.loc["encrypted", "n"] == 0
    assert math.isnan(result.loc["encrypted", "mean"])


def test_paired_needs_its_baseline_and_one_run_for_each_seed() -> None:
    runs = pd.DataFrame({"regime": ["pbs"], "seed": [1], "cost": [1.0]})
    with pytest.raises(ValueError, match="no runs of the baseline 'siloed'; there are pbs"):
        statistics.paired(runs, "cost")
    with pytest.raises(ValueError, match="duplicate"):
        statistics.paired(pd.concat([runs, runs]), "cost", baseline="pbs")


def test_summary_by_regime_in_order_of_appearance() -> None:
    runs = pd.DataFrame({"regime": ["b", "b", "a"], "cost": [1.0, 3.0, 5.0]})
    result = statistics.summary(runs, "cost")
    assert list(result.index) == ["b", "a"]
    assert result.loc["b", ["n", "mean", "median"]].tolist() == [2, 2.0, 2.0]
    assert result.loc["a", "n"] == 1
