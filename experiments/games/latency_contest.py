"""Contests for an opportunity that spans several rollups, under shared and under separate sequencing.

A prize is worth something only to whoever is first on all of its legs, one leg a rollup. A shared sequencer holds one
race for all legs; separate sequencers hold one race each, and what is spent on each is spent whether or not the others
are won. Contestants know the prize but not each other's outlay; each climbs the slope of its own payoff, leg by leg, as
it finds it by trying a little more and a little less. Every race goes through a rule of the market: the ticket lottery,
the first-come order, or the order by Timeboost score.

Source: A. Mamageishvili and J. C. Schlegel (2023), Shared sequencing and latency competition as a noisy contest, arXiv
2310.02390.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import njit
from scipy.special import ndtri

from agents.learning import gradient
from market.intents.rows import blank
from market.sequencing.auctions import tullock
from market.sequencing.ordering.base import first_come_order
from market.sequencing.ordering.timeboost_score import scores

LOTTERY, WINNER_PAYS, FIRST_COME, TIMEBOOST = range(4)
FORMS = {"lottery": LOTTERY, "winner_pays": WINNER_PAYS, "first_come": FIRST_COME, "timeboost": TIMEBOOST}
NOISES = ("logistic", "gaussian")


@dataclass(frozen=True)
class Contest:
    """A prize and the races for it.

    Parameters
    ----------
    form : str
        Key of `FORMS`. lottery: the chance to win is in proportion to effort**decisiveness and all pay; winner_pays:
        the same, and only the winner of a race pays; first_come: effort is time saved; timeboost: effort is a bid that
        counts as time saved, and all pay.
    players, legs : int
        Contestants, and rollups on which one must be first.
    shared : bool
        Whether one race decides all legs.
    value : float
        The prize V [USD].
    decisiveness : float
        Exponent r of the lottery.
    noise, scale_s : str, float
        Law of the arrival times: "logistic" (differences of two arrivals are logistic with this scale) or "gaussian"
        (each arrival has this standard deviation) [s].
    cost, curvature : float
        first_come: saving x seconds costs cost x**curvature / curvature [USD]; with curvature 0 a latency of t seconds
        costs cost / t, and effort means 1 / t.
    boost_s, half_usd : float
        timeboost: a bid of m counts as boost_s m / (m + half_usd) seconds.
    """

    form: str = "lottery"
    players: int = 2
    legs: int = 2
    shared: bool = False
    value: float = 1.0
    decisiveness: float = 1.0
    noise: str = "logistic"
    scale_s: float = 1.0
    cost: float = 1.0
    curvature: float = 2.0
    boost_s: float = 1.0
    half_usd: float = 1.0

    @property
    def races(self) -> int:
        """Number of races held for one prize."""
        return 1 if self.shared else self.legs

    def outlay(self, effort: np.ndarray | float) -> Any:
        """Cost of an effort before it is known who wins [USD]."""
        if self.form == "first_come" and self.curvature > 0.0:
            return self.cost * effort**self.curvature / self.curvature
        return self.cost * effort if self.form == "first_come" else effort

    def marginal(self, effort: float, chance: float) -> float:
        """Cost of a little more effort, as far as it does not depend on the rivals [USD per unit of effort]."""
        if self.form == "first_come":
            return self.cost * effort ** (self.curvature - 1.0) if self.curvature > 0.0 else self.cost
        return chance if self.form == "winner_pays" else 1.0

    def payoff(self, chances: np.ndarray, efforts: np.ndarray) -> np.ndarray:
        """Expected payoff [USD] from the chances to win each race and the efforts in it, races along the first axis."""
        paid = chances * efforts if self.form == "winner_pays" else self.outlay(efforts)
        return self.value * chances.prod(axis=0) - paid.sum(axis=0)


@cache
def _slopes(dimensions: int) -> np.ndarray:
    """Steps of the evenly spread sequence of Roberts (2018), (dimensions,): powers of the generalised golden ratio."""
    ratio = 2.0
    for _ in range(64):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    return ratio ** -np.arange(1.0, dimensions + 1)


def spread_draws(contest: Contest, count: int, offset: np.ndarray) -> np.ndarray:
    """Luck of `count` races, evenly spread: uniforms (count, 1) of a lottery or arrival noise (count, players) [s]."""
    if FORMS[contest.form] in (LOTTERY, WINNER_PAYS):
        return ((np.arange(count) + offset[0]) / count)[:, None]
    points = np.arange(1, count + 1)[:, None] * _slopes(contest.players) + offset[: contest.players]
    return _noise(contest, np.clip(points % 1.0, 1e-12, 1.0 - 1e-12))


def _noise(contest: Contest, uniform: np.ndarray) -> np.ndarray:
    if contest.noise == "gaussian":
        return contest.scale_s * ndtri(uniform)
    return contest.scale_s * np.log(-np.log(uniform))  # the least of two is logistic in the difference of their leads


@njit(cache=True, nogil=True)
def _winners(
    form: int,
    efforts: np.ndarray,
    lead: np.ndarray,
    numbers: np.ndarray,
    luck: np.ndarray,
    rows: Any,
    ties: np.ndarray,
    winners: np.ndarray,
) -> None:
    """Hold one race for each row of `luck` (races, 1 or players) and write who wins it into `winners` (races,)."""
    payments = np.empty(efforts.size)
    for k in range(winners.size):
        if form in (LOTTERY, WINNER_PAYS):
            winners[k] = tullock.settle(efforts, 0.0, luck[k, 0], payments, numbers[0])
            continue
        for i in range(efforts.size):
            rows[i].arrival = luck[k, i] - lead[i]
            rows[i].tip = efforts[i] if form == TIMEBOOST else 0.0
        if form == FIRST_COME:
            winners[k] = first_come_order(rows, ties)[0]
        else:
            winners[k] = np.argmax(scores(rows, numbers[1], numbers[2]))


def winners(contest: Contest, efforts: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Winner of each race, (races,), when the players make `efforts` (players,) and luck is as drawn."""
    efforts = np.ascontiguousarray(efforts, dtype=float)
    lead = np.zeros(efforts.size)
    if contest.form == "first_come":
        # no effort at a cost per 1 / latency is an infinite latency: never there
        lead = efforts if contest.curvature > 0.0 else -1.0 / np.maximum(efforts, 1e-12)
    numbers = np.array([contest.decisiveness, contest.boost_s, contest.half_usd])
    found = np.empty(luck.shape[0], np.int64)
    ties = np.linspace(0.0, 0.5, efforts.size)
    _winners(FORMS[contest.form], efforts, lead, numbers, luck, blank(efforts.size), ties, found)
    return found


