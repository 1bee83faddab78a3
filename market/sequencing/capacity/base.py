"""What all mechanisms of this part share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import Field, PrivateAttr

from market.prices.l1 import L1Price, L1PriceConfig
from market.sequencing import Part

if TYPE_CHECKING:
    from market.domain import Domain, Slot


class L1DataConfig(L1PriceConfig):
    """What it costs to post an intent's data on L1, and who bears it."""

    passed_on: float = Field(
        default=1.0, ge=0, allow_inf_nan=False,
        description="what senders pay the sequencer over what it pays L1; 0: the sequencer bears the cost [1]",
    )  # fmt: skip


class Capacity(Part):
    """What a block holds, and what room costs, on the rollup and on L1. A mechanism says what differs.

    With `l1_data`, whoever sequences pays L1 for the data of every executed intent, and is paid for it by the sender,
    at the price of the moment at which the block is made. Intents that are reverted stand in no block, and pay nothing,
    unless `reverted_gas` says that they do: then they pay that share of their gas, and for all of their data, as far as
    their senders' balances go. What a bundle carried pays by its own fate.
    Sources, for the data fee: Optimism documentation, "Transaction fees" (2024); Arbitrum documentation, "L1 pricing"
    (2024).
    """

    l1_data: L1DataConfig | None = Field(default=None, description="data fee of L1 (default: none)")
    reverted_gas: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of its gas that a reverted intent pays, besides all of its data; 0: it is left out [1]",
    )
    _price: L1Price | None = PrivateAttr(default=None)
    _usual_bytes: float = PrivateAttr(default=0.0)

    def start(self) -> Self:
        """Return the mechanism with a memory for one domain."""
        return self.model_copy()

    def seated(self, domain: Domain) -> None:
        """State what reverted intents pay, and the price of data at the start."""
        if self.l1_data is not None:
            # each domain reads the same path: it is drawn from one seed
            self._price = L1Price(self.l1_data, domain.market.streams["l1"])
        tables, at = domain.market.world.tables, list(domain.rollups)
        self._usual_bytes = float(tables.kinds["bytes"].mean())
        tables.rollups["reverted"][at] = self.reverted_gas
        self._quote(domain, 0.0)

    def joined(self, domain: Domain, rollups: tuple[int, ...]) -> None:
        """Have intents on rollups that join cost what they cost here."""
        if not rollups:
            return
        tables, at = domain.market.world.tables, list(rollups)
        tables.rollups["gas"][at] = [domain.market.config.rollups[rollup].gas_usd for rollup in rollups]
        tables.rollups["data_cost"][at] = tables.rollups["data_fee"][at] = 0.0
        tables.rollups["reverted"][at] = self.reverted_gas
        # the price of data is read in the order of time, and a block that is decided on has read it already
        self._quote(domain, domain.market.time if domain.sealed is None else domain.sealed.time)

    def fit(self, slot: Slot, rows: np.ndarray) -> np.ndarray:
        """Return the rows of the block that fit, in order; what does not fit goes back to the mempool."""
        if self.l1_data is not None:
            self._quote(slot.domain, slot.time)
        return rows

    def reprice(self, domain: Domain, gas_usd: float, time: float) -> None:
        """Charge another fee for an included intent from now on [USD], where the mechanism does not set it itself."""
        domain.market.world.tables.rollups["gas"][list(domain.rollups)] = gas_usd
        self._quote(domain, time)

    def _quote(self, domain: Domain, time: float) -> None:
        """Have data cost what it costs at a time, and say what an intent of usual size costs."""
        rollups, at = domain.market.world.tables.rollups, list(domain.rollups)
        if self._price is not None and self.l1_data is not None:
            price = self._price.at(time)
            rollups["data_cost"][at], rollups["data_fee"][at] = price, self.l1_data.passed_on * price
        gas, data = rollups["gas"][at], self._usual_bytes * rollups["data_fee"][at]
        rollups["usual"][at] = gas + data
        rollups["usual_reverted"][at] = self.reverted_gas * gas + data if self.reverted_gas > 0.0 else 0.0
