"""What it costs to know whom a price can liquidate: by the market's lists, and by a scan of everybody."""

from __future__ import annotations

import time

import numpy as np
from numba import njit

from agents.population import Population
from market import regimes
from market.config import (
    AgentConfig,
    AssetConfig,
    BorrowersConfig,
    FlowConfig,
    LendingConfig,
    MarketConfig,
    RollupConfig,
)
from market.model import SequencerMarket
from market.state.store import State, get, index, length
from market.venues.lending import at_risk
from market.venues.lending import rules as lending
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.liquidation.reindex import reindex
from market.venues.perpetuals import rules as perpetuals
from market.venues.perpetuals.instrument import next_contract
from market.venues.perpetuals.tables import Contract, Perpetual


@njit(cache=True)
def scan_positions(state: State, rollup: int, found: np.ndarray) -> int:
    """List the liquidatable positions of a rollup by looking at every position: what `at_risk.unhealthy` must equal."""
    count = 0
    for position in range(length(state, Loan.market)):
        market = index(state, Loan.market, position)
        if index(state, LendingMarket.rollup, market) != rollup:
            continue
        key = lending.position_key(state, position)
        if lending.liquidation_line(state, market) < key < np.inf and count < found.size:
            found[count] = position
            count += 1
    return count


@njit(cache=True)
def scan_contracts(state: State, rollup: int, found: np.ndarray) -> int:
    """List the contracts under margin by looking at every contract: what `close_out.under_margin` must equal."""
    count = 0
    for contract in range(length(state, Contract.market)):
        market = index(state, Contract.market, contract)
        if index(state, Perpetual.rollup, market) != rollup or get(state, Contract.quantity, contract) == 0.0:
            continue
        hers = contract != index(state, Perpetual.maker, market) and not perpetuals.for_sale(state, contract)
        if not hers or count == found.size:
            continue
        lead, at = contract, next_contract(state, contract)
        while at != contract:
            if get(state, Contract.quantity, at) != 0.0:
                lead = min(lead, at)
            at = next_contract(state, at)
        equity, maintenance, _ = perpetuals.margin_of(state, contract)
        if equity < maintenance and lead == contract:
            found[count] = contract
            count += 1
    return count


POSITIONS = (100_000, 1_000_000)
NEAR = 20_000
"""So many positions stand near the threshold, whatever their total."""
SLOTS, BLOCK_S, SCAN_EVERY = 1800, 2.0, 30


def health_checks(positions: tuple[int, ...] = POSITIONS, slots: int = SLOTS) -> dict[str, float]:
    """An hour of slots in which liquidators look at every slot, by the total of positions: cost, crossings, memory.

    By total: what the market's lists cost per slot, what a scan of everybody would [us], and how many positions
    were liquidated: the same positions stand near the threshold, so cost per slot should not grow with the total.
    """
    report: dict[str, float] = {}
    _hour(_crowded(NEAR, 60.0), 30)  # compiles
    for count in positions:
        market = _crowded(count, slots * BLOCK_S)
        running, by_list, by_scan, most = _hour(market, slots)
        name = f"{count:.0e}".replace("e+0", "e")
        report[f"list_us_at_{name}"], report[f"scan_us_at_{name}"] = 1e6 * by_list, 1e6 * by_scan
        report[f"liquidations_at_{name}"] = float(market.tally.by_rollup["liquidations"].sum())
        report[f"most_over_the_line_at_{name}"] = float(most)
        report[f"hour_s_at_{name}"] = running
        report[f"state_mb_at_{name}"] = market.world.state.cells.nbytes / 2**20
    return report


def _crowded(positions: int, horizon_s: float) -> SequencerMarket:
    """One lending market in a volatile hour: the first `NEAR` borrowers near the threshold, all others far from it."""
    config = MarketConfig(
        horizon_s=horizon_s,
        assets=(AssetConfig(volatility=3.0, drift=-400.0),),
        rollups=(
            RollupConfig(name="a", block_time_s=BLOCK_S, lending=(LendingConfig(cash_usd=1e12),), borrowers=positions),
        ),
        borrowers=BorrowersConfig(
            ltv_law="log_uniform", ltv_low=0.1, ltv_high=0.4, top_up_share=0.0, deleverage_share=0.0
        ),
        regime=regimes.load("siloed"),
        flow=FlowConfig(per_second=1.0),
        agents=(
            AgentConfig(
                role="liquidator",
                strategy="greedy",
                capital_usd=1e12,
                parameters={"sell": "outside", "most_per_slot": 64},
            ),
        ),
    )
    market = SequencerMarket(config, 1, Population(config))
    table, row = market.world.tables.loans, market.world.tables.lending[0]
    before = table["debt"][:NEAR].sum()
    ratio = np.linspace(0.6, 0.82, NEAR) * market.world.tables.prices[1]
    table["debt"][:NEAR] = table["collateral"][:NEAR] * ratio
    row["scaled_debt"] += table["debt"][:NEAR].sum() - before
    row["key_bound"] = np.inf
    reindex(market.world.state)
    return market


def _hour(market: SequencerMarket, slots: int) -> tuple[float, float, float, int]:
    """Time of the run [s], mean time of a look by list and by scan [s], and the most that were found.

    A look follows each slot, when what an oracle posted in it has not been liquidated yet. Raises RuntimeError if list
    and scan differ.
    """
    state, most = market.world.state, 0
    found, scanned = np.zeros(4096, np.int64), np.zeros(4096, np.int64)
    at_risk.unhealthy(state, 0, found)
    scan_positions(state, 0, scanned)
    running, by_list, by_scan, scans = 0.0, 0.0, 0.0, 0
    for slot in range(1, slots + 1):
        began = time.process_time()
        market.run_until(slot * BLOCK_S)
        running += time.process_time() - began
        began = time.perf_counter()
        count = at_risk.unhealthy(state, 0, found)
        by_list += time.perf_counter() - began
        most = max(most, count)
        if slot % SCAN_EVERY == 0:
            began = time.perf_counter()
            same = scan_positions(state, 0, scanned) == count
            by_scan += time.perf_counter() - began
            scans += 1
            if not same or (found[:count] != scanned[:count]).any():
                raise RuntimeError(f"the list and the scan differ in slot {slot}")
    return running, by_list / slots, by_scan / scans, most
