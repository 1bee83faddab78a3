"""Reference prices of the risky assets: an outside market that no agent controls."""

from market.prices.bars import Bars, read_bars
from market.prices.path import PricePath

__all__ = ["Bars", "PricePath", "read_bars"]
