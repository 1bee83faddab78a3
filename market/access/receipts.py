"""Handing out receipts: to each agent those of its own intents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np


def by_sender(rows: np.ndarray, agents: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the accounts of agents that sent something, in the order of their first rows, with copies of all of theirs.

    Parameters
    ----------
    rows
        shape (n,), dtype `INTENT`: of a block
    agents
        how many there are: theirs are the first accounts
    """
    own = defaultdict(list)
    for at, sender in enumerate(rows["sender"].tolist()):
        if 0 <= sender < agents:
            own[sender].append(at)
    if not own:
        return
    # as plain bytes, and all at once: numpy copies records field by field
    copies = rows.view(f"V{rows.itemsize}").take([at for places in own.values() for at in places]).view(rows.dtype)
    end = 0
    for account, places in own.items():
        begin, end = end, end + len(places)
        yield account, copies[begin:end]
