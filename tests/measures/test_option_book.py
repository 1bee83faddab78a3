"""What is told of options adds up, agrees with what the maker quotes, and taking note of it changes nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from worlds import config, opened, reported, rollup

from market.config import AgentConfig, MarketConfig, OptionsConfig
from market.measures.option_book import OptionBook

VOLATILITY, HALF_SPREAD = 0.8, 0.05


def settings(**options: Any) -> MarketConfig:
    chain = OptionsConfig(strikes=5, expiries_s=(86_400.0, 864_000.0), **options)
    maker = {"half_spread": HALF_SPREAD, "volatility": VOLATILITY}
    agents = (
        AgentConfig(role="market_maker", strategy="fixed_spread", parameters=maker),
        AgentConfig(role="trader", strategy="option_buyer", parameters={"per_hour": 3600.0}),
    )
    return config(rollup("a", options=(chain,)), rollup("b"), horizon_s=60.0, agents=agents)


@pytest.fixture(scope="module")
def book() -> OptionBook:
    found = OptionBook()
    opened(settings(), 1, [found]).run()
    return found


def test_quotes_imply_the_volatilities_that_the_maker_quotes(book: OptionBook) -> None:
    assert [row["rollup"] for row in book.chain] == ["a"] * 20
    assert {row["kind"] for row in book.chain} == {"call", "put"}
    quoted = [row for row in book.chain if abs(row["delta"]) < 0.5 and math.isfinite(row["ask"])]
    assert len(quoted) >= 8
    # a quote is as old as the last price that moved it: nearly the volatility of the sheet
    for row in quoted:
        assert row["bid_volatility"] == pytest.approx(VOLATILITY - HALF_SPREAD, abs=0.02)
        assert row["ask_volatility"] == pytest.approx(VOLATILITY + HALF_SPREAD, abs=0.02)
        assert not row["no_volatility"]


def test_what_some_are_exposed_to_others_are_the_other_way_round(book: OptionBook) -> None:
    assert {row["agent"].split()[0] for row in book.accounts} == {"fixed_spread", "option_buyer"}
    for name in ("delta", "gamma", "vega", "theta"):
        shown = [row[name] for row in book.accounts]
        assert max(map(abs, shown)) > 0.0
        assert sum(shown) == pytest.approx(0.0, abs=1e-9 * max(map(abs, shown)))
    assert all(row["equity"] > row["initial"] >= row["maintenance"] > 0.0 for row in book.accounts)


def test_a_side_that_nobody_quotes_has_neither_price_nor_volatility() -> None:
    found, alone = OptionBook(), settings().model_copy(update={"agents": ()})
    opened(alone, 1, [found]).run()
    assert len(found.chain) == 20
    assert all(math.isnan(row["bid"]) and math.isnan(row["ask_volatility"]) for row in found.chain)
    assert not any(row["no_volatility"] for row in found.chain)
    assert found.accounts == []


def test_nobody_notices_that_note_is_taken() -> None:
    noted, alone = opened(settings(), 1, [OptionBook()]), opened(settings(), 1)
    noted.run()
    alone.run()
    np.testing.assert_equal(reported(noted), reported(alone))
