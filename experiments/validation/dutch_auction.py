"""Auctions of collateral: the falling price of Dutch ones, and the bids for nothing of March 2020.

Source: MakerDAO, Liquidations 2.0 (2021): top = buf x oracle price, price(t) = top x cut^floor(t/step), reset after
`tail` or below cusp x top. The price is at the market's after ceil(ln(1/buf)/ln(cut)) steps: buf 1.2, cut .99, step
90 s: 19 steps, 1710 s, at .99140 of the market; buf 1.3: 27 steps, 2430 s. A bidder with cost share c buys at the first
step with price <= P (1 - c). It all runs through the market's lending venue, its intents and the waiting liquidator.

On 12-13 March 2020 36% of Maker's liquidations were won by bids of zero, when congestion had left one active bidder.
Here bidders who know better are priced out: users who tip more than the bidders' habit fill the blocks, and the one
bidder whose tips follow its failures is alone. Nobody is switched off. The share of lots sold for nothing is an
outcome; the study `liquidation_design` draws it by design and by how full blocks are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, pool, rollup, still
from experiments.validation._rows import mean_and_error, row, three_errors
from market.config import AgentConfig, BorrowersConfig, FlowConfig, LendingConfig, MarketConfig, RegimeConfig
from market.intents.rows import Status
from market.venues import Kind

ID = "M7"
TITLE = "Dutch and English auctions of collateral"

PRICE, DEBT = 100.0, 90.0
CUT, STEP_S, BLOCK_S = 0.99, 90.0, 30.0
SETTINGS = ((1.2, 19, 1710.0, 0.99140), (1.3, 27, 2430.0, 1.3 * 0.99**27))
COSTS = (0.01, 0.05, 0.1)
EXACT = 1e-9

HORIZON_S, BIDDERS, LOANS = 240.0, 3, 8
DEMAND, BUSY, FULL = 12, 14, 6
"""Swaps: that users send in the time of a block on average, and that a block holds."""
SWAP_PER_S = 7.5e4  # gas per second of a block that holds one swap
ZERO, MARCH_2020 = "share sold for nothing", 0.36


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Falling prices take milliseconds; `quick` asks for fewer seeds of the congested market."""
    for buf, steps, seconds, share in SETTINGS:
        yield from _falling(buf, 0.0, steps, seconds, share)
    for cost in COSTS:
        steps = math.ceil(math.log((1.0 - cost) / 1.2) / math.log(CUT))
        yield from _falling(1.2, cost, steps, steps * STEP_S, 1.2 * CUT**steps)
    yield from _resets()
    yield from _zero_bids(4 if quick else 10)


# -- the falling price -------------------------------------------------------------------------------------------------


def _dutch(buf: float, cost: float, horizon: float, **terms: float) -> Watched:
    """One loan of 90 USD against 1 ETH worth 100 USD, which may be auctioned, and somebody who waits for the price."""
    auction = {"kind": "dutch", "buf": buf, "cut": CUT, "step_s": STEP_S, "penalty": 0.0} | terms
    market = LendingConfig(liquidation_threshold=0.825, rate=0.0, liquidation=auction)
    loan = _loans(DEBT / PRICE, 0.0)
    home = rollup(
        "one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), lending=(market,), borrowers=1, block_time_s=BLOCK_S
    )
    waiter = AgentConfig(
        role="liquidator", strategy="dutch_waiter", latency_s=0.0, latency_spread_s=0.0,
        parameters={"cost_share": cost, "sell": "outside", "tip_share": 0.0},
    )  # fmt: skip
    config = still(
        [home], [asset("ETH", PRICE)], (waiter,), borrowers=loan, outside_fee_bp=0.0, horizon_s=horizon + 4.0 * BLOCK_S
    )
    market = Watched(config, seed=0)
    market.run()
    return market


def _loans(ltv: float, log_sd: float) -> BorrowersConfig:
    """Borrowers who do nothing about a loan-to-value."""
    return BorrowersConfig(
        collateral_median_usd=PRICE, collateral_log_sd=log_sd, ltv_low=ltv, ltv_high=float(np.nextafter(ltv, 1.0)),
        top_up_share=0.0, deleverage_share=0.0,
    )  # fmt: skip


def _times(market: Watched, kind: int) -> np.ndarray:
    """When intents of a kind were carried out [s]."""
    done = market.rows[(market.rows["kind"] == int(kind)) & (market.rows["status"] == Status.FILLED)]
    return done["executed"]


def _falling(buf: float, cost: float, steps: int, seconds: float, share: float) -> Iterator[dict[str, Any]]:
    """When and at what price the lot is taken by somebody with a cost share."""
    market = _dutch(buf, cost, seconds)
    taken = market.rows[(market.rows["kind"] == int(Kind.LOAN_AUCTION_TAKE)) & (market.rows["status"] == Status.FILLED)]
    waited = float(taken["executed"][0] - _times(market, Kind.LOAN_AUCTION_START)[0])
    paid = float(taken["filled_in"].sum() / taken["filled_out"].sum()) / PRICE
    case = f"buf {buf:g}, cost share {cost:.0%}"
    yield row(ID, case, "time to the take, s", seconds, waited, 1e-6)
    yield row(ID, case, "steps to the take", steps, round(math.log(paid / buf) / math.log(CUT), 6), 0.0)
    yield row(ID, case, "price over the market's", share, paid, 5e-6)


