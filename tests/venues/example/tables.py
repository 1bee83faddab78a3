"""Columns of the vaults' table."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("vaults")
class Vault(Columns):
    """A vault."""

    rollup = "rollup on which it stands", "rollup"
    account = "account that holds its money", "account"
    owner = "account of whoever paid in last; -1: nobody", "account"
    held = "money in it", "USD"
