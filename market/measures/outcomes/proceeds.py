"""Where the protocol's money went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.state.ledger import Why

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float]:
    """What slots were sold for, what revenue rules passed on, what was slashed, what sequencers keep [USD].

    Sequencers keep the tips, gas and bids that they received, less what they passed on and what they paid for slots
    (`sequencer_receipts_usd`), and what their own trades gained (with it, `sequencer_net_usd`).
    """
    flows, accounts = market.world.tables.flows[:, :, :, 0], market.world.account_of
    shared = flows[:, :, Why.REVENUE]
    users = [accounts["retail"], *(market.world.groups.index(group) for group in market.world.people)]
    leaders = [at for at, member in enumerate(market.members) if member.role == "sequencer"]
    fees = [Why.TIP, Why.GAS, Why.BID, Why.REVENUE]
    kept = float(flows[:, leaders][:, :, fees].sum() - flows[leaders][:, :, fees].sum())
    return {
        "sequencer_receipts_usd": kept,
        "sequencer_net_usd": kept + float(market.profits.by_trading()[leaders].sum()),
        "slot_sales_usd": float(flows[:, accounts["protocol"], Why.BID].sum()),
        "revenue_to_rollups_usd": float(shared[:, market.world.groups.index("treasuries")].sum()),
        "revenue_to_users_usd": float(shared[:, users].sum()),
        "revenue_burnt_usd": float(shared[:, accounts["burnt"]].sum()),
        "slashed_usd": float(flows[:, :, Why.SLASHING].sum()),
    }
