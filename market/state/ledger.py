"""Double entry: every movement has a payer, a payee and a reason, and can be undone.

The table of flows (group of payer, group of payee, reason, asset) answers "who paid whom for what"; the balances say
who holds what, and where. No asset is made or lost: a movement takes from one account exactly what it gives to another.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import boolean, float64, int64, njit

from market.kernel.compiled import kernel, kernel_of
from market.state.journal import open_journal, put_next, writes_of
from market.state.store import ASSETS_AT, FLOWS_AT, GROUPS_AT, REASONS_AT, STATE, State, Tables, balance_cell, index
from market.state.tables import Account


class Why(IntEnum):
    """Reason of a movement."""

    ENDOWMENT = 0
    SWAP = 1
    POOL_FEE = 2
    LIQUIDITY = 3
    COLLATERAL = 4
    LOAN = 5
    REPAYMENT = 6
    LIQUIDATION = 7
    SEIZURE = 8
    TIP = 9
    GAS = 10
    BID = 11
    BRIDGE = 12
    BRIDGE_FEE = 13
    PAYMENT = 14
    OUTSIDE = 15
    REVENUE = 16
    STAKE = 17
    SLASHING = 18
    MARGIN = 19
    PERPETUAL_FEE = 20
    INSURANCE = 21
    ESCROW = 22  # bids that may be returned
    PENALTY = 23  # what a borrower pays the market beyond the debt
    SURPLUS = 24  # what an auction returns to the borrower
    DATA_FEE = 25  # what a sender pays for what its intent takes on L1
    DATA_COST = 26  # what whoever sequences pays L1 for that
    SUPPLY = 27  # funds for a lending market, and their return
    INTEREST = 28  # what a lending market pays suppliers and its treasury beyond that
    TICKET = 29  # tickets of a lottery, bought from the protocol or resold
    KEY_SHARE = 30  # what a member of a committee is paid for its share of the key ahead of time
    SWITCHING = 31  # what a rollup spends on moving to another network
    BOND = 32  # what a reporter puts up that it may lose
    REPORT = 33  # what a committee pays for reports
    BRIBE = 34  # what somebody else offers for a report, and its payment or return
    RESALE = 35  # for a right that the seller had bought from the protocol
    OPTION_MARGIN = 36
    OPTION_FEE = 37
    SECURITY = 38  # what a rollup's security module pays for a deficit
    OPTION_COVER = 39  # underlying that covers calls, its return, and what is paid of it at their expiry
    REWARD = 40  # what a programme pays for liquidity


REASONS = len(Why)


@kernel_of(boolean(STATE, int64, int64, int64, int64, float64, int64), inlined=True)
def move_inlined(state: State, payer: int, payee: int, rollup: int, asset: int, amount: float, why: int) -> bool:
    """Move as :func:`move` does, compiled into what calls it: for what moves something for nearly every intent."""
    source = balance_cell(state, payer, rollup, asset)
    if not amount >= 0.0 or amount == np.inf:
        return False
    if state.cells[source] < amount and index(state, Account.open, payer) == 0:
        return False
    if amount == 0.0:
        return True
    sink = balance_cell(state, payee, rollup, asset)
    writes = put_next(state, writes_of(state), source, state.cells[source] - amount)
    writes = put_next(state, writes, sink, state.cells[sink] + amount)
    giver, taker = index(state, Account.group, payer), index(state, Account.group, payee)
    pair = giver * state.layout[GROUPS_AT] + taker
    flow = state.layout[FLOWS_AT] + (pair * state.layout[REASONS_AT] + why) * state.layout[ASSETS_AT] + asset
    state.journal[0] = put_next(state, writes, flow, state.cells[flow] + amount)
    return True


@njit(boolean(STATE, int64, int64, int64, int64, float64, int64), cache=True)
def move(state: State, payer: int, payee: int, rollup: int, asset: int, amount: float, why: int) -> bool:
    """Move `amount` units of an asset on a rollup; False, and nothing moves, where the payer has less.

    Moving nothing succeeds. A negative or non-finite amount never moves. An open account, which stands for the rest of
    the world, may owe: its balance is what the market has taken from the world on net.
    """
    return move_inlined(state, payer, payee, rollup, asset, amount, why)


@njit(float64(STATE, int64, int64, int64, float64), cache=True)
def within(state: State, account: int, rollup: int, asset: int, amount: float) -> float:
    """Return the amount, or what the account holds where that falls short of it by rounding only.

    Whoever pays its whole balance in two parts must not fail for the last bit of their sum.
    """
    held = state.cells[balance_cell(state, account, rollup, asset)]
    return held if held < amount <= held * (1.0 + 1e-12) else amount


@njit(boolean(STATE, int64, int64, int64, int64, float64, int64), cache=True)
def transfer(state: State, payer: int, payee: int, rollup: int, asset: int, amount: float, why: int) -> bool:
    """Move outside of a block (a bid, a delivery of a bridge): a stretch of its own."""
    open_journal(state)
    return move(state, payer, payee, rollup, asset, amount, why)


def totals(tables: Tables) -> np.ndarray:
    """Total of each asset over all accounts and rollups: shape (assets,). Constant for the life of a market."""
    found = np.zeros(tables.balance.shape[2])
    _add_up(tables.balance, found)
    return found


@kernel
def _add_up(balance: np.ndarray, found: np.ndarray) -> None:
    """Add up balances (accounts, rollups, assets) by asset, one account after the other: as `sum` does, but faster."""
    for asset in range(balance.shape[2]):
        total = 0.0
        for account in range(balance.shape[0]):
            for rollup in range(balance.shape[1]):
                total += balance[account, rollup, asset]
        found[asset] = total


def endow(tables: Tables, account: int, rollup: int, asset: int, amount: float) -> None:
    """Give an account its starting funds. Only before the market opens: this is where assets come from."""
    tables.balance[account, rollup, asset] += amount
    group = int(tables.accounts["group"][account])
    tables.flows[group, group, Why.ENDOWMENT, asset] += amount


def endow_each(tables: Tables, accounts: np.ndarray, rollup: int, asset: int, amounts: np.ndarray) -> None:
    """Give accounts of one group their starting funds: `accounts` distinct, `amounts` of the same shape."""
    if not accounts.size:
        return
    tables.balance[accounts, rollup, asset] += amounts
    group = int(tables.accounts["group"][accounts[0]])
    tables.flows[group, group, Why.ENDOWMENT, asset] += amounts.sum()


def who_paid_whom(tables: Tables, group_names: list[str], asset_names: tuple[str, ...]) -> list[dict[str, object]]:
    """Return the non-zero flows as records: payer, payee, reason, asset, amount [units of the asset]."""
    return [
        {
            "payer": group_names[giver],
            "payee": group_names[taker],
            "reason": Why(why).name.lower(),
            "asset": asset_names[asset],
            "amount": float(tables.flows[giver, taker, why, asset]),
        }
        for giver, taker, why, asset in np.argwhere(tables.flows)
    ]
