"""The parts that a regime is made of: one folder a part, one mechanism a file.

A mechanism is a frozen configuration model whose `kind` is its file's name; it carries its rule as methods. Mechanisms
that remember something are given a memory of their own per domain by :meth:`Part.start`.
"""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError

from market import discovery
from market.config import RegimeConfig, Settings
from market.errors import InputError

if TYPE_CHECKING:
    from market.domain import Domain

PARTS = {
    "domains": "domains",
    "leader": "leaders",
    "visibility": "visibility",
    "ordering": "ordering",
    "auction": "auctions",
    "revenue": "revenue",
    "capacity": "capacity",
    "consensus": "consensus",
    "preconfirmation": "preconfirmation",
    "guarantees": "guarantees",
    "forced_inclusion": "forced_inclusion",
    "margin": "margin",
    "breaker": "breakers",
    "oversight": "oversight",
    "governance": "governance",
}
"""Folder of each part of a regime."""


class Part(Settings):
    """Base of every mechanism; each states its `kind` as a literal, the name of its file.

    `portable` says that a domain with it may gain and lose rollups while it runs.
    """

    portable: ClassVar[bool] = True

    @property
    def idle_until(self) -> float:
        """Until when a slot in which nothing is due passes by the mechanism [s]: it draws, changes and notes nothing.

        It is asked anew behind the first slot from then on; -inf: none passes by.
        """
        return -math.inf

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return a private attribute: as pydantic does, which first looks into how each is declared."""
            try:
                return object.__getattribute__(self, "__pydantic_private__")[name]
            except (AttributeError, KeyError, TypeError):
                return super().__getattr__(name)

    def start(self) -> Part:
        """Return the mechanism for one domain, with a memory of its own if it has any."""
        return self

    def fits(self, parts: dict[str, Any]) -> None:
        """Raise InputError where the mechanism contradicts another part of the regime, by name in `parts`."""

    def seated(self, domain: Domain) -> None:
        """Prepare for a domain once the market is founded and everybody is seated, before the first slot."""

    def joined(self, domain: Domain, rollups: tuple[int, ...]) -> None:
        """Prepare for rollups that a domain sequences from now on, and another one did so far."""


def kinds(part: str) -> list[str]:
    """Return the mechanisms that exist for a part."""
    package = f"market.sequencing.{PARTS[part]}"
    return [
        name
        for name in discovery.modules(package)
        if f'kind: Literal["{name}"]' in discovery.source(package, name).read_text(encoding="utf-8")
    ]


_found: dict[tuple[str, str], type[Part]] = {}


def mechanism(part: str, kind: str) -> type[Part]:
    """Return the class of a mechanism; raises InputError, naming those that exist, when there is none.

    What was found is remembered: to look through the folders for every market takes longer than a short run.
    """
    known = _found.get((part, kind))
    if known is None or not discovery.still_there(known):
        known = _found[part, kind] = _find(part, kind)
    return known


def _find(part: str, kind: str) -> type[Part]:
    allowed = kinds(part)
    if kind not in allowed:
        raise InputError(f"regime.{part}.kind: {discovery.unknown(kind, allowed)}")
    module = discovery.load(f"market.sequencing.{PARTS[part]}", kind)
    classes = [
        item
        for _, item in inspect.getmembers(module, inspect.isclass)
        if issubclass(item, Part) and item.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise InputError(f"regime.{part}: {module.__name__} must define exactly one mechanism, not {len(classes)}")
    return classes[0]


def make(part: str, settings: dict[str, Any]) -> Any:
    """Build a mechanism from its configuration.

    Raises InputError, naming what is allowed, for an unknown kind or parameter.
    """
    kind = str(settings.get("kind", ""))
    found = mechanism(part, kind)
    try:
        return found(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(piece) for piece in first["loc"]) or kind
        fields = ", ".join(sorted(found.model_fields))
        raise InputError(f"regime.{part}.{where}: {first['msg']}; parameters of {kind}: {fields}") from None


def compose(config: RegimeConfig) -> dict[str, Any]:
    """Build every part of a regime; raises InputError where two of them contradict each other."""
    parts = {part: make(part, getattr(config, part)) for part in PARTS}
    for part in parts.values():
        part.fits(parts)
    return parts


def agreed(where: str, named: int | None, leaders: int) -> int:
    """Return the size of a committee that is the set of leaders; raises InputError where another one is named."""
    if named is not None and named != leaders:
        raise InputError(f"regime.{where}: {named} is not the number of leaders; allowed: {leaders}, or none named")
    return leaders
