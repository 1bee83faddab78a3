"""Results on disk: a folder per study that is resumable at any moment and the same bytes for the same runs.

``DIR/STUDY/runs/CODE/*.jsonl``
    one small file for each batch of finished runs, written whole or not at all. CODE names the simulation's source, so
    that after a change of a strategy the runs are made anew and never mixed with the old ones.
``DIR/STUDY/runs.parquet``
    a row per run, in the order of the study's grid, without wall-clock times.
``DIR/STUDY/summary.parquet``
    what the figure draws: means and intervals of outcomes by cell.
``study.json, table.md, table.tex, table.csv, headlines.csv``
    configuration and provenance; the headline table as it is printed, and with all its columns; the differences that
    the answer states, which are also printed below the table.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.later import pd
from experiments.runs import imports, printed
from experiments.runs import rows as packed
from experiments.runs import study as studies
from experiments.runs.files import forget_partial, replacing, write
from experiments.runs.rows import Column, Packed, Row, Rows
from market import discovery
from market.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
RUNS, SUMMARY = "runs.parquet", "summary.parquet"
INSTALLED = ("site-packages", "dist-packages")
"""Folders of installed packages, which are versions in study.json and not source to be followed."""
IDENTITY = ("run_id", "study", "regime", "seed", "status", "error")


def is_wall_clock(key: str) -> bool:
    """Whether an outcome is wall-clock time, which no table of results may contain."""
    return key == "seconds" or key.endswith("_seconds")


class Store:
    """The folder of one study.

    Parameters
    ----------
    folder : created when it does not exist; InputError when it cannot be
    code : name of the simulation's source, from :func:`code_version`; runs of another are kept but not reused
    """

    def __init__(self, folder: Path, code: str) -> None:
        self.folder, self.code = folder, code
        self._batches = folder / "runs" / code
        try:
            self._batches.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror}; allowed: a folder that can be written") from error
        for written in (folder, self._batches):
            forget_partial(written)

    def save(self, rows: Sequence[Row]) -> None:
        """Keep the rows of some finished runs; afterwards they survive a kill."""
        text = "".join(json.dumps(row) + "\n" for row in rows)
        name = hashlib.sha256("".join(row["run_id"] for row in rows).encode()).hexdigest()[:16]
        write(self._batches / f"{name}.jsonl", text)

    def finished(self) -> set[str]:
        """The run_ids that need not be run again: those that ended without an error."""
        return {row["run_id"] for row in _all_rows(self._batches) if row["status"] == "done"}

    def rows(self, order: Sequence[str]) -> Rows:
        """Kept rows in the order of the given run_ids; those that were never finished are left out."""
        return kept_rows(self.folder, self.code, order)

    def write_runs(self, rows: Sequence[Row]) -> pd.DataFrame:
        """Write runs.parquet from rows in the order of the grid, and return it as it reads back."""
        path = self.folder / RUNS
        columns = packed.columns(rows, IDENTITY, is_wall_clock)
        table = pa.table({key: _column(column) for key, column in columns.items()})
        with replacing(path) as partial:
            pq.write_table(table, partial, compression="zstd")
        del columns, table  # before all of it is read once more
        return pd.read_parquet(path)

    def write_study(self, description: Mapping[str, Any]) -> None:
        """Write study.json."""
        write(self.folder / "study.json", json.dumps(description, indent=2, default=str) + "\n")

    def write_summary(self, summary: pd.DataFrame) -> pd.DataFrame:
        """Write summary.parquet, and return it as it reads back."""
        path = self.folder / SUMMARY
        columns = {str(name): _summary_column(column) for name, column in summary.items()}
        with replacing(path) as partial:
            pq.write_table(pa.table(columns), partial, compression="zstd")
        return pd.read_parquet(path)

    def write_file(self, name: str, content: bytes) -> None:
        """Write a file that a study has besides."""
        write(self.folder / name, content)

    def write_table(
        self,
        table: pd.DataFrame,
        title: str,
        printed_columns: Sequence[str] | None = None,
        below: tuple[pd.DataFrame, str] | None = None,
    ) -> None:
        """Write the headline table whole as table.csv, and the columns that are printed as table.md and table.tex.

        A table that stands below it there, with its title, is written as headlines.csv.
        """
        write(self.folder / "table.csv", table.to_csv(index=False, lineterminator="\n"))
        table = table if printed_columns is None else table.loc[:, list(printed_columns)]
        shown = [(table, title)]
        if below is not None:
            write(self.folder / "headlines.csv", below[0].to_csv(index=False, lineterminator="\n"))
            shown.append(below)
        write(self.folder / "table.md", "\n".join(printed.markdown(*each) for each in shown))
        write(self.folder / "table.tex", "\n".join(printed.latex(*each) for each in shown))


def kept_rows(folder: Path, code: str, order: Sequence[str]) -> Rows:
    """Rows that a study's folder has kept of some source, in the order of the given run_ids, as :meth:`Store.rows`."""
    wanted, done, found, pack = set(order), set[str](), dict[str, Packed](), packed.Packing()
    for row in _all_rows(folder / "runs" / code):
        run_id = row["run_id"]
        if run_id in wanted and run_id not in done:
            found[run_id] = pack(row)
            if row["status"] == "done":
                done.add(run_id)
    return Rows(found[run_id] for run_id in order if run_id in found)


