"""Which files a module runs through: what it imports, what that imports in turn, and so on, read from the source.

Nothing is imported, so that a fingerprint of a study costs no more than parsing what the study uses. Followed are the
imports of whole files, those inside functions, too, and strategies that a file names in a string as
``package.module:Class``. What lies outside the given folders (the standard library, installed packages) is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

NAMED = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*):[A-Za-z_]\w*")
"""A strategy named by module and class."""


def closure(names: Iterable[str], folders: Sequence[Path]) -> dict[str, Path]:
    """Files of some modules and of everything that they import.

    Parameters
    ----------
    names
        dotted names of modules; those that no folder has are left out
    folders
        where modules are looked for, in this order, each as if it stood on the search path; plug-in folders mirror
        the tree, so that a package may have modules in several of them

    Returns
    -------
    dict
        file by dotted name, sorted by name; packages are their ``__init__.py``

    Raises
    ------
    SyntaxError
        When a file is not Python.
    """
    found: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        for parent in _with_parents(name):
            path = None if parent in found else _find(parent, folders)
            if path is not None:
                found[parent] = path
                waiting += imported(parent, path)
    return dict(sorted(found.items()))


def imported(name: str, path: Path) -> Iterator[str]:
    """Dotted names that a file may import: ``from a import b`` gives a and a.b, whichever of them is a module."""
    return iter(_imported(name, path, path.stat().st_mtime_ns))


@lru_cache(maxsize=4096)
def _imported(name: str, path: Path, changed_ns: int) -> tuple[str, ...]:
    """The same, kept until the file changes."""
    return tuple(_read(name, path))


def _read(name: str, path: Path) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(package, node.level, node.module)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and (named := NAMED.fullmatch(node.value)):
            yield named[1]


def _absolute(package: str, level: int, module: str | None) -> str:
    """Dotted name of what ``from ..module import`` names, seen from a package; level 0 is absolute already."""
    if not level:
        return str(module)
    above = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*above, *([module] if module else [])])


def _with_parents(name: str) -> list[str]:
    """The packages that are imported before a module, and the module."""
    parts = name.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


def _find(name: str, folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        stem = folder.joinpath(*name.split("."))
        for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
            if path.is_file():
                return path
    return None
