"""From totals and ledger to numbers: what a run reports.

Extracted value is the receiver's gain from the intents that it inserted, marked to the reference price, net of tips and
gas. Its payers: users who executed worse than at the state that the insertion found, liquidity providers who sold at
stale prices, borrowers who paid the liquidation bonus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from market import state, tally
from market.intents import Purpose, Status

if TYPE_CHECKING:
    from market.model import SequencerMarket

DAY = 86400.0
KINDS = {
    "sandwich": (Purpose.SANDWICH,),
    "arbitrage": (Purpose.ARBITRAGE, Purpose.CYCLE),
    "liquidation": (Purpose.LIQUIDATION,),
}
RECEIVERS = {"sequencers": "sequencer", "builders": "builder", "traders": "trader", "liquidators": "liquidator"}


def outcomes(market: SequencerMarket) -> dict[str, float | int | str]:
    """Outcomes of a finished run, by name; USD, bp and s as the suffixes say."""
    totals = market.tally.by_rollup.sum(axis=0)
    return {
        "regime": market.config.regime.name,
        "seed": market.seed,
        "slots": market.tally.slots,
        **_intents(market),
        "conservation_error": market.tally.conservation_error,
        "volume_usd": float(totals[tally.VOLUME]),
        "retail_volume_usd": float(totals[tally.USER_VOLUME]),
        **_extraction(market),
        **_users(market, totals),
        **_providers(market, totals),
        **_liquidations(market, totals),
        **_sequencing(market),
        **_replay(market),
    }


def _ratio(amount: float, base: float, scale: float = 1.0) -> float:
    return float(scale * amount / base) if base > 0.0 else float("nan")


def _intents(market: SequencerMarket) -> dict[str, int]:
    statuses = market.tally.statuses
    return {
        "intents": int(market.mempool.submitted),
        "filled": int(statuses[Status.FILLED]),
        "reverted": int(statuses[Status.REVERTED]),
        "expired": int(statuses[Status.EXPIRED]),
    }


def _extraction(market: SequencerMarket) -> dict[str, float]:
    gains = market.tally.gains
    report = {f"extracted_{kind}_usd": float(gains[:, purposes].sum()) for kind, purposes in KINDS.items()}
    report["extracted_cycles_usd"] = float(gains[:, Purpose.CYCLE].sum())
    extracted = gains[:, [purpose for purposes in KINDS.values() for purpose in purposes]].sum(axis=1)
    for name, role in RECEIVERS.items():
        accounts = [at for at, member in enumerate(market.members) if member.role == role]
        report[f"extracted_by_{name}_usd"] = float(extracted[accounts].sum())
    # who ends up with it: what was bid for the right to build went to the sequencers
    report["extracted_by_builders_usd"] -= market.tally.auction_revenue
    report["extracted_by_sequencers_usd"] += market.tally.auction_revenue
    return report


def _users(market: SequencerMarket, totals: np.ndarray) -> dict[str, float]:
    return {
        "user_cost_bp": _ratio(totals[tally.USER_COST], totals[tally.USER_VOLUME], 1e4),
        "user_sandwich_loss_usd": float(totals[tally.SANDWICH_LOSS]),
        "inclusion_delay_s": _ratio(totals[tally.USER_DELAY], totals[tally.USER_COUNT]),
        "inclusion_delay_p95_s": market.tally.delay_quantile(0.95),
        "dispersion_bp": _ratio(market.tally.dispersion, market.tally.samples),
    }


def _providers(market: SequencerMarket, totals: np.ndarray) -> dict[str, float]:
    """Net return: fees and the marked gain of every trade against the pools, per value provided at the start."""
    tables = market.world.tables
    provided = 2.0 * sum(pool.depth_usd for rollup in market.config.rollups for pool in rollup.pools)
    days = market.config.horizon_s / DAY
    net = totals[tally.LP_FEES] + totals[tally.LP_MARKED]
    held = np.array(
        [
            sum(
                tables.balance[int(row[state.P_ACCOUNT]), int(row[state.P_ROLLUP]), asset] * tables.price[asset]
                for asset in (int(row[state.P_ASSET0]), int(row[state.P_ASSET1]))
            )
            for row in tables.pool
        ]
    )
    return {
        "lp_fees_usd": float(totals[tally.LP_FEES]),
        "lp_lvr_usd": float(totals[tally.LP_ARBITRAGE]),
        "lp_net_usd": float(net),
        "lp_net_bp_per_day": _ratio(net, provided * days, 1e4),
        "pool_value_usd": float(held.sum()),
    }


def _liquidations(market: SequencerMarket, totals: np.ndarray) -> dict[str, float | int]:
    lending = market.world.tables.lending
    bad = sum(row[state.L_BAD_DEBT] * market.world.tables.price[int(row[state.L_DEBT])] for row in lending)
    return {
        "liquidated_usd": float(totals[tally.LIQUIDATED]),
        "liquidations": int(totals[tally.LIQUIDATIONS]),
        "borrower_penalty_usd": float(totals[tally.PENALTY]),
        "bad_debt_usd": float(bad),
        "peak_60s_liquidated_usd": float(market.tally.ring[tally.RING_S, 0]),
    }


def _sequencing(market: SequencerMarket) -> dict[str, float]:
    won = np.array(list(market.tally.blocks_won.values()), float)
    return {
        "auction_revenue_usd": float(market.tally.auction_revenue),
        "builder_hhi": float(((won / won.sum()) ** 2).sum()) if won.size else float("nan"),
    }


def _replay(market: SequencerMarket) -> dict[str, float | int]:
    notes: dict[str, Any] = market.path.notes
    if "rescale_factor" not in notes:
        return {}
    return {"price_rescale": float(notes["rescale_factor"]), "price_gaps": int(notes["gaps_bridged"])}
