"""What arbitrageurs earn from a constant-product pool when its price is stale: loss-versus-rebalancing with fees.

Sources: J. Milionis, C. Moallemi, T. Roughgarden, A. L. Zhang (2022), Automated market making and loss-versus-
rebalancing; J. Milionis, C. Moallemi, T. Roughgarden (2023), Automated market making and arbitrage profits in the
presence of fees (Poisson blocks); A. Nezlobin, M. Tassy (2025) (fixed block time).

The reference price is an exact geometric Brownian motion. In every block the market's arbitrageur looks for a trade of
the pool against the outside market, which charges nothing, and its bundle is executed as a block of the market. Fees
stay outside of the curve.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from agents.blocks.arbitrage import outside_arbitrages
from experiments.validation._markets import YEAR_S, Watched, asset, held, intents, pool, rollup, still, trader
from experiments.validation._rows import mean_and_error, row
from market.config import PriceConfig
from market.execution import execute_block
from market.intents.rows import Status
from market.prices.path import PricePath
from market.state.store import State, balance, cell, get
from market.state.tables import Asset
from market.venues import Kind
from market.venues.pools.rules import reserve
from market.venues.pools.seen import NO_TICKS

ID = "M2"
TITLE = "Loss-versus-rebalancing with fees"

BLOCKS = 2_000_000
BATCH = 20_000  # blocks between two points of the time average, for its standard error
RELATIVE = 0.02
DAY_S = 86400.0
SLACK = 1e-9  # of the limits on the arbitrageur's bundle, against rounding

USD, ETH = 0, 1


class Cell(NamedTuple):
    """One cell of the table: volatility [1/sqrt(year)], mean block time [s], fee [bp]."""

    sigma: float
    block_s: float
    fee_bp: float

    def __str__(self) -> str:
        """Name of the case."""
        return f"{self.sigma:.0%} a year, {self.block_s:g} s, {self.fee_bp:g} bp"


CELLS = tuple(
    Cell(*numbers) for numbers in [(0.5, 2, 5), (0.8, 0.25, 5), (0.8, 2, 5), (0.8, 12, 5), (0.8, 12, 30), (1.5, 2, 5)]
)


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Both kinds of blocks in every cell, no fee, and the whole market; `quick` keeps two cells and fewer slots."""
    for number, at in enumerate(CELLS[2:4] if quick else CELLS):
        yield from _poisson(at, np.random.default_rng((1, number)))
        yield from _fixed(at, np.random.default_rng((2, number)))
    yield from _no_fee(Cell(0.8, 12, 0))
    yield from _whole_market(Cell(0.8, 12, 5), 10_000 if quick else 40_000)


# -- expected ----------------------------------------------------------------------------------------------------------


def _lvr_per_day(at: Cell) -> float:
    """Loss without fees [share of pool value per day]: sigma^2 / 8."""
    return at.sigma**2 / 8.0 * DAY_S / YEAR_S


def _half_band(at: Cell) -> tuple[float, float]:
    """Half width g of the no-trade band, and the volatility of a block, both in log price."""
    return -float(np.log(1.0 - at.fee_bp * 1e-4)), at.sigma * float(np.sqrt(at.block_s / YEAR_S))


def _trade_chance(at: Cell) -> float:
    g, per_block = _half_band(at)
    return float(1.0 / (1.0 + np.sqrt(2.0) * g / per_block))


def _poisson_profit_per_day(at: Cell) -> float:
    g, per_block = _half_band(at)
    return float(_lvr_per_day(at) * _trade_chance(at) * np.cosh(g / 2.0) / (1.0 - per_block**2 / 8.0))


def _fixed_share_of_lvr(at: Cell) -> float:
    g, per_block = _half_band(at)
    return 1.0 / (1.0 + 1.7164 * g / per_block)


# -- simulated ---------------------------------------------------------------------------------------------------------


