"""Where and when whoever holds options trades what leaves them without delta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class HedgeHabits:
    """Where and when a hedge is traded.

    Attributes
    ----------
    venue
        "outside", "pool" (the rollup's deepest of the asset) or "perpetual" (of which one must have a contract)
    rollup
        name of the rollup on which it is traded; None: that of the options
    every_s
        time between two trades [s]
    move_bp
        move of the reference price since the last trade at which there is one before its time; None: none [bp]
    delay_s
        time that one takes from seeing what is to be traded to sending it [s]
    slippage_bp
        by how much worse than what is seen a trade on a pool or a perpetual may be; None: by any amount [bp]
    tip_usd
        tip of every trade on a pool or a perpetual [USD]
    """

    venue: Literal["outside", "pool", "perpetual"] = "outside"
    rollup: str | None = None
    every_s: float = 0.0
    move_bp: float | None = None
    delay_s: float = 0.0
    slippage_bp: float | None = None
    tip_usd: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no habit."""
        if self.venue not in ("outside", "pool", "perpetual"):
            raise ValueError(f"venue must be outside, pool or perpetual, not {self.venue!r}")
        if not (self.every_s >= 0.0 and self.delay_s >= 0.0 and self.tip_usd >= 0.0):
            raise ValueError("every_s, delay_s and tip_usd must not be negative")
        if not all(each is None or each > 0.0 for each in (self.move_bp, self.slippage_bp)):
            raise ValueError("move_bp and slippage_bp must be positive")
