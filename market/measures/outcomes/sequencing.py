"""Who builds, and what is paid for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from market.model import SequencerMarket


def report(market: SequencerMarket) -> dict[str, float]:
    """Revenue of auctions [USD], and the concentration of blocks among builders (HHI, nan without builders)."""
    won = np.array(list(market.tally.blocks_won.values()), float)
    return {
        "auction_revenue_usd": float(market.tally.auction_revenue),
        "builder_hhi": float(((won / won.sum()) ** 2).sum()) if won.size else float("nan"),
    }
