"""The margin models of options by name: what an account must hold against its positions in an underlying, one a file.

A model is a frozen configuration model whose `kind` is its file's name, and a compiled function
requirement(positions, spot, linear, terms) -> Requirement. A new model is a new file.
"""

from __future__ import annotations

from typing import Any

from market import discovery
from market.built import built
from market.kernel.switch import switch
from market.venues.options.margins._model import POSITION, POSITIONS, Model, Terms
from market.venues.options.margins._payoffs import marks

__all__ = ["KINDS", "OFFSETS", "POSITION", "POSITIONS", "Terms", "make", "marks", "required"]
LOADS = ("*",)
"""Every file of this folder: what is compiled with a model depends on them."""
KINDS = discovery.modules(__name__)
"""The models that exist. Their numbers, which compiled code tells them apart by, are their places here."""

OFFSETS = tuple(bool(discovery.load(__name__, kind).OFFSETS) for kind in KINDS)
"""By number: whether a model margins the perpetuals of an account together with its options."""

required = switch(
    "required", "model, positions, spot, linear, terms",
    [discovery.load(__name__, kind).requirement for kind in KINDS],
    "case_0(positions, spot, linear, terms)",  # every number is that of a model
    by="model",
)  # fmt: skip
"""Requirement of the model of a number."""


def make(settings: dict[str, Any], where: str) -> Model:
    """Build a margin model from its configuration, found at `where`.

    Raises InputError, naming what is allowed, for an unknown kind or parameter.
    """
    return built(__name__, Model, settings, where)
