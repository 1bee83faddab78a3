"""Perpetuals accrue funding as time goes by."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from market.kernel.direct import bind
from market.venues.clock import Clock
from market.venues.perpetuals.funding import accrue

if TYPE_CHECKING:
    from market.model import SequencerMarket


def start(market: SequencerMarket) -> Clock:
    """Return the clock of the perpetuals; it stands still where there are none."""
    state = market.world.state
    return Clock(tick=partial(bind(accrue, state, 0.0), state)) if len(market.world.tables.perpetuals) else Clock()
