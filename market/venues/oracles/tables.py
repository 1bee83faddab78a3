"""Columns of the oracles' table."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("feeds")
class Feed(Columns):
    """A price feed: how it reads a price, and what it posted last."""

    rollup = "rollup on which it posts", "rollup"
    account = "account from which it posts", "account"
    asset = "asset that it prices", "asset"
    pool = "pool that it reads; -1: none", "pool"
    source = "what it reads, its number in `market.venues.oracles.rules`", "number"
    weight = "weight of the external price in a blend", "1"
    window = "window of the time-weighted price", "s"
    deviation = "relative deviation that triggers an update", "1"
    heartbeat = "longest time between two updates", "s"
    delay = "from reading to arriving at the sequencer", "s"
    price = "last posted price", "USD"
    posted_at = "time of the last update", "s"
    pending_until = "no update is sent before", "s"
    window_cumulative = "pool's price times time at the start of the window", "price x s"
    window_start = "start of the window", "s"
    twap = "time-weighted price of the last window", "USD"
