"""Panels of the page: one file each, found by its name.

A panel's file assigns `TITLE` and `RANK`, which says where it stands among the others, and defines

- `Record`, a recorder without parameters, which notes what is to be drawn while the market runs;
- `draw(figure, record)`, which draws what it has noted so far into an empty figure; axes have labels with units.

Panels look and touch nothing: a market is the same, bit for bit, whether it is shown or not.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from figures import _page
from market import discovery
from market.measures.recorder import Recorder

SIZE_IN = (5.2, 3.4)
"""Width and height of a panel [inch]."""
STYLE: dict[Any, Any] = {**mpl.rc_params_from_file(_page.STYLE, use_default_template=False), "font.size": 9.0}
"""The house style for a screen, read here once: under Solara, matplotlib converts nothing that is set later."""


def names() -> list[str]:
    """Panels that exist, by rank."""
    found = {name: load(name) for name in discovery.modules(__name__)}
    return sorted(found, key=lambda name: (found[name].RANK, name))


def load(name: str) -> ModuleType:
    """A panel; InputError where there is none of that name."""
    return discovery.load(__name__, name)


def records() -> dict[str, Recorder]:
    """A fresh record for every panel, by its name."""
    return {name: load(name).Record() for name in names()}


def drawn(name: str, record: Any) -> Figure:
    """A panel drawn in the house style."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE_IN)
        load(name).draw(figure, record)
        figure.suptitle(load(name).TITLE, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure
