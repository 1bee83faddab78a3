"""One piece of work in a process of its own, which can be ended when its time is up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from experiments.runs.limits import Limit
from experiments.runs.workers import Workers
from market.errors import StrategyError

RUN = "run"


def apart[T](time_limit_s: float, work: Callable[..., T], *arguments: Any) -> T:
    """Do some work on a market in a process of its own and return its result, or raise what it raised.

    Parameters
    ----------
    time_limit_s : wall-clock time that the work may take, once everything is compiled [s]
    work : a function that another process can import
    arguments : of the work; they and its result are pickled

    Raises
    ------
    StrategyError
        names whose turn it was when the time was up or when the process died
    """
    with TemporaryDirectory() as folder, Workers(None, 1, warm=False, apart=True) as pool:
        limit = Limit(time_limit_s, Path(folder))
        try:
            return pool.submit(_limited, limit, work, *arguments).result()
        except BrokenExecutor as error:
            raise StrategyError(limit.told(RUN)) from error


def _limited(limit: Limit, work: Callable[..., Any], *arguments: Any) -> Any:
    from experiments.runs import warm

    warm.everything()
    with limit.of(RUN):
        return work(*arguments)
