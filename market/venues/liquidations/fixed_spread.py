"""Fixed spread: anybody repays part of the debt for collateral at a bonus."""

from __future__ import annotations

from typing import Literal

from numba import njit

from market.intents import Reason, Row
from market.ledger import Why, move, put
from market.state import (
    AUCTION,
    D_DESIGN,
    L_ACCOUNT,
    L_BAD_DEBT,
    L_BONUS,
    L_CLOSE_FACTOR,
    L_COLLATERAL,
    L_DEBT,
    L_FULL_CLOSE,
    L_INDEX,
    LENDING,
    N_COLLATERAL,
    N_DEBT,
    N_MARKET,
    POSITION,
    Book,
    cell,
    get,
    index,
)
from market.venues.lending import check, collateral_rollup, health, in_grace, owed, price_ratio, set_position
from market.venues.liquidations import Design

OK, HEALTHY, LIMIT = int(Reason.NONE), int(Reason.HEALTHY), int(Reason.LIMIT)
POOR, NO_LIQUIDITY = int(Reason.INSUFFICIENT_BALANCE), int(Reason.NO_LIQUIDITY)
NOT_ALLOWED, GRACE = int(Reason.NOT_ALLOWED), int(Reason.GRACE)
TO_LIQUIDATE, TO_SEIZE = int(Why.LIQUIDATION), int(Why.SEIZURE)


class FixedSpread(Design):
    """Its terms (bonus, close factor, level of a full close) are those of the lending market."""

    kind: Literal["fixed_spread"] = "fixed_spread"


@njit(cache=True)
def liquidation_terms(book: Book, position: int) -> tuple[float, float]:
    """Most debt that one liquidation may repay now [debt asset] and collateral per unit repaid; (0, 0) if healthy.

    Repaying r seizes r (1 + bonus) in value. The close factor limits r to a share of the debt while health is above
    `full_close_health`; collateral limits it to C / (1 + bonus) in value (Qin et al. 2021).
    """
    market = index(book, POSITION, position, N_MARKET)
    if index(book, AUCTION, market, D_DESIGN) != 0:
        return 0.0, 0.0  # what this market liquidates it sells by auction
    factor, collateral = health(book, position), get(book, POSITION, position, N_COLLATERAL)
    ratio = price_ratio(book, market)
    if not factor < 1.0 or collateral <= 0.0 or ratio <= 0.0:
        return 0.0, 0.0
    rate = (1.0 + get(book, LENDING, market, L_BONUS)) / ratio
    most = owed(book, position)
    if factor >= get(book, LENDING, market, L_FULL_CLOSE):
        most *= get(book, LENDING, market, L_CLOSE_FACTOR)
    return min(most, collateral / rate), rate


@njit(cache=True)
def liquidate(book: Book, row: Row) -> int:
    """Repay debt of an unhealthy position for its collateral at the bonus; what is left unbacked is bad debt."""
    wrong = check(book, row)
    if wrong != OK:
        return wrong
    if index(book, AUCTION, row.venue, D_DESIGN) != 0:
        return NOT_ALLOWED
    if in_grace(book, row.rollup):
        return GRACE
    most, rate = liquidation_terms(book, row.target)
    if most <= 0.0:
        return HEALTHY
    paid, collateral = min(row.amount, most), get(book, POSITION, row.target, N_COLLATERAL)
    seized = min(paid * rate, collateral)
    if seized < row.limit:
        return LIMIT
    vault = index(book, LENDING, row.venue, L_ACCOUNT)
    asset = index(book, LENDING, row.venue, L_DEBT)
    if not move(book, row.sender, vault, row.rollup, asset, paid, TO_LIQUIDATE):
        return POOR
    asset, place = index(book, LENDING, row.venue, L_COLLATERAL), collateral_rollup(book, row.venue)
    if not move(book, vault, row.sender, place, asset, seized, TO_SEIZE):
        return NO_LIQUIDITY
    grown = get(book, LENDING, row.venue, L_INDEX)
    left = max(0.0, get(book, POSITION, row.target, N_DEBT) - paid / grown)
    # collateral that is gone but for rounding is gone, and the debt it left is the protocol's loss
    if collateral - seized <= 1e-12 * collateral and left > 0.0:
        lost = get(book, LENDING, row.venue, L_BAD_DEBT) + left * grown
        put(book, cell(book, LENDING, row.venue, L_BAD_DEBT), lost)
        left = 0.0
    set_position(book, row.target, collateral - seized, left)
    # the receipt names what moved, whatever the sender wrote
    row.asset_in, row.asset_out = index(book, LENDING, row.venue, L_DEBT), index(book, LENDING, row.venue, L_COLLATERAL)
    row.filled_in = paid
    row.filled_out = seized
    return OK
