"""Columns of the pools' tables."""

from __future__ import annotations

from market.state.schema import Columns, table

NO_TICK = 0
"""Row of the ticks that is none, so that a pool of zeros is one without ranges."""


@table("pools")
class Pool(Columns):
    """A pool: a constant product, of ranges of prices if it is concentrated."""

    rollup = "rollup on which it stands", "rollup"
    account = "account whose balances are the reserves", "account"
    fee_account = "account where fees wait for the providers", "account"
    asset = "the two assets that it exchanges", "asset", 2
    fee = "fee on the input", "1"
    shares = "shares of all providers; in a concentrated pool, its active liquidity", "shares"
    growth = "fees per share since the start, of either asset", "units of the asset", 2
    marked = "what swaps brought a share of a concentrated pool besides fees, at reference prices", "USD"
    cumulative = "price times time up to the last change", "price x s"
    cumulative_time = "time of the last change", "s"
    fees_inside = "1: fees enter the reserves", "flag"
    everywhere = "of the shares, those over all prices", "shares"
    virtual = "reserve that swaps meet up to the next tick, of either asset", "units of the asset", 2
    spacing = "ticks between two prices at which ranges may end; 0: no ranges", "ticks"
    below = "nearest tick below the price; 0: none", "tick row"
    above = "nearest tick above the price; 0: none", "tick row"
    first_range = "first of its rows among the ranges", "range"
    most_ranges = "how many ranges it can have", "1"
    changes = "how often its ranges have changed", "1"
    paid_fees = "fees of either asset that ranges were paid since the start", "units of the asset", 2
    paid_marked = "what swaps brought ranges besides fees, as of the last change of each", "USD"
    opened = "value of its funds at the start", "USD"


@table("provisions")
class Provision(Columns):
    """What a liquidity provider has in a pool: a row for each of both."""

    shares = "shares that it owns", "shares"
    claimed = "fees per share up to which it has been paid, of either asset", "units of the asset", 2


@table("ticks")
class Tick(Columns):
    """A price at which ranges of a concentrated pool end; row 0 is none."""

    pool = "pool", "pool"
    number = "number of the tick: its price is 1.0001 to that power", "1"
    ends = "how many ranges begin or end here; 0: none, the row is free", "1"
    root = "square root of its price in units of the second asset", "1"
    level = "liquidity of the ranges just above it", "shares"
    up = "next tick of the pool above it; 0: none", "tick row"
    down = "next tick of the pool below it; 0: none", "tick row"
    outside = "fees of either asset per share, and what swaps brought, where the price was across it", "units, USD", 3


@table("ranges")
class Range(Columns):
    """Liquidity of a provider between two prices of a concentrated pool."""

    pool = "pool", "pool"
    owner = "provider's account", "account"
    lower = "number of the tick where it begins", "1"
    upper = "number of the tick where it ends", "1"
    liquidity = "its liquidity; 0: none, the row is free", "shares"
    claimed = "gains per share inside it, up to which it has been paid", "units, USD", 3
    fees = "fees of either asset that it was paid", "units of the asset", 2
    marked = "what swaps brought it besides fees, at reference prices, as of its last change", "USD"
