"""Sandwiches on a constant-product pool: sized by the victim's limit, made by a sequencer, gone where it is blind.

Derived from the pool rule. Reserves x (in) and y (out), phi = 1 - fee, victim's input v and least output m; of each
input the share kappa goes into the reserves: phi where fees stay outside of the curve, as in this market, and 1 where
the pool keeps them in its reserves. A front-run of a leaves the victim exactly m at the positive root of
phi kappa a^2 + a [x (kappa + phi) + phi^2 v] + x (x + phi v) - phi v x y / m = 0, and some a pays iff
(1 + kappa v/x)(1 + phi v/x) > 1 / phi^2. Without a fee a sandwich of a earns a v (2 x + a + v) / ((x + a)^2 + a v).

With x = 1e6, y = 500, v = 1e4 and 1% slippage, a = 5062.8793 earns 100.9899 without a fee. With 30 bp kept in the
reserves a = 5070.4477 earns 70.1625, and v/x must exceed .000500, .003014, .010152 at 5 bp, 30 bp, 1%. The market's
sequencer plays on pools whose fees stay outside; fees are kept inside by paying each into the pool behind its swap.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.validation._markets import Watched, asset, bisect, held, intents, pool, rollup, still, trader
from experiments.validation._rows import row
from market.config import AgentConfig
from market.intents.rows import Status
from market.venues import Kind

ID = "M3"
TITLE = "Sandwich on a constant-product pool"

X, Y = 1e6, 500.0
SLIPPAGE = 0.01
DIGITS = 5e-5  # half a unit of the last stated digit [USD]
RELATIVE = 1e-4  # of a threshold
USD, ETH = 0, 1


class Outcome(NamedTuple):
    """What a block did: all in USD but for the victim's output [ETH]."""

    front_run: float
    gain: float  # of the sequencer and the searcher, in the ledger
    received: float


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Sizes and gains, thresholds, blind regimes; `quick` looks for the thresholds of one fee only."""
    for fee_bp, v, fees in (
        (0.0, 1e4, "inside"),
        (30.0, 1e4, "inside"),
        (30.0, 2000.0, "inside"),
        (30.0, 1e4, "apart"),
    ):
        yield from _realised(fee_bp, v, fees)
    for fee_bp in (30.0,) if quick else (5.0, 30.0, 100.0):
        yield from _thresholds(fee_bp, "inside")
    yield from _thresholds(30.0, "apart")
    for regime in ("encrypted", "siloed"):
        yield from _blind(regime)


# -- expected ----------------------------------------------------------------------------------------------------------


def _quote(fee: float, v: float) -> float:
    """Output without anybody in between, from the constant product [ETH]."""
    return Y - X * Y / (X + (1.0 - fee) * v)


def _largest(fee: float, v: float, kappa: float) -> float:
    phi, m = 1.0 - fee, (1.0 - SLIPPAGE) * _quote(fee, v)
    linear, constant = X * (kappa + phi) + phi**2 * v, X * (X + phi * v) - phi * v * X * Y / m
    return float(np.roots([phi * kappa, linear, constant]).max())


def _gain(fee: float, v: float, a: float, kappa: float) -> float:
    """What a front-run of a earns: the closed form without a fee, else the constant product three times over."""
    if fee == 0.0:
        return a * v * (2.0 * X + a + v) / ((X + a) ** 2 + a * v)
    phi, left = 1.0 - fee, X * Y / (X + (1.0 - fee) * a)
    bought, x = Y - left, X + kappa * a
    left, x = x * left / (x + phi * v), x + kappa * v
    return x - x * left / (left + phi * bought) - a


def _least_share(fee: float, kappa: float) -> float:
    """Victim's input over the reserve at which sandwiches begin to pay: the positive root of the condition."""
    phi = 1.0 - fee
    return float(np.roots([phi * kappa, phi + kappa, 1.0 - 1.0 / phi**2]).max())


# -- simulated ---------------------------------------------------------------------------------------------------------


