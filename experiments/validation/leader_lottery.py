"""Leader lotteries: runs of own slots, censorship up to forced inclusion, corrupt committees.

Every draw is one of the market's own stake lottery. Censored intents wait in a mempool, in markets with a sequencer
that leaves them out, an honest one, and a customer who hands in on L1 what a block has left out. The expected values
follow from independent slots: the waiting time for a run and the chance of one in a given stretch from the chain of
current run lengths, Feller (1968), An Introduction to Probability Theory and Its Applications I, XIII.7; the censored
slots from a truncated geometric law; a corrupt committee from the hypergeometric law, for members are drawn without
replacement, and from the binomial one, its limit for candidates without number. A promise is kept as long as bond times
chance of proof exceeds what breaking it earns, which two runs of the same block say: one broken, one kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from scipy import stats

from agents.base import Trader
from agents.sequencers.base import Sequencer
from experiments.validation._markets import Watched, asset, bisect, intents, pool, rollup, still, trader
from experiments.validation._rows import mean_and_error, row
from market.access.desk import Desk
from market.access.observation import BlockView, Observation
from market.access.protocols import Arrangement
from market.access.seat import Seat
from market.config import AgentConfig, RegimeConfig
from market.domain import Domain
from market.sequencing.leaders.stake_lottery import StakeLottery
from market.sequencing.ordering.base import EMPTY
from market.venues import Kind

ID = "A10"
TITLE = "Leader lotteries, censorship and corrupt committees"

BLOCK_S = 2.0
ERRORS = 4.0  # tolerance in standard errors: one row in 16,000 fails by chance
MANY = 10**8
"""Candidates of whom hardly any is drawn twice: the laws differ by some 16**2 / MANY of a chance."""


class Draws:
    """A stake lottery at work, without a market: who leads, slot after slot."""

    def __init__(self, stakes: tuple[float, ...], seed: int) -> None:
        self.lottery = StakeLottery(stakes=stakes).start()
        fields = SimpleNamespace(leaders=list(range(len(stakes))), rng=np.random.default_rng(seed), slot=0)
        self.domain = cast(Domain, fields)

    def led_by_first(self, slots: int) -> np.ndarray:
        """Whether the first sequencer led each of so many slots: shape (slots,), bool."""
        choose, domain = self.lottery.choose, self.domain
        return np.fromiter((choose(domain, 0.0) == 0 for _ in range(slots)), np.bool_, slots)

    def held(self, size: int, among: int, committees: int) -> np.ndarray:
        """Members of the first sequencer in each of so many committees: shape (committees,)."""
        return self.lottery.committee(self.domain, size, among, self.domain.rng, committees)[:, 0]


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` draws a fifth of the slots."""
    slots = 600_000 if quick else 3_000_000
    led = Draws((0.2, 0.5, 0.3), seed=10).led_by_first(slots)
    share = float(led.mean())
    yield row(ID, "p=.2", "share of slots led", 0.2, share, ERRORS * (0.16 / slots) ** 0.5, (0.16 / slots) ** 0.5)
    for k, expected in ((2, 30.0), (3, 155.0), (4, 780.0)):
        mean, error = mean_and_error(waits_for_run(led, k))
        yield row(ID, f"p=.2 k={k}", "slots until a run of k", expected, mean, ERRORS * error, error)
    yield _run_in_stretch(led, 4, 1000, 0.2)
    third = Draws((0.33, 0.33, 0.34), seed=11).led_by_first(slots // 3)
    for k in (2, 4):
        mean, error = mean_and_error(waits_for_run(third, k))
        expected = (1 - 0.33**k) / (0.33**k * 0.67)
        yield row(ID, f"p=.33 k={k}", "slots until a run of k", expected, mean, ERRORS * error, error)
    yield _run_in_stretch(third, 4, 100, 0.33)
    for q, deadline in ((0.2, 5), (0.5, 4), (0.8, 3), (0.5, 1000)):
        yield _censored(q, deadline, slots // 200)
    yield _deterred(detection=1.0)
    yield _deterred(detection=0.25)
    # The chance of the rarest case, 3e-5, needs that many committees.
    committees = slots // 3
    for q, expected in ((0.2, 3.26e-5), (0.33, 3.70e-3), (0.5, 0.105)):
        yield _corrupt(q, expected, committees)
    for q, among in ((0.5, 32), (0.375, 64), (0.5, 128)):
        yield _corrupt_of_few(q, among, committees)


def waits_for_run(led: np.ndarray, k: int) -> np.ndarray:
    """Slots from one completed run of k to the next, counting afresh after each: what is complete, shape (n,)."""
    waits, run, since = [], 0, 0
    for own in led.tolist():
        since += 1
        run = run + 1 if own else 0
        if run == k:
            waits.append(since)
            run = since = 0
    return np.array(waits)


def chance_of_run(p: float, k: int, slots: int) -> float:
    """Chance of a run of at least k within so many slots, from the chain of current run lengths."""
    state = np.zeros(k)
    state[0] = 1.0
    for _ in range(slots):
        state = np.append((1.0 - p) * state.sum(), p * state[:-1])
    return float(1.0 - state.sum())


def _run_in_stretch(led: np.ndarray, k: int, slots: int, p: float) -> dict[str, Any]:
    stretches = led[: led.size // slots * slots].reshape(-1, slots)
    totals = np.cumsum(np.pad(stretches, ((0, 0), (1, 0))), axis=1)
    found = ((totals[:, k:] - totals[:, :-k]) == k).any(axis=1)
    mean, error = mean_and_error(found)
    expected = chance_of_run(p, k, slots)
    return row(ID, f"p={p} k={k}", f"chance of a run in {slots} slots", expected, mean, ERRORS * error, error)


class Refusing(Sequencer):
    """The first seat leaves out whatever others send, the second orders by arrival."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._refuses = seat.number == 0

    def arrange(self, seen: BlockView) -> Arrangement:
        """Order everything or nothing."""
        return EMPTY if self._refuses else super().arrange(seen)


class Customer(Trader):
    """Swaps once more as soon as its last swap is in a block; what a block leaves out it hands in on L1.

    So each wait is over before the next begins: they depend on different slots, and are independent.
    """

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.waits = False

    def act(self, seen: Observation, desk: Desk) -> None:
        """Send the next swap, or go around the sequencer."""
        if self.waits:
            desk.through_l1()
        else:
            desk.swap(0, 0, 1, 1.0, 0.0)
            self.waits = True

    def learn(self, receipts: np.ndarray) -> None:
        """It is in."""
        self.waits = False


def _censored(q: float, deadline: int, slots: int) -> dict[str, Any]:
    """Swaps that the first sequencer leaves out, and nobody can leave out once the deadline has passed."""
    market = _censorship(q, deadline, slots)
    market.run()
    rows = market.rows
    # a swap is sent right before a slot is sealed: it is censored in that slot and those until it is executed
    waits = np.floor((rows["executed"] - rows["sent"]) / BLOCK_S)
    mean, error = mean_and_error(waits)
    expected = q * (1.0 - q**deadline) / (1.0 - q)
    return row(ID, f"q={q} D={deadline}", "censored slots", expected, mean, ERRORS * error, error)


def _censorship(q: float, deadline: int, slots: int) -> Watched:
    """A market of so many slots in which an inbox on L1 forces in what was left out `deadline` times."""
    customer = f"{__name__}:{Customer.__name__}"
    base = still(
        [rollup("only", pool((1e3, 2.5e6), ("ETH", "USD"), 30.0, 2500.0))], [asset("ETH", 2500.0)],
        [AgentConfig(role="sequencer", strategy=f"{__name__}:{Refusing.__name__}"), trader(customer, 1e6)],
        horizon_s=slots * BLOCK_S,
    )  # fmt: skip
    regime = RegimeConfig(
        name="censor",
        leader={"kind": "stake_lottery", "stakes": [q, 1.0 - q]},
        ordering={"kind": "leader"},
        # it is handed in right before the second slot, and is to be forced into the last of `deadline` after the first
        forced_inclusion={"kind": "l1_inbox", "delay_s": (deadline - 1) * BLOCK_S, "layer1_block_s": 0.0},
        block_time_s=BLOCK_S,
    )
    return Watched(base.model_copy(update={"regime": regime}), seed=12)


def _deterred(detection: float) -> dict[str, Any]:
    """The largest bond that a leader forgoes for trading ahead of a user whom it promised a place."""
    broken, kept = (_promised(bond, detection) for bond in (0.0, 1e5))
    leader = broken.account("sequencer")
    earned = float(broken.profits.by_trading()[leader] - kept.profits.by_trading()[leader])

    def keeps(bond_usd: float) -> bool:
        return _promised(bond_usd, detection).domains[0].regime.preconfirmation.broken == 0

    found = bisect(keeps, 0.0, 1e5, 30)
    case = f"G={earned:.0f} USD detection={detection}"
    # the leader reckons that its second legs sell a hair less than the first ones bring
    return row(ID, case, "bond from which a promise is kept [USD]", earned / detection, found, 1e-5 * found)


def _promised(bond_usd: float, detection: float) -> Watched:
    """One block: a stale pool, a user on it with a promise, and a leader that breaks promises where that pays."""
    regime = RegimeConfig(
        name="promised", ordering={"kind": "leader"}, block_time_s=BLOCK_S,
        preconfirmation={"kind": "promise", "bond_usd": bond_usd, "bond_share": 1.0, "detection": detection},
    )  # fmt: skip
    leader = AgentConfig(role="sequencer", strategy="promise_breaker", parameters={"least_usd": 0.0})
    stale = pool((1e3, 2.45e6), ("ETH", "USD"), 30.0, 2500.0)
    base = still([rollup("only", stale)], [asset("ETH", 2500.0)], [leader], horizon_s=BLOCK_S, outside_fee_bp=0.0)
    market = Watched(base.model_copy(update={"regime": regime}), seed=15)
    market.mempool.submit(
        intents(market, 1, "retail", kind=Kind.SWAP, venue=0, asset_in=0, asset_out=1, amount=2e4, arrival=-1.0)
    )
    market.run()
    return market


def _corrupt(q: float, expected: float, committees: int) -> dict[str, Any]:
    draws = Draws((q, 1.0 - q), seed=13)
    corrupt = (draws.held(16, MANY, committees) >= 11).mean()
    exact = float(stats.binom.sf(10, 16, q))
    assert abs(exact / expected - 1.0) < 0.01  # the published figure, to its digits
    error = (exact * (1.0 - exact) / committees) ** 0.5
    return row(ID, f"q={q} t=11 n=16", "chance that a committee is corrupt", exact, corrupt, ERRORS * error, error)


def _corrupt_of_few(q: float, among: int, committees: int) -> dict[str, Any]:
    """A committee out of so few candidates that none of them being drawn twice makes a difference."""
    corrupt = (Draws((q, 1.0 - q), seed=14).held(16, among, committees) >= 11).mean()
    held = round(q * among)
    # ways to draw 11 to 16 of the candidates held, and the rest of the others, out of all ways
    ways = sum(math.comb(held, k) * math.comb(among - held, 16 - k) for k in range(11, 17))
    exact = ways / math.comb(among, 16)
    error = (exact * (1.0 - exact) / committees) ** 0.5
    case = f"q={q} t=11 n=16 N={among}"
    return row(ID, case, "chance that a committee is corrupt", exact, corrupt, ERRORS * error, error)
