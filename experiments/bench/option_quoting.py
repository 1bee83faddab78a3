"""Speed of makers of options: ten of them make all quotes of two hundred series anew in every slot."""

from __future__ import annotations

from experiments.bench.timing import Measured, in_turns, per_unit
from market import regimes
from market.config import AgentConfig, FlowConfig, MarketConfig, OptionsConfig, PoolConfig, RollupConfig

EXPIRIES_S, STRIKES = tuple(days * 86_400.0 for days in (7.0, 14.0, 21.0, 28.0)), 25
MAKERS, SLOTS, BLOCK_S = 10, 1500, 2.0


def quoting_10_makers_us() -> Measured:
    """Time that ten makers of 200 options add to a slot, decisions, ordering and execution included [us]."""
    timings = in_turns({"none": _market(0), "ten": _market(MAKERS)})
    cost = per_unit(timings["none"], timings["ten"], SLOTS)
    return Measured(None if cost is None else cost * 1e6, max(timing.spread for timing in timings.values()))


def _market(makers: int) -> MarketConfig:
    """One rollup with the chain and no other flow; the price moves in every slot, so that every maker quotes in it."""
    chain = OptionsConfig(expiries_s=EXPIRIES_S, strikes=STRIKES, step=0.05, makers=MAKERS)
    maker = AgentConfig(
        role="market_maker", strategy="fixed_spread", count=makers, capital_usd=1e8, parameters={"move_bp": 0.0}
    )
    pool = PoolConfig(assets=("ETH", "USD"))
    return MarketConfig(
        horizon_s=SLOTS * BLOCK_S,
        rollups=(RollupConfig(name="one", block_time_s=BLOCK_S, pools=(pool,), options=(chain,)),),
        regime=regimes.load("centralized_shared"),
        flow=FlowConfig(per_second=0.0),
        agents=(maker,) if makers else (),
    )
