"""What is wrong with an author's own intents is named: the first of the complaints that any of them deserves."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market.access.protocols import Arrangement
from market.intents.rows import INTENT, Purpose, blank
from market.sequencing.arrangements import INSERTIONS, malformed, plain
from market.venues import KINDS

NUMBERS = ("amount", "limit", "tip", "sent", "arrival", "mid", "expiry")
VALUES = st.sampled_from([0.0, 1.0, 1.0, -1.0, np.inf, -np.inf, np.nan])
ROW = st.fixed_dictionaries(
    dict.fromkeys(NUMBERS, VALUES)
    | {
        "rollup": st.integers(0, 3),
        "purpose": st.integers(-1, len(Purpose)),
        "kind": st.integers(-1, len(KINDS)),
    }
)


def complaint(rows: np.ndarray, rollups: tuple[int, ...]) -> str:
    """The same, column by column."""
    if not np.isin(rows["rollup"], rollups).all():
        return INSERTIONS[1]
    if not all(np.isfinite(rows[name]).all() for name in NUMBERS[:-1]):
        return INSERTIONS[2]
    if np.isnan(rows["expiry"]).any() or (rows["sent"] < 0.0).any() or (rows["arrival"] < 0.0).any():
        return INSERTIONS[3]
    if (rows["purpose"] < 0).any() or (rows["purpose"] >= len(Purpose)).any():
        return INSERTIONS[4]
    return INSERTIONS[5] if (rows["kind"] < 0).any() or (rows["kind"] >= len(KINDS)).any() else ""


@settings(deadline=None)
@given(st.lists(ROW, min_size=1, max_size=3))
def test_the_first_complaint_that_any_deserves_is_made(drawn: list[dict[str, float]]) -> None:
    rows, rollups = blank(len(drawn)), (0, 1, 2)
    for at, values in enumerate(drawn):
        for name, value in values.items():
            rows[name][at] = value
    order = -1 - np.arange(rows.size)
    assert malformed(Arrangement(order, np.full(rows.size, -1), rows), 0, rollups) == complaint(rows, rollups)


def test_arrays_of_the_right_kind_are_not_copied_and_others_are_made_so() -> None:
    order, bundle, rows = arrays = np.arange(4), np.full(4, -1), blank(4)
    assert all(made is array for made, array in zip(plain(Arrangement(*arrays)), arrays, strict=True))
    made = plain(Arrangement(order.astype(np.int32), bundle[::-1], rows[::2]))
    assert [array.dtype for array in made] == [np.int64, np.int64, INTENT]
    assert all(array.flags.c_contiguous for array in made)
