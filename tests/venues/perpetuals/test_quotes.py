"""The half spread of a perpetual's maker: who may quote it, what that does to trades, and who learns what to quote."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import (
    ALICE,
    ETH,
    MAKER,
    OPERATOR,
    OTHER_MAKER,
    USD,
    check_ledger,
    config,
    execute,
    fates,
    founded,
    intent,
    opened,
    rollup,
)

from agents.market_makers.learning_quoter import Carried, LearningQuoter
from experiments.equilibrium.market import Seat, payoffs, play
from market.config import AgentConfig, FlowConfig, MarketConfig, PerpetualConfig
from market.errors import InputError
from market.genesis import World
from market.sequencing.breakers._exempt import passes
from market.sequencing.margin.checked import check
from market.state.ledger import totals
from market.venues import Kind
from market.venues.perpetuals import rules as perpetuals

FIRST = 1
PLAIN = {
    "traders": 2, "margin_median_usd": 1000.0, "margin_log_sd": 0.0, "leverage_low": 2.0, "leverage_high": 2.0,
    "max_leverage": 10.0, "maintenance": 0.02, "fee_bp": 0.0, "spread_bp": 10.0, "depth_usd": 1e30,
}  # fmt: skip


def world(**terms: Any) -> World:
    """A perpetual whose maker is that of account MAKER, without impact; and a rollup that has none."""
    return founded(rollup("a", perpetuals=(PerpetualConfig(**PLAIN | {"quoted_by": 0} | terms),)), rollup("b"))


def sent(half_spread: float, sender: int = MAKER, **fields: Any) -> np.ndarray:
    return intent(Kind.PERPETUAL_QUOTE, sender, **{"venue": 0, "rollup": 0, "amount": half_spread} | fields)


def standing(market: World) -> float:
    return float(market.tables.perpetuals["spread"][0])


def bought(market: World, *, buy: bool = True, **fields: Any) -> np.ndarray:
    owner = int(market.tables.contracts["owner"][FIRST])
    sides = {"asset_in": USD if buy else ETH, "asset_out": ETH if buy else USD}
    return intent(Kind.PERPETUAL_TRADE, owner, venue=0, rollup=0, target=FIRST, amount=0.25, **sides | fields)


# -- the intent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("half_spread", [0.0, 1e-4, 0.02, float(np.nextafter(1.0, 0.0))])
def test_the_owner_sets_what_traders_pay(half_spread: float) -> None:
    market = world()
    assert fates(execute(market, sent(half_spread))) == ["FILLED"]
    assert standing(market) == half_spread
    assert perpetuals.quote(market.state, 0, 1.0) == 2500.0 * (1.0 + half_spread)
    assert perpetuals.quote(market.state, 0, -1.0) == 2500.0 * (1.0 - half_spread)


def test_nobody_else_quotes() -> None:
    """Every account of the market but one is refused, and not a bit changes."""
    market = world()
    before = market.state.cells.tobytes()
    for account in range(-1, len(market.tables.accounts) + 1):
        if account != MAKER:
            outside = not 0 <= account < len(market.tables.accounts)
            assert fates(execute(market, sent(0.02, account))) == ["WRONG_VENUE" if outside else "NOT_OWNER"]
    assert market.state.cells.tobytes() == before


def test_the_second_market_maker_may_own_it_and_by_default_no_agent_does() -> None:
    assert fates(execute(world(quoted_by=1), sent(0.02), sent(0.03, OTHER_MAKER))) == ["NOT_OWNER", "FILLED"]
    market = world(quoted_by=None)
    assert {fates(execute(market, sent(0.02, account)))[0] for account in range(5)} == {"NOT_OWNER"}


@pytest.mark.parametrize("half_spread", [-1e-300, -1.0, 1.0, 7.0, np.nan, np.inf, -np.inf])
def test_a_half_spread_is_from_nothing_to_below_one(half_spread: float) -> None:
    market = world()
    before = market.state.cells.tobytes()
    assert fates(execute(market, sent(half_spread))) == ["BAD_AMOUNT"]
    assert market.state.cells.tobytes() == before


@pytest.mark.parametrize("fields", [{"venue": 1}, {"venue": -1}, {"venue": 2**40}, {"rollup": 1}])
def test_a_quote_names_a_perpetual_of_its_rollup(fields: dict[str, int]) -> None:
    assert fates(execute(world(), sent(0.02, **fields))) == ["WRONG_VENUE"]


def test_a_bundle_that_fails_takes_its_quote_back() -> None:
    """Undo restores every bit; the trade that the maker hoped to fill at its own price is not done either."""
    market = world()
    before = market.state.cells.tobytes()
    rows = np.concatenate([sent(0.05), bought(market), sent(2.0)])
    rows["bundle"] = 4
    assert fates(execute(market, rows)) == ["BUNDLE", "BUNDLE", "BAD_AMOUNT"]
    assert market.state.cells.tobytes() == before


def test_the_limit_of_a_trader_guards_her_against_a_quote_before_her() -> None:
    market = world()
    guarded = bought(market, limit=2500.0 * 1.001)
    assert fates(execute(market, sent(0.0011), guarded)) == ["FILLED", "LIMIT"]
    assert fates(execute(market, sent(0.0009), guarded)) == ["FILLED", "FILLED"]


def test_the_owner_of_a_maker_quotes_and_no_more() -> None:
    """Its margin backs the traders' gains: the owner can neither take it out nor trade on it."""
    market = world()
    for kind in (Kind.PERPETUAL_WITHDRAW, Kind.PERPETUAL_DEPOSIT, Kind.PERPETUAL_TRADE):
        row = intent(kind, MAKER, venue=0, rollup=0, target=0, amount=1.0, asset_out=ETH)
        assert fates(execute(market, row)) == ["NOT_ALLOWED"]


