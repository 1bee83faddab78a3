"""Rows of intents: joined, put in line, split by sender and by author."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.access.receipts import by_sender
from market.intents.rows import INTENT, blank, copied, in_line, joined, taken, unwritten
from market.intents.spans import stretches

SENDERS = st.lists(st.integers(-1, 5), max_size=12)


def sent_by(senders: list[int]) -> np.ndarray:
    rows = blank(len(senders))
    rows["sender"], rows["id"] = senders, np.arange(len(senders))
    return rows


@settings(deadline=None)
@given(st.lists(SENDERS, max_size=4))
def test_joined_rows_are_what_numpy_makes_of_them(parts: list[list[int]]) -> None:
    rows = [sent_by(part) for part in parts]
    assert joined(rows).tobytes() == np.concatenate([np.zeros(0, INTENT), *rows]).tobytes()


@settings(deadline=None)
@given(SENDERS, st.integers(1, 3))
def test_copies_of_rows_are_what_numpy_makes_of_them(senders: list[int], step: int) -> None:
    rows = sent_by(senders)[::step]
    rows.flags.writeable = False
    for copies, expected in ((copied(rows), rows.copy()), (taken(rows, list(range(rows.size))[::-1]), rows[::-1])):
        assert copies.dtype == INTENT
        assert copies.tobytes() == expected.tobytes()
        copies["tip"] = 7.0
    assert not rows["tip"].any()


@settings(deadline=None)
@given(SENDERS)
def test_each_agent_gets_its_own_rows_and_nobody_anybody_elses(senders: list[int]) -> None:
    rows = sent_by(senders)
    found = dict(by_sender(rows, 4))
    assert list(found) == list(dict.fromkeys(sender for sender in senders if 0 <= sender < 4))
    for account, own in found.items():
        assert own.tobytes() == rows[rows["sender"] == account].tobytes()
        own["tip"] = 7.0
    assert not rows["tip"].any()


def test_unwritten_rows_can_be_written() -> None:
    rows = unwritten(3)
    rows["id"] = 1, 2, 3
    assert (rows.dtype, rows["id"].tolist()) == (INTENT, [1, 2, 3])


def test_rows_in_line_are_contiguous_and_of_one_type() -> None:
    rows = sent_by([1, 2, 3, 4])
    assert in_line(rows) is rows
    assert in_line(rows[::2]).flags.c_contiguous
    assert in_line(rows[::2])["sender"].tolist() == [1, 3]
    with pytest.raises(TypeError, match="allowed: \\(n,\\) of INTENT"):
        in_line(np.zeros(3))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 1)), min_size=1, max_size=12),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
)
def test_a_stretch_is_one_authors_and_a_bundle_that_of_its_first_member(
    drawn: list[tuple[int, int]], author: list[int]
) -> None:
    rows = blank(len(drawn))
    rows["rollup"], rows["bundle"] = zip(*drawn, strict=True)
    starts = np.empty(rows.size, np.int64)
    begun = starts[: stretches(rows, np.array(author), starts)].tolist()
    whose: list[int] = []
    for at, (rollup, bundle) in enumerate(drawn):
        follows = at > 0 and bundle >= 0 and drawn[at - 1][1] == bundle
        whose.append(whose[-1] if follows else author[rollup])
    assert begun == [at for at in range(len(whose)) if at == 0 or whose[at] != whose[at - 1]]
