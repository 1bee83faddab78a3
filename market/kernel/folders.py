"""In which folders compiled functions are looked for, in which one they are kept, and whose files may be used.

A file that is loaded is executed: only what belongs to the user, to the owner of the tree or to the system's
administrator counts. Whatever keeps a folder from being used costs time and nothing else, and is said once.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import sys
from pathlib import Path
from typing import NamedTuple

from market.kernel.imports import ROOT

VARIABLE = "NUMBA_CACHE_DIR"
UNWRITABLE = "cannot be written"

_said: set[str] = set()


class Folders(NamedTuple):
    """Where compiled functions are."""

    kept: Path | None
    """folder that new ones are written into, None where there is none: then every process compiles for itself"""
    found: tuple[Path, ...]
    """folders that they are looked for in, the one above first; others can only be read"""


def base() -> Path | None:
    """Folder of all that is kept: where the user says, or in the tree, or of this user among the temporary files."""
    return everywhere().kept


def everywhere() -> Folders:
    """Folders of all that is kept, now or by somebody else: one that can be read and not written is used, too."""
    return _everywhere(os.environ.get(VARIABLE, ""))


@functools.cache
def _everywhere(named: str) -> Folders:
    preferred = Path(named, "seqmarket").absolute() if named else ROOT / ".numba_cache"
    there = os.path.lexists(preferred)  # where there is none yet, the tree may be one that is only read
    why = _obstacle(preferred) or (_strange(preferred.parent) if named else "")
    if not why:
        return Folders(preferred, (preferred,))
    read = (preferred,) if why == UNWRITABLE and os.access(preferred, os.R_OK | os.X_OK) else ()
    if named and not read:
        say("folder", f"{VARIABLE}: {preferred} {why}; compiled functions are not kept")
        return Folders(None, ())
    temporary = _temporary()
    otherwise = _obstacle(temporary)
    if otherwise:
        say("folder", f"{preferred} {why} and {temporary} {otherwise}; compiled functions are not kept")
        return Folders(None, read)
    if there and not read:
        say("folder", f"{preferred} {why}; compiled functions are kept in {temporary}")
    return Folders(temporary, (temporary, *read))


def _temporary() -> Path:
    import tempfile

    return Path(tempfile.gettempdir(), f"seqmarket_numba_cache_{_user()}")


def _obstacle(folder: Path) -> str:
    """Make a folder unless it exists; what keeps it from being used, empty if nothing does."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.is_dir():
        return "is no folder" if os.path.lexists(folder) else "cannot be made"
    return _strange(folder) or ("" if os.access(folder, os.W_OK | os.X_OK) else UNWRITABLE)


def _strange(folder: Path) -> str:
    """Whether a folder, or the link to it, is another user's, who may put into it what he likes."""
    owners = {folder.lstat().st_uid, folder.stat().st_uid}
    return "" if owners <= _trusted() else "belongs to another user"


def read(path: Path) -> bytes | None:
    """Content of a file; None where there is none that can be read or may be used."""
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_uid in _trusted():
                return stream.read()
    except OSError:
        return None
    say("file", f"{path} belongs to another user; its functions are compiled again")
    return None


def say(subject: str, message: str) -> None:
    """Say on the standard error what is wrong with what is kept: once on a subject, and not in every worker."""
    if subject not in _said and multiprocessing.parent_process() is None:
        print(f"seqmarket: {message}", file=sys.stderr)
    _said.add(subject)


def _user() -> int:
    return getattr(os, "getuid", lambda: 0)()


@functools.cache
def _trusted() -> frozenset[int]:
    """Users whose files may be executed; where there are no such numbers, all files have the number 0."""
    return frozenset({0, _user(), ROOT.stat().st_uid})
