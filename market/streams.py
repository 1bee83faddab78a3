"""Streams of random numbers: one for each part of a run, all from one seed."""

from __future__ import annotations

import numpy as np

STREAMS = (
    "prices",
    "founding",
    "flow",
    "borrowers",
    "ordering",
    "phases",
    "agents",
    "faults",
    "perpetual traders",
    "l1",
    "committees",
    "reporters",
    "leaders",
    "reorganisations",
)
"""Names of the streams, in the order in which the seed's children are dealt out: a new one goes to the end."""


def spawn(seed: int) -> dict[str, np.random.SeedSequence]:
    """Return the seed of every stream by name; none moves when another draws more or less."""
    return dict(zip(STREAMS, np.random.SeedSequence(seed).spawn(len(STREAMS)), strict=True))
