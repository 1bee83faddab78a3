"""What a module rests on: its own text, and that of every module of the tree that it imports, however indirectly.

A compiled function contains what it calls and the constants it names, wherever those are written. Its module's stamp
therefore changes with the text of everything that the module imports. Counted are the packages of this tree, the
folders of plug-ins and whatever else is found on the path outside the installed libraries.

Imports are read from the source, wherever they stand in it, but for those under ``if TYPE_CHECKING``. What a package
loads by name at run time cannot be read there. It declares it::

    LOADS = ("tables", "rules")

as a constant of its ``__init__.py``, and counts as importing the modules of these names from each folder below it; with
``"*"`` among them, as importing every module of its own folder.

A package's ``__init__.py`` counts for whoever imports the package or a name from it, not for whoever imports a module
below it: that one sees nothing of the package's text. Imports no numba, which takes most of a second.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from market.kernel import sources

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("market", "agents", "experiments")
PACKAGE = f"{os.sep}__init__.py"
"""How the file of a package ends."""
VARIABLE = "SEQMARKET_PLUGINS"
"""Names the folders of plug-ins, as market.discovery says."""
INSTALLED = ("site-packages", "dist-packages")
LIBRARY = Path(os.__file__).parent


class Parsed(NamedTuple):
    """What the text of a module says about others."""

    imports: tuple[str, ...]
    """names imported; a relative one begins with dots; some are no modules, but what is in one"""
    loads: tuple[str, ...]
    """names of the modules that it loads from each folder below it; "*": every module of its own folder"""


class _Text(NamedTuple):
    digest: str
    others: tuple[tuple[str, str], ...]
    """names and files of the modules of the tree that it imports"""
    spec: Any
    """of the module that was executed from this text, None when none has been yet"""
    seen: tuple[int, int, tuple[str, ...]]
    """when it was changed, its size, and where modules were looked for"""


def installed(path: str | Path) -> bool:
    """Whether a file or folder belongs to the interpreter or to an installed library, and not to this tree."""
    path = Path(path)
    if any(path.is_relative_to(ROOT / package) for package in PACKAGES):
        return False
    return path.is_relative_to(LIBRARY) or any(part in INSTALLED for part in path.parts)


class ImportGraph:
    """Stamps of modules, from texts that are read once while their module is loaded.

    That a text is not read again matters beyond speed: a file that is edited while a run goes on is not what the
    modules of that run were made of.
    """

    def __init__(self) -> None:
        self.parsed: dict[str, Parsed] = {}
        """by digest of the text; may be kept between runs"""
        self.used: set[str] = set()
        """digests asked for by this process"""
        self._texts: dict[str, _Text] = {}
        self._found: dict[tuple[str, ...], dict[str, str | None]] = {}

    def stamp(self, path: str) -> str:
        """Digest of the text of the module in a file and of all that it imports."""
        digest = hashlib.sha256()
        for name, text in sorted(self.closure(path).items()):
            digest.update(f"{name}\0{text}\0".encode())
        return digest.hexdigest()[:24]

    def closure(self, path: str) -> dict[str, str]:
        """Digests of texts by module: of the one in a file and of all that it imports, directly or not."""
        roots = _roots(tuple(sys.path), os.environ.get(VARIABLE, ""), _here())
        open_ = [(_name(path, roots), path)]
        found: dict[str, str] = {}
        while open_:
            name, path = open_.pop()
            if name not in found:
                text = self._text(name, path, roots)
                found[name] = text.digest
                open_ += text.others
        return found

    def _text(self, name: str, path: str, roots: tuple[str, ...]) -> _Text:
        """What the module in a file was made of, or would be now if it has not been loaded."""
        spec = getattr(sys.modules.get(name), "__spec__", None)
        if spec is not None and spec.origin != path:
            spec = None
        kept = self._texts.get(path)
        if kept is None or spec is None or kept.spec is not spec:
            try:
                kept = self._texts[path] = self._fresh(name, path, spec, roots)
            except (FileNotFoundError, NotADirectoryError):  # it has just been taken away
                return _Text("", (), None, (0, 0, roots))
        return kept

    def _fresh(self, name: str, path: str, spec: Any, roots: tuple[str, ...]) -> _Text:
        """What a file says now; read only if it has changed since it was."""
        status = os.stat(path)  # noqa: PTH116  (a Path for each of some thousand files is what takes time)
        if spec is not None:
            sources.check(path, spec, status)
        seen = (status.st_mtime_ns, status.st_size, roots)
        kept = self._texts.get(path)
        if kept is not None and kept.seen == seen:
            return kept._replace(spec=spec)
        digest, parsed = self.read(Path(path).read_bytes())
        names = dict.fromkeys(self._direct(name, path, parsed, roots))
        found = ((other, self._find(other, roots)) for other in names)
        return _Text(digest, tuple((other, file) for other, file in found if file is not None), spec, seen)

    def read(self, text: bytes) -> tuple[str, Parsed]:
        """Digest of a module's text, and what it says about others."""
        digest = hashlib.sha256(text).hexdigest()[:24]
        if digest not in self.parsed:
            self.parsed[digest] = parse(text)
        self.used.add(digest)
        return digest, self.parsed[digest]

    def _direct(self, name: str, path: str, parsed: Parsed, roots: tuple[str, ...]) -> Iterator[str]:
        """Absolute names of what a module imports; not all are modules."""
        package = path.endswith(PACKAGE)
        yield from absolute(name, package, parsed)
        if package and parsed.loads:
            for root in roots:
                folder = Path(root, *name.split("."))
                for below in sorted(folder.iterdir()) if folder.is_dir() else ():
                    if "*" in parsed.loads and below.suffix == ".py" and below.name != "__init__.py":
                        yield f"{name}.{below.stem}"
                    yield from (f"{name}.{below.name}.{loaded}" for loaded in parsed.loads if loaded != "*")

    def _find(self, name: str, roots: tuple[str, ...]) -> str | None:
        """File of a module of the tree; None for other names. Below a package, what does not exist may yet come."""
        found = self._found.setdefault(roots, {})
        top = name.partition(".")[0]
        if top not in found:
            found[top] = _file(top, roots) or next(_folders(top, roots), None)
        if found[top] is None:
            return None  # not of the tree
        if found.get(name) is None:
            parent = found.get(name.rpartition(".")[0])
            plain = parent is not None and parent.endswith(".py") and not parent.endswith(PACKAGE)
            found[name] = None if plain else _file(name, roots)
        file = found[name]
        return file if file is not None and file.endswith(".py") else None


