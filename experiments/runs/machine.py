"""What the machine has: memory that is free, and a bound on what this process may take of it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")
"""Where Linux says what a container may use."""


def available() -> float:
    """Return the memory that is free for programs, within what a container may use [B]."""
    free = float(psutil.virtual_memory().available)
    with suppress(OSError, ValueError):  # no container, or one without a bound ("max")
        bound = float((CGROUP / "memory.max").read_text(encoding="ascii"))
        free = min(free, max(0.0, bound - float((CGROUP / "memory.current").read_text(encoding="ascii"))))
    return free


@contextmanager
def bounded() -> Iterator[None]:
    """Let this process and those that it starts take no more memory than is free now: more raises MemoryError.

    Without it, a strategy that asks for too much would have the operating system end some process of its choice.
    Systems that know no such bound go without.
    """
    try:
        resource = importlib.import_module("resource")
    except ImportError:
        yield
        return
    soft, hard = before = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(available()) + psutil.Process().memory_info().rss
    bounds = [wanted, *(bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_DATA, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
