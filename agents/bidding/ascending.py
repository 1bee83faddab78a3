"""Compiled bid rules for the open ascending auction: what a builder bids in a step, given what it has seen.

The five rules are those of F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain
auctions, arXiv 2312.14510. Money is in ether, time in steps of the auction.
"""

from market.kernel.compiled import kernel

NAIVE, ADAPTIVE, LAST_MINUTE, STEALTH, BLUFF = range(5)
RULES = {"naive": NAIVE, "adaptive": ADAPTIVE, "last_minute": LAST_MINUTE, "stealth": STEALTH, "bluff": BLUFF}


@kernel
def ascending_bid(
    rule: int,
    revealed: bool,
    public: float,
    private: float,
    margin: float,
    best: float,
    increment: float,
    bluff: float,
) -> float:
    """Bid of one step.

    Parameters
    ----------
    rule : int
        One of NAIVE, ADAPTIVE, LAST_MINUTE, STEALTH, BLUFF.
    revealed : bool
        Whether the step is at or after the bidder's reveal step.
    public, private : float
        Value of the public and of the bidder's own private order flow so far.
    margin : float
        Profit that the bidder keeps when it wins by an honest bid.
    best : float
        Highest standing bid that the relay showed last.
    increment : float
        By how much the adaptive rule outbids it.
    bluff : float
        What the bluffing rule pretends before it reveals.

    Returns
    -------
    float
        The bid, at least 0 (0 is no bid).
    """
    if not revealed:
        if rule == LAST_MINUTE:
            return 0.0
        if rule == STEALTH:
            return max(public - margin, 0.0)
        if rule == BLUFF:
            return bluff
    limit = max(public + private - margin, 0.0)
    if rule == ADAPTIVE and best + increment <= limit:
        return best + increment
    return limit
