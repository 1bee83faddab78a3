"""Quotes to traders of whom some know more: a spread without any risk, cost or profit.

Source: L. Glosten and P. Milgrom (1985), Bid, ask and transaction prices in a specialist market with heterogeneously
informed traders, Journal of Financial Economics 14, 71-100. A value is 0 or 1, 1 with chance p; a share a of traders
know it, the others buy or sell at random. The ask is p (1+a) / (1 + a (2p-1)), the bid p (1-a) / (1 - a (2p-1)): at
p = 1/2 the spread is a, and nobody gains from the maker on average.

The value is the price outside, which has risen or fallen by a jump since the oracle on the rollup last posted: the
maker goes by the oracle, whoever knows by the price outside. The instrument is a call whose strike is next to nothing.
A maker that knows neither a nor p, and only moves its spread until it earns nothing, comes to the same at p = 1/2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.base import Trader
from agents.means.option_accounts import Margin
from experiments.validation._markets import Watched, asset, intents, pool, rollup, still
from experiments.validation._rows import mean_and_error, row, three_errors
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.config import AgentConfig, MarketConfig, OptionsConfig, OracleConfig
from market.intents.rows import Status
from market.venues import Kind

ID = "M15"
TITLE = "Quotes to informed traders"

PRICE, JUMP_BP, SHARE, CALL, EXPIRY_S, RICH_USD = 100.0, 50.0, 0.3, 0, 1e7, 1e7
JUMP = 1e-4 * JUMP_BP
EXACT = 1e-4  # what the strike of the call, 4.5e-5 of the price, is off by


class Crowd(Trader):
    """One trader in each slot but those in which the oracle posts; some know whether the price has risen.

    Parameters
    ----------
    informed_share
        of traders, who know [1]
    cycle
        slots from one post to the next [1]
    """

    def __init__(self, seat: Seat, informed_share: float = 0.3, cycle: int = 6) -> None:
        super().__init__(seat)
        self.share, self.cycle = informed_share, cycle
        self.margin = Margin(0.5)

    def act(self, seen: Observation, desk: Desk) -> None:
        """Draw whether who comes knows, and what the others do."""
        knows, buys = self.rng_own.random(2) < (self.share, 0.5)
        if not self.margin.pay_in(seen, desk, 0) or seen.slot % self.cycle == 0:
            return
        if knows:
            buys = bool(seen.prices[1] > seen.feeds["price"][int(seen.option_markets["feed"][0])])
        given, taken = (0, 1) if buys else (1, 0)
        desk.submit(Kind.OPTION_TRADE, 0, 0, 1.0, target=CALL, asset_in=given, asset_out=taken, expires_s=0.5)


class Posted(Watched):
    """A market in which the oracle posts in every so many slots, whereupon the price rises or falls by a jump."""

    def __init__(self, config: MarketConfig, seed: int, prior: float, cycle: int) -> None:
        super().__init__(config, seed, _look)
        slots, start = int(config.horizon_s), self.domains[0].phase
        rose = np.random.default_rng((seed, 15)).random(slots // cycle + 1) < prior
        posted = PRICE * np.cumprod(np.append(1.0, np.where(rose, 1.0 + JUMP, 1.0 - JUMP)))
        self._steps = np.log(posted[1:] / posted[:-1]).tolist()
        self._jumped = 0
        posts = intents(self, rose.size, "oracle", kind=Kind.ORACLE_UPDATE, venue=0, rollup=0)
        posts["amount"] = posted[:-1]
        posts["sent"] = posts["arrival"] = start + cycle * np.arange(rose.size) - 0.5
        posts["sent"][0] = posts["arrival"][0] = 0.0
        self.mempool.submit(posts)
        for at in range(rose.size):
            self.schedule_event(self.jump, at=start + cycle * at + 0.5)

    def jump(self) -> None:
        """Let the price rise or fall."""
        self.path.shift(1, self._steps[self._jumped])
        self._jumped += 1


def _look(market: Watched) -> tuple[float, ...]:
    """Bid and ask as shares of the way from the fallen to the risen price, half spread, price, what is posted, time."""
    tables = market.world.tables
    posted, price = float(tables.feeds["price"][0]), float(tables.prices[1])
    quote, strike = tables.option_quotes[CALL], float(tables.options["strike"][CALL])
    bid, ask = (
        (float(quote[side]) + strike - posted * (1.0 - JUMP)) / (2.0 * JUMP * posted) for side in ("bid", "ask")
    )
    maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
    half = float(maker.halves[0][0]) if getattr(maker, "halves", {}) else float("nan")
    return bid, ask, half, price, posted, market.time


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Two priors for the one who believes, and the one who learns; `quick` takes fewer slots."""
    for prior in (0.5, 0.7):
        yield from _believing(prior, 1200 if quick else 6000)
    slots, seeds = (1000, 6) if quick else (4000, 8)
    spreads = [_learned(slots, seed) for seed in range(seeds)]
    mean, error = mean_and_error(np.array(spreads))
    yield row(ID, "learned, p=0.5", "spread", SHARE, mean, three_errors(error), error)