def test_quotes_and_trades_conserve_and_the_maker_earns_the_half_spread() -> None:
    rng = np.random.default_rng(5)
    market = world()
    opening, earned = totals(market.tables), 0.0
    before = perpetuals.margin_of(market.state, 0)[0]
    for _ in range(100):
        half_spread = float(rng.choice((0.0, 0.001, 0.004)))
        receipts = execute(market, sent(half_spread), bought(market, buy=bool(rng.random() < 0.5)))
        earned += 0.25 * 2500.0 * half_spread if fates(receipts)[1] == "FILLED" else 0.0
        check_ledger(market.tables, opening)
    assert earned > 10.0
    assert perpetuals.margin_of(market.state, 0)[0] - before == pytest.approx(earned, rel=1e-9)


def test_a_quote_pays_gas_and_tip_like_any_other_intent() -> None:
    market = founded(rollup("a", gas_usd=0.5, perpetuals=(PerpetualConfig(**PLAIN | {"quoted_by": 0}),)), rollup("b"))
    held = market.tables.balance[:, 0, USD].copy()
    assert fates(execute(market, sent(0.02, tip=2.0), builder=ALICE)) == ["FILLED"]
    paid = market.tables.balance[:, 0, USD] - held
    assert paid[[MAKER, ALICE, OPERATOR]].tolist() == [-2.5, 2.0, 0.5]


def test_a_check_of_margin_takes_a_half_spread_for_no_money() -> None:
    market = world()
    market.tables.balance[MAKER] = 0.0
    assert check(market.state, sent(0.9)).tolist() == [0]
    assert check(market.state, sent(0.9, tip=0.01)).tolist() == [1]


def test_a_pause_lets_no_quote_through() -> None:
    market = opened(busy(10.0, quoter(), quoted_by=0))
    assert not passes(market, sent(0.01, 1), ("oracle", "top_ups", "repayments", "arbitrage"))


@pytest.mark.parametrize(("count", "allowed"), [(0, "none"), (2, "0 to 1")])
def test_a_market_maker_that_does_not_take_part_cannot_quote(count: int, allowed: str) -> None:
    group = AgentConfig(role="market_maker", strategy="reallocator", count=count)
    with pytest.raises(
        InputError, match=rf"^rollups\.a\.perpetuals\.quoted_by: no market maker 2; .*{allowed}"
    ) as caught:
        opened(busy(10.0, (group,), quoted_by=2))
    assert "\n" not in str(caught.value)


# -- who learns what to quote ------------------------------------------------------------------------------------------

HORIZON_S = 10_000.0
GRID_BP = (5.0, 20.0, 35.0, 50.0, 65.0, 80.0, 95.0, 120.0)


def busy(spread_bp: float, agents: tuple[AgentConfig, ...], **terms: Any) -> MarketConfig:
    """Those agents and noise traders, who take new sides and refuse what is 1% worse than the oracle's price."""
    listed = {
        "traders": 200, "margin_log_sd": 0.0, "leverage_low": 0.1, "leverage_high": 0.1, "long_share": 0.5,
        "spread_bp": spread_bp, "depth_usd": 4e5, "margin_median_usd": 2000.0,
    }  # fmt: skip
    place = rollup("a", block_time_s=5.0, perpetuals=(PerpetualConfig(**PLAIN | listed | terms),))
    return config(
        place, horizon_s=HORIZON_S, agents=agents, flow=FlowConfig(per_second=0.0),
        perpetual_traders={"trades_per_hour": 30.0, "momentum_share": 0.0},
        assets=({"name": "ETH", "price_usd": 2500.0, "volatility": 0.3},),
    )  # fmt: skip


def quoter(**parameters: Any) -> tuple[AgentConfig, ...]:
    chosen = {"spreads_bp": list(GRID_BP), "review_s": 10.0, "rate": 0.1, "decay": 0.005} | parameters
    return (AgentConfig(role="market_maker", strategy="learning_quoter", parameters=chosen),)


