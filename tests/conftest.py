"""Fixtures that every test may use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Tests start hundreds of processes, each of which would compile the sources of libraries again where none may be kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

ROOT = Path(__file__).resolve().parents[1]
DATA = "SEQMARKET_DATA"

type Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def data_dir(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of real market data; the test is skipped where there is none."""
    folder = Path(os.environ.get(DATA) or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs real market data: no folder {folder}; name one in {DATA}")
    monkeypatch.setenv(DATA, str(folder))
    return folder


@pytest.fixture
def seqmarket(tmp_path: Path) -> Command:
    """The command line in a process of its own, in an empty folder: ``seqmarket("list", "--json")``."""

    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "experiments", *map(str, arguments)]
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        variables = {**os.environ, "PYTHONPATH": path}
        return subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)

    return call


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Path]]:
    """Add a plug-in in a folder outside the tree: ``plugins("experiments/studies/mine.py", source)``."""
    root = tmp_path / "plugins"
    root.mkdir()
    monkeypatch.setenv("SEQMARKET_PLUGINS", str(root))

    def add(path: str, source: str) -> Path:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source, encoding="utf-8")
        return target

    yield add
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(root)):
            del sys.modules[name]
