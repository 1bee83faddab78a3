"""``seqmarket validate``: known answers.

One file in ``experiments/validation`` is one family of known answers; nothing else is edited. The file has the literals
``ID`` ("M1") and ``TITLE``, and ``rows(quick: bool, data: Path | None) -> Iterator[dict]``. A row compares a simulated
statistic with its known answer and has the keys id, case, statistic, expected, simulated, standard_error, tolerance and
passed, which is None, with a ``reason``, when the data it needs are absent.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from experiments.validation import DATA
from market import discovery
from market.errors import InputError

PACKAGE = "experiments.validation"
KEYS = ("id", "case", "statistic", "expected", "simulated", "standard_error", "tolerance", "passed")
LAYOUT = "{:4}  {:34}  {:26}  {:>12}  {:>12}  {:>10}  {:>10}  {:7}  {:>7}"


def answers() -> dict[str, tuple[str, str]]:
    """Known answers that exist: module and title by ID, in the order of their numbers; nothing is imported."""
    found: dict[str, tuple[str, str]] = {}
    for module in discovery.modules(PACKAGE):
        known = discovery.constant(PACKAGE, module, "ID")
        if known in found:
            raise InputError(
                f"{PACKAGE}: {module} and {found[known][0]} both have the ID {known!r}; IDs must be unique"
            )
        found[known] = (module, discovery.constant(PACKAGE, module, "TITLE"))
    return dict(
        sorted(found.items(), key=lambda item: [int(part) if part.isdecimal() else part for part in _parts(item[0])])
    )


def _parts(known: str) -> list[str]:
    return re.findall(r"\d+|\D+", known)


def main(arguments: argparse.Namespace) -> int:
    """Print a line for each known answer as it comes; 1 when one fails."""
    modules = _chosen(arguments.ids)
    data = _data(arguments.data)
    if arguments.json is not None and not arguments.json.parent.is_dir():
        raise InputError(f"--json {arguments.json}: no such folder; allowed: a file in an existing folder")
    print(
        LAYOUT.format("id", "case", "statistic", "expected", "simulated", "s.e.", "tolerance", "", "seconds").rstrip()
    )
    rows = []
    for row in _rows(modules, arguments.quick, data):
        rows.append(row)
        _print(row)
    verdicts = [row["passed"] for row in rows]
    print(f"{verdicts.count(True)} passed, {verdicts.count(False)} failed, {verdicts.count(None)} without data")
    if arguments.json is not None:
        from experiments.runs import store

        store.write(arguments.json, json.dumps(rows, indent=2, allow_nan=False) + "\n")
    return 1 if False in verdicts else 0


def _chosen(asked: list[str]) -> list[str]:
    """Modules of the IDs asked for, in the order of the IDs; all of them when none is named."""
    known = answers()
    by_upper = {name.upper(): name for name in known}
    for name in asked:
        if name.upper() not in by_upper:
            raise InputError(f"validate: {discovery.unknown(name, known)}")
    wanted = {by_upper[name.upper()] for name in asked} or set(known)
    return [module for name, (module, _) in known.items() if name in wanted]


def _data(asked: Path | None) -> Path | None:
    where, folder = ("--data", asked) if asked is not None else (f"${DATA}", os.environ.get(DATA))
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise InputError(f"{where}: no folder {str(folder)!r}; allowed: an existing folder of real data")
    return Path(folder)


def _rows(modules: list[str], quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    for name in modules:
        start = time.perf_counter()
        for row in discovery.load(PACKAGE, name).rows(quick, data):
            yield _checked(name, row) | {"seconds": time.perf_counter() - start}
            start = time.perf_counter()


def _checked(module: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its keys in order and numbers that JSON can hold."""
    passed = row["passed"]
    extra = ("reason",) if passed is None else ()
    if set(row) - {"reason"} != set(KEYS) or (passed is None and "reason" not in row):
        raise KeyError(f"{module}: a row has the keys {', '.join((*KEYS, *extra))}, not {', '.join(row)}")
    return {key: _plain(row[key]) for key in (*KEYS, *extra)} | {"passed": None if passed is None else bool(passed)}


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(row: Mapping[str, Any]) -> None:
    verdict = {True: "passed", False: "FAILED", None: "no data"}[row["passed"]]
    numbers = [_number(row[key]) for key in ("expected", "simulated", "standard_error", "tolerance")]
    line = LAYOUT.format(row["id"], row["case"], row["statistic"], *numbers, verdict, f"{row['seconds']:.2f}")
    print(f"{line}  {row['reason']}" if row["passed"] is None else line, flush=True)


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.5g}" if isinstance(value, int | float) else str(value)
