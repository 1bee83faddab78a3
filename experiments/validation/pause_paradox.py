"""The paradox of the pause: stopping everybody but liquidators multiplies liquidations, or leaves bad debt.

Derived. The outside price has fallen by eps and stays there; liquidation prices have density g below the pool's price
before (see `cascade`). Where arbitrage restores the pool between two readings of the oracle that reads it, g eps is
liquidated. Where arbitrage is paused, the cascade runs its course: d of `cascade`. In between, K waves of it
before the arbitrage sell g eps (1 + psi + ... + psi^(K-1)) to first order, (1 - psi^K) / (1 - psi) times one wave.

An oracle that reads the outside price lets a pause change nothing about who can be liquidated. But nobody refills the
pool: seizing q units at a bonus i and selling them on a pool of X returns (1 + i) / (1 + q / X) of the repayment, so
that a loan with q / X above i is not worth liquidating whole, and small ones stop being so at (1 + q / X)^2 = 1 + i in
total. What is not liquidated becomes bad debt when the price has fallen on by the time the pause ends.

The breaker pauses who is not exempt for a time after the first wave; a block is longer than an arbitrageur's patience,
so that the arbitrage after a pause is one that knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._cascades import BONUS, ETH, PRICE_USD, THRESHOLD, USD, Crowd, liquidated, place, pools_fall
from experiments.validation._markets import Watched, asset, bisect, execute, intents, set_reserves, still, trader
from experiments.validation._rows import mean_and_error, row
from experiments.validation.cascade import final_drop
from market import regimes
from market.config import OracleConfig, RegimeConfig
from market.intents.rows import Status
from market.venues import Kind
from market.venues.lending.at_risk import unhealthy

ID = "M10"
TITLE = "The pause paradox"

RESERVE, SHOCK, SPREAD = 1000.0, 0.01, 0.08
POSITIONS, SEEDS, QUICK_SEEDS = 20_000, 20, 4
RELATIVE = 0.03
BLOCK_S = 10.0  # longer than the 5 s after which an arbitrageur's intent expires
WAVE_BLOCKS = 2  # the oracle posts in one block, liquidators take what that allows in the next
FOREVER_S = 1e6
FIRST, SECOND = 0.12, 0.15  # two falls of the log price, the second at the end of the pause
FALLEN = Crowd(RESERVE, 0.8, FIRST + SECOND, 8_000)  # few enough to be looked at in one block
TAKEN = 0.9
"""The breaker goes off at this part of the first wave: at that one, and at no later one, which are smaller."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Amplification with and without a pause at two densities, then the oracle that reads the outside price."""
    seeds = QUICK_SEEDS if quick else SEEDS
    for psi in (0.5, 0.8):
        crowd = Crowd(RESERVE, psi, SPREAD, POSITIONS)
        for name, pause_s, expected in _pauses(psi):
            found = np.array([_amplification(crowd, pause_s, seed) for seed in range(seeds)])
            mean, error = mean_and_error(found)
            yield row(ID, f"psi={psi:g}, {name}", "amplification", expected, mean, RELATIVE * expected, error)
    yield from _whole()
    yield from _stall(seeds)


def _pauses(psi: float) -> Iterator[tuple[str, float, float]]:
    """Name, length of the pause after the first wave [s], and amplification."""
    yield "no pause", 0.0, 1.0
    for waves in (2, 3):
        # the arbitrage that follows wave K comes 2 K - 1 blocks after the first wave
        pause = (WAVE_BLOCKS * waves - 1.5) * BLOCK_S
        yield f"pause of {waves} waves", pause, (1.0 - psi**waves) / (1.0 - psi)
    yield "paused for good", FOREVER_S, final_drop(psi, SHOCK) / SHOCK


def paused(pause_s: float, threshold_usd: float) -> RegimeConfig:
    """Return a siloed regime whose breaker lets liquidations and the oracle pass."""
    breaker = {
        "kind": "liquidation_volume", "threshold_usd": threshold_usd, "window_s": 0.5 * BLOCK_S, "pause_s": pause_s,
        "exempt": ("oracle",),
    }  # fmt: skip
    return regimes.load("siloed").model_copy(update={"breaker": breaker})


def _amplification(crowd: Crowd, pause_s: float, seed: int) -> float:
    """Liquidated collateral over density and shock, with the outside price at the shocked level."""
    spot, agents = place("one", crowd, SHOCK, block_time_s=BLOCK_S)
    first = crowd.density * SHOCK * PRICE_USD * THRESHOLD
    market = _market(crowd, spot, agents, paused(pause_s, TAKEN * first), 60 if pause_s < FOREVER_S else 120, seed)
    market.run()
    return liquidated(market, 0) / (crowd.density * SHOCK)