def gain(config: MarketConfig, seed: int) -> float:
    """Change of the equity of the market's maker [USD]."""
    market = opened(config, seed)
    before = perpetuals.margin_of(market.world.state, 0)[0]
    market.run()
    return perpetuals.margin_of(market.world.state, 0)[0] - before


def learner(market: Any) -> LearningQuoter:
    return next(agent for agent in market.participants if type(agent) is LearningQuoter)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
def test_it_ends_within_a_step_of_the_best_of_the_fixed_half_spreads(seed: int) -> None:
    """Of the same market and seed. The best is inside the grid: wide quotes meet the limits of the traders."""
    fixed = [gain(busy(spread, ()), seed) for spread in GRID_BP]
    best = int(np.argmax(fixed))
    assert 1 < best < len(GRID_BP) - 2
    assert fixed[best] > 2.0 * max(fixed[1], fixed[-1])
    market = opened(busy(GRID_BP[0], quoter(), quoted_by=0), seed)
    market.run()
    assert abs(int(np.argmax(learner(market).learners[0].policy())) - best) <= 1


@pytest.mark.slow
def test_one_that_quotes_what_stands_changes_nothing_and_one_that_quotes_another_earns_as_if_it_had_stood() -> None:
    fixed = gain(busy(65.0, ()), 3)
    assert gain(busy(65.0, quoter(spreads_bp=[65.0]), quoted_by=0), 3) == fixed
    # the first quote needs to be sequenced: what was traded before went at the old one
    assert gain(busy(5.0, quoter(spreads_bp=[65.0]), quoted_by=0), 3) == pytest.approx(fixed, rel=0.005)


def test_without_a_maker_of_its_own_it_does_nothing() -> None:
    assert gain(busy(65.0, quoter()), 3) == gain(busy(65.0, ()), 3)


def test_a_lesson_counts_trades_and_neither_price_nor_funding() -> None:
    """Held 3 from before: a rise by 7 and funding of 2 are no merit; a sale of 1 at 104, 4 above the price, is."""
    began = Carried(cash=50.0, size=3.0, funded=1.0, price=100.0, funding=1.5, time=0.0)
    later = Carried(cash=50.0, size=3.0, funded=1.0, price=107.0, funding=3.5, time=10.0)
    assert began.equity == 50.0 - 3.0 * 0.5 + 300.0
    assert began.earned_by(later) == 0.0
    # settled at the sale, when the price was 100 and the index 1.5; what rises afterwards is on what was left
    sold = Carried(cash=50.0 - 1.5 + 104.0, size=2.0, funded=1.5, price=107.0, funding=3.5, time=10.0)
    assert began.earned_by(sold) == pytest.approx(4.0 - 7.0 + 2.0)


def test_a_quote_that_cannot_pay_for_gas_is_sent_again() -> None:
    config = busy(5.0, quoter(spreads_bp=[65.0]), quoted_by=0)
    poor = (config.agents[0].model_copy(update={"capital_usd": 0.0}),)
    dear = (config.rollups[0].model_copy(update={"gas_usd": 0.01}),)
    market = opened(config.model_copy(update={"agents": poor, "rollups": dear}))
    market.run_until(100.0)
    assert standing(market.world) == 5.0 * 1e-4
    account = learner(market).account
    market.world.tables.balance[account, 0, USD] += 1.0
    market.run_until(110.0)
    assert standing(market.world) == 65.0 * 1e-4
    assert market.world.tables.balance[account, 0, USD] == pytest.approx(0.99)


@pytest.mark.parametrize(
    "wrong", [{"spreads_bp": []}, {"spreads_bp": [-1.0]}, {"spreads_bp": [1e4]}, {"review_s": 0.0}, {"rate": 0.0}]
)
def test_its_parameters_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^agents\.LearningQuoter\.parameters: (spreads_bp|review_s)"):
        opened(busy(5.0, quoter(**wrong), quoted_by=0))


def test_a_certificate_counts_what_the_maker_of_a_participant_earned() -> None:
    """One that quotes what stands sends nothing and gains just what its contract does, at the reference price."""
    config = busy(65.0, quoter(spreads_bp=[65.0]), quoted_by=0).model_copy(update={"horizon_s": 1000.0})
    parameters = config.agents[0].parameters
    played = play(config, "market_maker", [Seat("learning_quoter", parameters)], 3)
    tables, size = played.world.tables, played.world.tables.contracts["quantity"][0]
    equity = perpetuals.cash_of(played.world.state, 0) + size * tables.prices[ETH]
    began = opened(config, 3).world.tables
    before = began.contracts["cash"][0] + began.contracts["quantity"][0] * tables.prices[ETH]
    assert equity - before > 100.0
    assert payoffs(played, "market_maker") == pytest.approx([equity - before])