def _resets() -> Iterator[dict[str, Any]]:
    """Nobody buys at one per cent of the price: the auction begins again after its tail, or below its cusp."""
    cusp = 0.4
    first_below = math.floor(math.log(cusp) / math.log(CUT)) + 1
    # the tail ends between two blocks
    cases = (
        ("tail 1000 s", {"tail_s": 1000.0, "cusp": cusp}, math.ceil(1000.0 / BLOCK_S) * BLOCK_S),
        ("tail 8400 s, cusp .4", {"tail_s": 8400.0, "cusp": cusp}, first_below * STEP_S),
    )
    for case, terms, expected in cases:
        market = _dutch(1.2, 0.99, 2.0 * expected, **terms)
        begun = [*_times(market, Kind.LOAN_AUCTION_START).tolist(), *_times(market, Kind.LOAN_AUCTION_RESET).tolist()]
        yield row(ID, case, "time to the reset, s", expected, begun[1] - begun[0], 1e-6)
        yield row(ID, case, "time to the second reset, s", expected, begun[2] - begun[1], 1e-6)


# -- the bids for nothing ----------------------------------------------------------------------------------------------


def _english(bidders: int, swaps: int) -> MarketConfig:
    """Eight loans to be auctioned; users tip more than the bidders' habit; blocks hold some swaps, or for 0 all.

    Blocks go to the highest tips. One bidder tips more after an intent of its that has expired, the others do not.
    """
    auction = {"kind": "english", "penalty": 0.0, "bid_s": 20.0, "most_s": 200.0, "increment": 0.03}
    lending = LendingConfig(liquidation_threshold=0.825, rate=0.0, liquidation=auction)
    home = rollup("one", pool((1e5, 1e7), ("ETH", "USD"), 30.0, PRICE), lending=(lending,), borrowers=LOANS)
    habit = {"sell": "outside", "tip_usd": 0.02}
    agents = [AgentConfig(role="liquidator", strategy="auction_bidder", parameters=habit | {"tip_growth": 3.0})]
    if bidders > 1:
        agents.append(AgentConfig(role="liquidator", strategy="auction_bidder", count=bidders - 1, parameters=habit))
    gas = {"kind": "gas", "limit_per_s": swaps * SWAP_PER_S, "floor_usd": 0.0, "adjustment": 0.0}
    regime = RegimeConfig(
        name="highest tip", visibility={"kind": "public"}, ordering={"kind": "priority_fee"},
        capacity=gas if swaps else {"kind": "unlimited"},
    )  # fmt: skip
    settings = still([home], [asset("ETH", PRICE)], agents, borrowers=_loans(DEBT / PRICE, 0.5), horizon_s=HORIZON_S)
    flow = FlowConfig(per_second=6.0, tip_mean_usd=1.0, slippage_median_bp=500.0, patience_s=30.0)
    return settings.model_copy(update={"regime": regime, "flow": flow, "outside_fee_bp": 0.0})


def _zero_bids(seeds: int) -> Iterator[dict[str, Any]]:
    """Share of lots sold for nothing, by how many would bid and how full blocks are.

    How full they were in March 2020 is not known, and between free and full blocks the share goes from none to nearly
    all: at which load it is that of March 2020 was looked for. That it is so at a load at all, and before blocks are
    full on average, is what follows from the market.
    """
    share, _ = _share(BIDDERS, 0, seeds)
    yield row(ID, f"{BIDDERS} bidders, free blocks", ZERO, 0.0, share, 0.0)
    share, _ = _share(1, 0, seeds)
    yield row(ID, "1 bidder, free blocks", ZERO, 1.0, share, 0.0)
    share, error = _share(BIDDERS, FULL, seeds)
    yield row(
        ID, f"{BIDDERS} bidders, full blocks", "most lots sold for nothing (1: yes)", 1.0, float(share > 0.5), 0.0
    )
    share, error = _share(BIDDERS, BUSY, 5 * seeds)
    case = f"{BIDDERS} bidders, load {DEMAND}/{BUSY}"
    yield row(ID, case, f"{ZERO}, 2020", MARCH_2020, share, three_errors(error, digit=0.01), error)


def _share(bidders: int, swaps: int, seeds: int) -> tuple[float, float]:
    """Share of the lots that were sold for nothing, and its standard error over seeds."""
    found = []
    for seed in range(1, seeds + 1):
        market = Watched(_english(bidders, swaps), seed)
        market.run()
        counted = market.world.tables.auctions[0]
        found.append(float(counted["zero"] / counted["started"]))
    return mean_and_error(np.array(found))
