"""What is compiled again after an edit, what is kept and for how long; on a small tree in processes of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from small_tree import ALL, Tree, answer

NAMED = {"NUMBA_CACHE_DIR": "named"}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


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


def test_it_does_so_in_a_folder_that_the_user_names_and_for_a_constant_that_numba_does_not_see(tree: Tree) -> None:
    assert tree(**NAMED)["compiled"] == ALL
    tree.edit("market/constants.py", "2.0", "3.0")
    constant = tree(**NAMED)
    assert (constant["compiled"], constant["found"]["first"]) == (["rule", "first"], [10.0])
    assert not (tree.root / ".numba_cache").exists()


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
def test_old_versions_and_unused_modules_are_forgotten(tree: Tree) -> None:
    tree()
    [unused] = [path for path in (tree.root / ".numba_cache").iterdir() if path.name.startswith("agents.second")]
    long_ago = time.time() - 40 * 86_400.0
    for path in (*unused.iterdir(), unused):
        os.utime(path, (long_ago, long_ago))
    script = "import market, sys; from agents.first import first; first(1.0); print('{}')"
    for at in range(3):
        tree.edit("market/constants.py", "2.0", f"{at}.5")
        answer(tree.start(script=script))
    versions = [path for path in tree.files("market.rules-*")[0].iterdir() if path.is_dir()]
    assert len(versions) == 3
    assert not unused.exists()
    # a version that is loaded is in use, however long ago it was compiled
    tree.edit("market/constants.py", "2.0", "2.5")
    for path in versions:
        os.utime(path, (long_ago, long_ago))
    answer(tree.start(script=script))
    assert max(path.stat().st_mtime for path in versions) > long_ago + 86_400.0


def test_everything_counts_as_compiled_until_something_that_compiled_code_rests_on_changes(tree: Tree) -> None:
    script = "import json; from market.kernel.warm import warm_marker; print(json.dumps(str(warm_marker())))"

    def marker() -> str:
        return str(answer(tree.start(script=script)))

    before = marker()
    tree.write("agents/aside.py", "import agents.first\n")
    assert marker() == before
    tree.edit("market/constants.py", "2.0", "3.0")
    assert marker() != before
