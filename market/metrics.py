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
from market.ledger import Why

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
        **_promises(market),
        **_finality(market),
        **_proceeds(market),
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
        "paused": int(statuses[Status.PAUSED]),
    }


def _extraction(market: SequencerMarket) -> dict[str, float]:
    gains = market.tally.gains
    report = {f"extracted_{kind}_usd": float(gains[:, purposes].sum()) for kind, purposes in KINDS.items()}
    report["extracted_cycles_usd"] = float(gains[:, Purpose.CYCLE].sum())
    extracted = gains[:, [purpose for purposes in KINDS.values() for purpose in purposes]].sum(axis=1)
    for name, role in RECEIVERS.items():
        accounts = [at for at, member in enumerate(market.members) if member.role == role]
        bids = sum(market.tally.bids_paid.get(account, 0.0) for account in accounts)
        report[f"extracted_by_{name}_usd"] = float(extracted[accounts].sum()) - bids
    # who ends up with it: what was bid for the right to build, or for the express lane, went to the sequencers
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
    penalties = market.world.tables.flows[:, :, Why.PENALTY].sum(axis=(0, 1)) @ market.world.tables.price
    bad = sum(row[state.L_BAD_DEBT] * market.world.tables.price[int(row[state.L_DEBT])] for row in lending)
    return {
        "liquidated_usd": float(totals[tally.LIQUIDATED]),
        "liquidations": int(totals[tally.LIQUIDATIONS]),
        "borrower_penalty_usd": float(totals[tally.PENALTY] + penalties),
        "bad_debt_usd": float(bad),
        "peak_60s_liquidated_usd": float(market.tally.ring[tally.RING_S, 0]),
        "perpetuals_liquidated_usd": float(totals[tally.PERPETUALS_LIQUIDATED]),
        "deleveraged_usd": float(market.world.tables.perpetual[:, state.M_DELEVERAGED].sum()),
        "pauses": int(market.tally.pauses),
        "paused_s": float(market.tally.paused_s),
    }


def _sequencing(market: SequencerMarket) -> dict[str, float]:
    won = np.array(list(market.tally.blocks_won.values()), float)
    return {
        "auction_revenue_usd": float(market.tally.auction_revenue),
        "builder_hhi": float(((won / won.sum()) ** 2).sum()) if won.size else float("nan"),
    }


def _finality(market: SequencerMarket) -> dict[str, float | int]:
    """Missed slots, time down (mean over rollups), and time from a block to its finality (mean over blocks)."""
    parts = [(domain.regime.consensus, len(domain.rollups)) for domain in market.domains]
    blocks = sum(part.blocks for part, _ in parts)
    soft, hard = (sum(part.finality_s()[kind] for part, _ in parts) for kind in range(2))
    down = sum(part.outage_s(market.time) * rollups for part, rollups in parts)
    return {
        "missed_slots": sum(part.missed for part, _ in parts),
        "outage_s": down / len(market.config.rollups),
        "soft_finality_s": _ratio(soft, blocks),
        "hard_finality_s": _ratio(hard, blocks),
    }


def _proceeds(market: SequencerMarket) -> dict[str, float]:
    """Where the protocol's money went: what slots were sold for, what revenue rules passed on, what was slashed."""
    flows, accounts = market.world.tables.flows[:, :, :, 0], market.world.account_of
    shared = flows[:, :, Why.REVENUE]
    users = (accounts["retail"], market.world.groups.index("borrowers"))
    return {
        "slot_sales_usd": float(flows[:, accounts["protocol"], Why.BID].sum()),
        "revenue_to_rollups_usd": float(shared[:, market.world.groups.index("treasuries")].sum()),
        "revenue_to_users_usd": float(shared[:, users].sum()),
        "revenue_burnt_usd": float(shared[:, accounts["burnt"]].sum()),
        "slashed_usd": float(flows[:, :, Why.SLASHING].sum()),
    }


def _promises(market: SequencerMarket) -> dict[str, int]:
    rules = [domain.regime.preconfirmation for domain in market.domains]
    return {
        "promises_made": sum(rule.made for rule in rules),
        "promises_broken": sum(rule.broken for rule in rules),
    }


def _replay(market: SequencerMarket) -> dict[str, float | int]:
    notes: dict[str, Any] = market.path.notes
    if "rescale_factor" not in notes:
        return {}
    return {"price_rescale": float(notes["rescale_factor"]), "price_gaps": int(notes["gaps_bridged"])}
