"""``seqmarket merge``: slices of a study put together, as if it had been run in one."""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.cli import page, provenance
from experiments.cli import run as study_runs
from experiments.runs import slices
from experiments.runs import study as studies
from experiments.runs.slices import Note, Slice
from experiments.runs.store import Row, Store, kept_rows
from experiments.runs.study import Run
from experiments.runs.sweep import Sweep
from market.errors import InputError

type Found = tuple[Path, Note]
"""Folder of a study's results, and what is noted of a slice there."""


def main(arguments: argparse.Namespace) -> int:
    """Check that the slices are all there and belong together, and write what the whole run would have written."""
    by_study: dict[str, list[Found]] = {}
    for folder in dict.fromkeys(path.resolve() for path in arguments.folders):
        if not folder.is_dir():
            raise InputError(f"merge: {folder}: no such folder; allowed: folders of results of --slice")
        found = list(slices.notes(folder))
        if not found:
            raise InputError(f"merge: {folder}: no slice is there; allowed: folders of results of --slice")
        for place, note in found:
            by_study.setdefault(note.study, []).append((place, note))
    return max(_merged(name, found, arguments.out) for name, found in by_study.items())


def _merged(name: str, found: list[Found], out: Path) -> int:
    started = datetime.now(UTC)
    _check_together(name, found)
    first = found[0][1]
    (study, runs, command), width = _prepared(first.command, out)
    order = [studies.run_id(study.name, run) for run in runs]
    code = study_runs.code_of(study, runs)
    _agree(name, "source", [*_stated(found, "code"), ("this source", code)])
    _agree(name, "configuration", [*_stated(found, "grid"), ("here", slices.fingerprint(order))])
    rows = _rows(name, found, order, runs)
    store = Store(out / study.name, code)
    if store.folder.resolve() not in [place for place, _ in found]:
        store.save(rows)  # so that the whole resumes from here
    done = Sweep(rows, len(rows), 0.0)
    study_runs.write(study, runs, done, store, started, command, width)
    page.write(out)
    return study_runs.report(done, store)


def _stated(found: Sequence[Found], what: str) -> list[tuple[str, Any]]:
    return [(str(place), getattr(note, what)) for place, note in found]


def _agree(study: str, what: str, stated: Sequence[tuple[str, Any]]) -> None:
    """Raise InputError unless something is the same wherever it is stated."""
    place, known = stated[0]
    for other, value in stated[1:]:
        if value != known:
            raise InputError(
                f"merge: {study}: {what} of {place} ({known}) and of {other} ({value}) differ; allowed: slices of one "
                "run"
            )


def _check_together(study: str, found: Sequence[Found]) -> None:
    """Raise InputError unless these are all slices of one run, each once; say it where versions of packages differ."""
    _agree(study, "command", _stated(found, "command"))
    _agree(study, "number of slices", _stated(found, "of"))
    _agree(study, "source", _stated(found, "code"))
    _agree(study, "configuration", _stated(found, "grid"))
    of, places = found[0][1].of, dict[int, Path]()
    for place, note in found:
        if note.number in places:
            both = f"{places[note.number]} and in {place}"
            raise InputError(f"merge: {study}: slice {note.number}/{of} is in {both}; allowed: each slice once")
        places[note.number] = place
    if missing := [number for number in range(1, of + 1) if number not in places]:
        few = ", ".join(f"{number}/{of}" for number in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise InputError(f"merge: {study}: slices {few}{more} are missing; allowed: all {of} of them")
    versions = {tuple(sorted(note.versions.items())) for _, note in found}
    if len(versions) > 1:
        print(f"seqmarket: {study}: slices were made with other versions of packages than each other", file=sys.stderr)


def _prepared(command: str, out: Path) -> tuple[Any, str]:
    """Study, runs and command as the command that is noted makes them, and the width of its figures."""
    from experiments.cli.arguments import parser

    words = shlex.split(command)[len(provenance.PROGRAM.split()) :]
    again = parser().parse_args([*words, "--out", str(out)])
    return importlib.import_module(again.module).prepared(again), again.width


def _rows(study: str, found: Sequence[Found], order: Sequence[str], runs: Sequence[Run]) -> list[Row]:
    """Rows of all runs in the order of the grid, each from its own slice; InputError where one is missing."""
    known: dict[str, Row] = {}
    for place, note in found:
        own = Slice(note.number, note.of)
        known |= {row["run_id"]: row for row in kept_rows(place, note.code, [r for r in order if own.holds(r)])}
    missing = [(run_id, run) for run_id, run in zip(order, runs, strict=True) if run_id not in known]
    if missing:
        run_id, run = missing[0]
        of = found[0][1].of
        number = next(number for number in range(1, of + 1) if Slice(number, of).holds(run_id))
        what = f"regime {run.regime}, seed {run.seed}, of slice {number}/{of}"
        raise InputError(f"merge: {study}: {len(missing)} runs are missing, first {what}; allowed: finished slices")
    return [known[run_id] for run_id in order]
