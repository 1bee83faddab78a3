"""Tournaments: matches, the payoff matrix, the ranking, and a user's own strategy."""

from __future__ import annotations

import sys

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.__main__ import main
from experiments.runs.study import Run
from experiments.studies import tournament
from market.errors import InputError


def plain(config):
    return config


def settings(**changes):
    return lambda base: type(base).model_validate(base.model_dump() | changes)


def invented(names: tuple[str, ...], payoff: np.ndarray, seeds: int = 3) -> pd.DataFrame:
    """Runs of a tournament with this payoff matrix, and a little noise by seed."""
    rows = []
    for seed in range(seeds):
        for i, first in enumerate(names):
            for j in range(i, len(names)):
                noise = 0.01 * (seed - 1)
                rows.append({"first": first, "second": names[j], "seed": seed})
                rows[-1] |= {"payoff_first_usd": payoff[i, j] + noise, "payoff_second_usd": payoff[j, i] + noise}
    return pd.DataFrame(rows)


def test_every_pair_meets_once_per_seed():
    runs = list(tournament.runs(2, True, plain))
    k = len(tournament.DEFAULTS["builder"])
    assert len(runs) == 2 * k * (k + 1) // 2
    assert {run.regime for run in runs} == {"pbs"}


def test_a_users_own_strategy_enters_by_name():
    config = settings(strategies=("naive", "players:ScriptedBuilder"), blocks=20)
    runs = list(tournament.runs(1, True, config))
    assert [tuple(run.levers.values())[:2] for run in runs][1] == ("naive", "players:ScriptedBuilder")
    found = tournament.execute(runs[1])
    assert found["payoff_second_usd"] <= found["payoff_first_usd"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"strategies": ("naive", "nobody")}, {"regime": "nowhere"}, {"parameters": {"naive": {"margins": 0.1}}},
        {"parameters": {"nobody": {"margin": 0.1}}},
    ],
)  # fmt: skip
def test_who_does_not_exist_is_refused_before_anything_runs(wrong):
    with pytest.raises(InputError):
        list(tournament.runs(1, True, settings(**wrong)))


def test_parameters_reach_the_strategy_that_they_are_of():
    """A builder that keeps all of its block's value bids nothing, and nothing is paid where both do."""
    generous, greedy = (
        next(
            iter(
                tournament.runs(
                    1, True, settings(strategies=("naive",), blocks=20, parameters={"naive": {"margin": m}})
                )
            )
        )
        for m in (0.0, 1.0)
    )
    assert tournament.execute(generous)["paid_usd"] > 0.0
    assert tournament.execute(greedy)["paid_usd"] == 0.0


@pytest.mark.slow
def test_rows_of_a_users_strategy_are_made_again_after_an_edit(tmp_path, monkeypatch, capsys):
    own = tmp_path / "own_builders.py"
    own.write_text("from agents.builders.naive import Naive\n\n\nclass Mine(Naive):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("experiments.cli.figures.draw", lambda *_: [])
    command = ["run", "tournament", "--quick", "--seeds", "1", "--workers", "1", "--set", "blocks=10"]
    command += ["--set", 'strategies=["naive", "own_builders:Mine"]']
    for kept, edit in ((0, ""), (3, "# a remark\n"), (0, "")):
        assert main(command) == 0
        assert f"3 runs, {kept} of them kept" in capsys.readouterr().out
        own.write_text(own.read_text() + edit)
    sys.modules.pop("own_builders")


@pytest.mark.parametrize("role", ["sequencer", "trader", pytest.param("liquidator", marks=pytest.mark.slow)])
def test_other_roles_play(role):
    run = list(tournament.runs(1, True, settings(role=role, blocks=20)))[1]
    assert isinstance(run, Run)
    found = tournament.execute(run)
    assert np.isfinite([found["payoff_first_usd"], found["payoff_second_usd"]]).all()


def test_the_dominant_strategy_ranks_first_and_takes_over():
    payoff = np.array([[2.0, 3.0, 4.0], [1.0, 2.0, 3.0], [0.0, 0.5, 1.0]])
    runs = invented(("good", "fair", "poor"), payoff)
    names, mean, _ = tournament.matrix(runs)
    assert names == ["good", "fair", "poor"]
    np.testing.assert_allclose(mean, payoff)
    table = tournament.table(runs)
    assert table["strategy"].tolist() == ["good", "fair", "poor"]
    assert answered.check("tournament", runs).startswith("good earns most")
    assert float(table["replicator share"][0]) > 0.99
    assert float(table["alpha-rank"][0]) > 0.9
    assert table["best reply to itself"][0] == "yes"
    assert table["best reply to itself"][1] == "good"


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_figure_draws_gains_and_losses(tmp_path, sign):
    runs = invented(("a", "b", "my_module:Mine"), sign * np.arange(9.0).reshape(3, 3))
    found = tournament.summary(runs)
    drawn.check_stored("tournament", found, tmp_path)
    heat, _, path = drawn.check("tournament", found).axes
    order = [text.get_text() for text in heat.get_yticklabels()]
    assert order == (["Mine", "b", "a"] if sign > 0 else ["a", "b", "Mine"])
    assert (
        heat.images[0].get_array().tolist()
        == (sign * np.arange(9.0).reshape(3, 3)[:: -int(sign), :: -int(sign)]).tolist()
    )
    assert [text.get_text() for text in path.get_legend().get_texts()] == order
    shares = np.array([line.get_ydata() for line in path.lines])
    np.testing.assert_allclose(shares.sum(axis=0), 1.0)
    assert shares[0, -1] > 0.9
