"""Damaged price files: one line and exit code 2, or bars that are true."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from price_variants import ARRAYS, HEADER, OHLC, PLAIN, SAME, TIMES, comma, rows, table

from experiments.__main__ import main
from market.errors import InputError
from market.prices.bar_file import read_bars
from market.prices.bars import Bars

EXAMPLES = int(os.environ.get("SEQMARKET_EXAMPLES", "50"))
ODD = (
    "", "nan", "NaN", "inf", "-inf", "1e999", "-5", "0", "1_000", "abc", "1,5", "2.690,41", "$", "١٢", "'", '"', "1e5",
    "1e-5", "9" * 400, "NULL", "2690.41.1", "0x1F", "  ", "=A1", "#REF!", "1722816000", "1722816000000", "2024-08-05",
    "05/08/2024", "TRUE", "-", "+", ".", "1e", "--1", "2690-", "26904.1", "269.041", "a,b", "é", "\u202e", "20240805",
)  # fmt: skip
"""What a cell may be damaged to: no true price of a bar, though some are numbers."""
CHARACTERS = "0123456789.,;:-+eE\"'\n\r\t |/abcNZT_$\ufeff\0é"
FILES = [
    ("volume", PLAIN, ","),
    ("semicolons", table(rows(number=comma), delimiter=";"), ";"),
    ("tabs", table(rows(), delimiter="\t"), "\t"),
    ("ms", str(SAME["ms"]), ","),
    ("no header", str(SAME["s, no header, 6 columns"]), ","),
    ("dump", str(SAME["ms, no header, 12 columns"]), ","),
]


def outcome(content: bytes) -> Bars | None:
    """The bars of a file, or None where it ends with one line; the command says the same."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bars.csv"
        file.write_bytes(content)
        try:
            return read_bars(file)
        except InputError as error:
            said = str(error)
    assert "\n" not in said
    assert "bars.csv" in said
    return None


def assert_sound(bars: Bars | None) -> None:
    """Whatever was made of it is bars: rising in time, positive, each price in its range."""
    if bars is None:
        return
    assert len(bars) >= 2
    assert (np.diff(bars.time_s) > 0).all()
    assert 1.19e9 < bars.time_s[0] < bars.time_s[-1] < time.time() + 2e5
    assert (bars.low > 0).all()
    assert np.isfinite(bars.high).all()
    for price in (bars.open, bars.close):
        assert ((bars.low <= price) & (price <= bars.high)).all()


def assert_true_ones(bars: Bars | None) -> None:
    """Every bar is one of the true ones, at its time."""
    assert_sound(bars)
    if bars is None:
        return
    at = np.searchsorted(TIMES, bars.time_s)
    np.testing.assert_array_equal(TIMES[np.minimum(at, len(TIMES) - 1)], bars.time_s)
    for name, values in zip(OHLC, ARRAYS, strict=True):
        np.testing.assert_array_equal(getattr(bars, name), values[at])


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    file=st.sampled_from(FILES),
    damage=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 11), st.sampled_from(ODD)), min_size=1, max_size=3
    ),
)  # fmt: skip
def test_damaged_cells(file: tuple[str, str, str], damage: list[tuple[int, int, str]]) -> None:
    name, text, delimiter = file
    lines = [line.split(delimiter) for line in text.splitlines()]
    spared = {"dump": {5, 6, 7, 8, 9, 10, 11}}.get(name, {5})
    for row, column, odd in damage:
        cells = lines[row % len(lines)]
        # a name may be damaged to a number, but no number of a column that nobody reads to one of a price
        if column < len(cells) and column not in spared:
            cells[column] = odd
    assert_true_ones(outcome("\n".join(delimiter.join(cells) for cells in lines).encode()))


@settings(max_examples=EXAMPLES, deadline=None)
@given(file=st.sampled_from(FILES), data=st.data())
def test_damaged_rows(file: tuple[str, str, str], data: st.DataObject) -> None:
    _, text, delimiter = file
    lines = text.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at, other = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(("drop", "twice", "move", "swap", "turn", "text", "empty", "cut", "extra")))
        if kind == "drop" and len(lines) > 2:
            del lines[at]
        elif kind == "twice":
            lines.insert(other, lines[at])
        elif kind == "move":
            lines.insert(other, lines.pop(at))
        elif kind == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "turn":
            lines.reverse()
        elif kind in ("text", "empty"):
            lines.insert(
                at, data.draw(st.sampled_from(("# note", "Total", "x,y"))) if kind == "text" else 5 * delimiter
            )
        elif kind == "cut":
            lines[at] = lines[at].rpartition(delimiter)[0]
        else:
            lines[at] += delimiter + data.draw(st.sampled_from(("", "1", "x")))
    assert_true_ones(outcome("\n".join(lines).encode()))


@settings(max_examples=EXAMPLES, deadline=None)
@given(order=st.permutations(range(6)), header=st.booleans())
def test_columns_in_another_order(order: list[int], header: bool) -> None:
    """With their names they are the same bars; without, the same or a question."""
    lines = [HEADER.split(","), *rows()] if header else rows()
    bars = outcome("\n".join(",".join(row[i] for i in order) for row in lines).encode())
    assert_true_ones(bars)
    assert bars is not None or not header


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    name=st.sampled_from(sorted(SAME)),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from(("drop", "add", "change", "end")), st.sampled_from(CHARACTERS)),
        min_size=1, max_size=6,
    ),
)  # fmt: skip
def test_damaged_bytes(name: str, edits: list[tuple[float, str, str]]) -> None:
    content = SAME[name]
    data = bytearray(content.encode() if isinstance(content, str) else content)
    for share, kind, character in edits:
        at = int(share * len(data))
        if kind == "end":
            del data[max(at, 1) :]
        elif kind == "add":
            data[at:at] = character.encode()
        else:
            data[at : at + 1] = character.encode() if kind == "change" else b""
    assert_sound(outcome(bytes(data)))


def test_the_command_ends_with_one_line_and_2_or_an_object_and_0(tmp_path: Path, capsys) -> None:
    file = tmp_path / "bars.csv"
    rng = np.random.default_rng(3)
    codes = []
    for _ in range(60):
        data = bytearray(PLAIN.encode())
        for at in rng.integers(0, len(data), 2):
            data[at] = int(rng.integers(32, 126))
        file.write_bytes(bytes(data))
        codes.append(main(["data", str(file), "--json"]))
        said = capsys.readouterr()
        if codes[-1] == 0:
            assert json.loads(said.out)["bars"] > 1
        else:
            assert (codes[-1], said.out, said.err.count("\n")) == (2, "", 1)
    assert {0, 2} == set(codes)
