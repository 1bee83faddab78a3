"""The volatility at which a pool's fees pay for what its providers lose.

Source: J. Milionis, C. C. Moallemi, T. Roughgarden and A. L. Zhang (2022), Automated market making and loss-versus-
rebalancing, arXiv 2208.06046. A constant-product pool loses sigma^2 / 8 of its value a year by its trades, so that fees
break even at that yield y, and sigma_fee = sqrt(8 y) is the volatility at which they do.

Derived: with fees, and with users who push a pool off the price outside, that loss is the same in the mean. For a gap z
of the log prices the reserves are worth 2 L sqrt(S) cosh(z / 2), of which arbitrage keeps the last factor where it was;
so all trades together, arbitrageurs' and users', lose what sqrt(S) loses. Only who pays the fees differs.

On the market itself an arbitrageur keeps a pool of each asset near the price outside, with users beside it or without.
Where users trade, the fee at which providers neither gain nor lose is found between two fees.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.validation._markets import Watched, asset, held, pool, rollup, still, trader
from experiments.validation._rows import mean_and_error, row, three_errors
from market.config import FlowConfig, MarketConfig, PriceConfig
from market.pricing.fee_implied import fee_implied_volatility, loss_rate
from market.settings import YEAR_S

ID = "K12"
TITLE = "Fees that break even"

PRICE, SIGMA, DEPTH_USD, BLOCK_S, SLOTS = 100.0, 0.8, 1e6, 2.0, 600
FEES_BP = (0.5, 4.0)
USERS_PER_S, USERS_USD = 0.25, 40.0
"""Rate of users' trades, and their size, so that providers lose at the lower fee and gain at the higher."""


class Yields(NamedTuple):
    """What providers of a pool got and lost in a run, over the pool's mean value [1/year]."""

    fees: float
    loss: float


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """The formula, the loss with and without users, and where fees break even."""
    seeds = range(1, 13 if quick else 49)
    yield row(ID, "sigma 0.8", "fees that break even, 1/year", SIGMA**2 / 8.0, loss_rate(SIGMA), 1e-12)
    found = {
        (fee_bp, users): [_yields(fee_bp, users, seed) for seed in seeds]
        for fee_bp in FEES_BP
        for users in (False, True)
    }
    for (fee_bp, users), each in found.items():
        case = f"{fee_bp:g} bp, {'users and arbitrageur' if users else 'arbitrageur alone'}"
        sample = np.array([fee_implied_volatility(one.loss) for one in each])
        mean, error = mean_and_error(sample)
        yield row(ID, case, "volatility that its loss implies", SIGMA, mean, three_errors(error), error)
    low, high = (found[fee_bp, True] for fee_bp in FEES_BP)
    nets = np.array([[one.fees - one.loss for one in each] for each in (low, high)])
    case = f"users, between {FEES_BP[0]:g} and {FEES_BP[1]:g} bp"
    yield row(ID, case, "providers lose, then gain (1: yes)", 1.0, float(nets[0].mean() < 0.0 < nets[1].mean()), 0.0)
    # by seed: the yield of the fee between both at which that seed's providers neither gain nor lose
    share = -nets[0] / (nets[1] - nets[0])
    yields = np.array([one.fees for one in low]) * (1.0 - share) + np.array([one.fees for one in high]) * share
    mean, error = mean_and_error(np.sqrt(8.0 * yields))
    yield row(ID, case, "sigma_fee where fees break even", SIGMA, mean, three_errors(error), error)


def _config(fee_bp: float, users: bool) -> MarketConfig:
    home = rollup("r", pool((DEPTH_USD / PRICE, DEPTH_USD), ("ETH", "USD"), fee_bp, PRICE), block_time_s=BLOCK_S)
    flow = FlowConfig(
        per_second=USERS_PER_S if users else 0.0, median_usd=USERS_USD, log_sd=0.5, slippage_median_bp=500.0
    )
    return still(
        [home], [asset("ETH", PRICE, SIGMA)], [trader("arbitrageur", 1e9, cycles=False, least_usd=0.0)],
        horizon_s=SLOTS * BLOCK_S, outside_fee_bp=0.0, prices=PriceConfig(kind="gbm", step_s=BLOCK_S), flow=flow,
    )  # fmt: skip


def _yields(fee_bp: float, users: bool, seed: int) -> Yields:
    """Run a market; what each block's trades brought providers is told by the market's totals."""

    def value(market: Watched) -> float:
        account = int(market.world.tables.pools["account"][0])
        return float(held(market, account) @ market.world.tables.prices)

    market = Watched(_config(fee_bp, users), seed, value)
    market.run()
    totals = market.tally.totals()
    years = SLOTS * BLOCK_S / YEAR_S * float(np.mean(market.measured))
    return Yields(float(totals["lp_fees"]) / years, -float(totals["lp_marked"]) / years)
