"""A vault that auctions covered calls round after round, and makers who bid for them, on a market."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from worlds import check_ledger, on_block

from experiments.validation._markets import Watched, asset, rollup, still
from experiments.validation._options import agent
from market.config import AgentConfig, OptionsConfig, PriceConfig
from market.errors import InputError
from market.pricing.black import black
from market.settings import YEAR_S
from market.state.ledger import totals
from market.venues import Kind

PRICE, TENOR_S = 2500.0, 300.0
VAULT: dict[str, Any] = {"moneyness": 1.0, "wait_s": 20.0, "bidding_s": 20.0, "discount": 0.5}
MAKER: dict[str, Any] = {"risk_aversion": 1e-9, "decay": 1.0, "session_s": TENOR_S, "bid_share": 0.4}


def ran(
    makers: list[dict[str, Any]], horizon_s: float, volatility: float = 0.0, capital_usd: float = 1e5, seed: int = 1,
    measure: Callable[[Any], float] | None = None, **vault: Any,
) -> Watched:  # fmt: skip
    """A market of one strike and a vault, in whose auctions these makers bid."""
    chain = OptionsConfig(expiries_s=(TENOR_S,), strikes=1, fee_bp=0.0, sales=1)
    home = rollup("one", options=(chain,), block_time_s=1.0)
    agents = [agent("market_maker", "auction_maker", **MAKER | maker) for maker in makers]
    seller = AgentConfig(
        role="trader", strategy="call_vault", capital_usd=capital_usd, latency_s=0.01, parameters=VAULT | vault
    )
    scene = still(
        [home], [asset("ETH", PRICE, volatility)], [*agents, seller], horizon_s=horizon_s, outside_fee_bp=0.0,
        prices=PriceConfig(step_s=1.0),
    )  # fmt: skip
    market = Watched(scene, seed, measure)
    opening = totals(market.world.tables)
    on_block(market, lambda _: check_ledger(market.world.tables, opening))
    market.run()
    return market


def vault(market: Watched) -> Any:
    return next(one for one in market.participants if hasattr(one, "rounds"))


def worth(left_s: float, volatility: float) -> float:
    return black(PRICE, PRICE, left_s / YEAR_S, volatility, 0.0, 0.0, True).price


def test_the_marginal_bidder_sets_the_price_for_all() -> None:
    """Of bids for 40% each at three volatilities the third is served in part: all pay what calls are worth to it."""
    market = ran([{"volatility": 0.9}, {"volatility": 0.7}, {"volatility": 0.8}], 60.0)
    found = next(iter(vault(market).rounds.values()))
    assert found.sold == found.offered == pytest.approx(1e5 / PRICE)
    bids = market.rows[market.rows["kind"] == Kind.OPTION_BID]
    assert len(bids) >= 3
    lowest = worth(TENOR_S - 40.0, 0.7)
    assert found.price == pytest.approx(lowest, rel=0.02)
    last = dict(zip(bids["sender"].tolist(), bids["limit"].tolist(), strict=True))
    assert found.price == min(last.values())


def test_a_reserve_that_nobody_meets_sells_nothing_and_the_cover_comes_back() -> None:
    market = ran([{"volatility": 0.3}], TENOR_S + 5.0, discount=0.0)
    found = next(iter(vault(market).rounds.values()))
    assert (found.sold, found.price) == (0.0, pytest.approx(worth(TENOR_S - 20.0, 0.8), rel=1e-3))
    assert market.world.tables.balance[vault(market).account, 0, 1] == pytest.approx(1e5 / PRICE, rel=1e-5)


@pytest.mark.slow
def test_rounds_follow_one_another_on_what_premiums_have_bought() -> None:
    market = ran([{"volatility": 0.8, "bid_share": 1.0}], 3.0 * TENOR_S - 10.0)
    rounds = [vault(market).rounds[key] for key in sorted(vault(market).rounds)]
    assert len(rounds) == 3
    assert all(each.sold == pytest.approx(each.offered, rel=1e-6) for each in rounds)
    for before, after in pairwise(rounds):  # at a price that stands still no call pays
        assert after.units == pytest.approx(before.units * (1.0 + before.price / PRICE), rel=1e-5)
    kept = ran([{"volatility": 0.8, "bid_share": 1.0}], 2.0 * TENOR_S - 10.0, compounds=False)
    rounds = [vault(kept).rounds[key] for key in sorted(vault(kept).rounds)]
    assert rounds[1].units == pytest.approx(rounds[0].units, rel=1e-5)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_round_brings_the_lesser_of_price_and_strike_and_the_premium(seed: int) -> None:
    market = ran([{"volatility": 0.8, "bid_share": 1.0}], TENOR_S + 2.0, 5.0, seed=seed, compounds=False)
    found, account = next(iter(vault(market).rounds.values())), vault(market).account
    money, units = market.world.tables.balance[account, 0].tolist()
    settled = float(market.world.tables.feeds["price"][0])
    paid = max(settled - found.strike, 0.0)
    owned = units + 1e5 / PRICE - found.units  # less dust that was no whole step
    assert owned * settled == pytest.approx(1e5 / PRICE * settled - found.sold * paid, rel=1e-3)
    assert money == pytest.approx(1e5 + found.sold * found.price)


def test_who_expects_to_win_quotes_lower_before_the_auction_and_who_does_not_afterwards() -> None:
    mids: dict[bool, list[float]] = {}
    for anticipates in (True, False):
        maker = {"volatility": 0.8, "bid_share": 1.0, "risk_aversion": 1e-3, "anticipates": anticipates}
        market = ran([maker], 60.0, capital_usd=1e4, measure=above_worth)
        mids[anticipates] = market.measured
    before, during, after = slice(10, 18), slice(26, 38), slice(46, 58)
    assert np.mean(mids[True][during]) < np.mean(mids[True][before]) - 0.02
    assert np.mean(mids[False][during]) == pytest.approx(np.mean(mids[False][before]), abs=0.01)
    assert np.mean(mids[False][after]) < np.mean(mids[False][during]) - 0.02
    assert mids[True][50] == pytest.approx(mids[False][50], abs=1e-3)  # both have the same calls by then


def above_worth(market: Any) -> float:
    """By how much the call is asked for above what it is worth [USD]."""
    return float(market.world.tables.options["ask"][0]) - worth(TENOR_S - market.time, 0.8)


def test_what_is_no_vault_and_no_bidder_is_refused() -> None:
    wrongs: list[dict[str, Any]] = [{"delta": 1.0}, {"discount": 2.0}, {"share": 0.0}, {"bidding_s": 0.0}]
    for wrong in wrongs:
        with pytest.raises(InputError):
            ran([], 2.0, **wrong)
    with pytest.raises(InputError):
        ran([{"bid_share": 0.0}], 2.0)
