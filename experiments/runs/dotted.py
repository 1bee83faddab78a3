"""Dotted keys of settings, as they are typed, and the places in a configuration that they stand for.

A group of agents is named by role and number, `*` stands for every entry of a list, and a few settings that stand in
several places have one name for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from market import discovery
from market.errors import InputError

EVERY = "*"
ALIASES = {"prices.volatility": "assets.*.volatility", "prices.drift": "assets.*.drift"}
"""Keys that are another's; the reference price of each asset has these two of its own."""


def places(data: Any, key: str) -> list[list[str]]:
    """Return the keys of all places that a dotted key stands for in a configuration.

    Raises
    ------
    InputError
        for a group of agents that is not there, and for `*` where there is no list, or an empty one
    """
    return list(map(list, _expanded(data, _numbered(data, ALIASES.get(key, key).split(".")))))


def within(known: str, key: str) -> bool:
    """Whether a dotted key is another, or stands beneath it, in some of the places that the two stand for."""
    parts, above = (ALIASES.get(each, each).split(".") for each in (known, key))
    pairs = zip(parts, above, strict=False)
    return len(parts) >= len(above) and all(one == other or EVERY in (one, other) for one, other in pairs)


def _expanded(data: Any, keys: list[str]) -> list[tuple[str, ...]]:
    """Keys with each `*` in them replaced by the numbers of all entries of the list that it stands in."""
    if EVERY not in keys:
        return [tuple(keys)]
    at = keys.index(EVERY)
    listed = data
    for key in keys[:at]:
        listed = _inside(listed, key)
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise InputError(f"--set {'.'.join(keys[: at + 1])}: no entries; allowed: {EVERY} for all entries of a list")
    numbered = [[*keys[:at], str(number), *keys[at + 1 :]] for number in range(len(listed))]
    return [expanded for each in numbered for expanded in _expanded(data, each)]


def _inside(data: Any, key: str) -> Any:
    """What stands at a key; None where there is nothing."""
    if isinstance(data, Mapping):
        return data.get(key)
    if isinstance(data, list | tuple):
        return data[int(key)] if key.isdecimal() and int(key) < len(data) else None
    return getattr(data, key, None) if isinstance(data, BaseModel) else None


def value_in(data: Any, keys: Sequence[str]) -> Any:
    """What stands at a place; None where there is nothing."""
    for key in keys:
        data = _inside(data, key)
    return data


def _numbered(data: Any, keys: list[str]) -> list[str]:
    """Keys in which a group of agents that was named by role and number has its place in the list."""
    if len(keys) < 2 or keys[0] != "agents" or keys[1].isdecimal() or keys[1] == EVERY:
        return keys
    groups = data.get("agents") if isinstance(data, Mapping) else getattr(data, "agents", None)
    if not isinstance(groups, list | tuple) or not all(isinstance(group, Mapping | BaseModel) for group in groups):
        return keys
    roles = [str(group.get("role") if isinstance(group, Mapping) else getattr(group, "role", "")) for group in groups]
    where = f"--set {'.'.join(keys[:3])}"
    if keys[1] not in roles:
        allowed = [*dict.fromkeys(roles), *map(str, range(len(roles)))]
        raise InputError(f"{where}: {discovery.unknown(keys[1], allowed)}")
    found = [place for place, role in enumerate(roles) if role == keys[1]]
    if len(keys) < 3 or not keys[2].isdecimal() or int(keys[2]) >= len(found):
        allowed = f"agents.{keys[1]}.N for N from 0 to {len(found) - 1}, the groups of a role"
        raise InputError(f"{where}: no such group; allowed: {allowed}")
    return ["agents", str(found[int(keys[2])]), *keys[3:]]
