"""Which rollups rows are on, bundles being taken as a whole."""

import numpy as np
from numba import njit

from market.intents.rows import Rows


@njit(cache=True)
def within(rows: Rows, covered: np.ndarray, inside: np.ndarray) -> None:
    """Mark rows on covered rollups (a flag each), bundles only if they are covered as a whole."""
    at = 0
    while at < rows.size:
        end, whole = at + 1, covered[rows[at].rollup]
        while end < rows.size and rows[at].bundle >= 0 and rows[end].bundle == rows[at].bundle:
            whole = whole and covered[rows[end].rollup]
            end += 1
        for k in range(at, end):
            inside[k] = whole
        at = end


@njit(cache=True)
def homes(rows: Rows, found: np.ndarray) -> None:
    """Write the rollup that each row is on, -1 for members of a bundle that spans several."""
    at = 0
    while at < rows.size:
        end, home = at + 1, rows[at].rollup
        while end < rows.size and rows[at].bundle >= 0 and rows[end].bundle == rows[at].bundle:
            home = home if rows[end].rollup == home else -1
            end += 1
        found[at:end] = home
        at = end


@njit(cache=True)
def stretches(rows: Rows, author: np.ndarray, starts: np.ndarray) -> int:
    """Write where each stretch of rows of one author begins, and return how many there are.

    `author` (rollups,) says whose each rollup is; a bundle belongs to the author of its first member.
    """
    at, count = 0, 0
    while at < rows.size:
        end = at + 1
        while end < rows.size and rows[at].bundle >= 0 and rows[end].bundle == rows[at].bundle:
            end += 1
        if count == 0 or author[rows[at].rollup] != author[rows[starts[count - 1]].rollup]:
            starts[count] = at
            count += 1
        at = end
    return count
