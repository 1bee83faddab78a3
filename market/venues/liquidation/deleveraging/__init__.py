"""Auto-deleveraging by name: whose positions are closed against one that nobody can make good, one rule a file.

What is missing of a position when all funds are empty is paid by the other side of its market: so much of the others is
closed against it, at the price at which nothing is left of it. A rule says how much of whose. All cover the same
deficit, since all close the same size at the same price.

A rule is a frozen configuration model whose `kind` is its file's name, and a compiled function
allot(others, needed, gap, cap, step) -> int. A new rule is a new file.
"""

from __future__ import annotations

from typing import Any

from market import discovery
from market.built import built
from market.kernel.switch import switch
from market.venues.liquidation.deleveraging._rule import OTHER, Rule

__all__ = ["KINDS", "OTHER", "allotted", "make"]
LOADS = ("*",)
"""Every file of this folder: what is compiled with a rule depends on them."""
KINDS = discovery.modules(__name__)
"""The rules that exist. Their numbers, which compiled code tells them apart by, are their places here."""

allotted = switch(
    "allotted", "rule, others, needed, gap, cap, step", [discovery.load(__name__, kind).allot for kind in KINDS], "0",
    by="rule",
)  # fmt: skip
"""Allot by the rule of a number."""


def make(settings: dict[str, Any], where: str) -> Rule:
    """Build a rule from its configuration, found at `where`.

    Raises InputError, naming what is allowed, for an unknown kind or parameter.
    """
    return built(__name__, Rule, settings, where)
