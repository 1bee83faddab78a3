"""What the study of competing networks makes of whereabouts and of its fixed assignments."""

from __future__ import annotations

import answered
import numpy as np
import pandas as pd
import pytest

from experiments.studies import network_competition as study


@pytest.mark.parametrize(
    ("where", "expected"),
    [((0, 0, 0, 0), 0.25), ((1, 1, 1, 1), 1.0), ((1, 1, 2, 2), 0.5), ((1, 1, 1, 0), 0.625), ((1, 2, 3, 0), 0.25)],
)
def test_concentration_counts_everybody_alone_as_a_network(where: tuple[int, ...], expected: float) -> None:
    assert study.hhi(np.array([where])) == pytest.approx([expected])


def rows() -> pd.DataFrame:
    """Two seeds: moving costs users 3 and 5 bp, the fast network 2 and 3, the resistant one 1 and 5."""
    found = []
    for assignment, costs in {"moving": (3.0, 5.0), "fast": (2.0, 3.0), "resistant": (1.0, 5.0)}.items():
        for seed, cost in enumerate(costs, 1):
            row = {"cross_per_second": 0.0, "switching_usd": 0.0, "assignment": assignment, "seed": seed}
            shares = dict.fromkeys(study.SHARES, 0.0) | {"trading_fast_share": 1.0, "lending_resistant_share": 1.0}
            numbers = dict.fromkeys((*(f"hhi_{at}" for at in range(study.STEPS)), "hhi", "moves_per_hour"), 0.5)
            users = {"users_bp": cost, "unfilled_share": 0.01 * cost}
            options = dict.fromkeys(study.OPTIONS, 2.0) | {"options_lost_usd_h": 10.0 * cost}
            found.append(row | shares | numbers | dict.fromkeys(study.INCOMES, 10.0) | users | options)
    return pd.DataFrame(found)


def test_users_cost_is_held_against_the_best_fixed_assignment_at_the_same_seed() -> None:
    assert study.best_fixed(rows(), 0.0) == "fast"
    found = study.summary(rows()).set_index("outcome")
    assert found.loc["over_best_bp", "values"] == [1.0, 2.0]
    assert set(found["n"]) == {2}


def test_the_table_says_who_specialises() -> None:
    table = study.table(rows())
    assert table.loc[0, "specialisation [1]"] == "1 (0)"
    assert table.loc[0, "networks' income [thousand USD/day]"] == "0.03 (0)"
    assert table.loc[0, "best fixed"] == "fast"
    assert table.loc[0, "not served [% of retail]"] == "4 (1)"
    assert table.loc[0, "not served, best fixed [% of retail]"] == "2.5 (0.5)"
    said = answered.check("network_competition", rows())
    assert "0.5" in said
    assert "with 4% of retail not served, there 2.5%" in said
    # of two seeds nothing is settled: 20 and 30 USD/h in the fast network, 10 and 50 in the resistant one
    assert "less all in the resistant one: \N{MINUS SIGN}5 USD/h (open)" in said
    assert "is +1 (open)" in said
