"""Instants: what the times in a column of text mean, as seconds since 1970-01-01 UTC.

A column is read as a whole, by one form: epochs of one unit (s, ms, us or ns, told by their size), ISO 8601, dates of
digits, year first, with a month's name, or of day and month in an order that something must show.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

import numpy as np

from market.prices.rows import Table

EARLIEST_S = 1_199_145_600.0
"""2008-01-01: nothing that is sequenced has an older price."""
LONGEST_GAP_S = 12 * 3600.0
"""Longest stretch without bars that a bridge may span [s]."""
ISO = "ISO 8601, such as 2020-03-12T00:05:00Z"
UNITS = (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9))
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip

type DayOrder = Literal["dmy", "mdy"]

_EPOCH = re.compile(r"(\d{1,19})(?:\.(\d*))?", re.ASCII)
_POWER = re.compile(r"\d(\.\d*)?[eE]\+?\d+", re.ASCII)
_DIGITS = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:[ T]?(\d{2,6}))?Z?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[ T,]+(.+))?", re.ASCII)
_DAY_OR_MONTH = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)(?:[ T,]+(.+))?", re.ASCII)
_DAY_NAMED = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})\.?[- ,]+(\d{4})(?:[ T,]+(.+))?", re.ASCII)
_MONTH_NAMED = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?:[ T,]+(.+))?", re.ASCII)
_CLOCK = re.compile(
    r"(\d{1,2})(?::?(\d\d)(?::?(\d\d)(?:[.,:](\d{1,9}))?)?)?[ -]?(AM|PM)?\s*(Z|UTC|GMT)?([+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)


def parse_instant(text: str) -> float:
    """Return an ISO 8601 instant (UTC unless it names an offset) as seconds since 1970-01-01 UTC.

    Raises
    ------
    ValueError
        not ISO 8601 with hyphens in its date: without them an epoch may be taken for a date.
    """
    text = text.strip()
    if text[4:5] != "-":
        raise ValueError(f"{text!r} is not a time")
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def format_instant(seconds: float) -> str:
    """Return seconds since 1970-01-01 UTC as ISO 8601 with a Z."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def read_instants(table: Table, texts: list[str], order: DayOrder | None = None, any_time: bool = False) -> np.ndarray:
    """Return a column of times as seconds since 1970-01-01 UTC, shape (rows,), and add to the table's repairs.

    Parameters
    ----------
    table
        whose rows are complained of.
    texts
        the times, a text for each row.
    order
        of day and month where both are numbers and the year comes last; None: what the rows show, if they do.
    any_time
        whether times before 2008 and in the future are believed.

    Raises
    ------
    InputError
        no time, epochs of several units, an order of day and month that nothing shows, a year of two digits, or a time
        before 2008 or in the future. One line that names the row.
    """
    first = texts[0]
    if _DIGITS.fullmatch(first) and _try(_digits, first) is not None:
        table.repairs.append("times are dates of digits, taken as UTC")
        found = _each(table, texts, _digits, first)
    elif _EPOCH.fullmatch(first) or _POWER.fullmatch(first):
        found = _epochs(table, texts)
    elif _DAY_OR_MONTH.fullmatch(first):
        found = _day_or_month(table, texts, order)
    else:
        if _YEAR_FIRST.fullmatch(first) is None or first[4] != "-":
            table.repairs.append(f"times such as {first[:40]!r} are taken as UTC where they name no offset")
        found = _each(table, texts, _written, first)
    _question(table, texts, found, any_time)
    return found


def _question(table: Table, texts: list[str], found: np.ndarray, any_time: bool) -> None:
    if any_time:
        return
    latest = time.time() + 86_400.0
    wrong = (found < EARLIEST_S) | (found > latest)

    def reason(i: int) -> str:
        serial = " (a spreadsheet's count of days?)" if re.fullmatch(r"[2-6]\d{4}(\.\d+)?", texts[i]) else ""
        when = format_instant(found[i]) if abs(found[i]) < 2e11 else "thousands of years away"
        return f"timestamp {texts[i][:40]!r} is {when}{serial}"

    table.reject(wrong, reason, "times from 2008 to today, or any with --set prices.any_time=true")


def _each(table: Table, texts: list[str], parse: Callable[[str], float], first: str) -> np.ndarray:
    found = np.empty(len(texts))
    for i, text in enumerate(texts):
        try:
            found[i] = parse(text)
        except (ValueError, OverflowError):
            like = ISO if first[4:5] == "-" else f"{ISO}, or all like {first[:40]!r} in row {table.lines[0]}"
            raise table.error(i, f"timestamp {text[:40]!r} is not a time", like) from None
    return found


def _try(parse: Callable[[str], float], text: str) -> float | None:
    try:
        return parse(text)
    except (ValueError, OverflowError):
        return None


def _epochs(table: Table, texts: list[str]) -> np.ndarray:
    """Return epochs in seconds; the unit is told by the size: nothing but seconds is below 1e11 until the year 5138."""
    found = np.empty(len(texts))
    unit = None
    for i, text in enumerate(texts):
        match = _EPOCH.fullmatch(text)
        if match is None:
            what = "is written in powers of ten, which lose digits" if _POWER.fullmatch(text) else "is none"
            raise table.error(i, f"timestamp {text[:40]!r} {what}", f"an epoch in digits, as in row {table.lines[0]}")
        whole = int(match[1])
        size = next((u for u, scale in enumerate((1e11, 1e14, 1e17)) if whole < scale), 3)
        unit = size if unit is None else unit
        if size != unit:
            reason = f"timestamp {text} is in {UNITS[size][0]}, row {table.lines[0]} in {UNITS[unit][0]}"
            raise table.error(i, reason, "epochs of one unit in the whole file")
        per_s = UNITS[unit][1]
        # Nothing beyond microseconds is held, and rounding up would turn the end of a bar into the start of the next.
        rest = whole % per_s // (per_s // 10**6) / 10**6 if size == 3 else whole % per_s / per_s
        found[i] = whole // per_s + rest + float(f"0.{match[2] or 0}") / per_s
    table.repairs.append(f"times are epochs in {UNITS[unit or 0][0]}")
    return found


