"""Columns of the outside market's table."""

from __future__ import annotations

from market.state.schema import VARIABLE, Columns, table


@table("outside")
class Outside(Columns):
    """The outside market: one row."""

    account = "account that stands for it", "account"
    fee = "fee on the output", "1"
    atomic = "1: exchanges are carried out within blocks, 0: apart from them", "1"
    delay = "from sending an order to its execution, where it is apart from blocks", "s"
    depth = "value whose exchange moves a log price by 1; inf: unlimited", "USD"
    most = "most of an asset that an account may be long or short; inf: any", "USD"
    shift = "log of the price of each asset there over the reference price", "1", VARIABLE
