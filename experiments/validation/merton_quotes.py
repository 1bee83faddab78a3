"""Options on a price that jumps, as a maker of the market quotes them, and who gains where a maker ignores jumps.

Source: R. C. Merton (1976), Option pricing when underlying stock returns are discontinuous, Journal of Financial
Economics 3, 125-144: ten jumps a year of mean -.05 and deviation .10 of the logarithm, sigma .6; computed in three
ways. The maker is given the model by name; what stands on the venue is read.

Where the price outside jumps, whoever buys at random from a maker who knows that law, and holds to the end, neither
gains nor loses; from one who knows of nothing but the volatility between jumps, she gains.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import asset, rollup, still
from experiments.validation._model_quotes import HALF_DIGIT, PRICE, STRIKES, quoted
from experiments.validation._options import BUYER, MAKER, agent, ran
from experiments.validation._rows import mean_and_error, row, three_errors
from market.config import JumpConfig, OptionsConfig, OracleConfig, PriceConfig
from market.settings import YEAR_S
from market.venues import Kind
from market.venues.options.instrument import equity_of

ID = "K2"
TITLE = "Quotes by Merton's model, and jumps that a maker ignores"

JUMPS = {"volatility": 0.6, "rate": 10.0, "mean": -0.05, "sd": 0.10}
CALLS = {
    1: (20.00478849, 1.34143214, 0.00171615),
    7: (20.09237181, 3.71456391, 0.09824982),
    30: (21.25133079, 7.82873292, 1.96513148),
}
STEP_S, BLOCK_S, TENOR_S, ASSETS = 36.0, 6.0, 50.5 * 36.0, 10
"""The price moves every six blocks, and expiries lie between two moves: what is posted then is up to date."""
OFTEN = {"volatility": 0.6, "rate": 0.5 / 60.0 * YEAR_S, "mean": 0.0, "sd": 0.002}
"""Jumps so often that half of the minutes have one, each twice what else the price does in a minute."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Quotes as stated, then what a buyer gains in 12 runs, 36 unless `quick`, by what the maker knows."""
    for days, values in CALLS.items():
        _, quotes = quoted(days, "merton", JUMPS)
        for strike, value, quote in zip(STRIKES, values, quotes, strict=True):
            yield row(ID, f"{days} d, call at {strike:g}", "quote, USD", value, quote, HALF_DIGIT)
    runs = 12 if quick else 36
    case = f"{runs} runs, maker knows"
    mean, error = mean_and_error(_gains("merton", OFTEN, runs))
    yield row(ID, f"{case} of jumps", "buyer's gain over premiums", 0.0, mean, three_errors(error), error)
    mean, error = mean_and_error(_gains("black76", {"volatility": OFTEN["volatility"]}, runs))
    gains = float(mean > 3.0 * error)
    yield row(ID, f"{case} of volatility", "buyer gains by 3 s.e. (1: yes)", 1.0, gains, 0.0, error)


def _gains(model: str, law: dict[str, float], runs: int) -> np.ndarray:
    """What a buyer at random gained in each run by all that she bought, over the mean of her premiums: shape (runs,).

    Jumps strike all assets at the same times, so that runs are independent and assets of one are not.
    """
    found = np.array([_bought(model, law, seed) for seed in range(201, 201 + runs)])
    return found[:, 0] / found[:, 1].mean()


def _bought(model: str, law: dict[str, float], seed: int) -> tuple[float, float]:
    """What she gained until one expiry of every asset, and the premiums that she paid [USD]."""
    names = [f"A{at}" for at in range(ASSETS)]
    chains = tuple(
        OptionsConfig(asset=name, expiries_s=(TENOR_S,), strikes=1, fee_bp=0.0, fund_usd=1e9, roll=False)
        for name in names
    )
    home = rollup("r", options=chains, block_time_s=BLOCK_S, oracle=OracleConfig(deviation_bp=0.0, delay_s=0.0))
    agents = [
        agent(MAKER, "model_quoter", model=model, law=law, half_bp=0.0, size=1e3),
        agent(BUYER, "option_buyer", per_hour=120.0, slippage_bp=5000.0),
    ]
    jumps = JumpConfig(per_day=OFTEN["rate"] / 365.0, mean=OFTEN["mean"], sd=OFTEN["sd"])
    prices = PriceConfig(kind="merton", step_s=STEP_S, correlation=0.0, jumps=jumps)
    priced = [asset(name, PRICE, OFTEN["volatility"]) for name in names]
    market = ran(still([home], priced, agents, horizon_s=TENOR_S + 2.0 * BLOCK_S, prices=prices), seed)
    buyer, blocks = market.account("trader"), market.rows
    own = blocks[blocks["sender"] == buyer]
    margin, premium = (
        float(own["filled_in"][own["kind"] == kind].sum()) for kind in (Kind.OPTION_DEPOSIT, Kind.OPTION_TRADE)
    )
    accounts = (market.world.tables.option_markets["first_account"].astype(np.int64) + buyer).tolist()
    return sum(equity_of(market.world.state, account) for account in accounts) - margin, premium
