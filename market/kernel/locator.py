"""What numba asks and uses to keep compiled functions; imported by numba itself, see `market.kernel.cache`."""

from __future__ import annotations

import hashlib
import importlib
import os
import pickle
import re
import sys
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core import caching
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from market.kernel import cache, folders, loaded, turns

FORM = hashlib.sha256(Path(loaded.__file__).read_bytes()).hexdigest()[:16]
"""In which form functions are kept: that of a checkout that keeps them otherwise is never read."""
VERSIONS = (numba.__version__, llvmlite.__version__, np.__version__, FORM)
CHECK = 32
"""Bytes of the digest that a file begins with."""


class ModuleLocator:
    """Names folder and stamp for a function: those of its module and of all that the module imports.

    Parameters
    ----------
    function
        what is compiled
    path
        file that it is written in
    """

    def __init__(self, function: Any, path: str) -> None:
        self._py_file = path  # by this name numba asks for it when it warns
        self._line = function.__code__.co_firstlineno
        folder = _folder(function.__module__, path)
        self._folder = "" if folder is None else str(folder)

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> ModuleLocator | None:
        """Locate a function of the tree, of a plug-in or of the user; None, so that numba asks others, for the rest."""
        path = str(Path(py_file).absolute())
        return cls(py_func, path) if cache.kept(path) else None

    def ensure_cache_path(self) -> None:
        """Make nothing yet: where no file can be written, none is kept."""

    def get_cache_path(self) -> str:
        """Folder of the module below each of those that are looked through; empty where there is none."""
        return self._folder

    def get_source_stamp(self) -> str:
        """Digest of the module's text and of all that it imports."""
        return Path(self._folder).name

    def get_disambiguator(self) -> str:
        """Line of the function, of which a file may have several of one name."""
        return str(self._line)


class Entries:
    """The compiled versions of one function, a file for each signature and processor.

    A file is named after all that its content follows from and begins with a digest of it. Whoever finds it whole may
    use it. One that is missing, damaged or not to be read is compiled anew, by one of the processes that need it
    (`market.kernel.turns`); where two do all the same, they write the same name, and the last one to finish wins.
    numba's own index, which names data files by number, may be left pointing at another signature's code when two
    processes add to it at once.

    Parameters
    ----------
    cache_path, filename_base, source_stamp
        what the function's locator and numba say: folder below those that are looked through, beginning of file names,
        and digest of the sources
    """

    def __init__(self, cache_path: str, filename_base: str, source_stamp: str) -> None:
        self._module = Path(cache_path)
        self._base, self._stamp = filename_base, source_stamp

    def called(self) -> Entries:
        """Return where the form is kept that other compiled functions call."""
        return Entries(str(self._module), f"{self._base}-called", self._stamp)

    def load(self, key: Any) -> Any:
        """Compiled function of a key (signature, processor, code), None if there is none that can be used."""
        name = self._name(key)
        data = self._found(name, key)
        folder = folders.base()
        if data is None and folder is not None and turns.take(folder / self._module / name):
            data = self._found(name, key)
        return data

    def _found(self, name: str, key: Any) -> Any:
        for folder in folders.everywhere().found:
            data = self._loaded(folder / self._module / name, key)
            if data is not None:
                return data
        return None

    def _loaded(self, path: Path, key: Any) -> Any:
        content = folders.read(path)
        if content is None:
            return None
        if hashlib.sha256(content[CHECK:]).digest() != content[:CHECK]:
            folders.say("file", f"{path} is damaged; its functions are compiled again")
            return None
        try:
            found, data = pickle.loads(content[CHECK:])
        except (ImportError, AttributeError):  # it names something of a module that is no longer there
            return None
        if found != key:
            return None
        caching._cache_log("[cache] data loaded from %r", str(path))
        return data

    def save(self, key: Any, data: Any) -> None:
        """Keep a compiled function, if that is possible."""
        folder = folders.base()
        if folder is None:
            return
        content = dumps((key, loaded.with_names(data)))
        path = folder / self._module / self._name(key)
        if cache.keep(path, hashlib.sha256(content).digest() + content):
            caching._cache_log("[cache] data saved to %r", str(path))

    def flush(self) -> None:
        """Forget all of them."""
        folder = folders.base()
        for path in [] if folder is None else (folder / self._module).glob(f"{self._base}.*.nbc"):
            path.unlink(missing_ok=True)

    def _name(self, key: Any) -> str:
        # an address differs from process to process: a key that shows one finds its file, and overwrites it
        shown = re.sub(r"0x[0-9a-f]+", "", repr((VERSIONS, self._stamp, key)))
        return f"{self._base}.{hashlib.sha256(shown.encode()).hexdigest()[:16]}.nbc"


def target() -> str:
    """What compiles, and for which processor."""
    context: Any = cpu_target.target_context
    return repr((VERSIONS, sys.version_info[:2], context.codegen().magic_tuple()))


_folders: dict[str, tuple[Any, Path | None]] = {}
"""By file: the spec of the module when it was executed, and the folder of its functions."""


def _folder(module: str, path: str) -> Path | None:
    """Folder of a module's functions, found once each time that the module is executed, which gives it a new spec."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    kept = _folders.get(path)
    if kept is None or spec is None or kept[0] is not spec:
        kept = _folders[path] = (spec, cache.module_folder(path))
    return kept[1]


def _files(cache_path: str, filename_base: str, source_stamp: Any) -> Any:
    """Files of a function of the tree, and numba's own kind for those of installed libraries."""
    own = not os.path.isabs(cache_path)  # noqa: PTH117 - of an empty one, a Path would be the present folder
    return (Entries if own else _numbas)(cache_path, filename_base, source_stamp)


_numbas: Any = caching.IndexDataCacheFile
caching.IndexDataCacheFile = _files  # type: ignore[assignment]
importlib.import_module("market.kernel.forms")
