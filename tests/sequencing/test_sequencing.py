"""Ordering: arrival, tips, and the checks that whoever writes a block must pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import ALICE, BOB, intent, swap

from market import sequencing
from market.config import RegimeConfig
from market.errors import InputError
from market.intents.rows import INTENT, blank
from market.sequencing.ordering.base import CARRIED, FAULTS, FREE, earliest_first, first_come_order, write_block
from market.sequencing.ordering.priority_fee import tip_order
from market.venues import STATEMENTS, Kind

NO_ROWS = np.zeros(0, INTENT)


def pending(sizes: list[int], rng: np.random.Generator, levels: int = 4) -> np.ndarray:
    """Bundles of the given sizes (1: no bundle) in random order of arrival, with many exact ties."""
    rows = blank(sum(sizes))
    rows["id"] = np.arange(rows.size)
    at = 0
    for number, size in enumerate(sizes):
        part = rows[at : at + size]
        part["arrival"], part["tip"] = rng.integers(levels), rng.integers(levels, size=size)
        part["bundle"] = number if size > 1 else -1
        at += size
    return rows


sizes = st.lists(st.integers(1, 4), max_size=20)
seeds = st.integers(0, 2**32 - 1)


def groups(rows: np.ndarray, order: np.ndarray) -> list[list[int]]:
    """The order cut into bundles and single rows."""
    parts: list[list[int]] = []
    for k in order.tolist():
        if parts and rows["bundle"][k] >= 0 and rows["bundle"][parts[-1][-1]] == rows["bundle"][k]:
            parts[-1].append(k)
        else:
            parts.append([k])
    return parts


# -- first come --------------------------------------------------------------------------------------------------------


@given(sizes, seeds)
def test_first_come_is_a_permutation_by_arrival_with_bundles_whole(counts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pending(counts, rng)
    order = first_come_order(rows, rng.random(rows.size))
    assert sorted(order.tolist()) == list(range(rows.size))
    arrivals = rows["arrival"][order]
    assert (np.diff(arrivals) >= 0).all()
    for part in groups(rows, order):
        assert part == list(range(part[0], part[0] + len(part))), "a bundle was cut or turned"
    assert len(groups(rows, order)) == len(counts)


def test_a_bundle_arrives_with_its_first_member() -> None:
    rows = blank(4)
    rows["arrival"] = 2.0, 9.0, 1.0, 3.0
    rows["bundle"] = 5, 5, -1, -1
    assert first_come_order(rows, np.zeros(4)).tolist() == [2, 0, 1, 3]


def test_exact_ties_are_broken_at_random_and_not_by_place() -> None:
    """At one instant three intents and a bundle: each is first a quarter of the time (4 standard errors)."""
    rows = blank(5)
    rows["bundle"] = -1, 3, 3, -1, -1
    rng = np.random.default_rng(5)
    draws = 4000
    first = np.zeros(5)
    for _ in range(draws):
        first[first_come_order(rows, rng.random(5))[0]] += 1
    expected = np.array([0.25, 0.25, 0.0, 0.25, 0.25])
    np.testing.assert_allclose(first / draws, expected, atol=4 * np.sqrt(0.25 * 0.75 / draws))


def test_draws_do_not_overrule_arrival() -> None:
    rows = blank(2)
    rows["arrival"] = 1.0, np.nextafter(1.0, 2.0)
    assert first_come_order(rows, np.array([0.9, 0.1])).tolist() == [0, 1]


@pytest.mark.parametrize("overtaken", [0.0, 2.0, 1e6], ids=["in_order", "nearly", "anyhow"])
def test_the_earliest_are_first_however_far_out_of_order_they_come(overtaken: float) -> None:
    rng, count = np.random.default_rng(7), 400
    arrival = np.floor(np.arange(count) + overtaken * rng.exponential(size=count))
    draw = rng.integers(3, size=count) / 3.0
    assert earliest_first(arrival, draw).tolist() == np.lexsort((np.arange(count), draw, arrival)).tolist()


# -- priority fee ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@given(sizes, seeds)
def test_tip_order_falls_in_the_offer_and_rises_in_arrival(counts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pending(counts, rng)
    order = tip_order(rows, rng.random(rows.size))
    assert sorted(order.tolist()) == list(range(rows.size))
    parts = groups(rows, order)
    assert len(parts) == len(counts)
    offers = [(-rows["tip"][part].sum(), rows["arrival"][part[0]]) for part in parts]
    assert offers == sorted(offers)


def test_a_bundle_offers_the_sum_of_its_tips() -> None:
    rows = blank(4)
    rows["tip"] = 3.0, 2.0, 2.5, 4.0
    rows["bundle"] = -1, 1, 1, -1
    assert tip_order(rows, np.zeros(4)).tolist() == [1, 2, 3, 0]


# -- writing a block ---------------------------------------------------------------------------------------------------


def due_rows() -> np.ndarray:
    """Pending: 0 and 1 are users' swaps, 2-3 a bundle that asks to carry 0, 4-5 a bundle that asks for nothing."""
    rows = np.concatenate([swap(BOB, 100.0) for _ in range(6)])
    rows["id"] = np.arange(10, 16)
    rows["bundle"] = -1, -1, 7, 7, 8, 8
    rows["around"] = -1, -1, 10, 10, -1, -1
    return rows


