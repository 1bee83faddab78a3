"""Repeated auctions under a grim trigger: how patient a cartel of bidders must be to hold together.

The cartel follows a scheme until somebody bids out of line; from then on everybody bids the static equilibrium. The
critical discount factor is found by playing the game with and without a deviation, not by formula.

Source for the threshold: J. Friedman (1971), A non-cooperative equilibrium for supergames, Review of Economic Studies
38.
"""

import numpy as np
from numba import njit

from market.sequencing.auctions import _formats as formats

SPLIT, ROTATION = range(2)
SCHEMES = {"split": SPLIT, "rotation": ROTATION}


@njit(cache=True)
def cartel_payoffs(code, value, reserve, scheme, bidders, deviator, start, overbid, discount, periods):
    """Discounted expected payoff of every cartel member, (bidders,).

    Parameters
    ----------
    code : int
        Format of the auction.
    value, reserve : float
        Common value of the prize; lowest bid that wins.
    scheme : int
        SPLIT: all bid the reserve and the tie is broken at random; ROTATION: they take turns to bid it, the others stay
        away.
    deviator : int
        Who outbids the scheme in period 0 by `overbid`; -1 for nobody.
    start : int
        Whose turn it is in period 0.
    periods : int
        Length of play; `discount ** periods` should be negligible.
    """
    total = np.zeros(bidders)
    bids, payments = np.empty(bidders), np.empty(bidders)
    triggered, weight = False, 1.0
    for t in range(periods):
        for i in range(bidders):
            if triggered:
                bids[i] = value  # with two bidders or more, the static equilibrium leaves no profit
            elif scheme == SPLIT or (start + t) % bidders == i:
                bids[i] = reserve
            else:
                bids[i] = -1.0
        if t == 0 and deviator >= 0:
            bids[deviator] = reserve + overbid
        # As many evenly spaced draws as bidders make the random breaking of a tie among all of them exact.
        for k in range(bidders):
            winner = formats.settle(code, bids, reserve, (k + 0.5) / bidders, payments)
            for i in range(bidders):
                total[i] += weight * ((value if i == winner else 0.0) - payments[i]) / bidders
        if t == 0 and deviator >= 0:
            triggered = True
        weight *= discount
    return total


def gain(auction: str, scheme: str, bidders: int, discount: float, value: float = 1.0, reserve: float = 0.0) -> float:
    """Largest discounted gain of any member from breaking the cartel once, over all members and turns."""
    code, periods, overbid = formats.CODES[auction], int(np.ceil(np.log(1e-14) / np.log(discount))), 1e-9
    best = -np.inf
    for start in range(bidders if scheme == "rotation" else 1):
        arguments = (code, value, reserve, SCHEMES[scheme], bidders)
        loyal = cartel_payoffs(*arguments, -1, start, overbid, discount, periods)
        for member in range(bidders):
            broken = cartel_payoffs(*arguments, member, start, overbid, discount, periods)
            best = max(best, broken[member] - loyal[member])
    return float(best)


def critical_discount(
    auction: str, scheme: str, bidders: int, value: float = 1.0, reserve: float = 0.0, precision: float = 1e-6
) -> float:
    """Smallest discount factor at which nobody gains by breaking the cartel, by bisection.

    The gain changes sign once: patience raises what is lost by breaking the cartel and leaves what is won unchanged.
    """
    low, high = 0.01, 0.99
    while high - low > precision:
        middle = 0.5 * (low + high)
        # Outbidding by a hair costs a hair: gains below it count as none.
        if gain(auction, scheme, bidders, middle, value, reserve) > 1e-8:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
