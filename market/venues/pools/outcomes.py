"""What pools add to a run's results: volume, what users' swaps cost them, what providers earned and lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market.intents.rows import BATCHED, Purpose, Row, Rows
from market.kernel.compiled import kernel
from market.state.store import State, balance, get, index
from market.state.tables import Asset
from market.venues import Kind
from market.venues.pools import batch
from market.venues.pools.tables import Pool

if TYPE_CHECKING:
    from market.model import SequencerMarket

DAY = 86400.0
DELAY_BINS = 420
DELAY_LOW, DELAY_PER_DECADE = 1e-3, 60.0

TOTALS = {
    "volume": "value swapped [USD]",
    "user_volume": "of it, users' own swaps [USD]",
    "user_cost": "what users received less than at the mid when they sent, and their tips [USD]",
    "user_count": "users' swaps [1]",
    "user_delay": "from sending to execution, summed over users' swaps [s]",
    "sandwich_loss": "what users received less than at the state that a bundle around them found [USD]",
    "lp_fees": "fees of swaps [USD]",
    "lp_marked": "value given less value taken by those who swap, fees off: what providers gain besides fees [USD]",
    "lp_arbitrage": "loss of providers to arbitrage: of it, by swaps of arbitrageurs, with the sign turned [USD]",
}
"""Columns of the totals by rollup."""


@kernel
def _delay_bin(delay: float) -> int:
    return min(DELAY_BINS - 1, max(0, int(np.log10(max(delay, DELAY_LOW) / DELAY_LOW) * DELAY_PER_DECADE)))


@kernel
def _user(row: Row, value: float, out_price: float, at: Any, delays: np.ndarray) -> None:
    at.user_volume += value
    at.user_count += 1.0
    if row.mid > 0.0:
        at.user_cost += value * (1.0 - row.filled_out / (row.filled_in * row.mid)) + row.tip
    at.user_delay += row.executed - row.sent
    delays[_delay_bin(row.executed - row.sent)] += 1
    if row.fallback_out > 0.0:
        at.sandwich_loss += (row.fallback_out - row.filled_out) * out_price


@kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed intent, if it is a swap, to the totals of its rollup, and a user's delay to the histogram."""
    if row.kind != Kind.SWAP:
        return
    in_price, out_price = get(state, Asset.price, row.asset_in), get(state, Asset.price, row.asset_out)
    value = row.filled_in * in_price
    # swaps that clear together pay no fee but on what is left over, which `count_clearing` adds
    fee = 0.0 if row.carried == BATCHED else get(state, Pool.fee, row.venue) * value
    at.volume += value
    at.lp_fees += fee
    marked = value - fee - row.filled_out * out_price
    at.lp_marked += marked
    if row.purpose in (Purpose.ARBITRAGE, Purpose.CYCLE):
        at.lp_arbitrage -= marked
    if row.purpose == Purpose.USER:
        _user(row, value, out_price, at, sums.delays)


@kernel
def count_clearing(state: State, rows: Rows, first: int, by_rollup: Any) -> None:
    """Add the fee on what the pool traded in the clearing that begins at rows[first], if one does."""
    row = rows[first]
    if row.carried != BATCHED:
        return
    if first > 0 and rows[first - 1].carried == BATCHED and rows[first - 1].venue == row.venue:
        return
    asset, fee = batch.fee_taken(state, rows, first)
    value = fee * get(state, Asset.price, asset)
    by_rollup[row.rollup].lp_fees += value
    by_rollup[row.rollup].lp_marked -= value


@kernel
def dispersion(state: State, main: np.ndarray, out: np.ndarray) -> None:
    """Spread of an asset's price over rollups: standard deviation of the log mids of its main pools, in bp.

    `main` has shape (assets, rollups): the deepest pool against the numeraire, -1 for none; `out` (assets,).
    """
    for asset in range(main.shape[0]):
        total, squares, count = 0.0, 0.0, 0
        for rollup in range(main.shape[1]):
            pool = main[asset, rollup]
            if pool < 0:
                continue
            account = index(state, Pool.account, pool)
            other = balance(state, account, rollup, 0)
            log_mid = np.log(other / balance(state, account, rollup, asset))
            total += log_mid
            squares += log_mid * log_mid
            count += 1
        out[asset] = 0.0
        if count > 1:
            out[asset] = 1e4 * np.sqrt(max(0.0, squares / count - (total / count) ** 2))


def report(market: SequencerMarket) -> dict[str, float]:
    """Volume, and the return of providers: fees and the marked gain of every trade, per value provided at the start."""
    totals = market.tally.totals()
    provided = 2.0 * sum(pool.depth_usd for rollup in market.config.rollups for pool in rollup.pools)
    days = market.config.horizon_s / DAY
    net = totals["lp_fees"] + totals["lp_marked"]
    return {
        "volume_usd": float(totals["volume"]),
        "retail_volume_usd": float(totals["user_volume"]),
        "lp_fees_usd": float(totals["lp_fees"]),
        "lp_lvr_usd": float(totals["lp_arbitrage"]),
        "lp_net_usd": float(net),
        "lp_net_bp_per_day": float(1e4 * net / (provided * days)) if provided * days > 0.0 else float("nan"),
        "pool_value_usd": _value(market),
    }


def _value(market: SequencerMarket) -> float:
    """What all reserves are worth now [USD]."""
    tables = market.world.tables
    held = np.array(
        [
            sum(
                tables.balance[int(row["account"]), int(row["rollup"]), asset] * tables.prices[asset]
                for asset in (int(row["asset"][0]), int(row["asset"][1]))
            )
            for row in tables.pools
        ]
    )
    return float(held.sum())
