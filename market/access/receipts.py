"""Handing out receipts: to each agent those of its own intents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from market.intents.rows import Rows, taken
from market.kernel.compiled import kernel
from market.kernel.direct import bound


@kernel
def _of_agents(rows: Rows, agents: int, places: np.ndarray, accounts: np.ndarray, ends: np.ndarray) -> int:
    """Write where in a block intents of agents stand, one agent's behind the other's; returns how many agents sent any.

    `accounts` becomes whose they are, in the order of their first rows, and `ends` where in `places` each one's end.
    """
    senders, count = 0, 0
    for k in range(rows.size):
        sender, known = rows[k].sender, False
        if not 0 <= sender < agents:
            continue
        for at in range(senders):
            known = known or accounts[at] == sender
        if known:
            continue
        for at in range(k, rows.size):
            if rows[at].sender == sender:
                places[count] = at
                count += 1
        accounts[senders], ends[senders] = sender, count
        senders += 1
    return senders


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
    places, accounts, ends = np.empty((3, rows.size), np.int64)
    senders = _sent_by_agents(rows, agents, places, accounts, ends)
    if not senders:
        return
    begin, until = 0, ends[:senders].tolist()
    copies = taken(rows, places[: until[-1]])
    for account, end in zip(accounts[:senders].tolist(), until, strict=True):
        yield account, copies[begin:end]
        begin = end
