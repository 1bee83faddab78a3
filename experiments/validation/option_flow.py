"""Flow without intelligence leaves the smile flat; a flow that herds makes it steeper.

Source: Zhang, Liu and Xu (2014), Economic Modelling, for the finding. Derived: a maker that raises a strike's
volatility as its options are bought, and lowers it as they are sold, rests where as many buy as sell. Traders without
intelligence who draw a series and a side evenly, and think volatilities right whose law has one median and is
symmetric, do so at that median, whatever the strike: the smile is flat in the mean, and what it is off at a moment is
chance. Those who do again what was last done pile up on a strike, and what it is off grows.

Steepness is the standard deviation of volatilities over strikes at a moment, over the second half of a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, rollup, still
from experiments.validation._options import MAKER, agent
from experiments.validation._rows import mean_and_error, row, three_errors
from market.config import OptionsConfig, OracleConfig
from market.settings import DAY_S

ID = "K15"
TITLE = "Smiles made by flow"

PRICE, MEDIAN, STRIKES, STEP, EXPIRY_S = 100.0, 0.8, 5, 0.1, 30.0 * DAY_S
PER_S, HERDING, HORIZON_S = 1.0, 0.5, 1200.0


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Volatilities by strike without herding, then what herding does to their steepness at the same seeds."""
    seeds = range(101, 121 if quick else 141)
    plain, herd = (np.array([_smiles(share, seed) for seed in seeds]) for share in (0.0, HERDING))
    level = plain.mean(axis=1)
    for strike in range(STRIKES):
        mean, error = mean_and_error(level[:, strike])
        case = f"no herding, strike {strike + 1} of {STRIKES}"
        yield row(ID, case, "volatility that flow leaves", MEDIAN, mean, three_errors(error), error)
    middle = STRIKES // 2
    wings, slope = level[:, [0, -1]].mean(axis=1) - level[:, middle], level[:, -1] - level[:, 0]
    for statistic, sample in (("wings less the middle", wings), ("highest less lowest strike", slope)):
        mean, error = mean_and_error(sample)
        yield row(ID, "no herding", statistic, 0.0, mean, three_errors(error), error)
    steeper = herd.std(axis=2).mean(axis=1) - plain.std(axis=2).mean(axis=1)
    mean, error = mean_and_error(steeper)
    case = f"{HERDING:.0%} herd"
    yield row(ID, case, "steeper by 3 s.e. (1: yes)", 1.0, float(mean > 3.0 * error), 0.0, error)


def _smiles(herding: float, seed: int) -> np.ndarray:
    """Volatilities by strike after each block of the second half of a run: shape (blocks, strikes)."""
    chain = OptionsConfig(expiries_s=(EXPIRY_S,), strikes=STRIKES, step=STEP, volatility=MEDIAN, fee_bp=0.0)
    home = rollup("one", options=(chain,), block_time_s=1.0, oracle=OracleConfig(deviation_bp=0.0, delay_s=0.0))
    agents = [
        agent(MAKER, "flow_learner", volatility=MEDIAN),
        agent("trader", "option_crowd", per_hour=3600.0 * PER_S, herding=herding, volatility=MEDIAN),
    ]

    def smile(market: Watched) -> np.ndarray:
        maker: Any = next(one for one in market.participants if one.role == MAKER)
        return maker.volatilities[0].copy() if maker.volatilities else np.full(STRIKES, np.nan)

    market = Watched(still([home], [asset("ETH", PRICE)], agents, horizon_s=HORIZON_S), seed, smile)
    market.run()
    return np.array(market.measured[-int(HORIZON_S) // 2 :])
