"""A design: the points of some levers that a method asks for, and which of them are of use together only."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from experiments.runs import levers as lever_texts
from experiments.runs.levers import SAMPLE_SEED, Factor, Span
from market import discovery
from market.errors import InputError

PACKAGE = "experiments.designs"
PROTOCOL = 5
"""Of pickles: fixed, so that the same design is the same bytes."""


@dataclass(frozen=True)
class Design:
    """Points of some levers.

    Parameters
    ----------
    method : file of `experiments.designs`
    size, seed : that the points were asked for with
    levers : each a range, or a list of values
    points : share of each lever's range, in [0, 1], at each point; None where the configuration's own value stays
    strands : of each point the number of its strand, all of whose points the method needs or none
    """

    method: str
    size: int
    seed: int
    levers: tuple[Factor | Span, ...]
    points: tuple[tuple[float | None, ...], ...]
    strands: tuple[int, ...]

    @property
    def keys(self) -> list[str]:
        """Keys of the levers."""
        return [lever.keys[0] for lever in self.levers]

    @property
    def module(self) -> ModuleType:
        """The method."""
        return discovery.load(PACKAGE, self.method)

    @property
    def needs_own(self) -> bool:
        """Whether levers are left at the configuration's own values somewhere."""
        return any(share is None for point in self.points for share in point)

    def cells(self, own: Mapping[str, str]) -> list[tuple[str, ...]]:
        """Return the levers' texts at each point; `own` are those of the configuration, by key."""
        return [
            tuple(
                own[lever.keys[0]] if share is None else lever_texts.text_at(lever, share)
                for lever, share in zip(self.levers, point, strict=True)
            )
            for point in self.points
        ]

    def pickled(self) -> bytes:
        """Return the design as plain Python objects, pickled."""
        plain = {
            "method": self.method,
            "size": self.size,
            "seed": self.seed,
            "levers": [_plain(lever) for lever in self.levers],
            "points": [list(point) for point in self.points],
            "strands": list(self.strands),
        }
        return pickle.dumps(plain, protocol=PROTOCOL)


def parse(text: str, levers: Sequence[Factor | Span]) -> Design:
    """Make the design that is asked for as ``METHOD:N``, with ``:SEED`` or not; InputError where there is none."""
    methods = discovery.modules(PACKAGE)
    form = re.fullmatch(r"(\w+):(\d{1,9})(?::(\d{1,9}))?", text)
    if form is None:
        given = "curves:9, morris:10 or sobol:64, with :SEED or not"
        raise InputError(f"--method {text}: not a design; allowed: METHOD:N, as in {given}")
    if form[1] not in methods:
        raise InputError(f"--method: {discovery.unknown(form[1], methods)}")
    module = discovery.load(PACKAGE, form[1])
    if not module.allowed(size := int(form[2])):
        raise InputError(f"--method {text}: got N = {size}; allowed: {module.SIZES}")
    seed = int(form[3] or SAMPLE_SEED)
    points, strands = module.points(len(levers), size, seed)
    return Design(form[1], size, seed, tuple(levers), tuple(map(tuple, points)), tuple(strands))


def _plain(lever: Factor | Span) -> dict[str, object]:
    if isinstance(lever, Span):
        return {"lever": lever.key, "low": lever.low, "high": lever.high, "whole": lever.whole}
    return {"lever": lever.keys[0], "values": [row[0] for row in lever.rows]}
