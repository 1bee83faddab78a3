"""A trader that sends copies: what they earn, how many it learns to send, and what a price on reverted intents does."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from worlds import ETH, ETH_USD, USD, check_ledger, config, on_block, opened, ran, rollup

from agents.traders.copier import COPIES, Copier
from market.config import AgentConfig, FlowConfig, PriceConfig, RegimeConfig
from market.errors import InputError
from market.intents.rows import Purpose, Status, blank
from market.venues import Kind

PRIZE, RIVALS, GAS = 10.0, 4, 0.2


def trader(strategy: str, **parameters: Any) -> AgentConfig:
    return AgentConfig(role="trader", strategy=strategy, latency_s=0.0, latency_spread_s=0.0, parameters=parameters)


def lottery(*agents: AgentConfig, reverted: float = 0.0, **changes: Any) -> Any:
    """One rollup in random order, whose pool the price runs away from all the time."""
    regime = RegimeConfig(
        name="tested",
        domains="shared",
        ordering="random_batch",
        capacity={"kind": "unlimited", "reverted_gas": reverted},
    )
    settings: dict[str, Any] = {
        "agents": agents, "regime": regime, "prices": PriceConfig(kind="gbm", step_s=0.25), "horizon_s": 120.0,
        "assets": ({"name": "ETH", "price_usd": ETH_USD, "volatility": 30.0},),
        "window_s": 0.0,  # what is seen when trades are sent is what they meet
    }  # fmt: skip
    return config(rollup("a", gas_usd=GAS), **settings | changes)


def receipts(agent: Copier, won: bool) -> np.ndarray:
    """Fates of its copies of one trade that earns the prize, gas included: one at most is filled."""
    rows = blank(agent.copies)
    rows["kind"], rows["rollup"], rows["bundle"] = int(Kind.OUTSIDE), 0, np.arange(rows.size)
    rows["asset_in"] = rows["asset_out"] = USD
    rows["status"], rows["position"], rows["sent"] = int(Status.REVERTED), np.arange(rows.size), np.inf
    if won:
        rows["status"][0], rows["filled_in"][0] = int(Status.FILLED), 100.0
        rows["filled_out"][0] = 100.0 + PRIZE + GAS
    return rows


def expected(copies: int, price: float) -> float:
    """Gain to be expected against the rivals' copies [USD]: the prize, less the price of each copy in vain."""
    chance = copies / (copies + RIVALS)
    return chance * PRIZE - price * (copies - chance)


@pytest.mark.parametrize(
    ("price", "best"),
    [(0.6, 4), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((0.0, 8), (1.1, 2), (1.9, 1)))],
)
def test_it_learns_as_many_copies_as_pay(price: float, best: int) -> None:
    """Against four copies of others for 10 USD, by the exact chances."""
    assert max(COPIES, key=lambda copies: expected(copies, price)) == best
    market = opened(lottery(trader("copier", rate=0.01, decay=0.0003)))
    [agent] = [agent for agent in market.participants if isinstance(agent, Copier)]
    market.world.tables.rollups["usual_reverted"] = price
    rng = np.random.default_rng(5)
    for _ in range(20_000):
        agent.learn(receipts(agent, bool(rng.random() < agent.copies / (agent.copies + RIVALS))))
    assert COPIES[int(np.argmax(agent.learner.policy()))] == best


def test_earnings_are_what_the_ledger_says() -> None:
    market = opened(lottery(trader("copier"), reverted=1.0))
    [agent] = [agent for agent in market.participants if isinstance(agent, Copier)]
    agent.copies = 4
    assert agent.earned(receipts(agent, True)) == pytest.approx(PRIZE - 3 * GAS)
    assert agent.earned(receipts(agent, False)) == pytest.approx(-4 * GAS)
    pending = receipts(agent, False)
    pending["status"], pending["position"] = int(Status.EXPIRED), -1
    assert agent.earned(pending) == 0.0


def gains(market: Any) -> list[float]:
    accounts = [agent.account for agent in market.participants if agent.role == "trader"]
    return [float(market.tally.gains[account].sum()) for account in accounts]


def fates_of(market: Any) -> dict[int, Counter[int]]:
    """Run a market; by trader, how many of its arbitrages met each fate."""
    found = {agent.account: Counter[int]() for agent in market.participants if agent.role == "trader"}

    def noted(slot: Any) -> None:
        rows = slot.rows[(slot.rows["purpose"] == Purpose.ARBITRAGE) & (slot.rows["position"] >= 0)]
        for account, counts in found.items():
            counts.update(rows["status"][rows["sender"] == account].tolist())

    on_block(market, noted)
    market.run()
    check_ledger(market.world.tables, market.audit.opening)
    return found


def test_copies_win_a_lottery_in_proportion_and_pay_for_those_in_vain() -> None:
    """Of two who see the same gaps, one sends eight copies of its two intents: eight tickets of nine."""
    eight, one = trader("copier", copies=(8,), cycles=False), trader("arbitrageur", cycles=False)
    nobody = FlowConfig(per_second=0.0)
    free, priced = (opened(lottery(eight, one, reverted=share, flow=nobody)) for share in (0.0, 1.0))
    many, few = fates_of(free).values()
    won = many[Status.FILLED] // 2
    gaps = won + few[Status.FILLED] // 2
    assert gaps > 20
    assert won / gaps == pytest.approx(8 / 9, abs=4 * math.sqrt(8 / 81 / gaps))
    assert many[Status.REVERTED] == 2 * (8 * gaps - won)
    # the same draws decide in both markets
    again = fates_of(priced)
    assert list(again.values()) == [many, few]
    for free_usd, paid_usd, counts in zip(gains(free), gains(priced), again.values(), strict=True):
        assert free_usd - paid_usd == pytest.approx(GAS * counts[Status.REVERTED], rel=1e-9)


def test_copies_leave_the_same_holdings_as_one() -> None:
    """Alone, whoever sends eight copies gets what one would: only the first finds the gap."""
    held = []
    for count in (1, 8):
        market = ran(lottery(trader("copier", copies=(count,), cycles=False), flow=FlowConfig(per_second=0.0)))
        [agent] = [agent for agent in market.participants if isinstance(agent, Copier)]
        held.append(market.world.tables.balance[agent.account, 0, [USD, ETH]].copy())
        assert gains(market)[0] > 0.0
    np.testing.assert_allclose(held[0], held[1], rtol=1e-12)


@pytest.mark.parametrize("parameters", [{"copies": ()}, {"copies": (0,)}, {"copies": (1.5,)}, {"rate": 0.0}])
def test_bad_parameters_are_one_line(parameters: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(parameters))) as error:
        opened(lottery(trader("copier", **parameters)))
    assert "\n" not in str(error.value)
