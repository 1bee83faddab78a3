"""Levers of a comparison as they are typed: lists of values, ranges that are sampled, and files of cells."""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from market.errors import InputError

REGIME = "regime"
SAMPLE_SEED = 1
"""Of a sample that is asked for without one."""
MOST_POINTS = 10_000
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
RANGE = re.compile(rf"({NUMBER}):({NUMBER})")
LISTED = "allowed: LEVER=A,B,C with a dotted key, as in regime=siloed,pbs or flow.per_second=1,3"


@dataclass(frozen=True)
class Factor:
    """Levers that vary together.

    Parameters
    ----------
    keys : dotted keys as ``--set`` knows them, or ``regime``
    rows : what they are set to in turn, a text for each key; the first row is what the others are compared with
    compared : whether there are differences to the first row; not in a sample, in which no row is before another
    """

    keys: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    compared: bool = True


@dataclass(frozen=True)
class Span:
    """A lever that is sampled between two ends, in the lever's unit; `whole` where it takes whole numbers only."""

    key: str
    low: float
    high: float
    whole: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The key, as the levers of a factor are named."""
        return (self.key,)


def parse(text: str, option: str = "--vary") -> Factor | Span:
    """Read ``LEVER=A,B,C`` or ``LEVER=LOW:HIGH``; InputError in one line for anything else."""
    key, separator, values = text.partition("=")
    key = ".".join(part.strip() for part in key.split("."))
    if not separator or not all(key.split(".")):
        raise InputError(f"{option} {text}: not a lever with values; {LISTED}")
    if ends := RANGE.fullmatch(values.strip()):
        low, high = float(ends[1]), float(ends[2])
        if not low < high < math.inf:
            raise InputError(f"{option} {key}: got {values}; allowed: LOW:HIGH with LOW below HIGH")
        return Span(key, low, high)
    rows = [plain(part.strip()) for part in _parts(values)]
    if not all(rows):
        raise InputError(f"{option} {key}: an empty value in {values!r}; {LISTED}")
    _differ(f"{option} {key}", rows)
    return Factor((key,), tuple((row,) for row in rows))


def sample(text: str, spans: Sequence[Span]) -> Factor:
    """Return points in the box of some ranges, by ``lhs:N`` or ``sobol:N``, with ``:SEED`` or not.

    A Latin hypercube (McKay, Beckman and Conover 1979) has a point in each of N slices of every lever; points of Sobol
    (1967), scrambled, fill the box more evenly, in powers of two.
    """
    from scipy.stats import qmc

    form = re.fullmatch(r"(lhs|sobol):(\d{1,9})(?::(\d{1,9}))?", text)
    allowed = f"allowed: lhs:N or sobol:N, with :SEED or not, N from 2 to {MOST_POINTS} and, for sobol, a power of two"
    points = int(form[2]) if form else 0
    if form is None or not 2 <= points <= MOST_POINTS or (form[1] == "sobol" and points & (points - 1)):
        raise InputError(f"--sample {text}: not a sample; {allowed}")
    if not spans:
        raise InputError(f"--sample {text}: nothing to sample; allowed: with --vary LEVER=LOW:HIGH")
    kind = qmc.LatinHypercube if form[1] == "lhs" else qmc.Sobol
    unit = kind(len(spans), rng=np.random.default_rng(int(form[3] or SAMPLE_SEED))).random(points)
    rows = dict.fromkeys(tuple(map(text_at, spans, point)) for point in unit.tolist())
    return Factor(tuple(span.key for span in spans), tuple(rows), compared=False)


def text_at(lever: Factor | Span, share: float) -> str:
    """Return what a lever is set to at a share of its range, in [0, 1].

    A lever of whole numbers, or of a list of values, has as much of the range for each; the last one's ends with 1.
    """
    if isinstance(lever, Factor):
        return lever.rows[_piece(share, len(lever.rows))][0]
    if lever.whole:
        return str(int(lever.low) + _piece(share, int(lever.high) - int(lever.low) + 1))
    return repr(share * (lever.high - lever.low) + lever.low)


def _piece(share: float, pieces: int) -> int:
    """Which of some equal pieces of [0, 1] a share lies in; 1 closes the last of them."""
    return pieces - 1 if share == 1.0 else int(share * pieces)


def read_list(path: Path) -> Factor:
    """Read cells from a CSV file: its columns are levers, its rows cells, the first of which is the baseline."""
    where = f"--list {path}"
    if not path.is_file():
        raise InputError(f"{where}: no such file; allowed: a CSV file whose columns are levers")
    try:
        lines = [line for line in csv.reader(path.read_text(encoding="utf-8-sig").splitlines()) if any(line)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{where}: not a text file of comma-separated values; allowed: CSV in UTF-8") from error
    if len(lines) < 2:
        raise InputError(f"{where}: no rows; allowed: a line of levers, and a line of values for each cell")
    keys = [key.strip() for key in lines[0]]
    if not all(keys) or len(set(keys)) < len(keys):
        raise InputError(f"{where}:1: a lever that has no name or is there twice; allowed: names that differ")
    rows = [tuple(plain(value.strip()) for value in line) for line in lines[1:]]
    for number, row in enumerate(rows, 2):
        if len(row) != len(keys) or not all(row):
            raise InputError(f"{where}: cell {number - 1} has {sum(map(bool, row))} values; allowed: {len(keys)}")
    _differ(where, [", ".join(row) for row in rows])
    return Factor(tuple(keys), tuple(rows))


def plain(text: str) -> str:
    """Return a value as ``--set`` reads it: numbers such as ``.8``, which TOML has none of, as ``0.8``."""
    if re.fullmatch(NUMBER, text) and not isinstance(_toml(text), int | float):
        return repr(float(text))
    return text


def column(texts: Sequence[str]) -> list[Any]:
    """Return what some texts are in a table: whole numbers, else numbers, else the texts."""
    values = [_toml(text) for text in texts]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return values if all(isinstance(value, int) for value in values) else [float(value) for value in values]
    return [value if isinstance(value, str) else text for value, text in zip(values, texts, strict=True)]


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return text


def _parts(text: str) -> Iterator[str]:
    """Parts of a text between commas, those within brackets and quotes aside."""
    depth, quote, start = 0, "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "," and not depth:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _differ(where: str, rows: Sequence[str]) -> None:
    seen = set[str]()
    for row in rows:
        if row in seen:
            raise InputError(f"{where}: {row} is there twice; allowed: values that differ")
        seen.add(row)
