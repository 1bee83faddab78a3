"""Columns of what is shared by whatever can be liquidated: auctions and their lots, and the index of thresholds."""

from __future__ import annotations

from market.state.schema import VARIABLE, Columns, table


@table("auctions")
class Auction(Columns):
    """How a market of a venue liquidates; then what happened."""

    venue = "venue of the market, its place in `market.venues.VENUES`", "number"
    market = "the market, a row of its venue's table", "row"
    rollup = "rollup of the market", "rollup"
    design = "design, its number in `market.venues.liquidation`", "number"
    first = "first of its lots", "lot"
    lots = "how many lots it has", "1"
    penalty = "raised for the market beyond the debt, over the debt", "1"
    buf = "first price over the oracle's", "1"
    cut = "price after a step over that before it", "1"
    step = "length of a step", "s"
    tail = "time after which it must be reset", "s"
    cusp = "price over the first below which it must be reset", "1"
    increment = "least raise over the standing bid", "1"
    bid_s = "from the last bid to the end", "s"
    most_s = "from the start to the end", "s"
    open = "auctions that are open", "1"
    started = "auctions started", "1"
    resets = "auctions reset", "1"
    sold = "auctions that ended with a sale", "1"
    zero = "auctions won with a bid of nothing", "1"


@table("lots")
class Lot(Columns):
    """A lot: where one auction after another is held. Of contracts, what is for sale is on `contract`."""

    auction = "market's row among the auctions", "auction"
    account = "account of what is for sale and of the standing bid", "account"
    id = "number of the auction in it; -1: none yet", "number"
    open = "1: an auction is on", "flag"
    position = "position or contract that was seized", "row"
    amount = "collateral left; of contracts the signed size seized", "units"
    debt = "debt at the start; of contracts the value seized", "units of the debt asset"
    tab = "still to be raised; of contracts the value sold", "units of the debt asset"
    top = "price at which it began", "debt asset per unit"
    started = "when it began, or was reset last", "s"
    seized_at = "when the position was seized", "s"
    bid = "standing bid", "units of the debt asset"
    bidder = "account of the standing bid; -1: none", "account"
    bid_at = "time of the standing bid", "s"
    closed_at = "when the lot was left", "s"
    contract = "contract that holds the lot; -1: a lot of collateral", "contract"
    margin = "margin that the standing bid has put up", "USD"


@table("security")
class Security(Columns):
    """Security module of a rollup: a row for each rollup, or none where no rollup has one."""

    account = "account of the stake", "account"
    paid = "paid for deficits since the start", "USD"


@table("buckets")
class Bucket(Columns):
    """A group of `thresholds`: whatever one price liquidates from one side."""

    centre = "logarithm of the key at the middle bucket", "1"
    top = "no bucket above it holds anybody", "bucket"
    first = "first member of each bucket, counted from one; 0: none", "entry", VARIABLE


@table("entries")
class Entry(Columns):
    """A member of a group: where it stands in the lists."""

    bucket = "cell of the bucket that it stands in; 0: none", "cell"
    before = "member before it, counted from one; 0: none", "entry"
    next = "member behind it, counted from one; 0: none", "entry"
    row = "whose entry it is: a loan, a contract", "row"