def _market(crowd: Crowd, spot, agents, regime: RegimeConfig, blocks: int, seed: int, shock: float = SHOCK) -> Watched:
    """A pool about to fall by the shock, an outside market where the price has fallen already, and an arbitrageur."""
    arbitrage = trader("arbitrageur", 1e9, cycles=False, least_usd=0.0)
    config = still(
        [spot], [asset("ETH", PRICE_USD)], (*agents, arbitrage), horizon_s=blocks * BLOCK_S, outside_fee_bp=0.0
    ).model_copy(update={"regime": regime})
    market = Watched(config, seed)
    market.path.shift(ETH, -shock)
    market.world.tables.prices[ETH] = market.path.current[ETH]
    pools_fall(market, [crowd], shock)
    return market


# -- an oracle that reads the outside price ----------------------------------------------------------------------------


def _whole() -> Iterator[dict[str, Any]]:
    """The largest loan, relative to the pool, that repays a liquidator who takes it whole and sells what it seizes."""
    crowd = Crowd(RESERVE, 0.5, SPREAD, 1)

    def pays(share: float) -> bool:
        spot, _ = place("one", crowd, 0.0)
        market = Watched(still([spot], [asset("ETH", PRICE_USD)]), seed=0)
        tables = market.world.tables
        tables.loans["collateral"][0] = RESERVE * share
        tables.loans["debt"][0] = RESERVE * share * PRICE_USD * THRESHOLD * (1.0 + 1e-9)
        tables.balance[int(tables.lending["account"][0]), 0, ETH] = RESERVE * share
        set_reserves(market, 0, np.array([RESERVE, RESERVE * PRICE_USD]))
        repaid = RESERVE * share * PRICE_USD / (1.0 + BONUS)
        bundle = intents(market, 2, "retail", rollup=0, venue=0, bundle=0)
        bundle["kind"], bundle["target"] = (int(Kind.LIQUIDATE), int(Kind.SWAP)), (0, -1)
        bundle["asset_in"], bundle["asset_out"] = (USD, ETH), (ETH, USD)
        bundle["amount"] = repaid, RESERVE * share * (1.0 - 1e-12)
        bundle["limit"] = 0.0, repaid
        return bool((execute(market, bundle)["status"] == Status.FILLED).all())

    found = bisect(lambda share: not pays(share), 1e-4, 0.5, 30)
    yield row(ID, "external oracle, one loan", "q/X where it stops paying", BONUS, found, 1e-6)


def _stall(seeds: int) -> Iterator[dict[str, Any]]:
    """Many small loans under a fall of the outside price that the pool has followed, with a pause and without."""
    taken, can, lost = (np.zeros((2, seeds)) for _ in range(3))
    for seed in range(seeds):
        until = 0.0
        for at, pause_s in enumerate((20.5 * BLOCK_S, 0.0)):
            market = _falling(pause_s, seed)
            if pause_s:
                market.run_until(5 * BLOCK_S)
                until = max(market.domains[0].regime.breaker._memory.until.values())
            market.run_until(until)
            taken[at, seed] = liquidated(market, 0)
            can[at, seed] = _within_reach(market)
            market.path.shift(ETH, -SECOND)
            market.run()
            lost[at, seed] = market.world.tables.lending["bad_debt"][0]
    yield row(ID, "external oracle", "who can be liquidated: ratio", 1.0, (can[0] / can[1]).mean(), 0.0)
    stuck = RESERVE * (np.sqrt(1.0 + BONUS) - 1.0)
    everything = FALLEN.density * FIRST
    for name, sample, expected in (("paused", taken[0], stuck), ("no pause", taken[1], everything)):
        mean, error = mean_and_error(sample)
        yield row(ID, f"external oracle, {name}", "taken, units", expected, mean, RELATIVE * expected, error)
    # a loan that the stall left is taken at the second price: its collateral repays that much less
    fall = PRICE_USD * float(np.exp(-FIRST) - np.exp(-FIRST - SECOND))
    expected = (everything - stuck) * fall / (1.0 + BONUS)
    mean, error = mean_and_error(lost[0] - lost[1])
    yield row(ID, "external oracle, pause less none", "bad debt, USD", expected, mean, RELATIVE * expected, error)


def _falling(pause_s: float, seed: int) -> Watched:
    """A pool that falls with the outside price at once, and an oracle that reads the latter."""
    oracle = OracleConfig(source="external", deviation_bp=1.0, heartbeat_s=1e6, delay_s=0.0)
    spot, agents = place("one", FALLEN, FIRST, block_time_s=BLOCK_S, oracle=oracle)
    return _market(FALLEN, spot, agents, paused(pause_s, 1.0), 300, seed, FIRST)


def _within_reach(market: Watched) -> int:
    """Number of loans that were liquidated, at least in part, or can be."""
    found = np.zeros(FALLEN.borrowers, np.int64)
    reached = market.world.tables.loans["collateral"] < FALLEN.each * (1.0 - 1e-12)
    reached[found[: unhealthy(market.world.state, 0, found)]] = True
    return int(reached.sum())
