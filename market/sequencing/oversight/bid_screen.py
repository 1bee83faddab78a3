"""A screen is run on the public bids of every so many sales; whoever it accuses and is proven to collude is fined.

Every bidder bonds money when the market opens; it lies on the account "stakes". A fine goes from there to a stated
receiver, and the bidder makes its bond up at once, as far as its funds go. A screen errs: `false_positive` is how often
it may accuse bidders who compete. For the screen of rotation that rate is exact without knowing anything of the market;
the others compare with what they showed in windows known to be competitive (`reference`).
Accused is who won in the window: a bidder that never won gained nothing.
Source of the deterrence that follows: stake at risk x share x chance of being found out + lost future rent >= gain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from market.errors import InputError, blame
from market.sequencing.oversight._screens import bid_rotation, rotation_chance, runner_up_ratio, variation
from market.sequencing.oversight.base import Oversight
from market.sequencing.payments import pay
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.access.protocols import Sale
    from market.domain import Domain, Slot

STREAM = 2
"""Which of the faults' streams of a domain the screen draws from; consensus has the ones before."""
ROUNDING = 1e-9


class _File:
    """What is known of one domain."""

    def __init__(self) -> None:
        self.sales: list[Sale] = []
        self.bonded: dict[int, float] = {}  # by account [USD]
        self.rng: np.random.Generator = np.random.default_rng(0)
        self.statistics: list[float] = []  # by window
        self.looks = self.accusations = 0
        self.fines_usd = 0.0


class BidScreen(Oversight):
    """Fines on the evidence of bids."""

    portable: ClassVar[bool] = False
    kind: Literal["bid_screen"] = "bid_screen"
    screen: Literal["rotation", "variance", "runner_up"] = Field(
        default="rotation",
        description="winners who take turns; prices that vary little; losing bids far below the highest",
    )
    window: int = Field(default=30, ge=4, description="sales between two looks, and in one [1]")
    false_positive: float = Field(default=0.05, gt=0, lt=1, description="chance of accusing who competes, per look [1]")
    reference: tuple[float, ...] = Field(
        default=(), description="the statistic in windows known to be competitive; needed for all but rotation"
    )
    proof: float = Field(default=1.0, ge=0, le=1, description="chance that an accusation is upheld [1]")
    bond_usd: float = Field(default=10_000.0, gt=0, allow_inf_nan=False, description="what every bidder bonds [USD]")
    fine_share: float = Field(default=0.5, ge=0, le=1, description="share of the bond that a fine takes [1]")
    receiver: Literal["burnt", "protocol"] = Field(default="burnt", description="account that fines are paid to")
    _file: _File = PrivateAttr()

    @model_validator(mode="after")
    def _enough_known(self) -> BidScreen:
        if self.screen != "rotation" and (1 + len(self.reference)) * self.false_positive < 1.0:
            least = int(np.ceil(1.0 / self.false_positive)) - 1
            raise ValueError(f"reference needs at least {least} windows for a false_positive of {self.false_positive}")
        return self

    def start(self) -> BidScreen:
        """Return the screen with a file of its own for one domain."""
        own = self.model_copy()
        own._file = _File()
        return own

    def seated(self, domain: Domain) -> None:
        """Take the bonds of everybody who will bid in the domain."""
        sold = domain.regime.leader.kind == "slot_auction"
        builders = () if domain.regime.auction.kind in ("none", "combinatorial") else tuple(domain.market.builders)
        if not sold and not builders:
            raise InputError(
                "regime.oversight.kind: bid_screen needs bids; allowed: with a slot_auction, or an auction"
            )
        faults = domain.market.streams["faults"]
        self._file.rng = np.random.default_rng(
            np.random.SeedSequence(entropy=faults.entropy, spawn_key=(*faults.spawn_key, domain.first, STREAM))
        )
        for bidder in (*(domain.leaders if sold else ()), *builders):
            self._file.bonded[bidder.account] = 0.0
            if self._bond(domain, bidder.account) < self.bond_usd * (1.0 - ROUNDING):
                raise InputError(
                    f"regime.oversight.bond_usd: {bidder.name} has less than {self.bond_usd:.0f} USD in its domain; "
                    "allowed: bonds within the bidders' capital_usd"
                )

    def after_block(self, slot: Slot) -> None:
        """File the slot's sales; look at every full window."""
        for sale in slot.sales:
            if sale.winner >= 0:
                self._file.sales.append(sale)
        while len(self._file.sales) >= self.window:
            window, self._file.sales = self._file.sales[: self.window], self._file.sales[self.window :]
            self._look(slot.domain, window)

    # -- the record --------------------------------------------------------------------------------------------------

    @property
    def looks(self) -> int:
        """Windows looked at so far."""
        return self._file.looks

    @property
    def accusations(self) -> int:
        """Windows in which somebody was accused."""
        return self._file.accusations

    @property
    def fines_usd(self) -> float:
        """Fines so far [USD]."""
        return self._file.fines_usd

    @property
    def statistics(self) -> tuple[float, ...]:
        """The statistic of every window so far."""
        return tuple(self._file.statistics)

    def bonded(self, account: int) -> float:
        """Return what an account has bonded [USD]."""
        return self._file.bonded.get(account, 0.0)

    # -- details -----------------------------------------------------------------------------------------------------

    def _statistic(self, window: list[Sale]) -> float:
        if self.screen == "rotation":
            return bid_rotation(_winners(window))[1]
        if self.screen == "variance":
            return variation(np.array([sale.paid for sale in window]))
        most = max(sale.bids.size for sale in window)
        return runner_up_ratio(np.array([np.pad(sale.bids, (0, most - sale.bids.size)) for sale in window]))

    def _suspicious(self, window: list[Sale], statistic: float) -> bool:
        if self.reference:
            chance = (1 + int((np.array(self.reference) <= statistic).sum())) / (1 + len(self.reference))
        else:
            chance = rotation_chance(_winners(window), self._file.rng)
        return chance <= self.false_positive

    def _look(self, domain: Domain, window: list[Sale]) -> None:
        file, statistic = self._file, self._statistic(window)
        file.looks += 1
        file.statistics.append(statistic)
        if not self._suspicious(window, statistic):
            return
        file.accusations += 1
        if file.rng.random() >= self.proof:
            return
        accused = {sale.bidders[sale.winner].account: sale.bidders[sale.winner] for sale in window}
        for bidder in accused.values():
            self._fine(domain, bidder)

    def _fine(self, domain: Domain, bidder: Any) -> None:
        market, file = domain.market, self._file
        names = market.world.account_of
        due = min(self.fine_share * self.bond_usd, file.bonded[bidder.account])
        paid = pay(market, names["stakes"], names[self.receiver], domain.rollups, due, Why.SLASHING)
        file.bonded[bidder.account] -= paid
        file.fines_usd += paid
        self._bond(domain, bidder.account)
        hears = getattr(bidder, "fined", None)
        if hears is not None:
            with blame(market, bidder):
                hears(paid)

    def _bond(self, domain: Domain, account: int) -> float:
        """Make a bond up as far as funds go; returns what is bonded [USD]."""
        stakes = domain.market.world.account_of["stakes"]
        missing = self.bond_usd - self._file.bonded[account]
        self._file.bonded[account] += pay(domain.market, account, stakes, domain.rollups, missing, Why.STAKE)
        return self._file.bonded[account]


def _winners(window: list[Sale]) -> np.ndarray:
    accounts = [sale.bidders[sale.winner].account for sale in window]
    return np.unique(accounts, return_inverse=True)[1]
