"""Traders of perpetuals: many contracts held in arrays.

Each looks at her margin at random times. When it is low some pay in more, some close part, some wait. At other random
times she takes a new side, with the recent move or against it by chance, at a leverage of her own. All of it goes
through the sequencer, so that a defence can come too late and an outage stops it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from agents.populations.arrivals import Arrivals, chosen
from market.intents.fresh import write
from market.intents.rows import INTENT, Purpose, Row, Rows
from market.kernel.direct import bound
from market.state.store import State, balance, get, index
from market.venues import Kind
from market.venues.perpetuals import rules as perpetuals
from market.venues.perpetuals.instrument import next_contract
from market.venues.perpetuals.tables import Contract, Perpetual

if TYPE_CHECKING:
    from market.model import SequencerMarket

STRETCH_S = 60.0
WAIT, TOP_UP, REDUCE = range(3)
LATENCY_S, PATIENCE_S = 0.5, 120.0
FOR_GAS_USD = 20.0
"""What a trader never pays in as margin, so that she can pay for gas [USD]."""
TOLERANCE = 0.01
"""Whoever takes a new side accepts a price so much worse than the oracle's [1]; whoever closes accepts any."""
SPARE = 1e-3
"""Share of equity that pays for the trade itself: fee and spread [1]."""


@njit(cache=True)
def _write(state: State, rows: Rows, at: int, kind: np.int64, contract: int, sent: float) -> Row:
    """Write what all intents of a trader on her contract have in common; returns the row."""
    market = index(state, Contract.market, contract)
    owner, rollup = index(state, Contract.owner, contract), index(state, Perpetual.rollup, market)
    write(rows, at, owner, rollup, kind, market, contract, Purpose.USER, sent, sent + LATENCY_S, sent + PATIENCE_S)
    rows[at].route = 0.5
    return rows[at]


@njit(cache=True)
def _trade(state: State, out: Rows, at: int, contract: int, change: float, tolerance: float, sent: float) -> bool:
    """Buy or sell what changes a size by `change`, at most `tolerance` worse than the oracle's price (0: at any)."""
    market = index(state, Contract.market, contract)
    if not abs(change) >= perpetuals.STEP:
        return False
    row = _write(state, out, at, Kind.PERPETUAL_TRADE, contract, sent)
    asset = index(state, Perpetual.asset, market)
    row.asset_in, row.asset_out, row.amount = (0, asset, change) if change > 0.0 else (asset, 0, -change)
    if tolerance > 0.0:
        price = perpetuals.price_of(state, market)
        row.limit = price * (1.0 + tolerance) if change > 0.0 else price * (1.0 - tolerance)
    return True


@njit(cache=True)
def _reserves(state: State, contract: int) -> float:
    """Return what a trader may still pay in as margin [USD]."""
    rollup = index(state, Perpetual.rollup, index(state, Contract.market, contract))
    return balance(state, index(state, Contract.owner, contract), rollup, 0) - FOR_GAS_USD


@njit(cache=True)
def look(
    state: State, times: np.ndarray, who: np.ndarray, habit: np.ndarray, level: float, goal: float, out: Rows
) -> int:
    """Let traders look at their margin, and defend it where it is below `level` maintenance margins.

    Returns how many rows they sent. Paying in lifts equity to `goal` maintenance margins, as far as reserves reach;
    closing a share of every size lowers the maintenance margin to equity over `goal`.
    """
    count = 0
    for k in range(times.size):
        contract = who[k]
        size = get(state, Contract.quantity, contract)
        if size == 0.0:
            continue
        equity, maintenance, _ = perpetuals.margin_of(state, contract)
        if not equity < level * maintenance:
            continue
        if habit[contract] == TOP_UP:
            amount = min(goal * maintenance - equity, _reserves(state, contract))
            if amount > 0.0:
                _write(state, out, count, Kind.PERPETUAL_DEPOSIT, contract, times[k]).amount = amount
                count += 1
        else:
            share = 1.0 - max(equity, 0.0) / (goal * maintenance)
            if _trade(state, out, count, contract, -size * share, 0.0, times[k]):
                count += 1
    return count


