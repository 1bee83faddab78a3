"""What venues do by themselves, without anybody's intent: accrue, post prices, keep promises that come due.

A venue that does anything of the kind has a module `clock` with a function `start(market)`, which returns its `Clock`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from market.venues import rooms

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket


class Clock(NamedTuple):
    """What a venue wants to be called for; None: nothing.

    Attributes
    ----------
    tick
        called with the time [s] when a slot of any domain begins, before agents act
    after_block
        called with every slot once its block is executed, before receipts are handed out
    """

    tick: Callable[[float], None] | None = None
    after_block: Callable[[Slot], None] | None = None


def clocks(market: SequencerMarket) -> tuple[list[Callable[[float], None]], list[Callable[[Slot], None]]]:
    """Start every venue's clock; returns what is called as a slot begins, and what after its block."""
    started: list[Clock] = [module.start(market) for module in rooms("clock").values()]
    ticks = [clock.tick for clock in started if clock.tick is not None]
    return ticks, [clock.after_block for clock in started if clock.after_block is not None]
