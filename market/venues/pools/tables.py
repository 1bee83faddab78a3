"""Columns of the pools' tables."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("pools")
class Pool(Columns):
    """A constant-product pool."""

    rollup = "rollup on which it stands", "rollup"
    account = "account whose balances are the reserves", "account"
    fee_account = "account where fees wait for the providers", "account"
    asset = "the two assets that it exchanges", "asset", 2
    fee = "fee on the input", "1"
    shares = "shares of all providers", "shares"
    growth = "fees per share since the start, of either asset", "units of the asset", 2
    cumulative = "price times time up to the last change", "price x s"
    cumulative_time = "time of the last change", "s"
    fees_inside = "1: fees enter the reserves", "flag"


@table("provisions")
class Provision(Columns):
    """What a liquidity provider has in a pool: a row for each of both."""

    shares = "shares that it owns", "shares"
    claimed = "fees per share up to which it has been paid, of either asset", "units of the asset", 2
