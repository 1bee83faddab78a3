"""What pools add to a run's results: volume, what users' swaps cost them, what providers earned and lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from market.intents.rows import BATCHED, Row, Rows
from market.kernel.compiled import inlined_kernel, kernel
from market.state.store import State, get
from market.state.tables import Asset
from market.venues import Kind
from market.venues.pools import batch
from market.venues.pools.by_range import totals as totals_of_ranges
from market.venues.pools.curve import quoted, reserve, trades
from market.venues.pools.tables import Pool

if TYPE_CHECKING:
    from market.model import SequencerMarket

DAY = 86400.0
DELAY_BINS = 420
DELAY_LOW, DELAY_PER_DECADE = 1e-3, 60.0

TOTALS = {
    "volume": "value swapped [USD]",
    "user_volume": "of it, retail swaps [USD]",
    "user_cost": "what retail swaps received less than at the mid when they were sent, and their tips [USD]",
    "user_count": "retail swaps [1]",
    "user_delay": "from sending to execution, summed over retail swaps [s]",
    "unfilled_volume": "value of retail swaps that were reverted, expired or paused for good [USD]",
    "unfilled_cost": "what these would have received less than at the mid when sent, on their pool as it gave up [USD]",
    "sandwich_loss": "what whoever stood in a sandwich received less than without it [USD]",
    "user_sandwich_loss": "of it, retail users [USD]",
    "lp_fees": "fees of swaps [USD]",
    "lp_marked": "value given less value taken by those who swap, fees off: what providers gain besides fees [USD]",
    "lp_arbitrage": "loss of providers to arbitrage: of it, by swaps that close gaps, with the sign turned [USD]",
}
"""Columns of the totals by rollup."""


@kernel
def _delay_bin(delay: float) -> int:
    return min(DELAY_BINS - 1, max(0, int(np.log10(max(delay, DELAY_LOW) / DELAY_LOW) * DELAY_PER_DECADE)))


@inlined_kernel
def _user(row: Row, value: float, at: Any, delays: np.ndarray) -> None:
    at.user_volume += value
    at.user_count += 1.0
    if row.mid > 0.0:
        at.user_cost += value * (1.0 - row.filled_out / (row.filled_in * row.mid)) + row.tip
    at.user_delay += row.executed - row.sent
    delays[_delay_bin(row.executed - row.sent)] += 1


@kernel
def providers_gain(state: State, row: Row) -> float:
    """What a swap brings providers besides its fee: value given less value taken [USD]."""
    value = row.filled_in * get(state, Asset.price, row.asset_in)
    return value - _fee(state, row, value) - row.filled_out * get(state, Asset.price, row.asset_out)


@kernel
def _fee(state: State, row: Row, value: float) -> float:
    """Fee of a swap [USD]; what clears together pays none but on what is left over, which `count_clearing` adds."""
    return 0.0 if row.carried == BATCHED else get(state, Pool.fee, row.venue) * value


@inlined_kernel
def count(state: State, row: Row, author: int, operator: int, at: Any, sums: Any) -> None:
    """Add an executed intent, if it is a swap, to the totals of its rollup, and a user's delay to the histogram."""
    if row.kind != Kind.SWAP:
        return
    value = row.filled_in * get(state, Asset.price, row.asset_in)
    at.volume += value
    at.lp_fees += _fee(state, row, value)
    at.lp_marked += providers_gain(state, row)
    if row.sender == sums.retail:
        _user(row, value, at, sums.delays)


@kernel
def count_unfilled(state: State, row: Row, by_rollup: Any, retail: int) -> None:
    """Add a retail swap that came to nothing, at what its pool would return for it after the block."""
    if row.sender != retail or row.kind != Kind.SWAP:
        return
    if not trades(state, row.venue, row.rollup, row.asset_in, row.asset_out):
        return
    at, value = by_rollup[row.rollup], row.amount * get(state, Asset.price, row.asset_in)
    at.unfilled_volume += value
    if row.mid > 0.0:
        out = quoted(state, row.venue, row.asset_in, row.amount)
        at.unfilled_cost += value * (1.0 - out / (row.amount * row.mid))


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
            log_mid = np.log(reserve(state, pool, 0) / reserve(state, pool, asset))
            total += log_mid
            squares += log_mid * log_mid
            count += 1
        out[asset] = 0.0
        if count > 1:
            out[asset] = 1e4 * np.sqrt(max(0.0, squares / count - (total / count) ** 2))


def report(market: SequencerMarket) -> dict[str, float]:
    """Volume, and the return of providers: fees and the marked gain of every trade, per value provided at the start."""
    totals = market.tally.totals()
    provided = sum(_opened(market))
    days = market.config.horizon_s / DAY
    net = totals["lp_fees"] + totals["lp_marked"]
    world = market.world
    ranged = totals_of_ranges(world.state, world.tables) if world.tables.pools["spacing"].any() else {}
    return {
        "volume_usd": float(totals["volume"]),
        "retail_volume_usd": float(totals["user_volume"]),
        "retail_demand_usd": float(totals["user_volume"] + totals["unfilled_volume"]),
        "lp_fees_usd": float(totals["lp_fees"]),
        "lp_lvr_usd": float(totals["lp_arbitrage"]),
        "lp_net_usd": float(net),
        "lp_net_bp_per_day": float(1e4 * net / (provided * days)) if provided * days > 0.0 else float("nan"),
        "pool_value_usd": _value(market),
        **ranged,
    }


def _opened(market: SequencerMarket) -> Iterator[float]:
    """Yield what was provided to each pool at the start [USD]."""
    specs = [pool for rollup in market.config.rollups for pool in rollup.pools]
    for row, spec in zip(market.world.tables.pools, specs, strict=True):
        yield 2.0 * spec.depth_usd if spec.concentrated is None else float(row["opened"])


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
