"""A new strategy, regime, study or figure is one new file: each is added elsewhere, listed, run and tested."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from experiments.__main__ import main

ROOT = Path(__file__).resolve().parents[3]

STRATEGY = '''
"""Buys a little on every rollup whose turn it is, and stops when told to."""

from agents.base import Trader
from market.intents.rows import Purpose


class Drip(Trader):
    """Buys for a fixed amount in every slot."""

    def __init__(self, seat, usd: float = 50.0, fails_at_s: float = 1e9) -> None:
        super().__init__(seat)
        self.usd, self.fails_at_s = usd, fails_at_s

    def act(self, seen, desk) -> None:
        if seen.time > self.fails_at_s:
            raise RuntimeError("the tap broke")
        for pool, row in enumerate(seen.pools):
            if int(row.rollup) in seen.rollups:
                first, second = (int(asset) for asset in row.asset)
                desk.swap(pool, second, first, self.usd, 0.0, purpose=Purpose.INVENTORY)
'''

REGIME = '''
"""Highest tip first on a shared domain, in public."""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="tip_race",
    source="invented for a test",
    domains="shared",
    visibility="public",
    ordering="priority_fee",
)
'''

STUDY = '''
"""Two rollups for a few seconds, with and without a trader that fails."""

import pandas as pd

from experiments.markets.scenarios import reference
from experiments.runs.study import Run, seeds
from market.config import AgentConfig
from market.regimes import load

TITLE = "What a drip costs"
QUESTION = "Does it?"
HYPOTHESIS = "It does not."


def runs(asked, quick, configure):
    for fails in (1e9, 10.0):
        for seed in seeds(asked, 1):
            drip = AgentConfig(role="trader", strategy="drip", parameters={"fails_at_s": fails})
            base = reference(quick=True).model_copy(
                update={"regime": load("tip_race"), "horizon_s": 20.0, "agents": (drip,)}
            )
            yield Run({"fails_at_s": fails}, "tip_race", seed, configure(base))


def table(runs):
    return pd.DataFrame({"runs": [len(runs)], "filled": [int(runs["filled"].sum())]})
'''

FIGURE = '''
"""Drips by seed."""

from matplotlib.figure import Figure

CAPTION = "Drips."


def draw(summary):
    filled = summary[summary["outcome"] == "filled"]
    figure = Figure(figsize=(2, 2))
    figure.subplots().bar(range(len(filled)), filled["mean"])
    return figure
'''

FILES = {
    "agents/traders/drip.py": STRATEGY,
    "market/regimes/tip_race.py": REGIME,
    "experiments/studies/drip_costs.py": STUDY,
    "figures/drip_costs.py": FIGURE,
}

type Add = Callable[[str, str], Path]
type Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def added(plugins: Add) -> None:
    """All four plug-ins are installed, each as one file and nothing else."""
    for path, text in FILES.items():
        plugins(path, text)


@pytest.mark.usefixtures("added")
def test_new_files_are_listed(seqmarket: Command) -> None:
    listed = json.loads(seqmarket("list", "--json").stdout)
    assert "drip" in listed["strategies"]["traders"]
    assert "tip_race" in listed["regimes"]
    assert "drip_costs" in listed["studies"]
    # and what was there before is still there
    assert {"arbitrageur", "searcher"} <= set(listed["strategies"]["traders"])
    assert {"siloed", "pbs"} <= set(listed["regimes"])


@pytest.mark.slow
@pytest.mark.usefixtures("added")
def test_a_new_study_runs_with_the_new_strategy_regime_and_figure(seqmarket: Command, tmp_path: Path) -> None:
    """The run whose strategy fails is in the table as failed, with the strategy's name; the other one is done."""
    done = seqmarket("run", "drip_costs", "--workers", "1", "--out", tmp_path / "results")
    folder = tmp_path / "results" / "drip_costs"
    runs = pd.read_parquet(folder / "runs.parquet").set_index("fails_at_s")
    assert runs.loc[1e9, "status"] == "done", done.stderr
    assert runs.loc[1e9, "filled"] > 0
    assert runs.loc[10.0, "status"] == "failed"
    error = str(runs.loc[10.0, "error"])
    assert "drip 0: raised RuntimeError: the tap broke" in error
    assert "seed 1" in error
    for name in ("table.md", "table.tex", "summary.parquet", "figure.pdf", "figure.png", "study.json"):
        assert (folder / name).is_file()
    summary = pd.read_parquet(folder / "summary.parquet").set_index("outcome")
    assert summary.loc["filled", ["fails_at_s", "mean", "n"]].tolist() == [1e9, runs.loc[1e9, "filled"], 1]


@pytest.mark.slow
@pytest.mark.usefixtures("added")
def test_new_files_are_covered_by_the_contracts() -> None:
    """The contract tests find them by themselves, and they keep the contract."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "drip or tip_race"]
    tests = ("agents/test_strategies.py", "regimes/test_regimes.py", "market/test_conservation.py")
    files = [str(ROOT / "tests" / name) for name in tests]
    result = subprocess.run([*command, "-rA", *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "test_it_takes_part_and_leaves_what_it_sees_alone[trader-drip]" in result.stdout
    assert "test_the_same_seed_gives_the_same_numbers[trader-drip]" in result.stdout
    assert "test_it_fills_intents_of_users_and_keeps_the_ledger[tip_race]" in result.stdout
    assert "test_a_market_with_noise_keeps_its_ledger[1-tip_race]" in result.stdout


def test_a_strategy_outside_of_the_tree_is_named_by_module_and_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`outside_strategies:Patient` in a configuration, the module beside it on the path: all that its author writes."""
    (tmp_path / "outside_strategies.py").write_text(
        "from agents.traders.arbitrageur import Arbitrageur\n\n\n"
        "class Patient(Arbitrageur):\n"
        '    """Trades a gap only once it has lasted a slot."""\n\n'
        "    def __init__(self, seat, slots: int = 1) -> None:\n"
        "        super().__init__(seat)\n"
        "        self.slots, self.waited = slots, 0\n\n"
        "    def act(self, seen, desk) -> None:\n"
        "        self.waited += 1\n"
        "        if self.waited > self.slots:\n"
        "            super().act(seen, desk)\n",
        encoding="utf-8",
    )
    (tmp_path / "mine.toml").write_text(
        '[[agents]]\nrole = "trader"\nstrategy = "outside_strategies:Patient"\ncount = 2\nparameters = {slots = 3}\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["simulate", "--config", "mine.toml", "--hours", "0.005", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["intents"] > 0
    absent = 'agents=[{role="trader", strategy="outside_strategies:Absent"}]'
    assert main(["simulate", "--set", absent, "--hours", "0.005"]) == 2
    complaint = capsys.readouterr().err
    assert "outside_strategies:Absent" in complaint
    assert len(complaint.strip().splitlines()) == 1
    del sys.modules["outside_strategies"]
