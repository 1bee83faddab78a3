"""Handing out receipts: to each agent those of its own intents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from market.intents.rows import Rows
from market.kernel.compiled import kernel
from market.kernel.direct import bound


@kernel
def _of_agents(rows: Rows, agents: int, places: np.ndarray) -> int:
    """Write where in a block intents of agents stand, and return how many there are."""
    count = 0
    for k in range(rows.size):
        if 0 <= rows[k].sender < agents:
            places[count] = k
            count += 1
    return count


_sent_by_agents = bound(_of_agents)


def by_sender(rows: np.ndarray, agents: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the accounts of agents that sent something, in the order of their first rows, with copies of all of theirs.

    Parameters
    ----------
    rows
        shape (n,), dtype `INTENT`: of a block, in line
    agents
        how many there are: theirs are the first accounts
    """
    places = np.empty(rows.size, np.int64)
    count = _sent_by_agents(rows, agents, places)
    if not count:
        return
    own, senders = defaultdict(list), rows["sender"]
    for at in places[:count].tolist():
        own[senders.item(at)].append(at)
    # as plain bytes, and all at once: numpy copies records field by field
    copies = rows.view(f"V{rows.itemsize}").take([at for theirs in own.values() for at in theirs]).view(rows.dtype)
    end = 0
    for account, theirs in own.items():
        begin, end = end, end + len(theirs)
        yield account, copies[begin:end]
