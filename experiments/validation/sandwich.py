"""Sandwiches on a constant-product pool: sized by the victim's limit, carried out by a sequencer, gone where it is blind.

Derived from the pool rule. Reserves x (in) and y (out), phi = 1 - fee, victim's input v and least output m. A front-run
of a leaves the victim exactly m at the positive root of
phi a^2 + a [x (1 + phi) + phi^2 v] + x (x + phi v) - phi v x y / m = 0; without a fee a sandwich of a earns
a v (2 x + a + v) / ((x + a)^2 + a v); with one some a pays iff (1 + v/x)(1 + phi v/x) > 1 / phi^2.
With x = 1e6, y = 500, v = 1e4 and 1% slippage: a = 5062.8793 earns 100.9899 without a fee, a = 5070.4477 earns 70.1625 at
30 bp; v = 2000 at 30 bp: none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.validation._markets import Watched, asset, bisect, execute, held, intents, pool, rollup, still, trader
from experiments.validation._rows import row
from market.config import AgentConfig
from market.intents import Kind, Purpose, Status

ID = "M3"
TITLE = "Sandwich on a constant-product pool"

X, Y = 1e6, 500.0
SLIPPAGE = 0.01
DIGITS = 5e-5  # half a unit of the last stated digit [USD]
USD, ETH = 0, 1
SANDWICH, FILLED = int(Purpose.SANDWICH), int(Status.FILLED)


class Outcome(NamedTuple):
    """What a block did: all in USD but for the victim's output [ETH]."""

    front_run: float
    gain: float  # of the sequencer and the searcher, in the ledger
    received: float


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Sizes and gains, thresholds by decision and by execution, blind regimes; `quick` leaves out two thresholds."""
    for fee_bp, v in ((0.0, 1e4), (30.0, 1e4), (30.0, 2000.0)):
        yield from _realised(fee_bp, v)
    for fee_bp in (30.0,) if quick else (5.0, 30.0, 100.0):
        yield from _threshold(fee_bp)
    for regime in ("encrypted", "siloed"):
        yield from _blind(regime)


# -- expected ----------------------------------------------------------------------------------------------------------


def _quote(fee: float, v: float) -> float:
    """Output without anybody in between, from the constant product [ETH]."""
    return Y - X * Y / (X + (1.0 - fee) * v)


def _largest(fee: float, v: float) -> float:
    phi, m = 1.0 - fee, (1.0 - SLIPPAGE) * _quote(fee, v)
    coefficients = [phi, X * (1.0 + phi) + phi**2 * v, X * (X + phi * v) - phi * v * X * Y / m]
    return float(np.roots(coefficients).max())


def _gain(fee: float, v: float, a: float) -> float:
    """What a front-run of a earns: the closed form without a fee, else the constant product three times over."""
    if fee == 0.0:
        return a * v * (2.0 * X + a + v) / ((X + a) ** 2 + a * v)
    phi, k = 1.0 - fee, X * Y
    bought = Y - k / (X + phi * a)
    x = X + phi * (a + v)
    return x - k / (k / x + phi * bought) - a


def _least_share(fee: float) -> float:
    """Victim's input over the reserve at which sandwiches begin to pay: the positive root of the condition."""
    phi = 1.0 - fee
    return float(np.roots([phi, 1.0 + phi, 1.0 - 1.0 / phi**2]).max())


# -- simulated ---------------------------------------------------------------------------------------------------------


def _market(fee_bp: float, regime: str) -> Watched:
    """One pool; a sequencer that would extract whatever the regime says, a searcher, nobody outside to trade with."""
    agents = [
        AgentConfig(role="sequencer", strategy="extractive", capital_usd=1e7, parameters={"least_usd": 0.0}),
        trader("searcher", 1e7),
    ]
    deep = rollup("one", pool((X, Y), ("USD", "ETH"), fee_bp, 1.0))
    return Watched(still([deep], [asset("ETH", X / Y)], agents, regime), seed=0)


