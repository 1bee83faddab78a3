"""Columns of what participants are long or short on the outside market.

They do not stand in `tables`: compiled code names a table by its number, in the order in which tables are declared, and
what is kept of other venues' code would go on with numbers that a table in the middle has moved.
"""

from __future__ import annotations

from market.state.schema import VARIABLE, Columns, table


@table("stocks")
class Stock(Columns):
    """What a participant has bought outside (less than 0: sold) and not yet had delivered; no rows without a limit."""

    quantity = "of each asset", "units of the asset", VARIABLE
