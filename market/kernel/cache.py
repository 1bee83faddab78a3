"""Where compiled functions are kept between runs, and for how long.

numba keeps a compiled function beside a stamp of the file that it is written in. A function that calls another of
another file would go on using the old one when that changes. Here the stamp of a module covers what it imports, too
(`market.kernel.imports`): an edit recompiles the functions of the file edited and of those that import it, and no
others. That holds in a folder that the user names in ``NUMBA_CACHE_DIR`` as well.

The folder holds one folder a module, and in that one a stamp, of which the last few are kept::

    .numba_cache/market.venues.pools/5e21.../swap-40.py313.77ab....nbc

Neither says where the tree lies: what was compiled in one copy of it serves another, on this machine or on one with the
same kind of processor, also from a folder that can only be read (``seqmarket warm --to DIR`` fills one). A module of
the user's own has a digest of its path after its name, since many of them may have one name.

Functions that are typed into an interactive session are kept by numba's own rules, under the text of their cell alone.

numba is told of it by the environment variable that it has for the purpose and asks `market.kernel.locator`, so that
nothing here imports numba, which takes most of a second.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from market.kernel import folders, imports
from market.kernel.folders import base, everywhere
from market.kernel.imports import PACKAGES, ROOT, ImportGraph, Parsed, installed

VARIABLE = "NUMBA_CACHE_LOCATOR_CLASSES"
LOCATOR = "market.kernel.locator.ModuleLocator"
OTHERS = "UserProvidedCacheLocator,InTreeCacheLocator,UserWideCacheLocator,IPythonCacheLocator,ZipCacheLocator"
"""numba's own, for the functions of installed libraries and of interactive sessions"""
KEPT = 6
"""Compiled versions of a module that are kept: the present one and those of the last edits, branches or copies."""
UNUSED_DAYS = 30.0
"""A module that nobody has loaded for so long is forgotten."""
PARSED = f"imports-{hashlib.sha256(Path(imports.__file__).read_bytes()).hexdigest()[:12]}.json"
"""File of what texts import, as this version of the parser reads them."""
MOST_PARSED = 2000
"""Texts whose imports are remembered between runs."""

graph = ImportGraph()


def register() -> None:
    """Let numba ask this package where to keep the functions of the tree; once, and before any is compiled."""
    named = os.environ.get(VARIABLE, "")
    if LOCATOR not in named.split(","):
        os.environ[VARIABLE] = f"{LOCATOR},{named or OTHERS}"
    loaded: Any = sys.modules.get("numba.core.config")
    if loaded is not None:  # it has read its environment before
        loaded.CACHE_LOCATOR_CLASSES = os.environ[VARIABLE]


def module_folder(path: str) -> Path | None:
    """Folder for the functions of the module in a file, as it and what it imports are now; marked as in use.

    Relative to each of the folders that functions may be found in; None where there is none of these.
    """
    folders_ = everywhere()
    if not folders_.found:
        return None
    with reading():
        stamp = graph.stamp(path)
    found = Path(_module(Path(path)), stamp)
    if folders_.kept is not None:
        with contextlib.suppress(OSError):  # nothing has been kept there yet, or it is not ours to mark
            os.utime(folders_.kept / found)
    return found


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Take up what texts were found to import in earlier runs, and keep for later ones what is found in this block."""
    remember_parsed()
    known = len(graph.parsed)
    yield
    folder = everywhere().kept
    if len(graph.parsed) != known and folder is not None:
        _write_parsed(folder)


def _module(file: Path) -> str:
    """Name of a module's folder: of the tree's own, the same wherever the tree lies."""
    if file.is_relative_to(ROOT):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if parts[0] in PACKAGES:
            return ".".join(parts)
    name = file.parent.name if file.stem == "__init__" else file.stem
    return f"{name}-{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"


def keep(path: Path, content: bytes) -> bool:
    """Write a file into a module's folder, and forget what is too old when it is the first; False if impossible."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
    first = next(path.parent.glob(f"*{path.suffix}"), None) is None
    written = write(path, content)
    if first and written:
        _forget_old(path.parent)
    return written


def write(path: Path, content: bytes) -> bool:
    """Write a file whole, whoever else writes or reads it; False, which is said, where that is impossible."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex[:16]}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        folders.say("write", f"{path.parent}: {error.strerror or error}; compiled functions are not kept")
        return False
    return True


@functools.cache
def kept(path: str) -> bool:
    """Whether the functions of a file are kept here: of any file of Python that no installed library brought."""
    return path.endswith(".py") and Path(path).is_file() and not installed(path)


def fingerprint() -> str:
    """Digest of all modules of this tree that hold compiled functions, with what they import."""
    remember_parsed()
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_bytes()
            if b"numba" in text or b"@kernel" in text:
                digest.update(f"{path.relative_to(ROOT).as_posix()}\0{graph.stamp(str(path))}\0".encode())
    return digest.hexdigest()[:16]


def _forget_old(version: Path) -> None:
    """Forget a module's older versions, when it has got a new one, and once per process modules no longer used."""
    folder = base()
    if folder is None or version.parent.parent != folder:
        return
    with contextlib.suppress(OSError):  # another process may be at it, too
        others = sorted((item for item in version.parent.iterdir() if item != version), key=_changed, reverse=True)
        for item in others[KEPT - 1 :]:
            shutil.rmtree(item, ignore_errors=True)
        _forget_unused(folder)


@functools.cache
def _forget_unused(folder: Path) -> None:
    oldest = time.time() - UNUSED_DAYS * 86_400.0
    for item in folder.iterdir():
        if item.is_file():
            if _changed(item) < oldest:
                item.unlink(missing_ok=True)
        elif max(map(_changed, [item, *item.iterdir()])) < oldest:
            shutil.rmtree(item, ignore_errors=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # another process has just forgotten it


@functools.cache
def remember_parsed() -> None:
    """Take up what was read about imports in earlier runs; a file that is damaged says nothing."""
    for folder in everywhere().found:
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            found = json.loads(folders.read(folder / PARSED) or b"{}")
            graph.parsed |= {digest: Parsed(tuple(names), tuple(loads)) for digest, (names, loads) in found.items()}


def _write_parsed(folder: Path) -> None:
    known = graph.parsed
    if len(known) > MOST_PARSED:
        known = {digest: known[digest] for digest in graph.used}
    write(folder / PARSED, json.dumps(known).encode())