def _attack(fee_bp: float, v: float, regime: str = "siloed_extractive", slippage: float = SLIPPAGE) -> Outcome:
    """Send a victim's swap to a market and let its sequencer have its way."""
    market = _market(fee_bp, regime)
    accounts = [agent.account for agent in market.participants]
    before = held(market, accounts[0]) + held(market, accounts[1])
    least = (1.0 - slippage) * _quote(fee_bp * 1e-4, v)
    swap = {"kind": Kind.SWAP, "asset_in": USD, "asset_out": ETH, "amount": v, "limit": least}
    market.mempool.submit(intents(market, 1, "retail", venue=0, rollup=0, **swap))
    market.run()
    done = market.rows
    victim = done[done["sender"] == market.world.account_of["retail"]]
    fronts = done[(done["purpose"] == SANDWICH) & (done["asset_in"] == USD) & (done["status"] == FILLED)]
    gain = (held(market, accounts[0]) + held(market, accounts[1]) - before) @ market.world.tables.price
    return Outcome(float(fronts["filled_in"].sum()), float(gain), float(victim["filled_out"].sum()))


def _realised(fee_bp: float, v: float) -> Iterator[dict[str, Any]]:
    fee = fee_bp * 1e-4
    pays = (1.0 + v / X) * (1.0 + (1.0 - fee) * v / X) > 1.0 / (1.0 - fee) ** 2
    size = _largest(fee, v) if pays else 0.0
    gain = _gain(fee, v, size) if pays else 0.0
    received = (1.0 - SLIPPAGE if pays else 1.0) * _quote(fee, v)
    case, found = f"{fee_bp:g} bp, victim of {v:g}", _attack(fee_bp, v)
    yield row(ID, case, "front-run, USD", size, found.front_run, DIGITS)
    yield row(ID, case, "gain in the ledger, USD", gain, found.gain, DIGITS)
    yield row(ID, case, "victim's output, ETH", received, found.received, 1e-9 * received)


def _threshold(fee_bp: float) -> Iterator[dict[str, Any]]:
    """Where the sequencer begins to sandwich, and where a small sandwich executed by hand begins to earn."""
    expected = _least_share(fee_bp * 1e-4)
    low, high = 0.9 * expected, 1.1 * expected
    decided = bisect(lambda share: _attack(fee_bp, share * X, slippage=0.5).front_run > 0.0, low, high, 16)
    market = _market(fee_bp, "siloed_extractive")
    start = market.world.book.cells.copy()

    def earns(share: float) -> bool:
        market.world.book.cells[:] = start
        return _by_hand(market, share * X, 0.01) > 0.0

    case = f"{fee_bp:g} bp, least victim over x"
    yield row(ID, case, "sequencer's decision", expected, decided, 1e-4 * expected)
    yield row(ID, case, "executed by hand", expected, bisect(earns, low, high, 30), 1e-4 * expected)


def _by_hand(market: Watched, v: float, a: float) -> float:
    """Execute front-run, victim and back-run as three blocks; returns the gain [USD]."""
    back = a
    for amount, source, sink in ((a, USD, ETH), (v, USD, ETH), (None, ETH, USD)):
        swap = {"kind": Kind.SWAP, "asset_in": source, "asset_out": sink, "amount": back if amount is None else amount}
        receipt = execute(market, intents(market, 1, "retail", venue=0, rollup=0, **swap))[0]
        back = float(receipt["filled_out"]) if amount != v else back
    return back - a


def _blind(regime: str) -> Iterator[dict[str, Any]]:
    """The same victim, sequencer and searcher where contents are sealed or arrival order is kept."""
    found, quote = _attack(0.0, 1e4, regime), _quote(0.0, 1e4)
    yield row(ID, f"0 bp, victim of 10000, {regime}", "gain in the ledger, USD", 0.0, found.gain, 1e-6)
    yield row(ID, f"0 bp, victim of 10000, {regime}", "victim's output, ETH", quote, found.received, 1e-9 * quote)
