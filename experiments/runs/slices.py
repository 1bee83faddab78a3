"""Slices of a grid for jobs that know nothing of each other, and what is noted of each for those who put them together.

Which slice a run is in follows from its name, and that from everything that determines it: slices of the same grid have
no run in common and all of its runs together, whoever makes them, wherever and in whatever order.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from experiments.runs import study as studies
from experiments.runs.files import write
from experiments.runs.study import Run
from market.errors import InputError

MOST = 10_000
NOTES = "slice-*-of-*.json"


@dataclass(frozen=True)
class Slice:
    """One of some slices, numbered from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, run_id: str) -> bool:
        """Whether the run of that name is in it."""
        return int(run_id, 16) % self.of == self.number - 1

    def runs(self, study: str, runs: Iterable[Run]) -> list[Run]:
        """Those of a grid that are in it."""
        return [run for run in runs if self.holds(studies.run_id(study, run))]


def parse(text: str) -> Slice:
    """Read ``I/N``; ValueError for what is no slice."""
    form = re.fullmatch(r"(\d{1,5})/(\d{1,5})", text)
    if form is None or not 1 <= int(form[1]) <= int(form[2]) <= MOST:
        raise ValueError(text)
    return Slice(int(form[1]), int(form[2]))


@dataclass(frozen=True)
class Note:
    """What is noted of a slice that was run.

    Parameters
    ----------
    study : name of the study
    command : what makes the whole of it
    number, of : which slice of how many
    runs : how many runs are in it
    grid : fingerprint of all runs of the whole, their configurations and seeds included
    code : name of the source that made them
    versions : of the packages that numbers may depend on
    """

    study: str
    command: str
    number: int
    of: int
    runs: int
    grid: str
    code: str
    versions: dict[str, str]

    def write(self, folder: Path) -> None:
        """Write the note into the study's folder of results."""
        write(folder / f"slice-{self.number}-of-{self.of}.json", json.dumps(asdict(self), indent=2) + "\n")


def fingerprint(run_ids: Sequence[str]) -> str:
    """Name of a whole grid: 16 hexadecimal digits of a hash of the names of its runs, in their order."""
    return hashlib.sha256("\n".join(run_ids).encode()).hexdigest()[:16]


def notes(folder: Path) -> Iterator[tuple[Path, Note]]:
    """Notes in a folder of results or of one study in it, with the study's folder; InputError for one that is none."""
    for path in sorted([*folder.glob(NOTES), *folder.glob(f"*/{NOTES}")]):
        try:
            yield path.parent, Note(**json.loads(path.read_text(encoding="utf-8")))
        except (TypeError, ValueError) as error:
            raise InputError(f"{path}: not the note of a slice; allowed: as --slice wrote it") from error