def absolute(name: str, package: bool, parsed: Parsed) -> Iterator[str]:
    """Names that a module, or a package's own file, imports, as seen from outside; not all are modules."""
    for imported in parsed.imports:
        bare = imported.lstrip(".")
        up = len(imported) - len(bare)
        if not up:
            yield bare
            continue
        parts = name.split(".")
        parts = parts[: len(parts) - up + package]
        yield ".".join([*parts, bare] if bare else parts)


def parse(text: bytes) -> Parsed:
    """Read what a module's text imports and loads; nothing from a text that is not Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return Parsed((), ())
    imports: dict[str, None] = {}
    loads: tuple[str, ...] = ()
    for node in tree.body:
        loads = _declared(node) or loads
    open_: list[ast.AST] = [tree]
    while open_:
        node = open_.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            open_ += node.orelse
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.update(dict.fromkeys(_named(node)))
        elif isinstance(node, ast.stmt | ast.Module | ast.excepthandler | ast.match_case):
            open_ += ast.iter_child_nodes(node)
    return Parsed(tuple(sorted(imports)), loads)


def _named(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Names that may be modules in an import statement."""
    if isinstance(node, ast.ImportFrom):
        origin = "." * node.level + (node.module or "")
        yield origin
        joint = "" if origin.endswith(".") else "."
        yield from (f"{origin}{joint}{alias.name}" for alias in node.names if alias.name != "*")
        return
    for alias in node.names:
        yield alias.name
        if alias.asname is None:  # the statement names the outermost package, and all below can be reached from it
            parts = alias.name.split(".")
            yield from (".".join(parts[:end]) for end in range(1, len(parts)))


def _declared(node: ast.stmt) -> tuple[str, ...]:
    """Names in ``LOADS = (...)``, none from any other statement."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    if not any(isinstance(target, ast.Name) and target.id == "LOADS" for target in targets):
        return ()
    value = getattr(node, "value", None)
    items = value.elts if isinstance(value, ast.Tuple | ast.List) else []
    return tuple(item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str))


@functools.cache
def _roots(path: tuple[str, ...], plugins: str, here: str) -> tuple[str, ...]:
    """Folders in which modules of the tree are looked for: the tree, plug-ins, and the path without what is installed.

    Parameters
    ----------
    path
        of the interpreter
    plugins
        value of the variable that names folders of plug-ins
    here
        the working folder, for which the path has an empty entry
    """
    named = [os.path.expanduser(part) for part in plugins.split(os.pathsep) if part]  # noqa: PTH111 - as market.discovery
    folders = [str(ROOT), *(str(Path(part).resolve()) for part in named)]
    folders += [part or here for part in path]
    own = (folder for folder in folders if folder == str(ROOT) or (folder and not installed(folder)))
    return tuple(dict.fromkeys(own))


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return ""  # it has been taken away


def _name(path: str, roots: tuple[str, ...]) -> str:
    """Dotted name of the module in a file, as it would be imported; its bare name where no root leads to it."""
    for root in sorted(roots, key=len, reverse=True):
        if Path(path).is_relative_to(root):
            parts = Path(path).relative_to(root).with_suffix("").parts
            return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
    return Path(path).stem


def _places(name: str, roots: tuple[str, ...]) -> Iterator[str]:
    """Where a module of this name would be, without its ending; of an installed tree, its own packages alone."""
    for root in roots:
        if root != str(ROOT) or name.partition(".")[0] in PACKAGES or not installed(root):
            yield os.path.join(root, *name.split("."))  # noqa: PTH118


def _file(name: str, roots: tuple[str, ...]) -> str | None:
    for place in _places(name, roots):
        for path in (f"{place}{PACKAGE}", f"{place}.py"):
            if os.path.isfile(path):  # noqa: PTH113
                return path
    return None


def _folders(name: str, roots: tuple[str, ...]) -> Iterator[str]:
    return (place for place in _places(name, roots) if os.path.isdir(place))  # noqa: PTH112
