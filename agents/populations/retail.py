"""Retail flow: many small traders held in arrays.

When they come, how much they trade, which way and how patiently is exogenous: drawn in continuous time from their own
stream, the same under every regime. On which rollup they trade is theirs to choose: the more often the cheaper it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import float64

from agents.populations.arrivals import Arrivals
from market.intents.fresh import write
from market.intents.rows import INTENT, NO_ROWS, Purpose, Rows, Status
from market.kernel.compiled import inlined_kernel, kernel
from market.kernel.direct import bind
from market.state.store import State, get
from market.state.tables import Asset
from market.venues import Kind
from market.venues.pools.curve import quoted, reserve
from market.venues.pools.depth import held_of

if TYPE_CHECKING:
    from market.model import SequencerMarket

STRETCH_S = 600.0

NOBODY = np.int64(-1)  # typed: a bare int would have callees compiled once per value

VALUE, SIDE, CHOICE, SLIPPAGE, TIP, DELAY, ROUTE, ASSET = range(8)
"""Columns of the exogenous draws that make a trade: what is spent [USD]; uniform, below one half buys the asset;
uniform, on which rollup; slippage accepted [1]; tip [USD]; delay until it reaches the sequencer [s]; uniform above
zero, as the intent's route; number of the asset."""
DRAWS = 8


def _log_normal(normal: np.ndarray, log_sd: float, median: float) -> None:
    """Turn standard normal draws into log-normal ones, in place."""
    np.multiply(normal, log_sd, normal)
    np.multiply(np.exp(normal, normal), median, normal)


@inlined_kernel
def _best_pool(state: State, offered: np.ndarray, source: int, amount: float) -> tuple[int, float]:
    """Pool with the best output among those offered (-1 ends the list), and that output; -1 where none has any."""
    best, most = -1, 0.0
    for k in range(offered.size):
        pool = offered[k]
        if pool < 0:
            break
        out = quoted(state, pool, source, amount)
        if out > most:
            best, most = pool, out
    return best, most


@kernel
def _accumulate(share: np.ndarray, total: np.ndarray, choice: np.ndarray) -> None:
    """Write cumulative shares of 1, given shares (assets, rollups) and their sums (assets, 1), 0 without venues."""
    for asset in range(share.shape[0]):
        whole, so_far = total[asset, 0], 0.0
        for rollup in range(share.shape[1]):
            so_far += share[asset, rollup] / whole if whole > 0.0 else 0.0
            choice[asset, rollup] = so_far


@kernel
def _write(
    state: State,
    times: np.ndarray,
    drawn: np.ndarray,
    share: np.ndarray,
    total: np.ndarray,
    learned: bool,
    choice: np.ndarray,
    offered: np.ndarray,
    sender: int,
    patience: float,
    out: Rows,
) -> int:
    """Turn trades, times (n,) [s] and draws (n, `DRAWS`), into rows; returns how many there are.

    `choice` (assets, rollups) is cumulative, anew of `share` and `total` where something was `learned`; `offered`
    (assets, rollups, k) lists pools.
    """
    if learned:
        _accumulate(share, total, choice)
    count = 0
    for k in range(times.size):
        sent, asset = times[k], int(drawn[k, ASSET])
        rollup = min(np.searchsorted(choice[asset], drawn[k, CHOICE], side="right"), choice.shape[1] - 1)
        source, sink = (0, asset) if drawn[k, SIDE] < 0.5 else (asset, 0)
        amount = drawn[k, VALUE] / get(state, Asset.price, source)
        pool, expected = _best_pool(state, offered[asset, rollup], source, amount)
        if pool < 0:
            continue
        r_in, r_out = reserve(state, pool, source), reserve(state, pool, sink)
        arrival, expiry = sent + drawn[k, DELAY], sent + patience
        write(out, count, sender, rollup, Kind.SWAP, pool, NOBODY, Purpose.USER, sent, arrival, expiry)
        row = out[count]
        row.asset_in, row.asset_out, row.amount = source, sink, amount
        row.limit = expected * (1.0 - min(0.5, drawn[k, SLIPPAGE]))
        row.tip, row.route, row.mid = drawn[k, TIP], drawn[k, ROUTE], r_out / r_in
        count += 1
    return count


@kernel
def _remember(rows: Rows, sender: int, memory: float, cost: np.ndarray, sensitivity: float, liking: np.ndarray) -> int:
    """Move the remembered cost [bp] of each rollup towards each execution's; returns how many there were.

    Large trades pay price impact that is theirs, not the rollup's: what one trade can teach is bounded at 200 bp.
    `liking` (rollups,) becomes, on a log scale, how much one likes each.
    """
    seen = 0
    for k in range(rows.size):
        row = rows[k]
        if row.sender != sender or row.kind != Kind.SWAP or row.status != Status.FILLED or not row.mid > 0.0:
            continue
        paid = 1e4 * (1.0 - row.filled_out / (row.filled_in * row.mid))
        paid = min(200.0, max(-200.0, paid))
        cost[row.rollup] += memory * (paid - cost[row.rollup])
        seen += 1
    least = np.inf
    for rollup in range(cost.size):
        least = min(least, cost[rollup])
    for rollup in range(cost.size):
        liking[rollup] = (cost[rollup] - least) * -sensitivity
    return seen


