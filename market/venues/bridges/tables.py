"""Columns of the bridges' table."""

from __future__ import annotations

from market.state.schema import VARIABLE, Columns, table


@table("bridges")
class Bridge(Columns):
    """A bridge between two rollups, usable in both directions."""

    source = "one end", "rollup"
    target = "other end", "rollup"
    account = "account that holds its funds at either end", "account"
    delay = "from inclusion to arrival", "s"
    fee = "fee on the amount moved", "1"
    promised = "promised and not yet delivered, by direction and asset", "units of the asset", VARIABLE
