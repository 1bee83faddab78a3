"""Cross-chain arbitrage, out of stock and over bridges: what it looks like in practice, and in the market.

Source: Cross-chain arbitrage (2025), arXiv 2501.17335. Of 242,535 trades between chains two thirds were made out of
stock on either chain, and took 9 s in the median; those over bridges took 242 s. Five addresses made more than half.

Here users drive the pools of three rollups apart. Arbitrageurs of both kinds, equally many and equally rich, take what
gaps they can. Set are the times between blocks, the delay of the bridges, and that riches and speed fall with rank.
Who trades how often, in which way, and how long that takes are outcomes. Facts of other chains at another time are no
numbers to be met: what is accepted of each is stated with it, as there is no standard error.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.validation._markets import Watched, asset, pool, rollup, still
from experiments.validation._rows import mean_and_error, row
from market.config import AgentConfig, FlowConfig, GraphConfig, PriceConfig
from market.intents.rows import Status
from market.venues import Kind

ID = "F1"
TITLE = "Cross-chain arbitrage, out of stock and over bridges"

BY_STOCK, STOCK_S, BRIDGE_S, HALF = 2.0 / 3.0, 9.0, 242.0, 0.5
SHARE_BAND = 0.15
"""Accepted of the share; it moves by more than that with how many there are of each kind, and how fast they are."""
TIME_BAND, BRIDGE_BAND = 0.5, 0.1
"""Accepted of times, relative: the one is of the order of the longest time between blocks, the other is nearly set."""
BLOCKS_S = (8.0, 2.0, 1.0)
DELAY_S = 230.0
RANKS = 10
RICHEST_USD = 2e5
FASTEST_S, SLOWER = 0.02, 1.6
DEPTHS_USD = (2e6, 1e6, 1e6)
HORIZON_S, SEEDS, QUICK_SEEDS = 3600.0, 6, 2


class Trades(NamedTuple):
    """Trades between rollups, both of whose legs were filled: arrays of shape (n,)."""

    sender: np.ndarray
    took: np.ndarray  # from the first leg to the second [s]


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Share of trades out of stock, how long both kinds take, and share of the five who trade most."""
    found = [_run(seed) for seed in range(1, (QUICK_SEEDS if quick else SEEDS) + 1)]
    case = f"{2 * RANKS} arbitrageurs"
    share, error = mean_and_error(
        np.array([stock.took.size / (stock.took.size + sent.took.size) for stock, sent in found])
    )
    yield row(ID, case, "share of trades out of stock", BY_STOCK, share, SHARE_BAND, error)
    taken, error = mean_and_error(np.array([np.median(stock.took) for stock, _ in found]))
    yield row(ID, case, "median time out of stock, s", STOCK_S, taken, TIME_BAND * STOCK_S, error)
    taken, error = mean_and_error(np.array([np.median(sent.took) for _, sent in found]))
    yield row(ID, case, "median time over bridges, s", BRIDGE_S, taken, BRIDGE_BAND * BRIDGE_S, error)
    five = np.array([_five(*trades) for trades in found])
    yield row(ID, case, "five make over half (1: always)", 1.0, float((five > HALF).mean()), 0.0)


def _run(seed: int) -> tuple[Trades, Trades]:
    """Trades of a market out of stock, and over bridges."""
    rollups = [
        rollup(f"r{at}", pool((depth / 2500.0, depth), ("ETH", "USD"), 5.0, 2500.0), block_time_s=block_s)
        for at, (depth, block_s) in enumerate(zip(DEPTHS_USD, BLOCKS_S, strict=True))
    ]
    agents = [
        AgentConfig(
            role="trader",
            strategy=strategy,
            capital_usd=RICHEST_USD / rank,
            parameters=parameters,
            latency_s=FASTEST_S * SLOWER ** (rank - 1),
        )
        for rank in range(1, RANKS + 1)
        for strategy, parameters in (("arbitrageur", {"outside": False}), ("bridging_arbitrageur", {}))
    ]
    config = still(
        rollups, [asset("ETH", 2500.0)], agents, horizon_s=HORIZON_S, outside_fee_bp=5.0,
        prices=PriceConfig(kind="gbm"), flow=FlowConfig(per_second=1.0, median_usd=1000.0),
        graph=GraphConfig(kind="complete", delay_s=DELAY_S, fee_bp=1.0),
    )  # fmt: skip
    market = Watched(config, seed)
    market.run()
    # traders who leave the outside market alone swap for nothing but what rollups differ by; all else is of users
    traders = [agent.account for agent in market.participants if agent.role == "trader"]
    swaps = (market.rows["kind"] == int(Kind.SWAP)) & np.isin(market.rows["sender"], traders)
    legs = market.rows[swaps & (market.rows["status"] == Status.FILLED)]
    bridges = [agent.account for agent in market.participants if agent.name.startswith("bridging")]
    over = np.isin(legs["sender"], bridges)
    return _pairs(legs[~over], True), _pairs(legs[over], False)


def _pairs(legs: np.ndarray, together: bool) -> Trades:
    """Pair the legs of each sender: those sent together, or each sale with the purchase before it."""
    sender, took = [], []
    for account in np.unique(legs["sender"]).tolist():
        own = legs[legs["sender"] == account]
        own = own[np.argsort(own["sent"], kind="stable")]
        first, second = own[:-1], own[1:]
        of_one = first["sent"] == second["sent"] if together else (first["asset_in"] == 0) & (second["asset_in"] == 1)
        took += np.abs(second["executed"] - first["executed"])[of_one].tolist()
        sender += [account] * int(of_one.sum())
    return Trades(np.array(sender, np.int64), np.array(took))


def _five(*kinds: Trades) -> float:
    """Share of all trades that is made by the five who make most."""
    made = np.sort(np.bincount(np.concatenate([trades.sender for trades in kinds])))
    return float(made[-5:].sum() / made.sum())
