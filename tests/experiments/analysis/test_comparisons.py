"""What a comparison says of its runs: exact paired differences, against what, and how many seeds they take."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from experiments.analysis import comparisons, power, statistics
from market.errors import InputError

LEVERS = ["regime", "volatility"]
BASES: list[comparisons.Base] = [{"regime": "siloed"}, {"volatility": 0.8}]


def runs(seeds: int = 20) -> pd.DataFrame:
    """Cost is 10 a seed, 3 more under pbs, 6 at the second volatility, and 0.3 on top at every other seed."""
    rows = []
    for regime, more in (("siloed", 0.0), ("pbs", 3.0)):
        for volatility, times in ((0.8, 1.0), (1.2, 2.0)):
            for seed in range(1, seeds + 1):
                cost = 10.0 * seed + times * more + (seed % 2) * more * 0.1
                rows.append((regime, volatility, seed, cost, -cost))
    return pd.DataFrame(rows, columns=[*LEVERS, "seed", "cost_bp", "gain_usd"])


def difference(found: pd.DataFrame, regime: str, volatility: float, less: str, outcome: str = "cost_bp") -> pd.Series:
    """The one row of a difference."""
    rows = found[
        (found["regime"] == regime)
        & (found["volatility"] == volatility)
        & (found["less"] == less)
        & (found["outcome"] == outcome)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_differences_are_paired_to_the_first_value_with_the_others_alike() -> None:
    table = runs().sample(frac=1.0, random_state=1)  # seeds are matched by number, not by place
    found = comparisons.summary(table, LEVERS, BASES, ["cost_bp"])
    assert len(found) == 4 + 2 + 2
    row = difference(found, "pbs", 1.2, "regime=siloed")
    noise = 0.3 * (np.arange(1, 21) % 2)
    np.testing.assert_allclose(np.sort(row["values"]), np.sort(6.0 + noise))
    assert row["mean"] == pytest.approx(6.15)
    half = stats.t.ppf(0.975, 19) * noise.std(ddof=1) / math.sqrt(20)
    assert (row["low"], row["high"]) == pytest.approx((6.15 - half, 6.15 + half))
    assert row["over_spread"] == pytest.approx(6.15 / np.std(10.0 * np.arange(1, 21), ddof=1))
    assert difference(found, "pbs", 1.2, "volatility=0.8")["mean"] == pytest.approx(3.0)
    assert set(difference(found, "siloed", 1.2, "volatility=0.8")["values"]) == {0.0}


def test_one_lever_gives_what_the_statistics_of_regimes_give() -> None:
    table = runs()[lambda rows: rows["volatility"] == 0.8]
    ours = difference(comparisons.summary(table, LEVERS, BASES[:1], ["cost_bp"]), "pbs", 0.8, "regime=siloed")
    theirs = statistics.paired(table, "cost_bp").loc["pbs"]
    for name in ("n", "mean", "standard_error", "low", "high", "over_spread", "corrected", "verdict"):
        assert ours[name] == theirs[name], name


def test_verdicts_take_twenty_seeds_and_are_corrected_over_all_differences() -> None:
    every = comparisons.differences(comparisons.summary(runs(), LEVERS, BASES, ["cost_bp", "gain_usd"]))
    np.testing.assert_allclose(every["corrected"], statistics.holm([statistics.chance(v) for v in every["values"]]))
    assert difference(every, "pbs", 0.8, "regime=siloed")["verdict"] == "more"
    assert difference(every, "pbs", 0.8, "regime=siloed", "gain_usd")["verdict"] == "less"
    few = comparisons.differences(comparisons.summary(runs(19), LEVERS, BASES, ["cost_bp"]))
    assert set(few["verdict"]) == {"open"}


def test_a_seed_that_one_side_lacks_is_left_out() -> None:
    table = runs(5)
    table = table[~((table["regime"] == "siloed") & (table["seed"] == 2))]
    found = comparisons.summary(table, LEVERS, BASES, ["cost_bp"])
    assert difference(found, "pbs", 0.8, "regime=siloed")["n"] == 4
    none = comparisons.summary(runs(5)[lambda rows: rows["regime"] == "pbs"], LEVERS, BASES, ["cost_bp"])
    assert difference(none, "pbs", 0.8, "regime=siloed")["n"] == 0


def test_levers_that_vary_together_are_compared_with_the_first_row() -> None:
    table = runs(4)[lambda rows: (rows["regime"] == "siloed") == (rows["volatility"] == 0.8)]
    found = comparisons.summary(table, LEVERS, [{"regime": "siloed", "volatility": 0.8}], ["cost_bp"])
    assert difference(found, "pbs", 1.2, "regime=siloed, volatility=0.8")["mean"] == pytest.approx(6.15)


def test_the_table_shows_levels_and_differences_of_the_summary() -> None:
    found = comparisons.summary(runs(), LEVERS, BASES, ["cost_bp", "gain_usd"])
    table = comparisons.table(found, LEVERS, ["cost_bp", "gain_usd"])
    assert list(table.columns) == ["regime", "volatility", "", "cost [bp]", "gain [USD]"]
    assert len(table) == 4 + 4 * 4
    first = table[table[""] == "less regime=siloed"].index[0]
    assert table.loc[first : first + 3, "cost [bp]"].tolist()[:2] == ["3.15", "[3.08, 3.22]"]
    assert table.loc[first + 3, ""] == "verdict (p by Holm, 8 differences)"
    assert "8 of 8" not in comparisons.answer(found, LEVERS)
    assert comparisons.answer(found, LEVERS).startswith("6 of 8 differences are settled")


def test_texts_are_no_outcomes() -> None:
    with pytest.raises(InputError, match="--outcome note: is a text; allowed: outcomes that are numbers"):
        comparisons.summary(runs().assign(note="x"), LEVERS, BASES, ["note"])


def test_units_are_what_names_end_in() -> None:
    assert comparisons.title_and_unit("lp_net_bp_per_day") == ("lp net", "bp/day")
    assert comparisons.title_and_unit("unfilled_share") == ("unfilled share", "1")
    assert comparisons.title_and_unit("slots") == ("slots", "1")


@pytest.mark.parametrize(("size", "seeds"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_seeds_are_those_of_published_tables(size: float, seeds: int) -> None:
    """Pairs for 80% power at 5%, two-sided, at Cohen's small, medium and large differences."""
    assert power.seeds_needed(size, 1.0) == seeds
    assert power.seeds_needed(-3.0 * size, 3.0) == seeds


