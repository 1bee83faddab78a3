"""Holders of stake vote on a setting of the regime, one step up or down its options at a time.

A period ends with a vote between what is in force and a neighbour of it in the list of options, above and below in
turns. Before that the proposal is tried for a while, so that holders can tell from their own accounts what it would
bring them; then what was in force comes back, until a change that was adopted takes effect after its notice. A change
needs a quorum of all votes and more than `majority` of those cast; a tie changes nothing.

Where every holder prefers what is nearer to an ideal of its own, a majority of the stake carries any step towards the
stake-weighted median of the ideals and none away from it: votes come to rest there (Black 1948, On the rationale of
group decision-making, Journal of Political Economy 56).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from market.access.protocols import Ballot
from market.config import Positive
from market.errors import InputError, blame, fault
from market.sequencing import make
from market.sequencing.governance.base import Governance, Vote

if TYPE_CHECKING:
    from market.domain import Domain

GAS, NORM = "gas_usd", "norm"
PARTS = ("revenue", "auction", "capacity", "preconfirmation", "forced_inclusion", "margin", "breaker", "oversight")
"""Parts whose settings can be voted on: those that read them afresh in every slot."""
ROUNDING = 1e-12

type Option = float | str | tuple[str, ...]


class _Assembly:
    """What one domain's holders have decided."""

    def __init__(self) -> None:
        self.holders: list[Any] = []
        self.current = 0  # option in force, but for trials
        self.tried: int | None = None  # option on trial
        self.adopted: int | None = None  # option that takes effect after its notice
        self.upwards = False  # which way the last proposal went
        self.in_force: Option | None = None
        self.slots: dict[Option, int] = {}  # for how many each option was in force, trials included
        self.since = 0
        self.votes: list[Vote] = []


