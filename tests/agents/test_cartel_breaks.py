"""A cartel of builders and the one of them who breaks it: what each earns, slot by slot, of equal blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.cartel import Cartel
from experiments.validation._prizes import builder, earned, prizes
from market.errors import InputError

BREAK, SLOTS, TOKEN = 6, 14, 0.01


def cartel(scheme: str, seats: int, defector: int, **terms: Any) -> np.ndarray:
    """What each of the members earns in each slot, one of them breaking the cartel [USD]."""
    loyal = {"scheme": scheme, "token_usd": TOKEN, "margin": 0.0, "sandwich": False} | terms
    members = [
        builder("defector", breaks_slot=BREAK, over=1.0, **loyal) if seat == defector
        else builder("grim_trigger", **loyal) for seat in range(seats)
    ]  # fmt: skip
    return earned(prizes({"kind": "first_price"}, members, SLOTS, seed=4), SLOTS)


def test_members_take_turns_until_one_takes_anothers_and_nobody_earns_again():
    gained = cartel("rotation", 3, 1)
    turns = np.eye(3)[np.arange(BREAK) % 3] * (1.0 - TOKEN)
    np.testing.assert_allclose(gained[:BREAK], turns, atol=1e-6)
    assert BREAK % 3 != 1, "it is not its turn"
    np.testing.assert_allclose(gained[BREAK], [0.0, 1.0 - 2.0 * TOKEN, 0.0], atol=1e-6)
    np.testing.assert_allclose(gained[BREAK + 1 :], 0.0, atol=1e-6)


def test_a_short_punishment_ends():
    gained = cartel("rotation", 2, 1, punish_slots=3)
    np.testing.assert_allclose(gained[BREAK + 1 : BREAK + 4], 0.0, atol=1e-6)
    np.testing.assert_allclose(gained[BREAK + 4 :].sum(axis=1), 1.0 - TOKEN, atol=1e-6)


def test_who_splits_the_market_wins_by_chance_alone():
    gained = cartel("split", 3, -1)
    np.testing.assert_allclose(gained.sum(axis=1), 1.0 - TOKEN, atol=1e-6)
    assert len(set(gained.argmax(axis=1).tolist())) > 1
    split = Cartel("split", 1, TOKEN, 0, 1.0, 1, 2)
    assert [split.mine(seat, 3, 5, 0) for seat in range(3)] == [True, True, False]


@pytest.mark.parametrize("wrong", [{"over": 0.0}, {"token_usd": 0.0}, {"breaks_slot": -1}])
def test_a_break_that_is_none_is_refused(wrong: dict[str, Any]):
    with pytest.raises(InputError, match=next(iter(wrong))):
        prizes({"kind": "first_price"}, [builder("defector", **wrong)], 1, seed=1)
