"""Price files as they come from exchanges, vendors, libraries and spreadsheets: the same bars, or a question."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import threading
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from market.errors import InputError
from market.prices.bar_file import read_bars, split_ticker
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
    for row in rows(lambda at: moment(at).strftime("%Y-%m-%d %H:%M:%S+00:00")):
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


def swap_ends(row: Row) -> Row:
    return [*row[:5], row[5], row[0]]


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
        [[moment(at).strftime("%Y.%m.%d"), moment(at).strftime("%H:%M"), *r[1:]] for at, r in zip(TIMES, rows(), strict=True)], ""
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
    "offset +02:00": table(rows(lambda at: moment(at + 7200).strftime("%Y-%m-%dT%H:%M:%S+02:00")), "time,open,high,low,close,Volume"),
    "offset -0530 without colon": table(rows(lambda at: moment(at - 19_800).strftime("%Y-%m-%d %H:%M:%S-0530"))),
    "UTC behind": table(rows(lambda at: moment(at).strftime("%Y-%m-%d %H:%M:%S UTC")), HEADER.title()),
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
    "digits of date and clock": table(rows(lambda at: moment(at).strftime("%Y%m%d%H%M%S"))),
    "digits of date, a blank, and clock": table(rows(lambda at: moment(at).strftime("%Y%m%d %H%M%S")), "", ";"),
    "year first with slashes": table(rows(lambda at: moment(at).strftime("%Y/%m/%d %H:%M"))),
    "names of months": table(rows(lambda at: moment(at).strftime('"%b %d, %Y %I:%M %p"'))),
    "day first, as no other order runs on": table(rows(lambda at: moment(at).strftime("%d.%m.%Y %H:%M:%S.000"))),
    "month first, as no other order runs on": table(rows(lambda at: moment(at).strftime("%m/%d/%Y %H:%M"))),
    "date and clock in columns": table(
        [[moment(at).strftime("%Y%m%d"), moment(at).strftime("%H%M%S"), *r[1:]] for at, r in zip(TIMES, rows(), strict=True)],
        "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
    ),
    "price for close": table(
        [[r[0], r[4], *r[1:4], r[5]] for r in rows()], "Date,Price,Open,High,Low,Vol."
    ),
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
}  # fmt: skip


def write(folder: Path, content: str | bytes) -> Path:
    file = folder / "bars.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def assert_true(bars: Bars, first: int = 0) -> None:
    np.testing.assert_array_equal(bars.time_s, TIMES[first:])
    for name, values in zip(OHLC, ARRAYS, strict=True):
        np.testing.assert_array_equal(getattr(bars, name), values[first:])
    assert bars.spacing_s == 60.0


@pytest.mark.parametrize("name", SAME)
def test_it_is_the_same_bars(tmp_path: Path, name: str) -> None:
    assert_true(read_bars(write(tmp_path, SAME[name])))


@pytest.mark.parametrize(
    ("name", "repairs"),
    [
        ("plain", []),
        ("ms, no header, 12 columns", ["no header: columns told by their order", "times are epochs in ms"]),
        (
            "link above, unix and date, newest first",
            [
                "line 1 above the header left out", "times are those of the column unix", "times are epochs in s",
                "rows from newest to oldest turned round",
            ],
        ),
        ("semicolons, decimal commas", ["columns are separated by semicolons", "decimal commas"]),
        ("twice the same", ["2 rows repeated as they were left out"]),
        ("joined with headers", ["header repeated further down left out (1 times)"]),
        ("last bar open", ["last bar, at 2024-08-05T00:38:37Z, dropped: it was still open"]),
        ("start beside end", ["the opening times of the bars are read, not their ends"]),
        ("ends alone", ["times are the ends of the bars: they open 60 s earlier"]),
        ("one ticker in two rows of names", ["columns by ticker: ETH-USD taken"]),
        ("empty rows at the end", ["2 empty rows left out"]),
        ("gz in zip", ["unpacked from gz", "unpacked from zip"]),
    ],
)  # fmt: skip
def test_it_says_what_it_did(tmp_path: Path, name: str, repairs: list[str]) -> None:
    assert list(read_bars(write(tmp_path, SAME[name])).repairs) == repairs


def test_the_cases_that_were_reported(tmp_path: Path) -> None:
    """The files themselves, where a folder of them is named."""
    folder = Path(os.environ.get("SEQMARKET_CASES") or "absent", "prices")
    if not folder.is_dir():
        pytest.skip("needs SEQMARKET_CASES, a folder of reported files")
    base = read_bars(folder / "base.csv")
    for name in (
        "base.csv.gz", "binance_ms_noheader.csv", "blank_tail.csv", "cryptodatadownload.csv", "dup_identical.csv",
        "semicolon_comma.csv", "tradingview.csv", "trailing_comma.csv", "volume_nan.csv", "yfinance_multi.csv",
    ):  # fmt: skip
        found = read_bars(folder / name)
        for field in ("time_s", *OHLC):
            np.testing.assert_array_equal(getattr(found, field), getattr(base, field), err_msg=name)
    for name in ("coinmarketcap_comma.csv", "epoch_ms_iso_lookalike.csv", "float_noise.csv", "kaggle_nan.csv"):
        found = read_bars(folder / name)
        assert found.open[0] == base.open[0]
        assert found.time_s[0] == (1_701_062_100.0 if name.startswith("epoch") else base.time_s[0])
    assert len(read_bars(folder / "last_bar_partial.csv")) == len(base) - 1
    assert read_bars(folder / "coingecko_prices.csv").open[0] == base.close[0]


# Gaps, points, rounding


@pytest.mark.parametrize("nothing", ["NaN", "", "null", "N/A"])
def test_rows_without_a_price_are_gaps(tmp_path: Path, nothing: str) -> None:
    body = [row if i not in (5, 6, 20) else [row[0], *[nothing] * 5] for i, row in enumerate(rows())]
    bars = read_bars(write(tmp_path, table(body)))
    kept = np.delete(np.arange(COUNT), [5, 6, 20])
    np.testing.assert_array_equal(bars.time_s, TIMES[kept])
    np.testing.assert_array_equal(bars.close, CLOSES[kept])
    assert (bars.gaps, bars.missing) == (2, 3)
    assert bars.repairs == ("3 rows without a price left out, as gaps",)


@pytest.mark.parametrize(
    "header", ["timestamp,price,market_cap", "snapped_at,close", "Date(UTC),UnixTimeStamp,Value", ""]
)
def test_points_become_bars_that_open_where_the_last_closed(tmp_path: Path, header: str) -> None:
    body = [[iso(at), str(close), "3.2e11"] for at, close in zip(TIMES, CLOSES, strict=True)]
    if "Unix" in header:
        body = [["8/5/2024", str(at), str(close)] for at, close in zip(TIMES, CLOSES, strict=True)]
    width = header.count(",") + 1 if header else 2
    bars = read_bars(write(tmp_path, table([row[:width] for row in body], header)))
    np.testing.assert_array_equal(bars.time_s, TIMES[:-1])
    np.testing.assert_array_equal(bars.open, CLOSES[:-1])
    np.testing.assert_array_equal(bars.close, CLOSES[1:])
    np.testing.assert_array_equal(bars.high, np.maximum(CLOSES[:-1], CLOSES[1:]))
    assert "points, not bars: every bar opens where the one before closed" in bars.repairs


def test_points_that_are_missing_are_a_gap(tmp_path: Path) -> None:
    body = [[iso(at), str(close)] for at, close in zip(TIMES, CLOSES, strict=True)]
    bars = read_bars(write(tmp_path, table([*body[:10], *body[12:]], "time,price")))
    assert (len(bars), bars.gaps, bars.missing) == (COUNT - 4, 1, 3)


def test_points_at_uneven_distances_are_collected(tmp_path: Path) -> None:
    at = [0, 20, 41, 59, 70, 119, 120, 245, 250, 290]
    price = [10, 12, 9, 11, 10.5, 10, 13, 14, 12, 15]
    body = [[iso(FIRST_S + t), str(p)] for t, p in zip(at, price, strict=True)]
    bars = read_bars(write(tmp_path, table(body, "time,price")))
    assert bars.spacing_s == 15.0 or bars.spacing_s == 30.0
    # every bar opens at the last price before it, unless a gap is between
    joined = bars.gap_s == 0
    np.testing.assert_array_equal(bars.open[1:][joined], bars.close[:-1][joined])
    assert (bars.low.min(), bars.high.max(), bars.close[-1]) == (9, 15, 15)


def test_rounding_is_taken_as_equal_and_more_is_not(tmp_path: Path) -> None:
    body = rows()
    for digits, fine in (("0000000013", True), ("0001", False)):
        body[4] = [body[4][0], "2694.65", "2695.6", "2691.72", f"2695.6{digits}", "1"]
        file = write(tmp_path, table(body))
        if fine:
            bars = read_bars(file)
            assert bars.close[4] == bars.high[4] == 2695.6
            assert bars.repairs == ("one bar out of range by rounding alone put in range",)
        else:
            with pytest.raises(InputError, match=r"row 6: close 2695\.60001 is outside low 2691\.72 to high 2695\.6;"):
                read_bars(file)


# Questions


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (table(rows(lambda at: moment(at % 60 * 60 + 1_722_816_000 + at - FIRST_S).strftime("%d/%m/%Y %H:%M"))),
         "row 2: date '05/08/2024 00:00' may be day 5 of month 8, or day 8 of month 5; allowed: ISO 8601"),
        (table(rows(lambda at: moment(at - 3600).strftime("%m-%d-%Y %H:%M"))), "row 2: date '08-04-2024 22:59' may be"),
        (table(rows(lambda at: moment(at).strftime("%d/%m/%y %H:%M"))), "row 2: timestamp '04/08/24 23:59' has a year of two"),
        (table([["13/01/2024", *rows()[0][1:]], ["01/14/2024", *rows()[1][1:]]]), "row 3: date '01/14/2024' against '13/01/20"),
        (table([*rows(epochs(1))[:9], *rows(epochs(1000))[9:]]), "row 11: timestamp 1722816480000 is in ms, row 2 in s"),
        (table([*rows()[:9], *rows(epochs(1))[9:]]), "row 11: timestamp '1722816480' is not a time"),
        (table([*rows(epochs(1))[:9], *rows()[9:]]), "row 11: timestamp '2024-08-05T00:08:00Z' is none; allowed: an epoch in"),
        (table(rows(lambda at: f"{at * 1e3:.5E}")), "row 2: timestamp '1.72282E+12' is written in powers of ten"),
        (table(rows(lambda at: f"{25569 + at / 86400:.6f}")), "a spreadsheet's count of days?"),
        (table(rows(lambda at: str(int(at - FIRST_S) // 60))), "row 2: timestamp '0' is 1970-01-01T00:00:00Z; allowed: times"),
        (table(rows(lambda at: iso(at - 20 * 365.25 * 86_400))), "row 2: timestamp '2004-08-04T23:59:00Z' is 2004-08"),
        (table(rows(lambda at: iso(at + 80 * 365.25 * 86_400))), "allowed: times from 2008 to today"),
        (table(rows(epochs(10**12))), "row 2: timestamp '172281594000000000"),
        (table(rows(), "a,b,c,d,e,f"), "row 1: no column timestamp among a, b, c, d, e, f; allowed: a CSV"),
        (table(rows(), "timestamp,bid,ask,mean,x,y"), "row 1: no column"),
        (table(rows(), "timestamp,open,high,low,closing,volume"), "row 1: no column close among timestamp, open, high, low"),
        (table(rows(), "timestamp,open,open,low,close,volume"), "row 1: column open appears twice"),
        (table(rows(), "timestamp,timestamp,high,low,close,open"), "row 1: column timestamp appears twice"),
        (table([[r[0], *r[4:0:-1], r[5]] for r in rows()], ""), "row 1: no header, and nothing shows which column is what"),
        (table([[r[0], *r[1:4]] for r in rows()], ""), "row 1: no header, and nothing shows which column is what"),
        (table([*rows()[:3], HEADER.split(",")[:5] + ["v"], *rows()[3:]], ""), "row 1: data before the header in row 4"),
        (table(rows()[:10] + [[r[0], *(f"{100 * float(x):.2f}" for x in r[1:])] for r in rows()[10:]]),
         "row 12: 2"),
        (table([*rows()[:3], [*rows()[2][:4], "2690.0", "1"], *rows()[3:]]), "row 5: timestamp 2024-08-05T00:01:00Z is that of "),
        (table([rows()[1], rows()[0], *rows()[2:]]), "row 3: timestamp 2024-08-04T23:59:00Z is before that of the row before"),
        (table([["2024-08-05T00:00:00Z", "2,690", "2,691", "2,689", "2,690", "1"]], delimiter=";"),
         "row 2: '2,690' may have a decimal comma or thousands; allowed: decimal points"),
        (table([rows()[0], *rows(number=comma)[1:]], delimiter=";"), "against '2688.91' in row 2; allowed: one decimal sign"),
        (by_ticker(["BTC-USD", "ETH-USD"]), "2 tickers; allowed: FILE:TICKER with one of BTC-USD, ETH-USD"),
        (table(each(lambda r: [*r, "ETH"]) + each(lambda r: [*r, "BTC"]), HEADER + ",symbol"), "2 tickers; allowed: FILE:TICKER"),
        (zipped(PLAIN, "more.csv"), "a zip of 2 files (bars.csv, more.csv); allowed: a zip of one file"),
        (zipped(PLAIN, "[Content_Types].xml"), "a spreadsheet; allowed: the sheet saved as CSV"),
        (gzip.compress(PLAIN.encode())[:200], "damaged or locked gz"),
        (lzma.compress(PLAIN.encode())[:-40], "damaged or locked xz"),
        (zipped(PLAIN)[:300], "damaged or locked zip"),
        (parquet(False, "datetime64[ns, UTC]")[:-100], "damaged parquet"),
        (b"PAR1", "damaged parquet"),
        (b"", "empty; allowed: a CSV file"),
        (b"\n \n", "empty; allowed: a CSV file"),
        ("timestamp,open\0,high", "not text, it holds zero bytes"),
        (PLAIN.replace("open", "öffnen").encode("latin-1"), "not UTF-8 text"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) and "\n" not in value else "",
)  # fmt: skip
def test_what_may_be_read_in_two_ways_is_asked(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    file = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read_bars(file)
    assert complaint in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_user_settles_the_order_of_dates(tmp_path: Path) -> None:
    times = TIMES - 120 * 60  # all on one day
    for form, order in (("%d/%m/%Y %H:%M", "dmy"), ("%m/%d/%Y %H:%M", "mdy")):
        body = [[moment(at).strftime(form), *row[1:]] for at, row in zip(times, rows(), strict=True)]
        bars = read_bars(write(tmp_path, table(body)), order=order)
        np.testing.assert_array_equal(bars.time_s, times)


def test_a_user_settles_old_times(tmp_path: Path) -> None:
    old = write(tmp_path, table(rows(lambda at: iso(at - 1e9))))
    np.testing.assert_array_equal(read_bars(old, any_time=True).time_s, TIMES - 1e9)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (table(rows(epochs(1)), "unix,Auf,Hoch,Tief,Zu,Menge"), "timestamp=unix,open=Auf,high=hoch,low=Tief,close=5"),
        (table([[r[0], *r[4:0:-1], r[5]] for r in rows()], ""), "timestamp=1,close=2,low=3,high=4,open=5"),
        (table(each(lambda r: [*r, r[1]]), "start,a,high,low,close,volume,open"), "open=a"),
        (table([[r[0], "9", *r[1:]] for r in rows()], "time,open,Open ETH,high,low,close,volume"), "open=3"),
    ],
)  # fmt: skip
def test_any_names_may_be_mapped(tmp_path: Path, text: str, columns: str) -> None:
    asked = dict(part.split("=") for part in columns.split(","))
    assert_true(read_bars(write(tmp_path, text), asked))


def test_a_mapped_price_makes_points(tmp_path: Path) -> None:
    bars = read_bars(write(tmp_path, PLAIN), {"price": "close"})
    np.testing.assert_array_equal(bars.open, CLOSES[:-1])


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"open": "Opn"}, "--prices-columns open=Opn: no such column in {file}; allowed: timestamp, open, high, low, close"),
        ({"open": "7"}, "--prices-columns open=7: no such column in {file}; "),
        ({"shut": "close"}, "--prices-columns shut: no such column; allowed: timestamp, open, high, low, close, volume, price"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_one_line(tmp_path: Path, columns: dict[str, str], complaint: str) -> None:
    file = write(tmp_path, PLAIN)
    with pytest.raises(InputError) as caught:
        read_bars(file, columns)
    assert complaint.format(file=file) in str(caught.value)


@pytest.mark.parametrize("ticker", ["ETH-USD", "eth-usd"])
def test_one_of_several_tickers(tmp_path: Path, ticker: str) -> None:
    for field_first in (True, False):
        assert_true(
            read_bars(write(tmp_path, by_ticker(["BTC-USD", "SOL-USD", "ETH-USD"], field_first)), ticker=ticker)
        )
    long = table([row for r in rows() for row in ([*r, "ETH-USD"], [*r[:4], r[3], "1", "BTC"])], HEADER + ",Symbol")
    file = write(tmp_path, long)
    assert_true(read_bars(file, ticker=ticker))
    with pytest.raises(InputError, match=r"no ticker 'DOGE'; allowed: ETH-USD, BTC$"):
        read_bars(file, ticker="DOGE")
    with pytest.raises(InputError, match="it names no tickers, but 'ETH' is asked for"):
        read_bars(write(tmp_path, PLAIN), ticker="ETH")


def test_a_ticker_behind_the_file(tmp_path: Path) -> None:
    file, odd = tmp_path / "bars.csv", tmp_path / "a:b"
    file.write_text("x")
    odd.write_text("x")
    assert split_ticker(f"{file}:ETH-USD") == (str(file), "ETH-USD")
    assert split_ticker(str(odd)) == (str(odd), None)
    assert split_ticker(f"{odd}:ETH") == (str(odd), "ETH")
    assert split_ticker("none:ETH") == ("none:ETH", None)


# Places


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path, PLAIN)
    assert_true(read_bars(Path("~/bars.csv")))
    with pytest.raises(InputError, match="^~nobody-is-called-so/bars.csv: no such file"):
        read_bars(Path("~nobody-is-called-so/bars.csv"))


def test_a_pipe_is_a_file_that_may_be_read_again(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(PLAIN.encode()),))
    writer.start()
    assert_true(read_bars(pipe))
    writer.join()
    assert_true(read_bars(pipe))


def test_a_device_without_an_end_is_refused() -> None:
    with pytest.raises(InputError, match=r"^/dev/zero: more than 1024 MiB"):
        read_bars(Path("/dev/zero"))
