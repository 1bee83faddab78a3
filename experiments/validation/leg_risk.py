"""Leg risk: an arbitrage between two rollups whose second leg comes later than the first, or never.

Derived. Net edge m, s = sigma sqrt(tau) over the delay tau between the legs, cost c of unwinding the first leg, all in
log price. A forced second leg loses with probability Phi(-m / s). Who may abort earns
-c + (m + c) Phi((m + c) / s) + s phi((m + c) / s) >= m in the mean, so delay alone does not hurt. If the second leg
fails with probability q, the trade pays iff m > q c / (1 - q). Executed atomically it pays from the fees g1 + g2 on.
sigma = .8, tau = 12 s, m = 10 bp: s = 4.93 bp and a loss in 2.14% of trades.

Two rollups with a deep pool each. The first leg buys on the cheap one; somebody's swap then moves the price of the dear
one; the second leg sells there, and what it refuses is sold where it was bought. The trade is so small beside the pools
that it does not move them. Where the arbitrageur decides for itself, its trades are of their best size, and it learns
from its receipts how often legs fail and what undoing the others costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from scipy.stats import norm

from experiments.validation._markets import (
    YEAR_S,
    Watched,
    asset,
    bisect,
    held,
    intents,
    pool,
    rollup,
    still,
    trader,
)
from experiments.validation._rows import mean_and_error, row, three_errors
from market import regimes
from market.execution import execute_block
from market.intents.rows import Status
from market.state.store import State, get
from market.venues import Kind
from market.venues.pools.rules import reserve
from market.venues.pools.tables import Pool

ID = "M5"
TITLE = "Leg risk: forced, aborted, failing and atomic second legs"

DRAWS = 1_000_000
SIGMA, TAU_S = 0.8, 12.0
RELATIVE = 0.02  # of a probability or a mean
FEE_BP = 3.0
DEEP_USD, SIZE_USD = 1e10, 1000.0
PRICE = 2500.0
BP = 1e-4
USD, ETH = 0, 1
CHEAP, DEAR = 0, 1  # rollups and their pools
FIRST, MOVE, SECOND, UNWIND = range(4)  # rows
PERIODS, QUICK_PERIODS = 4_000, 1_200
BLOCK_S, PERIOD_S = 1.0, 3.0


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Executed legs over many draws, then the arbitrageur's own threshold; `quick` takes fewer edges and lessons."""
    shocks = SIGMA * np.sqrt(TAU_S / YEAR_S) * np.random.default_rng(5).standard_normal(DRAWS)
    for m_bp in (10.0,) if quick else (0.0, 5.0, 10.0):
        yield from _forced(m_bp * BP, shocks)
    for m_bp in (2.0,) if quick else (-2.0, 0.0, 2.0):
        yield from _abort(m_bp * BP, shocks)
    for q in (0.2,) if quick else (0.05, 0.2, 0.5):
        yield from _failing(q, shocks)
    yield _atomic()
    for q, fee_bp in ((0.2, 40.0),) if quick else ((0.2, 40.0), (0.3, 40.0), (0.3, 10.0)):
        yield from _learned(q, fee_bp, QUICK_PERIODS if quick else PERIODS)


# -- legs executed one by one ------------------------------------------------------------------------------------------


def _sd() -> float:
    """Standard deviation of the log price over the delay."""
    return float(SIGMA * np.sqrt(TAU_S / YEAR_S))


def _unwind_cost() -> float:
    """Log cost of undoing the first leg where it began: the fee twice."""
    return -2.0 * float(np.log(1.0 - FEE_BP * BP))


def _forced(m: float, shocks: np.ndarray) -> Iterator[dict[str, Any]]:
    expected = float(norm.cdf(-m / _sd()))
    loss, error = mean_and_error(_trade(m, shocks, abort=False) < 0.0)
    case = f"m={m / BP:g} bp, s={_sd() / BP:.2f} bp"
    yield row(ID, case, "P(loss), forced second leg", expected, loss, RELATIVE * expected, error)


def _abort(m: float, shocks: np.ndarray) -> Iterator[dict[str, Any]]:
    """The value of the option to abort over the forced trade, in paired draws."""
    s, c = _sd(), _unwind_cost()
    d = (m + c) / s
    expected = float(-c + (m + c) * norm.cdf(d) + s * norm.pdf(d))
    aborted, forced = _trade(m, shocks, abort=True), _trade(m, shocks, abort=False)
    case = f"m={m / BP:g} bp, c={c / BP:.2f} bp"
    # the forced trade earns m in the mean: what it earned beyond that is luck that both trades share
    mean, error = mean_and_error((aborted - (forced - m)) / BP)
    yield row(ID, case, "mean with abort, bp", expected / BP, mean, RELATIVE * abs(expected) / BP, error)
    mean, error = mean_and_error((aborted - forced) / BP)
    yield row(ID, case, "option to abort, bp", (expected - m) / BP, mean, RELATIVE * (expected - m) / BP, error)


