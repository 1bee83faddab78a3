"""Whether a module was executed from the text that its file holds now.

Python keeps what it compiled of a file with the second in which the file was last changed, and its size. A file that
is changed again within that second, to a text of the same length, is for Python the file before: the module does what
the old text says. Compiled functions and stored results would then bear the name of a text that they do not follow.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

HEADER = 16
"""Bytes that a compiled file begins with: magic number, flags, second of the last change, size."""
NUMBER = 0xFFFFFFFF


def check(path: str, spec: Any, status: os.stat_result) -> None:
    """Raise if Python took a module from what it had compiled of an older text, and forget that.

    Parameters
    ----------
    path
        file of the module
    spec
        its spec, as it was executed
    status
        of the file, as it is now

    Raises
    ------
    OSError
        When the text was changed within the second in which it had been changed before, to one of the same length.
    """
    compiled = Path(spec.cached) if spec.cached else None
    if compiled is None or not _older(compiled, status):
        return
    try:
        compiled.unlink()
        remedy = "it is forgotten now, start again"
    except OSError as error:
        remedy = f"remove {compiled} ({error.strerror or error}) and start again"
    said = f"was changed twice within a second, and Python executed the text before; {remedy}"
    raise OSError(errno.ESTALE, said, path)


def _older(compiled: Path, status: os.stat_result) -> bool:
    """Whether a compiled file was written before the last change of its source, and Python cannot tell."""
    try:
        written = os.stat(compiled)  # noqa: PTH116  (of as many files as in ImportGraph)
        if not int(status.st_mtime) <= written.st_mtime < status.st_mtime:
            return False
        header = compiled.read_bytes()[:HEADER]
    except OSError:  # there is none
        return False
    flags, second, size = (int.from_bytes(header[at : at + 4], "little") for at in (4, 8, 12))
    return not flags and (second, size) == (int(status.st_mtime) & NUMBER, status.st_size & NUMBER)
