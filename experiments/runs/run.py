"""One run: a configuration and a seed in, a flat dictionary of outcomes out."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable

from agents.population import Population
from experiments.runs import machine
from experiments.runs.needs import Needs, estimate
from market.config import MarketConfig
from market.errors import AccountingError, StrategyError
from market.execution import execute_block
from market.intents.rows import blank
from market.interrupts import OutOfTime, told_apart
from market.kernel import cache
from market.kernel.interpreted import interpreted
from market.kernel.warm import warm_marker
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


def warm(processes: int = 1) -> None:
    """Compile everything once, so that workers load it from the cache; nothing to do where that has been done.

    With two processes or more, one compiles what executes blocks while another compiles what writes them.
    """
    from experiments.markets.scenarios import reference
    from market import regimes

    done = warm_marker()
    if interpreted() or (done is not None and done.exists()):
        return
    if processes > 1:
        other = multiprocessing.get_context("spawn").Process(target=_warm_writing, daemon=True)
        other.start()
        _warm_execution()
        other.join()
    for name in regimes.names():
        config = reference(regime=regimes.load(name), quick=True)
        run_one(config.model_copy(update={"horizon_s": 6.0}), seed=0)
    # long enough for liquidations and for borrowers to act: they compile what a calm start does not
    run_one(reference(regime=regimes.load("siloed_extractive"), quick=True).model_copy(update={"horizon_s": 90.0}), 2)
    if done is not None:
        cache.write(done, b"")


def _small_market() -> SequencerMarket:
    from experiments.markets.scenarios import reference
    from market import regimes

    config = reference(regime=regimes.load("siloed_extractive"), quick=True).model_copy(update={"horizon_s": 6.0})
    return SequencerMarket(config, 0, Population(config))


def _warm_execution() -> None:
    """Compile the execution of blocks."""
    execute_block(_small_market().world.state, blank(1), 0.0, 0, 0)


def _warm_writing() -> None:
    """Compile everything else: a market whose blocks are written and never executed."""
    market = _small_market()
    market.execute = lambda slot: None  # type: ignore[method-assign]
    market.run()
