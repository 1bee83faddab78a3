"""One run: a configuration and a seed in, a flat dictionary of outcomes out."""

from __future__ import annotations

import time
from pathlib import Path

from agents.population import Population
from market import kernel_cache
from market.config import MarketConfig
from market.metrics import outcomes
from market.model import SequencerMarket


def run_one(config: MarketConfig, seed: int, tape: Path | None = None) -> dict[str, float | int | str]:
    """Run a market to its horizon.

    Parameters
    ----------
    config
        the market
    seed
        root of all streams of random numbers
    tape
        file to write every intent to

    Returns
    -------
    dict
        outcomes by name, units as suffixes; `seconds` is the wall-clock time and the only entry that is not a function
        of configuration and seed

    Raises
    ------
    market.errors.InputError
        for input that no run can be made of
    market.errors.StrategyError
        for a strategy's fault
    """
    began = time.perf_counter()
    market = SequencerMarket(config, seed, Population(config), tape)
    market.run()
    return outcomes(market) | {"seconds": time.perf_counter() - began}


def warm() -> None:
    """Compile everything once, so that workers load it from the cache; nothing to do where that has been done."""
    from experiments.scenarios import reference
    from market import regimes

    done = kernel_cache.choose() / f"warm-{kernel_cache.fingerprint()}"
    if done.exists():
        return
    for name in regimes.names():
        config = reference(regime=regimes.load(name), quick=True)
        run_one(config.model_copy(update={"horizon_s": 6.0}), seed=0)
    # long enough for liquidations and for borrowers to act: they compile what a calm start does not
    run_one(reference(regime=regimes.load("siloed_extractive"), quick=True).model_copy(update={"horizon_s": 90.0}), 2)
    done.touch()
