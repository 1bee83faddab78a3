"""Which modules a module rests on, by the imports in its source."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from market.kernel.imports import ROOT, ImportGraph

type Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module below a folder on the path."""
    monkeypatch.syspath_prepend(tmp_path)

    def add(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    yield add
    for name in [name for name in sys.modules if name.partition(".")[0].startswith("invented_")]:
        del sys.modules[name]


def closure(path: Path) -> set[str]:
    return set(ImportGraph().closure(str(path)))


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("import invented_b", {"invented_b"}),
        ("import invented_p.m", {"invented_p", "invented_p.m"}),
        ("import invented_p.m as m", {"invented_p.m"}),
        ("from invented_p import m", {"invented_p", "invented_p.m"}),
        ("from invented_p import name", {"invented_p"}),
        ("from invented_p.m import name", {"invented_p.m"}),
        ("from invented_p.m import *", {"invented_p.m"}),
        ("def f():\n    import invented_b", {"invented_b"}),
        ("class C:\n    try:\n        import invented_b\n    except ImportError:\n        pass", {"invented_b"}),
        ("match 1:\n    case 1:\n        import invented_b", {"invented_b"}),
        ("if TYPE_CHECKING:\n    import invented_b\nelse:\n    import invented_p.m as m", {"invented_p.m"}),
        ("import typing\nif typing.TYPE_CHECKING:\n    import invented_b", set()),
        ("import numpy, ast, unheard_of.at_all", set()),
        ("'from invented_b import x'", set()),
        ("this is no Python", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(write: Write, source: str, imported: set[str]) -> None:
    write("invented_b.py", "")
    write("invented_p/__init__.py", "")
    write("invented_p/m.py", "")
    assert closure(write("invented_a.py", source)) == {"invented_a"} | imported


def test_imports_of_imports_and_circles_and_relative_ones(write: Write) -> None:
    write("invented_p/__init__.py", "from . import a")
    write("invented_p/a.py", "from .b import x")
    write("invented_p/b.py", "from ..invented_q import y")  # beyond the outermost package: Python would refuse
    write("invented_p/below/__init__.py", "")
    deep = write("invented_p/below/c.py", "from ..a import x\nfrom . import d")
    write("invented_p/below/d.py", "from .c import z")
    assert closure(deep) == {f"invented_p.{name}" for name in ("a", "b", "below", "below.c", "below.d")}


def test_a_package_declares_what_it_loads_from_each_folder_below_it(write: Write) -> None:
    rooms = write("invented_p/__init__.py", 'LOADS = ("tables", "rules")\n')
    for room in ("one", "two"):
        write(f"invented_p/{room}/__init__.py", "")
        write(f"invented_p/{room}/tables.py", "")
        write(f"invented_p/{room}/view.py", "")
    write("invented_p/two/rules.py", "import invented_b")
    write("invented_b.py", "")
    loaded = {"invented_p.one.tables", "invented_p.two.tables", "invented_p.two.rules", "invented_b"}
    assert closure(rooms) == {"invented_p"} | loaded
    assert closure(write("invented_a.py", "from invented_p import x")) == {"invented_a", "invented_p"} | loaded


def test_a_package_may_declare_that_it_loads_all_of_its_own_files(
    write: Write, plugins: Callable[[str, str], Path]
) -> None:
    write("invented_p/__init__.py", 'LOADS = ("*",)\n')
    write("invented_p/one.py", "import invented_b")
    write("invented_p/_two.py", "")
    write("invented_p/below/one.py", "")
    write("invented_b.py", "")
    plugins("invented_p/three.py", "")
    found = {"invented_p", "invented_p.one", "invented_p._two", "invented_p.three", "invented_b"}
    assert closure(write("invented_a.py", "from invented_p import x")) == {"invented_a"} | found
    # who imports a file of the folder alone sees nothing of the others
    assert closure(write("invented_c.py", "import invented_p.one as one")) >= {"invented_p.one"}


def test_plug_ins_are_of_the_tree(plugins: Callable[[str, str], Path]) -> None:
    plugins("agents/traders/invented_aid.py", "")
    path = plugins("agents/traders/invented_mine.py", "from agents.traders.invented_aid import x")
    assert closure(path) == {"agents.traders.invented_mine", "agents.traders.invented_aid"}


def test_a_stamp_follows_every_text_and_nothing_else(write: Write) -> None:
    path = write("invented_a.py", "import invented_b")
    write("invented_b.py", "x = 1")
    graph = ImportGraph()
    first = graph.stamp(str(path))
    write("invented_c.py", "x = 1")
    assert graph.stamp(str(path)) == first
    write("invented_b.py", "x = 12")
    assert graph.stamp(str(path)) != first
    write("invented_b.py", "x = 1")
    assert graph.stamp(str(path)) == ImportGraph().stamp(str(path)) == first


@pytest.mark.parametrize("file", ["invented_b.py", "invented_b/__init__.py"])
def test_a_module_that_is_loaded_is_what_it_was_when_it_was_loaded(write: Write, file: str) -> None:
    """What is compiled after an edit, while a run goes on, must not pass for a compilation of the edited text."""
    path, other = write("invented_a.py", "import invented_b"), write(file, "x = 1")
    importlib.import_module("invented_a")
    graph = ImportGraph()
    first = graph.stamp(str(path))
    other.write_text("x = 12")
    assert graph.stamp(str(path)) == first
    importlib.reload(sys.modules["invented_b"])
    assert graph.stamp(str(path)) != first


def test_this_tree() -> None:
    found = closure(ROOT / "market" / "execution.py")
    assert {"market.execution", "market.state.ledger", "market.state.store", "market.kernel.compiled"} <= found
    assert all(name.startswith("market") for name in found)
