"""Bars of forty minutes in the forms in which exchanges, vendors, libraries and spreadsheets write them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from market.prices.bars import Bars

FIRST_S = 1_722_815_940  # 23:59 on 4 August 2024, so that the bars run into the next day
COUNT = 40
TIMES = FIRST_S + 60 * np.arange(COUNT)
_RNG = np.random.default_rng(5)
CLOSES = np.round(2690.0 * np.exp(np.cumsum(0.002 * _RNG.standard_normal(COUNT))), 2)
OPENS = np.round(np.concatenate([[2688.91], CLOSES[:-1] + 0.01 * (np.arange(COUNT - 1) % 2)]), 2)
HIGHS = np.round(np.maximum(OPENS, CLOSES) + 1.5, 2)
LOWS = np.round(np.minimum(OPENS, CLOSES) - 1.25, 2)
VOLUMES = np.round(200.0 + 300.0 * _RNG.random(COUNT), 4)
OHLC = ("open", "high", "low", "close")
ARRAYS = (OPENS, HIGHS, LOWS, CLOSES)
HEADER = "timestamp,open,high,low,close,volume"

type Row = list[str]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def shown(form: str, later: float = 0.0) -> Callable[[float], str]:
    """Write instants in a form, some seconds later than they are."""
    return lambda at: moment(at + later).strftime(form)


def iso(seconds: float) -> str:
    return moment(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def rows(time: Callable[[float], str] = iso, number: Callable[[float], str] = str) -> list[Row]:
    """A row of texts for each bar."""
    numbers = [[float(x) for x in column] for column in (*ARRAYS, VOLUMES)]
    return [[time(int(at)), *map(number, row)] for at, row in zip(TIMES, zip(*numbers, strict=True), strict=True)]


def table(body: list[Row], header: str = HEADER, delimiter: str = ",", above: str = "") -> str:
    head = above + (header.replace(",", delimiter) + "\n" if header else "")
    return head + "\n".join(delimiter.join(row) for row in body) + "\n"


def each(change: Callable[[Row], Row]) -> list[Row]:
    return [change(row) for row in rows()]


def epochs(per_s: int, extra: int = 0) -> Callable[[float], str]:
    return lambda at: str(int(at) * per_s + extra)


def dump(per_s: int) -> str:
    """Twelve columns without a header, as exchanges publish them."""
    body = [
        [*row, str((int(at) + 60) * per_s - 1), "1206467.2", "321", "224.0", "603233.6", "0"]
        for at, row in zip(TIMES, rows(epochs(per_s)), strict=True)
    ]
    return table(body, "")


def comma(value: float) -> str:
    return f"{value}".replace(".", ",")


def quoted(value: float) -> str:
    return f'"{value:,.4f}"'


def german(value: float) -> str:
    return f'"{value:,.2f}"'.replace(",", "_").replace(".", ",").replace("_", ".")


def by_ticker(tickers: list[str], field_first: bool = True, label: str = "Datetime,") -> str:
    """Two rows of names and columns by ticker; the last ticker has the true prices."""
    fields = ["Close", "High", "Low", "Open", "Volume"]
    columns = [(field, ticker) for field in fields for ticker in tickers]
    upper, lower = (["Price", *(f for f, _ in columns)], ["Ticker", *(t for _, t in columns)])
    head = [upper, lower] if field_first else [lower, upper]
    order = [4, 2, 3, 1, 5]
    body = []
    for row in rows(shown("%Y-%m-%d %H:%M:%S+00:00")):
        cells = [
            row[place] if ticker == tickers[-1] else str(10.0 * float(row[place]))
            for place in order
            for ticker in tickers
        ]
        body.append([row[0], *cells])
    third = [[label.rstrip(","), *[""] * len(columns)]] if label else []
    return table([*head, *third, *body], "")


def parquet(index: bool, dtype: str) -> bytes:
    frame = pd.DataFrame(dict(zip(OHLC, ARRAYS, strict=True)) | {"volume": VOLUMES})
    times = pd.to_datetime(TIMES, unit="s", utc=True).astype(dtype)
    file = io.BytesIO()
    (frame.set_index(times) if index else frame.assign(time=times)).to_parquet(file)
    return file.getvalue()


def zipped(text: str, *others: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("bars.csv", text)
        for name in others:
            archive.writestr(name, "x")
    return file.getvalue()


PLAIN = table(rows())
OFFSET = [
    [moment(at).strftime("%Y-%m-%dT%H:%M:%S").replace("T", "T") + "Z", *r[1:]]
    for at, r in zip(TIMES, rows(), strict=True)
]

SAME: dict[str, str | bytes] = {
    "plain": PLAIN,
    "ms, no header, 12 columns": dump(1000),
    "us, no header, 12 columns": dump(1_000_000),
    "s, no header, 6 columns": table(rows(epochs(1)), ""),
    "ISO, no header, 6 columns": table(rows(), ""),
    "no header, newest first": table(rows(epochs(1000))[::-1], ""),
    "no header, date and clock": table(
        [
            [moment(at).strftime("%Y.%m.%d"), moment(at).strftime("%H:%M"), *r[1:]]
            for at, r in zip(TIMES, rows(), strict=True)
        ],
        "",
    ),
    "link above, unix and date, newest first": table(
        [[str(at), iso(at), "ETH/USD", *r[1:], "5"] for at, r in zip(TIMES, rows(), strict=True)][::-1],
        "unix,date,symbol,open,high,low,close,Volume ETH,Volume USD",
        above="https://www.example.org\n",
    ),
    "three lines above": table(rows(epochs(1)), above='# bars of a minute\n\n"made, by hand"\n'),
    "sep=; above": table(rows(number=comma), delimiter=";", above="sep=;\n"),
    "one ticker in two rows of names": by_ticker(["ETH-USD"]),
    "one ticker, names the other way round": by_ticker(["ETH-USD"], field_first=False),
    "one ticker, no third row": by_ticker(["ETH-USD"], label=""),
    "offset +02:00": table(rows(shown("%Y-%m-%dT%H:%M:%S+02:00", 7200)), "time,open,high,low,close,Volume"),
    "offset -0530 without colon": table(rows(shown("%Y-%m-%d %H:%M:%S-0530", -19_800))),
    "UTC behind": table(rows(shown("%Y-%m-%d %H:%M:%S UTC")), HEADER.title()),
    "semicolons, decimal commas": table(rows(number=comma), delimiter=";"),
    "tabs": table(rows(), delimiter="\t"),
    "bars between": table(rows(), delimiter="|"),
    "quoted decimal commas": table(rows(number=lambda v: f'"{comma(v)}"')),
    "quoted thousands": table(rows(number=quoted)),
    "German thousands": table([[r[0], *r[1:5], "1"] for r in rows(number=german)], delimiter=";"),
    "dollars": table(each(lambda r: [r[0], *(f"${x}" for x in r[1:5]), r[5]])),
    "volume in K": table(each(lambda r: [*r[:5], "448.00K"])),
    "empty rows at the end": PLAIN + ",,,,,\n,,,,,\n\n",
    "empty rows within": PLAIN.replace("\n", "\n\n").replace("\n\n", "\n;\n".replace(";", ",,,,,")),
    "commas at the end": table(each(lambda r: [*r, ""])),
    "many commas at the end, of the header too": table(each(lambda r: [*r, "", ""]), HEADER + ",,"),
    "volume nan": table(each(lambda r: [*r[:5], "nan"])),
    "volume empty": table(each(lambda r: [*r[:5], ""])),
    "no volume": table(each(lambda r: r[:5]), HEADER.removesuffix(",volume")),
    "twice the same": table([*rows()[:3], rows()[2], *rows()[3:], rows()[-1]]),
    "joined files that overlap": table([*rows()[:30], *rows()[20:]]),
    "joined with headers": table([*rows()[:20], HEADER.split(","), *rows()[20:]]),
    "last bar open": table([*rows(), [iso(TIMES[-1] + 37), *rows()[-1][1:]]]),
    "last bar open, newest first": table([*rows(), [iso(TIMES[-1] + 59), *rows()[-1][1:]]][::-1]),
    "last bar open, a moment ago": table([*rows(), [iso(TIMES[-1] + 97), *rows()[-1][1:]]]),
    "start beside end": table(
        [[iso(at), iso(at + 60), *r[1:], iso(at + 60)] for at, r in zip(TIMES, rows(), strict=True)],
        "timeOpen,timeClose,open,high,low,close,volume,timestamp",
    ),
    "start of period": table(
        [[iso(at), iso(at + 60), iso(at + 3), *r[1:]] for at, r in zip(TIMES, rows(), strict=True)],
        "time_period_start,time_period_end,time_open,price_open,price_high,price_low,price_close,volume_traded",
    ),
    "ends alone": table(rows(lambda at: iso(at + 60)), "close_time,open,high,low,close,volume"),
    "last milliseconds alone": table(rows(lambda at: iso(at + 59).replace("Z", ".999Z"))),
    "last microseconds in ms and us": table(rows(epochs(1_000_000, 59_999_999))),
    "last nanoseconds": table(rows(epochs(10**9, 59_999_999_999))),
    "time that is the end": table(
        [[iso(at + 60), iso(at + 60), *r[1:]] for at, r in zip(TIMES, rows(), strict=True)],
        "timestamp,timeClose,open,high,low,close,volume",
    ),
    "ms": table(rows(epochs(1000)), "Open time,Open,High,Low,Close,Volume"),
    "us": table(rows(epochs(10**6))),
    "ns": table(rows(epochs(10**9))),
    "s with decimals": table(rows(lambda at: f"{at}.0")),
    "digits of date and clock": table(rows(shown("%Y%m%d%H%M%S"))),
    "digits of date, a blank, and clock": table(rows(shown("%Y%m%d %H%M%S")), "", ";"),
    "year first with slashes": table(rows(shown("%Y/%m/%d %H:%M"))),
    "names of months": table(rows(shown('"%b %d, %Y %I:%M %p"'))),
    "day first, as no other order runs on": table(rows(shown("%d.%m.%Y %H:%M:%S.000"))),
    "month first, as no other order runs on": table(rows(shown("%m/%d/%Y %H:%M"))),
    "date and clock in columns": table(
        [
            [moment(at).strftime("%Y%m%d"), moment(at).strftime("%H%M%S"), *r[1:]]
            for at, r in zip(TIMES, rows(), strict=True)
        ],
        "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
    ),
    "price for close": table([[r[0], r[4], *r[1:4], r[5]] for r in rows()], "Date,Price,Open,High,Low,Vol."),
    "numbered names": table(rows(), "timestamp,1. open,2. high,3. low,4. close,5. volume"),
    "letters": table(rows(epochs(1000)), "t,o,h,l,c,v"),
    "index without a name": table(rows(), ",open,high,low,close,volume"),
    "one symbol": table(each(lambda r: [*r, "ETH"]), HEADER + ",symbol"),
    "byte order mark": "\ufeff" + PLAIN,
    "UTF-16": PLAIN.encode("utf-16"),
    "Windows lines": PLAIN.replace("\n", "\r\n"),
    "old Mac lines": PLAIN.replace("\n", "\r"),
    "gz": gzip.compress(PLAIN.encode()),
    "bz2": bz2.compress(PLAIN.encode()),
    "xz": lzma.compress(PLAIN.encode()),
    "zip": zipped(PLAIN),
    "zip made on a Mac": zipped(PLAIN, "__MACOSX/._bars.csv"),
    "gz in zip": gzip.compress(zipped(PLAIN)),
    "parquet": parquet(False, "datetime64[ns, UTC]"),
    "parquet, another zone": parquet(False, "datetime64[us, Asia/Tokyo]"),
    "parquet with an index": parquet(True, "datetime64[ms, UTC]"),
    "parquet in gz": gzip.compress(parquet(False, "datetime64[s, UTC]")),
}


def assert_true(bars: Bars, first: int = 0) -> None:
    np.testing.assert_array_equal(bars.time_s, TIMES[first:])
    for name, values in zip(OHLC, ARRAYS, strict=True):
        np.testing.assert_array_equal(getattr(bars, name), values[first:])
    assert bars.spacing_s == 60.0


def write(folder: Path, content: str | bytes) -> Path:
    file = folder / "bars.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file
