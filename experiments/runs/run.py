"""One run: a configuration and a seed in, a flat dictionary of outcomes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import mesa  # noqa: F401 - it looks up who imports it, which takes long where much is loaded and calls are deep

from agents.population import Population
from experiments.runs import machine
from experiments.runs.needs import Needs, estimate
from market.config import MarketConfig
from market.errors import AccountingError, StrategyError
from market.interrupts import OutOfTime, told_apart
from market.measures import suspects
from market.measures.outcomes import outcomes
from market.measures.recorder import Recorder
from market.model import SequencerMarket


def run_one(
    config: MarketConfig,
    seed: int,
    recorders: Iterable[Recorder] = (),
    before: Callable[[Needs], object] | None = None,
) -> dict[str, float | int | str]:
    """Run a market to its horizon.

    Parameters
    ----------
    config
        the market
    seed
        root of all streams of random numbers
    recorders
        what takes note of the run besides the totals
    before
        is told what the run will need once the market is founded, before it runs

    Returns
    -------
    dict
        outcomes by name, units as suffixes; `seconds` is the wall-clock time and the only entry that is not a function
        of configuration and seed

    Raises
    ------
    market.errors.InputError
        for input that no run can be made of, or for a run that needs more than the machine has
    market.errors.StrategyError
        for a strategy's or a recorder's fault
    market.errors.AccountingError
        where the books do not balance and nobody is to blame
    """
    began = time.perf_counter()
    needs = estimate(config)
    needs.check(machine.available())
    market: SequencerMarket | None = None
    with told_apart():
        try:
            market = SequencerMarket(config, seed, Population(config), recorders)
            if before is not None:
                before(needs)
            _to_the_end(market)
        except OutOfTime as error:  # while no strategy had its turn
            when = f"(slot {market.tally.slots}, " if market else "(before the first slot, "
            raise StrategyError(f"the market itself: {error} {when}seed {seed})") from error
    return outcomes(market) | {"seconds": time.perf_counter() - began}


def _to_the_end(market: SequencerMarket) -> None:
    """Run a market; where its books do not balance, find out who wrote to them."""
    try:
        market.run()
    except AccountingError as error:
        again = SequencerMarket(market.config, market.seed, Population(market.config))
        raise suspects.named(again, error, market.audit.balanced_at) from error
