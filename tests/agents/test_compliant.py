"""Sequencers that comply with a list: whose intents they leave out, who of them does, and what votes make of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st

from agents.sequencers.censoring import flagged
from agents.sequencers.compliant import Compliant
from market.config import RegimeConfig
from market.intents.rows import blank
from market.measures.waits import Waits
from market.venues import Kind

LISTED_ACCOUNTS = (3, 8)


def filter_of(**settings: Any) -> Any:
    """What a strategy filters by, without a seat."""
    found: Any = SimpleNamespace(flagged_share=0.0, liquidations=False, account=0)
    found.listed = np.array(settings.get("listed", LISTED_ACCOUNTS), np.int64)
    return found


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.booleans()), max_size=8),
       st.integers(0, 3))  # fmt: skip
def test_it_leaves_out_what_comes_from_and_goes_to_the_list_and_nothing_else(
    people: list[tuple[int, int, bool, bool]], tied: int
) -> None:
    rows = blank(len(people))
    for row, (sender, target, pays, sealed) in zip(rows, people, strict=True):
        row["sender"], row["target"], row["sealed"] = sender, target, sealed
        row["kind"] = Kind.PAYMENT if pays else Kind.SWAP
    rows["bundle"][:tied] = 7
    own = [
        not sealed and (sender in LISTED_ACCOUNTS or (pays and target in LISTED_ACCOUNTS))
        for sender, target, pays, sealed in people
    ]
    expected = [one or (at < tied and any(own[:tied])) for at, one in enumerate(own)]

    class Bare(Compliant):
        def __init__(self) -> None:
            vars(self).update(vars(filter_of()))

    assert Bare().unwanted(rows).tolist() == expected


def regime(**changes: Any) -> RegimeConfig:
    settings: dict[str, Any] = {
        "name": "filtered", "domains": "shared", "ordering": "leader", "sequencer": "compliant", "block_time_s": 1.0,
        "leader": {"kind": "round_robin", "members": 4}, "visibility": "public",
    }  # fmt: skip
    return RegimeConfig(**settings | changes)


def ran(treatment: RegimeConfig, horizon_s: float = 60.0, **parameters: Any) -> tuple[Any, dict[str, float]]:
    sequencer = worlds.AgentConfig(
        role="sequencer", strategy="compliant", parameters={"listed_share": 0.4} | parameters
    )
    waits = Waits(lambda rows: flagged(rows, 0.4), until=horizon_s - 25.0)
    settings = worlds.config(regime=treatment, agents=(sequencer,), horizon_s=horizon_s)
    market = worlds.opened(settings, recorders=[waits])
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    return market, waits.report()


@pytest.mark.parametrize(("complies", "seats"), [(0.0, 0), (0.5, 2), (0.6, 2), (1.0, 4)])
def test_so_many_seats_comply(complies: float, seats: int) -> None:
    market, _ = ran(regime(), horizon_s=1.0, complies=complies)
    assert [agent.complies for agent in market.domains[0].leaders] == [True] * seats + [False] * (4 - seats)


def test_whoever_takes_turns_delays_the_listed_by_the_run_of_those_who_comply() -> None:
    """Two of four in turn comply: who arrives for the first of them loses two slots, for the second one, else none."""
    _, waits = ran(regime(), complies=0.5)
    assert waits["listed_delay_s"] - waits["others_delay_s"] == pytest.approx(0.75, abs=0.15)
    assert waits["listed_never_served"] == waits["others_never_served"] == 0.0


def test_listed_users_are_never_served_where_everybody_complies_or_contents_are_open() -> None:
    _, waits = ran(regime(), complies=1.0)
    assert (waits["listed_never_served"], waits["others_never_served"]) == (1.0, 0.0)
    assert np.isnan(waits["listed_delay_s"])
    _, waits = ran(regime(visibility="sealed"), complies=1.0)
    assert waits["listed_never_served"] == 0.0, "what cannot be read cannot be left out"


def test_holders_adopt_the_filter_only_if_it_pays_them() -> None:
    """Listed users pay tips: whoever leaves them out for longer than they wait earns less, and votes it down."""
    votes = {"kind": "stake_vote", "subject": "norm", "options": ("open", "filter"), "period_slots": 64,
             "trial_slots": 32, "notice_slots": 4}  # fmt: skip
    market, waits = ran(regime(governance=votes), horizon_s=200.0, by_vote=True)
    rule = market.domains[0].regime.governance
    assert len(rule.votes) == 3
    assert not any(vote.passed for vote in rule.votes)
    # only those whose patience of 20 s ends within a trial of 32 s are lost to it
    assert 0.0 < waits["listed_never_served"] < 0.5