def _believing(prior: float, slots: int, cycle: int = 6) -> Iterator[dict[str, Any]]:
    """First quotes after a post, what they turn out to have been worth, and gains of all trades."""
    maker = {"jump_bp": JUMP_BP, "informed_share": SHARE, "prior": prior, "series": (CALL,)}
    market = Posted(_config("glosten_milgrom", maker, cycle, slots), 1, prior, cycle)
    market.run()
    case, q = f"p={prior:g}", 2.0 * prior - 1.0
    known = {"bid": prior * (1 - SHARE) / (1 - SHARE * q), "ask": prior * (1 + SHARE) / (1 + SHARE * q)}
    measured, done = np.array(market.measured), market.rows
    trades = done[(done["kind"] == Kind.OPTION_TRADE) & (done["status"] == Status.FILLED)]
    slot = np.round(trades["executed"] - market.domains[0].phase).astype(int)
    block = np.searchsorted(measured[:, 5], trades["executed"])
    first, rose = slot % cycle == 1, measured[block, 3] > measured[block, 4]
    for at, (side, expected) in enumerate(known.items()):
        quoted = measured[block[first], at]
        yield row(ID, case, f"first {side}", expected, float(quoted.mean()), EXACT)
        mine = first & ((trades["asset_in"] == 0) == (side == "ask"))
        share, error = mean_and_error(rose[mine].astype(float))
        yield row(ID, case, f"rises behind trades at the first {side}", expected, share, three_errors(error), error)
    worth = measured[block, 3] - float(market.world.tables.options["strike"][CALL])
    sign = np.where(trades["asset_in"] == 0, 1.0, -1.0)
    gain = sign * (trades["filled_in"] - worth) / (2.0 * JUMP * measured[block, 4])
    sessions = np.bincount(slot // cycle, gain)
    mean, error = mean_and_error(sessions)
    yield row(ID, case, "maker's gain between two posts", 0.0, mean, three_errors(error), error)


def _learned(slots: int, seed: int) -> float:
    """Spread that a maker has learned who earns nothing, over the second half of a run."""
    maker = {"by_oracle": True, "first_bp": 2.0 * JUMP_BP, "edges": (0.0,), "series": (CALL,)}
    market = Posted(_config("zero_profit", maker, 2, slots), seed, 0.5, 2)
    market.run()
    return float(np.array(market.measured)[slots // 2 :, 2].mean() / JUMP)


def _config(strategy: str, maker: dict[str, Any], cycle: int, slots: int) -> MarketConfig:
    """One maker and one stream of traders; the oracle posts only what is handed in."""
    cast: list[tuple[Any, str, dict[str, Any]]] = [
        ("market_maker", strategy, maker),
        ("trader", f"{__name__}:Crowd", {"informed_share": SHARE, "cycle": cycle}),
    ]
    agents = [
        AgentConfig(
            role=role, strategy=name, capital_usd=RICH_USD, latency_s=0.01, latency_spread_s=0.0, parameters=parameters
        )
        for role, name, parameters in cast
    ]
    chain = OptionsConfig(expiries_s=(EXPIRY_S,), strikes=2, step=20.0, fee_bp=0.0)
    home = rollup(
        "one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), options=(chain,), block_time_s=1.0,
        oracle=OracleConfig(deviation_bp=1e9, heartbeat_s=1e9),
    )  # fmt: skip
    return still([home], [asset("ETH", PRICE)], agents, horizon_s=float(slots))
