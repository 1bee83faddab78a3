"""The rooms import one another in one direction only, inside the market too, and it is this tree that is tested."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import networkx as nx
import pytest

from market.venues import VENUES

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "market": {"market"},
    "agents": {"agents", "market"},
    "experiments": {"experiments", "agents", "market", "figures"},
    "figures": {"figures"},
}
ROOMS = {
    "kernel", "state", "intents", "access", "graph", "prices", "pricing", "venues", "sequencing", "regimes",
    "measures",
}  # fmt: skip
SHAPE = {"config", "tables", "kinds", "genesis", "view", "outcomes"}
"""Files that every venue has."""


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


def test_the_market_has_these_rooms() -> None:
    assert {path.parent.name for path in (ROOT / "market").glob("*/__init__.py")} == ROOMS


def test_a_slot_can_be_read_on_a_few_pages() -> None:
    assert len((ROOT / "market/model.py").read_text(encoding="utf-8").splitlines()) < 200


@pytest.mark.parametrize("grain", ["files", "rooms"])
def test_nothing_in_the_market_imports_in_a_circle(grain: str) -> None:
    modules = _modules()
    graph: nx.DiGraph = nx.DiGraph()
    for module, path in modules.items():
        for name in _needed(path):
            ends = (module, name) if name in modules else (module, name.rpartition(".")[0])
            if ends[1] in modules:
                graph.add_edge(*(ends if grain == "files" else map(_room, ends)))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    assert len(graph) > len(ROOMS)
    assert [circle for circle in nx.strongly_connected_components(graph) if len(circle) > 1] == []


@pytest.mark.parametrize("venue", VENUES)
def test_a_venue_is_a_room_of_one_shape(venue: str) -> None:
    """What others share to liquidate has no rules of its own: its kinds' are those of whoever is liquidated."""
    have = {path.stem for path in (ROOT / "market/venues" / venue).glob("*.py")}
    assert have >= SHAPE | (set() if venue == "liquidation" else {"rules"})


def test_every_folder_of_venues_is_listed() -> None:
    assert {path.parent.name for path in (ROOT / "market/venues").glob("*/__init__.py")} == set(VENUES)


def _modules() -> dict[str, Path]:
    """Files of the market by the name under which they are imported."""
    paths = (ROOT / "market").rglob("*.py")
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _needed(path: Path) -> list[str]:
    """Names that a file imports when it runs, those inside functions too: not those for the type checker alone."""
    found: list[str] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


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
