"""Shares of a key for sale: who reads, who is paid, who is slashed, and what deters."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st

from agents.sequencers.share_trader import ShareTrader
from market.access.protocols import Offer, Risk
from market.config import RegimeConfig
from market.errors import InputError, StrategyError
from market.intents.extraction import Extraction
from market.measures.openings import Openings
from market.sequencing import make
from market.state.ledger import Why

SEATS = 3


def sold(chance: float = 0.0, **changes: Any) -> RegimeConfig:
    settings: dict[str, Any] = {
        "name": "sold", "domains": "shared", "ordering": "leader", "sequencer": "share_trader", "block_time_s": 1.0,
        "leader": {"kind": "stake_lottery", "stakes": [1.0] * SEATS, "stake_usd": 3000.0},
        "visibility": {"kind": "shares_for_sale", "members": 6, "threshold": 4, "candidates": 12},
        "oversight": {"kind": "proofs", "early_decryption": chance},
    }  # fmt: skip
    return RegimeConfig(**settings | changes)


def ran(regime: RegimeConfig, **parameters: Any) -> tuple[Any, dict[str, Any], Openings]:
    sequencer = worlds.AgentConfig(role="sequencer", strategy=regime.sequencer, parameters=parameters)
    openings = Openings()
    market = worlds.opened(worlds.stressed(regime, agents=(sequencer,)), recorders=[openings])
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    return market, worlds.reported(market), openings


def between_sequencers(market: Any, why: Why) -> np.ndarray:
    groups = [market.world.groups.index(agent.name) for agent in market.domains[0].leaders]
    return market.world.tables.flows[np.ix_(groups, groups)][:, :, why, 0]


# -- in a market -------------------------------------------------------------------------------------------------------


def test_where_nothing_is_proven_blocks_are_opened_and_sandwiched_and_sellers_are_paid() -> None:
    market, report, openings = ran(sold(chance=0.0))
    assert report["blocks_opened_early"] == openings.opened > 0
    assert report["slashed_early_usd"] == 0.0
    assert market.tally.gains[:, Extraction.SANDWICH].sum() > 0.0
    assert openings.opened_usd > 0.0
    paid = between_sequencers(market, Why.KEY_SHARE)
    assert 0.0 < report["key_shares_usd"] == pytest.approx(paid.sum())
    assert np.diag(paid).sum() == 0.0, "somebody pays itself"
    assert report["key_shares_sold"] <= 4 * report["key_offers"]


def test_the_stake_at_risk_deters_and_then_nobody_reads() -> None:
    """Four shares, each with 250 USD behind it, all of which is lost for sure: 1000 USD against 100."""
    leader = {"kind": "stake_lottery", "stakes": [1.0] * SEATS, "stake_usd": 3000.0, "slash_early_decryption": 1.0}
    market, report, openings = ran(sold(chance=1.0, leader=leader), gain_usd=990.0)
    assert report["blocks_opened_early"] == openings.opened == 0
    assert between_sequencers(market, Why.KEY_SHARE).sum() == 0.0
    assert market.tally.gains[:, Extraction.SANDWICH].sum() == 0.0
    _, report, _ = ran(sold(chance=1.0, leader=leader), gain_usd=1010.0)
    assert report["blocks_opened_early"] > 0


def test_whoever_is_found_out_loses_what_stands_behind_its_shares() -> None:
    market, report, _ = ran(sold(chance=1.0), gain_usd=1e4)
    # of 250 USD behind each share a fifth, four shares a block; less once stakes have shrunk
    opened = report["blocks_opened_early"]
    assert 0.0 < report["slashed_early_usd"] <= opened * 4 * 50.0 * (1.0 + 1e-9)
    assert market.world.tables.flows[:, :, Why.SLASHING].sum() == pytest.approx(report["slashed_early_usd"])
    assert market.domains[0].regime.oversight.slashed_usd["early_decryption"] == report["slashed_early_usd"]
    assert market.domains[0].regime.leader.bonded().sum() == pytest.approx(3000.0 - report["slashed_early_usd"])


def test_whoever_does_not_sell_keeps_everybody_out() -> None:
    """With honest sequencers nobody asks; with sellers who want more than is offered, nothing is paid."""
    _, report, _ = ran(sold(sequencer="honest"))
    assert report["key_offers"] == report["blocks_opened_early"] == 0
    market, report, _ = ran(sold(chance=0.5), caution=1e6, gain_usd=1e12, step=0.0)
    assert report["key_offers"] == report["key_offers_refused"]
    assert between_sequencers(market, Why.KEY_SHARE).sum() == 0.0


def test_committees_move_no_draw_of_those_who_stay_out() -> None:
    """Honest sequencers order the same blocks whether shares could be sold or not."""
    sealed = sold(
        sequencer="honest",
        visibility={"kind": "sealed", "committee": "sequencers", "members": 6, "threshold": 4, "candidates": 12},
    )
    reports = [worlds.reported(worlds.ran(worlds.stressed(one))) for one in (sold(sequencer="honest"), sealed)]
    assert repr({key: value for key, value in reports[0].items() if key in reports[1]}) == repr(reports[1])


@pytest.mark.parametrize(
    ("price", "message"), [(-1.0, "offers -1.0 for a share"), (float("nan"), "offers nan"), (1e9, "USD for each of")]
)
def test_an_offer_that_is_none_fails_the_run(price: float, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ShareTrader, "price_of_shares", lambda self, seen, tender: price)
    with pytest.raises(StrategyError, match=message):
        ran(sold())


def test_a_threshold_beyond_the_committee_is_refused() -> None:
    with pytest.raises(InputError, match="threshold must not exceed members"):
        make("visibility", {"kind": "shares_for_sale", "members": 3, "threshold": 4})


# -- without one -------------------------------------------------------------------------------------------------------


class Seller:
    """Offers a price as leader, and sells or does not."""

    def __init__(self, account: int, sells: bool) -> None:
        self.account, self.sells = account, sells

    def price_of_shares(self, seen: Any, tender: Any) -> float:
        self.tender = tender
        return 2.0

    def sells_share(self, seen: Any, offer: Offer) -> bool:
        return self.sells

    def heard_shares(self, bought: bool) -> None:
        self.bought = bought


@given(
    held=st.lists(st.integers(0, 5), min_size=2, max_size=5), sells=st.lists(st.booleans(), min_size=5, max_size=5),
    threshold=st.integers(1, 8), seed=st.integers(0, 99),
)  # fmt: skip
def test_it_is_opened_by_the_threshold_and_exactly_so_many_are_used(
    held: list[int], sells: list[bool], threshold: int, seed: int
) -> None:
    members = sum(held)
    if not 1 <= threshold <= members:
        return
    count = np.array(held)
    leaders = [Seller(at, sells[at]) for at in range(count.size)]
    slashed: list[Any] = []
    oversight = SimpleNamespace(
        expected_penalty=lambda domain, agent, why: 5.0 * (1 + agent.account), chance=lambda why: 0.5,
        opened_early=lambda slot, used: slashed.extend(used) or 0.0,
    )  # fmt: skip
    rule = SimpleNamespace(
        candidates=lambda domain, among: count, committee=lambda domain, size, among, rng: count,
        slash_early_decryption=0.2,
    )  # fmt: skip
    market: Any = SimpleNamespace(
        time=0.0, seed=1, streams={"committees": np.random.SeedSequence(seed)},
        observations=[SimpleNamespace(_at=lambda domain, time: None)] * count.size,
    )  # fmt: skip
    domain: Any = SimpleNamespace(
        leaders=leaders, rollups=(0,), first=0, market=market, regime=SimpleNamespace(leader=rule, oversight=oversight)
    )
    paid = np.zeros(count.size)
    found = make(
        "visibility",
        {"kind": "shares_for_sale", "members": members, "threshold": threshold, "candidates": members},
    ).start()
    found.seated(domain)
    slot: Any = SimpleNamespace(domain=domain, leader=leaders[0], due=worlds.blank(2), market=market, sealed_at=0.0)
    market.world = SimpleNamespace(tables=SimpleNamespace(balance=np.full((count.size, 1, 1), 1e6)))

    def pay(market: Any, payer: int, payee: int, rollups: Any, amount: float, why: Why) -> float:
        paid[payee] += amount
        return amount

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("market.sequencing.visibility.shares_for_sale.pay", pay)
        found.begin(slot)
    for_sale = int(sum(shares for shares, seller in zip(count[1:], leaders[1:], strict=True) if seller.sells))
    own = min(held[0], threshold)
    opens = for_sale >= threshold - own
    assert (found.to_author("sequencer", 0, slot.due)["sealed"] == 0).all() == opens
    assert (found.to_author("sequencer", 1, slot.due)["sealed"] == 1).all(), "somebody else reads"
    used = {agent.account: round(part * count[agent.account]) for agent, part in slashed}
    assert sum(used.values()) == (threshold if opens else 0)
    for account, shares in used.items():
        assert shares <= count[account]
        assert account == 0 or leaders[account].sells
        assert paid[account] == (0.0 if account == 0 else 2.0 * shares)
    assert paid.sum() == (2.0 * (threshold - own) if opens else 0.0)
    assert (np.diff(leaders[0].tender.penalties) >= 0.0).all()


@given(price=st.floats(0.0, 100.0), stake=st.floats(0.0, 1e4), chance=st.floats(0.0, 1.0), lost=st.floats(0.0, 1.0))
def test_a_member_sells_for_more_than_it_expects_to_lose(
    price: float, stake: float, chance: float, lost: float
) -> None:
    member = SimpleNamespace(caution=1.0, horizon_slots=10.0, _income=lambda seen: 3.0)
    member._loss = lambda seen, risk: ShareTrader._loss(member, seen, risk)  # pyright: ignore[reportArgumentType]
    offer = Offer(price, 1, Risk(chance * lost * stake, chance, lost))
    sells = ShareTrader.sells_share(member, None, offer)  # pyright: ignore[reportArgumentType]
    assert sells == (price > chance * lost * stake + chance * lost * 30.0)
