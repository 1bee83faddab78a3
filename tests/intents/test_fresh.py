"""A fresh row of compiled code is a blank one of Python with what its sender says."""

import numpy as np

from market.intents.fresh import clear, write
from market.intents.rows import INTENT, Purpose, blank
from market.venues import Kind


def used() -> np.ndarray:
    """Rows every byte of which was used before."""
    return np.frombuffer(bytearray(b"\x01" * (3 * INTENT.itemsize)), INTENT).copy()


def test_a_cleared_row_is_blank_and_its_neighbours_are_left_alone() -> None:
    rows = used()
    clear(rows, 1)
    assert rows[1] == blank(1)[0]
    assert rows[[0, 2]].tolist() == used()[[0, 2]].tolist()


def test_a_written_row_is_blank_but_for_what_was_said() -> None:
    rows, said = used(), blank(1)
    write(rows, 1, 7, 2, Kind.SWAP, 3, np.int64(4), Purpose.USER, 1.0, 1.5, 121.0)
    for name, value in {"sender": 7, "rollup": 2, "kind": Kind.SWAP, "venue": 3, "target": 4}.items():
        said[name] = value
    said["purpose"], said["sent"], said["arrival"], said["expiry"] = Purpose.USER, 1.0, 1.5, 121.0
    assert rows[1] == said[0]
    assert rows[[0, 2]].tolist() == used()[[0, 2]].tolist()
