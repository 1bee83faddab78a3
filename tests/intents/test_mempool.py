"""Mempools: what arrives when, what expires, and that what a block leaves out keeps waiting."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import players
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import config, on_block, opened

from market.access.protocols import Arrangement
from market.intents.mempool import Mempool
from market.intents.rows import Status, blank


def pool(domains: int = 2) -> Mempool:
    """Rollup k is sequenced by domain k."""
    return Mempool(np.arange(domains), domains)


def rows(*arrivals: float, rollup: int = 0, expiry: float = np.inf, bundle: int = -1) -> np.ndarray:
    out = blank(len(arrivals))
    out["arrival"], out["rollup"], out["expiry"], out["bundle"] = arrivals, rollup, expiry, bundle
    return out


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.ScriptedSequencer.script = players.Scripted.script = None


def test_rows_are_numbered_in_the_order_handed_in_over_all_domains() -> None:
    mempool = pool()
    mempool.submit(rows(3.0, 1.0))
    mempool.submit(rows(2.0, rollup=1))
    mempool.submit(rows(0.5))
    assert mempool.waiting(0)["id"].tolist() == [0, 1, 3]
    assert mempool.waiting(1)["id"].tolist() == [2]
    assert mempool.submitted == 4


def test_only_what_has_arrived_is_taken_and_only_once() -> None:
    mempool = pool()
    mempool.submit(rows(3.0, 1.0, 2.0))
    due, expired = mempool.take(0, 2.0)
    assert due["arrival"].tolist() == [1.0, 2.0]
    assert not expired.size
    assert mempool.take(0, 2.0)[0].size == 0
    assert mempool.take(0, 3.0)[0]["id"].tolist() == [0]
    assert mempool.waiting(0).size == 0


def test_what_waited_too_long_expires_with_a_receipt() -> None:
    mempool = pool()
    mempool.submit(rows(1.0, expiry=5.0))
    mempool.submit(rows(2.0, expiry=4.9))
    mempool.submit(rows(6.0, expiry=5.5))  # still on its way at 5 s: it expires when it arrives
    due, expired = mempool.take(0, 5.0)
    assert due["id"].tolist() == [0]  # at its very last moment
    assert expired["id"].tolist() == [1]
    assert expired["status"].tolist() == [Status.EXPIRED]
    assert expired["executed"].tolist() == [5.0]
    assert mempool.take(0, 6.0)[1]["id"].tolist() == [2]


def test_an_unknown_rollup_waits_somewhere_instead_of_nowhere() -> None:
    mempool = pool()
    mempool.submit(rows(1.0, rollup=7))
    mempool.submit(rows(1.0, rollup=-3))
    due, _ = mempool.take(0, 1.0)
    assert due["rollup"].tolist() == [7, -3]


def test_what_is_put_back_stands_first_in_line_with_its_number() -> None:
    mempool = pool()
    mempool.submit(rows(1.0, 1.5))
    due, _ = mempool.take(0, 2.0)
    kept = due.copy()
    mempool.submit(rows(1.2))
    mempool.put_back(0, kept)
    assert mempool.waiting(0)["id"].tolist() == [0, 1, 2]


def test_of_what_was_due_only_the_rest_is_put_back() -> None:
    mempool = pool()
    mempool.submit(rows(1.0, 1.1, 1.2, 1.3))
    due, _ = mempool.take(0, 2.0)
    mempool.submit(rows(1.2))
    mempool.put_back(0, due, np.array([True, False, True, False]))
    assert mempool.waiting(0)["id"].tolist() == [1, 3, 4]


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2), st.floats(0, 10)), max_size=12))
def test_nothing_is_lost_as_the_mempool_grows(batches: list[tuple[int, int, float]]) -> None:
    mempool = pool(3)
    decided: list[int] = []
    for count, domain, until in batches:
        mempool.submit(rows(*np.linspace(0.0, 10.0, count), rollup=domain, expiry=9.0))
        due, expired = mempool.take(domain, until)
        decided += expired["id"].tolist()
        kept = due[::2].copy()
        decided += due[1::2]["id"].tolist()
        mempool.put_back(domain, kept)
    waiting = [number for domain in range(3) for number in mempool.waiting(domain)["id"].tolist()]
    assert sorted(decided + waiting) == list(range(mempool.submitted))
    for domain in range(3):
        assert (mempool.waiting(domain)["rollup"] == domain).all()


def test_a_bundle_expires_as_a_whole() -> None:
    """All or none also holds for waiting: a leg without its hedge is not what its sender asked for."""
    mempool = pool()
    legs = rows(1.0, 1.0, bundle=4)
    legs["expiry"] = 3.0, np.inf
    mempool.submit(legs)
    due, expired = mempool.take(0, 5.0)
    assert due.size == 0
    assert expired["id"].tolist() == [0, 1]


# -- in a market -------------------------------------------------------------------------------------------------------


def test_what_a_leader_leaves_out_stays_pending_and_then_expires() -> None:
    """A leader that includes nothing: the flow waits for its 20 s of patience and is told that it expired."""
    nothing = np.zeros(0, np.int64)
    players.ScriptedSequencer.script = lambda agent, seen: Arrangement(nothing, nothing, players.NO_ROWS)
    market = opened(config(regime="siloed_extractive", agents=(players.sequencer(),), horizon_s=40.0))
    receipts = []

    def noted(slot) -> None:
        receipts.extend((row["status"], row["executed"] - row["sent"]) for row in slot.rows)

    on_block(market, noted)
    market.run_until(15.0)
    waited = sum(market.mempool.waiting(domain.index).size for domain in market.domains)
    assert waited > 30
    assert not receipts
    market.run()
    assert receipts
    assert {status for status, _ in receipts} == {Status.EXPIRED}
    # told in the first slot after 20 s of patience: slots are a second apart
    assert all(20.0 < delay < 21.5 for _, delay in receipts)


def test_what_one_leader_leaves_out_another_block_includes() -> None:
    """Leaving out for a while delays, and does not lose: every second slot includes all, in the order of arrival."""

    def every_second(agent, seen) -> Arrangement:
        count = seen.due.size if seen.slot % 2 else 0
        return Arrangement(np.arange(count), np.full(count, -1, np.int64), players.NO_ROWS)

    players.ScriptedSequencer.script = every_second
    market = opened(config(regime="siloed_extractive", agents=(players.sequencer(),), horizon_s=10.0))
    market.run()
    assert market.tally.statuses[Status.FILLED] > 20
    assert market.tally.statuses[Status.EXPIRED] == 0


def test_a_row_comes_out_as_it_went_in_but_for_its_number() -> None:
    """Rows are copied as one piece of memory: every field, and the bits of a NaN."""
    sent = rows(0.5, 0.25)
    words = sent.view(np.int64).reshape(2, -1)
    words[:] = np.random.default_rng(3).integers(-(2**62), 2**62, words.shape)
    sent["arrival"], sent["expiry"], sent["rollup"], sent["bundle"], sent["mid"] = (0.5, 0.25), 9.0, 1, -1, np.nan
    mempool = Mempool(np.arange(2), 2)
    mempool.submit(sent)
    due, expired = mempool.take(1, 1.0)
    sent["id"] = 0, 1
    assert due.tobytes() == sent.tobytes()
    assert not expired.size
