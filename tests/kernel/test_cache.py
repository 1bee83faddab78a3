"""What is compiled again after an edit, what is kept and for how long; on a small tree in processes of its own."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from small_tree import ALL, Tree, answer

from market.kernel.cache import KEPT

NAMED = {"NUMBA_CACHE_DIR": "named"}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.mark.slow
def test_an_edit_recompiles_what_is_edited_and_what_imports_it(tree: Tree) -> None:
    first = tree()
    assert first["found"] == {"rule": [6.0], "first": [7.0], "second": [13.0]}
    assert first["compiled"] == ALL
    tree.edit("agents/second.py", "10.0", "20.0")
    leaf = tree()
    assert (leaf["compiled"], leaf["found"]["second"]) == (["second"], [23.0])
    tree.edit("market/rules.py", "RATE * x", "RATE * x * x")
    rule = tree()
    assert (rule["compiled"], rule["found"]["rule"], rule["found"]["first"]) == (["rule", "first"], [18.0], [19.0])
    # what has been compiled for an earlier text is still there
    tree.edit("market/rules.py", "RATE * x", "RATE * x")
    assert tree() == leaf | {"compiled": []}


@pytest.mark.slow
def test_it_does_so_in_a_folder_that_the_user_names_and_for_a_constant_that_numba_does_not_see(tree: Tree) -> None:
    assert tree(**NAMED)["compiled"] == ALL
    tree.edit("market/constants.py", "2.0", "3.0")
    constant = tree(**NAMED)
    assert (constant["compiled"], constant["found"]["first"]) == (["rule", "first"], [10.0])
    assert not (tree.root / ".numba_cache").exists()


@pytest.mark.slow
def test_what_one_copy_of_the_tree_compiled_serves_another_from_a_folder_that_can_only_be_read(tmp_path: Path) -> None:
    first, second = Tree(tmp_path / "first"), Tree(tmp_path / "elsewhere" / "second")
    first(NUMBA_CACHE_DIR="cache")
    travelled = tmp_path / "travelled"
    (first.root / "cache").rename(travelled)
    shutil.rmtree(first.root)
    for folder in [path for path in (travelled, *travelled.rglob("*")) if path.is_dir()]:
        folder.chmod(0o500)
    try:
        there = {"NUMBA_CACHE_DIR": str(travelled)}
        assert second(**there)["compiled"] == []
        second.edit("agents/second.py", "10.0", "20.0")
        edited = second(**there)
        assert (edited["compiled"], edited["found"]["second"]) == (["second"], [23.0])
        assert second(**there)["compiled"] == [], "what is new is kept among the temporary files"
        assert {path.parents[2].name for path in second.files("*.nbc")} == {f"seqmarket_numba_cache_{os.getuid()}"}
    finally:
        for folder in [path for path in (travelled, *travelled.rglob("*")) if path.is_dir()]:
            folder.chmod(0o700)


@pytest.mark.slow
def test_processes_that_start_cold_at_once_do_not_disturb_each_other(tree: Tree) -> None:
    """Of different signatures, too: each adds its own to the functions that all of them compile."""
    asked = {"[3]": [7.0], "[3.0]": [7.0], "[True, 3]": [3.0, 7.0]}
    processes = [tree.start(values) for values in asked]
    assert [answer(process)["found"]["first"] for process in processes] == list(asked.values())
    again = tree("[3, 3.0, True]")
    assert again["compiled"] == []
    assert again["found"]["first"] == [7.0, 7.0, 3.0]
    assert tree.files("*.nbc.*") == [], "something is left half written"


@pytest.mark.slow
def test_of_processes_that_need_the_same_functions_at_once_one_compiles_each(tree: Tree) -> None:
    found = [answer(process) for process in [tree.start() for _ in range(3)]]
    assert all(one["found"]["first"] == [7.0] for one in found)
    assert sorted(name for one in found for name in one["compiled"]) == sorted(ALL)
    assert tree.files("*.lock") == []


@pytest.mark.slow
def test_a_function_that_fails_to_compile_or_whose_process_dies_keeps_nobody_waiting(tree: Tree) -> None:
    tree.edit("agents/second.py", "x + 10.0", "x + 'ten'")
    dies = "import os; os._exit(0)" if os.name == "nt" else "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    holds = f"""
import market
from pathlib import Path
from market.kernel import cache, turns
from agents.second import second
try:
    second(1.0)
except Exception as error:
    print(type(error).__name__, flush=True)
assert not list(cache.base().rglob("*.lock"))
path = cache.base() / "agents.first"
turns.take(next(path.rglob("*.nbc")))
{dies}
"""
    answer(tree.start(script="import market; from agents.first import first; first(1.0); print('[]')"))
    assert tree.start(script=holds).communicate(timeout=60)[0] == "TypingError\n"
    assert len(tree.files("*.lock")) == 1
    for path in tree.files("*.nbc"):
        path.unlink()
    script = "import market; from agents.first import first; print(first(1.0))"
    began = time.monotonic()
    assert answer(tree.start(script=script)) == 3.0
    assert time.monotonic() - began < 100.0


@pytest.mark.slow
def test_old_versions_and_unused_modules_are_forgotten(tree: Tree) -> None:
    tree()
    [unused] = [path for path in (tree.root / ".numba_cache").iterdir() if path.name.startswith("agents.second")]
    long_ago = time.time() - 40 * 86_400.0
    for path in (*unused.iterdir(), unused):
        os.utime(path, (long_ago, long_ago))
    script = "import market, sys; from agents.first import first; first(1.0); print('{}')"
    for at in range(KEPT):
        tree.edit("market/constants.py", "2.0", f"{at}.5")
        answer(tree.start(script=script))
    versions = [path for path in tree.files("market.rules")[0].iterdir() if path.is_dir()]
    assert len(versions) == KEPT
    assert not unused.exists()
    # a version that is loaded is in use, however long ago it was compiled
    tree.edit("market/constants.py", "2.0", "2.5")
    for path in versions:
        os.utime(path, (long_ago, long_ago))
    answer(tree.start(script=script))
    assert max(path.stat().st_mtime for path in versions) > long_ago + 86_400.0


@pytest.mark.slow
def test_everything_counts_as_compiled_until_something_that_compiled_code_rests_on_changes(tree: Tree) -> None:
    script = "import json; from market.kernel.warm import _marker; print(json.dumps(_marker('')))"

    def marker() -> str:
        return str(answer(tree.start(script=script)))

    before = marker()
    tree.write("agents/aside.py", "import agents.first\n")
    assert marker() == before
    tree.edit("market/constants.py", "2.0", "3.0")
    assert marker() != before
