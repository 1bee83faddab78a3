"""What a run will need: memory, slots, intents and time, told from its configuration before anything is allocated.

The estimate is arithmetic on the configuration. It is meant to be right within a factor of two or three for memory and
of a few for time, which is enough to tell a run that fits from one that was mistyped by orders of magnitude.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agents.populations import retail
from market.config import MarketConfig
from market.errors import InputError
from market.intents.rows import INTENT
from market.prices.path import ROWS, STRETCH_S
from market.sequencing import compose
from market.sequencing.domains.base import Charter
from market.state.ledger import REASONS

FLOAT = 8
STATES = 3
"""Copies of the state that a run holds at a time: its own, the preview's, and temporary ones of sums over it."""
PERSON_CELLS = 64
"""Cells that a borrower's or trader's row in the tables of venues takes, and in the lists of who may be liquidated."""
AGENT_BYTES = 100_000
"""Memory of a strategic agent by itself, its stream of random numbers and its draws ahead."""
PROCESS_BYTES = 250e6
"""Memory of a process that has loaded the compiled functions."""
PENDING_COPIES = 3
"""Arrays of the size of the mempool of a domain that stand beside it, and a doubling that keeps the old one."""
INTENTS_PER_AGENT_SLOT, INTENTS_PER_LOOK = 0.02, 0.01
"""How often an agent, or somebody who looks at her position, sends something."""

# seconds on a common processor core, measured with the reference scenario
SLOT_S, SLOT_ROLLUP_S, AGENT_SLOT_S, INTENT_S, POINT_S = 8e-5, 2e-6, 7e-6, 4e-6, 5e-8
SECOND_S, PERSON_S, LOOK_S, PROCESS_S = 3e-5, 3e-5, 1e-6, 1.0

MOST_S = 365 * 86_400.0
"""Computing time from which on a run is taken for a mistake [s]."""


class Demand(NamedTuple):
    """What one setting asks for."""

    setting: str
    value: object
    memory_bytes: float
    seconds: float


@dataclass(frozen=True)
class Needs:
    """What a run will need.

    Attributes
    ----------
    memory_bytes : float
        at its largest [B]
    slots, intents : float
        of all domains, to the horizon [1]
    seconds : float
        time of computing [s]
    demands : tuple of Demand
        what each setting contributes
    """

    memory_bytes: float
    slots: float
    intents: float
    seconds: float
    demands: tuple[Demand, ...]

    def __str__(self) -> str:
        return (
            f"about {_count(self.slots)} slots, {_count(self.intents)} intents, {memory(self.memory_bytes)} of memory, "
            f"{duration(self.seconds)} of computing"
        )

    def check(self, available_bytes: float, processes: int = 1) -> None:
        """Raise InputError, naming the setting that asks for most, where the machine has less than is needed.

        Parameters
        ----------
        available_bytes
            memory that is free [B]
        processes
            how many such runs are made at a time
        """
        if not self.memory_bytes * processes <= available_bytes:
            most = max(self.demands, key=lambda demand: demand.memory_bytes)
            each = f" in each of {processes} processes" if processes > 1 else ""
            raise InputError(
                f"{most.setting} = {_shown(most.value)}: the run needs about {memory(self.memory_bytes)} of memory"
                f"{each}, {memory(most.memory_bytes)} of them for this; allowed: what fits into the "
                f"{memory(available_bytes)} that are free"
            )
        if not self.seconds <= MOST_S:
            most = max(self.demands, key=lambda demand: demand.seconds)
            raise InputError(
                f"{most.setting} = {_shown(most.value)}: the run computes for about {duration(self.seconds)}; "
                f"allowed: up to {duration(MOST_S)}"
            )


