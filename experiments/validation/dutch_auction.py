"""Auctions of collateral: the falling price of Dutch ones, and the bids for nothing of March 2020.

Source: MakerDAO, Liquidations 2.0 (2021): top = buf x oracle price, price(t) = top x cut^floor(t/step), reset after
`tail` or below cusp x top. The price is at the market's after ceil(ln(1/buf)/ln(cut)) steps: buf 1.2, cut .99, step
90 s: 19 steps, 1710 s, at .99140 of the market; buf 1.3: 27 steps, 2430 s. A bidder with cost share c buys at the first
step with price <= P (1 - c). It all runs through the market's lending venue, its intents and the waiting liquidator.

On 12-13 March 2020 36% of Maker's liquidations were won by bids of zero, when congestion had left one active bidder.
Here bidders who know better are priced out: users who tip more than the bidders' habit fill the blocks, and the one
bidder whose tips follow its failures is alone. Nobody is switched off.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, pool, rollup, still
from experiments.validation._rows import row
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
FULL = {"limit_per_s": 4.5e5, "floor_usd": 0.0, "adjustment": 0.0}
"""Six swaps a block, of the twelve that users send."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Falling prices take milliseconds; `quick` asks for fewer seeds of the congested market."""
    for buf, steps, seconds, share in SETTINGS:
        yield from _falling(buf, 0.0, steps, seconds, share)
    for cost in COSTS:
        steps = math.ceil(math.log((1.0 - cost) / 1.2) / math.log(CUT))
        yield from _falling(1.2, cost, steps, steps * STEP_S, 1.2 * CUT**steps)
    yield from _resets()
    yield from _zero_bids(2 if quick else 10)


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


def _english(bidders: int, congested: bool) -> MarketConfig:
    """Eight loans to be auctioned; users who tip more than the bidders' habit want twice what a congested block holds.

    Blocks go to the highest tips. One bidder tips more after an intent of its that has expired, the others do not.
    """
    auction = {"kind": "english", "penalty": 0.0, "bid_s": 20.0, "most_s": 200.0, "increment": 0.03}
    lending = LendingConfig(liquidation_threshold=0.825, rate=0.0, liquidation=auction)
    home = rollup("one", pool((1e5, 1e7), ("ETH", "USD"), 30.0, PRICE), lending=(lending,), borrowers=LOANS)
    habit = {"sell": "outside", "tip_usd": 0.02}
    agents = [AgentConfig(role="liquidator", strategy="auction_bidder", parameters=habit | {"tip_growth": 3.0})]
    if bidders > 1:
        agents.append(AgentConfig(role="liquidator", strategy="auction_bidder", count=bidders - 1, parameters=habit))
    regime = RegimeConfig(
        name="highest tip", visibility={"kind": "public"}, ordering={"kind": "priority_fee"},
        capacity={"kind": "gas"} | FULL if congested else {"kind": "unlimited"},
    )  # fmt: skip
    settings = still([home], [asset("ETH", PRICE)], agents, borrowers=_loans(DEBT / PRICE, 0.5), horizon_s=HORIZON_S)
    flow = FlowConfig(per_second=6.0, tip_mean_usd=1.0, slippage_median_bp=500.0, patience_s=30.0)
    return settings.model_copy(update={"regime": regime, "flow": flow, "outside_fee_bp": 0.0})


def _zero_bids(seeds: int) -> Iterator[dict[str, Any]]:
    """Share of lots sold for nothing, by how many would bid and whether blocks are full."""
    for bidders, congested, some in ((BIDDERS, False, 0.0), (BIDDERS, True, 1.0), (1, False, 1.0)):
        nothing = 0.0
        for seed in range(1, seeds + 1):
            market = Watched(_english(bidders, congested), seed)
            market.run()
            nothing += market.world.tables.auctions["zero"][0]
        case = f"{bidders} bidders, {'full' if congested else 'free'} blocks"
        yield row(ID, case, "lots are sold for nothing (1: some)", some, float(nothing > 0.0), 0.0)