@pytest.mark.slow
@settings(max_examples=30)
@given(st.floats(0.05, 2.0), st.floats(0.1, 10.0))
def test_seeds_agree_with_the_textbook_formula(size: float, spread: float) -> None:
    """n = (t(97.5%, n - 1) + t(80%, n - 1))^2 s^2 / d^2, iterated, is within one seed of the exact number."""
    found = power.seeds_needed(size * spread, spread)
    assert found is not None
    n = 30.0
    for _ in range(200):
        n = 0.5 * n + 0.5 * max(2.0, (stats.t.ppf(0.975, n - 1) + stats.t.ppf(0.8, n - 1)) ** 2 / size**2)
    assert abs(found - max(n, 3.0)) < 1.5
    assert power.power(size, 1.0, found) >= 0.8
    assert found == 3 or power.power(size, 1.0, found - 1) < 0.8


def test_power_is_how_often_the_test_finds_a_difference() -> None:
    draws = np.random.default_rng(7).normal(0.6, 1.0, (4000, 12))
    share = (stats.ttest_1samp(draws, 0.0, axis=1).pvalue < 0.05).mean()
    assert power.power(0.6, 1.0, 12) == pytest.approx(share, abs=4 * math.sqrt(0.25 / 4000))
    assert power.power(1e-12, 1.0, 12) == pytest.approx(0.05)


def test_the_pilot_says_how_well_it_knows_the_spread() -> None:
    spread, low, high = power.spread_interval([1.0, 2.0, 3.0, 4.0, float("nan")])
    assert spread == pytest.approx(math.sqrt(5.0 / 3.0))
    assert (low, high) == pytest.approx((spread * math.sqrt(3 / 9.3484036), spread * math.sqrt(3 / 0.2157953)))
    assert power.seeds_needed(1.0, 0.0) == 3
    assert power.seeds_needed(1e-6, 1.0) is None
