"""Contests for a prize that spans rollups, under shared and under separate sequencing.

In the spirit of A. Mamageishvili and J. C. Schlegel (2023), Shared sequencing and latency competition as a noisy
contest, arXiv 2310.02390; closed forms derived from the first-order conditions. All efforts are learned in races held
by the market's rules; the expected numbers are written out here and not taken from the game.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import asin, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from experiments.games.latency_contest import Contest, learn, nash_conv, play
from experiments.validation._rows import row

ID = "A4"
TITLE = "Shared and separate sequencing of a prize that spans rollups"

RELATIVE = 0.02  # tolerance relative to the equilibrium effort
NASH_CONV = 0.01  # in units of the prize
PRIZES = 100_000
LOGIT_BOUND = 3.0 + 2.0 * sqrt(2.0)
"""V* g f0 / c, the prize from which separate sequencers earn more from Timeboost bids."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` leaves out some of the contests of each form."""
    yield from _lottery([(2, 2), (3, 2)] if quick else [(2, 2), (3, 2), (2, 3)])
    yield from _winner_pays([2] if quick else [2, 3])
    yield from _correlated([0.5, 0.9] if quick else [0.0, 0.5, 0.9, 0.99])
    yield from _noisy([2.0] if quick else [1.5, 2.0, 3.0, 6.0])
    yield from _noisy_latency()
    yield from _timeboost([0.9, 1.1] if quick else [0.5, 0.9, 1.0, 1.1, 2.0, 5.0])


def _learned(contest: Contest, case: str, expected: float, batch: int = 4096) -> Iterator[dict[str, Any]]:
    """Rows of a contest: worst learned effort, NashConv, and the share of prizes that somebody wins whole."""
    case = f"{case} {'shared' if contest.shared else 'separate'}"
    efforts = learn(contest, seed=contest.players, batch=batch)
    worst = efforts.flat[np.abs(efforts - expected).argmax()]
    yield row(ID, case, "learned effort, the farthest", expected, worst, RELATIVE * expected)
    yield row(ID, case, "NashConv over V", 0.0, nash_conv(contest, efforts) / contest.value, NASH_CONV)
    if not contest.shared:
        played = play(contest, np.full_like(efforts, efforts.mean()), PRIZES, seed=7)
        share, error = contest.players ** -(contest.legs - 1), played.realised_error
        yield row(ID, case, "share of V realised", share, played.realised, 3 * error, error)
    yield _total(contest, case, efforts, contest.players * contest.races * _paid(contest, expected))


def _paid(contest: Contest, effort: float) -> float:
    """What an even contestant pays for one race."""
    return effort / contest.players if contest.form == "winner_pays" else float(contest.outlay(effort))


def _total(contest: Contest, case: str, efforts: np.ndarray, expected: float) -> dict[str, Any]:
    played = play(contest, efforts, PRIZES, seed=8)
    # a cost that grows with a power of the effort passes on the error of the effort as many times
    power = contest.curvature if contest.form == "first_come" and contest.curvature else 1.0
    tolerance = power * RELATIVE * expected + 3 * played.paid_error
    return row(ID, case, "total outlay", expected, played.paid, tolerance, played.paid_error or None)