class RetailFlow:
    """The population of retail traders.

    Parameters
    ----------
    market
        where they trade
    """

    def __init__(self, market: SequencerMarket) -> None:
        self._flow = market.config.flow
        self._state = market.world.state
        self._sender = market.world.account_of["retail"]
        streams = market.streams["flow"].spawn(2)
        times, self._marks = (np.random.default_rng(stream) for stream in streams)
        self._rows = np.zeros(256, INTENT)
        self._offered, self._weight, self._asset_share = self._venues(market)
        self._arrivals = Arrivals(times, STRETCH_S, self._flow.per_second * STRETCH_S, self._trades)
        rollups = len(market.config.rollups)
        self.cost_bp = self._expected_cost(market)
        self._choice = np.zeros((len(market.config.asset_names), rollups))
        self._liking, self._share = np.zeros(rollups), np.zeros(self._weight.shape)
        self._total = np.zeros((len(self._weight), 1))
        self._learned = True  # since they last chose
        chosen = self._share, self._total, True, self._choice
        self._write = bind(_write, self._state, np.zeros(0), float64[:, :], *chosen, self._offered, 0, 0.0, self._rows)
        self._remember = bind(_remember, NO_ROWS, 0, 0.0, self.cost_bp, 0.0, self._liking)
        self.learn(NO_ROWS)

    def _venues(self, market: SequencerMarket) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pools against the numeraire by (asset, rollup), depth shares, and shares of the assets in the flow."""
        tables = market.world.tables
        assets, rollups = len(tables.prices), len(market.config.rollups)
        lists: list[list[list[int]]] = [[[] for _ in range(rollups)] for _ in range(assets)]
        depth = np.zeros((assets, rollups))
        held = held_of(tables, np.arange(len(tables.pools)), 0)
        for pool, row in enumerate(tables.pools):
            first, second = int(row["asset"][0]), int(row["asset"][1])
            if 0 in (first, second):
                asset, rollup = max(first, second), int(row["rollup"])
                lists[asset][rollup].append(pool)
                depth[asset, rollup] += held[pool]
        longest = max((len(pools) for by_rollup in lists for pools in by_rollup), default=0)
        offered = np.full((assets, rollups, max(1, longest)), -1, np.int64)
        for asset in range(assets):
            for rollup in range(rollups):
                offered[asset, rollup, : len(lists[asset][rollup])] = lists[asset][rollup]
        by_asset = depth.sum(axis=1)
        if not by_asset.any():  # nowhere is there a pool: no asset is needed more than another
            by_asset = np.ones(assets)
        return offered, depth, np.cumsum(by_asset / by_asset.sum())

    def _expected_cost(self, market: SequencerMarket) -> np.ndarray:
        """What traders believe at the start: fee plus impact of the median trade on the rollup's best pool [bp]."""
        tables = market.world.tables
        cost = np.full(len(market.config.rollups), 50.0)
        held = held_of(tables, np.arange(len(tables.pools)), 0)
        for pool, row in enumerate(tables.pools):
            rollup = int(row["rollup"])
            if 0 in (int(row["asset"][0]), int(row["asset"][1])):
                believed = 1e4 * (row["fee"] + self._flow.median_usd / held[pool])
                cost[rollup] = min(cost[rollup], believed)
        return cost

    def _choose(self) -> None:
        """Logit choice: depth says where venues are, remembered cost how much one likes them."""
        # ufuncs themselves: this is asked for about every second trade, and numpy's functions wrap them at a cost
        np.multiply(self._weight, np.exp(self._liking, self._liking), self._share)
        np.add.reduce(self._share, axis=1, out=self._total, keepdims=True)

    @property
    def idle_until(self) -> float:
        """When the next trade is due [s]."""
        return self._arrivals.none_before

    def submit(self, time: float, until: float) -> np.ndarray:
        """Swaps sent up to `until`; a view valid until the next call."""
        if until < self._arrivals.none_before:
            return self._rows[:0]
        times, drawn = self._arrivals.take(until)
        if times.size > self._rows.size:
            self._rows = np.zeros(2 * times.size, INTENT)
        learned = self._learned and times.size > 0
        if learned:
            self._choose()
            self._learned = False
        count = self._write(
            self._state, times, drawn, self._share, self._total, learned, self._choice, self._offered, self._sender,
            self._flow.patience_s, self._rows,
        )  # fmt: skip
        return self._rows[:count]

    def _trades(self, count: int) -> tuple[np.ndarray]:
        """Draw trades, column by column and each in place: shape (count, `DRAWS`)."""
        flow, marks = self._flow, self._marks
        drawn = np.empty((DRAWS, count))
        marks.standard_normal(out=drawn[VALUE])
        _log_normal(drawn[VALUE], flow.log_sd, flow.median_usd)
        marks.random(out=drawn[SIDE])
        marks.random(out=drawn[CHOICE])
        marks.standard_normal(out=drawn[SLIPPAGE])
        _log_normal(drawn[SLIPPAGE], flow.slippage_log_sd, 1e-4 * flow.slippage_median_bp)
        marks.standard_exponential(out=drawn[TIP])
        drawn[TIP] *= flow.tip_mean_usd
        marks.standard_exponential(out=drawn[DELAY])
        drawn[DELAY] *= flow.latency_s
        marks.random(out=drawn[ROUTE])
        np.subtract(1.0, drawn[ROUTE], drawn[ROUTE])  # a draw of exactly zero would mean "sent to builders alone"
        drawn[ASSET] = np.searchsorted(self._asset_share, marks.random(count), side="right")
        return (drawn.T,)

    def learn(self, rows: Rows) -> None:
        """Remember what executions cost, and choose accordingly from the next trade on."""
        flow = self._flow
        if self._remember(rows, self._sender, flow.memory, self.cost_bp, flow.choice_sensitivity, self._liking):
            self._learned = True
