"""Rules of auto-deleveraging: all close what is needed, and each the part of everybody that it promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market import discovery
from market.errors import InputError
from market.venues.liquidation import deleveraging

STEP = 2.0**-20
SIDES = st.lists(
    st.tuples(st.integers(1, 10**9), st.floats(0.0, 1e6), st.floats(-10.0, 10.0)), min_size=1, max_size=12
)  # fmt: skip
"""Size in steps, profit and rank of each."""
SHARE, GAP = st.floats(0.0, 1.0), st.just(0.0) | st.floats(1e-6, 500.0)


def others(side: list[tuple[int, float, float]]) -> np.ndarray:
    found = np.zeros(len(side), deleveraging.OTHER)
    sizes, won, rank = zip(*side, strict=True)
    found["held"], found["won"], found["rank"] = np.array(sizes) * STEP, won, rank
    found["row"], found["turn"] = np.arange(len(side)), -1
    return found


def allot(rule: str, side: np.ndarray, needed: float, gap: float = 1.0, cap: float = 1.0) -> np.ndarray:
    """What is closed of each; whoever has a turn is closed, and nobody else."""
    module = discovery.load(deleveraging.__name__, rule)
    count = module.allot(side, needed, gap, cap, STEP)
    assert sorted(side["turn"][:count].tolist()) == np.flatnonzero(side["taken"]).tolist()
    return side["taken"]


def needed_of(side: np.ndarray, share: float) -> float:
    return float(np.floor(share * side["held"].sum() / STEP) * STEP)


def test_the_rules_are_those_of_the_folder() -> None:
    kinds = deleveraging.KINDS
    assert {"capped", "pro_rata", "queue"} <= set(kinds)
    assert [deleveraging.make({"kind": kind}, "here").number for kind in kinds] == list(range(len(kinds)))
    with pytest.raises(InputError, match=r"here\.kind.*capped, pro_rata, queue"):
        deleveraging.make({"kind": "lottery"}, "here")
    with pytest.raises(InputError, match=r"here\.most"):
        deleveraging.make({"kind": "capped", "most": 2.0}, "here")


@settings(max_examples=60, deadline=None)
@given(SIDES, SHARE, GAP, SHARE)
@pytest.mark.parametrize("rule", deleveraging.KINDS)
def test_every_rule_closes_what_is_needed_to_the_last_step(
    rule: str, side: list, share: float, gap: float, cap: float
) -> None:
    table = others(side)
    needed = needed_of(table, share)
    taken = allot(rule, table, needed, gap, cap)
    assert taken.sum() == needed
    assert ((taken >= 0.0) & (taken <= table["held"])).all()
    assert (taken / STEP == np.rint(taken / STEP)).all()


@settings(max_examples=60, deadline=None)
@given(SIDES, SHARE)
def test_the_queue_touches_nobody_behind_somebody_it_leaves_something(side: list, share: float) -> None:
    """Together the positions touched exceed what is needed by less than the last of them."""
    table = others(side)
    needed = needed_of(table, share)
    taken = allot("queue", table, needed)
    touched = taken > 0.0
    left = touched & (taken < table["held"])
    assert left.sum() <= 1
    if touched.any() and not touched.all():
        assert table["rank"][touched].min() >= table["rank"][~touched].max()
    if touched.any():
        last = table["turn"][touched.sum() - 1]
        assert not left.any() or left[last]
        assert 0.0 <= table["held"][touched].sum() - needed < table["held"][last]


@settings(max_examples=60, deadline=None)
@given(SIDES, SHARE)
def test_pro_rata_closes_the_same_part_of_everybody(side: list, share: float) -> None:
    table = others(side)
    needed = needed_of(table, share)
    taken = allot("pro_rata", table, needed)
    part = needed / table["held"].sum()
    # each is rounded to a step, with what the rounding of those before it left
    assert np.abs(taken - part * table["held"]).max() <= len(side) * STEP


@settings(max_examples=60, deadline=None)
@given(SIDES, SHARE, GAP, SHARE)
def test_capped_spares_profits_beyond_the_cap_while_they_suffice(
    side: list, share: float, gap: float, cap: float
) -> None:
    table = others(side)
    needed = needed_of(table, share)
    taken = allot("capped", table, needed, gap, cap)
    bearable = np.full(len(side), np.inf)
    if gap > 0.0:
        bearable = cap * table["won"] / gap
    room = np.where(table["held"] <= bearable, table["held"], np.floor(bearable / STEP) * STEP)
    if room.sum() >= needed + len(side) * STEP:
        assert (taken * gap <= cap * table["won"] * (1.0 + 1e-12) + 1e-12).all()
        free = taken < room - len(side) * STEP
        if free.any():
            # who is not at the cap is closed by one common part, and nobody at the cap by a larger one
            parts = taken / table["held"]
            slack = len(side) * STEP / table["held"].min()
            assert np.ptp(parts[free]) <= 2.0 * slack
            assert parts.max() <= parts[free].min() + 2.0 * slack
    elif room.sum() < needed - len(side) * STEP:
        assert (taken >= room - len(side) * STEP).all()


def test_capped_is_pro_rata_where_no_cap_binds() -> None:
    side = [(10**6, 1e9, 0.0), (3 * 10**6, 1e9, 1.0), (7 * 10**6, 1e9, 2.0)]
    plain, capped = others(side), others(side)
    assert allot("pro_rata", plain, 4.0).tolist() == allot("capped", capped, 4.0).tolist()
    # and with a loser among them, whom it spares
    side[2] = (7 * 10**6, 0.0, 2.0)
    table = others(side)
    assert allot("capped", table, 10**6 * STEP).tolist() == [250_000 * STEP, 750_000 * STEP, 0.0]
