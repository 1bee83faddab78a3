"""Files that a command draws into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from market.errors import InputError

KINDS = (".png", ".pdf", ".svg")


def check(option: str, path: Path | None) -> None:
    """Raise InputError for a path that no picture can be drawn into, before anything is computed."""
    if path is None:
        return
    if path.is_dir():
        raise InputError(f"{option} {path}: a folder; allowed: a file that ends in {', '.join(KINDS)}")
    if path.suffix.lower() not in KINDS:
        raise InputError(f"{option} {path}: no kind of picture; allowed: a file that ends in {', '.join(KINDS)}")
    if not path.parent.is_dir():
        raise InputError(f"{option} {path}: no such folder; allowed: a file in an existing folder")


@contextmanager
def blamed(option: str, path: Path) -> Iterator[None]:
    """Say of what the system refuses that a picture was being written."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{option} {path}: {error.strerror or error}; allowed: a file that can be written") from error
