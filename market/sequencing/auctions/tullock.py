"""Ticket lottery (Tullock contest): the chance to win is bid^r over the sum of all bid^r, and every bidder pays the
bid.

With decisiveness r = 1 this is a lottery of tickets sold at a fixed price, and also a first-come race in which every
contestant floods the sequencer with copies that are executed in random order. Source: G. Tullock (1980), Efficient rent
seeking, in Toward a Theory of the Rent-Seeking Society.
"""

import numpy as np

from market.kernel.compiled import kernel


@kernel
def settle(bids: np.ndarray, reserve: float, u: float, payments: np.ndarray, decisiveness: float = 1.0) -> int:
    """Draw the winner in proportion to bid**decisiveness; all admitted bidders pay what they bid.

    Parameters
    ----------
    bids : (n,) array of float
        Money spent on tickets; a negative or NaN bid is no bid.
    reserve : float
        Least outlay that is admitted, at least 0; a smaller one is returned unpaid.
    u : float
        Uniform draw in [0, 1) that is the lottery.
    payments : (n,) array of float
        Overwritten with what each bidder pays.
    decisiveness : float
        Exponent r > 0: 1 is a lottery, the limit of large r is the all-pay auction.

    Returns
    -------
    int
        The winner. When every admitted bid is 0, each of them is equally likely; -1 when there is none.
    """
    total = 0.0
    highest = 0.0
    admitted = 0
    for i in range(bids.size):
        payments[i] = 0.0
        if bids[i] >= reserve:
            payments[i] = bids[i]
            admitted += 1
            highest = max(highest, bids[i])
    if admitted == 0:
        return -1
    # Dividing by the highest bid keeps the power within range whatever the unit of money and the exponent.
    for i in range(bids.size):
        if bids[i] >= reserve:
            total += (bids[i] / highest) ** decisiveness if highest > 0.0 else 1.0
    left = u * total
    winner = -1
    for i in range(bids.size):
        if bids[i] >= reserve:
            weight = (bids[i] / highest) ** decisiveness if highest > 0.0 else 1.0
            if weight > 0.0:
                winner = i
                if left < weight:
                    break
            left -= weight
    return winner