def write(order: list[int], bundle: list[int] | None = None, inserted: np.ndarray = NO_ROWS) -> tuple[str, np.ndarray]:
    """(fault, block) of an arrangement by ALICE."""
    due = due_rows()
    block = np.zeros(len(order), INTENT)
    tied = np.array([FREE] * len(order) if bundle is None else bundle, np.int64)
    included = np.zeros(due.size, np.bool_)
    fault = write_block(due, np.array(order, np.int64), tied, inserted, ALICE, 100, 1000, block, included)
    if not fault:
        assert np.flatnonzero(included).tolist() == sorted(k for k in order if k >= 0)
    return FAULTS[fault], block


def own(count: int, sender: int = ALICE) -> np.ndarray:
    return np.concatenate([swap(sender, 1.0) for _ in range(count)])


def test_any_order_of_whole_bundles_is_a_block() -> None:
    fault, block = write([4, 5, 1, 2, 3, 0])
    assert fault == ""
    assert block["id"].tolist() == [14, 15, 11, 12, 13, 10]
    assert block["bundle"].tolist() == [8, 8, -1, 7, 7, -1]
    assert not block["carried"].any()


def test_leaving_out_is_allowed() -> None:
    assert write([1])[0] == ""
    assert write([])[0] == ""


def test_inserted_rows_get_numbers_of_their_own_and_tie_users_as_carried() -> None:
    fault, block = write([-1, 0, -2, 1], [0, 0, 0, FREE], own(2))
    assert fault == ""
    assert block["id"].tolist() == [100, 10, 101, 11]
    assert block["bundle"].tolist() == [1000, 1000, 1000, -1]
    assert block["carried"].tolist() == [0, 1, 0, 0]


def test_a_bundle_carries_whom_it_asked_for() -> None:
    fault, block = write([2, 0, 3, 1], [FREE, CARRIED, FREE, FREE])
    assert fault == ""
    assert block["bundle"].tolist() == [7, 7, 7, -1]
    assert block["carried"].tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("order", "bundle", "inserted", "fault"),
    [
        ([0, 1, 0], None, NO_ROWS, "includes an intent twice"),
        ([0, 6], None, NO_ROWS, "names an intent that is not pending"),
        ([0, 2**40], None, NO_ROWS, "names an intent that is not pending"),
        ([-1], None, NO_ROWS, "names an inserted intent that it did not hand in"),
        ([-(2**40)], None, own(1), "names an inserted intent that it did not hand in"),
        ([-1, -1], None, own(1), "includes an inserted intent twice"),
        ([-1], None, own(1, BOB), "inserts an intent from an account that is not its own"),
        ([4], None, NO_ROWS, "splits a bundle"),
        ([5], None, NO_ROWS, "splits a bundle"),
        ([5, 4], None, NO_ROWS, "splits a bundle"),
        ([4, 0, 5], None, NO_ROWS, "splits a bundle"),
        ([4, -1, 5], None, own(1), "splits a bundle"),
        ([4, 2, 5, 3], None, NO_ROWS, "splits a bundle"),
        ([4, 5, 0], [0, 0, 0], NO_ROWS, "ties somebody's bundle into another"),
        ([-1, 4, 5], [0, 0, 0], own(1), "ties somebody's bundle into another"),
        ([4, 0, 5], [FREE, CARRIED, FREE], NO_ROWS, "carries an intent in a bundle that did not ask for it"),
        ([2, 1, 3], [FREE, CARRIED, FREE], NO_ROWS, "carries an intent in a bundle that did not ask for it"),
        ([0, 2, 3], [CARRIED, FREE, FREE], NO_ROWS, "carries an intent in a bundle that did not ask for it"),
        ([-1, 0], [0, CARRIED], own(1), "carries an intent in a bundle that did not ask for it"),
    ],
)
def test_what_the_author_of_a_block_may_not_do(
    order: list[int], bundle: list[int] | None, inserted: np.ndarray, fault: str
) -> None:
    assert write(order, bundle, inserted)[0] == fault


