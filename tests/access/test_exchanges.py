"""Exchanges handed in all at once: they become what single calls would, and are refused with the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_desk import submitted
from worlds import ETH, USD

from market.errors import StrategyError
from market.intents.rows import INTENT, Purpose, blank
from market.venues import Kind

LIFE_S = 5.0


def written(now: float) -> np.ndarray:
    """A swap that is undone outside, in one bundle, then a swap by itself, then another bundle."""
    rows = blank(4)
    rows["kind"] = [Kind.SWAP, Kind.OUTSIDE, Kind.SWAP, Kind.SWAP]
    rows["venue"], rows["bundle"] = [0, -1, 1, 0], [0, 0, -1, 1]
    rows["asset_in"], rows["asset_out"] = [USD, ETH, USD, ETH], [ETH, USD, ETH, USD]
    rows["amount"], rows["limit"], rows["tip"] = [100.0, 0.03, 50.0, 0.01], [0.01, 0.0, 0.0, 1.0], [0.5, 0.0, 0.0, 0.0]
    rows["purpose"] = [Purpose.ARBITRAGE, Purpose.ARBITRAGE, Purpose.USER, Purpose.CYCLE]
    rows["expiry"] = [now + LIFE_S, np.inf, np.inf, now + LIFE_S]
    return rows


def one_by_one(agent: Any, seen: Any, desk: Any) -> None:
    """The same by single calls."""
    first = desk.bundle()
    desk.swap(
        0, USD, ETH, 100.0, 0.01, tip=0.5, purpose=Purpose.ARBITRAGE, bundle=first, expires_s=LIFE_S
    )  # fmt: skip
    desk.outside(0, ETH, USD, 0.03, purpose=Purpose.ARBITRAGE, bundle=first)
    desk.swap(1, USD, ETH, 50.0, 0.0)
    desk.swap(0, ETH, USD, 0.01, 1.0, purpose=Purpose.CYCLE, bundle=desk.bundle(), expires_s=LIFE_S)


def test_they_become_what_single_calls_would() -> None:
    opened: list[int] = []

    def at_once(agent: Any, seen: Any, desk: Any) -> None:
        opened.append(desk.next_bundle)
        rows = written(seen.time)
        rows["sender"], rows["arrival"], rows["filled_in"], rows["position"] = 7, -5.0, 3.0, 2  # the market's to say
        desk.exchange(rows)

    shared = {"regime": "centralized_shared", "horizon_s": 5.0}
    rows = submitted(at_once, **shared)
    assert rows.tobytes() == submitted(one_by_one, **shared).tobytes()
    assert rows["bundle"].tolist() == [opened[0], opened[0], -1, opened[0] + 1]


def test_bundles_opened_before_and_after_are_others() -> None:
    def mixed(agent: Any, seen: Any, desk: Any) -> None:
        first = desk.bundle()
        desk.pay(0, 0, USD, 1.0, bundle=first)
        desk.exchange(written(seen.time)[:2])
        desk.pay(0, 0, USD, 1.0, bundle=desk.bundle())

    bundles = submitted(mixed)["bundle"].tolist()
    assert [bundle - bundles[0] for bundle in bundles] == [0, 1, 1, 2]


def test_many_find_room_and_none_are_none() -> None:
    def many(agent: Any, seen: Any, desk: Any) -> None:
        desk.exchange(written(seen.time)[:0])
        rows = written(seen.time)[np.full(3000, 2)]
        rows["venue"] = 0
        desk.exchange(rows)

    assert submitted(many).size == 3000


Change = Callable[[np.ndarray], object]
FAULTS: list[tuple[str, Change, str]] = [
    ("NaN amount", lambda r: r["amount"].put(2, np.nan), "intent 2 has a number that is not finite: amount=nan"),
    ("infinite limit", lambda r: r["limit"].put(1, np.inf), "intent 1 has a number that is not finite"),
    ("NaN tip", lambda r: r["tip"].put(0, np.nan), "intent 0 has a number that is not finite"),
    ("negative tip", lambda r: r["tip"].put(0, -0.01), "intent 0 has a negative tip: -0.01"),
    ("unknown pool", lambda r: r["venue"].put(2, 9), "intent 2 names pool 9; there are 2"),
    ("negative pool", lambda r: r["venue"].put(2, -1), "intent 2 names pool -1; there are 2"),
    ("unknown rollup", lambda r: r["rollup"].put(1, 5), "intent 1 names rollup 5; there are 2"),
    ("past expiry", lambda r: r["expiry"].put(3, -1.0), "intent 3 expires after -"),
    ("NaN expiry", lambda r: r["expiry"].put(3, np.nan), "intent 3 expires after nan s"),
    ("unknown purpose", lambda r: r["purpose"].put(2, len(Purpose)), f"intent 2 has purpose {len(Purpose)}"),
    ("no exchange", lambda r: r["kind"].put(2, Kind.PAYMENT), "intent 2 is no exchange"),
    ("a venue outside", lambda r: r["venue"].put(1, 0), "intent 1 is no exchange"),
    ("across domains", lambda r: r["rollup"].put(1, 1), "intent 1 puts rollup 1 into a bundle of another domain"),
    ("an interrupted bundle", lambda r: r["bundle"].put(3, 0), "intent 3 comes back to bundle"),
    ("bundles out of order", lambda r: r["bundle"].put(3, 4), "intent 3 is in bundle 4 of those handed in, where 1"),
]


@pytest.mark.parametrize(("change", "what"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_what_no_market_can_carry_out_is_refused_as_if_it_came_alone(change: Change, what: str) -> None:
    def act(agent: Any, seen: Any, desk: Any) -> None:
        rows = written(seen.time)
        change(rows)
        desk.exchange(rows)

    with pytest.raises(StrategyError) as caught:
        submitted(act)
    message = str(caught.value)
    assert what in message
    assert message.startswith("Scripted 0: ")
    assert "\n" not in message


def test_rows_of_another_type_are_refused() -> None:
    for rows in (np.zeros(2), np.zeros((2, 2), INTENT)):
        with pytest.raises(StrategyError, match="raised TypeError: rows are an array of type"):
            submitted(lambda agent, seen, desk, rows=rows: desk.exchange(rows))
