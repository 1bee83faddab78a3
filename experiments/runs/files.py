"""Files that are written whole or not at all, whatever ends the process that writes them."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".partial"
FORGOTTEN_S = 86_400.0
"""Age at which a half-written file is nobody's any more, wherever its writer ran [s]."""


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, text as UTF-8, and only return when it is on the disk."""
    with replacing(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the name under which to write what is to replace a file, and remove it if that fails.

    An OSError names the file that was to be written.
    """
    partial = path.with_name(f"{path.name}.{_host()}.{os.getpid()}{SUFFIX}")
    try:
        yield partial
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else " ".join(str(error).split())
        raise OSError(error.errno or 0, why, str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def forget_partial(folder: Path) -> None:
    """Remove what processes that were killed have left half-written in a folder; what is being written stays."""
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):  # whoever wrote it has just finished
            if _left(path):
                path.unlink(missing_ok=True)


def _host() -> str:
    return socket.gethostname().replace(".", "-")


def _left(path: Path) -> bool:
    """Whether the process that was writing a file is known to be there no more."""
    *_, host, number = path.name.removesuffix(SUFFIX).rsplit(".", 2)
    if os.name == "posix" and host == _host() and number.isdecimal():
        return int(number) == os.getpid() or not _alive(int(number))
    return time.time() - path.stat().st_mtime > FORGOTTEN_S


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True
