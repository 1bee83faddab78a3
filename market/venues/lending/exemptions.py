"""What a circuit breaker asks of intents on lending markets: whether they defend, what they bring, what they repay."""

from __future__ import annotations

from typing import Any

from market.state.store import State, Tables
from market.venues import Kind
from market.venues.lending.rules import owed


def defends(tables: Tables, row: Any) -> bool:
    """Whether a deposit or repayment is onto a loan of the sender's own that owes."""
    at = int(row["target"])
    if not 0 <= at < len(tables.loans):
        return False
    loan = tables.loans[at]
    return bool(loan["owner"] == row["sender"] and loan["debt"] > 0.0)


def acquired(tables: Tables, row: Any) -> tuple[int, float]:
    """Asset, and how much of it a liquidation is sure to bring its sender: the limit that it sets, or a lot won.

    The market says what is seized, whatever the row does.
    """
    at = int(row["venue"])
    if row["kind"] not in (Kind.LIQUIDATE, Kind.LOAN_AUCTION_TAKE, Kind.LOAN_AUCTION_SETTLE) or not (
        0 <= at < len(tables.lending)
    ):
        return 0, 0.0
    market = tables.lending[at]
    won = _won(tables, market, row) if row["kind"] == Kind.LOAN_AUCTION_SETTLE else float(row["limit"])
    return int(market["collateral"]), won


def _won(tables: Tables, market: Any, row: Any) -> float:
    """Collateral of the lot that the sender of a settlement has won [units]."""
    lots = tables.lots
    lot = (lots["auction"] == market["auction"]) & (lots["id"] == row["target"])
    return float(lots["amount"][lot & (lots["bidder"] == row["sender"])].sum())


def repaid(state: State, tables: Tables, row: Any) -> tuple[int, float]:
    """Asset and amount of debt that a repayment repays; the row names a loan."""
    if row["kind"] != Kind.REPAY:
        return 0, 0.0
    loan = int(row["target"])
    debt = int(tables.lending["debt"][int(tables.loans["market"][loan])])
    return debt, min(float(row["amount"]), owed(state, loan))
