"""What strategies are given to read: exactly what the regime entitles them to, and nothing that can be written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import players
import pytest
from worlds import config, on_block, opened, ran, stressed

from market import regimes
from market.access.observation import Observation, redact
from market.access.protocols import Bid
from market.config import AgentConfig
from market.intents.extraction import Extraction
from market.intents.rows import CONTENT_FIELDS, INTENT
from market.sequencing.ordering.base import untouched
from market.sequencing.visibility.builders import Builders
from market.state.records import read_only
from market.venues import Kind

RETAIL = "retail"


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.Scripted.script = players.ScriptedSequencer.script = None
    players.ScriptedBuilder.script = players.ScriptedBuilder.hears = None


def arrays_in(seen: Observation) -> dict[str, np.ndarray]:
    """Every array that an observation hands out by a public name."""
    found = {name: value for name, value in vars(seen).items() if not name.startswith("_") and name != "due"}
    found["unhealthy"] = seen.unhealthy(0)
    return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}


def chain(array: np.ndarray) -> list[np.ndarray]:
    """An array and all the arrays that numpy says it is a view of."""
    links = [array]
    while isinstance(links[-1].base, np.ndarray):
        links.append(links[-1].base)
    return links


def try_to_write(array: np.ndarray) -> list[str]:
    """Ways in which numpy let somebody write through an array."""
    ways = []
    for depth, link in enumerate(chain(array)):
        for unlock in (False, True):
            try:
                if unlock:
                    link.setflags(write=True)
                link[...] = link.copy()
            except ValueError:
                continue
            ways.append(f"base {depth}{' after setflags' if unlock else ''}")
            break
    try:
        np.asarray(array).view(array.dtype).flags.writeable = True
        ways.append("view")
    except ValueError:
        pass
    return ways


# -- nothing can be written --------------------------------------------------------------------------------------------


def test_read_only_arrays_follow_what_they_show_and_refuse_every_write() -> None:
    shown = np.zeros((3, 2))
    window = read_only(shown)
    shown[1, 1] = 5.0
    assert window[1, 1] == 5.0
    assert window.shape == (3, 2)
    assert try_to_write(window) == []
    with pytest.raises(ValueError, match="read-only"):
        window[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        np.add(window, 1.0, out=window)


@pytest.mark.parametrize("regime", regimes.names())
def test_no_array_of_an_observation_can_be_written(regime: str) -> None:
    """Neither what a trader nor what a block's author reads: not directly, not by base, not by flags."""
    ways: dict[str, list[str]] = {}

    def look(agent: Any, seen: Observation, *_: Any) -> None:
        for name, array in arrays_in(seen).items():
            ways[name] = try_to_write(array)

    def lead(agent: Any, seen: Any) -> Any:
        look(agent, seen)
        return untouched(np.arange(seen.due.size))

    players.Scripted.script, players.ScriptedSequencer.script = look, lead
    players.ScriptedBuilder.script = lambda agent, seen: Bid(lead(agent, seen), 0.0, 0.0)
    cast = (players.trader(), players.sequencer(), players.builder())
    ran(stressed(regime, agents=cast, horizon_s=6.0))
    assert len(ways) > 10
    assert not any(ways.values()), {name: way for name, way in ways.items() if way}


def test_what_a_leader_does_to_the_rows_it_reads_does_not_change_the_block() -> None:
    """A leader orders other people's intents; it cannot rewrite them."""

    def rewrite(agent: Any, seen: Any) -> Any:
        try:
            seen.due["limit"] = 0.0
            seen.due["amount"] *= 2.0
            seen.due["sender"] = agent.account
        except ValueError:
            pass
        return untouched(np.arange(seen.due.size))

    untampered = _executed(lambda agent, seen: untouched(np.arange(seen.due.size)))
    tampered = _executed(rewrite)
    assert untampered.size > 10
    for name in ("limit", "amount", "sender", "filled_out"):
        np.testing.assert_array_equal(tampered[name], untampered[name])


