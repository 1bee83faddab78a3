"""Columns of the lending markets' tables."""

from __future__ import annotations

from market.state.schema import Columns, table


@table("lending")
class LendingMarket(Columns):
    """A lending market: one collateral asset against one debt asset."""

    rollup = "rollup on which it stands", "rollup"
    account = "account that holds collateral and lendable funds", "account"
    collateral = "collateral asset", "asset"
    debt = "borrowed asset", "asset"
    feed_collateral = "feed of the collateral's price; -1: the numeraire", "feed"
    feed_debt = "feed of the debt's price; -1: the numeraire", "feed"
    threshold = "debt over collateral value at which health is 1", "1"
    max_ltv = "largest loan-to-value at which one may borrow", "1"
    close_factor = "share of the debt that one liquidation may repay", "1"
    full_close = "health below which all of the debt may be repaid", "1"
    bonus = "collateral seized over value repaid, less one", "1"
    rate = "continuously compounded borrowing rate as of now", "1/s"
    index = "growth of a unit of debt since the start", "1"
    accrued_at = "time up to which interest has accrued", "s"
    scaled_debt = "all debts, over the index", "units of the debt asset"
    bad_debt = "debt lost since the start", "units of the debt asset"
    key_bound = "upper bound of the keys of all loans", "debt/collateral"
    interest = "interest accrued since the start", "units of the debt asset"
    collateral_rollup = "rollup where the collateral lies and is priced", "rollup"
    auction = "its row among the auctions", "auction"
    group = "group of its loans in the index of thresholds", "group"
    penalties = "paid beyond debts in auctions since the start, at reference prices of the time", "USD"
    floor = "borrowing rate when nothing is lent out", "1/s"
    kink = "utilisation at which the slope of the borrowing rate changes", "1"
    slope_below = "what the borrowing rate rises by up to the kink", "1/s"
    slope_above = "what it rises by beyond the kink", "1/s"
    reserve_factor = "share of interest that is kept as reserves", "1"
    reserves = "interest kept as reserves and not yet paid to the treasury", "units of the debt asset"
    treasury = "account that reserves are paid to", "account"
    supplied = "claims of all suppliers, over the supply index", "units of the debt asset"
    supply_index = "growth of a unit supplied since the start", "1"
    wrongful = "debt of loans liquidated that were healthy at reference prices, at those of the time", "USD"


@table("supplies")
class Supply(Columns):
    """What a supplier of lendable funds has in a lending market: a row for each of both."""

    shares = "claim, over the market's supply index", "units of the debt asset"
    principal = "part of the claim that was paid in and is no interest", "units of the debt asset"


@table("loans")
class Loan(Columns):
    """A borrower's position in a lending market."""

    market = "lending market", "lending market"
    owner = "borrower's account", "account"
    collateral = "collateral", "units of the collateral asset"
    debt = "debt, over the market's index", "units of the debt asset"
    member = "its place in the index of thresholds", "entry"
