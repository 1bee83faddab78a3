"""A pool is a strip of options that its providers have sold: what that costs, and what either is worth in the end.

Sources: P. Carr and D. Madan (1998), Towards a theory of volatility trading, in R. Jarrow (ed.), Volatility, Risk
Books; J. Clark (2020), The replicating portfolio of a constant product market, SSRN 3550601. A constant-product pool
is worth V = 2 L sqrt(S), its tangent less L / (2 K^1.5) dK options out of the money at every strike. On a lognormal
price without drift they cost V (1 - exp(-sigma^2 T / 8)): at .8 .00153307, .00655377 and .07688365 of V for 7, 30 and
365 days; of strikes every 2, 5 and 10 about a price of 100, for 30 days, .00654961, .00652775 and .00644994.

An agent buys the strip of a pool, option by option, from a maker who quotes what options are worth. It holds them to
the end, while an arbitrageur keeps the pool, which charges nothing, at the price outside. So much as the pool is short
of its tangent then, the strip pays.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import Margin
from experiments.validation._markets import Watched, asset, held, pool, rollup, still, trader
from experiments.validation._options import MAKER, agent
from experiments.validation._rows import mean_and_error, row, three_errors
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.config import MarketConfig, OptionsConfig, OracleConfig, PriceConfig
from market.pricing.black import black
from market.pricing.strip import sold, strip_share
from market.settings import DAY_S, YEAR_S
from market.venues import Kind

ID = "K11"
TITLE = "A pool as a strip of options"

PRICE, SIGMA, RESERVES = 100.0, 0.8, (1e4, 1e6)
STATED = {7: 0.00153307, 30: 0.00655377, 365: 0.07688365}
"""Cost of the strip of all strikes over the pool's value, by days to expiry."""
LISTED = {2: 0.00654961, 5: 0.00652775, 10: 0.00644994}
"""The same for 30 days, by the distance between two strikes [USD]."""
HALF_DIGIT, BOUGHT_S = 5e-9, 6.0
"""Of the numbers stated; and within what time of its founding a market has sold the strip [s]."""
DEVIATIONS, STRIKES = 6.0, (201, 401)
"""Reach of all strikes, and how many, once at twice the distance of the other: what is left of it falls by four."""
FASTER = 1000.0
"""By how much a day is shorter where options are held to their end, and the variance of a second larger."""
ASSETS, DAYS, STEP = 8, 30, 0.025
SHORT_DAY_S, HIGH = DAY_S / FASTER, SIGMA * float(np.sqrt(FASTER))
BLOCK_S = SHORT_DAY_S / 6.0


class StripBuyer(Trader):
    """Buys the strip of the pool of every asset that options are listed on, once the whole of it is quoted.

    Attributes
    ----------
    bought : dict
        by market: options bought of each of its series
    """

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.margin = Margin(0.5)
        self.bought: dict[int, np.ndarray] = {}

    def act(self, seen: Observation, desk: Desk) -> None:
        """Buy what the pool is short of: calls at and above the price, puts below."""
        for market, terms in enumerate(seen.option_markets):
            first, count, at = (int(terms[name]) for name in ("first_series", "series", "asset"))
            chain = np.asarray(seen.options)[first : first + count]
            if not self.margin.pay_in(seen, desk, market) or market in self.bought:
                continue
            if not (chain["ask_size"] > 0.0).all():
                continue
            own = int(np.flatnonzero((np.asarray(seen.pools["asset"]) == at).any(axis=1))[0])
            liquidity = float(np.sqrt(np.prod(seen.pools["reserve"][own])))
            out = (chain["call"] == 1.0) == (chain["strike"] >= seen.prices[at])
            sizes = np.where(out, sold(liquidity, chain["strike"], widths(chain["strike"][::2]).repeat(2)), 0.0)
            self.bought[market] = sizes
            for series in np.flatnonzero(sizes > 0.0).tolist():
                desk.submit(
                    Kind.OPTION_TRADE, 0, market, float(sizes[series]), target=first + series, asset_in=0, asset_out=at
                )


def widths(strikes: np.ndarray) -> np.ndarray:
    """Prices that each strike stands for: from the middle between it and the one below to that with the one above.

    In the middle by ratio where strikes are equally spaced by ratio, else by difference.
    """
    if np.allclose(np.diff(strikes), strikes[1] - strikes[0]):
        return np.full(strikes.size, strikes[1] - strikes[0])
    ratio = float(np.sqrt(strikes[1] / strikes[0]))
    return strikes * (ratio - 1.0 / ratio)


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """What the strip costs, of all strikes and of those listed, then pool and strip held to expiry."""
    for days, stated in STATED.items():
        coarse, fine = (_premium(days, 2.0 * DEVIATIONS / (count - 1), count, None) for count in STRIKES)
        found = fine + (fine - coarse) / 3.0
        tolerance = HALF_DIGIT + _elapsed(stated, days)
        yield row(ID, f"{days} d, all strikes", "premiums over pool", stated, found, tolerance)
    for every, stated in LISTED.items():
        found = _premium(DAYS, 0.02, round(4.0 * PRICE / every), every)
        case = f"{DAYS} d, strikes every {every}"
        yield row(ID, case, "premiums over pool", stated, found, HALF_DIGIT + _elapsed(stated, DAYS))
    yield from _held(12 if quick else 96)


def _elapsed(share: float, days: int) -> float:
    """By how much less the strip costs when it is bought [1]."""
    return share * BOUGHT_S / (days * DAY_S)


