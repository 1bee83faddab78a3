"""Which files a module runs through: what it imports, what that imports in turn, and so on, read from the source.

Nothing is imported, and what a text imports is remembered with the compiled functions, so that a fingerprint of a study
costs no more than reading what the study uses. Followed are the imports of whole files, those inside functions, too,
but for those under ``if TYPE_CHECKING``, and strategies that a file names in a string as ``package.module:Class``. What
lies outside the given folders (the standard library, installed packages) is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from market.kernel import cache
from market.kernel.imports import absolute

NAMED = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*):[A-Za-z_]\w*")
"""A strategy named by module and class."""
MAY_NAME = re.compile(rb"\w:[A-Za-z_]")
"""Found in every text with such a name."""


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
    with cache.reading():
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
    text = path.read_bytes()
    _, said = cache.graph.read(text)
    yield from absolute(name, path.name == "__init__.py", said)
    if not said.imports or MAY_NAME.search(text):  # of what is not Python, nothing was said
        nodes = ast.walk(ast.parse(text, filename=str(path)))
        texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
        yield from (named[1] for named in map(NAMED.fullmatch, texts) if named)


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
