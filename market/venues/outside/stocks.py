"""Columns of what participants are long or short on the outside market."""

from __future__ import annotations

from market.state.schema import VARIABLE, Columns, table


@table("stocks")
class Stock(Columns):
    """What a participant has bought outside (less than 0: sold) and not yet had delivered; no rows without a limit."""

    quantity = "of each asset", "units of the asset", VARIABLE
