"""What may be chosen on the page, and what that amounts to: a regime, a seed, and settings as those of ``--set``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from agents.roles import names as strategies
from experiments.markets import scenarios
from experiments.runs import configuration
from market import regimes
from market.config import EpisodeConfig, MarketConfig
from market.errors import InputError

REGIME = "siloed_extractive"
"""Regime that the page begins with: one with something to see."""
MINUTES, SEED = 10, 1
AS_IT_IS = "of the regime"
"""Choice of whoever leaves a part of the regime as it is."""

THRESHOLDS_USD = (AS_IT_IS, "30,000", "100,000", "300,000", "1,000,000", "3,000,000", "100,000,000")

type Settings = Iterator[str]
type Meaning = Callable[[Any, MarketConfig], Settings]


@dataclass(frozen=True)
class Lever:
    """Something that may be chosen.

    Parameters
    ----------
    label
        with its unit
    first
        what is chosen at first
    among
        allowed texts, or of a number its least and largest value and the step; None for any text, or for a switch
    settings
        settings that a choice amounts to, given the configuration by levers before it; none where it changes nothing
    """

    label: str
    first: Any
    among: Sequence[Any] | None
    settings: Meaning


def _none(value: Any, base: MarketConfig) -> Settings:
    """No settings: what is chosen has an option of its own on the command line."""
    yield from ()


def _at(key: str, scale: float = 1.0) -> Meaning:
    """The setting of a key that has the value times a scale, unless that is what stands there."""

    def settings(value: float, base: MarketConfig) -> Settings:
        shown = float(f"{value * scale:.9g}")  # 0.3, where three steps of 0.1 are a little more
        if shown != configuration.value_at(base, key):
            yield f"{key}={shown!r}"

    return settings


def _crash(value: bool, base: MarketConfig) -> Settings:
    """The fall of the reference scenario in the middle of the run, whose length must have been set; or none."""
    episodes = (scenarios.crash(0.4 * base.horizon_s, 0.6 * base.horizon_s),) if value else ()
    if episodes != base.prices.episodes:
        yield f"prices.episodes=[{', '.join(map(_table, episodes))}]"


def _table(episode: EpisodeConfig) -> str:
    return f"{{{', '.join(f'{name} = {value!r}' for name, value in episode.model_dump().items())}}}"


def _breaker(value: str, base: MarketConfig) -> Settings:
    """A breaker that goes off once so much is liquidated within its window [USD]."""
    if value != AS_IT_IS:
        yield f'regime.breaker={{kind = "liquidation_volume", threshold_usd = {float(value.replace(",", ""))!r}}}'


def _sequencer(value: str, base: MarketConfig) -> Settings:
    if value != AS_IT_IS:
        yield f"regime.sequencer={json.dumps(value)}"


def _options(value: bool, base: MarketConfig) -> Settings:
    """Calls and puts on the first rollup, for ten minutes and for an hour."""
    if value:
        yield "rollups.0.options=[{strikes = 5, expiries_s = [600.0, 3600.0]}]"


def _strategy(group: int) -> Meaning:
    """The strategy of a group of agents, with its own parameters where it is another one."""

    def settings(value: str, base: MarketConfig) -> Settings:
        if value == base.agents[group].strategy:
            return
        if base.agents[group].parameters:
            yield f"{_group(base, group)}={{strategy = {json.dumps(value)}, parameters = {{}}}}"
        else:
            yield f"{_group(base, group)}.strategy={json.dumps(value)}"

    return settings


def _group(base: MarketConfig, group: int) -> str:
    """A group of agents as ``--set`` knows it."""
    role = base.agents[group].role
    return f"agents.{role}.{[at for at, other in enumerate(base.agents) if other.role == role].index(group)}"


def _more(value: str, base: MarketConfig) -> Settings:
    """Settings as they are typed, between semicolons."""
    yield from (part.strip() for part in value.split(";") if part.strip())


@cache
def levers() -> dict[str, Lever]:
    """What may be chosen, by name."""
    base = scenarios.reference()
    found = {
        "regime": Lever("regime", REGIME, regimes.names(), _none),
        "seed": Lever("seed", SEED, (0, 100, 1), _none),
        "minutes": Lever("length [min]", MINUTES, (1, 120, 1), _at("horizon_s", 60.0)),
        "crash": Lever("crash in the middle", True, None, _crash),
        "volatility": Lever("volatility [1/sqrt(year)]", 0.8, (0.0, 3.0, 0.1), _at("assets.0.volatility")),
        "retail": Lever("retail swaps [1/s]", 3.0, (0.0, 20.0, 0.5), _at("flow.per_second")),
        "ltv": Lever("highest loan-to-value [1]", 0.78, (0.5, 0.8, 0.01), _at("borrowers.ltv_high")),
        "breaker": Lever("breaker at liquidations in 60 s of [USD]", AS_IT_IS, THRESHOLDS_USD, _breaker),
        "options": Lever("options, which the market maker fixed_spread quotes", False, None, _options),
        "sequencer": Lever("sequencers", AS_IT_IS, [AS_IT_IS, *strategies("sequencer")], _sequencer),
    }
    for group, agents in enumerate(base.agents):
        label = f"{_group(base, group).removeprefix('agents.').replace('_', ' ')}: {agents.count} of strategy"
        among = strategies(agents.role)
        found[f"group_{group}"] = Lever(label, agents.strategy, among, _strategy(group))
    return found | {"more": Lever("more settings: key=value; key=value", "", None, _more)}


def settings(chosen: Mapping[str, Any]) -> list[str]:
    """Settings that all choices amount to, over the reference scenario under the chosen regime.

    Raises InputError for a choice that there is not.
    """
    base = without_settings(chosen)
    found: list[str] = []
    for name, lever in levers().items():
        found += lever.settings(chosen.get(name, lever.first), configuration.load(None, found, base))
    return found


def without_settings(chosen: Mapping[str, Any]) -> MarketConfig:
    """The reference scenario under the chosen regime."""
    if unknown := set(chosen) - set(levers()):
        raise InputError(f"levers: {', '.join(sorted(unknown))}: no such lever; allowed: {', '.join(levers())}")
    regime = regimes.load(chosen.get("regime", levers()["regime"].first))
    return scenarios.reference().model_copy(update={"regime": regime})


def configured(chosen: Mapping[str, Any]) -> MarketConfig:
    """The configuration that all choices amount to; InputError where they amount to none."""
    return configuration.load(None, settings(chosen), without_settings(chosen))