def test_no_arrangement_smuggles_an_inserted_row_into_a_pending_bundle() -> None:
    """An own row with somebody's number next to that bundle would be all-or-none with it, and could revert it."""
    smuggled = own(1)
    smuggled["bundle"] = 8
    fault, block = write([4, 5, -1], [FREE, FREE, FREE], smuggled)
    assert fault != "" or block["bundle"][2] != 8


@given(st.lists(st.integers(-3, 6), max_size=9), seeds)
def test_whatever_passes_keeps_everybodys_rights(order: list[int], seed: int) -> None:
    """Of every arrangement that is accepted: no duplicates, only own insertions, every bundle whole and in order."""
    rng = np.random.default_rng(seed)
    bundle = rng.choice([FREE, FREE, CARRIED, 0, 1], len(order)).tolist()
    inserted = own(3)
    fault, block = write(order, bundle, inserted)
    if fault:
        return
    due = due_rows()
    ids = block["id"].tolist()
    assert len(set(ids)) == len(ids)
    for row in block:
        if row["id"] >= 100:
            assert row["sender"] == ALICE
        else:
            [before] = due[due["id"] == row["id"]]
            assert all(row[name] == before[name] for name in ("sender", "amount", "limit", "tip", "kind", "venue"))
            assert before["bundle"] < 0 or (row["bundle"] == before["bundle"] and row["carried"] == 0)
    for number in (7, 8):
        members = [row["id"] for row in block if row["bundle"] == number and not row["carried"]]
        assert members in ([], [12, 13] if number == 7 else [14, 15])
        carried = [row["id"] for row in block if row["bundle"] == number and row["carried"]]
        assert carried in ([], [10])
        assert number == 7 or not carried


# -- parts -------------------------------------------------------------------------------------------------------------


def test_every_part_has_a_kind_and_starts_per_domain() -> None:
    parts = sequencing.compose(RegimeConfig(name="test"))
    assert set(parts) == set(sequencing.PARTS)
    for name, part in parts.items():
        assert part.kind in sequencing.kinds(name)
        assert part.start() is not None


@pytest.mark.parametrize("part", sequencing.PARTS)
def test_an_unknown_kind_is_answered_with_those_that_exist(part: str) -> None:
    with pytest.raises(InputError, match=rf"regime\.{part}\.kind: unknown name 'telepathy'.*allowed: "):
        sequencing.make(part, {"kind": "telepathy"})


@pytest.mark.parametrize("part", sequencing.PARTS)
def test_an_unknown_parameter_is_answered_with_those_that_exist(part: str) -> None:
    kind = getattr(RegimeConfig(name="test"), part)["kind"]
    with pytest.raises(InputError, match=rf"regime\.{part}\.colour: .*parameters of {kind}: "):
        sequencing.make(part, {"kind": kind, "colour": "blue"})


def test_an_oracle_update_is_no_swap() -> None:
    """Kinds are numbered as their venues declare them, and tapes and traces read them by name."""
    assert [kind.name.lower() for kind in Kind] == [statement.name for statement in STATEMENTS]
    assert Kind(int(intent(Kind.ORACLE_UPDATE)["kind"][0])).name == "ORACLE_UPDATE"
