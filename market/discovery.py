"""What is installed: the modules of a folder are its plug-ins, and a new one is one new file.

Folders outside this tree are named in the environment variable ``SEQMARKET_PLUGINS`` (separated as in ``PATH``). Each
mirrors the tree: ``<folder>/market/regimes/mine.py`` adds a regime, ``<folder>/experiments/studies/mine.py`` a study,
``<folder>/figures/mine.py`` a figure.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from market.errors import InputError

VARIABLE = "SEQMARKET_PLUGINS"
LONGEST = 80
"""Most characters of an unknown name that a complaint repeats."""


def plugin_folders() -> list[Path]:
    """Folders outside the tree that hold plug-ins, in the order given.

    Raises InputError when the environment names one that does not exist.
    """
    # pathlib's own expansion raises for the home folder of somebody who does not exist
    parts = [os.path.expanduser(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]  # noqa: PTH111
    folders = [Path(part).resolve() for part in parts]
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{VARIABLE}: no folder {str(folder)!r}; allowed: existing folders that mirror the tree")
    return folders


def modules(package: str) -> list[str]:
    """Sorted names of the plug-ins of a package, found by file name without importing them.

    Names that begin with an underscore are private to the folder. Raises InputError when two files have one name.
    """
    path = _open(package).__path__
    places: dict[str, list[str]] = {}
    for folder in path:
        for item in pkgutil.iter_modules([folder]):
            if not item.name.startswith("_"):
                places.setdefault(item.name, []).append(folder)
    for name, folders in places.items():
        if len(folders) > 1:
            raise InputError(f"{package}.{name}: is in {' and in '.join(folders)}; allowed: names that differ")
    return sorted(places)


def load(package: str, name: str) -> ModuleType:
    """Import the plug-in ``name`` of a package; raises InputError, naming those that exist, when there is none."""
    allowed = modules(package)
    if name not in allowed:
        raise InputError(f"{package.replace('.', '/')}: {unknown(name, allowed)}")
    return importlib.import_module(f"{package}.{name}")


def source(package: str, name: str) -> Path:
    """File of the plug-in ``name`` of a package, found without importing it."""
    _open(package)
    spec = importlib.util.find_spec(f"{package}.{name}") if name.isidentifier() else None
    if spec is None or spec.origin is None:
        raise InputError(f"{package.replace('.', '/')}: {unknown(name, modules(package))}")
    return Path(spec.origin)


def constant(package: str, name: str, variable: str, default: str | None = None) -> str:
    """Value of a module-level string constant of a plug-in, read from its source so that nothing heavy is imported.

    Raises InputError when the plug-in does not assign it a literal string and no default is given.
    """
    path = source(package, name)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except SyntaxError as error:
        raise InputError(f"{path}:{error.lineno}: {error.msg}; allowed: Python source") from error
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign):
            targets, value = [node.target], node.value
        else:
            continue
        named = any(isinstance(target, ast.Name) and target.id == variable for target in targets)
        if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    if default is None:
        raise InputError(f"{path}: {variable} is missing; expected {variable} = a literal string")
    return default


def open_all() -> None:
    """Let every package of the tree reach into the plug-in folders, for whoever imports a plug-in by its full name."""
    tree = Path(__file__).parents[1]
    for root in plugin_folders():
        for folder in {file.parent.relative_to(root) for file in root.rglob("*.py")}:
            if folder.parts and (tree / folder / "__init__.py").is_file():
                _open(".".join(folder.parts))


def still_there(found: type) -> bool:
    """Whether a class that was found before is what its module still defines: plug-ins may be taken away."""
    return getattr(sys.modules.get(found.__module__), found.__name__, None) is found


def unknown(name: str, allowed: Iterable[str]) -> str:
    """One-line complaint about a name that is not among the allowed ones, with the nearest one proposed."""
    allowed = list(allowed)
    near = difflib.get_close_matches(name[:LONGEST], allowed, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    shown = name if len(name) <= LONGEST else f"{name[:LONGEST]}..."
    return f"unknown name {shown!r}{hint}; allowed: {', '.join(allowed) or 'none exist'}"


def _open(package: str) -> ModuleType:
    """Import a package and let its search path reach into the plug-in folders of the moment."""
    module = importlib.import_module(package)
    folders = [root.joinpath(*package.split(".")) for root in plugin_folders()]
    path = [str(Path(str(module.__file__)).parent), *(str(folder) for folder in folders if folder.is_dir())]
    if list(module.__path__) != path:
        module.__path__ = path
    for folder in path:  # a file may be newer than the last look into its folder
        finder: Any = sys.path_importer_cache.get(folder)
        if finder is None:
            sys.path_importer_cache.pop(folder, None)
        else:
            finder.invalidate_caches()
    return module
