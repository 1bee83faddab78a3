"""The inbox on L1: who hands in what for how much, and what a censor can then still do."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import worlds
from worlds import USD, on_block

from experiments.validation import leader_lottery
from market.config import AgentConfig, FlowConfig, RegimeConfig
from market.intents.rows import Status
from market.model import SequencerMarket
from market.state.ledger import Why

CENSOR = AgentConfig(role="sequencer", strategy="censoring", parameters={"flagged_share": 1.0, "liquidations": False})


@cache
def recorded(fee_usd: float = 0.0, share: float = 1.0, delay_s: float = 3.0, stakes: tuple[float, ...] = (1.0,)) -> Any:
    """A market of users and a censor; all rows of its blocks."""
    regime = RegimeConfig(
        name="tested", domains={"kind": "shared"}, ordering={"kind": "leader"}, block_time_s=1.0,
        leader={"kind": "stake_lottery", "stakes": list(stakes)},
        forced_inclusion={"kind": "l1_inbox", "delay_s": delay_s, "fee_usd": fee_usd, "layer1_block_s": 4.0},
    )  # fmt: skip
    flow = FlowConfig(per_second=4.0, median_usd=2000.0, patience_s=20.0, l1_after_s=2.0, l1_fee_share=share)
    flow = flow.model_copy(update={"slippage_median_bp": 3000.0, "slippage_log_sd": 0.1})
    market = worlds.opened(worlds.config(regime=regime, agents=(CENSOR,), flow=flow, horizon_s=60.0))
    blocks: list[np.ndarray] = []
    on_block(market, lambda slot: blocks.append(slot.rows.copy()))
    market.run()
    worlds.check_ledger(market.world.tables, market.audit.opening)
    return market, np.concatenate(blocks)


def fees(market: SequencerMarket) -> float:
    accounts = market.world.account_of
    return float(market.world.tables.flows[accounts["retail"], accounts["outside"], Why.GAS, USD])


def test_whoever_hands_in_is_included_after_the_block_of_layer_1_and_the_delay() -> None:
    market, rows = recorded()
    users = rows[rows["position"] >= 0]
    assert users.size > 100 and np.unique(rows["id"]).size == rows.size
    handed = users["arrival"] + 2.0
    opened = np.ceil(handed / 4.0) * 4.0 + 3.0  # in L1's next block, and the delay from there
    # the choice is made at a look or a sealing, up to a block time later: then it may be L1's block after the next
    assert (users["executed"] >= opened - 1e-9).all() and (users["executed"] < opened + 4.0 + 1.0).all()
    report = worlds.reported(market)
    assert report["forced_inclusions"] == users.size
    assert report["forced_delay_s"] == pytest.approx((users["executed"] - users["sent"]).mean())
    assert not (rows["status"] == Status.EXPIRED).any()  # the patience of 20 s ends before nobody's turn


def test_the_fee_is_paid_by_whoever_hands_in_and_by_nobody_else() -> None:
    market, _ = recorded(fee_usd=2.0, share=0.001)
    rule = market.domains[0].regime.forced_inclusion
    assert rule.handed_in > 50
    assert fees(market) == pytest.approx(2.0 * rule.handed_in)


def test_those_whose_trade_is_not_worth_the_fee_stay_with_the_censor() -> None:
    market, rows = recorded(fee_usd=2.0, share=0.001)
    worth = rows["amount"] * market.world.tables.prices[rows["asset_in"]]
    into = rows["position"] >= 0
    assert (worth[into] > 1980.0).all() and into.any()  # 2 USD are a thousandth of 2000 USD, and prices move a little
    assert (rows["status"][~into] == Status.EXPIRED).all() and (worth[~into] < 2020.0).all()


def test_what_an_honest_leader_includes_is_not_forced_in_again() -> None:
    deadline, by_censor = 3, 0
    market = leader_lottery._censorship(0.5, deadline, 300)

    def noted(slot: Any) -> None:
        nonlocal by_censor
        by_censor += slot.rows.size if slot.leader is slot.domain.leaders[0] else 0

    on_block(market, noted)
    market.run()
    rows = market.rows
    waits = np.floor((rows["executed"] - rows["sent"]) / leader_lottery.BLOCK_S)
    assert np.unique(rows["id"]).size == rows.size and waits.max() == deadline
    report = worlds.reported(market)
    assert 0 < report["forced_inclusions"] == by_censor < (waits == deadline).sum()
    # whoever was left out once has handed in; one may still wait at the end
    assert 0 <= report["handed_in"] - (waits >= 1).sum() <= 1


@pytest.mark.parametrize("deadline", [1, 2, 5])
def test_a_censor_with_all_stake_costs_exactly_the_deadline(deadline: int) -> None:
    market = leader_lottery._censorship(1.0 - 1e-9, deadline, 60)
    market.run()
    waits = np.floor((market.rows["executed"] - market.rows["sent"]) / leader_lottery.BLOCK_S)
    assert waits.size > 5 and (waits == deadline).all()


class Drafting(leader_lottery.Customer):
    """Hands in on a draft alone."""

    def act(self, seen: Any, desk: Any) -> None:
        """Send once, and only pretend to go around the sequencer."""
        super().act(seen, desk.draft() if self.waits else desk)


@pytest.mark.parametrize(
    ("strategy", "handed"), [("experiments.validation.leader_lottery:Customer", 1), (f"{__name__}:Drafting", 0)]
)
def test_an_agent_hands_in_its_own_intents_and_drafts_none(strategy: str, handed: int) -> None:
    config = leader_lottery._censorship(1.0 - 1e-9, 1000, 10).config
    agents = (config.agents[0], config.agents[1].model_copy(update={"strategy": strategy}))
    flow = FlowConfig(per_second=3.0, l1_after_s=1e6)
    market = worlds.ran(config.model_copy(update={"agents": agents, "flow": flow}))
    report = worlds.reported(market)
    assert report["intents"] > 10 and report["handed_in"] == handed
