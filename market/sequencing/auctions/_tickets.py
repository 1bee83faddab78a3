"""The rules of tickets as pure functions: their price, how many are issued, at what price they change hands.

Price. The rule is that of EIP-1559, with tickets ordered in the place of gas: p' = p (1 + d (min(n, M) - T) / T), n
tickets being ordered, T the target and M the most that are issued. Bidders in a lottery lay out an amount X that does
not depend on the price of a ticket: they order X / p tickets, so while fewer than M are, p' = (1 - d) p + d X / T (own
derivation). X / T is the only fixed point, where the target is ordered; any distance from it shrinks by 1 - d a block;
and the price is a mean of past outlays over the target, the newest weighing d.

Issue. Where more than M are ordered, everybody gets the same share of the order, by largest remainders.

Resale. Once tickets are issued the chance to win is linear in one's own: each is worth V / K, V being the value of the
block and K all tickets. So everybody who wants more bids for all the tickets of each who sells, sealed, and the highest
above the reserve has them at the next highest price or the reserve: to bid and ask V / K is an equilibrium, of bids in
dominant strategies.
Sources: Buterin et al. (2019), EIP-1559; Leonardos, Monnot, Reijsbergen, Skoulakis & Piliouras (2021), Dynamical
analysis of the EIP-1559 Ethereum fee market, arXiv 2102.10567; Vickrey (1961), Journal of Finance 16.
"""

from __future__ import annotations

import numpy as np

from market.sequencing.auctions import second_price


def next_price(price: float, ordered: int, target: int, most: int, adjustment: float, least: float) -> float:
    """Return the price of a ticket for the next block [USD].

    Parameters
    ----------
    price
        of a ticket for this one [USD]
    ordered, target, most
        tickets ordered, the number at which the price stands still, and how many are issued at most [1]
    adjustment
        relative change of the price where twice the target is ordered [1]
    least
        lowest price [USD]
    """
    return max(least, price * (1.0 + adjustment * (min(ordered, most) - target) / target))


def issued(orders: np.ndarray, most: int, ties: np.ndarray) -> np.ndarray:
    """Return how many tickets each gets: shape (n,), whole; exact ties of remainders by the uniform draws `ties`."""
    total = int(orders.sum())
    if total <= most:
        return orders.copy()
    # in whole numbers: a share must not be lost to rounding
    whole = np.array([int(order) * most // total for order in orders], np.int64)
    remainders = np.array([int(order) * most % total for order in orders], np.int64)
    whole[np.lexsort((ties, -remainders))[: most - int(whole.sum())]] += 1
    return whole


def resale(seller: int, bids: np.ndarray, reserve: float, u: float) -> tuple[int, float]:
    """Return who buys a seller's tickets, and the price of one; -1: nobody bids above the reserve.

    Parameters
    ----------
    seller
        whose they are
    bids
        shape (n,): what everybody bids for one, the seller's own bid left aside [USD]
    reserve
        what the seller asks for one, at least 0 [USD]
    u
        uniform draw in [0, 1) that decides exact ties
    """
    others = np.where(bids > reserve, bids, -1.0)
    others[seller] = -1.0
    payments = np.zeros(bids.size)
    winner = int(second_price.settle(others, reserve, u, payments))
    return winner, float(payments[winner]) if winner >= 0 else 0.0
