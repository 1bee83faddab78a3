"""Retail flow: many small traders held in arrays.

When they come, how much they trade, which way and how patiently is exogenous: drawn in continuous time from their own
stream, the same under every regime. On which rollup they trade is theirs to choose: the more often the cheaper it was.
"""

from __future__ import annotations

import numpy as np

from market.intents.rows import INTENT, Purpose, Rows, Status
from market.kernel.compiled import kernel
from market.model import SequencerMarket
from market.state.store import State, get
from market.state.tables import Asset
from market.venues import Kind
from market.venues.pools.rules import output, reserve
from market.venues.pools.tables import Pool

CHUNK_S = 600.0
# columns of a chunk of exogenous draws
TIME, VALUE, SIDE, CHOICE, SLIPPAGE, TIP_USD, DELAY, ROUTE, ASSET = range(9)


@kernel
def _best_pool(state: State, offered: np.ndarray, source: int, sink: int, amount: float) -> int:
    """Pool with the best output among those offered (-1 ends the list)."""
    best, most = -1, 0.0
    for k in range(offered.size):
        pool = offered[k]
        if pool < 0:
            break
        out = output(reserve(state, pool, source), reserve(state, pool, sink), get(state, Pool.fee, pool), amount)
        if out > most:
            best, most = pool, out
    return best


@kernel
def _write(
    state: State,
    drawn: np.ndarray,
    choice: np.ndarray,
    offered: np.ndarray,
    sender: int,
    patience: float,
    out: Rows,
) -> int:
    """Turn draws (n, 9) into rows; `choice` (assets, rollups) cumulative, `offered` (assets, rollups, k) pools."""
    count = 0
    for k in range(drawn.shape[0]):
        asset = int(drawn[k, ASSET])
        rollup = min(np.searchsorted(choice[asset], drawn[k, CHOICE], side="right"), choice.shape[1] - 1)
        buys = drawn[k, SIDE] < 0.5
        source, sink = (0, asset) if buys else (asset, 0)
        amount = drawn[k, VALUE] / get(state, Asset.price, source)
        pool = _best_pool(state, offered[asset, rollup], source, sink, amount)
        if pool < 0:
            continue
        r_in, r_out = reserve(state, pool, source), reserve(state, pool, sink)
        expected = output(r_in, r_out, get(state, Pool.fee, pool), amount)
        row = out[count]
        row.id, row.bundle, row.around, row.target, row.position = -1, -1, -1, -1, -1
        row.sender, row.rollup, row.venue, row.kind, row.purpose = sender, rollup, pool, Kind.SWAP, Purpose.USER
        row.asset_in, row.asset_out, row.amount = source, sink, amount
        row.status, row.reason, row.sealed, row.carried = 0, 0, 0, 0
        row.limit = expected * (1.0 - min(0.5, drawn[k, SLIPPAGE]))
        row.tip, row.route, row.mid = drawn[k, TIP_USD], drawn[k, ROUTE], r_out / r_in
        row.sent, row.arrival = drawn[k, TIME], drawn[k, TIME] + drawn[k, DELAY]
        row.expiry = drawn[k, TIME] + patience
        row.filled_in, row.filled_out, row.fallback_out, row.executed = 0.0, 0.0, 0.0, 0.0
        count += 1
    return count


