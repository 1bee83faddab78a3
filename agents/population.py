"""From specifications to agents: who takes part in a market."""

from __future__ import annotations

import importlib
import inspect
from functools import partial

from agents.base import StrategicAgent
from agents.parameters import parameters
from agents.populations.appeals import Appeals
from agents.populations.borrowers import Borrowers
from agents.populations.perpetual_traders import PerpetualTraders
from agents.populations.retail import RetailFlow
from agents.roles import FOLDERS, names
from market import discovery
from market.access.protocols import Member
from market.access.seat import Seat
from market.config import AgentConfig, MarketConfig, RegimeConfig
from market.errors import InputError, message_of, said
from market.model import SequencerMarket
from market.sequencing import compose


def _class_in(module_name: str) -> type[StrategicAgent] | None:
    module = importlib.import_module(module_name)
    found = [
        item
        for _, item in inspect.getmembers(module, inspect.isclass)
        if issubclass(item, StrategicAgent) and item.__module__ == module.__name__
    ]
    return found[0] if len(found) == 1 else None


_found: dict[tuple[str, str], type[StrategicAgent]] = {}


def strategy_class(role: str, name: str) -> type[StrategicAgent]:
    """Find a strategy by the name of its file, or as "package.module:Class"; what was found is remembered.

    Raises InputError, naming what exists, when there is none or it plays another role.
    """
    known = _found.get((role, name))
    if known is None or not discovery.still_there(known):
        known = _found[role, name] = _find(role, name)
    return known


def _find(role: str, name: str) -> type[StrategicAgent]:
    if ":" in name:
        found = _outside(name)
    else:
        allowed = names(role)
        if name not in allowed:
            raise InputError(f"agents.strategy: {discovery.unknown(name, allowed)}, or 'package.module:Class'")
        found = _class_in(f"agents.{FOLDERS[role]}.{name}")
    if found is None or found.role != role:
        raise InputError(f"agents.strategy: {name!r} is no strategy of role {role!r}")
    return found


def _outside(name: str) -> type[StrategicAgent]:
    module_name, _, class_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"agents.strategy: cannot import {module_name!r}: {said(error)}; allowed: an importable module"
        ) from error
    found = getattr(module, class_name, None)
    if not (inspect.isclass(found) and issubclass(found, StrategicAgent)):
        raise InputError(f"agents.strategy: {name!r} is no subclass of agents.base.StrategicAgent")
    return found


def check_parameters(group: AgentConfig, found: type[StrategicAgent]) -> None:
    """Raise InputError for a parameter that a strategy does not have."""
    allowed = list(parameters(found))
    for key in group.parameters:
        if key not in allowed:
            raise InputError(f"agents.{group.strategy}.parameters: {discovery.unknown(key, allowed)}")


class Population:
    """The roster of a configuration: strategic agents, retail flow, borrowers."""

    def __init__(self, config: MarketConfig) -> None:
        self._config = config

    def members(self, domains: list[list[int]]) -> list[Member]:
        """Return the sequencers of every domain, then the other agents in the order configured, then protocols."""
        charters = compose(self._config.regime)["domains"].charters(self._config)
        members = [
            self._member(
                self._sequencers(charter.regime),
                f"sequencer {domain}.{seat}" if seats > 1 else f"sequencer {domain}", 0, domain,
            )
            for domain, charter in enumerate(charters)
            for seats in (charter.seats,)
            for seat in range(seats)
        ]  # fmt: skip
        counters: dict[str, int] = {}
        for group in (*self._config.agents, *self._protocols()):
            if group.role == "sequencer":
                continue
            for number in range(group.count):
                short = group.strategy.rpartition(":")[2]
                counters[short] = counters.get(short, -1) + 1
                members.append(self._member(group, f"{short} {counters[short]}", number, -1))
        if (protocols := sum(member.role == "protocol" for member in members)) > len(self._config.rollups):
            raise InputError(f"agents: {protocols} protocols; allowed: one a rollup, {len(self._config.rollups)}")
        return members

    def _sequencers(self, regime: RegimeConfig) -> AgentConfig:
        named = [group for group in self._config.agents if group.role == "sequencer"]
        if len(named) > 1:
            raise InputError("agents: two groups of role 'sequencer'; allowed: one")
        return named[0] if named else AgentConfig(role="sequencer", strategy=regime.sequencer)

    def _protocols(self) -> tuple[AgentConfig, ...]:
        """Return the protocols of a regime that lets rollups move, unless the configuration has its own."""
        strategy = compose(self._config.regime)["domains"].protocols()
        if strategy is None or any(group.role == "protocol" for group in self._config.agents):
            return ()
        return (AgentConfig(role="protocol", strategy=strategy, count=len(self._config.rollups)),)

    def _member(self, group: AgentConfig, name: str, number: int, domain: int) -> Member:
        found = strategy_class(group.role, group.strategy)
        check_parameters(group, found)
        latency = group.latency_s + group.latency_spread_s * number / max(1, group.count)
        make = partial(_make, found, dict(group.parameters))
        return Member(name, group.role, group.capital_usd, latency, make, domain, group.latency)

    def populations(self, market: SequencerMarket) -> list:
        """Retail flow, borrowers and traders of perpetuals; where L1 takes in what is left out, who goes there."""
        inbox = any(domain.regime.forced_inclusion.takes for domain in market.domains)
        return [RetailFlow(market), Borrowers(market), PerpetualTraders(market), *([Appeals(market)] if inbox else [])]


def _make(found: type[StrategicAgent], parameters: dict, seat: Seat) -> StrategicAgent:
    try:
        return found(seat, **parameters)
    except Exception as error:
        # whatever a constructor raises that was given parameters may be due to them; else it is the strategy's fault
        plain = isinstance(error, TypeError | ValueError)
        if plain or parameters:
            what = message_of(error) if plain else said(error)
            raise InputError(f"agents.{found.__name__}.parameters: {what}") from error
        raise
