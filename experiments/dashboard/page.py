"""The page: Mesa's controls and inputs, a figure for every panel, outcomes so far, and the configuration to copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reacton
import solara
from mesa.visualization import Slider, SolaraViz
from mesa.visualization.utils import update_counter

from experiments.dashboard import levers, panels, written
from experiments.dashboard.levers import Lever
from experiments.dashboard.shown import Shown

RENDER_EVERY, PAUSE_MS = 9, 1
"""Seconds of the market between two pictures, and time that Mesa waits after a second [ms]."""
DOTS_PER_IN = 130


@reacton.component
def page() -> None:
    """One market of one reader."""
    model: Any = solara.use_reactive(reacton.use_memo(Shown, []))
    state(model)
    SolaraViz(
        model,
        components=[(part, 0) for part in PARTS],
        model_params=inputs(),
        name="seqmarket",
        play_interval=PAUSE_MS,
        render_interval=RENDER_EVERY,
    )


@reacton.component
def state(model: solara.Reactive[Shown]) -> None:
    """Where the market stands, and what went wrong."""
    update_counter.get()
    shown = model.value
    with solara.Row(classes=["seqmarket-state"]):
        solara.Text(shown.state, style={"font-weight": "bold"})
        solara.Text("A step is a second of the market. What is chosen holds from the next reset.")
    if shown.complaint:
        solara.Error(shown.complaint, classes=["seqmarket-complaint"])


def inputs() -> dict[str, Any]:
    """Mesa's input for every lever."""
    return {name: _input(lever) for name, lever in levers.levers().items()}


def _input(lever: Lever) -> Any:
    if lever.among is not None and isinstance(lever.first, int | float):
        low, high, step = lever.among
        return Slider(lever.label, value=lever.first, min=low, max=high, step=step)
    if lever.among is not None:
        return {"type": "Select", "label": lever.label, "value": lever.first, "values": list(lever.among)}
    kind = "Checkbox" if isinstance(lever.first, bool) else "InputText"
    return {"type": kind, "label": lever.label, "value": lever.first}


def _panel(name: str) -> Callable[[Shown], Any]:
    @reacton.component
    def panel(shown: Shown) -> None:
        update_counter.get()
        if name in shown.records:
            with solara.Div(classes=[f"seqmarket-panel-{name}"]):
                solara.FigureMatplotlib(panels.drawn(name, shown.records[name]), format="png", dpi=DOTS_PER_IN)

    return panel


@solara.component_vue("copied.vue")
def copied(title: str, text: str) -> None:
    """A text with a button that copies it."""


@reacton.component
def configuration(shown: Shown) -> None:
    """The configuration of what is shown, to copy."""
    update_counter.get()
    if shown.config is not None:
        with solara.Column(style={"height": "100%", "overflow-y": "auto", "padding": "8px"}):
            copied(title="As a command", text=written.command(shown.chosen))
            copied(title="As a file", text=written.toml(shown.config, shown.seed))


@reacton.component
def outcomes(shown: Shown) -> None:
    """Outcomes so far, as ``simulate`` prints them."""
    update_counter.get()
    with solara.Column(
        style={"height": "100%", "overflow-y": "auto", "padding": "8px"}, classes=["seqmarket-outcomes"]
    ):
        solara.Text("Outcomes" if not shown.running else "Outcomes so far", style={"font-weight": "bold"})
        solara.Preformatted(written.outcomes(shown.outcomes))


PARTS = [*(_panel(name) for name in panels.names()), outcomes, configuration]
Page = page
"""What Solara looks for."""
