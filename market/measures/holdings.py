"""What participants hold: funds, and what their liquidity and contracts amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market.state.store import Tables
from market.venues.options.instrument import covered_of, equity_of
from market.venues.perpetuals import rules as perpetuals
from market.venues.pools.by_range import held_in_ranges
from market.venues.pools.depth import held_of

if TYPE_CHECKING:
    from market.model import SequencerMarket


def holdings(market: SequencerMarket) -> np.ndarray:
    """Units of every asset held by each participant, shares of pools and contracts included: (participants, assets).

    Options are money, at their marks; what covers them is the asset that it is.
    """
    held = market.world.tables.balance[: len(market.members)].sum(axis=1)
    _add_provided(market, held)
    _add_contracts(market, held)
    return held


def provided(market: SequencerMarket) -> np.ndarray:
    """Units of every asset that each participant's liquidity amounts to: (participants, assets)."""
    held = np.zeros((len(market.members), len(market.world.tables.prices)))
    _add_provided(market, held)
    return held


def in_contracts(market: SequencerMarket) -> np.ndarray:
    """Units of every asset that each participant's contracts amount to, margin included: (participants, assets)."""
    held = np.zeros((len(market.members), len(market.world.tables.prices)))
    _add_contracts(market, held)
    return held


def _add_provided(market: SequencerMarket, held: np.ndarray) -> None:
    tables = market.world.tables
    for account in range(len(held)):
        provider = int(tables.accounts["provider"][account])
        if provider >= 0:
            held[account] += _provided(tables, provider)
            held[account] += held_in_ranges(market.world.state, tables, account)


def _add_contracts(market: SequencerMarket, held: np.ndarray) -> None:
    tables = market.world.tables
    for at in np.flatnonzero(tables.contracts["owner"] < len(held)).tolist():
        contract = tables.contracts[at]
        account, market_of = int(contract["owner"]), int(contract["market"])
        asset = int(tables.perpetuals["asset"][market_of])
        held[account, 0] += perpetuals.cash_of(market.world.state, at)
        held[account, asset] += contract["quantity"]
    for at in np.flatnonzero(tables.option_accounts["owner"] < len(held)).tolist():
        account = tables.option_accounts[at]
        owner, terms = int(account["owner"]), tables.option_markets[int(account["market"])]
        units, calls = covered_of(market.world.state, at)
        held[owner, 0] += equity_of(market.world.state, at) - calls
        held[owner, int(terms["asset"])] += units


def _provided(tables: Tables, provider: int) -> np.ndarray:
    """Units of every asset that a provider's shares of the pools, and fees not yet claimed, amount to: (assets,)."""
    total = np.zeros(len(tables.prices))
    for at, row in enumerate(tables.pools):
        own = tables.provisions[provider, at]
        for side in range(2):
            asset = int(row["asset"][side])
            reserve = held_of(tables, np.array(at), asset)
            total[asset] += reserve * own["shares"] / row["shares"]
            total[asset] += own["shares"] * (row["growth"][side] - own["claimed"][side])
    return total