def _lottery(cases: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    r = 0.5
    for n, legs in cases:
        contest = Contest("lottery", n, legs, decisiveness=r)
        yield from _learned(replace(contest, shared=True), f"lottery n={n} K={legs} r=.5", (n - 1) * r / n**2)
        yield from _learned(contest, f"lottery n={n} K={legs} r=.5", (n - 1) * r / n ** (legs + 1))


def _winner_pays(players: list[int]) -> Iterator[dict[str, Any]]:
    for n in players:
        contest, bid = Contest("winner_pays", n), {2: 1 / 3, 3: 0.4}[n]
        yield from _learned(replace(contest, shared=True), f"winner pays n={n} K=2 r=1", bid)
        yield from _learned(contest, f"winner pays n={n} K=2 r=1", bid / n)


def _correlated(correlations: list[float]) -> Iterator[dict[str, Any]]:
    contest = Contest("first_come", noise="gaussian")
    for rho in correlations:
        played = play(contest, np.zeros((2, 2)), PRIZES, seed=9, correlation=rho)
        error, expected = played.realised_error, 0.5 + asin(rho) / pi
        yield row(
            ID, f"Gaussian arrival, rho={rho:g}", "share of V realised", expected, played.realised, 3 * error, error
        )


def _noisy(curvatures: list[float]) -> Iterator[dict[str, Any]]:
    """Arrival noise and costs k x^g / g; the ratio of outlays says whether sharing wastes more."""
    for g in curvatures:
        for noise, slope in (("logistic", 1 / 4), ("gaussian", 1 / (2 * sqrt(pi)))):
            if noise == "gaussian" and g != 2.0:
                continue
            cost = 0.3 if g < 2.0 else 1.0  # so that efforts are of the order of the noise
            contest, case = Contest("first_come", noise=noise, cost=cost, curvature=g), f"{noise} noise, cost x^{g:g}"
            paid = []
            for prize, shared in ((1.0, True), (0.5, False)):
                expected = (prize * slope / cost) ** (1 / (g - 1))
                for found in _learned(replace(contest, shared=shared), case, expected):
                    if found["statistic"] == "total outlay":
                        paid.append(found["simulated"])
                    yield found
            ratio = 2 ** (-1 / (g - 1))
            yield row(ID, case, "outlay separate / shared", ratio, paid[1] / paid[0], 2 * g * RELATIVE * ratio)


def _noisy_latency() -> Iterator[dict[str, Any]]:
    """A latency of t seconds costs k / t: separate sequencing wastes more."""
    k, paid = 0.05, []
    contest, case = Contest("first_come", cost=k, curvature=0.0), "logistic noise, cost 1/t"
    for prize, shared in ((1.0, True), (0.5, False)):
        for found in _learned(replace(contest, shared=shared), case, sqrt(prize * 0.25 / k)):
            if found["statistic"] == "total outlay":
                paid.append(found["simulated"])
            yield found
    yield row(ID, case, "outlay separate / shared", sqrt(2), paid[1] / paid[0], 2 * RELATIVE * sqrt(2))


def _timeboost(multiples: list[float]) -> Iterator[dict[str, Any]]:
    """Bids that count as time: revenue by the prize in units of V*, and where the better sequencing changes."""
    boost, half, slope = 2.0, 1.0, 1 / 4
    turn, advantage = LOGIT_BOUND * half / (boost * slope), {}
    for multiple in multiples:
        contest = Contest("timeboost", value=multiple * turn, boost_s=boost, half_usd=half)
        weight, revenue = contest.value * boost * half * slope, {}
        for prize, shared in ((1.0, True), (0.5, False)):
            expected = sqrt(prize * weight) - half
            batch = 12_288 if expected < half else 4096  # a small bid buys little time: it takes more races to feel it
            for found in _learned(replace(contest, shared=shared), f"Timeboost V={multiple:g} V*", expected, batch):
                if found["statistic"] == "total outlay":
                    revenue[shared] = found["simulated"]
                yield found
        exact = 4 * (sqrt(weight / 2) - half) / (2 * (sqrt(weight) - half))
        ratio = revenue[False] / revenue[True]
        yield row(ID, f"Timeboost V={multiple:g} V*", "revenue separate / shared", exact, ratio, 2 * RELATIVE * exact)
        advantage[multiple] = (revenue[False] - revenue[True]) / revenue[True]
    low, high = advantage[0.9], advantage[1.1]
    crossing = 0.9 + 0.2 * low / (low - high)
    yield row(ID, "Timeboost", "V/V* where separate earns more", 1.0, crossing, 0.1)
