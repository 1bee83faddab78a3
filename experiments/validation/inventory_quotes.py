"""Quotes that mind inventory: a maker who leans against what it holds gives up little profit for much less risk.

Source: M. Avellaneda and S. Stoikov (2008), High-frequency trading in a limit order book, Quantitative Finance 8,
217-224: s = 100, T = 1, sigma = 2, dt = .005, orders of rate 140 exp(-1.5 d) at a distance d, risk aversion .1. Over
1000 simulated paths the mean spread is 1.49, the profit 64.9 (standard deviation 6.6), the final inventory has standard
deviation 2.93; at that spread about the mid price, whatever is held, 68.0 (13.3) and 8.44.

The plain instrument is a call whose strike is next to nothing. A slot of the market is dt; in it one buyer and one
seller come with the chance 140 dt, each ready to pay for a distance of exponential law with mean 1 / 1.5. So a quote is
taken with the chance of the source. Blocks take new quotes first: orders meet the quotes that were made of the price
that they are made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import Margin
from experiments.validation._markets import YEAR_S, Watched, asset, pool, rollup, still
from experiments.validation._rows import mean_and_error, row, three_errors
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.config import AgentConfig, MarketConfig, OptionsConfig, PriceConfig, RegimeConfig
from market.venues import Kind

ID = "M14"
TITLE = "Quotes that mind inventory"

PRICE, SIGMA, AVERSION, DECAY, RATE, STEPS = 100.0, 2.0, 0.1, 1.5, 140.0, 200
PATHS = 1000
"""Paths behind the published figures."""
STATED = {False: (64.9, 6.6, 2.93), True: (68.0, 13.3, 8.44)}
"""Profit, its standard deviation and that of the final inventory, by whether quotes are symmetric."""
SPREAD, DIGIT = 1.49, 0.01
CALL, EXPIRY_S, SLOT_S = 0, 1e6, 1.0
RICH_USD = 1e7


class Orders(Trader):
    """One buyer and one seller in a slot at most, each with a distance from the reference price that it puts up with.

    Parameters
    ----------
    chance
        of each in a slot [1]
    decay
        over which the share of orders that put up with a distance falls by a factor e [1/USD]
    """

    def __init__(self, seat: Seat, chance: float = 0.7, decay: float = 1.5) -> None:
        super().__init__(seat)
        self.chance, self.decay = chance, decay
        self.margin = Margin(0.5)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Draw both, and send them whether there is a quote or not."""
        ready, draws = self.margin.pay_in(seen, desk, 0), self.rng_own.random(2)
        worth = float(seen.prices[1]) - float(seen.options["strike"][CALL])
        for sign, draw in zip((1.0, -1.0), draws.tolist(), strict=True):
            away = float(self.rng_own.exponential(1.0 / self.decay))
            if ready and draw < self.chance:
                given, taken = (0, 1) if sign > 0.0 else (1, 0)
                desk.submit(
                    Kind.OPTION_TRADE, 0, 0, 1.0, target=CALL, asset_in=given, asset_out=taken,
                    limit=worth + sign * away, expires_s=0.5,
                )  # fmt: skip


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Both ways to quote, over 100 paths, 24 if `quick`."""
    paths = 24 if quick else 100
    for symmetric, (profit, spread_of_profit, of_inventory) in STATED.items():
        found = np.array([_session(symmetric, seed) for seed in range(paths)])
        case = "symmetric" if symmetric else "leaning against inventory"
        if not symmetric:
            mean, error = mean_and_error(found[:, 2])
            yield row(ID, case, "mean spread", SPREAD, mean, three_errors(error, digit=DIGIT), error)
        mean, error = mean_and_error(found[:, 0])
        published = spread_of_profit / np.sqrt(PATHS)
        yield row(ID, case, "profit", profit, mean, three_errors(error, published, 0.1), error)
        for statistic, stated, sample, digit in (
            ("standard deviation of profit", spread_of_profit, found[:, 0], 0.1),
            ("standard deviation of inventory", of_inventory, found[:, 1], 0.01),
        ):
            error = _error_of_deviation(paths, stated)
            tolerance = three_errors(error, _error_of_deviation(PATHS, stated), digit)
            yield row(ID, case, statistic, stated, float(np.std(sample, ddof=1)), tolerance, error)


def _error_of_deviation(count: int, deviation: float) -> float:
    """Standard error of a standard deviation of so many draws, nearly normal."""
    return deviation / float(np.sqrt(2.0 * (count - 1)))


def _session(symmetric: bool, seed: int) -> tuple[float, float, float]:
    """Profit of a session, inventory at its end, and mean spread quoted."""

    def measure(market: Watched) -> tuple[float, float, float]:
        tables = market.world.tables
        maker = market.account("market_maker")
        account = int(tables.option_markets["first_account"][0]) + maker
        held = float(tables.option_positions["quantity"][int(tables.option_accounts["positions"][account])])
        worth = float(tables.prices[1] - tables.options["strike"][CALL])
        quote = tables.option_quotes[CALL]
        wide = float(quote["ask"] - quote["bid"])
        return float(tables.option_accounts["cash"][account]) + held * worth, held, wide

    market = Watched(_config(symmetric), seed, measure)
    market.run()
    session = np.array(market.measured)
    before, during = session[0], session[1 : STEPS + 1]  # in the first block margin is paid in
    return float(during[-1, 0] - before[0]), float(during[-1, 1] - before[1]), float(during[:, 2].mean())


def _config(symmetric: bool) -> MarketConfig:
    """One maker, one stream of orders, and a price whose standard deviation over the session is SIGMA."""
    session_s = STEPS * SLOT_S
    volatility = SIGMA / PRICE * float(np.sqrt(YEAR_S / session_s))
    quoting = {
        "risk_aversion": AVERSION, "decay": DECAY, "session_s": session_s, "symmetric": symmetric,
        "volatility": volatility, "series": (CALL,),
    }  # fmt: skip
    flow = {"chance": RATE / STEPS, "decay": DECAY}
    cast: list[tuple[Any, str, dict[str, Any]]] = [
        ("market_maker", "avellaneda_stoikov", quoting), ("trader", f"{__name__}:Orders", flow),
    ]  # fmt: skip
    agents = [
        AgentConfig(
            role=role, strategy=strategy, capital_usd=RICH_USD, latency_s=0.01, latency_spread_s=0.0,
            parameters=parameters,
        )
        for role, strategy, parameters in cast
    ]  # fmt: skip
    chain = OptionsConfig(expiries_s=(EXPIRY_S,), strikes=2, step=20.0, fee_bp=0.0)
    home = rollup("one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), options=(chain,), block_time_s=SLOT_S)
    config = still(
        [home], [asset("ETH", PRICE, volatility)], agents, horizon_s=session_s + 2.0 * SLOT_S,
        prices=PriceConfig(kind="gbm", step_s=SLOT_S),
    )  # fmt: skip
    return config.model_copy(
        update={"regime": RegimeConfig(name="new quotes first", ordering={"kind": "cancel_first"})}
    )
