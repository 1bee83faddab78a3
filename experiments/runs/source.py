"""Which source a worker holds, asked and answered on the worker itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.runs.batch import here, reach
from experiments.runs.store import code_version


class OtherSourceError(RuntimeError):
    """A worker holds other source than whoever asks."""


@dataclass(frozen=True)
class Source:
    """The source that rows are stored under, and where a worker finds it.

    Parameters
    ----------
    code : its name, from :func:`experiments.runs.store.code_version`
    study : name of the study
    strategies : the strategies that its runs name
    folder, plugins : see :func:`experiments.runs.batch.reach`
    """

    code: str
    study: str
    strategies: tuple[str, ...]
    folder: str
    plugins: tuple[str, ...]

    @classmethod
    def of(cls, study: str, strategies: Iterable[str], code: str) -> Source:
        """Return the source of this process."""
        folder, plugins = here()
        return cls(code, study, tuple(sorted(strategies)), folder, tuple(plugins))


@functools.cache
def _first_text(path: Path) -> bytes:
    """Text of a file as it was when this process first asked: what has been loaded since may not be any newer."""
    return path.read_bytes()


def held_by_worker(source: Source) -> str:
    """Name of the source that this process, a worker, holds."""
    reach(source.folder, source.plugins)
    return code_version(source.study, source.strategies, _first_text)


def checked(source: Source, work: Callable[..., Any], *arguments: Any) -> Any:
    """What a worker does: nothing at all unless it holds the source."""
    if (held := held_by_worker(source)) != source.code:
        raise OtherSourceError(f"holds source {held}, not {source.code}")
    return work(*arguments)


def compiled() -> None:
    """What a worker does before others on its machine are given markets: compile what they will read from the cache."""
    from experiments.runs import warm

    for part in warm.PARTS:
        warm.begin(part)


def compiled_whole() -> None:
    """The same where the time of a run is limited, of which compiling may take nothing: all that runs may need."""
    from experiments.runs import warm

    warm.everything()
