"""Founding lending markets: lendable funds, and borrowers with collateral, debt and reserves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from market.errors import InputError
from market.settings import YEAR_S
from market.state.journal import open_journal
from market.state.ledger import endow, endow_each
from market.state.store import State, index, length
from market.venues.founding import Founding, Plan, World
from market.venues.lending.config import BorrowersConfig, LendingConfig, UtilisationRates
from market.venues.lending.rules import list_loan, open_positions, price_ratio
from market.venues.lending.tables import LendingMarket, Loan
from market.venues.liquidation.design import Design
from market.venues.liquidation.genesis import auctions_of, designs_of, groups_of, lots_of, members_of
from market.venues.liquidation.reindex import centre
from market.venues.oracles.genesis import feeds

if TYPE_CHECKING:
    from market.config import MarketConfig


LENDERS = "lenders"
"""Who has supplied all funds at the start, and does nothing with them."""
FOR_FEES_USD = 100.0
"""What a borrower has left of what was borrowed and spent elsewhere, to pay fees with [USD]."""


def collateral_rollup(config: MarketConfig, rollup: int, spec: LendingConfig) -> int:
    """Return the rollup on which the collateral of a rollup's lending market lies."""
    names = [rollup.name for rollup in config.rollups]
    return rollup if spec.collateral_on is None else names.index(spec.collateral_on)


def _positions(plan: Plan) -> np.ndarray:
    """Lending market of every position: shape (positions,), ascending."""
    counts = [plan.config.rollups[rollup].borrowers for rollup, _ in plan.listed("lending")]
    return np.repeat(np.arange(len(counts)), counts)


class Genesis(Founding):
    """What lending does for the founding of a market."""

    named = (LENDERS,)

    def check(self, config: MarketConfig, partition: list[list[int]]) -> None:
        """Raise InputError where collateral lies on a rollup of another domain: no block could seize it."""
        for part in partition:
            for at in part:
                rollup = config.rollups[at]
                for spec in rollup.lending:
                    if collateral_rollup(config, at, spec) not in part:
                        together = ", ".join(config.rollups[other].name for other in part)
                        raise InputError(
                            f"rollups.{rollup.name}.lending.collateral_on: {spec.collateral_on!r} is in another "
                            f"domain; allowed: rollups sequenced together with {rollup.name!r}: {together}"
                        )

    def designs(self, plan: Plan) -> list[Design]:
        """Return how each lending market sells collateral."""
        return designs_of(plan, "lending")

    def priced(self, plan: Plan) -> Iterator[tuple[int, int]]:
        """Yield where the debt, and where the collateral, of each lending market is priced."""
        for rollup, spec in plan.listed("lending"):
            yield rollup, plan.asset(spec.debt)
            yield collateral_rollup(plan.config, rollup, spec), plan.asset(spec.collateral)

    def indexed(self, plan: Plan) -> tuple[int, int]:
        """Return a group per lending market, and a member per position."""
        return len(plan.listed("lending")), _positions(plan).size

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return an account for every lending market."""
        return {"lending": len(plan.listed("lending"))}

    def people(self, plan: Plan) -> dict[str, int]:
        """Return a borrower for every position."""
        return {"borrowers": _positions(plan).size}

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the numbers of lending markets and of positions."""
        count = len(plan.listed("lending"))
        supplies = (len(plan.members) + 1, count)
        return {"lending": count, "loans": _positions(plan).size, "supplies": supplies}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write the terms, endow the markets with lendable funds, and enter the positions."""
        tables, feed_of = world.tables, feeds(plan)
        tables.lending["account"] = world.accounts_of("lending")
        tables.lending["auction"], tables.lending["group"] = auctions_of(plan, "lending"), groups_of(plan, "lending")
        for at, (rollup, spec) in enumerate(plan.listed("lending")):
            row = tables.lending[at]
            collateral, debt = plan.asset(spec.collateral), plan.asset(spec.debt)
            row["rollup"], row["collateral"], row["debt"] = rollup, collateral, debt
            row["collateral_rollup"] = held_on = collateral_rollup(plan.config, rollup, spec)
            row["feed_collateral"] = feed_of.get((held_on, collateral), -1)
            row["feed_debt"] = feed_of.get((rollup, debt), -1)
            row["threshold"], row["max_ltv"] = spec.liquidation_threshold, spec.max_ltv
            row["close_factor"], row["full_close"] = spec.close_factor, spec.full_close_health
            row["bonus"], row["index"], row["supply_index"] = spec.bonus, 1.0, 1.0
            row["treasury"] = world.treasury[rollup]
            _write_rates(row, spec)
            endow(tables, int(row["account"]), rollup, debt, spec.cash_usd / plan.prices[debt])
        _open_positions(world, plan, rng)
        _open_supplies(world, plan)
        # a lot of collateral lies on the account of its own
        tables.lots["contract"][lots_of(plan, "lending")[0]] = -1.0

    def index(self, state: State) -> None:
        """Enter every position."""
        _index(state)


def _write_rates(row: np.void, spec: LendingConfig) -> None:
    """Write the law of a market's rates; a constant one has no slopes."""
    law = spec.rates or UtilisationRates(base=spec.rate, slope_below=0.0, slope_above=0.0, reserve_factor=0.0)
    row["floor"], row["kink"], row["reserve_factor"] = law.base / YEAR_S, law.kink, law.reserve_factor
    row["slope_below"], row["slope_above"] = law.slope_below / YEAR_S, law.slope_above / YEAR_S
    row["rate"] = row["floor"]


