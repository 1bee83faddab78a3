"""The command line: how it begins and ends. Commands are loaded when asked for: listing and errors are quick."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from experiments.cli.arguments import parser
from market import errors
from market.errors import InputError

LONGEST_LINE = 1500
"""Most characters of a complaint: what somebody typed, or an error of theirs, may be of any length."""
SIMULATING = tuple(f"experiments.cli.{name}" for name in ("run", "compare", "sensitivity", "power", "simulate"))


class Terminated(KeyboardInterrupt):
    """Somebody has asked the process to end: it does so as if interrupted by hand."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0: done; 1: something failed; 2: bad input, or a fault of the surroundings; 130: interrupted; 143: terminated.
    """
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)  # a user's own strategies are modules of the folder she works in
    resume = ""
    try:
        arguments = parser().parse_args(argv)
        if arguments.name in ("run", "compare", "sensitivity", "power"):
            folder = arguments.out / (vars(arguments).get("as_study") or arguments.study)
            resume = f"; finished runs are kept in {folder}, the same command resumes"
        with _terminated(), _bounded(arguments.module):
            return importlib.import_module(arguments.module).main(arguments)
    except InputError as error:
        return _complain(str(error), 2)
    except (errors.StrategyError, errors.AccountingError) as error:
        return _complain(str(error), 1)
    except MemoryError as error:
        return _complain(f"memory: {error or 'there is not enough'}; allowed: what fits into what is free", 2)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _complain(f"{error.filename or 'system'}: {error.strerror or error}{resume}", 2)
    except Terminated:
        return _complain(f"terminated{resume}", 143)
    except KeyboardInterrupt:
        return _complain(f"interrupted{resume}", 130)


@contextmanager
def _terminated() -> Iterator[None]:
    """Let SIGTERM raise `Terminated`, so that files are finished or removed, and processes ended."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return

    def end(*_: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


@contextmanager
def _bounded(module: str) -> Iterator[None]:
    """Bound the memory of what simulates; listing needs no bound, and should not wait for one."""
    if module not in SIMULATING:
        yield
        return
    with importlib.import_module("experiments.runs.machine").bounded():
        yield


def _complain(message: str, code: int) -> int:
    line = " ".join(message.split())
    print("seqmarket:", line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}...", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
