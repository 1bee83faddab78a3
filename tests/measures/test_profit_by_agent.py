"""What agents gained adds up to the ledger, part by part, and taking note of it changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import config, opened, ran, reported, rollup, stressed

from market.config import AgentConfig, FlowConfig, MarketConfig, PerpetualConfig
from market.measures.holdings import holdings, in_contracts, provided
from market.measures.profit_by_agent import CLASSES, ProfitByAgent
from market.model import SequencerMarket
from market.state.ledger import Why

STILL = {"name": "ETH", "price_usd": 2500.0, "volatility": 1e-12, "drift": 0.0}


def played(settings: MarketConfig, seed: int = 1) -> tuple[SequencerMarket, ProfitByAgent, np.ndarray]:
    """A market that ran, what was noted of profits, and what everybody held at the start."""
    profits = ProfitByAgent()
    market = opened(settings, seed, [profits])
    before = holdings(market)
    market.run()
    return market, profits, before


def with_perpetuals() -> MarketConfig:
    quoter = AgentConfig(role="market_maker", strategy="learning_quoter")
    both = (quoter, AgentConfig(role="trader", strategy="arbitrageur"))
    return config(rollup("a", perpetuals=(PerpetualConfig(traders=20),)), rollup("b"), horizon_s=20.0, agents=both)


MARKETS = {
    "pbs": lambda: stressed("pbs"),
    "siloed_extractive": lambda: stressed("siloed_extractive"),
    "astria": lambda: stressed("astria", horizon_s=15.0),
    "perpetuals": with_perpetuals,
}


@pytest.mark.parametrize("name", MARKETS)
def test_parts_add_up_to_what_the_ledger_says(name: str) -> None:
    market, profits, before = played(MARKETS[name]())
    # from balances, which no flow of the ledger enters
    gained = (holdings(market) - before) @ market.world.tables.prices
    assert list(profits.by_agent) == [member.name for member in market.members]
    for found, gain in zip(profits.by_agent.values(), gained, strict=True):
        assert found["total_usd"] == pytest.approx(gain, abs=1e-5)
        assert sum(found["by_kind"].values()) == pytest.approx(found["total_usd"], abs=1e-5)
    assert np.abs(gained).max() > 1.0


def test_classes_are_those_of_the_totals() -> None:
    market, profits, _ = played(stressed("siloed_extractive"))
    counted = [[found["by_kind"].get(name, 0.0) for name in CLASSES] for found in profits.by_agent.values()]
    np.testing.assert_allclose(counted, market.tally.gains[: len(market.members)], atol=2e-7)
    assert np.count_nonzero(np.abs(counted).sum(axis=0)) >= 3


def test_bids_are_what_the_ledger_has_as_such() -> None:
    market, profits, _ = played(stressed("pbs"))
    flows, count = market.world.tables.flows[:, :, Why.BID, 0], len(market.members)
    paid = flows[:count].sum(axis=1) - flows[:, :count].sum(axis=0)
    parts = [found["by_kind"].get("bid", 0.0) for found in profits.by_agent.values()]
    np.testing.assert_allclose(parts, -paid, atol=2e-7)
    assert paid.max() > 0.0


def test_nothing_is_revalued_while_prices_stand_still() -> None:
    _, profits, _ = played(stressed("pbs", assets=(STILL,)))
    traders = [found["by_kind"] for found in profits.by_agent.values() if found["role"] == "trader"]
    assert any(traders)
    assert all(abs(found.get("revalued", 0.0)) < 1e-5 for found in traders)
    assert all(abs(found.get("fees", 0.0)) < 1e-7 for found in traders)  # classes count what own trades cost
    _, profits, _ = played(stressed("pbs"))
    assert max(abs(found["by_kind"].get("revalued", 0.0)) for found in profits.by_agent.values()) > 0.1


def test_liquidity_that_is_provided_and_untouched_gains_nothing() -> None:
    provider = AgentConfig(role="market_maker", strategy="withdrawing", parameters={"leave_above": None})
    quiet = config(rollup("a"), assets=(STILL,), flow=FlowConfig(per_second=0.0), agents=(provider,))
    market, profits, _ = played(quiet)
    assert provided(market).sum() > 100.0
    assert not in_contracts(market).any()
    found = next(found for found in profits.by_agent.values() if found["role"] == "market_maker")
    assert found["total_usd"] == pytest.approx(0.0, abs=1e-5)


def test_a_market_is_the_same_whoever_adds_up() -> None:
    market, _, _ = played(stressed("pbs"))
    alone = ran(stressed("pbs"))
    assert {k: repr(v) for k, v in reported(market).items()} == {k: repr(v) for k, v in reported(alone).items()}
    assert (market.world.tables.balance == alone.world.tables.balance).all()
