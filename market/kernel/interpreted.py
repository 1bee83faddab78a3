"""Compiled functions as Python executes them, when the user says ``NUMBA_DISABLE_JIT=1`` to step through them.

numba then leaves every function as it is written. What Python and compiled code see differently is mended here: a row
of a record array has its fields as attributes in compiled code, and in Python only if its type says so. Imports no
numba, which takes most of a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

VARIABLE = "NUMBA_DISABLE_JIT"


def interpreted() -> bool:
    """Whether nothing is compiled, as numba reads it: a number other than 0."""
    try:
        return int(os.environ.get(VARIABLE, "0")) != 0
    except ValueError:
        return False


def row_type(fields: Sequence[Any], align: bool = False) -> np.dtype:
    """Type of a row whose fields are attributes wherever compiled functions read it.

    Parameters
    ----------
    fields
        name, type and, if it is not one number, shape of each, as numpy takes them
    align
        whether fields are aligned as a compiler of C would
    """
    plain = np.dtype(list(fields), align=align)
    return np.dtype((np.record, plain)) if interpreted() else plain


def wrapping[F: Callable[..., Any]](function: F) -> F:
    """Let a compiled function's whole numbers wrap around silently when it is interpreted, too: numpy would warn."""
    return np.errstate(over="ignore")(function) if interpreted() else function
