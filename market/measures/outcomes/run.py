"""What a run is, how many intents met which fate, and whether its ledger balances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.intents.rows import Status

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float | int | str]:
    """Return regime, seed, slots, intents by fate, and the largest relative drift of an asset's total."""
    statuses = market.tally.statuses
    return {
        "regime": market.config.regime.name,
        "seed": market.seed,
        "slots": market.tally.slots,
        "intents": int(market.mempool.submitted),
        "filled": int(statuses[Status.FILLED]),
        "reverted": int(statuses[Status.REVERTED]),
        "expired": int(statuses[Status.EXPIRED]),
        "paused": int(statuses[Status.PAUSED]),
        "conservation_error": market.tally.conservation_error,
    }
