"""Units of a table of pools: what is out of proportion is questioned, and the unit that is suspected is named."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from market.prices.rows import Table

FACTOR = 3.0
"""Largest factor between a pool's price and the median of all, or the bars that are replayed."""
PLAUSIBLE_USD = (50.0, 50_000.0)
"""Prices of ETH that are believed of pools when nothing else is known [USD]: since the first, 80 to 5000 were paid."""
MOST_USD, MOST_ETH = 1e12, 1e9
"""Reserves that no pool has: a third of all dollars in accounts, eight times all ETH."""
SMALLEST = (
    (18, 6),
    (18, 18),
    (18, 8),
    (0, 6),
    (18, 0),
    (0, 18),
    (0, 12),
    (12, 0),
    (6, 18),
    (9, 0),
    (9, 6),
    (0, 3),
    (0, 2),
)
"""Decimals of ETH and of USD that may not have been taken off, the usual ones first."""

FEES: Mapping[str, float | None] = {
    "fee_bps": 1.0, "fee_bp": 1.0, "fee_ppm": 0.01, "fee_percent": 100.0, "fee_pct": 100.0, "fee_fraction": 1e4,
    "fee": None,
}  # fmt: skip
"""bp in a unit of each column that fees may stand in; None: the fees must show it."""
_UNITS = {"bp": 1.0, "ppm": 0.01, "percent": 100.0, "fractions": 1e4}
_USUAL_BP = (1, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 25, 30, 35, 40, 45, 50, 55, 60, 70, 75, 80, 85, 90, 100)
"""Fees that pools have."""


def check_prices(table: Table, eth: np.ndarray, usd: np.ndarray) -> None:
    """Compare the prices of pools with one another, and with what ETH has ever cost.

    Raises
    ------
    InputError
        a price beyond a factor of three of the median, or beyond what is plausible. One line that names the row and
        the decimals, or the swap, that would explain it.
    """
    price = usd / eth
    low, high = PLAUSIBLE_USD
    absurd = (price < low) | (price > high)
    if absurd.any():
        others = price[~absurd]
        middle = float(np.median(others)) if others.size else None
        _complain(table, eth, usd, absurd, middle, f"{low:g} to {high:g} USD per ETH")
    # of an even number of pools both middle ones count: with two, either may be wrong
    ordered = np.sort(price)
    for middle in (float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])):
        off = (price > FACTOR * middle) | (price < middle / FACTOR)
        _complain(table, eth, usd, off, middle, f"prices within a factor {FACTOR:g} of the median, {middle:g}")


def check_level(table: Table, eth: np.ndarray, usd: np.ndarray, span: tuple[float, float], source: str) -> None:
    """Compare the prices of pools with those of a price file, from `span[0]` to `span[1]` [USD].

    Raises
    ------
    InputError
        a price beyond a factor of three of the file's. One line that names the row and what would explain it.
    """
    price, (low, high) = usd / eth, span
    off = (price > FACTOR * high) | (price < low / FACTOR)
    allowed = f"prices within a factor {FACTOR:g} of those of {source}, {low:g} to {high:g}"
    settles = ", or --set prices.any_level=true to replay its moves at the level of the pools" if off.all() else ""
    _complain(table, eth, usd, off, float(np.sqrt(low * high)), allowed + settles)


def _complain(
    table: Table, eth: np.ndarray, usd: np.ndarray, off: np.ndarray, middle: float | None, allowed: str
) -> None:
    price = usd / eth
    table.reject(
        off, lambda i: f"price {price[i]:.6g} USD per ETH{_suspect(float(eth[i]), float(usd[i]), middle)}", allowed
    )


def _suspect(eth: float, usd: float, middle: float | None) -> str:
    """Return the mistake that would explain a price, or nothing."""

    def fits(price: float) -> bool:
        low, high = PLAUSIBLE_USD if middle is None else (middle / FACTOR, middle * FACTOR)
        return low <= price <= high

    if fits(eth / usd):
        return ": eth_reserve and usd_reserve look swapped"
    for of_eth, of_usd in SMALLEST:
        a, b = eth / 10.0**of_eth, usd / 10.0**of_usd
        if fits(b / a) and a < MOST_ETH and b < MOST_USD:
            parts = [f"{n} of {name}" for name, n in (("eth_reserve", of_eth), ("usd_reserve", of_usd)) if n]
            return f": integers of the smallest unit? suspected decimals that were not taken off: {' and '.join(parts)}"
    return ""


def check_sizes(table: Table, eth: np.ndarray, usd: np.ndarray) -> None:
    """Refuse reserves that nobody has, with the decimals that are suspected.

    Raises
    ------
    InputError
        a reserve above `MOST_ETH` or `MOST_USD`. One line that names the row.
    """
    for name, values, most in (("eth_reserve", eth, MOST_ETH), ("usd_reserve", usd, MOST_USD)):
        table.reject(
            values > most,
            lambda i, n=name, v=values: (
                f"{n} {v[i]:g} is more than there is: integers of the smallest unit? "
                "suspected decimals that were not taken off: 18 of both reserves"
            ),
            f"whole units, at most {most:g}",
        )


def check_fees(table: Table, column: str, stated: np.ndarray, unit: float) -> None:
    """Question fees that are usual in another unit and not in that of their column.

    Raises
    ------
    InputError
        such a fee. One line that names the row and the unit that is suspected.
    """
    here = usual(stated * unit)
    others = {name: usual(stated * scale) & ~here for name, scale in _UNITS.items() if scale != unit}
    # the unit in which most of the odd ones are usual
    name = max(others, key=lambda other: int(others[other].sum()))
    said = next(word for word, scale in _UNITS.items() if scale == unit)
    table.reject(
        others[name],
        lambda i: (
            f"{column} {stated[i]:g} is no usual fee in {said}, but in {name}, as {stated[i] * _UNITS[name]:g} bp"
        ),
        f"fees in {said}, or a column fee_bps, fee_ppm, fee_percent or fee_fraction that says what they are",
    )


def unit_of_fees(table: Table, column: str, stated: np.ndarray) -> float:
    """Return the bp in a unit of fees that do not say it: that in which alone all are usual.

    Raises
    ------
    InputError
        none, or several.
    """
    fits = {name: scale for name, scale in _UNITS.items() if usual(stated * scale).all()}
    if len(fits) != 1:
        reason = f"{column} {stated[0]:g} may be in {' or '.join(fits or _UNITS)}"
        raise table.error(0, reason, "a column fee_bps, fee_ppm, fee_percent or fee_fraction")
    return next(iter(fits.values()))


def usual(fee_bp: np.ndarray) -> np.ndarray:
    """Return which fees [bp] pools have, shape (pools,)."""
    known = np.array((0.0, *_USUAL_BP))
    return np.isclose(fee_bp[:, None], known, rtol=1e-9, atol=0.0).any(axis=1)