def _all_rows(batches: Path) -> Iterator[Row]:
    for path in sorted(batches.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):  # a damaged line is a run to be made again
                yield json.loads(line)


def read_runs(folder: Path) -> pd.DataFrame:
    """The runs.parquet of a study's folder; InputError when there is none or it is not one."""
    runs = _read(folder, RUNS)
    missing = [name for name in IDENTITY if name not in runs.columns]
    if missing:
        raise InputError(f"{folder / RUNS}: no column {missing[0]!r}; `seqmarket run {folder.name}` writes it")
    return runs


def read_summary(folder: Path) -> pd.DataFrame:
    """The summary.parquet of a study's folder; InputError when there is none or it is not one."""
    summary = _read(folder, SUMMARY)
    if "outcome" not in summary.columns:
        raise InputError(f"{folder / SUMMARY}: no column 'outcome'; `seqmarket run {folder.name}` writes it")
    return summary


def _read(folder: Path, name: str) -> pd.DataFrame:
    path = folder / name
    if not path.is_file():
        raise InputError(f"{path}: no such file; `seqmarket run {folder.name} --out {folder.parent}` writes it")
    try:
        return pd.read_parquet(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a parquet file; `seqmarket run {folder.name}` writes it") from error


def finished(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of runs that ended without an error."""
    return pd.DataFrame(runs[runs["status"] == "done"])


def code_version(study: str, strategies: Iterable[str] = (), read: Callable[[Path], bytes] = Path.read_bytes) -> str:
    """Name of the source that determines a study's numbers: 12 hexadecimal digits of a hash of its files.

    `read` returns the content of a file. Raises InputError when one of the files is not Python.
    """
    digest = hashlib.sha256()
    for name, path in code_files(study, strategies).items():
        digest.update(name.encode() + b"\0" + read(path) + b"\0")
    return digest.hexdigest()[:12]


def code_files(study: str, strategies: Iterable[str] = ()) -> dict[str, Path]:
    """Files that a study's numbers depend on, by the names of their modules.

    Counted are the whole of market/ and agents/, in this tree and in plug-in folders, since their parts are found by
    name; the study, or where no file holds it the module whose dotted name is given instead; modules of strategies
    named ``package.module:Class``; and whatever these import in turn.
    """
    plugged = discovery.plugin_folders()
    named = {name.partition(":")[0] for name in strategies if ":" in name}
    whole = {name for folder in (ROOT, *plugged) for room in ("market", "agents") for name in _modules(folder, room)}
    folders = [ROOT, *plugged, *_folders_of(named)]
    try:
        return imports.closure({study if "." in study else f"{studies.PACKAGE}.{study}"} | named | whole, folders)
    except SyntaxError as error:
        raise InputError(f"{error.filename}:{error.lineno}: {error.msg}; allowed: Python source") from error


def _modules(folder: Path, room: str) -> Iterator[str]:
    """Dotted names of all modules of a room."""
    for path in (folder / room).rglob("*.py"):
        yield ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def _folders_of(modules: Iterable[str]) -> list[Path]:
    """Where on the search path a user's own modules lie; their imports are followed there, too."""
    found = {}
    for module in modules:
        package = module.partition(".")[0]
        for folder in map(Path, sys.path):
            if (folder / package).is_dir() or (folder / f"{package}.py").is_file():
                found[folder.resolve()] = None
                break
    return [folder for folder in found if folder.name not in INSTALLED]


def _summary_column(column: pd.Series) -> pa.Array:
    """Column of a summary: numbers as they are, NaN included; names, and lists of numbers, null where there is none."""
    if pd.api.types.is_float_dtype(column):
        return pa.array(column.to_numpy(np.float64))
    return _column([None if isinstance(value, float) and math.isnan(value) else value for value in column])


def _column(values: Column) -> pa.Array:
    if isinstance(values, array):
        return pa.array(np.frombuffer(values, np.float64))
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers beside names, as in a lever that is "none" or 0.5
        return pa.array([None if value is None else str(value) for value in values])
