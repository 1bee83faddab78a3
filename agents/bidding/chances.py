"""Chances of success of the bids of a grid, learned from own successes and failures alone, and the best reply to them.

Whoever bids more is not less likely to succeed, so that what became of one bid says something of all: a bid fails
where a higher one has failed, and succeeds where a lower one has. Of the others an outcome changes the chance to what
the present chances make of it: with F the chance, a bid below one that succeeded would have with F(below) / F, a bid
above one that failed with (F(above) - F) / (1 - F). What is so learned on average is the maximum likelihood estimate of
a distribution of which only single comparisons are known (Ayer, Brunk, Ewing, Reid & Silverman 1955, Annals of
Mathematical Statistics 26), by steps of the self-consistency equation (Dempster, Laird & Rubin 1977, JRSS B 39).

A bid that was never tried is held to be sure of success: the lowest is tried first, and a higher one once it fails.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from agents.learning import draws


class Chances:
    """Estimated chances that rise along a grid of bids.

    Parameters
    ----------
    bids
        the grid, from the bid least likely to succeed to the most likely
    rate
        weight of new evidence once there is much of it, in (0, 1) [1]
    explore
        share of choices in which it tries any bid, or as often one next to the best [1]
    seed
        of the own draws: exploration, and exact ties
    """

    def __init__(self, bids: ArrayLike, rate: float = 0.1, explore: float = 0.03, seed: int = 0) -> None:
        if not (0.0 < rate < 1.0 and 0.0 <= explore < 1.0):
            raise ValueError(f"rate must lie in (0, 1) and explore in [0, 1), not {rate} and {explore}")
        self.bids = np.array(bids, float)
        # no two are equal: what is held to be impossible, a rival between two bids, would be so for ever
        self.chance = np.linspace(0.9, 1.0, self.bids.size)
        self._rate, self._explore = rate, explore
        self._tries = np.zeros(self.bids.size)
        self._stream = draws.stream(seed)

    def choose(self, gains: np.ndarray) -> int:
        """Return the place of the bid with the largest expected gain, sometimes of any.

        Parameters
        ----------
        gains
            shape (bids,): what is gained by each bid if it succeeds, over what is gained if not
        """
        hoped = np.where(self._tries > 0.0, self.chance, 1.0)
        best, last = draws.best(self._stream, hoped * gains), self.bids.size - 1
        luck = draws.uniform(self._stream)
        if luck < 0.5 * self._explore:
            return draws.below(self._stream, self.bids.size)
        if luck < self._explore:
            # a step aside is how one learns that a little more beats a rival at the same bid
            step = 1 if draws.uniform(self._stream) < 0.5 else -1
            return best + step if 0 <= best + step <= last else best - step if last else best
        return best

    def learn(self, place: int, succeeded: bool) -> None:
        """Take note of what became of the bid at a place of the grid."""
        known, would = float(self.chance[place]), self.chance.copy()
        if succeeded:
            would[place:] = 1.0
            if known > 0.0:
                would[:place] /= known
        else:
            would[: place + 1] = 0.0
            if known < 1.0:
                would[place + 1 :] = (would[place + 1 :] - known) / (1.0 - known)
        self._tries[place] += 1.0
        # a mean as long as there are few tries, the belief at first counting as one
        self.chance += max(self._rate, 1.0 / (1.0 + self._tries[place])) * (would - self.chance)
