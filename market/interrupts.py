"""What comes from outside in the middle of a run: the user's Ctrl-C, and the end of the time that a run may take.

Ctrl-C, which stops everything, is told from a KeyboardInterrupt that a strategy raises.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Pressed(KeyboardInterrupt):
    """The user pressed Ctrl-C."""


class OutOfTime(BaseException):
    """The time that a run may take is up. No `except Exception` of a strategy catches it."""

    seconds: float = 0.0

    def __str__(self) -> str:
        """Return what happened."""
        return f"the time limit of {self.seconds:g} s was up"


def _press(number: int, frame: FrameType | None) -> None:
    raise Pressed


@contextmanager
def told_apart() -> Iterator[None]:
    """Have Ctrl-C raise `Pressed`, where it would else raise a plain KeyboardInterrupt: in the main thread."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pressed(error: BaseException) -> bool:
    """Whether an error is the user's Ctrl-C; where it cannot be told apart, a KeyboardInterrupt is taken for one."""
    if not isinstance(error, KeyboardInterrupt):
        return False
    never = (signal.SIG_IGN, signal.SIG_DFL, _press)  # none of them raises a plain KeyboardInterrupt
    plain = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) not in never
    return isinstance(error, Pressed) or plain
