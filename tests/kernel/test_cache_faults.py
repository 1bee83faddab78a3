"""A cache that cannot be used costs time and is said once; nothing else depends on it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_tree import ALL, Tree, answer

SOMEBODY = 12345
administrator = pytest.mark.skipif(
    os.name != "posix" or os.getuid() != 0, reason="needs the right to give files to another user"
)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    yield Tree(tmp_path)
    for folder in [tmp_path, *tmp_path.iterdir()]:
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o700)


def complaint(what: str) -> str:
    return rf"seqmarket: NUMBA_CACHE_DIR: \S+/seqmarket {what}; compiled functions are not kept\n"


@pytest.mark.slow
def test_a_named_folder_that_cannot_be_used_is_done_without_and_said_once(tree: Tree) -> None:
    (tree.root / "file").touch()
    for name in ("closed", "theirs", "inside"):
        (tree.root / name).mkdir()
    (tree.root / "closed").chmod(0o500)
    cases = {"file/below": "cannot be made", "closed": "cannot be made"}
    if os.getuid() == 0:
        (tree.root / "inside" / "seqmarket").mkdir()
        os.chown(tree.root / "theirs", SOMEBODY, SOMEBODY)
        os.chown(tree.root / "inside" / "seqmarket", SOMEBODY, SOMEBODY)
        cases |= {"inside": "belongs to another user", "theirs": "belongs to another user|cannot be made"}
    started = {name: tree.start(NUMBA_CACHE_DIR=name) for name in cases}
    for name, what in cases.items():
        found = answer(started[name], complaint(f"({what})"))
        assert (found["compiled"], found["found"]["first"]) == (ALL, [7.0])
    assert tree.files("*.nbc") == []


@pytest.mark.slow
def test_a_tree_that_can_only_be_read_keeps_its_functions_among_the_temporary_files(
    tree: Tree, tmp_path_factory: pytest.TempPathFactory
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    tree.root.chmod(0o500)
    assert tree(TMPDIR=str(temporary))["compiled"] == ALL
    assert tree(TMPDIR=str(temporary))["compiled"] == []
    [folder] = temporary.iterdir()
    assert folder.name == f"seqmarket_numba_cache_{os.getuid()}"
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_with_no_folder_at_all_everything_is_compiled(tree: Tree) -> None:
    (tree.root / ".numba_cache").touch()
    (tree.root / f"seqmarket_numba_cache_{os.getuid()}").touch()
    said = r"seqmarket: \S+numba_cache is no folder and \S+ is no folder; compiled functions are not kept\n"
    assert answer(tree.start(), said)["compiled"] == ALL
    assert tree.files("*.nbc") == []


@administrator
@pytest.mark.slow
def test_what_belongs_to_somebody_else_is_not_executed(tree: Tree) -> None:
    tree()
    folder = tree.root / ".numba_cache"
    [file] = [path for path in tree.files("*.nbc") if path.name.startswith("second")]
    os.chown(file, SOMEBODY, SOMEBODY)
    said = rf"seqmarket: {file} belongs to another user; its functions are compiled again\n"
    assert answer(tree.start(), said)["compiled"] == ["second"]
    assert tree()["compiled"] == [], "what was compiled again is this user's"
    os.chown(folder, SOMEBODY, SOMEBODY)
    temporary = tree.root / f"seqmarket_numba_cache_{os.getuid()}"
    said = rf"seqmarket: {folder} belongs to another user; compiled functions are kept in {temporary}\n"
    assert answer(tree.start(), said)["compiled"] == ALL
    temporary.rename(tree.root / "moved")
    temporary.symlink_to(tree.root / "moved")
    os.lchown(temporary, SOMEBODY, SOMEBODY)
    said = rf"seqmarket: {folder} belongs to another user and {temporary} belongs to another user; .*\n"
    assert answer(tree.start(), said)["compiled"] == ALL


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
    assert answer(tree.start(), r"seqmarket: \S+\.nbc is damaged; its functions are compiled again\n") == whole
    assert tree()["compiled"] == []


@pytest.mark.slow
def test_what_python_takes_for_the_text_before_is_neither_used_nor_kept(tree: Tree) -> None:
    tree()
    constants = tree.root / "market" / "constants.py"
    [compiled] = (constants.parent / "__pycache__").glob("constants.*.pyc")
    second = int(tree.written)
    # compiled a quarter into the second in which the file was written, and changed again at its half
    os.utime(constants, (second, second))
    compiled.unlink()
    tree()
    os.utime(compiled, (second + 0.25, second + 0.25))
    tree.write("market/constants.py", "RATE = 3.0\n")
    os.utime(constants, (second + 0.5, second + 0.5))
    process = tree.start()
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    said = "was changed twice within a second, and Python executed the text before; it is forgotten now, start again"
    assert error.splitlines()[-1] == f"OSError: [Errno {errno.ESTALE}] {said}: '{constants}'"
    again = tree()
    assert (again["compiled"], again["found"]["first"]) == (["rule", "first"], [10.0])


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_folder_that_is_full_keeps_nothing(tree: Tree) -> None:
    script = "import pathlib; from market.kernel import cache; print('[]' if cache.write(pathlib.Path({}), b'') else 0)"
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0));"
    said = r"seqmarket: \S+: File too large; compiled functions are not kept\n"
    assert answer(tree.start(script=limited + script.format("'x'").replace("b''", "b'1'")), said) == 0
    assert not (tree.root / "x").exists()
    assert tree.files("x.*") == []


@pytest.mark.slow
def test_functions_of_different_processors_are_kept_apart(tree: Tree) -> None:
    generic = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert tree()["compiled"] == ALL
    assert tree(**generic)["compiled"] == ALL
    assert tree(**generic)["compiled"] == []
    assert tree()["compiled"] == []
