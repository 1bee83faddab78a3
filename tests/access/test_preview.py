"""A preview tells what execution would do, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import players
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ETH, USD, opened, stressed

from market.execution import execute_block
from market.intents.rows import INTENT, Status, blank
from market.venues import Kind

RECEIPT = ("status", "reason", "filled_in", "filled_out", "fallback_out", "executed", "asset_in", "asset_out")


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.Scripted.script = players.ScriptedSequencer.script = None
    players.ScriptedBuilder.script = players.ScriptedBuilder.hears = None


@pytest.fixture(scope="module")
def late() -> Any:
    """A market in the middle of a crash, with loans that can be liquidated."""
    market = opened(stressed("centralized_shared", agents=(players.trader(),), horizon_s=30.0))
    market.run_until(20.0)
    market.advance(market.time)
    market.public.refresh()
    return market


def looks(market: Any) -> Any:
    """What the trader sees now."""
    agent = market.participants[-1]
    return market.observations[agent.account]._at(market.domains[0], market.time)


ROW = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([int(kind) for kind in Kind] + [99]),
        "rollup": st.integers(0, 1),
        "venue": st.integers(-1, 3),
        "target": st.integers(-1, 90),
        "side": st.booleans(),
        "amount": st.one_of(st.floats(0.01, 1e5), st.sampled_from([0.0, -1.0, np.nan, np.inf])),
        "limit": st.sampled_from([0.0, 1e-3, 1e3]),
        "tip": st.sampled_from([0.0, 0.5, 1e9]),
        "ties": st.booleans(),
    }
)


def rows_of(drawn: list[dict[str, Any]], account: int) -> np.ndarray:
    """Intents of an account; where it says so, a row joins the bundle of that before it."""
    rows = blank(len(drawn))
    rows["sender"] = account
    for at, fields in enumerate(drawn):
        for name in ("kind", "rollup", "venue", "target", "amount", "limit", "tip"):
            rows[name][at] = fields[name]
        rows["asset_in"][at], rows["asset_out"][at] = (USD, ETH) if fields["side"] else (ETH, USD)
        if at and fields["ties"]:
            bundle = rows["bundle"][at - 1] if rows["bundle"][at - 1] >= 0 else at
            rows["bundle"][at - 1] = rows["bundle"][at] = bundle
    return rows


def bits(state: Any) -> tuple[bytes, bytes, bytes]:
    return state.cells.tobytes(), state.journal.tobytes(), state.layout.tobytes()


@settings(max_examples=150)
@given(drawn=st.lists(ROW, min_size=1, max_size=8))
def test_a_preview_is_what_execution_does_and_leaves_no_bit_behind(late: Any, drawn: list[dict[str, Any]]) -> None:
    seen, state = looks(late), late.world.state
    rows = rows_of(drawn, seen.account)
    asked, before = rows.copy(), bits(state)
    receipts = seen.preview(rows)
    assert bits(state) == before, "something of the preview stayed"
    assert rows.tobytes() == asked.tobytes(), "the rows asked about were written"
    assert not np.shares_memory(receipts, rows)
    assert seen.preview(rows).tobytes() == receipts.tobytes(), "a second preview sees the first"
    cells = state.cells.copy()
    done = rows.copy()
    leader = late.domains[0].leaders[0].account
    execute_block(state, done, late.time, leader, leader)
    state.cells[:] = cells
    for name in RECEIPT:
        np.testing.assert_array_equal(receipts[name], done[name], err_msg=name)


def swap(account: int, amount: float, limit: float = 0.0) -> np.ndarray:
    row = blank(1)
    row["kind"], row["sender"], row["venue"], row["rollup"] = int(Kind.SWAP), account, 0, 0
    row["asset_in"], row["asset_out"], row["amount"], row["limit"] = USD, ETH, amount, limit
    return row


def test_a_preview_of_a_liquidation_tells_what_is_seized(late: Any) -> None:
    seen = looks(late)
    found = [entry for rollup in seen.rollups for entry in seen.unhealthy(rollup)]
    assert found
    entry = found[0]
    row = blank(1)
    row["kind"], row["sender"], row["rollup"] = int(Kind.LIQUIDATE), seen.account, int(entry.rollup)
    row["venue"], row["target"], row["amount"] = int(entry.market), int(entry.loan), float(entry.most)
    receipt = seen.preview(row)[0]
    assert receipt["status"] == Status.FILLED
    assert receipt["filled_in"] == entry.most
    assert receipt["filled_out"] == pytest.approx(entry.most * entry.rate)


def test_of_others_only_what_may_be_read_is_previewed() -> None:
    """Behind a user's swap that it reads, a builder gets less; where contents are sealed it is refused."""
    outputs: list[tuple[float, float]] = []
    refusals: list[str] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        others = seen.pending()
        stranger = swap(0, 10.0)
        for rows in (others[others["sealed"] == 1][:1], stranger):
            if rows.size:
                with pytest.raises(ValueError, match="neither its own nor one whose contents") as refused:
                    seen.preview(rows)
                refusals.append(str(refused.value))
        readable = others[(others["sealed"] == 0) & (others["venue"] == 0) & (others["kind"] == Kind.SWAP)]
        readable = readable[readable["asset_in"] == USD]
        if readable.size:
            mine = swap(agent.account, 1000.0)
            behind = np.concatenate([readable[:1], mine])
            receipts = seen.preview(behind)
            if receipts["status"][0] == Status.FILLED:
                outputs.append((float(seen.preview(mine)["filled_out"][0]), float(receipts["filled_out"][1])))
            behind["amount"][0] = 1e-6  # what it says of the other's intent is not what is tried out
            assert seen.preview(behind).tobytes() == receipts.tobytes()

    players.Scripted.script = act
    for regime in ("pbs", "encrypted"):
        opened(stressed(regime, agents=(players.trader(), *((players.builder(),) * (regime == "pbs"))))).run()
    assert outputs
    assert all(later < alone for alone, later in outputs)
    assert refusals
    assert INTENT["id"] == np.int64


def test_a_draft_is_previewed_and_sent_nowhere() -> None:
    """What is drafted is what would be sent, and is not; its preview is what then becomes of it when it is sent."""
    told: list[float] = []
    done: list[float] = []

    def act(agent: Any, seen: Any, desk: Any) -> None:
        if told:
            return
        draft = desk.draft()
        bundle = draft.bundle()
        draft.swap(0, USD, ETH, 100.0, 0.0, bundle=bundle)
        draft.outside(0, ETH, USD, 0.01, bundle=bundle)
        assert draft.rows["sender"].tolist() == [agent.account] * 2
        assert desk._outbox._count == 0
        told.append(float(seen.preview(draft.rows)["filled_out"][0]))
        desk.swap(0, USD, ETH, 100.0, 0.0)

    def learn(receipts: np.ndarray) -> None:
        done.extend(receipts["filled_out"].tolist())

    players.Scripted.script = act
    quiet = stressed("siloed", agents=(players.trader(),), horizon_s=3.0)
    market = opened(quiet.model_copy(update={"flow": quiet.flow.model_copy(update={"per_second": 0.0})}))
    market.participants[-1].learn = learn
    market.run()
    assert told == done