def _open_supplies(world: World, plan: Plan) -> None:
    """Let strategic agents supply, and give the lenders what is in the markets at the start: cash, and what is owed."""
    tables, members, lenders = world.tables, len(plan.members), world.account_of[LENDERS]
    tables.accounts["supplier"] = -1.0
    tables.accounts["supplier"][[*range(members), lenders]] = range(members + 1)
    for market, row in enumerate(tables.lending):
        cash = tables.balance[int(row["account"]), int(row["rollup"]), int(row["debt"])]
        row["supplied"] = cash + row["scaled_debt"]
        tables.supplies["shares"][members, market] = tables.supplies["principal"][members, market] = row["supplied"]


def _open_positions(world: World, plan: Plan, rng: np.random.Generator) -> None:
    """Borrowers with lognormal collateral, loan-to-value from their law, and reserves for top-ups."""
    tables, of_market = world.tables, _positions(plan)
    owners = np.array(world.accounts_of("borrowers"), np.int64)
    tables.loans["market"], tables.loans["owner"] = of_market, owners
    members = members_of(plan, "lending")
    tables.loans["member"], tables.entries["row"][members] = members, np.arange(members.size)
    normal = rng.standard_normal(of_market.size)
    for market, row in enumerate(tables.lending):
        rollup, collateral, debt = int(row["rollup"]), int(row["collateral"]), int(row["debt"])
        law = plan.config.rollups[rollup].leverage or plan.config.borrowers
        at = np.flatnonzero(of_market == market)
        value = law.collateral_median_usd * np.exp(law.collateral_log_sd * normal[at])
        ltv = _loan_to_value(law, at.size, rng)
        amounts = value / plan.prices[collateral]
        held_on = int(row["collateral_rollup"])
        endow(tables, int(row["account"]), held_on, collateral, float(amounts.sum()))
        open_positions(tables, at, amounts, value * ltv / plan.prices[debt])
        endow_each(tables, owners[at], held_on, collateral, amounts * law.reserve_share)
        endow_each(tables, owners[at], rollup, 0, np.full(at.size, FOR_FEES_USD))


def _loan_to_value(law: BorrowersConfig, count: int, rng: np.random.Generator) -> np.ndarray:
    """Loan-to-value of borrowers at the start: shape (count,)."""
    if law.ltv_law == "log_uniform":
        return law.ltv_low * (law.ltv_high / law.ltv_low) ** rng.random(count)
    return law.ltv_low + (law.ltv_high - law.ltv_low) * rng.beta(law.ltv_alpha, law.ltv_beta, count)


@njit(cache=True)
def _index(state: State) -> None:
    for market in range(length(state, LendingMarket.rollup)):
        centre(state, index(state, LendingMarket.group, market), price_ratio(state, market))
    for position in range(length(state, Loan.market)):
        # the journal holds one stretch: a stretch for each, and none of them to be undone
        open_journal(state)
        list_loan(state, position)
