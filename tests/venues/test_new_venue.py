"""A new venue is one new folder and its name in the list of venues: nothing else of the tree is edited."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = Path(__file__).parent / "example"
LISTED = '"mining",\n'

AGENT = '''
"""A strategy that uses the venue."""

import numpy as np

from agents.base import Trader
from market.venues import Kind


class Saver(Trader):
    """Pays into the vault of its slot's rollup, sees it there, and takes it out again."""

    def act(self, seen, desk):
        for at in np.flatnonzero(np.isin(seen.vaults.rollup, seen.rollups)).tolist():
            rollup, mine = int(seen.vaults[at].rollup), seen.vaults[at].owner == self.account
            kind = Kind.VAULT_WITHDRAW if mine and seen.vaults[at].held > 0.0 else Kind.VAULT_DEPOSIT
            desk.submit(kind, rollup, at, 25.0, tip=0.01)
'''

SCRIPT = '''
"""Configure, found, submit, execute, undo, check, charge, tape and report a venue that the tree does not have."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from worlds import ALICE, config, execute, fates, founded, intent, reported, rollup

from agents.population import Population
from market.config import AgentConfig
from market.measures.tape import Tape
from market.model import SequencerMarket
from market.sequencing.margin.checked import check
from market.venues import Kind
from market.venues.dispatch import GAS


found = {}
world = founded(rollup("a", vaults=2, gas_usd=0.05))
found["rows"] = len(world.tables.vaults)
paid = intent(Kind.VAULT_DEPOSIT, ALICE, venue=1, rollup=0, amount=50.0)
before = world.state.cells.copy()
failing = np.concatenate([paid, intent(Kind.VAULT_WITHDRAW, ALICE, venue=1, rollup=0, amount=60.0)])
failing["bundle"] = 1
found["undone"] = [fates(execute(world, failing)), bool((world.state.cells == before).all())]
found["executed"] = fates(execute(world, paid))
found["held"] = float(world.tables.vaults["held"][1])
much = intent(Kind.VAULT_DEPOSIT, ALICE, venue=1, rollup=0, amount=1e12)
found["margin"] = check(world.state, np.concatenate([paid, much])).tolist()
found["gas"] = [float(GAS[Kind.VAULT_DEPOSIT]), float(GAS[Kind.VAULT_WITHDRAW])]

cast = (AgentConfig(role="trader", strategy="saver:Saver"),)
capacity = {"kind": "gas", "limit_per_s": 7e6}
settings = config(rollup("a", vaults=1, gas_usd=0.05), rollup("b", vaults=2, gas_usd=0.05), agents=cast, horizon_s=10.0)
settings = settings.model_copy(
    update={"regime": settings.regime.model_copy(update={"capacity": capacity, "margin": {"kind": "checked"}})}
)
tape = Path(sys.argv[1])
market = SequencerMarket(settings, 1, Population(settings), [Tape(tape)])
market.run()
rows = pd.read_parquet(tape)
mine = rows[rows["kind"].str.startswith("vault_")]
found["taped"] = sorted(set(mine["kind"])) + sorted(set(mine["status"]))
found["reported"] = reported(market)["vaulted_usd"]
found["from the tape"] = float(mine.loc[mine["kind"] == "vault_deposit", "filled_in"].sum())
found["conservation_error"] = reported(market)["conservation_error"]
print(json.dumps(found))
'''


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with a folder more and one line changed."""
    copy = tmp_path_factory.mktemp("tree")
    for part in ("market", "agents", "experiments", "figures", "tests"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "gallery"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copytree(EXAMPLE, copy / "market/venues/vaults", ignore=shutil.ignore_patterns("__pycache__"))
    listed = copy / "market/venues/__init__.py"
    text = listed.read_text(encoding="utf-8")
    assert text.count(LISTED) == 1
    listed.write_text(text.replace(LISTED, '"mining", "vaults",\n'), encoding="utf-8")
    (copy / "saver.py").write_text(AGENT, encoding="utf-8")
    (copy / "try_it.py").write_text(SCRIPT, encoding="utf-8")
    return copy


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    variables["PYTHONPATH"] = os.pathsep.join([str(tree), str(tree / "tests")])
    return subprocess.run(
        [sys.executable, *command], cwd=tree, env=variables, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_a_venue_is_one_folder_and_one_line(tree: Path) -> None:
    done = run(tree, "try_it.py", str(tree / "tape.parquet"))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rows"] == 2
    assert found["undone"] == [["BUNDLE", "NO_LIQUIDITY"], True]
    assert found["executed"] == ["FILLED"]
    assert found["held"] == 50.0
    assert found["margin"] == [0, 1]
    assert found["gas"] == [90e3, 70e3]
    assert found["taped"][:2] == ["vault_deposit", "vault_withdraw"]
    assert "filled" in found["taped"]
    assert found["reported"] == pytest.approx(found["from the tape"])
    assert found["reported"] > 0.0
    assert found["conservation_error"] < 1e-9


@pytest.mark.slow
def test_the_contract_of_kinds_covers_it_unasked(tree: Path) -> None:
    done = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/intents/test_kinds.py", "-k", "vault")
    assert done.returncode == 0, done.stdout[-3000:]
    passed = int(done.stdout.rstrip().splitlines()[-1].split()[0])
    assert passed >= 30
