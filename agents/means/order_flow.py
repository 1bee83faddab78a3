"""Telling the order flow that everybody receives from what oneself alone may have."""

from __future__ import annotations

import numpy as np

from market.access.observation import BlockView
from market.intents.rows import in_line, taken
from market.intents.spans import within
from market.kernel.direct import bound

_within = bound(within)


def restricted(seen: BlockView, mask: np.ndarray) -> BlockView:
    """Return the same view of a block with only the pending intents that `mask` (n,) of bool keeps."""
    view = object.__new__(type(seen))  # as `copy.copy`, which asks more questions
    vars(view).update(vars(seen))
    view.due = taken(seen.due, mask.nonzero()[0])
    return view


def on_rollups(seen: BlockView, rollups: tuple[int, ...]) -> BlockView:
    """Return the view of a block of some of its rollups alone, with pending bundles that they cover as a whole."""
    if rollups == tuple(seen.rollups):
        return seen
    covered, inside = np.zeros(seen.funds.shape[0], np.bool_), np.zeros(seen.due.size, np.bool_)
    covered.put(rollups, True)
    _within(in_line(seen.due), covered, inside)
    view = restricted(seen, inside)
    view.rollups = rollups
    return view


def gossiped(seen: BlockView, gossip: float) -> np.ndarray:
    """Mask of the pending intents that all builders have: bundles sent to all, and the share that is gossiped.

    A user's intent is gossiped if the draw that it was sent with is below `gossip`; whoever hears the gossip of a
    network knows which intents these are.
    """
    return seen.due["route"] < gossip
