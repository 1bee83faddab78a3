"""An encrypted mempool: contents stay sealed until the order is fixed; decryption costs time.

The key is shared among n committee members of whom t are needed to open an intent. A coalition of t can open early:
then a leader who belongs to it reads what it orders. Early decryption leaves evidence; found out, the sequencers of
the coalition lose part of their stake. Unless said otherwise, the committee is the set of leaders: the n shares of the
key are theirs, one each, or divided by their right to lead where that differs. Else it is drawn without replacement
from N candidates, K of whom belong to the coalition: it can be bought with chance P(Hypergeometric(N, K, n) >= t),
which for N without bound is P(Binomial(n, K / N) >= t).
Source: Bebel & Ojha (2022), Ferveo: threshold decryption for mempool privacy, IACR ePrint 2022/898; Shutter
documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from market.access.observation import redact
from market.errors import InputError
from market.sequencing import agreed
from market.sequencing.visibility._threshold import Threshold

if TYPE_CHECKING:
    from market.domain import Domain, Slot

DRAWN = 16
"""Members of a committee that is drawn, unless said otherwise."""


class Sealed(Threshold):
    """A committee whose shares of the key a coalition may hold."""

    kind: Literal["sealed"] = "sealed"
    members: int | None = Field(
        None, ge=1, description="n: shares of the key (default: as many as leaders; of a committee drawn, 16) [1]"
    )
    threshold: int | None = Field(
        None, ge=1, description="t: shares that open an intent (default: the least beyond two thirds of them) [1]"
    )
    committee: Literal["leaders", "outsiders", "sequencers"] = Field(
        "leaders",
        description="the sequencers of the domain; or drawn for each slot: from outsiders, or from candidates divided "
        "among the sequencers by their right to lead",
    )
    corrupt_share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of outside candidates, to the nearest whole number of them, who sell to a leader that asks "
        "for a share of the key [1]",
    )
    detection: float = Field(0.5, ge=0, le=1, description="chance that an early decryption is proven [1]")
    slash_share: float | None = Field(
        None, ge=0, le=1, description="share of the stake that it then costs [1] (default: what the leader part sets)"
    )
    _coalition: tuple[Any, ...] = PrivateAttr(default=())
    _shares: int = PrivateAttr(default=0)
    _needed: int = PrivateAttr(default=1)

    @model_validator(mode="after")
    def _reachable(self) -> Sealed:
        if self.committee != "outsiders" and self.corrupt_share > 0.0:
            raise ValueError("corrupt_share is that of outsiders; allowed with committee 'outsiders' alone")
        if self.committee != "leaders" and self._size > self.candidates:
            raise ValueError(f"members must not exceed candidates, which is {self.candidates}")
        if self.threshold is not None and (self.committee != "leaders" or self.members) and self.threshold > self._size:
            raise ValueError(f"threshold must not exceed members, which is {self._size}")
        return self

    def fits(self, parts: dict[str, Any]) -> None:
        """Refuse a committee of leaders that is not as large as there are leaders, or cannot reach its threshold."""
        if self.committee != "leaders":
            return
        seats = agreed("visibility.members", self.members, parts["leader"].seats())
        if self.threshold is not None and self.threshold > seats:
            raise InputError(
                f"regime.visibility.threshold: {self.threshold} is beyond the number of leaders; allowed: up to {seats}"
            )

    @property
    def _size(self) -> int:
        return DRAWN if self.members is None else self.members

    def needed(self, shares: int) -> int:
        """Return how many of so many shares of the key open an intent."""
        return shares * 2 // 3 + 1 if self.threshold is None else self.threshold

    @property
    def shares(self) -> int:
        """Shares of the key that the coalition of this slot has."""
        return self._shares

    def begin(self, slot: Slot) -> None:
        """Ask the sequencers who would open early, and draw the committee."""
        super().begin(slot)
        self._shares = 0
        leaders, rule = slot.domain.leaders, slot.domain.regime.leader
        size = self._size if self.committee != "leaders" else len(leaders)
        self._needed = self.needed(size)
        self._coalition = tuple(agent for agent in leaders if self._colludes(slot, agent))
        if not self._coalition:
            return
        if self.committee == "outsiders":
            sold = round(self.corrupt_share * self.candidates)
            self._shares = int(slot.rng.hypergeometric(sold, self.candidates - sold, size))
            return
        if self.committee == "leaders":
            held = rule.candidates(slot.domain, size).tolist()
        else:
            held = rule.committee(slot.domain, size, self.candidates, slot.rng).tolist()
        self._shares = sum(count for agent, count in zip(leaders, held, strict=True) if agent in self._coalition)

    def _colludes(self, slot: Slot, agent: Any) -> bool:
        """Whether a sequencer would open early at the penalty to be expected; whoever is not asked would not."""
        opens = getattr(agent, "opens_early", None)
        return opens is not None and bool(opens(self.expected_penalty(slot.domain, agent)))

    def expected_penalty(self, domain: Domain, agent: Any) -> float:
        """Chance of being found out times the stake that it costs [USD]."""
        rule = domain.regime.leader
        if not hasattr(rule, "bonded"):
            return 0.0
        share = rule.slash_early_decryption if self.slash_share is None else self.slash_share
        return self.detection * share * float(rule.bonded()[domain.leaders.index(agent)])

    def to_author(self, role: str, account: int, rows: np.ndarray) -> np.ndarray:
        """Redacted rows; contents for a member of a coalition that holds at least the threshold."""
        if self._shares < self._needed or all(agent.account != account for agent in self._coalition):
            return redact(rows)
        if rows.size and not self._read:
            self._read = True
            self._risk(account)
        return rows.copy()

    def _risk(self, account: int) -> None:
        """Let the early decryption be found out: the reader pays for it, and the sequencers whose shares it took."""
        slot = self._slot
        if slot.rng.random() >= self.detection:
            return
        for agent in self._coalition:
            if self.committee != "outsiders" or agent.account == account:
                slot.domain.regime.leader.slash(slot.domain, agent, self.slash_share, "early_decryption")
