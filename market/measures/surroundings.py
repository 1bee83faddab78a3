"""What stands around the intents of a run: reference prices, outages, pauses, and the rollups with their bridges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from market.measures.recorder import Recorder

if TYPE_CHECKING:
    from market.domain import Domain, Slot
    from market.model import SequencerMarket

MOST_PRICES = 3600
"""Prices that are kept of a run; a longer run's lie further apart."""


class Surroundings(Recorder):
    """Takes note of what concerns no single intent and happens all the same."""

    def on_start(self, market: SequencerMarket) -> None:
        """Begin with nothing noted."""
        self._market = market
        self._rollups = [rollup.name for rollup in market.config.rollups]
        self._every_s = math.ceil(market.config.horizon_s / MOST_PRICES)
        self._time: list[float] = []
        self._prices: list[list[float]] = []
        self._outages: list[dict[str, Any]] = []
        self._known: dict[int, int] = {}  # outages noted, by domain
        self._pauses: list[dict[str, Any]] = []
        self._until: dict[int, float] = {}  # end of the last pause noted, by rollup [s]
        self._counted = 0

    def on_second(self, market: SequencerMarket) -> None:
        """Take the reference prices, every so many seconds."""
        if round(market.time) % self._every_s == 0:
            self._time.append(float(market.time))
            self._prices.append(market.path.current.tolist())

    def on_block(self, slot: Slot) -> None:
        """Take note of an outage or a pause that has begun."""
        if slot.missed:
            self._take_outages(slot.domain)
        if self._market.tally.pauses != self._counted:
            self._counted = self._market.tally.pauses
            self._take_pauses(slot)

    def _take_outages(self, domain: Domain) -> None:
        begun = domain.regime.consensus.outages
        known = self._known.get(domain.index, 0)
        self._known[domain.index] = len(begun)
        self._outages += [self._stretch(domain.rollups, *outage) for outage in begun[known:]]

    def _take_pauses(self, slot: Slot) -> None:
        breaker, paused = slot.domain.regime.breaker, []
        for rollup in slot.domain.rollups:
            until = breaker.gauge(self._market, rollup).paused_until
            if until > max(self._until.get(rollup, 0.0), slot.time):
                self._until[rollup] = until
                paused.append(rollup)
        if paused:
            self._pauses.append(self._stretch(tuple(paused), slot.time, self._until[paused[0]]))

    def _stretch(self, rollups: tuple[int, ...], begin: float, end: float) -> dict[str, Any]:
        return {"rollups": [self._rollups[at] for at in rollups], "begin_s": float(begin), "end_s": float(end)}

    def stated(self) -> dict[str, Any]:
        """Return what was noted, as a tape keeps it.

        Returns
        -------
        dict
            `prices`: `time_s`, and `usd`, a list of the assets' prices at each time; `outages` and `pauses`: `rollups`,
            `begin_s` and `end_s` of each; `nodes`: `name`, `domain` (number), `block_time_s` and `depth_usd` of each
            rollup; `bridges`, in the order of their numbers: `ends`, `delay_s` and `fee_bp`
        """
        graph, table = self._market.world.graph, self._market.world.tables.bridges
        nodes = [
            {name: known[name] for name in ("name", "domain", "block_time_s", "depth_usd")}
            for _, known in graph.nodes(data=True)
        ]
        ends = zip(table["source"].astype(int).tolist(), table["target"].astype(int).tolist(), strict=True)
        bridges = [
            {"ends": [self._rollups[at] for at in pair]}
            | {name: graph.edges[pair][name] for name in ("delay_s", "fee_bp")}
            for pair in ends
        ]
        return {
            "prices": {"time_s": self._time, "usd": self._prices},
            "outages": self._outages,
            "pauses": self._pauses,
            "nodes": nodes,
            "bridges": bridges,
        }