def _failing(q: float, shocks: np.ndarray) -> Iterator[dict[str, Any]]:
    """The edge at which the trade breaks even when a rival takes the second leg with probability q.

    The mean is linear in the edge, so two edges in paired draws give the zero.
    """
    c = _unwind_cost()
    expected = q * c / (1.0 - q)
    rival = np.random.default_rng(6).random(shocks.size) < q
    low, high = 0.5 * expected, 1.5 * expected
    still_price = np.zeros(shocks.size)
    at_low, at_high = (_trade(m, still_price, abort=True, rival=rival) for m in (low, high))
    slope = (at_high.mean() - at_low.mean()) / (high - low)
    found = low - at_low.mean() / slope
    error = mean_and_error(0.5 * (at_low + at_high))[1] / slope
    case = f"q={q:g}, c={c / BP:.2f} bp"
    yield row(ID, case, "break-even edge, bp", expected / BP, found / BP, RELATIVE * expected / BP, error / BP)


def _trade(m: float, shocks: np.ndarray, *, abort: bool, rival: np.ndarray | None = None) -> np.ndarray:
    """Log income over outlay of trades with net edge m, the dear price moved by `shocks` between the legs: shape (n,).

    A rival, where there is one, takes the dear price away before the second leg comes.
    """
    market = _two_rollups(m + _unwind_cost(), "siloed", DEEP_USD)
    legs = intents(market, 4, "retail", kind=Kind.SWAP)
    legs["rollup"] = legs["venue"] = (CHEAP, DEAR, DEAR, CHEAP)
    legs["asset_in"], legs["asset_out"] = (USD, USD, ETH, ETH), (ETH, ETH, USD, USD)
    legs["amount"][FIRST] = SIZE_USD
    legs["limit"][SECOND] = SIZE_USD * np.exp(-_unwind_cost()) if abort else 0.0
    moves = shocks if rival is None else np.where(rival, -0.01, shocks)
    earned = np.empty(shocks.size)
    operator = market.domains[0].leaders[0].account
    _legs(market.world.state, legs, moves, market.world.tables.balance.size, operator, earned)
    return earned


@njit(cache=True)
def _legs(state: State, legs: np.ndarray, moves: np.ndarray, balances: int, operator: int, earned: np.ndarray) -> None:
    """Carry out the legs of each draw, each as a block of its rollup, from the same balances."""
    start = state.cells[:balances].copy()
    keep = 1.0 - get(state, Pool.fee, DEAR)
    first, move, second, unwind = legs[:1], legs[1:2], legs[2:3], legs[3:4]
    for draw in range(moves.size):
        state.cells[:balances] = start
        execute_block(state, first, 0.0, operator, operator)
        bought = first[0].filled_out
        if moves[draw] != 0.0:
            source = USD if moves[draw] > 0.0 else ETH
            move[0].asset_in, move[0].asset_out = source, ETH - source
            move[0].amount = reserve(state, DEAR, source) * np.expm1(0.5 * abs(moves[draw])) / keep
            execute_block(state, move, TAU_S, operator, operator)
        second[0].amount = unwind[0].amount = bought
        execute_block(state, second, TAU_S, operator, operator)
        income = second[0].filled_out
        if second[0].status != Status.FILLED:
            execute_block(state, unwind, TAU_S, operator, operator)
            income = unwind[0].filled_out
        earned[draw] = np.log(income / first[0].filled_in)


def _two_rollups(gap: float, regime: str, depth_usd: float, **parameters: float) -> Watched:
    """One pool on each of two rollups, the second's price above the first's by `gap` in logs, and an arbitrageur."""
    rollups = []
    for at, half in enumerate((-0.5 * gap, 0.5 * gap)):
        reserves = depth_usd / PRICE * np.exp(-0.5 * half), depth_usd * np.exp(0.5 * half)
        rollups.append(rollup(f"r{at}", pool(reserves, ("ETH", "USD"), FEE_BP, PRICE)))
    agents = [trader("arbitrageur", 1e8, outside=False, least_usd=0.0, **parameters)]
    return Watched(still(rollups, [asset("ETH", PRICE)], agents, regime), seed=0)


# -- the arbitrageur's own decision ------------------------------------------------------------------------------------


def _atomic() -> dict[str, Any]:
    """One row: the least gap between two rollups at which the arbitrageur trades where its legs are one."""
    expected = _unwind_cost()

    def trades(gap: float) -> bool:
        market = _two_rollups(gap, "centralized_shared", 1e7)
        market.run()
        return bool((market.rows["kind"] == Kind.SWAP).any())

    found = bisect(trades, 0.99 * expected, 1.01 * expected, 14)
    return row(ID, "arbitrageur, atomic", "least gap, bp", expected / BP, found / BP, 1e-5 * expected / BP)


