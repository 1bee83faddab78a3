"""Options in whole markets under every regime: trades, combinations, auctions of accounts, defaults, and expiries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from noise import ON_OPTIONS, Noise, random_rows_on_options
from worlds import ETH_USD, check_ledger, on_block, opened, reported, rollup, stressed

from agents.market_makers.reallocator import Reallocator
from agents.traders.option_buyer import OptionBuyer
from agents.traders.option_combiner import OptionCombiner
from market import regimes
from market.config import AgentConfig, MarketConfig, OptionsConfig, OracleConfig
from market.intents.rows import Status
from market.model import SequencerMarket
from market.state.ledger import totals
from market.venues import Kind
from market.venues.options import instrument
from market.venues.options.rules import margin_of

VOLATILITY, SLOTS, STRIKES, EXPIRIES = 60.0, 40.0, 5, 2
"""That options are marked at; slots of a market; strikes of an expiry; expiries of a chain."""
MUST = {Kind.OPTION_TRADE, Kind.OPTION_AUCTION_START, Kind.OPTION_AUCTION_TAKE, Kind.OPTION_EXERCISE}
"""Kinds of which something is done under every regime: without them little would be seen."""
OF_NOISE = {
    Kind.OPTION_DEPOSIT, Kind.OPTION_WITHDRAW, Kind.OPTION_QUOTE, Kind.OPTION_SHEET, Kind.OPTION_CANCEL,
    Kind.OPTION_TRADE, Kind.OPTION_COVER,
}  # fmt: skip
"""Kinds of which random rows are filled under every regime."""
APART = ("roaming", "siloed", "siloed_extractive", "timeboost", "timeboost_score")
"""Regimes under which no bundle spans two rollups."""
INCLUDED = ("astria",)
"""Regimes under which what spans rollups is in one block, of which each rollup executes its own part."""
QUICK = ("astria", "centralized_shared", "espresso", "siloed")
"""Regimes under which random rows are sent by default: one of each sort, and one of builders."""
LEGS = ((0, 6, -1.0), (0, 8, 1.0), (1, 3, -1.0), (1, 1, 1.0))
"""A condor over two rollups: on which one a leg lies, its series from the first of an expiry, and its side."""

IDLE = tuple(
    AgentConfig(role=role, strategy=strategy, count=count, capital_usd=1e6, parameters=parameters)
    for role, strategy, count, parameters in (
        ("market_maker", "reallocator", 2, {"review_s": 1e9}), ("trader", "option_buyer", 3, {"per_hour": 0.0})
    )
)  # fmt: skip
"""Makers who quote nothing by themselves, and traders who trade nothing: random rows are theirs."""


def optioned(regime: str, fund_usd: float = 1e5, drift: float = -2.5e5, **takes: float) -> MarketConfig:
    """Two rollups with short-lived options: writers with thin margin, a taker of accounts, combinations over both.

    Of the combiners one pays what is asked, and the other's limits are so tight that a leg is often not to be had.
    """
    slot_s = max(regimes.load(regime).block_time_s or 0.0, 1.0)
    chain = OptionsConfig(
        expiries_s=(24.0 * slot_s, 60.0 * slot_s), strikes=STRIKES, step=0.02, volatility=VOLATILITY, exercise="holder",
        exercise_s=4.0 * slot_s, fund_usd=fund_usd, sales=2,
        selling={"fast_s": 4.0 * slot_s, "slow_s": 8.0 * slot_s, "insolvent_s": 4.0 * slot_s},
    )  # fmt: skip
    oracle = OracleConfig(deviation_bp=25.0, delay_s=0.1)
    homes = tuple(rollup(name, options=(chain,), oracle=oracle, gas_usd=0.01) for name in ("a", "b"))
    trades: dict[str, Any] = {"slippage_bp": 5000.0, "remembers": True}
    writes = trades | {"per_hour": 1800.0 / slot_s, "sell_share": 1.0, "mean_size": 0.3, "margin_share": 0.9}
    writes |= {"series": (3, 5, 7)}  # puts, while the price falls
    condors = {"shape": "condor", "per_hour": 3600.0 / slot_s, "over": 2, "size": 0.5, "life_s": 10.0 * slot_s}
    cast: tuple[tuple[Any, str, int, float, dict[str, Any]], ...] = (
        ("market_maker", "fixed_spread", 1, 1e7, {"volatility": VOLATILITY, "half_spread": 0.5, "hedge_s": 3.0}),
        ("trader", "option_sniper", 1, 1e6, {}),
        ("trader", "option_buyer", 1, 1e6, trades | {"per_hour": 1800.0 / slot_s}),
        ("trader", "option_buyer", 8, 400.0, writes),
        ("trader", "option_combiner", 1, 1e6, condors | {"slippage_bp": 5000.0}),
        ("trader", "option_combiner", 1, 1e6, condors | {"slippage_bp": 1.0}),
        ("liquidator", "account_taker", 1, 1e6, takes),
    )
    agents = tuple(
        AgentConfig(role=role, strategy=strategy, count=count, capital_usd=usd, parameters=parameters)
        for role, strategy, count, usd, parameters in cast
    )
    falls = {"name": "ETH", "price_usd": ETH_USD, "volatility": 20.0, "drift": drift}
    return stressed(regime, rollups=homes, agents=agents, assets=(falls,), horizon_s=SLOTS * slot_s)


def idle_of(market: SequencerMarket) -> list[int]:
    """Accounts of those who do nothing by themselves."""
    return [
        agent.account for agent in market.participants
        if isinstance(agent, Reallocator) or (isinstance(agent, OptionBuyer) and agent.between_s == np.inf)
    ]  # fmt: skip


def ran(
    config: MarketConfig,
    looks: Callable[[SequencerMarket, np.ndarray], object],
    *populations: Callable[[SequencerMarket], Noise],
) -> SequencerMarket:
    """Run a market that is sound after every block, at which a function then looks."""
    market = opened(config, 5)
    market.populations += [make(market) for make in populations]
    tables, opening = market.world.tables, totals(market.world.tables)

    def checked(slot: Any) -> None:
        check_ledger(tables, opening)
        _check_equity(market)
        looks(market, slot.rows)

    on_block(market, checked)
    market.run()
    assert reported(market)["conservation_error"] <= 1e-9
    return market


def _check_equity(market: SequencerMarket) -> None:
    """Equity is cash and marks, of all that is not covered."""
    state, tables = market.world.state, market.world.tables
    marks = np.array([instrument.mark(state, at) for at in range(len(tables.options))])
    positions = tables.option_positions
    covered = np.minimum(positions["cover"], np.maximum(-positions["quantity"], 0.0))
    worth = (positions["quantity"] + covered) * marks[positions["series"].astype(int)]
    accounts = tables.option_accounts
    width, first = 2 * STRIKES * EXPIRIES, accounts["positions"].astype(int)
    expected = accounts["cash"] + worth[first[:, None] + np.arange(width)].sum(axis=1)
    equity = np.array([margin_of(state, at)[0] for at in range(len(accounts))])
    assert np.all(np.abs(equity - expected) <= np.maximum(1e-9 * np.abs(expected), 1e-9))


def condors(market: SequencerMarket, account: int) -> np.ndarray:
    """How much an account has of each leg of its condors: shape (expiries, legs) [options]."""
    tables, width = market.world.tables, 2 * STRIKES
    first = tables.option_accounts["positions"][tables.option_markets["first_account"].astype(int) + account]
    held = tables.option_positions["quantity"]
    return np.array(
        [
            [side * held[int(first[rollup]) + width * expiry + series] for rollup, series, side in LEGS]
            for expiry in range(EXPIRIES)
        ]
    )


class Seen:
    """What was seen of some senders: kinds done and not, fates of bundles over both rollups, and legs of condors.

    A condor is had in part where an account has more of one leg than of another.
    """

    def __init__(self, senders: Callable[[SequencerMarket], list[int]]) -> None:
        self.filled, self.reverted = set[int](), set[int]()
        self.fates: list[set[int]] = []
        self.whole = self.in_part = False
        self._senders, self._numbers = senders, set[int]()

    def __call__(self, market: SequencerMarket, rows: np.ndarray) -> None:
        senders = self._senders(market)
        own = rows[np.isin(rows["sender"], senders)]
        self.filled.update(own["kind"][own["status"] == Status.FILLED].tolist())
        self.reverted.update(own["kind"][own["status"] == Status.REVERTED].tolist())
        for number in set(own["bundle"].tolist()) - {-1}:
            bundle = own[own["bundle"] == number]
            if len(set(bundle["rollup"].tolist())) > 1:
                assert number not in self._numbers, "a bundle is in two blocks"
                self._numbers.add(number)
                self.fates.append(set(bundle["status"].tolist()))
        for account in senders:
            had = condors(market, account)
            alike = bool((had == had[:, :1]).all())
            self.whole |= alike and bool(had.any())
            self.in_part |= not alike

    def check_fates(self, regime: str) -> None:
        """Some bundles over both rollups are filled, some reverted, and none in part, as far as the regime ties any."""
        if regime in APART:
            assert not self.fates
            return
        assert {Status.FILLED} in self.fates
        assert {Status.REVERTED} in self.fates
        assert any(len(fates) > 1 for fates in self.fates) == (regime in INCLUDED)


def combiners_of(market: SequencerMarket) -> list[OptionCombiner]:
    """Who trades condors."""
    return [agent for agent in market.participants if isinstance(agent, OptionCombiner)]


@pytest.mark.parametrize("regime", regimes.names())
def test_options_keep_the_ledger_and_combinations_are_whole_where_the_regime_ties_bundles(regime: str) -> None:
    seen, done = Seen(lambda market: [agent.account for agent in combiners_of(market)]), set[int]()

    def noted(market: SequencerMarket, rows: np.ndarray) -> None:
        seen(market, rows)
        done.update(rows["kind"][rows["status"] == Status.FILLED].tolist())

    market = ran(optioned(regime), noted)
    assert reported(market)["options_paid_usd"] > 0.0
    assert done >= MUST, [Kind(kind).name for kind in MUST - done]
    combinations = [combination for agent in combiners_of(market) for combination in agent.done]
    assert any(combination.complete for combination in combinations)
    assert seen.whole
    seen.check_fates(regime)
    # a condor of which some legs are had and others not: in the accounts, and as its trader saw it
    tied = regime not in (*APART, *INCLUDED)
    assert seen.in_part == (not tied)
    assert any(combination.broken for combination in combinations) == (not tied)


@pytest.mark.parametrize("regime", regimes.names())
def test_a_writer_that_nobody_takes_is_closed_against_others_once_the_fund_is_empty(regime: str) -> None:
    closed: list[float] = []

    def emptied(market: SequencerMarket, rows: np.ndarray) -> None:
        """What is closed has nothing left, and nobody has more or less in all: see what is checked of every block."""
        tables = market.world.tables
        for row in rows[(rows["kind"] == Kind.OPTION_AUCTION_CLOSE) & (rows["status"] == Status.FILLED)]:
            account = tables.option_accounts[int(row["target"])]
            first, width = int(account["positions"]), 2 * STRIKES * EXPIRIES
            assert not tables.option_positions["quantity"][first : first + width].any()
            assert account["cash"] == pytest.approx(0.0, abs=1e-9 * row["filled_in"])
            closed.append(float(row["filled_in"]))

    slot_s = max(regimes.load(regime).block_time_s or 0.0, 1.0)
    # so fast that what writers put up is gone within seconds
    market = ran(
        optioned(regime, fund_usd=20.0, drift=-8e5 / slot_s, least_discount=1.0, least_payment=1.0), emptied
    )  # fmt: skip
    report = reported(market)
    assert report["options_insured_usd"] == pytest.approx(20.0 * 2)
    assert report["options_deleveraged_usd"] == pytest.approx(sum(closed), rel=1e-9)
    assert closed


@pytest.mark.parametrize(
    "regime", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in regimes.names()]
)
def test_random_rows_on_options_keep_the_ledger(regime: str) -> None:
    """Also in bundles, which have one fate over both rollups wherever the regime ties them."""
    seen, config = Seen(idle_of), optioned(regime)
    config = config.model_copy(update={"agents": (*config.agents, *IDLE)})
    ran(config, seen, lambda market: Noise(market, 5, random_rows_on_options(idle_of(market)), 24))
    assert seen.filled >= OF_NOISE, [Kind(kind).name for kind in OF_NOISE - seen.filled]
    assert seen.reverted >= set(ON_OPTIONS.tolist())
    seen.check_fates(regime)
