"""Tables that belong to no venue: accounts, rollups, assets, and what margin accounts are made of."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("accounts")
class Account(Columns):
    """Whoever can hold something: a row each."""

    group = "group that the ledger counts it to", "group"
    provider = "row of the provisions of a liquidity provider; -1: none", "row"
    supplier = "row of the supplies of a lender; -1: it cannot supply", "row"
    open = "1: stands for the rest of the world, and may owe", "flag"
    venue = "1: belongs to a venue, which alone gives what it holds a meaning", "flag"


@table("rollups")
class Rollup(Columns):
    """A rollup."""

    gas = "fee of an included intent, paid to the operator", "USD"
    data_fee = "what senders pay the operator for what an intent takes on L1", "USD/byte"
    data_cost = "what the operator pays L1 for it", "USD/byte"
    usual = "gas and data fee of an intent of usual size", "USD"
    usual_reverted = "the same of a reverted one", "USD"
    l1 = "account that L1's income goes to", "account"
    reverted = "share of its gas that a reverted intent pays; 0: it is left out, and pays nothing", "1"
    grace = "1 while nobody is liquidated, after an outage", "flag"


@table("kinds")
class Posted(Columns):
    """What an intent of a kind takes on L1: a row for each kind."""

    bytes = "what it takes once compressed", "bytes"


@table("instruments")
class Instrument(Columns):
    """What counts towards a margin account; the instruments of one account stand in a ring."""

    venue = "venue of the position, its place in `market.venues.VENUES`", "number"
    row = "the position, a row of its venue's table", "row"
    next = "next instrument of the same account; itself: it is the only one", "instrument"


@table("assets")
class Asset(Columns):
    """An asset; the first is the numeraire."""

    price = "reference price", "USD"
