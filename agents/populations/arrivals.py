"""Poisson arrivals in continuous time: when members of a population come, and what each brings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Marks = tuple[np.ndarray, ...]
"""What comes with n arrivals: arrays of length n."""


class Arrivals:
    """A stream of Poisson arrivals, drawn a stretch of time at a time.

    The arrivals are the same however often and up to whatever times they are asked for.

    Parameters
    ----------
    times
        stream of the number and the times of arrivals
    stretch_s
        how much time is drawn at once [s]
    expected
        mean number of arrivals in a stretch [1]
    mark
        draws what comes with n arrivals, asked once per stretch after its times; it may draw from the same stream
    """

    def __init__(
        self, times: np.random.Generator, stretch_s: float, expected: float, mark: Callable[[int], Marks]
    ) -> None:
        self._rng, self._stretch_s, self._expected, self._mark = times, stretch_s, expected, mark
        self._drawn_until, self._passed = 0.0, -np.inf
        self._times, self._marks, self._cursor = np.zeros(0), mark(0), 0
        self.none_before = 0.0 if expected > 0.0 else np.inf
        """Nothing arrives before this time [s]."""

    def take(self, until: float) -> tuple[np.ndarray, ...]:
        """Remove and return the arrivals up to `until` [s]: their times [s], shape (n,), and their marks."""
        if until < self.none_before:
            return self._between(self._cursor, self._cursor)
        parts = []
        while self._drawn_until <= until:
            parts.append(self._next(self._times.size))
            self._draw()
        parts.append(self._next(int(self._times.searchsorted(until, "right"))))
        self.none_before = float(self._times[self._cursor]) if self._cursor < self._times.size else self._drawn_until
        return parts[0] if len(parts) == 1 else tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def skip(self, until: float) -> None:
        """Let the arrivals up to `until` [s] pass."""
        self._passed = until

    def _next(self, end: int) -> tuple[np.ndarray, ...]:
        """Remove and return those of the stretch before place `end`, but for what was let pass."""
        start = self._cursor
        if self._passed >= self.none_before:
            start = max(start, int(self._times.searchsorted(self._passed, "right")))
        self._cursor = max(start, end)
        return self._between(start, self._cursor)

    def _between(self, start: int, end: int) -> tuple[np.ndarray, ...]:
        return self._times[start:end], *[column[start:end] for column in self._marks]

    def _draw(self) -> None:
        """Draw the next stretch, of which nothing has been taken."""
        count = int(self._rng.poisson(self._expected))
        times = self._rng.random(count)
        times.sort()
        times *= self._stretch_s
        times += self._drawn_until
        self._times, self._marks, self._cursor = times, self._mark(count), 0
        self._drawn_until += self._stretch_s


def chosen(rng: np.random.Generator, who: np.ndarray, count: int) -> np.ndarray:
    """Return `count` of `who` (int64, not empty unless `count` is 0), each as likely as any other: shape (count,)."""
    return who[rng.integers(who.size, size=count)] if count else who[:0]
