"""Atomic against inventory arbitrage: what a trade over two pools earns as one bundle, and leg by leg out of stock.

Derived. Between pools of (1e6 USD, 500 ETH) and (500 ETH, 1.02e6 USD) at 30 bp an atomic cycle earns 24.0558. A trader
with stock who values ETH at P trades each pool up to P: its two legs earn 71.354 (P 2000), 36.348 (2010), 24.056 (2020)
and 36.554 (2030) together. If each leg fails by itself with chance f, stock keeps the share 1 - f of its legs, a bundle
that executes all or none (1 - f)^2 of its cycle. The least sum over P is the atomic profit: to whoever holds stock for
nothing and minds no risk atomicity brings nothing; it pays by what stock costs, by prices that move between the legs,
and by failures that hit one leg only.

The market's arbitrageur trades the cycle, its arbitrageur from stock the legs, on two rollups that one sequencer
orders. A leg fails because somebody else trades on its pool first, which breaks the leg's limit; each combination of
failures is a market of its own, and the expectation is over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from experiments.validation._markets import NO_OUTSIDE_BP, Watched, asset, held, intents, pool, rollup, still, trader
from experiments.validation._rows import row
from market.config import AgentConfig
from market.venues import Kind

ID = "K16"
TITLE = "Atomic arbitrage against arbitrage out of stock"

POOLS = ((500.0, 1e6), (500.0, 1.02e6))  # reserves of ETH and USD
FEE_BP = 30.0
ATOMIC_USD = 24.0558
LEGS_USD = {2000.0: 71.354, 2010.0: 36.348, 2020.0: 24.056, 2030.0: 36.554}
FAILURES = (0.1, 0.3)
STATED = {"atomic": 5e-5, "stock": 5e-4}  # half a unit of the last stated digit [USD]
USD, ETH = 0, 1
CROWD_USD = 5e4
"""What somebody else trades first where a leg fails: far more than the leg, so that its limit breaks."""


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Both ways to trade, at several values of ETH and with legs that fail; `quick` changes nothing."""
    atomic = _gained("atomic", 2000.0)
    yield row(ID, "atomic", "gain in the ledger, USD", ATOMIC_USD, atomic, STATED["atomic"])
    for price, expected in LEGS_USD.items():
        found = _gained("stock", price)
        yield row(ID, f"from stock, P={price:g}", "gain in the ledger, USD", expected, found, STATED["stock"])
    least: Any = minimize_scalar(lambda price: _gained("stock", price), bounds=(2005.0, 2035.0), method="bounded")
    yield row(ID, "from stock, worst P", "least gain, USD", ATOMIC_USD, float(least.fun), 2e-4)
    for f in FAILURES if not quick else FAILURES[1:]:
        found = _expected("stock", 2010.0, f)
        expected = (1.0 - f) * LEGS_USD[2010.0]
        yield row(ID, f"from stock, P=2010, f={f:g}", "expected gain, USD", expected, found, STATED["stock"])
        found, expected = _expected("atomic", 2000.0, f), (1.0 - f) ** 2 * ATOMIC_USD
        yield row(ID, f"atomic, f={f:g}", "expected gain, USD", expected, found, STATED["atomic"])


def _arbitrageur(way: str) -> AgentConfig:
    """Whoever trades the cycle as one bundle, or the two pools against its own value of ETH and restocks never."""
    if way == "atomic":
        return trader("arbitrageur", 1e7, outside=False, least_usd=0.0)
    return trader("inventory_arbitrageur", 1e7, restock_s=1e9, least_usd=0.0)


def _gained(way: str, price: float, failing: tuple[bool, ...] = (False, False)) -> float:
    """What the arbitrageur gained in one slot, its ETH at the price that it goes by [USD]."""
    rollups = [rollup(f"r{at}", pool(reserves, ("ETH", "USD"), FEE_BP, price)) for at, reserves in enumerate(POOLS)]
    fee_bp = NO_OUTSIDE_BP if way == "atomic" else 0.0
    config = still(
        rollups, [asset("ETH", price)], [_arbitrageur(way)], "centralized_shared", outside_fee_bp=fee_bp, horizon_s=2.0
    )  # fmt: skip
    market = Watched(config, seed=0)
    account = market.account("trader")
    before = held(market, account)
    market.mempool.submit(_rivals(market, failing))
    market.run()
    return float((held(market, account) - before) @ [1.0, price])


def _rivals(market: Watched, failing: tuple[bool, ...]) -> np.ndarray:
    """Somebody else's trades that come first on the pools whose legs are to fail: they buy the cheap, sell the dear."""
    rows = intents(market, 2, "retail", kind=Kind.SWAP)
    rows["rollup"] = rows["venue"] = (0, 1)
    rows["asset_in"], rows["asset_out"] = (USD, ETH), (ETH, USD)
    rows["amount"] = CROWD_USD, CROWD_USD / 2000.0
    rows["expiry"] = np.inf
    return rows[list(failing)]


def _expected(way: str, price: float, f: float) -> float:
    """Expected gain where each leg fails by itself with chance f: over what four markets show."""
    return sum(
        float(np.prod([f if fails else 1.0 - f for fails in failing])) * _gained(way, price, failing)
        for failing in product((False, True), repeat=2)
    )