def _executed(script: Any) -> np.ndarray:
    players.ScriptedSequencer.script = script
    market = opened(config(regime="siloed_extractive", agents=(players.sequencer(),), horizon_s=8.0))
    parts: list[np.ndarray] = []

    def noted(slot: Any) -> None:
        parts.append(slot.rows.copy())

    on_block(market, noted)
    market.run()
    return np.concatenate(parts)


def test_what_one_strategy_does_to_pending_rows_is_not_what_another_reads() -> None:
    """Pending rows are copies: spoiling them spoils nothing."""
    counts: list[tuple[int, float]] = []

    def spoil(agent: Any, seen: Observation, desk: Any) -> None:
        rows = seen.pending()
        counts.append((rows.size, float(rows["amount"].sum())))
        rows["amount"] = -1.0
        again = seen.pending()
        assert not (again["amount"] < 0.0).any()

    players.Scripted.script = spoil
    ran(config(regime="pbs", agents=(players.trader(),), horizon_s=10.0))
    assert sum(size for size, _ in counts) > 0


# -- who reads what ----------------------------------------------------------------------------------------------------


def retail_swaps(market: Any) -> dict[int, np.ndarray]:
    """The retail swaps that wait in any mempool, by number."""
    account = market.world.account_of[RETAIL]
    rows = [market.mempool.waiting(domain.index) for domain in market.domains]
    return {int(row["id"]): row.copy() for part in rows for row in part if row["sender"] == account}


def knows(read: np.ndarray, truth: dict[int, np.ndarray]) -> set[str]:
    """Content fields of retail intents that rows give away: equal to the truth where it is not the blank value."""
    given = set()
    for row in read:
        true = truth.get(int(row["id"]))
        if true is None:
            continue
        for name in CONTENT_FIELDS:
            if name != "around" and row[name] == true[name] and true[name] not in (-1, 0.0):
                given.add(name)
    return given


def everything_read(regime: str) -> dict[str, list[np.ndarray]]:
    """What a trader, a builder and a leader were shown of pending intents in a short market, with what truly waited."""
    read: dict[str, list[np.ndarray]] = {"trader": [], "builder": [], "sequencer": [], "truth": []}
    market: Any = None

    def act(agent: Any, seen: Observation, desk: Any) -> None:
        read["truth"].extend(retail_swaps(market).values())
        for role in read.keys() - {"truth"}:
            # everybody asks as a trader would; a role's own rows are asked for below
            if role == agent.role:
                read[role].extend(_all_of(seen))

    def author(agent: Any, seen: Any) -> Any:
        read[agent.role].extend(_all_of(seen))
        read[agent.role].extend(_rows_behind(seen.due))
        return untouched(np.arange(seen.due.size))

    players.Scripted.script, players.ScriptedSequencer.script = act, author
    players.ScriptedBuilder.script = lambda agent, seen: Bid(author(agent, seen), 0.0, 0.0)
    cast = (players.trader(), players.sequencer(), players.builder())
    market = opened(config(regime=regime, agents=cast, horizon_s=12.0))
    market.run()
    return read


def _all_of(seen: Observation) -> list[np.ndarray]:
    return _rows_behind(seen.pending())


def _rows_behind(rows: np.ndarray) -> list[np.ndarray]:
    """Rows and every array that they are a view of, as far as these are rows as well, if only as so many bytes."""
    links = [link for link in chain(rows) if link.dtype.itemsize == INTENT.itemsize]
    assert rows.dtype == INTENT
    assert links
    return [link.reshape(-1).view(INTENT) for link in links]


def leaks(read: dict[str, list[np.ndarray]], role: str) -> set[str]:
    truth = {int(row["id"]): row for row in read["truth"]}
    given: set[str] = set()
    for rows in read[role]:
        given |= knows(np.atleast_1d(rows), truth)
    return given


def test_sealed_contents_are_read_by_nobody() -> None:
    read = everything_read("encrypted")
    assert len(read["truth"]) > 10
    assert sum(rows.size for rows in read["sequencer"]) > 10, "the leader must see that something waits"
    for role in ("trader", "builder", "sequencer"):
        assert leaks(read, role) == set(), role


