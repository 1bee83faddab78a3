"""What each strategy does and which parameters it has, read from the source: importing them all takes seconds."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

from agents.parameters import OPTIONS
from agents.roles import FOLDERS, names
from market import discovery

ROOT = Path(__file__).resolve().parents[1]


def signatures() -> dict[str, dict[str, dict[str, Any]]]:
    """Return by role's folder, by strategy: `summary`, its first line, and `parameters` by name with their defaults."""
    return {
        folder: {name: _signature(discovery.source(f"agents.{folder}", name)) for name in names(role)}
        for role, folder in FOLDERS.items()
    }


def _signature(path: Path) -> dict[str, Any]:
    made = next(node for node in _tree(path).body if isinstance(node, ast.ClassDef) and _may_act(node))
    lines = (ast.get_docstring(made) or "").splitlines()
    return {"summary": lines[0] if lines else "", "parameters": _parameters(path, made)}


def _may_act(node: ast.ClassDef) -> bool:
    """Whether a class has a base other than that of a mere record."""
    return any(not (isinstance(base, ast.Name) and base.id == "NamedTuple") for base in node.bases)


def _parameters(path: Path, made: ast.ClassDef) -> dict[str, Any]:
    """Parameters of a class's constructor, or of that which it inherits; a default that is no literal is a string."""
    for node in made.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            arguments = node.args
            named = [*arguments.posonlyargs, *arguments.args]
            pairs = [*zip(named[len(named) - len(arguments.defaults) :], arguments.defaults, strict=True)]
            pairs += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
            found = {argument.arg: _value(path, default) for argument, default in pairs if default is not None}
            return found | _unpacked(path, arguments.kwarg)
    for base in made.bases:
        found = _find(path, base.id) if isinstance(base, ast.Name) else None
        if found is not None:
            return _parameters(*found)
    return {}


def _unpacked(path: Path, taken: ast.arg | None) -> dict[str, Any]:
    """Fields of the record whose options a constructor takes, with their defaults: see `agents.parameters`."""
    if taken is None or not (
        isinstance(taken.annotation, ast.Subscript) and isinstance(taken.annotation.slice, ast.Name)
    ):
        return {}
    record = _find(path, taken.annotation.slice.id)
    record = record and _find(record[0], taken.annotation.slice.id.removesuffix(OPTIONS))
    if record is None:
        return {}
    fields = [node for node in record[1].body if isinstance(node, ast.AnnAssign) and node.value is not None]
    return {ast.unparse(node.target): _value(record[0], node.value) for node in fields if node.value is not None}


def _value(path: Path, default: ast.expr) -> Any:
    """Return a default as a literal, also where the module gives it a name."""
    if isinstance(default, ast.Name):
        default = _constants(path).get(default.id) or _imported_constant(path, default.id) or default
    try:
        return ast.literal_eval(default)
    except ValueError:
        return ast.unparse(default)


def _constants(path: Path) -> dict[str, ast.expr]:
    """Values that a module assigns to names."""
    return {
        target.id: node.value
        for node in _tree(path).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _imported_constant(path: Path, name: str) -> ast.expr | None:
    home = _home(path, name)
    return None if home is None else _constants(home[0]).get(home[1])


def _find(path: Path, name: str) -> tuple[Path, ast.ClassDef] | None:
    """Return a class by the name under which a module knows it, with the file that defines it."""
    for node in _tree(path).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return path, node
    home = _home(path, name)
    return None if home is None else _find(*home)


def _home(path: Path, name: str) -> tuple[Path, str] | None:
    """File from which a module imports a name, and the name there; None for what is not imported from this tree."""
    for node in _tree(path).body:
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            if name == (alias.asname or alias.name):
                base = ROOT.joinpath(*str(node.module).split("."))
                for file in (base.with_suffix(".py"), base / "__init__.py"):
                    if file.is_file():
                        return file, alias.name
    return None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