@kernel
def _remember(rows: Rows, sender: int, memory: float, cost: np.ndarray) -> int:
    """Move the remembered cost [bp] of each rollup towards each execution's; returns how many there were.

    Large trades pay price impact that is theirs, not the rollup's: what one trade can teach is bounded at 200 bp.
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
        self._times, self._marks = (np.random.default_rng(stream) for stream in streams)
        self._chunk = np.zeros((0, 9))
        self._cursor = 0
        self._drawn_until = 0.0
        self._next = 0.0  # nothing is sent before [s]
        self._rows = np.zeros(256, INTENT)
        self._offered, self._weight, self._asset_share = self._venues(market)
        rollups = len(market.config.rollups)
        self.cost_bp = self._expected_cost(market)
        self._choice = np.zeros((len(market.config.asset_names), rollups))
        self._choose()

    def _venues(self, market: SequencerMarket) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pools against the numeraire by (asset, rollup), depth shares, and shares of the assets in the flow."""
        tables = market.world.tables
        assets, rollups = len(tables.prices), len(market.config.rollups)
        lists: list[list[list[int]]] = [[[] for _ in range(rollups)] for _ in range(assets)]
        depth = np.zeros((assets, rollups))
        for pool, row in enumerate(tables.pools):
            first, second = int(row["asset"][0]), int(row["asset"][1])
            if 0 in (first, second):
                asset, rollup = max(first, second), int(row["rollup"])
                lists[asset][rollup].append(pool)
                depth[asset, rollup] += tables.balance[int(row["account"]), rollup, 0]
        longest = max((len(pools) for by_rollup in lists for pools in by_rollup), default=0)
        offered = np.full((assets, rollups, max(1, longest)), -1, np.int64)
        for asset in range(assets):
            for rollup in range(rollups):
                offered[asset, rollup, : len(lists[asset][rollup])] = lists[asset][rollup]
        by_asset = depth.sum(axis=1)
        return offered, depth, np.cumsum(by_asset / by_asset.sum())

    def _expected_cost(self, market: SequencerMarket) -> np.ndarray:
        """What traders believe at the start: fee plus impact of the median trade on the rollup's best pool [bp]."""
        tables = market.world.tables
        cost = np.full(len(market.config.rollups), 50.0)
        for row in tables.pools:
            rollup = int(row["rollup"])
            if 0 in (int(row["asset"][0]), int(row["asset"][1])):
                held = tables.balance[int(row["account"]), rollup, 0]
                believed = 1e4 * (row["fee"] + self._flow.median_usd / held)
                cost[rollup] = min(cost[rollup], believed)
        return cost

    def _choose(self) -> None:
        """Logit choice: depth says where venues are, remembered cost how much one likes them."""
        cost = self.cost_bp - self.cost_bp.min()
        weight = self._weight * np.exp(-self._flow.choice_sensitivity * cost)
        total = weight.sum(axis=1, keepdims=True)
        np.cumsum(np.divide(weight, total, out=np.zeros_like(weight), where=total > 0.0), axis=1, out=self._choice)

    def submit(self, time: float, until: float) -> np.ndarray:
        """Swaps sent up to `until`; a view valid until the next call."""
        if until < self._next:
            return self._rows[:0]
        chunk = self._chunk
        end = self._cursor + int(np.searchsorted(chunk[self._cursor :, TIME], until, side="right"))
        drawn = chunk[self._cursor : end]
        while self._drawn_until <= until:
            self._draw()
            end = int(np.searchsorted(self._chunk[:, TIME], until, side="right"))
            drawn = np.concatenate([drawn, self._chunk[:end]])
        self._cursor = end
        self._next = float(self._chunk[end, TIME]) if end < len(self._chunk) else self._drawn_until
        if drawn.shape[0] > self._rows.size:
            self._rows = np.zeros(2 * drawn.shape[0], INTENT)
        count = _write(self._state, drawn, self._choice, self._offered, self._sender, self._flow.patience_s, self._rows)
        return self._rows[:count]

    def _draw(self) -> None:
        """Draw the next ten minutes of order flow."""
        flow, marks = self._flow, self._marks
        count = int(self._times.poisson(flow.per_second * CHUNK_S))
        chunk = np.empty((count, 9))
        chunk[:, TIME] = self._drawn_until + np.sort(self._times.random(count)) * CHUNK_S
        chunk[:, VALUE] = flow.median_usd * np.exp(flow.log_sd * marks.standard_normal(count))
        chunk[:, SIDE] = marks.random(count)
        chunk[:, CHOICE] = marks.random(count)
        chunk[:, SLIPPAGE] = (
            1e-4 * flow.slippage_median_bp * np.exp(flow.slippage_log_sd * marks.standard_normal(count))
        )
        chunk[:, TIP_USD] = flow.tip_mean_usd * marks.standard_exponential(count)
        chunk[:, DELAY] = flow.latency_s * marks.standard_exponential(count)
        # a draw of exactly zero would mean "sent to builders alone"
        chunk[:, ROUTE] = 1.0 - marks.random(count)
        chunk[:, ASSET] = np.searchsorted(self._asset_share, marks.random(count), side="right")
        self._chunk, self._cursor = chunk, 0
        self._drawn_until += CHUNK_S

    def learn(self, rows: Rows) -> None:
        """Remember what executions cost, and choose accordingly."""
        if _remember(rows, self._sender, self._flow.memory, self.cost_bp):
            self._choose()
