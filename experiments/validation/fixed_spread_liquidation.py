"""Fixed-spread liquidation: what a repayment does to the loan, to the protocol and to the liquidator.

Sources: K. Qin, L. Zhou, P. Gamito, P. Jovanovic, A. Gervais (2021), An empirical study of DeFi liquidations;
J. Warmuz, A. Chaudhary, D. Pinna (2022), Toxic liquidation spirals; the arithmetic is derived.

Debt D, collateral value C, liquidation threshold LT, bonus i: LTV = D / C, health HF = LT C / D, and repaying r seizes
r (1 + i). A liquidation raises LTV iff LTV > 1 / (1 + i). Exhausting the collateral leaves bad debt D - C / (1 + i).
HF = h is reached by r = (h D - LT C) / (h - LT (1 + i)). D = 84, C = 100, LT = .825, i = .05: r = 11.214953 heals the
loan, and a liquidation of half of the debt takes HF from .98214 to 1.09804.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import Watched, asset, bisect, execute, held, intents, pool, rollup, still
from experiments.validation._rows import row
from market.config import AgentConfig, BorrowersConfig, LendingConfig
from market.intents.rows import Reason, Status
from market.venues import Kind
from market.venues.lending.rules import health

ID = "M6"
TITLE = "Fixed-spread liquidation"

THRESHOLD, COLLATERAL, DEBT, BONUS = 0.825, 100.0, 84.0, 0.05
EXACT = 1e-9  # relative: arithmetic, nothing else

USD, ETH = 0, 1


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """All of it takes milliseconds: `quick` changes nothing."""
    for bonus in (0.05, 0.10):
        yield from _spiral(bonus)
    for debt, bonus, close in ((98.0, 0.05, 1.0), (98.0, 0.05, 0.5), (95.0, 0.10, 0.5)):
        yield from _bad_debt(debt, bonus, close)
    yield from _cure()
    yield from _close_factor()
    yield from _liquidator()


def _market(
    debt: float, bonus: float = BONUS, close: float = 0.5, full_close: float = 0.0, agents: tuple[AgentConfig, ...] = ()
) -> Watched:
    """One loan of `debt` USD against 1 ETH worth 100 USD, without interest, and an oracle that says so."""
    terms = LendingConfig(
        liquidation_threshold=THRESHOLD, bonus=bonus, close_factor=close, full_close_health=full_close, rate=0.0
    )
    ltv = debt / COLLATERAL
    loan = BorrowersConfig(
        collateral_median_usd=COLLATERAL, collateral_log_sd=0.0, ltv_low=ltv, ltv_high=float(np.nextafter(ltv, 1.0)),
        top_up_share=0.0, deleverage_share=0.0,
    )  # fmt: skip
    home = rollup("one", pool((1e4, 1e6), ("ETH", "USD"), 30.0, COLLATERAL), lending=(terms,), borrowers=1)
    return Watched(still([home], [asset("ETH", COLLATERAL)], agents, borrowers=loan, outside_fee_bp=0.0), seed=0)


def _loan(market: Watched) -> tuple[float, float]:
    """Collateral value at the reference price and debt [USD]."""
    position = market.world.tables.loans[0]
    return float(position["collateral"] * market.world.tables.prices[ETH]), float(position["debt"])


def _pay(market: Watched, kind: int, amount: float) -> np.ndarray:
    """Repay or liquidate with the funds of the rest of the world; returns the receipt."""
    sent = {"kind": kind, "amount": amount, "asset_in": USD, "asset_out": ETH}
    return execute(market, intents(market, 1, "retail", venue=0, target=0, rollup=0, **sent))[0]


def _spiral(bonus: float) -> Iterator[dict[str, Any]]:
    """The least loan-to-value at which a liquidation raises it."""

    def raises(ltv: float) -> bool:
        market = _market(ltv * COLLATERAL, bonus)
        _pay(market, Kind.LIQUIDATE, 1.0)
        collateral, debt = _loan(market)
        return debt / collateral > ltv

    found = bisect(raises, 0.84, 0.99, 30)
    yield row(ID, f"bonus {bonus:.0%}", "least LTV that is raised", 1.0 / (1.0 + bonus), found, 1e-6)


def _bad_debt(debt: float, bonus: float, close: float) -> Iterator[dict[str, Any]]:
    """Liquidate until the collateral is gone."""
    market = _market(debt, bonus, close)
    while _pay(market, Kind.LIQUIDATE, debt)["status"] == Status.FILLED:
        pass
    lost = float(market.world.tables.lending["bad_debt"][0])
    expected = debt - COLLATERAL / (1.0 + bonus)
    case = f"D={debt:g}, bonus {bonus:.0%}, close factor {close:g}"
    yield row(ID, case, "bad debt, USD", expected, lost, EXACT * debt)


def _cure() -> Iterator[dict[str, Any]]:
    """The least payment after which nobody can liquidate any more, by a liquidator and by the borrower."""
    expected = {
        Kind.LIQUIDATE: (DEBT - THRESHOLD * COLLATERAL) / (1.0 - THRESHOLD * (1.0 + BONUS)),
        Kind.REPAY: DEBT - THRESHOLD * COLLATERAL,
    }
    for kind, amount in expected.items():

        def healed(paid: float, kind: int = kind) -> bool:
            market = _market(DEBT)
            _pay(market, kind, paid)
            return _pay(market, Kind.LIQUIDATE, 1.0)["reason"] == Reason.HEALTHY

        found = bisect(healed, 0.1, 40.0, 45)
        yield row(ID, f"D=84, {kind.name.lower()}", "least r with HF = 1, USD", amount, found, EXACT * DEBT)


def _close_factor() -> Iterator[dict[str, Any]]:
    """Health before and after a liquidation of as much as the close factor allows."""
    market = _market(DEBT)
    before = health(market.world.state, 0)
    yield row(ID, "D=84", "HF before", THRESHOLD * COLLATERAL / DEBT, before, EXACT)
    _pay(market, Kind.LIQUIDATE, DEBT)
    repaid = 0.5 * DEBT
    expected = THRESHOLD * (COLLATERAL - repaid * (1.0 + BONUS)) / (DEBT - repaid)
    yield row(ID, "D=84, half repaid", "HF after", expected, health(market.world.state, 0), EXACT)


def _liquidator() -> Iterator[dict[str, Any]]:
    """A liquidator of the market that sells outside at no fee and tips nothing earns the bonus on what it repays."""
    greedy = AgentConfig(role="liquidator", strategy="greedy", parameters={"sell": "outside", "tip_share": 0.0})
    market = _market(DEBT, agents=(greedy,))
    account = market.account("liquidator")
    before = held(market, account)
    market.run()
    gain = float((held(market, account) - before) @ market.world.tables.prices)
    yield row(ID, "D=84, half repaid", "liquidator's gain, USD", 0.5 * DEBT * BONUS, gain, 1e-6)
    collateral, debt = _loan(market)
    yield row(ID, "D=84, half repaid", "LTV left", 0.5 * DEBT / (COLLATERAL - 0.525 * DEBT), debt / collateral, EXACT)
