"""What the ledger says that agents gained by trading, and classes of extraction do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float]:
    """Gains and losses of agents by trading that belong to no class of extraction, before tips and gas [USD].

    Gains are what the classes may have overlooked; they should be next to nothing. Losses are what agents pay who trade
    for a need of their own, as users do.
    """
    unexplained = market.profits.by_trading() - market.tally.explained[: len(market.members)]
    return {
        "unexplained_gain_usd": float(np.maximum(unexplained, 0.0).sum()),
        "unexplained_loss_usd": float(np.maximum(-unexplained, 0.0).sum()),
    }
