"""Where the protocol's money went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.state.ledger import Why

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float]:
    """What slots were sold for, what revenue rules passed on, what was slashed [USD]."""
    flows, accounts = market.world.tables.flows[:, :, :, 0], market.world.account_of
    shared = flows[:, :, Why.REVENUE]
    users = [accounts["retail"], *(market.world.groups.index(group) for group in market.world.people)]
    return {
        "slot_sales_usd": float(flows[:, accounts["protocol"], Why.BID].sum()),
        "revenue_to_rollups_usd": float(shared[:, market.world.groups.index("treasuries")].sum()),
        "revenue_to_users_usd": float(shared[:, users].sum()),
        "revenue_burnt_usd": float(shared[:, accounts["burnt"]].sum()),
        "slashed_usd": float(flows[:, :, Why.SLASHING].sum()),
    }
