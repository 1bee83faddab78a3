"""`seqmarket compare` and `power`: from levers to tables, the study that a comparison amounts to, one-line mistakes."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from experiments.__main__ import main
from experiments.runs import study as studies
from experiments.runs import study_file
from experiments.runs.batch import Batch
from experiments.runs.comparison import Comparison
from experiments.runs.levers import Factor
from market.errors import InputError

type Add = Callable[[str, str], Path]

SHORT = ("--quick", "--workers", "1", "--set", "horizon_s=4", "--set", "flow.per_second=5")
LEVERS = ("--vary", "regime=siloed,centralized_shared", "--vary", "assets.0.volatility=.8,1.2")
STRATEGY = '''
"""A strategy outside the tree."""

from agents.traders.arbitrageur import Arbitrageur


class Mine(Arbitrageur):
    """The same."""
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is empty, and what is found there is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "strategies_compared", raising=False)
    return tmp_path


@pytest.mark.slow
def test_friendly_names_of_a_lever_and_an_outcome_are_those_they_stand_for(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = '[{name = "ETH"}, {name = "BTC", price_usd = 60000.0}]'
    said = []
    for lever, outcome in (("prices.volatility", "user_cost_bp"), ("assets.*.volatility", "user_cost_all_bp")):
        asked = ["compare", "--vary", f"{lever}=.8,1.2", "--outcome", outcome, "--seeds", "1", *SHORT]
        assert main([*asked, "--set", f"assets={two}", "--name", outcome]) == 0
        said.append(capsys.readouterr())
    assert "user_cost_bp: user_cost_all_bp, which counts who is not served" in said[0].err
    assert "user_cost_all_bp, which" not in said[1].err
    friendly, plain = (pd.read_parquet(here / "results" / name / "runs.parquet")
                       for name in ("user_cost_bp", "user_cost_all_bp"))  # fmt: skip
    assert friendly["prices.volatility"].tolist() == plain["assets.*.volatility"].tolist() == [0.8, 1.2]
    assert friendly["user_cost_all_bp"].tolist() == plain["user_cost_all_bp"].tolist()
    assert friendly["user_cost_all_bp"].nunique() == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--vary", "prices.volatility=.8,1", "--vary", "assets.0.volatility=1,2"), "is varied twice"),
        (("--vary", "prices.volatility=.8,1", "--set", "assets.0.volatility=1"), "prices.volatility is varied"),
        (("--vary", "prices.volatility=.8,-1"), "--vary prices.volatility: got -1"),
        (("--vary", "prices.episodes.*.volatility=1,2", "--set", "prices.episodes=[]"), "no entries"),
        (("--vary", "rollups.*.block_time=1,2"), "did you mean 'block_time_s'"),
    ],
)
def test_what_a_friendly_name_cannot_be_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], said: str
) -> None:
    assert main(["compare", *asked, "--seeds", "1", *SHORT]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


@pytest.mark.slow
def test_a_comparison_writes_what_a_study_does_and_resumes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["compare", *LEVERS, "--outcome", "user_cost_all_bp", "--outcome", "intents", "--seeds", "3", *SHORT]
    assert main(asked) == 0
    shown = capsys.readouterr().out
    folder = here / "results" / "compare"
    runs, summary = pd.read_parquet(folder / "runs.parquet"), pd.read_parquet(folder / "summary.parquet")
    assert runs.groupby(["regime", "assets.0.volatility"]).size().tolist() == [3] * 4
    assert {"run_id", "study", "seed", "status", "user_cost_all_bp", "extracted_usd"} <= set(runs.columns)
    assert (runs["status"] == "done").all()
    assert len(summary) == 2 * (4 + 2 + 2)
    cost = runs.set_index(["regime", "assets.0.volatility", "seed"])["user_cost_all_bp"].sort_index()
    rows = summary[(summary["less"] == "regime=siloed") & (summary["outcome"] == "user_cost_all_bp")]
    for row in rows.to_dict("records"):
        other = cost["siloed", row["assets.0.volatility"]]
        mean = (cost[row["regime"], row["assets.0.volatility"]] - other).mean()
        assert row["mean"] == pytest.approx(mean, rel=1e-12)
        assert row["verdict"] == "open"
    assert (folder / "table.md").read_text() in shown
    names = {path.name for path in folder.iterdir() if path.is_file()}
    parts = {"table.csv", "table.md", "table.tex", "figure.pdf", "figure.png", "figure.tex"}
    assert parts | {"study.json", "runs.parquet", "summary.parquet"} == names
    about = json.loads((folder / "study.json").read_text())
    assert about["command"].startswith("uv run seqmarket compare --vary regime=siloed,centralized_shared --vary assets")
    assert about["failed"] == 0
    assert "## compare" in (here / "results" / "README.md").read_text()
    more = [word.replace(".8,1.2", ".8,1.2,1.4") for word in asked]
    assert "outcomes the table" not in capsys.readouterr().err
    further = ["slots", "filled", "reverted", "expired"]
    assert main([*more, *(word for name in further for word in ("--outcome", name))]) == 0
    said = capsys.readouterr()
    assert "18 runs, 12 of them kept" in said.out
    assert "of 6 outcomes the table that is printed has the first 5" in said.err
    assert "expired" in (folder / "table.csv").read_text() and "expired" not in (folder / "table.md").read_text()
    assert main(["figures", "compare"]) == 0
    assert "results/compare/figure.pdf" in capsys.readouterr().out


@pytest.mark.slow
def test_the_study_it_amounts_to_gives_the_same(here: Path, plugins: Add, capsys: pytest.CaptureFixture[str]) -> None:
    plugins("note.txt", "the folder exists")
    (here / "strategies_compared.py").write_text(STRATEGY)
    (here / "own.toml").write_text("[flow]\nper_second = 4.0\n")
    vary = ["--vary", "agents.trader.0.strategy=arbitrageur,strategies_compared:Mine", *LEVERS[:2]]
    asked = ["compare", *vary, "--outcome", "extracted_usd,slots", "--seeds", "1", "--as-study", "whose"]
    assert main([*asked, *SHORT[:-2], "--config", "own.toml"]) == 0
    folder = here / "results" / "whose"
    kept = {
        name: (folder / name).read_bytes() for name in ("runs.parquet", "summary.parquet", "table.md", "figure.png")
    }
    (here / "own.toml").unlink()  # the study has a copy
    capsys.readouterr()
    assert main(["run", "whose", "--quick", "--workers", "1"]) == 0
    assert "4 runs, 4 of them kept" in capsys.readouterr().out
    assert main(["run", "whose", "--quick", "--workers", "1", "--out", "again"]) == 0
    assert "4 runs, 0 of them kept" in capsys.readouterr().out
    for name, content in kept.items():
        assert (here / "again" / "whose" / name).read_bytes() == content, name
    assert main(["list", "studies"]) == 0
    assert "whose" in capsys.readouterr().out
    assert main(["run", "whose", "--quick", "--set", "regime=pbs", "--workers", "1"]) == 2
    assert "regime: is varied" in capsys.readouterr().err


def test_a_comparison_travels_to_workers_as_it_is() -> None:
    study = Comparison((Factor(("regime",), (("pbs",),)),), ("slots",), settings=("horizon_s=4",)).study("whose")
    [run] = study.runs(1, True, lambda base: base)
    arrived, [(run_id, there)] = pickle.loads(pickle.dumps(Batch(study, [("id", run)]))).open()
    assert (arrived.name, arrived.source, run_id, there) == ("whose", study.source, "id", run)
    assert arrived.execute(there)["slots"] == study.execute(run)["slots"] > 0


@pytest.mark.slow
def test_workers_give_the_same(here: Path) -> None:
    asked = ["compare", *LEVERS[:2], "--outcome", "slots", "--seeds", "1", *SHORT]
    assert main([*asked, "--workers", "2", "--name", "two"]) == 0
    assert main([*asked, "--name", "one"]) == 0
    one, two = (pd.read_parquet(here / "results" / name / "runs.parquet") for name in ("one", "two"))
    pd.testing.assert_frame_equal(*(table.drop(columns=["run_id", "study"]) for table in (one, two)))


@pytest.mark.slow
def test_power_is_said_of_each_difference(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["power", *LEVERS[:2], "--outcome", "user_cost_all_bp", "--difference", "0.5", "--seeds", "4", *SHORT]
    assert main([*asked, "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    runs = pd.read_parquet(here / "results" / "power" / "runs.parquet")
    wide = runs.pivot(index="seed", columns="regime", values="user_cost_all_bp")
    assert row["spread"] == pytest.approx((wide["centralized_shared"] - wide["siloed"]).std())
    assert row["seeds_low"] <= row["seeds"] <= row["seeds_high"]
    assert row["seeds_corrected"] == row["seeds"]
    assert main(asked) == 0
    assert f"| {row['seeds']} [{row['seeds_low']}, " in capsys.readouterr().out


@pytest.mark.slow
def test_power_without_levers_is_that_of_unpaired_seeds(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--outcome", "intents", "--difference", "2", "--seeds", "3", *SHORT, "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    runs = pd.read_parquet(here / "results" / "power" / "runs.parquet")
    assert row["spread"] == pytest.approx(2**0.5 * runs["intents"].std())
    assert row["pilot_difference"] is None


VARIED = ("compare", *LEVERS[:2])
MISTAKES = [
    (["compare"], "compare: nothing varies; allowed: LEVER=A,B,C with a dotted key"),
    (["compare", "--vary", "regime=siloed,silo"], "market/regimes: unknown name 'silo' (did you mean 'siloed'?)"),
    (["compare", "--vary", "flow.per_secnd=1,2"], "--vary flow.per_secnd: unknown key 'per_secnd' (did you mean"),
    (["compare", "--vary", "flow.per_second=1,-2"], "--vary flow.per_second: got -2; allowed: greater than or equal"),
    (["compare", "--vary", "agents.trader.7.count=1,2"], "--vary agents.trader.7: no such group; allowed: "),
    (
        ["compare", "--vary", "agents.trader.0.strategy=arbitrageur,arbitrager"],
        "unknown name 'arbitrager' (did you mean 'arbitrageur'?)",
    ),
    (
        [*VARIED, "--outcome", "user_cost_al_bp"],
        "--outcome: unknown name 'user_cost_al_bp' (did you mean 'user_cost_all_bp'",
    ),
    ([*VARIED, "--outcome", "regime"], "--outcome: unknown name 'regime'"),
    (
        ["compare", "--vary", "flow.per_second=1:2"],
        "--vary flow.per_second: a range; allowed: with --latin N or --sample",
    ),
    ([*VARIED, "--sample", "lhs:4"], "--sample lhs:4: nothing to sample; allowed: with --vary LEVER=LOW:HIGH"),
    (["compare", "--vary", "flow.per_second=1:2", "--sample", "sobol:3"], "--sample sobol:3: not a sample; allowed: "),
    (["compare", "--list", "absent.csv"], "--list absent.csv: no such file; allowed: a CSV file"),
    ([*VARIED, "--set", "regime=pbs"], "--set regime: regime is varied; allowed: either, not both"),
    ([*VARIED, "--name", "regimes"], "--name regimes: there is a study of that name"),
    ([*VARIED, "--name", "../x"], "--name ../x: not a name; allowed: letters, digits and _"),
    ([*VARIED, "--as-study", "mine"], "--as-study: no folder to write to; allowed: --to DIR, or a folder named in"),
    ([*VARIED, "--as-study", "bars", "--to", "."], "--as-study bars: there is a figure of that name"),
    ([*VARIED, "--as-study", "class", "--to", "."], "--as-study class: not a name; allowed: letters, digits and _"),
    ([*VARIED, "--to", "."], "--to .: there is nothing to write; allowed: with --as-study NAME"),
    ([*VARIED, "--as-study", "regimes", "--to", "."], "--as-study regimes: there is a study of that name"),
    (
        ["compare", "--vary", "flow.per_second=" + ",".join(map(str, range(20_000)))],
        "20000 cells; allowed: up to 10000",
    ),
    (["power", "--outcome", "slots"], "power: the following arguments are required: --difference"),
    (["power", "--outcome", "slots", "--difference", "0"], "--difference: got '0'; allowed: a number other than 0"),
    (["power", "--outcome", "slots", "--difference", "1", "--seeds", "2"], "--seeds: got 2; allowed: at least 3"),
]


@pytest.mark.parametrize(("arguments", "complaint"), MISTAKES, ids=lambda value: " ".join(value)[:40])
def test_mistakes_are_one_line_and_exit_code_2(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.delenv("SEQMARKET_PLUGINS", raising=False)
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("seqmarket: ")
    assert complaint in output.err
    assert output.err.count("\n") == 1
    assert not (here / "results").exists()


@pytest.mark.slow
def test_a_sample_is_run_point_by_point_and_its_seed_is_stated(here: Path) -> None:
    ranges = ["--vary", "assets.0.volatility=0.4:1.6", "--vary", "regime=siloed,centralized_shared"]
    assert main(["compare", *ranges, "--sample", "sobol:2", "--outcome", "slots", "--seeds", "1", *SHORT]) == 0
    folder = here / "results" / "compare"
    runs, about = pd.read_parquet(folder / "runs.parquet"), json.loads((folder / "study.json").read_text())
    assert "--sample sobol:2:1 " in about["command"]
    assert runs["assets.0.volatility"].nunique() == 2
    assert runs["assets.0.volatility"].between(0.4, 1.6).all()
    summary = pd.read_parquet(folder / "summary.parquet")
    assert summary["less"].tolist() == [""] * 4 + ["regime=siloed"] * 2


def test_outcomes_are_listed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*VARIED, "--outcome", "list", *SHORT]) == 0
    names = capsys.readouterr().out.split()
    assert names == sorted(names)
    assert {"user_cost_all_bp", "extracted_usd", "slots"} <= set(names)
    assert not (here / "results").exists()


def test_what_a_comparison_wrote_may_be_written_again_and_nothing_else(tmp_path: Path, plugins: Add) -> None:
    folder = plugins("experiments/studies/by_hand.py", "TITLE = 'by hand'").parents[2]
    comparison = Comparison((Factor(("regime",), (("pbs",), ("siloed",))),), ("slots",))
    study_file.check("written", folder)
    study_file.write(comparison, "written", folder)
    study_file.check("written", folder)
    assert studies.load("written").title == "Comparison by regime"
    with pytest.raises(InputError, match="was written by hand; allowed: another name"):
        study_file.check("by_hand", folder)
    with pytest.raises(InputError, match="there is a study of that name; allowed: another name"):
        study_file.check("written", tmp_path)
