"""Decisions only: every strategy is one file under its role."""

import market.kernel.cache  # noqa: F401  (before anything is compiled, numba needs to know where that is kept)
