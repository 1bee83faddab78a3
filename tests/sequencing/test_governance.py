"""Votes by stake: what is proposed, who carries it, when it takes effect, and who bears the consequences."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st

from experiments.validation.governance import weighted_median
from market.access.protocols import Ballot
from market.config import RegimeConfig
from market.errors import InputError, StrategyError
from market.sequencing import make
from market.state.ledger import Why

GRID = tuple(float(step) for step in range(11))


class Holder:
    """Prefers what is nearer to its ideal, or says what it is told to."""

    def __init__(self, account: int, ideal: float = 0.0, says: Any = "nearer") -> None:
        self.account, self.ideal, self.says, self.name = account, ideal, says, f"holder {account}"
        self.heard: list[tuple[int, Any]] = []

    def governed(self, seen: Any, value: Any) -> None:
        self.heard.append((seen.slot, value))

    def vote(self, seen: Any, ballot: Ballot) -> Any:
        if self.says != "nearer":
            return self.says
        return bool(abs(ballot.proposed - self.ideal) < abs(ballot.current - self.ideal))


def assembly(holders: list[Holder], votes: list[float], **changes: Any) -> tuple[Any, Any]:
    """A vote on a norm among holders who look at nothing, and the domain that it is held in."""
    settings: dict[str, Any] = {"kind": "stake_vote", "subject": "norm", "options": GRID, "period_slots": 2}
    settings |= {"trial_slots": 0, "notice_slots": 0, "quorum": 0.0} | changes
    rule = make("governance", settings).start()
    domain: Any = SimpleNamespace(leaders=holders, slot=0)

    def look(_: Any, __: float) -> Any:
        return SimpleNamespace(slot=domain.slot)

    domain.market = SimpleNamespace(
        participants=holders, observations=[SimpleNamespace(_at=look)] * len(holders), time=0.0, seed=1,
        public=SimpleNamespace(refresh=lambda: None),
    )  # fmt: skip
    domain.regime = SimpleNamespace(leader=SimpleNamespace(weights=lambda _: np.array(votes) / sum(votes)))
    rule.seated(domain)
    return rule, domain


def hold(rule: Any, domain: Any, slots: int) -> None:
    for _ in range(slots):
        rule.convene(domain, 0.0)
        domain.slot += 1


# -- who decides -------------------------------------------------------------------------------------------------------

ideals_and_votes = st.lists(st.tuples(st.integers(0, 10), st.integers(1, 50)), min_size=1, max_size=7)


@given(ideals_and_votes)
def test_votes_come_to_rest_at_the_stake_weighted_median(people: list[tuple[int, int]]) -> None:
    ideals, votes = (np.array(column, float) for column in zip(*people, strict=True))
    holders = [Holder(at, ideal) for at, ideal in enumerate(ideals)]
    rule, domain = assembly(holders, votes.tolist())
    hold(rule, domain, 2 * 24)
    at_rest = float(rule.current)
    hold(rule, domain, 2 * 2)
    assert rule.current == at_rest, "votes did not come to rest"
    # no more than half of the votes lie on either side
    assert votes[ideals < at_rest].sum() <= votes.sum() / 2 >= votes[ideals > at_rest].sum()
    if not np.isclose(np.cumsum(votes[np.argsort(ideals)]), votes.sum() / 2).any():
        assert at_rest == weighted_median(ideals, votes)


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.integers(1, 9)), min_size=1, max_size=6),
       st.sampled_from([0.0, 0.3, 0.5, 0.9]), st.sampled_from([0.5, 0.6, 2 / 3]))  # fmt: skip
def test_a_change_needs_the_quorum_and_more_than_the_majority(
    people: list[tuple[bool | None, int]], quorum: float, majority: float
) -> None:
    holders = [Holder(at, says=says) for at, (says, _) in enumerate(people)]
    rule, domain = assembly(holders, [float(votes) for _, votes in people], quorum=quorum, majority=majority)
    hold(rule, domain, 3)
    yes, no, everybody = (
        sum(votes for says, votes in people if says in which) for which in ((True,), (False,), (True, False, None))
    )
    close = min(abs(yes - majority * (yes + no)), abs(yes + no - quorum * everybody)) < 1e-9
    if not close:
        assert rule.votes[0].passed == (yes > majority * (yes + no) and yes + no >= quorum * everybody)
    assert rule.votes[0].yes == pytest.approx(yes / everybody)
    assert rule.current == (1.0 if rule.votes[0].passed else 0.0)


def test_a_tie_changes_nothing_however_the_stakes_are_rounded() -> None:
    holders = [Holder(0, says=True), Holder(1, says=True), Holder(2, says=False)]
    rule, domain = assembly(holders, [0.1, 0.2, 0.3])
    hold(rule, domain, 3)
    assert not rule.votes[0].passed


def test_tokens_replace_the_stake() -> None:
    holders = [Holder(0, says=True), Holder(1, says=False)]
    rule, domain = assembly(holders, [9.0, 1.0], tokens={"holder 1": 3.0, "holder 0": 2.0})
    hold(rule, domain, 3)
    assert (rule.votes[0].yes, rule.votes[0].no, rule.votes[0].passed) == (2.0, 3.0, False)


# -- when --------------------------------------------------------------------------------------------------------------


def test_a_proposal_is_tried_then_voted_on_and_takes_effect_after_its_notice() -> None:
    holder = Holder(0, says=True)
    rule, domain = assembly([holder], [1.0], period_slots=10, trial_slots=4, notice_slots=3)
    hold(rule, domain, 25)
    changes = [one for at, one in enumerate(holder.heard) if at == 0 or one[1] != holder.heard[at - 1][1]]
    # up from 0 to 1; then the turn of the one below, which is adopted, too
    assert changes == [(0, 0.0), (6, 1.0), (10, 0.0), (13, 1.0), (16, 0.0), (20, 1.0), (23, 0.0)]
    assert [vote.slot for vote in rule.votes] == [10, 20]
    assert rule.slots_in_force(25) == {0.0: 6 + 3 + 4 + 2, 1.0: 4 + 3 + 3}


# -- in a market -------------------------------------------------------------------------------------------------------


def voted(**changes: Any) -> RegimeConfig:
    settings: dict[str, Any] = {
        "name": "voted", "domains": "shared", "visibility": "public", "block_time_s": 1.0,
        "leader": {"kind": "stake_lottery", "stakes": [3.0, 1.0, 1.0]},
        "revenue": {"kind": "pro_rata", "share": 0.8},
        "governance": {
            "kind": "stake_vote", "options": (0.0, 0.4, 0.8), "period_slots": 10, "trial_slots": 4, "notice_slots": 1,
        },
    }  # fmt: skip
    return RegimeConfig(**settings | changes)


def test_sequencers_vote_the_rollups_share_down_and_are_paid_accordingly() -> None:
    market = worlds.ran(worlds.stressed(voted(), agents=(), horizon_s=80.0))
    rule = market.domains[0].regime.governance
    assert rule.current == 0.0
    assert market.domains[0].regime.revenue.share == rule.in_force
    worlds.check_ledger(market.world.tables, market.audit.opening)
    report = worlds.reported(market)
    assert report["votes_held"] == 7
    assert report["policy_last"] == 0.0 < report["policy_mean"] < 0.8
    # what treasuries were paid lies between what either share would have brought them
    flows = market.world.tables.flows[:, :, :, 0]
    groups = market.world.groups
    brought = flows[:, [groups.index(agent.name) for agent in market.domains[0].leaders]][
        :, :, [Why.TIP, Why.GAS]
    ].sum()
    shared = flows[:, groups.index("treasuries"), Why.REVENUE].sum()
    assert 0.0 < shared < 0.8 * brought


def test_without_anybody_who_votes_nothing_changes() -> None:
    """Holders who have yet to vote leave the market as it is without them, to the last bit."""
    still = voted(governance={"kind": "stake_vote", "options": (0.0, 0.4, 0.8), "period_slots": 500, "trial_slots": 0,
                              "notice_slots": 1})  # fmt: skip
    with_it, without = (
        worlds.reported(worlds.ran(worlds.stressed(regime))) for regime in (still, voted(governance="none"))
    )
    assert repr({key: value for key, value in with_it.items() if key in without}) == repr(without)
    assert "votes_held" not in without


def test_an_exempt_list_can_be_voted_on() -> None:
    breaker = {"kind": "liquidation_volume", "threshold_usd": 1e3, "exempt": ("oracle",)}
    governance = {"kind": "stake_vote", "subject": "breaker.exempt", "period_slots": 4, "trial_slots": 2,
                  "notice_slots": 1, "options": (("oracle",), ("oracle", "arbitrage"))}  # fmt: skip
    market = worlds.opened(worlds.stressed(voted(breaker=breaker, governance=governance)))
    seen = []
    worlds.on_block(market, lambda slot: seen.append(slot.domain.regime.breaker.exempt))
    market.run()
    assert set(map(tuple, seen)) == {("oracle",), ("oracle", "arbitrage")}
    worlds.check_ledger(market.world.tables, market.audit.opening)


@pytest.mark.parametrize(
    ("governance", "message"),
    [
        ({"subject": "leader.stakes"}, "allowed: gas_usd, norm, or PART.SETTING"),
        ({"subject": "revenue.colour"}, "allowed: gas_usd, norm, or PART.SETTING"),
        ({"options": (0.8, 1.4)}, "options: 1.4: regime.revenue.share"),
        ({"options": (0.1, 0.2)}, "revenue.share is 0.8; allowed: among them"),
        ({"options": (0.8, 0.8)}, "must differ"),
        ({"options": (0.8, 0.2), "tokens": {"nobody": 1.0}}, "no agent 'nobody'; allowed: sequencer 0.0"),
        ({"options": (0.8, 0.2), "trial_slots": 200}, "must add up to less than 200"),
    ],
)
def test_what_cannot_be_voted_on_is_refused(governance: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        worlds.opened(worlds.stressed(voted(governance={"kind": "stake_vote"} | governance)))


def test_a_vote_that_is_none_fails_the_run_and_names_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    market = worlds.opened(worlds.stressed(voted()))
    monkeypatch.setattr(market.domains[0].leaders[1], "vote", lambda seen, ballot: "maybe")
    with pytest.raises(StrategyError, match=r"sequencer 0\.1: votes 'maybe'; allowed: True, False or None"):
        market.run()


def test_liquidity_that_is_provided_and_stake_that_is_added_are_no_loss_of_income() -> None:
    """A market maker that puts its funds into a pool holds as much as before."""
    from agents.means.voting import Voting

    maker = worlds.AgentConfig(role="market_maker", strategy="withdrawing", parameters={"share": 0.5})
    still = worlds.FlowConfig(per_second=0.0)
    flat = ({"name": "ETH", "price_usd": worlds.ETH_USD, "volatility": 0.0},)
    market = worlds.opened(worlds.config(agents=(maker,), flow=still, assets=flat, horizon_s=5.0))
    agent = next(one for one in market.participants if one.role == "market_maker")
    voting = Voting(SimpleNamespace(provider=int(market.world.tables.accounts["provider"][agent.account])))  # pyright: ignore[reportArgumentType]
    domain, seen = market.domains[0], market.observations[agent.account]
    voting.governed(seen._at(domain, 0.0), "before")
    market.run()
    assert market.world.tables.provisions["shares"].sum(axis=1).max() > 0.0
    market.public.refresh()
    voting.governed(seen._at(domain, 5.0), "after")
    assert voting.income(0, "before") == pytest.approx(0.0, abs=1e-3)
