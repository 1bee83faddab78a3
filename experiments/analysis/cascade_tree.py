"""The largest cascade of a run as a tree: who was liquidated in which generation, because of whose sales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from market.measures.cascades import Liquidated
from market.measures.contagion import bursts

COLUMNS = ("generation", "rollup", "usd", "count", "because_of", "at_generation")


def largest(found: Liquidated, rollups: Sequence[str], quiet_s: float = 60.0) -> pd.DataFrame:
    """Return the largest cascade, by debt repaid.

    Parameters
    ----------
    found
        who was liquidated because of whose sale, in order of time
    rollups
        names
    quiet_s
        time without a liquidation that ends a cascade [s]

    Returns
    -------
    DataFrame
        a row for each rollup in each generation, with the debt repaid (`usd` [USD]) and the number of liquidations
        (`count`), and empty `because_of`; and a row for what of it the sales of each rollup in each generation before
        caused (`because_of`, `at_generation`; these may have been in an earlier cascade), with count 0
    """
    sizes = bursts(found.time, found.value, quiet_s)
    if not sizes.size:
        return pd.DataFrame(columns=list(COLUMNS))
    starts = np.append(0, np.flatnonzero(np.diff(found.time) >= quiet_s) + 1)
    ends = np.append(starts[1:], found.time.size)
    chosen = int(np.argmax(sizes))
    usd: dict[tuple[int, int], float] = {}
    count: dict[tuple[int, int], int] = {}
    caused: dict[tuple[int, int, int, int], float] = {}
    for at in range(starts[chosen], ends[chosen]):
        node, value = (int(found.generation[at]), int(found.rollup[at])), float(found.value[at])
        usd[node] = usd.get(node, 0.0) + value
        count[node] = count.get(node, 0) + 1
        source = found.source[at]
        for rollup, generation in np.argwhere(source > 0.0).tolist():
            link = (*node, rollup, generation)
            caused[link] = caused.get(link, 0.0) + value * float(source[rollup, generation])
    rows = [(node[0], rollups[node[1]], usd[node], count[node], "", -1) for node in sorted(usd)]
    rows += [(g, rollups[r], caused[g, r, by, at], 0, rollups[by], at) for g, r, by, at in sorted(caused)]
    return pd.DataFrame(rows, columns=list(COLUMNS))
