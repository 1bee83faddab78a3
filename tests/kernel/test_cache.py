"""What is compiled again after an edit, what is kept and for how long; on a small tree in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "market/constants.py": "RATE = 2.0\n",
    "market/rules.py": """
from market.constants import RATE
from numba import njit


@njit(cache=True)
def rule(x):
    return RATE * x
""",
    "agents/__init__.py": "",
    "agents/first.py": """
from market.rules import rule
from numba import njit


@njit(cache=True)
def first(x):
    return rule(x) + 1.0
""",
    "agents/second.py": """
from numba import njit


@njit(cache=True)
def second(x):
    return x + 10.0
""",
}
ASK = """
import json, sys
import market
assert "numba" not in sys.modules, "numba is loaded where nothing is compiled"
from agents.first import first
from agents.second import second
from market.rules import rule

functions, values = {"rule": rule, "first": first, "second": second}, eval(sys.argv[1])
found = {name: [f(value) for value in values] for name, f in functions.items()}
compiled = [name for name, f in functions.items() if f.stats.cache_misses]
print(json.dumps({"found": found, "compiled": compiled}))
"""
ALL = ["rule", "first", "second"]
NAMED = {"NUMBA_CACHE_DIR": "named"}


class Tree:
    """A tree with this one's cache and a few functions; calling it says what they return and which were compiled."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "market" / "kernel", root / "market" / "kernel")
        shutil.copy(ROOT / "market" / "__init__.py", root / "market")
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        assert old in FILES[name]
        self.write(name, FILES[name].replace(old, new))

    def start(self, values: str = "[3.0]", script: str = ASK, **variables: str) -> subprocess.Popen[str]:
        """Start a process in the tree, with numba's variables as given and no others."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        environment = {**inherited, "PYTHONPATH": str(self.root), "TMPDIR": str(self.root), **variables}
        command = [sys.executable, "-W", "error", "-c", script, values]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.root, env=environment, stdout=pipe, stderr=pipe, text=True)

    def __call__(self, values: str = "[3.0]", **variables: str) -> dict[str, Any]:
        return answer(self.start(values, **variables))

    def files(self, pattern: str) -> list[Path]:
        return sorted(self.root.rglob(pattern))


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return json.loads(out)


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


def test_a_cache_that_cannot_be_written_is_done_without(tree: Tree) -> None:
    (tree.root / "file").touch()
    assert tree(NUMBA_CACHE_DIR="file/below")["compiled"] == ALL
    # neither in the tree nor, for this user, among the temporary files
    (tree.root / ".numba_cache").touch()
    (tree.root / f"seqmarket_numba_cache_{os.getuid()}").touch()
    assert tree()["compiled"] == ALL
    assert tree.files("*.nbc") == []


@pytest.mark.slow
def test_without_a_folder_in_the_tree_a_folder_of_this_users_own_is_used(tree: Tree) -> None:
    (tree.root / ".numba_cache").touch()
    tree()
    assert tree()["compiled"] == []
    folder = tree.root / f"seqmarket_numba_cache_{os.getuid()}"
    assert folder.stat().st_mode & 0o077 == 0
    # one that somebody else has put there would be run as code
    folder.rename(tree.root / "theirs")
    if os.getuid() == 0:
        folder.symlink_to(tree.root / "theirs")
        os.lchown(folder, 12345, 12345)
        assert tree()["compiled"] == ALL


@pytest.mark.slow
def test_what_is_damaged_is_compiled_again(tree: Tree) -> None:
    whole = tree()
    cut, flipped, replaced = tree.files("*.nbc")
    cut.write_bytes(cut.read_bytes()[:-7])
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    replaced.write_bytes(b"")
    [parsed] = tree.files("imports-*.json")
    parsed.write_text('{"a": 1}')
    assert tree() == whole
    assert tree()["compiled"] == []


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