def test_under_sealing_the_leader_still_counts_what_waits() -> None:
    read = everything_read("encrypted")
    shown = np.concatenate([np.atleast_1d(rows) for rows in read["sequencer"]])
    assert (shown["sealed"] == 1).all()
    assert (shown["kind"] == -1).all()
    assert not shown["amount"].any()


@pytest.mark.parametrize("regime", ["siloed", "siloed_extractive", "centralized_shared"])
def test_in_a_private_mempool_searchers_see_nothing_at_all(regime: str) -> None:
    read = everything_read(regime)
    assert len(read["truth"]) > 10
    assert sum(rows.size for rows in read["trader"]) == 0
    assert sum(rows.size for rows in read["builder"]) == 0


def test_the_operator_of_a_private_mempool_reads_contents() -> None:
    assert {"amount", "limit", "asset_out"} <= leaks(everything_read("siloed_extractive"), "sequencer")


def test_builders_read_what_they_are_sent_and_searchers_the_gossip() -> None:
    read = everything_read("pbs")
    assert {"amount", "limit"} <= leaks(read, "builder")
    assert {"amount", "limit"} <= leaks(read, "trader")
    gossip = regimes.load("pbs").visibility.get("gossip", Builders.model_fields["gossip"].default)
    seen = np.concatenate([np.atleast_1d(rows) for rows in read["trader"]])
    assert (seen["route"] < gossip).all()
    assert (seen["route"] > 0.0).all(), "what is sent to builders alone is not gossip"


def test_nobody_reads_what_has_not_arrived() -> None:
    late: list[float] = []
    players.Scripted.script = lambda agent, seen, desk: late.extend((seen.pending()["arrival"] - seen.time).tolist())
    ran(config(regime="pbs", agents=(players.trader(),), horizon_s=20.0))
    assert late
    assert max(late) <= 0.0


def test_redaction_leaves_no_content_behind() -> None:
    rows = np.zeros(3, INTENT)
    for name in INTENT.names or ():
        rows[name] = 7
    hidden = redact(rows)
    assert not any((hidden[name] == 7).any() for name in CONTENT_FIELDS)
    assert not (hidden["route"] == 7).any()
    assert (hidden["sealed"] == 1).all()
    assert (hidden["id"] == 7).all()
    assert (rows["amount"] == 7).all(), "the original is not touched"
    assert not np.shares_memory(hidden, rows)


# -- extraction vanishes by mechanism ----------------------------------------------------------------------------------


def sandwiched(regime: str, seed: int) -> tuple[float, int]:
    """(profit from sandwiches [USD], number of sandwich legs filled) of the same extractive sequencers."""
    greedy = AgentConfig(role="sequencer", strategy="extractive")
    market = opened(config(regime=regime, agents=(greedy,), horizon_s=60.0), seed)
    legs = 0

    def noted(slot: Any) -> None:
        nonlocal legs
        legs += int((market.tally.found.classes == Extraction.SANDWICH).sum()) if slot.rows.size else 0

    on_block(market, noted)
    market.run()
    return float(market.tally.gains[:, Extraction.SANDWICH].sum()), legs


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_sequencer_sandwiches_only_where_it_reads_and_orders(seed: int) -> None:
    profit, legs = sandwiched("siloed_extractive", seed)
    assert profit > 1.0
    assert legs >= 2
    # it reads, but arrival decides
    assert sandwiched("siloed", seed) == (0.0, 0)
    # it orders, but cannot read
    assert sandwiched("encrypted", seed) == (0.0, 0)


def test_an_encrypted_block_still_allows_trading_on_public_state() -> None:
    """Contents are hidden, the pools are not: the same sequencer goes on arbitraging."""
    greedy = AgentConfig(role="sequencer", strategy="extractive")
    market = ran(config(regime="encrypted", agents=(greedy,), horizon_s=60.0, assets=({"volatility": 8.0},)))
    assert market.tally.gains[:, Extraction.OUTSIDE].sum() > 0.0
    assert int(Kind.SWAP) == 0
