"""The market that the page shows: founded from what is chosen there, and stepped a second at a time."""

from __future__ import annotations

import threading
from typing import Any

import mesa

from agents.population import Population
from experiments.dashboard import levers, panels
from experiments.runs import forgotten, machine
from experiments.runs.needs import estimate
from market.config import MarketConfig
from market.errors import AccountingError, InputError, StrategyError
from market.measures.outcomes import outcomes
from market.measures.recorder import Recorder
from market.model import SequencerMarket

ENDING = threading.Event()
"""Set once the page is no longer served: threads that play markets must not keep the process alive."""


class Shown(mesa.Model):
    """A market, or the complaint why there is none.

    Mesa's controls found another one at every reset, and step it. A mistake of whoever chooses must not end the page:
    it is kept, to be shown.

    Parameters
    ----------
    chosen
        values of `levers.levers`, by name; those that are left out are the first ones
    scenario
        Mesa's controls pass one, of no effect here

    Attributes
    ----------
    seed : int
        root of all streams of random numbers of the market
    config, market : MarketConfig, SequencerMarket; None
        what was founded; None where nothing could be
    records : dict
        what each panel draws, by its name
    complaint : str
        what went wrong, empty where nothing did
    """

    def __init__(self, *, scenario: object = None, **chosen: Any) -> None:
        super().__init__(rng=0)  # draws nothing: the market has streams of its own
        forgotten.collect()  # markets of earlier resets
        self.chosen = {name: chosen.get(name, lever.first) for name, lever in levers.levers().items()}
        self.seed = int(self.chosen["seed"])
        self.config: MarketConfig | None = None
        self.market: SequencerMarket | None = None
        self.complaint = ""
        self.records: dict[str, Recorder] = {}
        try:
            self.config = levers.configured(chosen)
            estimate(self.config).check(machine.available())
            self.records = panels.records()
            self.market = SequencerMarket(self.config, self.seed, Population(self.config), self.records.values())
        except (InputError, StrategyError) as error:
            self._complain(error)

    def step(self) -> None:
        """Go on by a second, or by what is left of the last one, at the end of which recorders are closed."""
        market, config = self.market, self.config
        if market is None or config is None or not self.running or ENDING.is_set():
            self.running = False
            return
        try:
            if market.time + 1.0 < config.horizon_s:
                market.step()
            else:
                market.run()
                self.running = False
        except (InputError, StrategyError, AccountingError) as error:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        self.complaint = " ".join(str(error).split())
        self.running = False

    @property
    def outcomes(self) -> dict[str, float | int | str]:
        """Outcomes so far by name; those of the run once it has ended."""
        return outcomes(self.market) if self.market is not None else {}

    @property
    def state(self) -> str:
        """Where the market stands, in a few words."""
        if self.market is None or self.config is None:
            return "no market"
        done, regime = f"{self.market.time:,.0f} of {self.config.horizon_s:,.0f} s", self.config.regime.name
        return f"{regime}, seed {self.seed}: {done}, {self.market.tally.slots:,} slots"
