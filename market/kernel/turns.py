"""Processes that need the same function at once: one compiles it, the others wait for what it keeps.

A process that finds no compiled function takes a lock of that function's own, and gives it back when numba has left the
compilation, whether that succeeded or not. A function's lock is held while those that it calls are compiled, and
calls make no circle, so that nobody waits for a process that waits for him; functions that call themselves are their
own process's. Who has waited too long compiles for himself. The system gives back the locks of a process that dies.

Where the system knows no such locks, processes compile side by side, as they may.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from numba.core import event

fcntl: Any = None
with contextlib.suppress(ImportError):  # a system of another kind
    fcntl = importlib.import_module("fcntl")

SUFFIX = ".lock"
PATIENCE_S = 300.0
"""After so long whoever compiles is taken to have stopped [s]."""
LOOK_S = 0.02
"""From one look whether a lock is free to the next [s]."""


class _Held(NamedTuple):
    path: Path
    number: int
    """of the open file"""
    depth: int
    """of compilations that were under way when it was taken"""


class _Thread(threading.local):
    def __init__(self) -> None:
        self.depth = 0
        self.held: list[_Held] = []


_thread = _Thread()


class _Compilations(event.Listener):
    """Counts the compilations that a thread is in, and gives back the locks of each that ends."""

    def on_start(self, event: Any) -> None:
        """Enter one."""
        _thread.depth += 1

    def on_end(self, event: Any) -> None:
        """Leave one."""
        _thread.depth -= 1
        while _thread.held and _thread.held[-1].depth > _thread.depth:
            _give_back(_thread.held.pop())


event.register("numba:compiler_lock", _Compilations())


def take(path: Path) -> bool:
    """Wait until nobody else compiles what is to be kept in a file, and keep others from it until this process has.

    Returns whether somebody else was at it, so that it may be there by now.
    """
    lock = path.with_name(f"{path.name}{SUFFIX}")
    if fcntl is None or any(held.path == lock for held in _thread.held):
        return False
    waited, until = False, time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            number = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError:  # it cannot be kept either
            return waited
        if _locked(number, lock):
            _thread.held.append(_Held(lock, number, _thread.depth))
            return waited
        os.close(number)
        waited = True
        time.sleep(LOOK_S)
    return waited


def _locked(number: int, lock: Path) -> bool:
    """Lock an open file, unless another process has, or has just taken the file away."""
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(number).st_ino == lock.stat().st_ino
    except OSError:
        return False


def _give_back(held: _Held) -> None:
    with contextlib.suppress(OSError):
        held.path.unlink(missing_ok=True)
    os.close(held.number)
