"""What options add to a run's results: what was traded, quoted and owed, what expiries paid, and who lost by quotes.

Violations are counted in the quotes that stand at the end: those that could not be the prices of one market.

A trade's gain is to whoever takes a quote: options at what they are worth at the reference price and the volatility
they are marked at, less the premium; what a sniper takes is the sum of those that are above nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.intents.extraction import Extraction
from market.intents.rows import Row
from market.kernel.compiled import kernel
from market.state.store import State, get, index
from market.state.tables import Account, Asset
from market.venues import Kind
from market.venues.liquidation.outcomes import count_asking
from market.venues.options import surface
from market.venues.options.instrument import value_at
from market.venues.options.tables import Option, OptionMarket, Quote

if TYPE_CHECKING:
    from market.model import SequencerMarket

TOTALS = {
    "options_volume": "underlying of options traded, at reference prices [USD]",
    "options_premium": "premiums of options traded [USD]",
    "options_taken": "gains of those trades by which whoever took a quote gained [USD]",
    "options_liquidated": "positions of accounts under margin, taken over or closed, at their marks [USD]",
    "options_given": "losses of those trades by which whoever took a quote lost [USD]",
}
"""Columns of the totals by rollup."""


SELLING = (
    Kind.OPTION_AUCTION_START, Kind.OPTION_AUCTION_TAKE, Kind.OPTION_AUCTION_END, Kind.OPTION_AUCTION_CLOSE
)  # fmt: skip


@kernel
def _count_sale(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add what was taken over or closed, and what whoever took an account gained by it at its marks.

    That is in the accounts of options, of which what is explained leaves out all.
    """
    count_asking(state, row, author, operator, sums.gains)
    at.options_liquidated += row.filled_in
    sums.gains[index(state, Account.group, row.sender), Extraction.LIQUIDATION] += row.filled_out


@kernel
def gain_of(state: State, row: Row) -> float:
    """What a trade on a quote brought its taker, at the reference price and the volatility of the marks [USD]."""
    series = row.target if row.kind == Kind.OPTION_TRADE else index(state, Quote.series, row.target)
    price = get(state, Asset.price, index(state, OptionMarket.asset, row.venue))
    worth = value_at(state, series, price, get(state, Option.volatility, series), row.executed)
    gain = row.filled_out * worth - row.filled_in
    return gain if row.asset_in == 0 else -gain


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed trade, or what is of an account's sale."""
    if row.kind in SELLING:
        _count_sale(state, row, author, operator, at, sums)
    if row.kind not in (Kind.OPTION_TRADE, Kind.OPTION_TAKE):
        return
    gain, price = gain_of(state, row), get(state, Asset.price, index(state, OptionMarket.asset, row.venue))
    at.options_volume += row.filled_out * price
    at.options_premium += row.filled_in
    at.options_taken += max(gain, 0.0)
    at.options_given += max(-gain, 0.0)


def report(market: SequencerMarket) -> dict[str, float]:
    """Trades of the run, quotes and options that stand at its end, and what was paid at expiries."""
    totals, tables = market.tally.totals(), market.world.tables
    chain, terms = tables.options, tables.option_markets
    both = (chain["bid_size"] > 0.0) & (chain["ask_size"] > 0.0)
    bid, ask = chain["bid"][both], chain["ask"][both]
    prices = tables.prices[terms["asset"][chain["market"].astype(np.int64)].astype(np.int64)]
    violated, compared = surface.count(tables, market.time)
    given, taken, premium = (float(totals[f"options_{name}"]) for name in ("given", "taken", "premium"))
    return {
        "options_volume_usd": float(totals["options_volume"]),
        "options_premium_usd": premium,
        "options_sniped_usd": taken,
        "options_effective_spread_bp": 1e4 * (given - taken) / premium if premium > 0.0 else float("nan"),
        "options_quoted_spread_bp": 2e4 * float(((ask - bid) / (ask + bid)).mean()) if both.any() else float("nan"),
        **{f"options_{name}_violations": float(number) for name, number in violated._asdict().items()},
        "options_comparisons": float(sum(compared)),
        "options_open_usd": float(chain["open"] @ prices),
        "options_liquidated_usd": float(totals["options_liquidated"]),
        "options_deleveraged_usd": float(tables.option_margins["deleveraged"].sum()),
        "options_auctioned": float(terms["auctioned"].sum()),
        "options_raised_usd": float(terms["raised"].sum()),
        "options_paid_usd": float(terms["paid"].sum()),
        "options_lapsed_usd": float(terms["lapsed"].sum()),
        "options_insured_usd": float(terms["insured"].sum()),
        "options_socialised_usd": float(terms["socialised"].sum()),
    }
