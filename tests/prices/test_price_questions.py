"""Price files that may be read in two ways: one line that says what was seen and what would settle it."""

from __future__ import annotations

import gzip
import lzma
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from price_variants import (
    CLOSES,
    FIRST_S,
    HEADER,
    PLAIN,
    TIMES,
    assert_true,
    by_ticker,
    comma,
    each,
    epochs,
    iso,
    moment,
    parquet,
    rows,
    shown,
    table,
    write,
    zipped,
)  # fmt: skip

from market.errors import InputError
from market.prices.bar_file import read_bars, split_ticker


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            table(rows(lambda at: moment(at % 60 * 60 + 1_722_816_000 + at - FIRST_S).strftime("%d/%m/%Y %H:%M"))),
            "row 2: date '05/08/2024 00:00' may be day 5 of month 8, or day 8 of month 5; allowed: ISO 8601",
        ),
        (table(rows(shown("%m-%d-%Y %H:%M", -3600))), "row 2: date '08-04-2024 22:59' may be"),
        (table(rows(shown("%d/%m/%y %H:%M"))), "row 2: timestamp '04/08/24 23:59' has a year of two"),
        (
            table([["13/01/2024", *rows()[0][1:]], ["01/14/2024", *rows()[1][1:]]]),
            "row 3: date '01/14/2024' against '13/01/20",
        ),
        (
            table([*rows(epochs(1))[:9], *rows(epochs(1000))[9:]]),
            "row 11: timestamp 1722816480000 is in ms, row 2 in s",
        ),
        (table([*rows()[:9], *rows(epochs(1))[9:]]), "row 11: timestamp '1722816480' is not a time"),
        (
            table([*rows(epochs(1))[:9], *rows()[9:]]),
            "row 11: timestamp '2024-08-05T00:08:00Z' is none; allowed: an epoch in",
        ),
        (table(rows(lambda at: f"{at * 1e3:.5E}")), "row 2: timestamp '1.72282E+12' is written in powers of ten"),
        (table(rows(lambda at: f"{25569 + at / 86400:.6f}")), "a spreadsheet's count of days?"),
        (
            table(rows(lambda at: str(int(at - FIRST_S) // 60))),
            "row 2: timestamp '0' is 1970-01-01T00:00:00Z; allowed: times",
        ),
        (table(rows(lambda at: iso(at - 20 * 365.25 * 86_400))), "row 2: timestamp '2004-08-04T23:59:00Z' is 2004-08"),
        (table(rows(lambda at: iso(at + 80 * 365.25 * 86_400))), "allowed: times from 2008 to today"),
        (table(rows(epochs(10**12))), "row 2: timestamp '172281594000000000"),
        (table(rows(), "a,b,c,d,e,f"), "row 1: no column timestamp among a, b, c, d, e, f; allowed: a CSV"),
        (table(rows(), "timestamp,bid,ask,mean,x,y"), "row 1: no column"),
        (
            table(rows(), "timestamp,open,high,low,closing,volume"),
            "row 1: no column close among timestamp, open, high, low",
        ),
        (table(rows(), "timestamp,open,open,low,close,volume"), "row 1: column open appears twice"),
        (table(rows(), "timestamp,timestamp,high,low,close,open"), "row 1: column timestamp appears twice"),
        (
            table([[r[0], *r[4:0:-1], r[5]] for r in rows()], ""),
            "row 1: no header, and nothing shows which column is what",
        ),
        (table([[r[0], *r[1:4]] for r in rows()], ""), "row 1: no header, and nothing shows which column is what"),
        (
            table([*rows()[:3], [*HEADER.split(",")[:5], "v"], *rows()[3:]], ""),
            "row 1: data before the header in row 4",
        ),
        (table(rows()[:10] + [[r[0], *(f"{100 * float(x):.2f}" for x in r[1:])] for r in rows()[10:]]), "row 12: 2"),
        (
            table([*rows()[:3], [*rows()[2][:4], "2690.0", "1"], *rows()[3:]]),
            "row 5: timestamp 2024-08-05T00:01:00Z is that of ",
        ),
        (
            table([rows()[1], rows()[0], *rows()[2:]]),
            "row 3: timestamp 2024-08-04T23:59:00Z is before that of the row before",
        ),
        (
            table([["2024-08-05T00:00:00Z", "2,690", "2,691", "2,689", "2,690", "1"]], delimiter=";"),
            "row 2: '2,690' may have a decimal comma or thousands; allowed: decimal points",
        ),
        (
            table([rows()[0], *rows(number=comma)[1:]], delimiter=";"),
            "against '2688.91' in row 2; allowed: one decimal sign",
        ),
        (by_ticker(["BTC-USD", "ETH-USD"]), "2 tickers; allowed: FILE:TICKER with one of BTC-USD, ETH-USD"),
        (
            table(each(lambda r: [*r, "ETH"]) + each(lambda r: [*r, "BTC"]), HEADER + ",symbol"),
            "2 tickers; allowed: FILE:TICKER",
        ),
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
)
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
)
def test_any_names_may_be_mapped(tmp_path: Path, text: str, columns: str) -> None:
    asked = dict(part.split("=") for part in columns.split(","))
    assert_true(read_bars(write(tmp_path, text), asked))


def test_a_mapped_price_makes_points(tmp_path: Path) -> None:
    bars = read_bars(write(tmp_path, PLAIN), {"price": "close"})
    np.testing.assert_array_equal(bars.open, CLOSES[:-1])


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        (
            {"open": "Opn"},
            "--prices-columns open=Opn: no such column in {file}; allowed: timestamp, open, high, low, close",
        ),
        ({"open": "7"}, "--prices-columns open=7: no such column in {file}; "),
        (
            {"shut": "close"},
            "--prices-columns shut: no such column; allowed: timestamp, open, high, low, close, volume, price",
        ),
    ],
)
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
    with pytest.raises(InputError, match=r"^~nobody-is-called-so/bars\.csv: no such file"):
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
