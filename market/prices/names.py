"""Names that columns of prices have in the files of exchanges, data vendors and libraries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

PRICES = ("open", "high", "low", "close")
ROLES = ("timestamp", *PRICES, "volume", "price")
"""What a user may map to columns of her own; `price` makes the file a series of points."""
SETTLES = (
    "a CSV file with the columns timestamp,open,high,low,close (or timestamp,price), or "
    "--prices-columns timestamp=NAME,open=NAME,..."
)
"""What is allowed where columns are not understood."""

# In order of preference. The start of a bar is meant; what only says "time" may be its end where both are given.
STARTS = (
    "timeperiodstart", "periodstart", "starttime", "timestart", "start", "opentime", "timeopen", "opentimestamp",
    "starttimestamp", "barstart", "begin",
)  # fmt: skip
TIMES = (
    "unix", "unixtimestamp", "unixtime", "epoch", "timestamp", "timestampms", "unixms", "timems", "datetime", "dateutc",
    "timeutc", "datetimeutc", "utctime", "gmttime", "snappedat", "time", "date", "ts", "t", "indexlevel0",
)  # fmt: skip
ENDS = ("timeperiodend", "periodend", "endtime", "timeend", "end", "closetime", "timeclose", "closetimestamp")
POINTS = ("price", "last", "lastprice", "mid", "midprice", "rate", "priceusd", "value")
TICKERS = ("symbol", "ticker", "pair", "market", "instrument", "product")
VOLUMES = ("volume", "vol", "v", "volumetraded", "totalvolume")
FIELDS = frozenset({*PRICES, "adjclose", "volume", "dividends", "stocksplits", "capitalgains"})
"""Names in one of the two header rows of a file with columns by ticker."""
_PREFERRED: Mapping[str, Sequence[str]] = {
    "start": STARTS, "timestamp": TIMES, "end": ENDS, "price": POINTS, "ticker": TICKERS, "volume": VOLUMES,
}  # fmt: skip
_CURRENCY = "(?:usd|usdt|usdc|eur)?"
_PRICE = {name: re.compile(f"(?:price)?{name}(?:price)?{_CURRENCY}|{name[0]}") for name in PRICES}
_PRICE["close"] = re.compile(f"(?:price)?close(?:price)?{_CURRENCY}|c|closelast")


def plain(name: str) -> str:
    """Return a name in small letters and digits alone, without a number in front: ``1. Open*`` is ``open``."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"^\d+[a-z]?\.\s*", "", name.strip().lower()))


def roles(names: Sequence[str]) -> dict[str, list[int]]:
    """Return which columns have a name of each role (start, timestamp, end, price, ...), the preferred ones first."""
    plains = [plain(name) for name in names]
    found = {
        role: [i for wanted in preferred for i, name in enumerate(plains) if name == wanted]
        for role, preferred in _PREFERRED.items()
    }
    for role, pattern in _PRICE.items():
        found[role] = [i for i, name in enumerate(plains) if pattern.fullmatch(name)]
    if not found["volume"]:  # "Volume ETH" beside "Volume USD": the first
        found["volume"] = [i for i, name in enumerate(plains) if name.startswith("volume")][:1]
    return {role: where for role, where in found.items() if where}


def is_header(row: Sequence[str]) -> bool:
    """Return whether a row names a price and one thing more."""
    found = roles(row)
    return len(found) + (not row[0]) > 1 and bool({*PRICES, "price"} & found.keys())


def known(rows: Sequence[Sequence[str]], asked: Mapping[str, str]) -> int:
    """Return how many names that mean something one of a file's first rows holds."""
    wanted = set(asked.values())
    return max((len(roles(row)) + len(wanted & set(row)) for row in rows), default=0)
