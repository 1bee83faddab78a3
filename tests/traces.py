"""Readable traces of a tiny market: every intent with its fate, a line each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from worlds import config, lender, on_block, opened, rollup

from market import regimes
from market.config import AgentConfig, BorrowersConfig, FlowConfig, MarketConfig, OracleConfig, PoolConfig
from market.intents.rows import Reason, Status
from market.venues import Kind

SEED = 11
MOST_LINES = 60
HEADER = (
    "# place sender kind rollup in>out tip status reason; ~ before a bundle's members, * carried by somebody else's"
)


def tiny(regime: str) -> MarketConfig:
    """Two rollups whose prices differ by 1%, few and large users, a falling price and six borrowers near the edge."""
    floors = (
        rollup(
            "a",
            block_time_s=1.5,
            pools=(PoolConfig(depth_usd=2.5e6, fee_bp=30.0, price_usd=2500.0),),
            lending=(lender(),),
            borrowers=6,
            oracle=OracleConfig(deviation_bp=50.0, heartbeat_s=3600.0, delay_s=0.2),
            gas_usd=0.01,
        ),
        rollup("b", block_time_s=2.0, pools=(PoolConfig(depth_usd=1e6, fee_bp=5.0, price_usd=2525.0),), gas_usd=0.01),
    )
    cast = (
        AgentConfig(role="builder", strategy="adaptive", count=2),
        AgentConfig(role="market_maker", strategy="reallocator", parameters={"review_s": 3.0}),
        AgentConfig(role="liquidator", strategy="greedy", parameters={"sell": "outside"}),
        AgentConfig(role="trader", strategy="arbitrageur", parameters={"outside": False}),
        AgentConfig(role="trader", strategy="searcher"),
    )
    return config(
        *floors,
        regime=regime,
        agents=cast,
        # two blocks at least
        horizon_s=max(5.0, 2.0 * (regimes.load(regime).block_time_s or 0.0)),
        assets=({"name": "ETH", "price_usd": 2500.0, "volatility": 5.0, "drift": -5e5},),
        flow=FlowConfig(
            per_second=1.5,
            median_usd=30_000.0,
            log_sd=0.7,
            slippage_median_bp=300.0,
            slippage_log_sd=0.3,
            tip_mean_usd=0.05,
            latency_s=0.1,
            patience_s=20.0,
            choice_sensitivity=0.0,
        ),
        borrowers=BorrowersConfig(collateral_median_usd=3e4, collateral_log_sd=0.3, ltv_low=0.74, ltv_high=0.78),
    )


def trace(regime: str) -> str:
    """What happens in the tiny market under a regime."""
    return told(tiny(regime), f"{regime}, seed {SEED}")


def told(config: MarketConfig, title: str, seen: Callable[[Any], list[str]] = lambda market: []) -> str:
    """What happens in a market, a line for each intent; after each block the lines that `seen` has to add."""
    market = opened(config, SEED)
    names = [member.name for member in market.members] + list(market.world.account_of)[len(market.members) :]
    lines = [f"# {title}", HEADER]

    def noted(slot: Any) -> None:
        lines.append(_heading(slot))
        lines.extend(_line(market, names, row, _tied(slot.rows, at)) for at, row in enumerate(slot.rows))
        lines.extend(seen(market))

    on_block(market, noted)
    market.run()
    return "\n".join(lines) + "\n"


def _heading(slot: Any) -> str:
    """Which slot, who wrote its block for how much, and what the leader could read of it."""
    shown = slot.view_of(slot.leader).due
    author = slot.leader.name if slot.winner is None else slot.winner.name
    bid = "" if slot.winner is None else f" for {slot.bids:.6g} USD"
    sealed = int(shown["sealed"].sum())
    return (
        f"slot {slot.domain.slot} domain {slot.domain.index} time {slot.time:.6g}: by {author}{bid}; "
        f"leader reads {shown.size - sealed} of {shown.size}"
    )


def _tied(rows: np.ndarray, at: int) -> str:
    if rows["bundle"][at] < 0:
        return " "
    return "*" if rows["carried"][at] else "~"


def _line(market: Any, names: list[str], row: np.ndarray, tied: str) -> str:
    sender = names[row["sender"]] if row["sender"] < len(names) else f"borrower {row['sender'] - len(names)}"
    assets = [*market.config.asset_names, "?"]
    given, taken = (f"{row[field]:.6g}" for field in ("filled_in", "filled_out"))
    if row["status"] != Status.FILLED:
        given, taken = f"{row['amount']:.6g}", "-"
    place = "-" if row["position"] < 0 else str(row["position"])
    return (
        f"{tied}{place:>2} {sender.replace(' ', '_'):14} {Kind(row['kind']).name.lower():16} "
        f"{market.config.rollups[row['rollup']].name} "
        f"{given} {assets[row['asset_in']]} > {taken} {assets[row['asset_out']]}  {row['tip']:.6g}  "
        f"{Status(row['status']).name.lower()} {Reason(row['reason']).name.lower()}"
    )
