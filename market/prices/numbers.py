"""Numbers: what the figures in columns of text mean, with a decimal point or comma, grouped in thousands or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from market.prices.rows import Table

MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "#n/a", "<na>", "nat", "-", "--"})
"""What stands for a number that is not there, in small letters."""
SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9}
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,. '\u00a0\u202f]\d{3})+", re.ASCII)
_FIGURES = re.compile(r"[+-]?[\d.,' \u00a0\u202f]+", re.ASCII)
_CURRENCY = "$€£ "


def missing(texts: Sequence[str]) -> np.ndarray:
    """Return which entries stand for a number that is not there, shape (rows,)."""
    return np.array([text.lower() in MISSING for text in texts], dtype=bool)


def read_numbers(table: Table, names: Sequence[str], suffixed: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """Return columns as numbers, each of shape (rows,), NaN where one is missing, and add to the table's repairs.

    The decimal sign is one for all columns, and is what the entries show: ``2688,91`` a comma, ``2,688.91`` a point.
    Columns in `suffixed` may end in K, M or B.

    Raises
    ------
    InputError
        an entry that is no finite number, a sign of decimals that nothing shows, or two of them. One line that names
        the row.
    """
    sign = _decimal_sign(table, names)
    return {name: _column(table, name, sign, name in suffixed) for name in names}


def _decimal_sign(table: Table, names: Sequence[str]) -> str:
    """Return the decimal sign that the entries show; a point where all are plain."""
    shown: dict[str, tuple[int, str]] = {}
    doubtful: tuple[int, str] | None = None
    for name in names:
        for i, text in enumerate(table.columns[name]):
            if "," not in text and text.count(".") < 2:
                if "." in text and "." not in shown and not _GROUPED.fullmatch(text.strip(_CURRENCY)):
                    shown["."] = (i, text)
                continue
            sign = _shown_sign(text.strip(_CURRENCY))
            if sign is None:
                doubtful = doubtful or (i, text)
            else:
                shown.setdefault(sign, (i, text))
    if len(shown) > 1:
        (i, text), (j, other) = sorted(shown.values())
        raise table.error(
            j, f"{other[:40]!r} against {text[:40]!r} in row {table.lines[i]}", "one decimal sign in the whole file"
        )
    if not shown and doubtful is not None:
        raise table.error(
            doubtful[0], f"{doubtful[1][:40]!r} may have a decimal comma or thousands", "decimal points, no thousands"
        )
    sign = next(iter(shown), ".")
    if sign == ",":
        table.repairs.append("decimal commas")
    return sign


def _shown_sign(text: str) -> str | None:
    """Return the decimal sign that an entry with a comma, or with several points, shows; None if it may be either."""
    if not _FIGURES.fullmatch(text.rstrip("KMB")):
        return None
    text = text.rstrip("KMB")
    commas, points = text.count(","), text.count(".")
    if commas and points:
        return "," if text.rfind(",") > text.rfind(".") else "."
    if commas > 1:
        return "."
    if points > 1:
        return ","
    whole = text.partition(",")[0].lstrip("+-")
    return None if _GROUPED.fullmatch(text) and whole != "0" else ","


def _column(table: Table, name: str, sign: str, suffixed: bool) -> np.ndarray:
    texts = table.columns[name]
    found = np.full(len(texts), np.nan)
    gone = missing(texts)
    # "2.693" beside "2690,4" is grouped, not plain
    plain = _PLAIN if sign == "." else re.compile(r"[+-]?\d+", re.ASCII)
    for i, text in enumerate(texts):
        if plain.fullmatch(text):
            found[i] = float(text)
        elif not gone[i]:
            found[i] = _unusual(text, sign, suffixed)
    bad = ~np.isfinite(found) & ~gone
    table.reject(bad, lambda i: f"{name} {texts[i][:40]!r} is not a number", "a finite number")
    return found


def _unusual(text: str, sign: str, suffixed: bool) -> float:
    """Return a number with a currency, groups of thousands, a decimal comma or a suffix; NaN if it is none."""
    text, factor = text.strip(_CURRENCY), 1.0
    if suffixed and text[-1:].upper() in SUFFIXES:
        factor, text = SUFFIXES[text[-1].upper()], text[:-1]
    whole, _, rest = text.partition(sign)
    grouped = re.fullmatch(r"[+-]?(\d+|\d{1,3}([,. '\u00a0\u202f])\d{3}(?:\2\d{3})*)", whole, re.ASCII)
    if grouped is None or grouped[2] == sign or not re.fullmatch(r"\d*(?:[eE][+-]?\d+)?", rest, re.ASCII):
        return float("nan")
    digits = "".join(_digits(whole))
    return factor * float(f"{digits}.{rest}" if rest[:1].isdigit() else f"{digits}{rest}")


def _digits(text: str) -> Iterator[str]:
    return (sign for sign in text if sign.isdigit() or sign in "+-")
