"""A time limit for every run, and whose turn it was when the time was up.

The limit first raises `OutOfTime` in the run, which blames whoever has the turn. What does not heed that (a loop in
compiled code, a strategy that catches everything) is ended a little later together with its process, where that process
is there for nothing but runs; a note in a file then says whose turn it was.
"""

from __future__ import annotations

import ctypes
import faulthandler
import mmap
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from market.errors import note_turns
from market.interrupts import OutOfTime

GRACE_S = 3.0
"""From the limit to the end of a process that did not heed it [s]."""
NOTE_BYTES = 512


@dataclass(frozen=True)
class Limit:
    """The time that a run may take.

    Attributes
    ----------
    seconds : float
        wall-clock time from the start of the run [s]
    folder : Path
        where notes are left; it exists
    """

    seconds: float
    folder: Path

    @contextmanager
    def of(self, run_id: str) -> Iterator[None]:
        """Run the body within the limit; raises OutOfTime in it when the time is up."""
        main = threading.current_thread() is threading.main_thread()
        with ExitStack() as stack:
            if main:
                stack.enter_context(self._noted(run_id))
            if main and multiprocessing.parent_process() is not None:
                stack.enter_context(self._ended(run_id))
            stack.enter_context(self._alarm() if main and hasattr(signal, "setitimer") else self._injected())
            yield

    def told(self, run_id: str) -> str:
        """Return what is known of a run whose process died: whose turn it was, and whether the limit ended it."""
        note, stack = self._note(run_id), self._stack(run_id)
        turn = note.read_bytes().rstrip(b"\0").decode("utf-8", "replace") if note.is_file() else ""
        why = f"its process did not heed the time limit of {self.seconds:g} s and was ended"
        why = why if stack.is_file() and stack.stat().st_size else "its process died"
        return f"{turn}: had its turn when {why}" if turn else why

    def _note(self, run_id: str) -> Path:
        return self.folder / f"{run_id}.turn"

    def _stack(self, run_id: str) -> Path:
        return self.folder / f"{run_id}.stack"

    @contextmanager
    def _noted(self, run_id: str) -> Iterator[None]:
        """Have every turn noted in a file that outlives the process."""
        self._note(run_id).write_bytes(bytes(NOTE_BYTES))
        with self._note(run_id).open("r+b") as file, mmap.mmap(file.fileno(), NOTE_BYTES) as note:

            def write(turn: str) -> None:
                note[:] = turn.encode()[:NOTE_BYTES].ljust(NOTE_BYTES, b"\0")

            note_turns(write)
            try:
                yield
            finally:
                note_turns(None)

    @contextmanager
    def _ended(self, run_id: str) -> Iterator[None]:
        """End this process when the limit was not heeded; a thread that needs no Python sees to it."""
        with self._stack(run_id).open("w", encoding="utf-8") as file:
            faulthandler.dump_traceback_later(self.seconds + GRACE_S, exit=True, file=file)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()

    @contextmanager
    def _alarm(self) -> Iterator[None]:
        """Raise in the main thread, in the middle of whatever it does in Python."""

        def up(number: int, frame: FrameType | None) -> None:
            raise self._error()()

        before = signal.signal(signal.SIGALRM, up)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)

    @contextmanager
    def _injected(self) -> Iterator[None]:
        """Raise in this thread, at the next step that it takes in Python."""
        thread, error = ctypes.c_ulong(threading.get_ident()), ctypes.py_object(self._error())
        timer = threading.Timer(self.seconds, ctypes.pythonapi.PyThreadState_SetAsyncExc, (thread, error))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _error(self) -> type[OutOfTime]:
        return type(OutOfTime.__name__, (OutOfTime,), {"seconds": self.seconds})
