"""Telling the order flow that everybody receives from what oneself alone may have."""

from __future__ import annotations

import copy

import numpy as np

from market.access.observation import BlockView


def restricted(seen: BlockView, mask: np.ndarray) -> BlockView:
    """Return the same view of a block with only the pending intents that `mask` (n,) of bool keeps."""
    view = copy.copy(seen)
    view.due = seen.due[mask]
    return view


def gossiped(seen: BlockView, gossip: float) -> np.ndarray:
    """Mask of the pending intents that all builders have: bundles sent to all, and the share that is gossiped.

    A user's intent is gossiped if the draw that it was sent with is below `gossip`; whoever hears the gossip of a
    network knows which intents these are.
    """
    return seen.due["route"] < gossip
