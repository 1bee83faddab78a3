"""Where compiled functions are kept between runs.

numba's cache notices that a file has changed, but not that a compiled function imported from another file has: a caller
would go on using the old rule. So the cache folder is named after the text of every file that holds compiled code; an
edit of any of them starts a new one. Imports no numba, which takes most of a second.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("market", "agents", "experiments")
KEPT = 3
"""Caches of that many versions of the source are kept."""


def fingerprint() -> str:
    """Digest of all files of this tree that hold compiled code."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_bytes()
            if b"numba" in text or b"@kernel" in text:
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + text)
    return digest.hexdigest()[:16]


def choose() -> Path:
    """Name the cache folder in the environment, unless the user has; forget caches of older versions of the source."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return Path(os.environ["NUMBA_CACHE_DIR"])
    base = ROOT / ".numba_cache"
    try:
        base.mkdir(exist_ok=True)
    except OSError:
        base = Path(tempfile.gettempdir(), "seqmarket_numba_cache")
        base.mkdir(exist_ok=True)
    folder = base / fingerprint()
    folder.mkdir(exist_ok=True)
    os.utime(folder)
    others = sorted((item for item in base.iterdir() if item != folder), key=lambda item: item.stat().st_mtime)
    for item in others[: max(0, len(others) - KEPT + 1)]:
        shutil.rmtree(item, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return folder
