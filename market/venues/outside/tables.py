"""Columns of the outside market's table."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("outside")
class Outside(Columns):
    """The outside market: one row."""

    account = "account that stands for it", "account"
    fee = "fee on the output", "1"
