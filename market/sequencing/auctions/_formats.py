"""The sealed formats by number, so that one compiled loop can run any of them.

A compiled function cannot take another one as an argument and stay in numba's cache on disk; a number can be.
"""

import numpy as np

from market.kernel.compiled import kernel
from market.sequencing.auctions import all_pay, first_price, second_price, tullock

FIRST_PRICE, SECOND_PRICE, ALL_PAY, TULLOCK = range(4)
CODES = {
    "first_price": FIRST_PRICE,
    "second_price": SECOND_PRICE,
    "all_pay": ALL_PAY,
    "tullock": TULLOCK,
}


@kernel
def settle(code: int, bids: np.ndarray, reserve: float, u: float, payments: np.ndarray) -> int:
    """Settle `bids` under the format `code`; see the format's own module for the meaning of the arguments."""
    if code == FIRST_PRICE:
        return first_price.settle(bids, reserve, u, payments)
    if code == SECOND_PRICE:
        return second_price.settle(bids, reserve, u, payments)
    if code == ALL_PAY:
        return all_pay.settle(bids, reserve, u, payments)
    return tullock.settle(bids, reserve, u, payments, 1.0)