def _market(fee_bp: float, regime: str, fees: str) -> Watched:
    """One pool; a sequencer that would extract whatever the regime says, a searcher, nobody outside to trade with."""
    agents = [
        AgentConfig(role="sequencer", strategy="extractive", capital_usd=1e7, parameters={"least_usd": 0.0}),
        trader("searcher", 1e7),
    ]
    curve = pool((X, Y), ("USD", "ETH"), fee_bp, 1.0).model_copy(update={"fees": fees})
    return Watched(still([rollup("one", curve)], [asset("ETH", X / Y)], agents, regime), seed=0)


def _attack(
    fee_bp: float, v: float, fees: str, regime: str = "siloed_extractive", slippage: float = SLIPPAGE
) -> Outcome:
    """Send a victim's swap to a market and let its sequencer have its way."""
    market = _market(fee_bp, regime, fees)
    accounts = [agent.account for agent in market.participants]
    before = held(market, accounts[0]) + held(market, accounts[1])
    least = (1.0 - slippage) * _quote(fee_bp * 1e-4, v)
    swap = {"kind": Kind.SWAP, "asset_in": USD, "asset_out": ETH, "amount": v, "limit": least}
    market.mempool.submit(intents(market, 1, "retail", venue=0, rollup=0, **swap))
    market.run()
    done = market.rows
    victim = done[done["sender"] == market.world.account_of["retail"]]
    own = np.isin(done["sender"], accounts) & (done["kind"] == Kind.SWAP) & (done["status"] == Status.FILLED)
    fronts = done[own & (done["asset_in"] == USD)]
    gain = (held(market, accounts[0]) + held(market, accounts[1]) - before) @ market.world.tables.prices
    return Outcome(float(fronts["filled_in"].sum()), float(gain), float(victim["filled_out"].sum()))


def _kappa(fee: float, fees: str) -> float:
    return 1.0 if fees == "inside" else 1.0 - fee


def _realised(fee_bp: float, v: float, fees: str) -> Iterator[dict[str, Any]]:
    """What the market's extractive sequencer makes of a victim."""
    fee = fee_bp * 1e-4
    kappa = _kappa(fee, fees)
    pays = v / X > (_least_share(fee, kappa) if fee else 0.0)
    size = _largest(fee, v, kappa) if pays else 0.0
    gain = _gain(fee, v, size, kappa) if pays else 0.0
    received = (1.0 - SLIPPAGE if pays else 1.0) * _quote(fee, v)
    case, found = f"{fee_bp:g} bp {fees}, victim of {v:g}", _attack(fee_bp, v, fees)
    yield row(ID, case, "front-run, USD", size, found.front_run, DIGITS)
    yield row(ID, case, "gain in the ledger, USD", gain, found.gain, DIGITS)
    yield row(ID, case, "victim's output, ETH", received, found.received, 1e-9 * received)


def _thresholds(fee_bp: float, fees: str) -> Iterator[dict[str, Any]]:
    """Where the sequencer begins to sandwich."""
    expected = _least_share(fee_bp * 1e-4, _kappa(fee_bp * 1e-4, fees))
    low, high = 0.9 * expected, 1.1 * expected
    found = bisect(lambda share: _attack(fee_bp, share * X, fees, slippage=0.5).front_run > 0.0, low, high, 16)
    yield row(ID, f"{fee_bp:g} bp {fees}", "least victim over x", expected, found, RELATIVE * expected)


def _blind(regime: str) -> Iterator[dict[str, Any]]:
    """The same victim, sequencer and searcher where contents are sealed or arrival order is kept."""
    found, quote = _attack(0.0, 1e4, "inside", regime), _quote(0.0, 1e4)
    yield row(ID, f"0 bp, victim of 10000, {regime}", "gain in the ledger, USD", 0.0, found.gain, 1e-6)
    yield row(ID, f"0 bp, victim of 10000, {regime}", "victim's output, ETH", quote, found.received, 1e-9 * quote)