def _digits(text: str) -> float:
    match = _DIGITS.fullmatch(text)
    if match is None or len(match[4] or "") % 2:
        raise ValueError(text)
    year, month, day, clock = match.groups()
    return _instant(int(year), int(month), int(day), clock)


def _written(text: str) -> float:
    """Return an instant that is written with its year first, or with the name of its month."""
    if text[4:5] == "-":
        try:
            return parse_instant(text)
        except ValueError:
            pass
    if match := _YEAR_FIRST.fullmatch(text):
        return _instant(int(match[1]), int(match[3]), int(match[4]), match[5])
    if match := _DAY_NAMED.fullmatch(text):
        return _instant(int(match[3]), _month(match[2]), int(match[1]), match[4])
    if match := _MONTH_NAMED.fullmatch(text):
        return _instant(int(match[3]), _month(match[1]), int(match[2]), match[4])
    raise ValueError(text)


def _month(name: str) -> int:
    found = [number for number, full in enumerate(MONTHS, 1) if full.startswith(name.lower())]
    if len(found) != 1:
        raise ValueError(name)
    return found[0]


def _instant(year: int, month: int, day: int, clock: str | None) -> float:
    """Return the instant of a date and a time of day such as ``13:05:00.25 +02:00``, ``1:05 PM`` or ``130500``."""
    match = _CLOCK.fullmatch(clock.strip() if clock else "00:00")
    if match is None:
        raise ValueError(clock)
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            raise ValueError(clock)
        hour = hour % 12 + 12 * (match[5].upper() == "PM")
    zone = UTC
    if match[7]:
        hours, minutes = int(match[7][1:3]), int(match[7][-2:])
        zone = timezone((1 if match[7][0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    return moment.timestamp() + float(f"0.{match[4] or 0}")


def _day_or_month(table: Table, texts: list[str], asked: DayOrder | None) -> np.ndarray:
    """Read dates whose day and month are both numbers, in the order asked for, or the one that the rows show."""
    parts = []
    for i, text in enumerate(texts):
        match = _DAY_OR_MONTH.fullmatch(text)
        if match is None:
            like = f"{ISO}, or all like {texts[0][:40]!r} in row {table.lines[0]}"
            raise table.error(i, f"timestamp {text[:40]!r} is not a time", like)
        if len(match[4]) == 2:
            raise table.error(i, f"timestamp {text[:40]!r} has a year of two digits", ISO)
        parts.append((int(match[1]), int(match[3]), int(match[4]), match[5]))
    order, why = (asked, "as asked") if asked else _shown_order(table, texts, parts)

    def parse(text: str) -> float:
        match = _DAY_OR_MONTH.fullmatch(text)
        assert match is not None
        day, month = (match[1], match[3]) if order == "dmy" else (match[3], match[1])
        return _instant(int(match[4]), int(month), int(day), match[5])

    table.repairs.append(f"dates are read {'day' if order == 'dmy' else 'month'} first, {why}; times are taken as UTC")
    return _each(table, texts, parse, texts[0])


def _shown_order(table: Table, texts: list[str], parts: list[tuple[int, int, int, str | None]]) -> tuple[DayOrder, str]:
    """Return the order that a number above 12 shows, or that alone leaves no gap that is too long."""
    first = next((i for i, (a, _, _, _) in enumerate(parts) if a > 12), None)
    second = next((i for i, (_, b, _, _) in enumerate(parts) if b > 12), None)
    if first is not None and second is not None:
        i = max(first, second)
        raise table.error(i, f"date {texts[i][:40]!r} against {texts[min(first, second)][:40]!r}", "one order of dates")
    if first is not None or second is not None:
        i = first if first is not None else second
        assert i is not None
        return ("dmy" if first is not None else "mdy"), f"as {texts[i][:40]!r} in row {table.lines[i]} shows"
    differs = next((i for i, (a, b, _, _) in enumerate(parts) if a != b), None)
    if differs is None:
        return "dmy", "which is month first, too, in every row"
    orders: tuple[DayOrder, ...] = ("dmy", "mdy")
    fits: list[DayOrder] = [order for order in orders if _unbroken(parts, order == "dmy")]
    if len(fits) == 1:
        return fits[0], "for the other order leaves gaps of more than 12 hours"
    day, month = parts[differs][:2]
    reason = f"date {texts[differs][:40]!r} may be day {day} of month {month}, or day {month} of month {day}"
    raise table.error(differs, reason, f"{ISO}; or say which with --set prices.dates=dmy (or mdy)")


def _unbroken(parts: list[tuple[int, int, int, str | None]], day_first: bool) -> bool:
    """Return whether times in one order run on, forwards or backwards, without a gap longer than bars may have."""
    try:
        times = [_instant(y, b if day_first else a, a if day_first else b, clock) for a, b, y, clock in parts]
    except (ValueError, OverflowError):
        return False
    steps = np.diff(times)
    size = np.abs(steps)
    runs_on = bool((steps >= 0).all() or (steps <= 0).all())
    return runs_on and bool(size.size) and float(size.max()) <= float(np.median(size)) + LONGEST_GAP_S