class StakeVote(Governance):
    """Votes by stake on steps along a list of options."""

    kind: Literal["stake_vote"] = "stake_vote"
    subject: str = Field(
        default="revenue.share",
        description="what is voted on: PART.SETTING of the regime; gas_usd, the fee of an intent; or norm, which no "
        "rule reads and strategies may heed (`seen.policy`)",
    )
    options: tuple[Option, ...] = Field(
        default=(0.2, 0.4, 0.6, 0.8), min_length=2, description="what can be adopted, in order; among it what is set"
    )
    period_slots: int = Field(default=200, ge=2, description="slots between two votes [1]")
    trial_slots: int = Field(default=90, ge=0, description="slots ahead of a vote in which its proposal is tried [1]")
    notice_slots: int = Field(default=20, ge=0, description="slots until a change that was adopted takes effect [1]")
    quorum: float = Field(default=0.2, ge=0, le=1, description="share of all votes that must be cast [1]")
    majority: float = Field(default=0.5, ge=0, lt=1, description="share of votes cast that a change must exceed [1]")
    tokens: dict[str, Positive] = Field(
        default_factory=dict, description="votes by name of the agent (default: of each sequencer, its right to lead)"
    )
    _assembly: _Assembly = PrivateAttr()

    @model_validator(mode="after")
    def _in_time(self) -> StakeVote:
        if self.trial_slots + self.notice_slots >= self.period_slots:
            raise ValueError(f"trial_slots and notice_slots must add up to less than {self.period_slots}, the period")
        if len(set(self.options)) < len(self.options):
            raise ValueError("options must differ from one another")
        return self

    def start(self) -> StakeVote:
        """Return the vote of one domain."""
        own = self.model_copy()
        own._assembly = _Assembly()
        return own

    def seated(self, domain: Domain) -> None:
        """Find the holders, and what is in force at the start."""
        assembly, market = self._assembly, domain.market
        by_name = {agent.name: agent for agent in market.participants}
        for name in self.tokens:
            if name not in by_name:
                raise InputError(f"regime.governance.tokens: no agent {name!r}; allowed: {', '.join(by_name)}")
        assembly.holders = [by_name[name] for name in self.tokens] if self.tokens else list(domain.leaders)
        present = self._present(domain)
        if present not in self.options:
            known = ", ".join(map(str, self.options))
            raise InputError(
                f"regime.governance.options: {self.subject} is {present}; allowed: among them, not {known}"
            )
        assembly.current = self.options.index(present)
        assembly.in_force = present

    def convene(self, domain: Domain, now: float) -> None:
        """Vote at the end of a period; begin and end trials; put into effect what was adopted."""
        assembly = self._assembly
        periods, at = divmod(domain.slot, self.period_slots)
        if at == 0:
            if periods:
                self._vote(domain, now)
            self._enforce(domain, now, assembly.current)
        if at == self.notice_slots and assembly.adopted is not None:
            assembly.current, assembly.adopted = assembly.adopted, None
            self._enforce(domain, now, assembly.current)
        if at == self.period_slots - self.trial_slots and self.trial_slots:
            assembly.tried = self._proposal()
            self._enforce(domain, now, assembly.tried)

    # -- the record --------------------------------------------------------------------------------------------------

    @property
    def in_force(self) -> Option | None:
        """The option in force, on trial or for good."""
        return self._assembly.in_force

    @property
    def current(self) -> Option:
        """The option that was adopted last and has taken effect."""
        return self.options[self._assembly.current]

    @property
    def votes(self) -> tuple[Vote, ...]:
        """Votes so far."""
        return tuple(self._assembly.votes)

    @property
    def holders(self) -> tuple[Any, ...]:
        """Whoever may vote."""
        return tuple(self._assembly.holders)

    def slots_in_force(self, until: int) -> dict[Option, int]:
        """For how many slots each option was in force up to a slot, trials included."""
        found = dict(self._assembly.slots)
        if self._assembly.in_force is not None:
            found[self._assembly.in_force] = found.get(self._assembly.in_force, 0) + until - self._assembly.since
        return found

    # -- details -----------------------------------------------------------------------------------------------------

    def _proposal(self) -> int:
        """The neighbour above what is in force, or below, in turns; at an end of the options the only one."""
        assembly = self._assembly
        assembly.upwards = not assembly.upwards
        if not 0 <= assembly.current + (1 if assembly.upwards else -1) < len(self.options):
            assembly.upwards = not assembly.upwards
        return assembly.current + (1 if assembly.upwards else -1)

    def _vote(self, domain: Domain, now: float) -> None:
        assembly = self._assembly
        proposed = self._proposal() if assembly.tried is None else assembly.tried
        ballot = Ballot(self.subject, self.options[assembly.current], self.options[proposed])
        said = [self._answer(domain, now, holder, ballot) for holder in assembly.holders]
        weights = list(self.tokens.values()) or domain.regime.leader.weights(domain).tolist()
        yes, no = (math.fsum(w for w, one in zip(weights, said, strict=True) if one is way) for way in (True, False))
        total = math.fsum(weights)
        quorate = yes + no >= self.quorum * total * (1.0 - ROUNDING)
        passed = quorate and yes > self.majority * (yes + no) * (1.0 + ROUNDING)
        assembly.votes.append(Vote(domain.slot, ballot, yes, no, total, passed))
        assembly.tried, assembly.adopted = None, proposed if passed else None

    def _answer(self, domain: Domain, now: float, holder: Any, ballot: Ballot) -> bool | None:
        """Ask a holder: yes, no, or None, which is to abstain."""
        market = domain.market
        market.public.refresh()
        with blame(market, holder):
            answer = holder.vote(market.observations[holder.account]._at(domain, now), ballot)
        if answer is not None and not isinstance(answer, bool):
            raise fault(market, holder, f"votes {answer!r}; allowed: True, False or None")
        return answer

    def _enforce(self, domain: Domain, now: float, option: int) -> None:
        """Put an option into force, and let the holders hear of it."""
        assembly, market = self._assembly, domain.market
        value: Any = self.options[option]
        assembly.slots = self.slots_in_force(domain.slot)
        assembly.since, assembly.in_force = domain.slot, value
        part, _, setting = self.subject.partition(".")
        if self.subject == GAS:
            domain.regime.capacity.reprice(domain, float(value), now)
        elif self.subject != NORM:
            mechanism = getattr(domain.regime, part)
            allowed = getattr(self._made(domain, part, setting, value), setting)
            setattr(domain.regime, part, mechanism.model_copy(update={setting: allowed}))
        market.public.refresh()
        for holder in assembly.holders:
            with blame(market, holder):
                holder.governed(market.observations[holder.account]._at(domain, now), value)

    def _present(self, domain: Domain) -> Option:
        """What the configuration sets; raises InputError for what cannot be voted on, and options out of range."""
        if self.subject == NORM:
            return self.options[0]
        if self.subject == GAS:
            return self._present_gas(domain)
        part, _, setting = self.subject.partition(".")
        mechanism = getattr(domain.regime, part, None) if part in PARTS else None
        if mechanism is None or setting == "kind" or setting not in type(mechanism).model_fields:
            where = "PART.SETTING of what is set as " + ", ".join(PARTS)
            raise InputError(f"regime.governance.subject: {self.subject!r}; allowed: {GAS}, {NORM}, or {where}")
        for option in self.options:
            self._made(domain, part, setting, option)
        return getattr(mechanism, setting)

    def _present_gas(self, domain: Domain) -> float:
        if domain.regime.capacity.kind != "unlimited":
            raise InputError(
                f"regime.governance.subject: {GAS} with a capacity that sets it; allowed: with the capacity unlimited"
            )
        if not all(isinstance(option, float) and option >= 0.0 for option in self.options):
            raise InputError(f"regime.governance.options: {GAS} takes numbers; allowed: at least 0")
        gas = {domain.market.config.rollups[rollup].gas_usd for rollup in domain.rollups}
        if len(gas) > 1:
            raise InputError(f"regime.governance.subject: {GAS} differs among the domain's rollups; allowed: the same")
        return gas.pop()

    @staticmethod
    def _made(domain: Domain, part: str, setting: str, value: Option) -> Any:
        """Return the mechanism with a setting; raises InputError where it does not allow that."""
        try:
            return make(part, getattr(domain.market.config.regime, part) | {setting: value})
        except (InputError, ValidationError) as error:
            raise InputError(f"regime.governance.options: {value!r}: {error}") from None
