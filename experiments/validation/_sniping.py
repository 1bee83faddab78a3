"""A maker of options, investors and snipers in a market whose price jumps away and back: what races for quotes cost.

The price of the underlying jumps by J, then back, then by another J, with a given chance in each slot: so it is about
where it began for ever, and a jump back is worth to a sniper what the jump away was. Investors trade one option at a
time, at random, and are slower than the maker, who is slower than the snipers. One maker learns the half spread at
which it earns nothing; it quotes one option on either side and puts up again what was taken. Of several investors who
come to one side of a series in one slot, one is served: the rate of investors is that of those who are. Like snipers,
they count on it that the maker puts up again what was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from agents.traders.option_racer import OptionRacer
from experiments.validation._markets import Watched, asset, pool, rollup, still
from market.config import AgentConfig, MarketConfig, MiningConfig, OptionsConfig, RegimeConfig
from market.intents.rows import Status
from market.venues import Kind

PRICE, MEAN, VOLATILITY, WEEK_S = 100.0, 0.5, 0.8, 604_800.0
RICH_USD = 1e8
SNIPER_S, MAKER_S, INVESTOR_S = 0.005, 0.02, 0.06
"""Mean delays, each drawn from half to one and a half times that: nobody ever overtakes who is faster on average."""
ORDERINGS: dict[str, dict[str, Any]] = {
    "first come": {"ordering": {"kind": "first_come"}},
    "cancellations first": {"ordering": {"kind": "cancel_first"}},
    "speed bump": {"ordering": {"kind": "speed_bump", "delay_s": 0.05}},
    "batch": {"ordering": {"kind": "uniform_price_batch", "withdrawable": True}},
    "priority fee": {"ordering": {"kind": "priority_fee"}},
    "sealed": {"ordering": {"kind": "first_come"}, "visibility": {"kind": "sealed"}},
}
"""Parts of the regimes."""


class Scene(NamedTuple):
    """What a market is made of: a chain, which of its series are quoted in which buckets of |delta|, and who trades."""

    strikes: int
    step: float
    series: tuple[int, ...]
    edges: tuple[float, ...]
    jumps: float  # chance of a jump in a slot [1]
    investors: float  # mean number of investors who are served in each quoted series and slot [1]
    tips: tuple[float, ...] = (0.0,)  # of each sniper: of what it snipes, the share that it tips [1]


class Jumping(Watched):
    """A market whose price jumps away and back; after every block it notes the maker's half spreads [USD]."""

    def __init__(self, config: MarketConfig, seed: int, chance: float) -> None:
        super().__init__(config, seed, _halves)
        rng = np.random.default_rng((seed, 7))
        start, step = self.domains[0].phase, self.domains[0].block_time
        slots = np.flatnonzero(rng.random(int(config.horizon_s / step)) < chance)
        jumps = rng.exponential(MEAN, slots.size) * rng.choice((-1.0, 1.0), slots.size)
        jumps[1::2] = 0.0
        self._levels = (PRICE + jumps).tolist()
        self._jumped = 0
        for slot in slots.tolist():
            self.schedule_event(self.jump, at=start + (slot + 0.5) * step)

    def jump(self) -> None:
        """Move the reference price to the next level."""
        level = self._levels[self._jumped]
        self._jumped += 1
        self.path.shift(1, float(np.log(level / self.path.current[1])))


def _halves(market: Watched) -> np.ndarray:
    maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
    return PRICE * maker.halves[0] if 0 in maker.halves else np.full(maker.edges.size, np.nan)


class Found(NamedTuple):
    """Of the second halves of runs: what the maker has learned, and what became of it."""

    halves: np.ndarray  # its half spread, by seed and bucket: shape (seeds, buckets) [USD]
    gains: np.ndarray  # of snipers in a slot, tips off: shape (seeds, snipers) [USD]
    tips: np.ndarray  # of all of them in a slot, to the sequencer: shape (seeds,) [USD]


def learned(
    scene: Scene, regime: str, slots: int, seeds: Sequence[int], mining: tuple[MiningConfig, ...] = ()
) -> np.ndarray:
    """Half spreads that the maker has learned, averaged over the second half of a run: shape (seeds, buckets) [USD].

    `mining` are programmes that pay for liquidity.
    """
    return sniped(scene, regime, slots, seeds, mining).halves


def sniped(scene: Scene, regime: str, slots: int, seeds: Sequence[int], mining: tuple[MiningConfig, ...] = ()) -> Found:
    """What :func:`learned` finds, with what snipers have gained by then on, and tipped."""
    halves, gains, tips = [], [], []
    for seed in seeds:
        config = _config(scene, regime, slots).model_copy(update={"mining": mining})
        market = Jumping(config, seed, scene.jumps)
        market.run()
        late = slots // 2
        halves.append(np.mean(market.measured[late:], axis=0))
        rows = np.concatenate(market.blocks[late:])
        rows = rows[(rows["kind"] == int(Kind.OPTION_TRADE)) & (rows["status"] == int(Status.FILLED))]
        # a sniper trades up to what an option is worth at the reference price
        gained = np.where(rows["asset_in"] == 0, 1.0, -1.0) * (rows["limit"] * rows["filled_out"] - rows["filled_in"])
        racers = [agent.account for agent in market.participants if isinstance(agent, OptionRacer)]
        own = [rows["sender"] == account for account in racers]
        count = len(market.measured) - late
        gains.append([float((gained - rows["tip"])[mine].sum()) / count for mine in own])
        tips.append(float(rows["tip"][np.any(own, axis=0)].sum()) / count)
    return Found(np.array(halves), np.array(gains), np.array(tips))


def _config(scene: Scene, regime: str, slots: int) -> MarketConfig:
    chain = OptionsConfig(
        expiries_s=(WEEK_S,), strikes=scene.strikes, step=scene.step, volatility=VOLATILITY, fee_bp=0.0
    )
    # a side is served with chance 1 - exp(-mean / 2); every series of the chain is drawn alike, quoted or not
    mean = -2.0 * float(np.log1p(-0.5 * scene.investors))
    investor = {
        "per_hour": 3600.0 * mean * 2 * scene.strikes, "mean_size": 1e4, "sell_share": 0.5,
        "slippage_bp": 9000.0, "margin_share": 0.5, "remembers": True,
    }  # fmt: skip
    snipers = [{"volatility": VOLATILITY, "tip_share": share} for share in scene.tips]
    maker = {"first_bp": 100.0, "edges": scene.edges, "series": scene.series, "volatility": VOLATILITY, "rate": 0.5}
    agents = (
        _agent("market_maker", "zero_profit", MAKER_S, maker),
        *(_agent("trader", "option_racer", SNIPER_S, sniper) for sniper in snipers),
        _agent("trader", "option_buyer", INVESTOR_S, investor),
    )
    home = rollup("one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, PRICE), options=(chain,), block_time_s=1.0)
    config = still([home], [asset("ETH", PRICE)], agents, horizon_s=float(slots))
    return config.model_copy(update={"regime": RegimeConfig(name=regime, **ORDERINGS[regime])})


def _agent(role: Any, strategy: str, latency_s: float, parameters: dict[str, Any]) -> AgentConfig:
    return AgentConfig(
        role=role, strategy=strategy, capital_usd=RICH_USD, latency_s=latency_s, latency_spread_s=0.0,
        parameters=parameters,
    )  # fmt: skip
