"""The command line: what programs read, exit codes, and one line for every mistake."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import stand_in

from experiments.__main__ import main
from experiments.cli import arguments, run
from experiments.runs import study as studies
from experiments.runs.store import Store
from experiments.runs.sweep import sweep

ROOT = Path(__file__).resolve().parents[3]
SHORT = ("--hours", "0.02")
ANSWER = '''
"""A stand-in for known answers."""

ID = "M98"
TITLE = "Coins"


def rows(quick, data):
    row = {"id": ID, "case": "fair", "statistic": "share", "expected": 0.5, "simulated": 0.51, "standard_error": 0.01}
    yield {**row, "tolerance": 0.02, "passed": True}
    if not quick:
        yield {**row, "case": "bent", "simulated": 0.7, "tolerance": float("nan"), "passed": False}
    if data is None:
        yield {**row, "case": "real", "simulated": None, "tolerance": None, "passed": None, "reason": "no coins"}
'''

type Add = Callable[[str, str], Path]


@pytest.fixture
def coins(plugins: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in study, its figure and a known answer are installed; the current folder is empty."""
    plugins("experiments/studies/coins.py", stand_in.STUDY)
    plugins("figures/coins.py", stand_in.FIGURE)
    plugins("experiments/validation/coins.py", ANSWER)
    monkeypatch.setenv("COINS_LOG", str(tmp_path / "log"))
    monkeypatch.delenv("SEQMARKET_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


MISTAKES = [
    ([], "the following arguments are required: COMMAND"),
    (["fly"], "argument COMMAND: invalid choice: 'fly'"),
    (["list", "--jsn"], "unrecognized arguments: --jsn"),
    (["run"], "run: the following arguments are required: STUDY"),
    (["run", "coin"], "experiments/studies: unknown name 'coin' (did you mean 'coins'?); allowed: "),
    (["run", "coins", "--seeds", "0"], "run: argument --seeds: got '0'; allowed: a whole number from 1 to 1"),
    (["run", "coins", "--workers", "two"], "run: argument --workers: got 'two'; allowed: a whole number from 1 to 1"),
    (["run", "coins", "--seeds", "9" * 5000], "run: argument --seeds: got '999"),
    (["run", "coins", "--time-limit", "nan"], "run: argument --time-limit: got 'nan'; allowed: a number of seconds"),
    (
        ["run", "coins", "--out", "/dev/null/x"],
        "/dev/null/x/coins: Not a directory; allowed: a folder that can be written",
    ),
    (
        ["run", "regimes", "--set", "flow.per_second=-1"],
        "--set flow.per_second: got -1; allowed: greater than or equal to 0",
    ),
    (
        ["run", "regimes", "--set", "regime.name=mine"],
        "regime.name: got 'mine', but this study runs every named regime",
    ),
    (["run", "regimes", "--config", "absent.toml"], "absent.toml: no such file; allowed: a TOML file"),
    (["simulate", "--regime", "silo"], "market/regimes: unknown name 'silo' (did you mean 'siloed'?); allowed: "),
    (["simulate", "--hours", "-1"], "simulate: argument --hours: got '-1'; allowed: a number of hours above 0"),
    (["simulate", "--seed", "x"], "simulate: argument --seed: got 'x'; allowed: a whole number of at least 0"),
    (["simulate", "--prices", "absent.csv"], "absent.csv: no such file"),
    (["simulate", "--pools", "absent.csv"], "absent.csv: no such file"),
    (["simulate", "--tape", "absent/tape.parquet"], "--tape absent/tape.parquet: no such folder"),
    (
        ["simulate", "--set", "prices.kind=heton"],
        "--set prices.kind: unknown name 'heton' (did you mean 'heston'?); allowed: ",
    ),
    (["figures", "regimes", "--out", "absent"], "absent/regimes/summary.parquet: no such file; `seqmarket run regimes"),
    (["validate", "M0"], "validate: unknown name 'M0'"),
    (["validate", "--data", "absent"], "--data: no folder 'absent'; allowed: an existing folder of real data"),
    (["validate", "--json", "absent/rows.json"], "--json absent/rows.json: no such folder"),
    (["dashboard", "--port", "0"], "dashboard: argument --port: got '0'; allowed: a whole number from 1 to 65535"),
]


@pytest.mark.parametrize(("arguments", "complaint"), MISTAKES, ids=lambda value: " ".join(value)[:40])
def test_mistakes_are_one_line_and_exit_code_2(
    coins: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("seqmarket: ")
    assert complaint in output.err
    assert output.err.count("\n") == 1


def test_a_plugin_folder_that_does_not_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEQMARKET_PLUGINS", "/absent")
    assert main(["run", "regimes"]) == 2
    assert "SEQMARKET_PLUGINS: no folder '/absent'" in capsys.readouterr().err


def test_the_scheduler_needs_its_extra(
    coins: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["run", "coins", "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "--scheduler: needs the extra 'cluster'" in capsys.readouterr().err


def test_list_is_what_programs_read(coins: Path, plugins: Add, capsys: pytest.CaptureFixture[str]) -> None:
    plugins(
        "market/regimes/coin_toss.py", 'from market.config import RegimeConfig\nREGIME = RegimeConfig(name="coin_toss")'
    )
    assert main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["studies", "regimes", "strategies", "known_answers"]
    assert {"regimes", "coins"} <= set(found["studies"])
    assert {"siloed", "siloed_extractive", "centralized_shared", "pbs", "encrypted", "coin_toss"} <= set(
        found["regimes"]
    )
    roles = ["sequencers", "builders", "market_makers", "liquidators", "traders", "protocols"]
    assert list(found["strategies"]) == roles
    assert all(names and names == sorted(names) for names in found["strategies"].values())
    assert "M98" in found["known_answers"]


def test_list_for_people(coins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["coins", "Tossing coins"] in [line.split(maxsplit=1) for line in lines]
    assert "  M98  Coins" in lines
    assert {"studies", "regimes", "strategies: market makers", "known answers"} <= set(lines)


def first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0]


def test_run_writes_everything(coins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "coins", "--workers", "1", "--quick", "--out", "out"]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("out/coins: 8 runs, 0 of them kept, 0 failed; ")
    folder = coins / "out" / "coins"
    names = {"runs", "runs.parquet", "summary.parquet", "study.json", "table.md", "table.tex"}
    names |= {"figure.pdf", "figure.png", "figure.tex", "table.csv"}
    assert {path.name for path in folder.iterdir()} == names
    about = json.loads((folder / "study.json").read_text())
    expected = {"study", "title", "question", "hypothesis", "regimes", "seeds", "configuration", "variations", "commit"}
    assert expected | {"versions", "machine", "timings", "code", "runs", "failed"} <= set(about)
    assert (about["seeds"], about["regimes"]) == ([1, 2], ["siloed", "pbs"])
    assert {"python", "numpy", "mesa"} <= set(about["versions"])
    assert about["timings"]["run_seconds"]["max"] >= 0
    assert first_line(folder / "table.md") == "Tossing coins (2 seeds: open)"
    first = {name: (folder / name).read_bytes() for name in names - {"runs", "study.json"}}
    assert main(command) == 0
    assert "8 of them kept" in capsys.readouterr().out
    assert {name: (folder / name).read_bytes() for name in first} == first


def test_figures_draws_again_without_running(coins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "coins", "--workers", "1", "--quick"]) == 0
    log, drawn = (coins / "log").read_text(), (coins / "results" / "coins" / "figure.png").read_bytes()
    (coins / "results" / "coins" / "figure.png").unlink()
    capsys.readouterr()
    assert main(["figures", "coins"]) == 0
    assert capsys.readouterr().out.split() == [f"results/coins/figure.{kind}" for kind in ("pdf", "png", "tex")]
    assert (coins / "results" / "coins" / "figure.png").read_bytes() == drawn
    assert (coins / "log").read_text() == log


def test_a_failed_run_is_reported_and_the_rest_is_written(
    coins: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COINS_FAULT", "raise")
    assert main(["run", "coins", "--workers", "1", "--quick"]) == 1
    said = capsys.readouterr().err
    assert said == (
        "seqmarket: 1 of 8 runs failed, first regime pbs, seed 2: ArithmeticError: the coin fell off the table\n"
    )
    runs = pd.read_parquet(coins / "results" / "coins" / "runs.parquet")
    assert runs["status"].tolist() == ["done"] * 7 + ["failed"]
    assert (coins / "results" / "coins" / "figure.pdf").exists()


def test_a_grid_that_fails_for_bad_input_is_bad_input(
    coins: Path, plugins: Add, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = "from market.errors import InputError\n" + stand_in.STUDY.replace(
        "def execute(run):", 'def execute(run):\n    raise InputError("coins: no coins; allowed: some")\n'
    )
    plugins("experiments/studies/coinless.py", broken)
    assert main(["run", "coinless", "--workers", "1", "--quick"]) == 2
    assert "seqmarket: coins: no coins; allowed: some\n" in capsys.readouterr().err


def test_validate(coins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "m98", "--json", "rows.json"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert ("passed" in lines[1], "FAILED" in lines[2], "no data" in lines[3]) == (True, True, True)
    assert lines[4] == "1 passed, 1 failed, 1 without data"
    rows = json.loads((coins / "rows.json").read_text())
    keys = ["id", "case", "statistic", "expected", "simulated", "standard_error", "tolerance", "passed"]
    assert [list(row) for row in rows] == [[*keys, "seconds"], [*keys, "seconds"], [*keys, "reason", "seconds"]]
    assert [row["passed"] for row in rows] == [True, False, None]
    assert rows[1]["tolerance"] is None
    (coins / "data").mkdir()
    assert main(["validate", "M98", "--quick", "--data", "data"]) == 0


def test_validate_takes_the_data_from_the_environment(coins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQMARKET_DATA", str(coins))
    assert main(["validate", "M98", "--quick", "--json", "rows.json"]) == 0
    assert len(json.loads((coins / "rows.json").read_text())) == 1


def test_two_known_answers_of_one_name(coins: Path, plugins: Add, capsys: pytest.CaptureFixture[str]) -> None:
    plugins("experiments/validation/more_coins.py", ANSWER)
    assert main(["validate"]) == 2
    assert "both have the ID 'M98'" in capsys.readouterr().err


def test_simulate_is_one_json_object(coins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *SHORT, "--regime", "pbs", "--seed", "3", "--tape", "tape.parquet", "--json"]) == 0
    outcomes = json.loads(capsys.readouterr().out)
    assert {"regime", "seed", "slots", "intents", "conservation_error", "seconds"} <= set(outcomes)
    assert (outcomes["regime"], outcomes["seed"]) == ("pbs", 3)
    assert abs(outcomes["conservation_error"]) < 1e-9
    tape = pd.read_parquet("tape.parquet")
    assert {"slot", "sender", "role", "rollup", "kind", "tip", "arrival", "status", "reason", "bundle"} <= set(
        tape.columns
    )
    assert len(tape) == outcomes["filled"] + outcomes["reverted"] + outcomes["expired"] <= outcomes["intents"]


def test_simulate_for_people(coins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *SHORT]) == 0
    first = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"regime", "seed", "slots", "user_cost_all_bp"} <= set(first)


def test_simulate_on_real_input(coins: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = data_dir / "prices" / "eth_usd_5m_2020-03-11_2020-03-14.csv"
    pools = data_dir / "rollups" / "weth_usdc_pools_2024-11-01.csv"
    assert (
        main(["simulate", "--regime", "siloed", "--prices", str(prices), "--pools", str(pools), *SHORT, "--json"]) == 0
    )
    outcomes = json.loads(capsys.readouterr().out)
    assert outcomes["price_rescale"] == pytest.approx(2500 / 195, rel=0.1)
    assert outcomes["price_gaps"] == 0


@pytest.mark.slow
def test_the_main_study_is_the_same_for_one_and_two_workers(coins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shorter = ("regimes", "--quick", "--seeds", "1", "--set", "horizon_s=25")
    assert main(["run", *shorter, "--workers", "2"]) == 0
    stated = capsys.readouterr().err.splitlines()
    assert len(stated) == 1
    says = r"seqmarket: \d+ runs, about [\d,]+ slots, [\d,]+ intents, .* of memory, .* of computing$"
    assert re.match(says, stated[0])
    runs = run.grid(studies.load("regimes"), arguments.parser().parse_args(["run", *shorter]))
    alone = Store(coins / "alone", "code")
    alone.write_runs(sweep("regimes", runs, workers=1, store=alone).rows)
    together = coins / "results" / "regimes" / "runs.parquet"
    assert (alone.folder / "runs.parquet").read_bytes() == together.read_bytes()


def test_mistakes_are_found_before_a_model_is_loaded() -> None:
    code = (
        "import sys; from experiments.__main__ import main; main(['figures', 'regimes', '--out', 'absent']); "
        "main(['validate', 'M0']); main(['run', 'silo']); main(['simulate', '--hours', '-1']); main(['list']); "
        "main(['simulate', '--set', 'a=1']); main(['run', 'regimes', '--set', 'a=1']); "
        "main(['compare', '--vary', 'regime=silo', '--outcome', 'user_cost_all_bp']); "
        "names = 'mesa', 'numba', 'pandas', 'scipy.stats', 'matplotlib'; "
        "print([name for name in names if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.endswith("[]\n")
    assert len(ended.stderr.splitlines()) == 7
