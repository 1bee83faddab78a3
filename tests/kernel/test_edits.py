"""What a copy of this tree compiles: nothing that the tree has compiled, and after an edit what rests on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from market.kernel import folders
from market.kernel.imports import PACKAGES, ROOT, ImportGraph

COUNT = """
import json
import market
from numba.core import event

compiled = []


class Log(event.Listener):
    def on_start(self, event):
        function = event.data["dispatcher"].py_func
        compiled.append(f"{function.__module__}.{function.__name__}")

    def on_end(self, event):
        pass


event.register("numba:compile", Log())
from experiments.markets.scenarios import reference
from experiments.runs.run import run_one
from market import regimes

config = reference(regime=regimes.load("siloed_extractive"), quick=True)
run_one(config.model_copy(update={"horizon_s": 10.0}), 1)
print(json.dumps(sorted(set(compiled))))
"""
PLAIN, COMPILED = "agents/traders/arbitrageur.py", "agents/blocks/sandwich.py"
"""A strategy without compiled code, and what strategies share that has some."""
EDITED = COMPILED.removesuffix(".py").replace("/", ".")


def imported(module: str) -> dict[str, str]:
    """What a module imports, itself included."""
    return ImportGraph().closure(str(ROOT / f"{module.replace('.', '/')}.py"))


def edit(path: Path) -> None:
    """Add a line to a file that changes nothing."""
    path.write_text(path.read_text(encoding="utf-8") + "\nADDED = 1\n", encoding="utf-8")


@pytest.mark.slow
def test_a_copy_of_the_tree_compiles_what_was_edited_and_what_imports_it(tmp_path: Path) -> None:
    tree, cache = tmp_path / "tree", tmp_path / "cache"
    kept = folders.base()
    if kept is None:
        pytest.skip("needs a folder of compiled functions")
    shutil.copytree(kept, cache / "seqmarket")  # so that what is compiled here is not found by the next test
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))

    def compiled(where: Path) -> list[str]:
        environment = {**os.environ, "PYTHONPATH": str(where), "NUMBA_CACHE_DIR": str(cache)}
        done = subprocess.run(
            [sys.executable, "-c", COUNT], cwd=where, env=environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    compiled(ROOT)  # what is missing
    assert compiled(tree) == []
    edit(tree / PLAIN)
    assert compiled(tree) == []
    edit(tree / COMPILED)
    again = {name.rpartition(".")[0] for name in compiled(tree) if not name.startswith("numba.")}
    # itself or what calls it, and what that calls in a form that nobody has needed before; no rule of a venue does
    assert any(EDITED in imported(module) for module in again), again
    assert not any(module.startswith("market.venues") for module in again)
    assert compiled(tree) == []