def estimate(config: MarketConfig) -> Needs:
    """Return what a run of a configuration will need.

    Raises
    ------
    InputError
        for a regime whose parts do not exist
    """
    parts = compose(config.regime)
    charters = parts["domains"].charters(config)
    members = sum(_number(charter.seats) for charter in charters) + sum(_number(g.count) for g in config.agents)
    demands = [
        *_of_agents(config, charters, members),
        *_of_people(config),
        *_of_flow(config, charters, bool(parts["capacity"].kind != "unlimited")),
        *_of_time(config, charters),
    ]
    slots = _slots(config, charters)
    own = _times(_number(config.flow.per_second), config.horizon_s) + INTENTS_PER_AGENT_SLOT * _times(members, slots)
    return Needs(
        memory_bytes=PROCESS_BYTES + sum(demand.memory_bytes for demand in demands),
        slots=slots,
        intents=own + INTENTS_PER_LOOK * _times(sum(_looks_per_s(config)), config.horizon_s),
        seconds=PROCESS_S + sum(demand.seconds for demand in demands),
        demands=tuple(demands),
    )


def total(parts: Sequence[Needs]) -> Needs:
    """Return what several runs need, one after the other."""
    return Needs(
        memory_bytes=max(part.memory_bytes for part in parts),
        slots=sum(part.slots for part in parts),
        intents=sum(part.intents for part in parts),
        seconds=sum(part.seconds for part in parts),
        demands=(),
    )


def memory(amount: float) -> str:
    """Return an amount of memory [B] as text, in the binary unit that suits it."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024.0:
            return f"{amount:.3g} {unit}"
        amount /= 1024.0
    return f"{amount:.3g} PiB"


def duration(seconds: float) -> str:
    """Return a time [s] as text, in the unit that suits it."""
    for unit, length in (("days", 86_400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2.0 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.2g} seconds"


def _count(number: float) -> str:
    return f"{number:,.0f}" if number < 1e9 else f"{number:.3g}"


def _shown(value: object) -> str:
    if isinstance(value, int | float):
        return f"{_number(value):g}" if math.isfinite(_number(value)) else "a number beyond all floating point numbers"
    return str(value)


def _number(value: float) -> float:
    """Return a number as a float, also where it is a whole number too large for one: then it is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _accounts_bytes(config: MarketConfig, accounts: float) -> float:
    """Memory of the balances of some accounts [B]."""
    return accounts * len(config.rollups) * len(config.asset_names) * FLOAT * STATES


def _block_times(charters: list[Charter]) -> list[float]:
    """Block time of each domain that begins with rollups [s]."""
    return [charter.block_time_s for charter in charters if charter.rollups]


def _slots(config: MarketConfig, charters: list[Charter]) -> float:
    return sum(config.horizon_s / time for time in _block_times(charters))


def _of_agents(config: MarketConfig, charters: list[Charter], members: float) -> Iterator[Demand]:
    """What strategic agents take: each has a row and a column in the ledger's flows, and acts in every slot."""
    slots = _slots(config, charters)
    flows = (members + 32.0) * (members + 32.0) * REASONS * len(config.asset_names) * FLOAT * STATES
    pools = sum(len(rollup.pools) for rollup in config.rollups)
    each = AGENT_BYTES + _accounts_bytes(config, 1.0) + 4.0 * FLOAT * STATES * pools
    named = [(f"agents.{at}.count", group.count) for at, group in enumerate(config.agents) if group.role != "sequencer"]
    counted = sum(_number(count) for _, count in named)
    seats = max(0.0, members - counted)
    for setting, count in [*named, ("regime.leader", seats)]:
        share = _number(count) / members if members else 0.0
        share = 1.0 if math.isnan(share) else share
        acts = slots if setting != "regime.leader" else slots / len(charters)
        yield Demand(setting, count, share * flows + _number(count) * each, _number(count) * acts * AGENT_SLOT_S)