def _learned(q: float, fee_bp: float, periods: int) -> Iterator[dict[str, Any]]:
    """The least edge at which an arbitrageur trades that has learned from receipts how often legs fail, at what cost.

    Nobody tells it q, that somebody else is first on the dear rollup, or what unwinding costs. Edges are spread evenly
    over a range, so that the share of them that it takes tells where it begins. What the cost c is, the ledger says:
    fees, and half of the edge, which is the trade's own price impact.
    """
    odds = q / (1.0 - q)
    edges = odds * (fee_bp + FEE_BP) * BP / (1.0 - 0.5 * odds) * np.linspace(0.4, 1.8, periods)
    rng = np.random.default_rng(8)
    rng.shuffle(edges)
    market = _included(fee_bp)
    rival = rng.random(periods) < q
    taken, lost = np.zeros(periods, np.bool_), np.full(periods, np.nan)
    account = market.account("trader")
    for period, edge in enumerate(edges.tolist()):
        _offer(market, period, float(_unwind_cost() + 2.0 * np.log1p(edge)), bool(rival[period]))
        before = held(market, account) @ [1.0, PRICE]
        first = len(market.blocks)
        market.run_until(market.domains[0].phase + (period + 1) * PERIOD_S - 0.95)
        legs = np.concatenate(market.blocks[first:])
        legs = legs[(legs["sender"] == account) & (legs["kind"] == int(Kind.SWAP))]
        taken[period] = legs.size > 0
        bought = legs[(legs["status"] == Status.FILLED) & (legs["asset_in"] == USD)]
        if taken[period] and rival[period]:
            lost[period] = (before - held(market, account) @ [1.0, PRICE]) / bought["filled_in"].sum()
    cost = float(np.nanmean(lost))
    expected = q * cost / (1.0 - q)
    late = slice(periods // 2, None)
    # of edges spread evenly between two ends it takes those above where it begins
    found = edges.max() - taken[late].mean() * (edges.max() - edges.min())
    cycles = int(taken.sum()) - int(taken[late].sum()) // 2
    error = expected / np.sqrt(q * (1.0 - q) * cycles)  # what so many cycles tell of q / (1 - q)
    case = f"arbitrageur, q={q:g}, c={cost / BP:.3g} bp"
    yield row(ID, case, "least edge, learned, bp", expected / BP, found / BP, three_errors(error) / BP, error / BP)


def _included(fee_bp: float) -> Watched:
    """Two rollups whose bundles are included as a whole and executed apart; unwinding outside costs `fee_bp`."""
    rollups = [rollup(f"r{at}", pool((1e7 / PRICE, 1e7), ("ETH", "USD"), FEE_BP, PRICE)) for at in (CHEAP, DEAR)]
    agents = [trader("arbitrageur", 1e9, outside=False, least_usd=0.0, memory=0.0, learns_cost=True)]
    config = still(rollups, [asset("ETH", PRICE)], agents, outside_fee_bp=fee_bp, horizon_s=1e6)
    parts = {"guarantees": {"kind": "inclusion"}, "block_time_s": BLOCK_S}
    regime = regimes.load("centralized_shared").model_copy(update=parts)
    return Watched(config.model_copy(update={"regime": regime}), seed=0)


def _offer(market: Watched, period: int, gap: float, rival: bool) -> None:
    """Others put the cheap pool at the outside price and the dear one a gap above; then a rival may take half of it.

    The three blocks of a period: others trade; the arbitrageur, and before it the rival; the arbitrageur unwinds.
    """
    start = market.domains[0].phase + period * PERIOD_S
    state, rows = market.world.state, intents(market, 3, "retail", kind=Kind.SWAP)
    rows["rollup"] = rows["venue"] = (CHEAP, DEAR, DEAR)
    keep = 1.0 - FEE_BP * BP
    for at, level in ((CHEAP, 0.0), (DEAR, gap)):
        eth, usd = reserve(state, at, ETH), reserve(state, at, USD)
        move = np.log(PRICE * eth / usd) + level
        source, held_there = (USD, usd) if move > 0.0 else (ETH, eth)
        rows["asset_in"][at], rows["asset_out"][at] = source, 1 - source
        rows["amount"][at] = max(1e-9, held_there * np.expm1(0.5 * abs(move)) / keep)
    eth = reserve(state, DEAR, ETH) * np.exp(-0.5 * (np.log(PRICE * reserve(state, DEAR, ETH) / usd) + gap))
    rows["asset_in"][2], rows["asset_out"][2], rows["amount"][2] = ETH, USD, eth * np.expm1(0.25 * gap) / keep
    rows["arrival"] = rows["sent"] = start - 0.9 * BLOCK_S, start - 0.9 * BLOCK_S, start + 0.05 * BLOCK_S
    rows["expiry"] = np.inf
    market.mempool.submit(rows if rival else rows[:2])
