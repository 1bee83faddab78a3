"""The constant-product rule against the reserves of a real pool.

Source: events of a 30 bp WETH/USDC pool on Base, 1 November 2024. That pool keeps its fees inside the reserves, and its
contract pays whole units of a token, rounded down: 1e-6 USD, 1e-18 ETH. The market's amounts are real numbers, so the
output is rounded down to the unit before it is compared. It matters for dust alone: unrounded, 15 of the 1128 swaps are
off by more than 1e-4, all with outputs below 0.01 USD and all by less than one unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, execute, intents, pool, rollup, set_reserves, still
from experiments.validation._rows import row
from market.errors import InputError
from market.venues import Kind

ID = "M1"
TITLE = "Constant-product pool against real chain data"

FILE = Path("rollups", "base_weth_usdc_v2_syncs_2024-11-01.csv")
CLOSE = 1e-4  # relative error of an output that counts as equal
SHARE = 0.99  # of the swaps must be that close
FEE_BP = 30.0
ETH, USD = 1, 0
UNITS = {ETH: 1e-18, USD: 1e-6}


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """One row: the share of the day's swaps whose output the pool reproduces (`quick` changes nothing)."""
    case, statistic = "30 bp pool on Base, 12 h", f"share within {CLOSE:g}"
    if data is None or not (data / FILE).is_file():
        reason = "no folder of real data was named" if data is None else f"no file {FILE} in {data}"
        blank = dict.fromkeys(("expected", "simulated", "standard_error", "tolerance", "passed"))
        yield {"id": ID, "case": case, "statistic": statistic} | blank | {"reason": reason}
        return
    errors = _errors(_reserves(data / FILE))
    case = f"{errors.size} swaps on Base, 30 bp"
    yield row(ID, case, statistic, 1.0, float(np.mean(errors <= CLOSE)), 1.0 - SHARE)
    yield row(ID, case, "median relative error", 0.0, float(np.median(errors)), CLOSE)


def _reserves(file: Path) -> np.ndarray:
    """Reserves after each event: shape (n, 2), ETH then USD."""
    table = np.genfromtxt(file, delimiter=",", names=True, dtype=None, encoding="utf-8")
    found = np.column_stack([table["eth_reserve"], table["usd_reserve"]]).astype(float)
    if not (np.isfinite(found) & (found > 0.0)).all():
        raise InputError(f"{file}: a reserve is not a positive number")
    return found


def _errors(reserves: np.ndarray) -> np.ndarray:
    """Relative errors of the outputs of all swaps, executed one by one from the reserves that each found.

    A swap is an event in which one reserve rises and the other falls. Since the real pool adds the fee to its reserves,
    what the trader paid in is all of the rise.
    """
    before, change = reserves[:-1], np.diff(reserves, axis=0)
    swaps = np.flatnonzero(change[:, 0] * change[:, 1] < 0.0)
    price = float(reserves[0, 1] / reserves[0, 0])
    start = (float(reserves[0, 0]), float(reserves[0, 1]))
    market = Watched(still([rollup("base", pool(start, ("ETH", "USD"), FEE_BP, price))], [asset("ETH", price)]), seed=0)
    errors = np.empty(swaps.size)
    for number, at in enumerate(swaps):
        paid = int(np.argmax(change[at]))
        source, sink = (ETH, USD) if paid == 0 else (USD, ETH)
        set_reserves(market, 0, before[at])
        fill = {"kind": Kind.SWAP, "asset_in": source, "asset_out": sink, "amount": change[at, paid]}
        receipt = execute(market, intents(market, 1, "retail", venue=0, rollup=0, **fill))[0]
        observed, unit = -change[at, 1 - paid], UNITS[sink]
        errors[number] = abs(np.floor(float(receipt["filled_out"]) / unit) * unit - observed) / observed
    return errors
