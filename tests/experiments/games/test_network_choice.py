"""Rollups that choose who sequences them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from experiments.games import network_choice as game
from experiments.games.network_choice import Payoffs
from market.config import FlowConfig, MarketConfig, PoolConfig, RegimeConfig, RollupConfig
from market.errors import InputError
from market.sequencing import make
from market.sequencing.domains import _choice as choice


def payoffs(count: int, gain) -> Payoffs:
    """A table in which a member of a group gets gain(member, group) beyond what it has alone."""
    table = Payoffs({}, {})
    for size in range(1, count + 1):
        for group in combinations(range(count), size):
            members = frozenset(group)
            table.revenue[members] = np.array([1.0 if at in members else 0.0 for at in range(count)])
            table.users[members] = np.array([gain(at, members) if at in members else 0.0 for at in range(count)])
    return table


def config(*depths: float, **flow: float) -> MarketConfig:
    rollups = tuple(
        RollupConfig(name=f"r{at}", block_time_s=2.0, pools=(PoolConfig(depth_usd=depth),), gas_usd=0.0)
        for at, depth in enumerate(depths)
    )
    return MarketConfig(rollups=rollups, regime=RegimeConfig(name="choice"), flow=FlowConfig(**flow))


def test_company_that_pays_tips_the_ecosystem() -> None:
    found = game.solve(payoffs(4, lambda at, group: len(group) - 1.0), np.ones(4), (0.1, 0.1), 1.0)
    assert found.ends["tipped"] > 0.9
    assert found.ends["cycle"] == 0.0
    assert found.largest > 0.9
    assert found.income == pytest.approx(0.4 * found.ends["tipped"], rel=0.05)


def test_nobody_joins_what_brings_nothing() -> None:
    found = game.solve(payoffs(3, lambda at, group: 0.0), np.ones(3), (0.1,), 1.0)
    assert found.ends["alone"] == 1.0
    assert (found.income, found.users, found.hhi) == (0.0, 0.0, pytest.approx(1 / 3))


def test_pairs_split() -> None:
    """Company of exactly one pays, more is a crowd: two networks of two."""
    found = game.solve(payoffs(4, lambda at, group: {2: 1.0}.get(len(group), 0.0)), np.ones(4), (0.0, 0.0), 1.0)
    assert found.ends["split"] > 0.5


def test_one_large_rollup_stays_out() -> None:
    found = game.solve(
        payoffs(4, lambda at, g: -5.0 if at == 0 and len(g) > 1 else len(g) - 1.0), np.ones(4), (0.1,), 1.0
    )
    assert found.ends["one_network"] > 0.8


def test_chasing_tastes_cycle() -> None:
    """One wants company, the other wants to be left in peace."""

    def gain(at: int, group: frozenset[int]) -> float:
        return {0: 1.0, 1: -1.0}[at] if len(group) == 2 else 0.0

    table = payoffs(2, gain)
    value = table.value((-0.5, -0.5), 1.0)  # networks that pay for being joined, so that nobody stays alone
    path = choice.converge(value, (1, 1), 2)
    assert not path.converged
    assert game.classify(path) == "cycle"


def test_replies_rest_where_nobody_gains() -> None:
    table = payoffs(3, lambda at, group: float(at + 1) * (len(group) - 1.0) - 1.0)
    value = table.value((0.1, 0.0), 1.0)
    path = choice.converge(value, (1, 2, 0), 2)
    assert path.converged
    for at in range(3):
        assert choice.best_reply(path.state, at, value, 2) == path.state[at]


def test_switching_costs_hold_rollups_where_they_are() -> None:
    value = payoffs(2, lambda at, group: 0.5 * (len(group) - 1)).value((0.0,), 1.0)
    assert choice.converge(value, (1, 0), 1, switching=0.0).state == (1, 1)
    assert choice.converge(value, (1, 0), 1, switching=0.6).state == (1, 0)


def test_partition_of_a_state() -> None:
    assert choice.partition((2, 0, 1, 2)) == [[2], [0, 3], [1]]


def test_demand_decides_who_shares_a_network() -> None:
    world = config(1e7, 1e7, 1e7, per_second=3.0)
    assert make("domains", {"kind": "chosen", "cross_demand": 0.0}).partition(world) == [[0], [1], [2]]
    assert make("domains", {"kind": "chosen", "cross_demand": 10.0}).partition(world) == [[0, 1, 2]]


def test_a_fast_rollup_stays_out_of_slow_networks() -> None:
    world = config(1e7, 1e7, 1e7)
    rollups = (world.rollups[0].model_copy(update={"block_time_s": 0.1}), *world.rollups[1:])
    chosen = make("domains", {"kind": "chosen", "cross_demand": 1.0, "delay_cost_bp_s": 5.0})
    assert chosen.partition(world.model_copy(update={"rollups": rollups})) == [[1, 2], [0]]


def test_a_first_choice_must_fit() -> None:
    with pytest.raises(InputError, match=r"regime\.domains\.first: \[1\]; allowed: 0 to 2"):
        make("domains", {"kind": "chosen", "first": [1]}).partition(config(1e6, 1e6))
    with pytest.raises(InputError, match="first"):
        make("domains", {"kind": "chosen", "first": [1, 3]}).partition(config(1e6, 1e6))


@pytest.mark.parametrize(("size", "expected"), [(1, [[0], [1], [2]]), (2, [[0, 1], [2]]), (5, [[0, 1, 2]])])
def test_consecutive_clusters(size: int, expected: list[list[int]]) -> None:
    assert make("domains", {"kind": "consecutive", "size": size}).partition(config(1e6, 1e6, 1e6)) == expected


def test_measured_payoffs_cover_every_group() -> None:
    world = config(5e6, 5e6, 5e6).model_copy(update={"horizon_s": 30.0})
    table = game.measure(world, 1, 0.1)
    assert len(table.revenue) == 7
    for group, revenue in table.revenue.items():
        assert (revenue[[at for at in range(3) if at not in group]] == 0.0).all()
        assert (revenue[sorted(group)] > 0.0).all()  # tips
