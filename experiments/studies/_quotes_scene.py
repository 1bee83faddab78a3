"""Four rollups on each of which a call is quoted, by a maker who learns to earn nothing; what is noted of it.

On each investors buy and sell, on the first the most; the price jumps, and a sniper takes what it leaves stale. So on
each rollup another half spread leaves nothing, and beyond some the maker stays away for a while.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from agents.traders.option_buyer import OptionBuyer
from market.config import (
    AgentConfig,
    AssetConfig,
    FlowConfig,
    JumpConfig,
    MarketConfig,
    MiningConfig,
    OptionsConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.intents.rows import Status
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.pricing.black import black
from market.settings import DAY_S, YEAR_S
from market.venues import Kind

PRICE, VOLATILITY, TENOR_S, BLOCK_S = 2500.0, 0.8, 7.0 * DAY_S, 1.0
SIZE = 10.0
"""Options of a quote on either side [1]."""
JUMPS_PER_S, JUMP_SD = 1.0 / 30.0, 0.003
INVESTORS_PER_S = (0.08, 0.04, 0.02, 0.01)
"""Investors who come to a rollup, half of them to either side of its quotes [1/s]."""
MOST_BP, PAUSE_S = 8.0, 60.0
"""Half spread beyond which the maker does not quote, and for how long [bp of the price, s]."""
PERIOD_S = 20.0
"""Time between two payments: somebody has always quoted since the last, unless the maker stays away [s]."""


def market(split: dict[str, Any], usd_per_hour: float, horizon_s: float) -> MarketConfig:
    """The market, with a programme that pays for quotes alone, split by a rule; none where it pays nothing.

    Everybody is rich: neither margin nor funds bind.
    """
    rollups = tuple(_rollup(f"r{at}") for at in range(len(INVESTORS_PER_S)))
    programme = MiningConfig(
        usd_per_hour=usd_per_hour or 1.0,
        period_s=PERIOD_S,
        split=split,
        quotes_share=1.0,
        within_bp=1.25 * MOST_BP,
    )
    maker = {
        "edges": (0.0,), "first_bp": 5.0, "most_bp": MOST_BP, "pause_s": PAUSE_S, "volatility": VOLATILITY,
        "size": SIZE, "series": (0,),
    }  # fmt: skip
    cast: list[tuple[Any, str, float, dict[str, Any]]] = [
        ("market_maker", "zero_profit", 0.02, maker),
        ("trader", "option_racer", 0.005, {"volatility": VOLATILITY}),
    ]
    for at, each in enumerate(INVESTORS_PER_S):
        investor = {
            "per_hour": 3600.0 * each, "mean_size": 1e4, "sell_share": 0.5, "slippage_bp": 5000.0, "series": (0,),
            "rollups": (f"r{at}",), "remembers": True,
        }  # fmt: skip
        cast.append(("trader", "option_buyer", 0.06, investor))
    agents = tuple(
        AgentConfig(
            role=role, strategy=strategy, capital_usd=1e10, latency_s=latency_s, latency_spread_s=0.0,
            parameters=parameters,
        )
        for role, strategy, latency_s, parameters in cast
    )  # fmt: skip
    return MarketConfig(
        horizon_s=horizon_s,
        assets=(AssetConfig(price_usd=PRICE, volatility=0.0),),
        prices=PriceConfig(kind="merton", jumps=JumpConfig(per_day=JUMPS_PER_S * DAY_S, mean=0.0, sd=JUMP_SD)),
        rollups=rollups,
        regime=RegimeConfig(name="shared", domains={"kind": "shared"}, block_time_s=BLOCK_S),
        flow=FlowConfig(per_second=0.0),
        agents=agents,
        mining=(programme,) if usd_per_hour else (),
    )


def _rollup(name: str) -> RollupConfig:
    """A rollup with a call at the money, of which the maker quotes as many as it likes, and a pool for its feed."""
    chain = OptionsConfig(expiries_s=(TENOR_S,), strikes=1, volatility=VOLATILITY, fee_bp=0.0, makers=1)
    pool = PoolConfig(depth_usd=1e7, fee_bp=5.0)
    return RollupConfig(name=name, pools=(pool,), options=(chain,), gas_usd=0.0, block_time_s=BLOCK_S)


class Quotes(Recorder):
    """Notes quotes, trades of investors and rewards from half of the horizon on, when spreads have settled.

    Attributes
    ----------
    quoted : list of (rollups,) arrays
        underlying of what is quoted on both sides, every second [USD]
    halves : list of (rollups,) arrays
        half spreads of these quotes over the price, nan where there are none [1]
    """

    def on_start(self, market: SequencerMarket) -> None:
        """Find the quotes of the calls, and who trades on them for a need of her own."""
        tables = market.world.tables
        maker = next(agent for agent in market.participants if agent.role == "market_maker")
        accounts = tables.option_markets["first_account"].astype(np.int64) + maker.account
        self._market = market
        self._at = tables.option_accounts["quotes"][accounts].astype(np.int64)
        self._series = tables.option_quotes["series"][self._at].astype(np.int64)
        self._investors = [agent.account for agent in market.participants if isinstance(agent, OptionBuyer)]
        self.quoted: list[np.ndarray] = []
        self.halves: list[np.ndarray] = []
        self._asked, self._cost = np.zeros(2), 0.0  # what investors asked for and got [options]; what it cost [USD]
        self._traded = 0.0  # underlying of that [USD]
        self._paid = np.zeros(self._at.size)

    @property
    def _settled(self) -> bool:
        return self._market.time >= 0.5 * self._market.config.horizon_s

    def on_second(self, market: SequencerMarket) -> None:
        """Look at the quotes; at the half, at what has been paid so far."""
        tables = market.world.tables
        if not self._settled:
            self._paid = self._rewards()
            return
        quotes, price = tables.option_quotes[self._at], float(tables.prices[1])
        size = np.minimum(quotes["bid_size"], quotes["ask_size"])
        self.quoted.append(size * price)
        self.halves.append(np.where(size > 0.0, 0.5 * (quotes["ask"] - quotes["bid"]) / price, np.nan))

    def on_block(self, slot: Any) -> None:
        """Add what investors asked for, what they got, and what that cost over what it was worth."""
        if not self._settled:
            return
        rows = slot.rows[(slot.rows["kind"] == int(Kind.OPTION_TRADE)) & np.isin(slot.rows["sender"], self._investors)]
        price = float(self._market.world.tables.prices[1])
        for row in rows[rows["status"] != Status.PENDING]:
            self._asked += 1.0, float(row["status"] == Status.FILLED)
            if row["status"] == Status.FILLED:
                side, size = (1.0 if row["asset_in"] == 0 else -1.0), float(row["filled_out"])
                self._cost += side * (float(row["filled_in"]) - size * self._worth(int(row["target"]), price))
                self._traded += size * price

    def _worth(self, series: int, price: float) -> float:
        row = self._market.world.tables.options[series]
        years = (float(row["expires"]) - self._market.time) / YEAR_S
        return black(price, float(row["strike"]), years, VOLATILITY, 0.0, 0.0, True).price

    def _rewards(self) -> np.ndarray:
        """What has been paid for each rollup since the start [USD]."""
        fields = self._market.world.tables.mining_rollups
        return fields["paid"].copy() if len(fields) else np.zeros(self._at.size)

    def found(self) -> dict[str, float]:
        """Quotes, half spreads with what would leave nothing at what is paid, and what investors paid and got."""
        quoted, seconds = np.mean(self.quoted, axis=0), 0.5 * self._market.config.horizon_s
        there = np.isfinite(self.halves)
        counts = there.sum(axis=0)
        halves = np.where(there, self.halves, 0.0).sum(axis=0) / np.where(counts, counts, np.nan)
        per_s = (self._rewards() - self._paid) / seconds
        parts = quoted / quoted.sum()
        return {
            "depth_usd": float(quoted.sum()),
            **{f"share_{at}": float(part) for at, part in enumerate(parts)},
            **{f"half_{at}_bp": 1e4 * float(half) for at, half in enumerate(halves)},
            **{f"known_{at}_bp": known_bp(at, float(paid)) for at, paid in enumerate(per_s)},
            "cost_bp": 1e4 * self._cost / self._traded if self._traded > 0.0 else float("nan"),
            "demand_usd": self._traded,
            "served": float(self._asked[1] / self._asked[0]) if self._asked[0] else float("nan"),
        }


def known_bp(rollup: int, usd_per_s: float) -> float:
    """Half spread that leaves nothing on a rollup where quotes are paid so much [bp of the price], 0 if none does.

    That of what is known of sniping with rewards for quotes (K7, M18): a h + rho = b E(|dC| - h)+, with investors who
    are served a, jumps b, both a slot, and rewards rho by quoted option and slot, all over the price, at the price and
    time of the listing; jumps of the log price are normal.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    chance, years = weights / weights.sum(), TENOR_S / YEAR_S
    served = -2.0 * np.expm1(-0.5 * INVESTORS_PER_S[rollup] * BLOCK_S)  # one of several on a side and in a slot
    values = np.array(
        [black(spot, 1.0, years, VOLATILITY, 0.0, 0.0, True).price for spot in [1.0, *np.exp(JUMP_SD * nodes).tolist()]]
    )
    moves, paid = np.abs(values[1:] - values[0]), usd_per_s * BLOCK_S / (SIZE * PRICE)

    def left(half: float) -> float:
        return served * half + paid - JUMPS_PER_S * BLOCK_S * float(chance @ np.maximum(moves - half, 0.0))

    if left(0.0) >= 0.0:
        return 0.0
    found: Any = brentq(left, 0.0, 1.0)
    return 1e4 * float(found)