def _config(
    chains: list[OptionsConfig], assets: int, block_s: float, horizon_s: float, volatility: float
) -> MarketConfig:
    """A pool without a fee and a chain for each asset, a maker without a spread, an arbitrageur, the strip's buyer.

    The price moves once in six blocks.
    """
    names = [f"A{at}" for at in range(assets)]
    pools = [pool(RESERVES, (name, "USD"), 0.0, PRICE) for name in names]
    home = rollup(
        "r", *pools, options=tuple(chains), block_time_s=block_s, oracle=OracleConfig(deviation_bp=0.0, delay_s=0.0)
    )
    agents = (
        agent(
            MAKER, "fixed_spread", volatility=volatility or SIGMA, half_spread=0.0, size=1e6, move_bp=1e6, refresh_s=1e9
        ),
        agent("trader", f"{__name__}:StripBuyer"),
        trader("arbitrageur", 1e8, cycles=False, least_usd=0.0),
    )
    return still(
        [home], [asset(name, PRICE, volatility) for name in names], agents, horizon_s=horizon_s, outside_fee_bp=0.0,
        prices=PriceConfig(kind="gbm", step_s=6.0 * block_s, correlation=0.0),
    )  # fmt: skip


def _chain(name: str, expiry_s: float, strikes: int, **terms: Any) -> OptionsConfig:
    plain: dict[str, Any] = {"volatility": SIGMA, "fee_bp": 0.0, "fund_usd": 1e9, "roll": False, "asset": name}
    return OptionsConfig(expiries_s=(expiry_s,), strikes=strikes, **plain | terms)


def _premium(days: int, step: float, strikes: int, every: int | None) -> float:
    """What was paid for the strip of a pool that stands still, over the pool's value; `every`: strikes as given."""
    terms = {"spaced": "deviations", "step": step} if every is None else {"step": step}
    market = Watched(_config([_chain("A0", days * DAY_S, strikes, **terms)], 1, 1.0, 6.0, 0.0), seed=1)
    if every is not None:  # a chain is listed by ratios: these are written as stated
        market.world.tables.options["strike"] = (every * (np.arange(strikes) + 0.5)).repeat(2)
    market.run()
    trades = market.rows[market.rows["kind"] == Kind.OPTION_TRADE]
    return float(trades["filled_in"].sum()) / (2.0 * RESERVES[1])


def _held(seeds: int) -> Iterator[dict[str, Any]]:
    """What the pool was short of its tangent in the end, what the strip paid, and the one less the other."""
    found = np.concatenate([_to_expiry(seed) for seed in range(1, seeds + 1)])
    share, listed = strip_share(SIGMA, DAYS * DAY_S / YEAR_S), _cost_of_listed()
    case = f"{DAYS} d, {len(found)} pools"
    for statistic, expected, sample in (
        ("pool's loss over value", share, found[:, 0]),
        ("strip's payments over pool", listed, found[:, 1]),
        ("payments less loss, over pool", listed - share, found[:, 1] - found[:, 0]),
    ):
        mean, error = mean_and_error(sample)
        yield row(ID, case, statistic, expected, mean, three_errors(error), error)


def _strikes() -> int:
    """Strikes within the deviations on either side, an odd number."""
    return 2 * int(DEVIATIONS * SIGMA * np.sqrt(DAYS * DAY_S / YEAR_S) / STEP) + 1


def _cost_of_listed() -> float:
    """Value of the strip of the strikes listed, over the pool's."""
    strikes = PRICE * np.exp((np.arange(_strikes()) - _strikes() // 2) * STEP)
    years, liquidity = DAYS * DAY_S / YEAR_S, float(np.sqrt(np.prod(RESERVES)))
    worth = [black(PRICE, strike, years, SIGMA, 0.0, 0.0, strike >= PRICE).price for strike in strikes.tolist()]
    return float(sold(liquidity, strikes, widths(strikes)) @ np.array(worth)) / (2.0 * RESERVES[1])


def _to_expiry(seed: int) -> np.ndarray:
    """Loss of each asset's pool against its tangent, and what its strip paid, over the pool's value: (assets, 2).

    The price moves once a day: the strip is bought on the first, and paid in the middle of the last.
    """
    chains = [
        _chain(f"A{at}", (DAYS + 0.5) * SHORT_DAY_S, _strikes(), step=STEP, volatility=HIGH) for at in range(ASSETS)
    ]
    market = Watched(_config(chains, ASSETS, BLOCK_S, (DAYS + 0.75) * SHORT_DAY_S, HIGH), seed)
    market.run()
    buyer: Any = next(agent for agent in market.participants if isinstance(agent, StripBuyer))
    tables, found = market.world.tables, []
    for at in range(ASSETS):
        first, count = (int(tables.option_markets[name][at]) for name in ("first_series", "series"))
        chain, price = tables.options[first : first + count], float(tables.option_expiries["fixed"][at])
        paid = np.maximum(np.where(chain["call"] == 1.0, 1.0, -1.0) * (price - chain["strike"]), 0.0)
        reserves = held(market, int(tables.pools["account"][at]))
        worth = float(reserves[0] + reserves[1 + at] * price)
        tangent = 2.0 * RESERVES[1] + RESERVES[0] * (price - PRICE)
        found.append((tangent - worth, float(buyer.bought[at] @ paid)))
    return np.array(found) / (2.0 * RESERVES[1])
