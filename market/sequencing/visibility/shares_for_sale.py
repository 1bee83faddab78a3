"""An encrypted mempool whose committee members sell their shares of the key, each at its own choice.

In every slot a committee of n is drawn from N candidates, which the sequencers provide in proportion to their right to
lead. Whoever leads may offer a price for as many shares as it lacks of the t that open the block; it is told what each
share must be expected to cost its holder, since stakes, chances of proof and the rule of slashing are public. Each
other member says whether it sells. If enough do, as many shares as needed are bought of them, at random, and paid
through the ledger at once; the leader then reads what it orders. Too few sell: nothing is paid.

What is proven, and what that costs, is the oversight's to say: the stake behind a share is that of one candidate, and
whoever's share was used loses a part of it. So a block worth G is opened where G exceeds t times a share's stake at
risk x slashed part x chance of proof + rent to be lost, as members see it, if all members are alike.
Source: Bebel & Ojha (2022), Ferveo: threshold decryption for mempool privacy, IACR ePrint 2022/898, for the committee.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from market.access.observation import redact
from market.access.protocols import Offer, Risk, Tender
from market.errors import blame, fault
from market.sequencing.payments import pay
from market.sequencing.visibility._threshold import Threshold
from market.state.ledger import Why

if TYPE_CHECKING:
    from market.access.observation import Observation
    from market.domain import Domain, Slot

ROUNDING = 1e-9


class _Record:
    """What was bought in one domain."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.asked = self.refused = self.opened = self.shares = 0
        self.paid_usd = self.slashed_usd = 0.0


class SharesForSale(Threshold):
    """Shares of the key are bought and sold slot by slot."""

    kind: Literal["shares_for_sale"] = "shares_for_sale"
    members: int = Field(16, ge=1, description="n: shares of the key, each held by a member of the committee [1]")
    threshold: int = Field(11, ge=1, description="t: shares that open an intent [1]")
    _record: _Record = PrivateAttr()
    _reader: int = PrivateAttr(default=-1)
    _used: list[tuple[Any, float]] = PrivateAttr(default_factory=list)

    @model_validator(mode="after")
    def _reachable(self) -> SharesForSale:
        if self.threshold > self.members:
            raise ValueError(f"threshold must not exceed members, which is {self.members}")
        if self.members > self.candidates:
            raise ValueError(f"members must not exceed candidates, which is {self.candidates}")
        return self

    def seated(self, domain: Domain) -> None:
        """Take a stream of its own, so that committees move no other draw."""
        root = domain.market.streams["committees"]
        key = (*root.spawn_key, domain.first)
        self._record = _Record(np.random.default_rng(np.random.SeedSequence(entropy=root.entropy, spawn_key=key)))

    @property
    def record(self) -> _Record:
        """Offers made and refused, blocks opened, shares sold, what was paid for them and slashed."""
        return self._record

    def begin(self, slot: Slot) -> None:
        """Draw the committee, and let the leader buy what it lacks."""
        super().begin(slot)
        self._reader, self._used = -1, []
        buyer, domain = slot.leader, slot.domain
        if not slot.due.size or not hasattr(buyer, "price_of_shares"):
            return
        rule, seat = domain.regime.leader, domain.leaders.index(buyer)
        candidates = rule.candidates(domain, self.candidates)
        held = rule.committee(domain, self.members, self.candidates, self._record.rng)
        risks = [self._risk(domain, agent, count) for agent, count in zip(domain.leaders, candidates, strict=True)]
        own = min(int(held[seat]), self.threshold)
        others = np.sort(np.repeat(np.delete([risk.penalty for risk in risks], seat), np.delete(held, seat)))
        needed = self.threshold - own
        price = self._price(slot, Tender(int(slot.due.size), own, needed, risks[seat], others))
        if price is None:
            return
        used = self._buy(slot, price, needed, self._willing(slot, price, held, risks) if needed else held)
        if used is None:
            return
        used[seat] += own
        self._reader = buyer.account
        each = zip(domain.leaders, used.tolist(), candidates.tolist(), strict=True)
        self._used = [(agent, count / all_of_its) for agent, count, all_of_its in each if count]

    def to_author(self, role: str, account: int, rows: np.ndarray) -> np.ndarray:
        """Redacted rows; contents for whoever has bought enough shares."""
        if account != self._reader:
            return redact(rows)
        if rows.size and not self._read:
            self._read = True
            self._record.opened += 1
            self._record.slashed_usd += self._slot.domain.regime.oversight.opened_early(self._slot, self._used)
        return rows.copy()

    # -- details -----------------------------------------------------------------------------------------------------

    @staticmethod
    def _risk(domain: Domain, agent: Any, candidates: int) -> Risk:
        """What each share risks: the stake behind it is that of one of the holder's candidates."""
        oversight, behind = domain.regime.oversight, 1.0 / max(1, int(candidates))
        penalty = oversight.expected_penalty(domain, agent, "early_decryption") * behind
        slashed = getattr(domain.regime.leader, "slash_early_decryption", 0.0)
        return Risk(penalty, oversight.chance("early_decryption"), slashed * behind)

    @staticmethod
    def _seen(slot: Slot, agent: Any) -> Observation:
        return slot.market.observations[agent.account]._at(slot.domain, slot.sealed_at)

    def _price(self, slot: Slot, tender: Tender) -> float | None:
        """Ask the leader what it offers for a share; None where it does not want to read."""
        buyer, market = slot.leader, slot.market
        with blame(market, buyer):
            price = buyer.price_of_shares(self._seen(slot, buyer), tender)
        if price is None:
            return None
        if not (np.isfinite(price) and price >= 0.0):
            raise fault(market, buyer, f"offers {price} for a share of the key; allowed: finite and not negative")
        funds = float(market.world.tables.balance[buyer.account, list(slot.domain.rollups), 0].sum())
        if price * tender.needed > funds:
            raise fault(
                market, buyer, f"offers {price:.2f} USD for each of {tender.needed} shares and has {funds:.2f} USD"
            )
        return float(price)

    def _willing(self, slot: Slot, price: float, held: np.ndarray, risks: list[Risk]) -> np.ndarray:
        """How many shares each other member sells at a price: shape (seats,), all of its own or none."""
        willing = np.zeros(held.size, np.int64)
        for seat, agent in enumerate(slot.domain.leaders):
            if agent is slot.leader or not held[seat] or not hasattr(agent, "sells_share"):
                continue
            with blame(slot.market, agent):
                if agent.sells_share(self._seen(slot, agent), Offer(price, int(held[seat]), risks[seat])):
                    willing[seat] = held[seat]
        return willing

    def _buy(self, slot: Slot, price: float, needed: int, sellers: np.ndarray) -> np.ndarray | None:
        """Buy the shares that are needed, at random of those for sale, and pay; None where too few are for sale."""
        record, buyer = self._record, slot.leader
        record.asked += needed > 0
        enough = int(sellers.sum()) >= needed
        bought = (
            record.rng.multivariate_hypergeometric(sellers, needed) if enough and needed else np.zeros_like(sellers)
        )
        for seat, agent in enumerate(slot.domain.leaders):
            amount = price * int(bought[seat])
            paid = pay(slot.market, buyer.account, agent.account, slot.domain.rollups, amount, Why.KEY_SHARE)
            assert paid >= amount * (1.0 - ROUNDING)  # what it had was looked at before
            record.paid_usd += paid
        record.shares += int(bought.sum())
        record.refused += not enough
        if needed:
            with blame(slot.market, buyer):
                buyer.heard_shares(enough)
        return bought if enough else None
