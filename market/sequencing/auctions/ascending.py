"""Open ascending auction with latency and cancellation, as run by a block relay.

Time moves in steps. A bid decided in step s by a bidder with delay d reaches the relay in step s + d; from then on it
is that bidder's standing bid, until the bidder's next message replaces it. With cancellation a lower bid replaces a
higher one, without it the standing bid can only rise. The relay shows the highest standing bid to everybody; when the
auction closes, the highest standing bid wins and pays itself, exact ties being broken at random.

Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
2312.14510.
"""

import numpy as np

from market.compiled import kernel


@kernel
def clear(pending: np.ndarray, standing: np.ndarray) -> None:
    """Empty a relay for the next auction.

    Parameters
    ----------
    pending : (delays, n) array of float
        Messages under way: row (step mod delays) holds the bids that arrive in that step, NaN for none.
        There must be more rows than the longest delay in steps.
    standing : (n,) array of float
        Standing bid of each bidder; 0 is no bid.
    """
    pending[:] = np.nan
    standing[:] = 0.0


@kernel
def post(pending: np.ndarray, bidder: int, step: int, delay: int, bid: float) -> None:
    """Send `bid`, decided in `step`, so that it reaches the relay `delay` steps later."""
    pending[(step + delay) % pending.shape[0], bidder] = bid


@kernel
def advance(pending: np.ndarray, standing: np.ndarray, step: int, cancellation: bool) -> float:
    """Let the messages of `step` arrive and return the highest standing bid.

    Parameters
    ----------
    pending, standing
        See :func:`clear`.
    step : int
        The step that begins.
    cancellation : bool
        Whether a message may lower its sender's standing bid.
    """
    row = step % pending.shape[0]
    best = 0.0
    for i in range(standing.size):
        bid = pending[row, i]
        if not np.isnan(bid):
            pending[row, i] = np.nan
            standing[i] = bid if cancellation else max(bid, standing[i])
        best = max(best, standing[i])
    return best


@kernel
def winner_of(standing: np.ndarray, u: float) -> int:
    """Return the bidder of the highest positive standing bid, -1 if there is none; the uniform draw `u` breaks ties."""
    best = 0.0
    ties = 0
    for i in range(standing.size):
        if standing[i] > best:
            best = standing[i]
            ties = 1
        elif standing[i] == best and best > 0.0:
            ties += 1
    skip = int(u * ties)
    for i in range(standing.size):
        if best > 0.0 and standing[i] == best:
            if skip == 0:
                return i
            skip -= 1
    return -1