def _poisson(at: Cell, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    waits = rng.standard_exponential((BLOCKS // BATCH, BATCH)) * at.block_s
    profit, traded = _simulate(at, waits, rng)
    chance, error = mean_and_error(traded / BATCH)
    expected = _trade_chance(at)
    yield row(ID, f"{at}, Poisson", "blocks with a trade", expected, chance, RELATIVE * expected, error)
    expected = _poisson_profit_per_day(at) * 1e4
    per_day, error = mean_and_error(profit / (waits.sum(axis=1) / DAY_S) * 1e4)
    yield row(ID, f"{at}, Poisson", "profit, bp of V a day", expected, per_day, RELATIVE * expected, error)


def _fixed(at: Cell, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    profit, _ = _simulate(at, np.full((BLOCKS // BATCH, BATCH), at.block_s), rng)
    share, error = mean_and_error(profit / (BATCH * at.block_s / DAY_S) / _lvr_per_day(at))
    expected = _fixed_share_of_lvr(at)
    yield row(ID, f"{at}, fixed", "profit over LVR", expected, share, RELATIVE * expected, error)


def _no_fee(at: Cell) -> Iterator[dict[str, Any]]:
    profit, _ = _simulate(at, np.full((20, BATCH), at.block_s), np.random.default_rng(3))
    per_day, error = mean_and_error(profit / (BATCH * at.block_s / DAY_S) * 1e4)
    expected = _lvr_per_day(at) * 1e4
    yield row(ID, f"{at}, fixed", "profit, bp of V a day", expected, per_day, RELATIVE * expected, error)


def _whole_market(at: Cell, slots: int) -> Iterator[dict[str, Any]]:
    """The market itself on fixed blocks: with its agents, its desk, its mempool and its sequencer.

    On the same price path the loop must earn what the market's arbitrageur earned: the loop is the market, without what
    does not matter here.
    """
    market = _market(at, horizon_s=slots * at.block_s)
    path = PricePath(market.config, market.streams["prices"])
    first = path.current[ETH]
    market.run()
    worth = np.array(market.measured)
    prices = np.empty(len(worth))
    for slot in range(prices.size):
        path.advance(market.domains[0].phase + (slot + 1) * at.block_s)
        prices[slot] = path.current[ETH]
    returns = np.diff(np.log(np.concatenate([[first], prices])))
    earned = worth[:, 0] / worth[:, 1]
    profit = np.zeros(returns.size)
    _loop(_market(at, horizon_s=at.block_s), returns, profit)
    yield row(ID, f"{at}, whole market", "loop over market", 1.0, profit.sum() / earned.sum(), 1e-6)
    batches = earned[: earned.size // 50 * 50].reshape(50, -1)
    share, error = mean_and_error(batches.mean(axis=1) / (_lvr_per_day(at) * at.block_s / DAY_S))
    yield row(ID, f"{at}, whole market", "profit over LVR", _fixed_share_of_lvr(at), share, 3.0 * error, error)


def _market(at: Cell, horizon_s: float) -> Watched:
    """One pool on one rollup, first come, and an arbitrageur who pays neither gas nor fees outside.

    The price moves once a block. After every block it measures what the arbitrageur gained in it and the pool's value,
    both at the reference price of the block [USD].
    """
    deep = rollup("one", pool((4000.0, 1e7), ("ETH", "USD"), at.fee_bp, 2500.0), block_time_s=at.block_s)
    before = np.zeros(2)

    def measure(market: Watched) -> tuple[float, float]:
        now, prices = held(market, market.account("trader")), market.world.tables.prices
        gain = float((now - before) @ prices)
        before[:] = now
        account = int(market.world.tables.pools["account"][0])
        return gain, float(held(market, account) @ prices)

    config = still(
        [deep],
        [asset("ETH", 2500.0, at.sigma)],
        [trader("arbitrageur", 1e8, cycles=False, least_usd=0.0)],
        horizon_s=horizon_s,
        outside_fee_bp=0.0,
        prices=PriceConfig(kind="gbm", step_s=at.block_s),
    )
    market = Watched(config, seed=5, measure=measure)
    before[:] = held(market, market.account("trader"))
    return market


def _simulate(at: Cell, waits: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Run blocks after the given waits [s], shape (batches, n): profit over pool value and trades, of each batch."""
    market = _market(at, horizon_s=at.block_s)
    profit, traded = np.empty(len(waits)), np.empty(len(waits))
    earned = np.empty(waits.shape[1])
    for batch, wait in enumerate(waits):
        variance = at.sigma**2 * wait / YEAR_S
        returns = np.sqrt(variance) * rng.standard_normal(wait.size) - 0.5 * variance
        traded[batch] = _loop(market, returns, earned)
        profit[batch] = earned.sum()
    return profit, traded


def _loop(market: Watched, returns: np.ndarray, earned: np.ndarray) -> int:
    """Run blocks in whose course the log price moves by `returns`, shape (n,); fills `earned`, counts the trades."""
    market.public.refresh()
    account = market.account("trader")
    bundle = intents(market, 2, "retail", rollup=0, venue=(0, -1), bundle=0)
    bundle["sender"], bundle["kind"] = account, (int(Kind.SWAP), int(Kind.OUTSIDE))
    operator = market.domains[0].leaders[0].account
    return _blocks(market.world.state, bundle, market.public.pools.copy(), returns, account, operator, earned)


@njit(cache=True)
def _blocks(
    state: State, bundle: np.ndarray, pools: np.ndarray, returns: np.ndarray, account: int, operator: int,
    earned: np.ndarray,
) -> int:  # fmt: skip
    """Move the price, let the arbitrageur decide, execute its bundle; gain over pool value of every block."""
    prices = np.ones(2)
    prices[ETH] = get(state, Asset.price, ETH)
    rollups, still = np.zeros(1, np.int64), np.zeros(2)
    trades = 0
    for block in range(returns.size):
        prices[ETH] *= np.exp(returns[block])
        state.cells[cell(state, Asset.price, ETH)] = prices[ETH]
        for side in range(2):
            pools[0].reserve[side] = reserve(state, 0, int(pools[0].asset[side]))
        earned[block] = 0.0
        found = outside_arbitrages(pools, NO_TICKS, prices, 0.0, rollups, np.inf, still)
        if found.shape[0] == 0:
            continue
        source, sink = int(found[0].source), int(found[0].sink)
        least = found[0].output * (1.0 - SLACK)
        bundle[0].asset_in, bundle[0].asset_out = source, sink
        bundle[1].asset_in, bundle[1].asset_out = sink, source
        bundle[0].amount, bundle[0].limit = found[0].amount, least
        bundle[1].amount, bundle[1].limit = least, found[0].amount
        usd, eth = balance(state, account, 0, USD), balance(state, account, 0, ETH)
        execute_block(state, bundle, 0.0, operator, operator)
        if bundle[0].status == Status.FILLED:
            trades += 1
        gain = balance(state, account, 0, USD) - usd + (balance(state, account, 0, ETH) - eth) * prices[ETH]
        earned[block] = gain / (reserve(state, 0, USD) + reserve(state, 0, ETH) * prices[ETH])
    return trades