def chance(contest: Contest, efforts: np.ndarray, player: int, luck: np.ndarray) -> float:
    """Share of races that a player wins at efforts (players,)."""
    return float((winners(contest, efforts, luck) == player).mean())


def learn(contest: Contest, seed: int, steps: int = 240, batch: int = 4096) -> np.ndarray:
    """Efforts that the contestants arrive at.

    Parameters
    ----------
    steps : int
        Number of steps; the result is the mean over the second half, in which the steps are small.
    batch : int
        Races held for each probe; both probes of a step share their luck.

    Returns
    -------
    (players, races) array of float
        Effort of each in each race [seconds, 1 / seconds or USD, by the form of the contest].
    """
    rng = np.random.default_rng(seed)
    x = _start(contest) * (0.5 + rng.random((contest.players, contest.races)))
    mean = np.zeros_like(x)
    for step in range(steps):
        luck = [spread_draws(contest, batch, rng.random(contest.players)) for _ in range(contest.races)]
        x = _step(contest, x, luck, 0.4 / (1.0 + 0.02 * step), 0.3 / (1 + step) ** 0.25)
        if 2 * step >= steps:
            mean += x / (steps - (steps + 1) // 2)
    return mean


def _start(contest: Contest) -> float:
    """Efforts around which contestants begin: a twentieth of the prize, or a fifth of the scale of the noise."""
    if contest.form != "first_come":
        return 0.05 * contest.value
    return 0.2 * contest.scale_s if contest.curvature > 0.0 else 0.2 / contest.scale_s


def _reach(contest: Contest, effort: float, width: float) -> float:
    """How far probes go: wide enough to be felt in the noise, and a part of the effort at most."""
    if contest.form == "first_come":
        return min(width * contest.scale_s, 0.3 * effort) if contest.curvature > 0.0 else width * effort
    return 1.4 * width * effort if contest.form == "timeboost" else 0.5 * width * effort


def _step(contest: Contest, x: np.ndarray, luck: list[np.ndarray], pace: float, width: float) -> np.ndarray:
    """Let every player climb in every race, all at the same time; `pace` is relative to the effort."""
    moved = x.copy()
    places = [winners(contest, x[:, race], luck[race]) for race in range(contest.races)]
    for i in range(contest.players):
        won = np.array([(place == i).mean() for place in places])
        for race in range(contest.races):
            prize = contest.value * np.delete(won, race).prod()
            reach, side = _reach(contest, x[i, race], width), []
            for effort in (x[i, race] + reach, x[i, race] - reach):
                probe = x[:, race].copy()
                probe[i] = effort
                share = chance(contest, probe, i, luck[race])
                side.append(
                    prize * share - (share * effort if contest.form == "winner_pays" else contest.outlay(effort))
                )
            rate = pace * x[i, race] / max(contest.marginal(x[i, race], won[race]), 1e-12)
            low, high = 0.5 * x[i, race], 2.0 * x[i, race]
            moved[i, race] = gradient.climb(x[i, race], side[0], side[1], reach, rate, low, high)
    return moved


def nash_conv(contest: Contest, efforts: np.ndarray, batch: int = 20_000, points: int = 33) -> float:
    """Sum over players of what the best deviation gains at efforts (players, races) [USD].

    Deviations are all combinations over the races of `points` efforts from none to three times one's own.
    """
    luck = spread_draws(contest, batch, np.full(contest.players, 0.5))
    scale = np.concatenate([[1.0], np.linspace(0.0, 3.0, points)])
    total = 0.0
    for i in range(contest.players):
        chances, own = np.empty((contest.races, scale.size)), efforts[i][:, None] * scale
        for race in range(contest.races):
            for at, effort in enumerate(own[race]):
                probe = efforts[:, race].copy()
                probe[i] = effort
                chances[race, at] = chance(contest, probe, i, luck)
        every = [grid.ravel() for grid in np.meshgrid(*([np.arange(scale.size)] * contest.races), indexing="ij")]
        payoffs = contest.payoff(
            np.stack([chances[race][at] for race, at in enumerate(every)]),
            np.stack([own[race][at] for race, at in enumerate(every)]),
        )
        total += float(payoffs.max() - payoffs[0])  # the first combination is to stay
    return total


@dataclass(frozen=True)
class Played:
    """Many prizes raced for: share that somebody won whole, and what was paid for each [USD]; both with errors."""

    realised: float
    realised_error: float
    paid: float
    paid_error: float


def play(contest: Contest, efforts: np.ndarray, prizes: int, seed: int, correlation: float = 0.0) -> Played:
    """Race for many prizes with random luck.

    Parameters
    ----------
    efforts : (players, races) array of float
        What the players do in each race.
    correlation : float
        Between one player's Gaussian arrival noise in any two races of a prize.
    """
    rng = np.random.default_rng(seed)
    common, won = _luck(contest, prizes, rng), []
    for race in range(contest.races):
        luck = _luck(contest, prizes, rng)
        if correlation:
            luck = np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * luck
        won.append(winners(contest, efforts[:, race], luck))
    whole = np.all([place == won[0] for place in won], axis=0)
    if contest.form == "winner_pays":
        paid = sum(efforts[place, race] for race, place in enumerate(won))
        total, spread = float(np.mean(paid)), float(np.std(paid))
    else:  # whatever the races bring
        total, spread = float(contest.outlay(efforts).sum()), 0.0
    share = float(whole.mean())
    return Played(share, float(np.sqrt(share * (1.0 - share) / prizes)), total, float(spread / np.sqrt(prizes)))


def _luck(contest: Contest, count: int, rng: np.random.Generator) -> np.ndarray:
    if FORMS[contest.form] in (LOTTERY, WINNER_PAYS):
        return rng.random((count, 1))
    return _noise(contest, np.clip(rng.random((count, contest.players)), 1e-300, None))


def equilibrium(contest: Contest) -> float:
    """Exact symmetric equilibrium effort in one race; with noise, of two players or with logistic differences.

    First-order conditions: the chance to win all the other races times the slope of the chance to win this one equals
    the slope of the outlay.
    """
    n, prize = contest.players, contest.value / contest.players ** (contest.races - 1)
    solve: dict[str, Callable[[], float]] = {
        "lottery": lambda: (n - 1) * contest.decisiveness * prize / n**2,
        "winner_pays": lambda: contest.decisiveness * (n - 1) * prize / (n + contest.decisiveness * (n - 1)),
        "first_come": lambda: _save_time(contest, prize * density(contest)),
        "timeboost": lambda: max(0.0, _boost(contest, prize * density(contest))),
    }
    return float(solve[contest.form]())


def density(contest: Contest) -> float:
    """Slope of the chance to win an even race, per second of lead [1/s]."""
    if contest.noise == "logistic":
        return (contest.players - 1) / (contest.players**2 * contest.scale_s)
    if contest.players != 2:
        raise ValueError("the exact slope with Gaussian noise is known for two players only")
    return 1.0 / (2.0 * contest.scale_s * np.sqrt(np.pi))


def _save_time(contest: Contest, slope: float) -> float:
    if contest.curvature > 0.0:
        return (slope / contest.cost) ** (1.0 / (contest.curvature - 1.0))
    return (slope / contest.cost) ** 0.5


def _boost(contest: Contest, slope: float) -> float:
    return (slope * contest.boost_s * contest.half_usd) ** 0.5 - contest.half_usd
