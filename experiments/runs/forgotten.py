"""Give back the memory of markets that are done.

A market that nobody needs any more is a circle of objects around large arrays. Python's collector counts objects, not
bytes, and lets hundreds of them lie: a sweep would grow by what each market weighs.
"""

from __future__ import annotations

import gc
import time

AFTER_S = 1.0
"""A collection takes some hundredths of a second: it is worth that much once so much time has passed [s]."""


class _Collector:
    def __init__(self) -> None:
        self.last = time.monotonic()
        self.serving = False

    def collect(self) -> None:
        """Collect what is no longer needed, if the last time is long enough ago. It changes no outcome."""
        if time.monotonic() - self.last > AFTER_S:
            gc.collect()
            if self.serving:
                gc.freeze()
            self.last = time.monotonic()

    def serve(self) -> None:
        """Say that this process does nothing but runs, from now on or until it may rest.

        What it holds between two of them, libraries and what numba knows of functions, it then holds until it ends, and
        looks through once: a million objects, an eighth of a second. Where somebody else has set objects apart like
        that, their sort is left to them.
        """
        self.serving = self.serving or gc.get_freeze_count() == 0

    def rest(self) -> None:
        """Say that this process does other things again; what it holds may become garbage like anything else."""
        if self.serving:
            self.serving = False
            gc.unfreeze()


_collector = _Collector()
collect = _collector.collect
"""Called after each run of a sweep, in the process that made it."""
serve, rest = _collector.serve, _collector.rest
"""Called when a worker begins, and around runs that are made in the process that asks for them."""
