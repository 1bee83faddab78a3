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
    senders, own = rows["sender"], defaultdict(list)
    for at in (senders.view(np.uint64) < agents).nonzero()[0].tolist():  # nobody's -1 is huge
        own[senders.item(at)].append(at)
    for account, places in own.items():
        yield account, rows.take(places)