@njit(cache=True)
def take_sides(
    state: State, times: np.ndarray, who: np.ndarray, draws: np.ndarray, trend: np.ndarray, momentum: float,
    leverage: np.ndarray, bundle: int, out: Rows,
) -> int:  # fmt: skip
    """Let traders take a new side; returns how many rows they sent.

    A row of `draws` (n, 3), uniform, says whether the side follows the move, which side noise takes, and the leverage,
    log-uniform between the two of `leverage` (markets, 2). `trend` (assets,) is the log price over its average. Whoever
    has no margin left brings her reserves, in one bundle with the trade.
    """
    count = 0
    for k in range(times.size):
        contract = who[k]
        market = index(state, Contract.market, contract)
        price, size = perpetuals.price_of(state, market), get(state, Contract.quantity, contract)
        equity, brought = perpetuals.margin_of(state, contract)[0], 0.0
        if size == 0.0 and next_contract(state, contract) == contract and equity <= 0.0:
            brought = max(_reserves(state, contract), 0.0)
        equity += brought
        if not (equity > 0.0 and price > 0.0):
            continue
        moved = trend[index(state, Perpetual.asset, market)]
        side = 1.0 if draws[k, 1] < 0.5 else -1.0
        if draws[k, 0] < momentum and moved != 0.0:
            side = np.sign(moved)
        low, high = leverage[market, 0], leverage[market, 1]
        wanted = side * equity * (1.0 - SPARE * high) * low * (high / low) ** draws[k, 2] / price
        if brought > 0.0:
            if not _trade(state, out, count + 1, contract, wanted, TOLERANCE, times[k]):
                continue
            _write(state, out, count, Kind.PERPETUAL_DEPOSIT, contract, times[k]).amount = brought
            out[count].bundle = out[count + 1].bundle = bundle + k
            count += 2
        elif _trade(state, out, count, contract, wanted - size, TOLERANCE, times[k]):
            count += 1
    return count


_looked, _sided = bound(look), bound(take_sides)


def arrivals(rng: np.random.Generator, who: np.ndarray, rate: float, draws: int) -> Arrivals:
    """Arrivals of traders.

    Parameters
    ----------
    rng
        their stream
    who
        shape (n,), int64: contracts whose owners arrive, each at the same rate
    rate
        of each [1/s]
    draws
        uniform numbers that come with an arrival

    Returns
    -------
    arrivals whose marks are the contract, shape (n,), and the numbers, shape (n, draws)
    """
    expected = who.size * rate * STRETCH_S
    return Arrivals(rng, STRETCH_S, expected, lambda count: (chosen(rng, who, count), rng.random((count, draws))))


class PerpetualTraders:
    """The population of traders of perpetuals.

    Parameters
    ----------
    market
        where they hold contracts
    """

    def __init__(self, market: SequencerMarket) -> None:
        law, tables = market.config.perpetual_traders, market.world.tables
        self._law, self._state, self._market = law, market.world.state, market
        traders = np.ones(len(tables.contracts), np.bool_)
        traders[tables.perpetuals["maker"].astype(np.int64)] = False
        # contracts of auctions and of those who buy in them are somebody else's
        owners = tables.contracts["owner"].astype(np.int64)
        people = market.world.groups.index("perpetual traders")
        traders &= tables.accounts["group"][owners] == people
        habits, looks, sides = (np.random.default_rng(seed) for seed in market.streams["perpetual traders"].spawn(3))
        draw = habits.random(traders.size)
        self._habit = np.where(draw < law.top_up_share, TOP_UP, WAIT)
        self._habit[(draw >= law.top_up_share) & (draw < law.top_up_share + law.reduce_share)] = REDUCE
        self._looks = arrivals(looks, np.flatnonzero(traders & (self._habit != WAIT)), 1.0 / law.attention_s, 0)
        self._sides = arrivals(sides, np.flatnonzero(traders), law.trades_per_hour / 3600.0, 3)
        listed = [spec for rollup in market.config.rollups for spec in rollup.perpetuals]
        self._leverage = np.array([(spec.leverage_low, spec.leverage_high) for spec in listed]).reshape(-1, 2)
        idle = not traders.any() or law.top_up_share + law.reduce_share + law.trades_per_hour == 0.0
        self.idle_until = math.inf if idle else -math.inf
        self._average = np.log(tables.prices)
        self._seen = 0.0
        self._rows = np.zeros(64, INTENT)

    def submit(self, time: float, until: float) -> np.ndarray:
        """Send what those who look or trade before `until` decide; a view valid until the next call."""
        if self.idle_until > until:
            return self._rows[:0]
        looked, lookers, _ = self._looks.take(until)
        times, who, draws = self._sides.take(until)
        most = looked.size + 2 * times.size
        if most > self._rows.size:
            self._rows = np.zeros(2 * most, INTENT)
        law = self._law
        count = _looked(self._state, looked, lookers, self._habit, law.act_below, law.goal, self._rows)
        trend = self._trend(time)
        if times.size:
            bundle = self._market.bundles
            self._market.bundles += times.size
            rest = self._rows[count:]
            count += _sided(self._state, times, who, draws, trend, law.momentum_share, self._leverage, bundle, rest)
        return self._rows[:count]

    def _trend(self, time: float) -> np.ndarray:
        """Log reference price over its exponential average, which then takes in the price: shape (assets,)."""
        price = np.log(self._market.world.tables.prices)
        trend = price - self._average
        self._average += -np.expm1(-(time - self._seen) / self._law.momentum_s) * trend
        self._seen = time
        return trend

    def learn(self, rows: Rows) -> None:
        """Learn nothing from a block: what matters is on its account when a trader looks."""
