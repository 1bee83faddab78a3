"""Price files of every usual form: the same bars, and what was done to read them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from price_variants import (
    CLOSES,
    COUNT,
    FIRST_S,
    OHLC,
    SAME,
    TIMES,
    assert_true,
    iso,
    rows,
    table,
    write,
)  # fmt: skip

from market.errors import InputError
from market.prices.bar_file import read_bars


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
                "line 1 above the header left out",
                "times are those of the column unix",
                "times are epochs in s",
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
)
def test_it_says_what_it_did(tmp_path: Path, name: str, repairs: list[str]) -> None:
    assert list(read_bars(write(tmp_path, SAME[name])).repairs) == repairs


def test_the_cases_that_were_reported(tmp_path: Path) -> None:
    """The files themselves, where a folder of them is named."""
    folder = Path(os.environ.get("SEQMARKET_CASES") or "absent", "prices")
    if not folder.is_dir():
        pytest.skip("needs SEQMARKET_CASES, a folder of reported files")
    base = read_bars(folder / "base.csv")
    for name in (
        "base.csv.gz",
        "binance_ms_noheader.csv",
        "blank_tail.csv",
        "cryptodatadownload.csv",
        "dup_identical.csv",
        "semicolon_comma.csv",
        "tradingview.csv",
        "trailing_comma.csv",
        "volume_nan.csv",
        "yfinance_multi.csv",
    ):
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
    assert bars.spacing_s in {15.0, 30.0}
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
