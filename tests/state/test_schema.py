"""Numbers of tables: compiled code contains them, so no table may move another's."""

from __future__ import annotations

import itertools
import zlib

import pytest

from market.state.schema import NUMBERS, Columns, number_of, tables
from market.venues.lending.tables import LendingMarket


def test_a_table_has_the_number_of_its_name_whatever_others_there_are() -> None:
    before = {name: number_of(columns) for name, columns in tables().items()}

    class Extra(Columns):
        """A table more."""

        amount = "anything", "1"

    after = {name: number_of(columns) for name, columns in tables().items()}
    assert after == before
    assert len(set(before.values())) == len(before)
    assert number_of(LendingMarket) == zlib.crc32(b"market.venues.lending.tables.LendingMarket") % NUMBERS
    assert 0 <= number_of(Extra) < NUMBERS


def test_two_tables_with_one_number_are_refused() -> None:
    taken = number_of(LendingMarket)
    name = next(
        name for name in (f"Table{at}" for at in itertools.count())
        if zlib.crc32(f"{__name__}.{name}".encode()) % NUMBERS == taken
    )  # fmt: skip
    with pytest.raises((TypeError, RuntimeError), match="needs another name"):
        Columns(name, {"amount": ("anything", "1")}, module=__name__, qualname=name)
