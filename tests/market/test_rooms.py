"""The rooms import one another in one direction only, and it is this tree that is tested."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "market": {"market"},
    "agents": {"agents", "market"},
    "experiments": {"experiments", "agents", "market", "figures"},
    "figures": {"figures"},
}


@pytest.mark.parametrize("room", ALLOWED)
def test_rooms_import_in_one_direction(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, name in _imports(path)
        if name in ALLOWED and name not in ALLOWED[room]
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ALLOWED)
def test_rooms_load_from_this_tree(room: str) -> None:
    module = importlib.import_module(room)
    assert Path(str(module.__file__)).parent == ROOT / room


def _imports(path: Path) -> list[tuple[int, str]]:
    """Line and top-level package of every import of a file, also of those inside functions."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.partition(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            own = path.relative_to(ROOT).parts[0]
            found.append((node.lineno, own if node.level else str(node.module).partition(".")[0]))
    return found
