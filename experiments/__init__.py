"""Questions: runs, sweeps, studies, known answers and the command line."""

import market.kernel.cache  # noqa: F401  (before anything is compiled, numba needs to know where that is kept)
