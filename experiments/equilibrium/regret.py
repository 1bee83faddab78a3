"""Regret and NashConv: how much each agent could gain by deviating alone from a frozen profile.

NashConv(s) = sum over i of max over a of u_i(a, s_-i) - u_i(s); it is 0 exactly at a Nash equilibrium. Where payoffs
come from simulation, every deviation is run on the same seeds as the profile, so that the gain is a mean of paired
differences; and the best deviation is picked on one half of the seeds and measured on the other, since the largest of
several noisy means is biased upwards. What is then reported is a lower bound of regret: a search over some deviations
can miss the best one.

Source: M. Wellman (2006), Methods for empirical game-theoretic analysis, AAAI.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

type Evaluate = Callable[[Sequence[Any], int], np.ndarray]
"""Maps a profile (a strategy per player) and a seed to the payoff of every player, (n,)."""


@dataclass(frozen=True)
class Regret:
    """What one player could gain.

    Parameters
    ----------
    player : int
        Position in the profile.
    gain : float
        Mean gain of the best deviation found, in payoff; not below 0, since not deviating gains 0.
    standard_error : float
        Of the mean of the paired differences.
    deviation : object or None
        The best deviation; None when nothing that was tried looked better than staying.
    lower_bound : bool
        Whether the deviations were a search, so that the true regret may be larger.
    """

    player: int
    gain: float
    standard_error: float
    deviation: Any
    lower_bound: bool

    def __str__(self) -> str:
        bound = " (lower bound)" if self.lower_bound else ""
        return f"player {self.player}: {self.gain:.6g} +- {self.standard_error:.2g}{bound}, by {self.deviation}"


@dataclass(frozen=True)
class NashConv:
    """Sum of the regrets of all players, its standard error, the regrets, and each player's payoff in the profile."""

    value: float
    standard_error: float
    regrets: tuple[Regret, ...]
    payoffs: np.ndarray

    @property
    def lower_bound(self) -> bool:
        """Whether any of the regrets is a lower bound."""
        return any(regret.lower_bound for regret in self.regrets)

    def __str__(self) -> str:
        bound = " (lower bound)" if self.lower_bound else ""
        return f"NashConv {self.value:.6g} +- {self.standard_error:.2g}{bound}"


def best_deviation(gains: np.ndarray, deviations: Sequence[Any], player: int, exhaustive: bool) -> Regret:
    """Pick the best deviation on the even columns of `gains` and measure it on the odd ones.

    Parameters
    ----------
    gains : (deviations, seeds) array of float
        Gain over the profile by deviation and seed; at least four seeds.
    deviations : sequence
        The deviations, as many as rows.
    exhaustive : bool
        Whether they are all that the player can do.
    """
    if len(deviations) == 0:
        return Regret(player, 0.0, 0.0, None, not exhaustive)
    if gains.shape[1] < 4:
        raise ValueError("at least four seeds are needed: two to choose a deviation, two to measure it with an error")
    chosen = int(gains[:, ::2].mean(axis=1).argmax())
    if gains[chosen, ::2].mean() <= 0.0:
        return Regret(player, 0.0, 0.0, None, not exhaustive)
    kept = gains[chosen, 1::2]
    error = float(kept.std(ddof=1) / np.sqrt(kept.size))
    return Regret(player, max(float(kept.mean()), 0.0), error, deviations[chosen], not exhaustive)


def nash_conv(
    evaluate: Evaluate,
    profile: Sequence[Any],
    deviations: Sequence[Sequence[Any]],
    seeds: Sequence[int],
    symmetric: bool = False,
    exhaustive: bool = False,
) -> NashConv:
    """Measure how far a frozen profile is from a Nash equilibrium, by re-running it with unilateral deviations.

    Parameters
    ----------
    evaluate : callable
        `evaluate(profile, seed)` returns the payoff of every player; the same seed means the same world.
    profile : sequence of length n
        A strategy per player; never changed.
    deviations : sequence of length n of sequences
        What each player might do instead.
    seeds : sequence of int
        Seeds on which the profile and all deviations are run; at least four.
    symmetric : bool
        Measure player 0 only and count her regret n times.
    exhaustive : bool
        Whether the deviations are all that players can do; otherwise the result is marked as a lower bound.
    """
    profile = tuple(profile)
    base = np.array([evaluate(profile, seed) for seed in seeds])
    regrets = []
    for player in range(1 if symmetric else len(profile)):
        gains = np.empty((len(deviations[player]), len(seeds)))
        for row, deviation in enumerate(deviations[player]):
            changed = (*profile[:player], deviation, *profile[player + 1 :])
            gains[row] = [evaluate(changed, seed)[player] - base[at, player] for at, seed in enumerate(seeds)]
        regrets.append(best_deviation(gains, deviations[player], player, exhaustive))
    times = len(profile) if symmetric else 1
    value = times * sum(regret.gain for regret in regrets)
    # Regrets of different players share seeds; the sum of their errors bounds the error of their sum.
    error = times * sum(regret.standard_error for regret in regrets)
    return NashConv(value, error, tuple(regrets), base.mean(axis=0))


def exact_nash_conv(payoffs: Sequence[np.ndarray], strategies: Sequence[np.ndarray]) -> float:
    """NashConv of mixed strategies in a game in normal form.

    Parameters
    ----------
    payoffs : sequence of length n of (k_1, ..., k_n) arrays
        Payoff of each player by profile of pure strategies.
    strategies : sequence of length n of (k_i,) arrays
        Mixed strategies.
    """
    total = 0.0
    for player, table in enumerate(payoffs):
        values = np.moveaxis(np.asarray(table, dtype=float), player, -1)
        for other, strategy in enumerate(strategies):
            if other != player:
                values = np.tensordot(strategy, values, axes=(0, 0))
        total += float(values.max() - values @ strategies[player])
    return total