def _of_people(config: MarketConfig) -> Iterator[Demand]:
    """What borrowers and traders of perpetuals take, and the accounts of bridges and pools."""
    each = _accounts_bytes(config, 1.0) + PERSON_CELLS * FLOAT * STATES
    borrowing, trading = _looks_per_s(config)
    looks = (borrowing * 600.0 * 24.0, trading * 600.0 * 64.0)
    for setting, count in _people(config):
        yield Demand(setting, count, count * each, count * PERSON_S)
    looked = LOOK_S * config.horizon_s
    yield Demand("borrowers.attention_s", config.borrowers.attention_s, looks[0], borrowing * looked)
    yield Demand("perpetual_traders.attention_s", config.perpetual_traders.attention_s, looks[1], trading * looked)
    bridges = len(config.rollups) ** 2 / 2 if config.graph.kind == "complete" else len(config.rollups)
    yield Demand("rollups", f"{len(config.rollups)} of them", bridges * (each + 2000.0), bridges * PERSON_S)


def _people(config: MarketConfig) -> Iterator[tuple[str, float]]:
    """Yield the settings that say how many people there are, and how many."""
    for at, rollup in enumerate(config.rollups):
        yield f"rollups.{at}.borrowers", _number(rollup.borrowers) * len(rollup.lending)
        for number, perpetual in enumerate(rollup.perpetuals):
            yield f"rollups.{at}.perpetuals.{number}.traders", _number(perpetual.traders)


def _looks_per_s(config: MarketConfig) -> tuple[float, float]:
    """How often borrowers, and traders of perpetuals, look at their positions or trade, all together [1/s]."""
    borrowers = sum(_number(rollup.borrowers) * len(rollup.lending) for rollup in config.rollups)
    traders = sum(_number(spec.traders) for rollup in config.rollups for spec in rollup.perpetuals)
    law, trades = config.borrowers, config.perpetual_traders
    active = law.top_up_share + law.deleverage_share
    defending = trades.top_up_share + trades.reduce_share
    return (
        _times(borrowers, active / law.attention_s),
        _times(traders, defending / trades.attention_s + trades.trades_per_hour / 3600.0),
    )


def _times(count: float, rate: float) -> float:
    """Product in which nobody at whatever rate is nothing."""
    return count * rate if count and rate else 0.0


def _of_flow(config: MarketConfig, charters: list[Charter], capped: bool) -> Iterator[Demand]:
    """What retail flow takes: trades drawn ahead, and intents that wait for their block."""
    flow = config.flow
    stretch = flow.per_second * retail.STRETCH_S * (retail.DRAWS + 1) * FLOAT * 3.0
    waits = max(_block_times(charters)) + config.window_s + 4.0 * flow.latency_s
    waits += flow.patience_s if capped else 0.0
    waiting = flow.per_second * min(waits, config.horizon_s + config.window_s)
    pending = 2.0 * waiting * INTENT.itemsize * (len(charters) + PENDING_COPIES)
    seconds = flow.per_second * (config.horizon_s + config.window_s) * INTENT_S
    yield Demand("flow.per_second", flow.per_second, stretch + pending, seconds)


def _of_time(config: MarketConfig, charters: list[Charter]) -> Iterator[Demand]:
    """What the length of the run and the steps of its clock take."""
    horizon, step, assets = config.horizon_s, config.prices.step_s, len(config.assets)
    rows = min(float(ROWS), max(64.0, STRETCH_S / step))
    yield Demand("prices.step_s", step, 8.0 * rows * assets * FLOAT, horizon / step * POINT_S * assets)
    times = _block_times(charters)
    setting = "regime.block_time_s" if config.regime.block_time_s is not None else "rollups.block_time_s"
    each = SLOT_S + SLOT_ROLLUP_S * len(config.rollups)
    slots = _slots(config, charters) * each
    # a horizon beyond a year of market time is the mistake, not the block time
    yield Demand(setting, min(times), 0.0, slots if horizon <= MOST_S else 0.0)
    yield Demand("horizon_s", horizon, 0.0, horizon * SECOND_S + (0.0 if horizon <= MOST_S else slots))
