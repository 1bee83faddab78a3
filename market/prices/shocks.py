"""Random streams of the reference price, and correlated shocks."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from market.errors import InputError


class Source(IntEnum):
    """What a stream of random numbers is for; the first part of its key."""

    DIFFUSION = 0
    VARIANCE = 1
    JUMP_TIME = 2
    JUMP_SIZE = 3
    BRIDGE = 4
    EXTREME = 5


def stream(seeds: np.random.SeedSequence, source: Source, asset: int = 0) -> np.random.Generator:
    """Return the generator of one source of chance of one asset.

    The key is derived from `seeds` without altering it, so that the same `seeds` always give the same path, and a
    source that is not drawn from leaves the others as they are.
    """
    key = (*seeds.spawn_key, int(source), asset)
    return np.random.default_rng(
        np.random.SeedSequence(entropy=seeds.entropy, spawn_key=key, pool_size=seeds.pool_size)
    )


def loadings(n: int, correlation: float) -> np.ndarray:
    """Return the lower triangular root of the n x n matrix whose off-diagonal entries are all `correlation`.

    Raises
    ------
    InputError
        the matrix is not positive semidefinite, that is, correlation < -1 / (n - 1).
    """
    if n > 1 and correlation < -1.0 / (n - 1):
        raise InputError(
            f"prices.correlation: {correlation:g} is impossible between any two of {n} risky assets; "
            f"allowed: {-1.0 / (n - 1):.6g} to 1"
        )
    root = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            # A zero pivot (a singular matrix) means that asset j adds no shock of its own.
            rest = correlation - root[i, :j] @ root[j, :j]
            root[i, j] = rest / root[j, j] if root[j, j] > 0 else 0.0
        pivot = 1.0 - root[i, :i] @ root[i, :i]
        root[i, i] = np.sqrt(pivot) if pivot > 1e-12 else 0.0
    return root


def mix(root: np.ndarray, shocks: np.ndarray) -> np.ndarray:
    """Turn independent shocks, shape (n, rows), into correlated ones in place; returns `shocks`.

    Plain sums instead of a matrix product, whose rounding may depend on the number of rows.
    """
    for i in range(len(root) - 1, -1, -1):
        shocks[i] *= root[i, i]
        for j in range(i):
            shocks[i] += root[i, j] * shocks[j]
    return shocks


class CorrelatedShocks:
    """Standard normal shocks with the same correlation between any two assets; one stream per asset."""

    def __init__(self, seeds: np.random.SeedSequence, source: Source, n: int, correlation: float) -> None:
        self._root = loadings(n, correlation)
        self._streams = [stream(seeds, source, i) for i in range(n)]

    def draw(self, rows: int) -> np.ndarray:
        """Return the next shocks, shape (n, rows); the sequence does not depend on how it is cut into calls."""
        return mix(self._root, np.stack([rng.standard_normal(rows) for rng in self._streams]))
