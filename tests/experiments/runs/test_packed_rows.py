"""Packed rows are the rows that were packed, and take little more than their numbers."""

from __future__ import annotations

import sys
import tracemalloc
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from experiments.runs.rows import Packing, Row, Rows, columns
from experiments.runs.store import Store

VALUES = (
    st.none() | st.booleans() | st.integers(-(1 << 62), 1 << 62) | st.floats() | st.sampled_from(["", "done", "é|&"])
)
ROWS = st.lists(st.dictionaries(st.sampled_from("abcdefg"), VALUES), max_size=8)


def packed(rows: Iterator[Row] | list[Row]) -> Rows:
    pack = Packing()
    return Rows(pack(row) for row in rows)


@given(ROWS)
def test_rows_come_back_with_their_types_and_in_their_order(rows: list[Row]) -> None:
    found = packed(rows)
    assert list(map(repr, found)) == list(map(repr, rows))  # NaN, minus zero and True are none but themselves
    assert [repr(found[at]) for at in range(len(found))] == list(map(repr, rows))
    assert repr(list(found[1:3])) == repr(rows[1:3])


@given(ROWS)
def test_columns_are_what_each_row_has_under_a_name(rows: list[Row]) -> None:
    first = ("d", "h")
    found = columns(rows, first, lambda key: key == "g")
    assert list(found) == [key for key in dict.fromkeys([*first, *(key for row in rows for key in row)]) if key != "g"]
    for key, column in found.items():
        assert repr(list(column)) == repr([row.get(key) for row in rows])
        whole = bool(rows) and all(type(row.get(key)) is float for row in rows)
        assert isinstance(column, array) == (whole and key not in first)


def row(number: int, outcomes: int = 100) -> dict[str, Any]:
    plain = {"run_id": f"{number:016x}", "study": "coins", "regime": "siloed", "seed": number, "status": "done"}
    return plain | {"error": None} | {f"outcome_{at}": number + at / 7.0 for at in range(outcomes)}


def test_the_table_is_the_same_bytes_from_rows_packed_or_not(tmp_path: Path) -> None:
    rows = [row(1), row(2) | {"outcome_3": float("nan"), "late": 1}, row(3) | {"outcome_4": 5}, row(4, outcomes=2)]
    for name, given_rows in (("packed", packed(rows)), ("plain", rows)):
        Store(tmp_path / name, "code").write_runs(given_rows)
    one, other = ((tmp_path / name / "runs.parquet").read_bytes() for name in ("packed", "plain"))
    assert one == other


def test_a_kept_row_of_many_numbers_takes_less_than_twice_their_bytes(tmp_path: Path) -> None:
    runs, outcomes = 500, 100
    store = Store(tmp_path, "code")
    store.save([row(number, outcomes) for number in range(runs)])
    order = [f"{number:016x}" for number in range(runs)]
    tracemalloc.start()
    try:
        found = store.rows(order)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert found[runs - 1] == row(runs - 1, outcomes)
    assert held < 2 * 8 * outcomes * runs
    assert held < sum(sys.getsizeof(each) for each in found) / 2
