"""How a market sells what it liquidates: one design a file.

A design is a frozen configuration model whose `kind` is its file's name. It writes its terms into the market's row of
the table of auctions; its rule is compiled and told apart by the number in that row.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from market import discovery
from market.built import built
from market.settings import Settings

PACKAGE = "market.venues.liquidation.designs"
FIXED_SPREAD, DUTCH, ENGLISH = range(3)
"""Numbers of the designs in the column `Auction.design`."""


class Design(Settings):
    """Base of every design; each states its `kind` as a literal, the name of its file.

    Attributes
    ----------
    number
        of its rule, in the column `Auction.design`
    """

    number: ClassVar[int] = FIXED_SPREAD

    @property
    def most_open(self) -> int:
        """Most auctions that may be open at a time on a market: one in each lot."""
        return 0

    def write(self, row: np.ndarray) -> None:
        """Write the terms into a market's row of the table of auctions."""
        row["design"] = self.number


class AuctionDesign(Design):
    """Base of the designs that auction: the whole position is seized, and its debt is to be raised with a penalty."""

    penalty: float = Field(
        default=0.13, ge=0, lt=1, description="raised for the market beyond the debt, over the debt [1]"
    )
    lots: int = Field(default=64, ge=1, le=4096, description="most auctions open at a time on a market [1]")

    @property
    def most_open(self) -> int:
        """Most auctions that may be open at a time on a market: one in each lot."""
        return self.lots

    def write(self, row: np.ndarray) -> None:
        """Write the terms."""
        super().write(row)
        row["penalty"] = self.penalty


def kinds() -> list[str]:
    """Return the designs that exist."""
    return discovery.modules(PACKAGE)


def make(settings: dict[str, Any], where: str) -> Design:
    """Build a design from its configuration, found at `where`.

    Raises InputError, naming what is allowed, for an unknown kind or parameter.
    """
    return built(PACKAGE, Design, settings, where)
