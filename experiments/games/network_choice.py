"""Rollups choose among shared sequencing networks by what they and their users get, as measured in markets.

For every group of rollups a market is run in which that group is sequenced together and all others alone, on the same
seed; what each member gets there is a row of a payoff table. Then rollups reply in turn to where the others are, from
every possible beginning, and it is seen where they end: in one network, in several, alone, or nowhere.

What it leaves out: a group's payoff does not depend on how the rollups outside it are grouped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from agents.population import Population
from market.config import MarketConfig, RegimeConfig
from market.model import SequencerMarket
from market.sequencing.domains import _choice as choice

DAY_S = 86_400.0
ENDS = ("tipped", "one_network", "split", "alone", "cycle")
"""All rollups in one network; one network with some outside; several networks; none; no rest."""


@dataclass(frozen=True)
class Payoffs:
    """What each rollup gets in each group, by group: arrays (rollups,), zero outside of it [USD/day].

    Parameters
    ----------
    revenue
        tips and gas of the intents on the rollup
    users
        surplus of users who trade across rollups, less the execution cost of retail users and of their waiting
    """

    revenue: dict[frozenset[int], np.ndarray]
    users: dict[frozenset[int], np.ndarray]

    def value(self, fees: Sequence[float], care: float) -> choice.Value:
        """What a rollup gets from a network that keeps a share `fees` of revenue, users weighing `care` [USD/day]."""

        def worth(rollup: int, network: int, together: frozenset[int]) -> float:
            kept = 1.0 - fees[network - 1] if network != choice.ALONE else 1.0
            return float(kept * self.revenue[together][rollup] + care * self.users[together][rollup])

        return worth


def groups(count: int) -> Iterator[tuple[int, ...]]:
    """All groups of at least two of `count` rollups."""
    for size in range(2, count + 1):
        yield from combinations(range(count), size)


def regime(config: MarketConfig, together: Sequence[int]) -> RegimeConfig:
    """First come, first served, one group sequenced together; each rollup is paid the fees of its own intents."""
    names = [config.rollups[at].name for at in together]
    return RegimeConfig(
        name="network" if names else "alone",
        domains={"kind": "clusters", "clusters": [names]} if names else {"kind": "alone"},
        revenue={"kind": "pro_rata", "share": 1.0, "by": "fees"},
    )


def measure(config: MarketConfig, seed: int, impatience_bp_s: float) -> Payoffs:
    """Run a market for each group of the configuration's rollups.

    Parameters
    ----------
    impatience_bp_s
        what retail users lose by a second of waiting, of the mean size of a trade [bp/s]
    """
    count = len(config.rollups)
    revenue, users = _run(config, seed, (), impatience_bp_s)
    table = Payoffs({}, {})
    for at in range(count):
        only = np.arange(count) == at
        table.revenue[frozenset((at,))], table.users[frozenset((at,))] = revenue * only, users * only
    for together in groups(count):
        revenue, users = _run(config, seed, together, impatience_bp_s)
        inside = np.isin(np.arange(count), together)
        table.revenue[frozenset(together)], table.users[frozenset(together)] = revenue * inside, users * inside
    return table


def _run(
    config: MarketConfig, seed: int, together: Sequence[int], impatience_bp_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Revenue and users' gain of every rollup with one group sequenced together [USD/day]."""
    config = config.model_copy(update={"regime": regime(config, together)})
    market = SequencerMarket(config, seed, Population(config))
    market.run()
    days = config.horizon_s / DAY_S
    revenue = market.world.tables.balance[list(market.world.treasury), :, 0].sum(axis=1)
    totals = market.tally.by_rollup
    mean_size = config.flow.median_usd * np.exp(0.5 * config.flow.log_sd**2)
    waiting = impatience_bp_s * 1e-4 * mean_size * totals["user_delay"]
    surplus = sum((agent.surplus for agent in market.participants if hasattr(agent, "surplus")), np.zeros(len(revenue)))
    return revenue / days, (surplus - totals["user_cost"] - totals["unfilled_cost"] - waiting) / days


@dataclass(frozen=True)
class Ecosystem:
    """Where best replies lead from all beginnings.

    Parameters
    ----------
    ends : dict
        Share of the beginnings that end as each of `ENDS` says.
    largest : float
        Mean share of the largest network in the weight of all rollups [1].
    hhi : float
        Mean Herfindahl-Hirschman index of who sequences what, rollups alone counting as networks of their own [1].
    income : float
        Mean income of the networks [USD/day].
    users : float
        Mean gain of users over everybody alone [USD/day].
    stable : int
        Number of different partitions in which the replies come to rest.
    """

    ends: dict[str, float]
    largest: float
    hhi: float
    income: float
    users: float
    stable: int


def solve(
    payoffs: Payoffs, weight: np.ndarray, fees: Sequence[float], care: float, switching: float = 0.0
) -> Ecosystem:
    """Let the rollups reply from every beginning, in the order of their numbers and in reverse.

    Parameters
    ----------
    weight
        shape (rollups,): weight of each rollup in market shares
    fees
        share of revenue that each network keeps
    care
        what a rollup cares for a dollar of its users, in dollars of revenue
    switching
        daily gain below which nobody moves [USD/day]
    """
    count, value = len(weight), payoffs.value(fees, care)
    ends: Counter[str] = Counter()
    sums, stable, paths = np.zeros(4), set(), 0
    apart = sum(float(payoffs.users[frozenset((at,))][at]) for at in range(count))
    for start in product(range(len(fees) + 1), repeat=count):
        for order in (tuple(range(count)), tuple(reversed(range(count)))):
            path = choice.converge(value, start, len(fees), switching, order)
            ends[classify(path)] += 1
            sums += _shares(payoffs, path.state, weight, fees, apart)
            paths += 1
            if path.converged:
                stable.add(tuple(sorted(tuple(part) for part in choice.partition(path.state))))
    largest, hhi, income, users = (sums / paths).tolist()
    return Ecosystem({end: ends[end] / paths for end in ENDS}, largest, hhi, income, users, len(stable))


def classify(path: choice.Path) -> str:
    """Say how a path ended, one of `ENDS`."""
    if not path.converged:
        return "cycle"
    shared = [part for part in choice.partition(path.state) if len(part) > 1]
    if not shared:
        return "alone"
    if len(shared) > 1:
        return "split"
    return "tipped" if len(shared[0]) == len(path.state) else "one_network"


def _shares(
    payoffs: Payoffs, state: choice.State, weight: np.ndarray, fees: Sequence[float], apart: float
) -> np.ndarray:
    """Largest network, HHI, income of the networks, and users' gain in a state."""
    parts = choice.partition(state)
    share = np.array([weight[part].sum() for part in parts]) / weight.sum()
    shared = np.array([len(part) > 1 for part in parts])
    income, users = 0.0, -apart
    for part in parts:
        members, network = frozenset(part), state[part[0]]
        users += float(payoffs.users[members].sum())
        income += (fees[network - 1] if network != choice.ALONE else 0.0) * float(payoffs.revenue[members].sum())
    return np.array([(share * shared).max(), (share**2).sum(), income, users])
