"""Founding perpetuals: accounts, makers, traders with contracts, and contracts for whoever buys in auctions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from market.errors import InputError
from market.state.journal import open_journal
from market.state.ledger import endow, endow_each
from market.state.store import State, index, length
from market.venues.founding import Founding, Plan, World
from market.venues.liquidation import deleveraging
from market.venues.liquidation.design import Design
from market.venues.liquidation.genesis import auctions_of, designs_of, groups_of, lots_of, members_of
from market.venues.liquidation.reindex import centre
from market.venues.oracles.genesis import feeds
from market.venues.perpetuals.config import PerpetualConfig
from market.venues.perpetuals.instrument import PERPETUALS
from market.venues.perpetuals.rules import STEP, list_contract, price_of, short_key
from market.venues.perpetuals.tables import Contract, Perpetual

if TYPE_CHECKING:
    from market.config import RollupConfig


BUYERS = ("liquidator", "sequencer", "builder")
"""Roles that get an empty contract on every perpetual that auctions what it liquidates."""
FOR_FEES_USD = 100.0
"""What a trader has besides her margin and reserves, to pay fees with [USD]."""


def _listed(plan: Plan) -> list[tuple[int, PerpetualConfig]]:
    return plan.listed("perpetuals")


def _contracts(plan: Plan) -> int:
    """How many contracts makers and traders have; every market has a maker besides its traders."""
    return sum(1 + spec.traders for _, spec in _listed(plan))


def _buyers(plan: Plan) -> list[tuple[int, int]]:
    """(perpetual, account) of every contract that is there to buy in auctions with, or beside options."""
    buyers = [account for account, member in enumerate(plan.members) if member.role in BUYERS]
    auctioning = [market for market, design in enumerate(plan.designs["perpetuals"]) if design.most_open]
    found = [(market, account) for market in auctioning for account in buyers]
    beside = [(market, account) for market in _beside_options(plan) for account in range(len(plan.members))]
    return list(dict.fromkeys(found + beside))


def _beside_options(plan: Plan) -> list[int]:
    """Perpetuals with which options on the same asset and rollup share margin."""
    sharing = {(rollup, spec.asset) for rollup, spec in plan.listed("options") if spec.share_margin}
    return [market for market, (rollup, spec) in enumerate(_listed(plan)) if (rollup, spec.asset) in sharing]


def _all_contracts(plan: Plan) -> int:
    """How many contracts there are with those of lots and of those who buy them."""
    lots, _ = lots_of(plan, "perpetuals")
    return _contracts(plan) + lots.size + len(_buyers(plan))


def _sharing(specs: tuple[PerpetualConfig, ...]) -> int:
    """How many traders hold contracts on all of a rollup's perpetuals, which share their margin."""
    return min(int(spec.cross_share * spec.traders) for spec in specs) if len(specs) > 1 else 0


def _check_shared_margin(rollup: RollupConfig) -> None:
    """Raise InputError where contracts that share margin would be liquidated in different ways."""
    kinds = sorted({str(spec.liquidation.get("kind")) for spec in rollup.perpetuals})
    if len(kinds) > 1 and _sharing(rollup.perpetuals):
        raise InputError(
            f"rollups.{rollup.name}.perpetuals.liquidation: kinds {', '.join(kinds)}; allowed: one kind for all "
            "perpetuals of a rollup whose traders share margin (cross_share)"
        )


class Genesis(Founding):
    """What perpetuals do for the founding of a market."""

    def designs(self, plan: Plan) -> list[Design]:
        """Return how each perpetual sells contracts under margin."""
        for rollup in plan.config.rollups:
            _check_shared_margin(rollup)
        return designs_of(plan, "perpetuals")

    def priced(self, plan: Plan) -> Iterator[tuple[int, int]]:
        """Yield where the underlying of each perpetual is priced."""
        for rollup, spec in _listed(plan):
            yield rollup, plan.asset(spec.asset)

    def indexed(self, plan: Plan) -> tuple[int, int]:
        """Return two groups per perpetual, longs and shorts, and a member per contract."""
        return 2 * len(_listed(plan)), _all_contracts(plan)

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return a vault per rollup, and a fund and an account for fees per market."""
        count = len(_listed(plan))
        vaults = len(plan.config.rollups) if count else 0
        return {"perpetual vaults": vaults, "insurance funds": count, "perpetual fees": count}

    def people(self, plan: Plan) -> dict[str, int]:
        """Return an owner for every contract of makers and traders."""
        return {"perpetual traders": _contracts(plan)}

    def instruments(self, plan: Plan) -> int:
        """Return an instrument for every contract."""
        return _all_contracts(plan)

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the numbers of perpetuals and of contracts, those for auctions behind the others."""
        return {"perpetuals": len(_listed(plan)), "contracts": _all_contracts(plan)}

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write terms, give every trader a contract at the reference price, and the makers the other side.

        Raises InputError where a market is to be quoted by a market maker that does not take part.
        """
        feed_of, first, tables = feeds(plan), 0, world.tables
        tables.perpetuals["auction"] = auctions_of(plan, "perpetuals")
        tables.perpetuals["group"] = groups_of(plan, "perpetuals").reshape(-1, 2)
        members = members_of(plan, "perpetuals")
        tables.contracts["member"], tables.entries["row"][members] = members, np.arange(members.size)
        at = plan.instruments("perpetuals")
        tables.contracts["instrument"], tables.instruments["next"][at] = at, at
        tables.instruments["venue"][at], tables.instruments["row"][at] = PERPETUALS, np.arange(at.size)
        for market, (rollup, spec) in enumerate(_listed(plan)):
            asset = plan.asset(spec.asset)
            _write_terms(world, market, rollup, plan.config.rollups[rollup].name, spec)
            row = world.tables.perpetuals[market]
            row["asset"], row["feed"], row["maker"] = asset, feed_of[rollup, asset], first
            endow(world.tables, int(row["fund"]), rollup, 0, spec.fund_usd)
            _open_contracts(world, market, spec, np.arange(first, first + 1 + spec.traders), rng)
            first += 1 + spec.traders
        _share_margin(world, plan)
        _give_reserves(world, plan)
        _open_empty_contracts(world, plan)
        _hand_over_makers(world, plan)

    def index(self, state: State) -> None:
        """Enter every contract."""
        _index(state)


def _write_terms(world: World, market: int, rollup: int, name: str, spec: PerpetualConfig) -> None:
    row = world.tables.perpetuals[market]
    row["rollup"], row["account"] = rollup, world.accounts_of("perpetual vaults")[rollup]
    row["fund"] = world.accounts_of("insurance funds")[market]
    row["fee_account"] = world.accounts_of("perpetual fees")[market]
    row["initial"], row["maintenance"] = 1.0 / spec.max_leverage, spec.maintenance
    row["fee"], row["spread"], row["reward"] = np.array([spec.fee_bp, spec.spread_bp, spec.reward_bp]) * 1e-4
    row["depth"], row["period"] = spec.depth_usd, spec.funding_period_s
    row["interest"], row["clamp"] = spec.funding_interest, spec.funding_clamp
    row["cap"] = np.inf if spec.funding_cap is None else spec.funding_cap
    rule = deleveraging.make(spec.deleveraging, f"rollups.{name}.perpetuals.deleveraging")
    row["deleveraging"], row["haircut"] = rule.number, rule.cap


def _open_contracts(world: World, market: int, spec: PerpetualConfig, at: np.ndarray, rng: np.random.Generator) -> None:
    """Open the contracts `at` of a market: the maker's, then those of traders with random margin, leverage and side."""
    tables = world.tables
    row = tables.perpetuals[market]
    price = tables.prices[int(row["asset"])]
    owners = world.accounts_of("perpetual traders").start + at
    margin = spec.margin_median_usd * np.exp(spec.margin_log_sd * rng.standard_normal(spec.traders))
    leverage = spec.leverage_low * (spec.leverage_high / spec.leverage_low) ** rng.random(spec.traders)
    side = np.where(rng.random(spec.traders) < spec.long_share, 1.0, -1.0)
    size = np.trunc(side * margin * leverage / price / STEP) * STEP
    sizes, margins = np.append(-size.sum(), size), np.append(spec.maker_usd, margin)
    tables.contracts["market"][at], tables.contracts["owner"][at] = market, owners
    tables.contracts["quantity"][at], tables.contracts["entry"][at] = sizes, price
    tables.contracts["cash"][at] = margins - sizes * price
    endow(tables, int(row["account"]), int(row["rollup"]), 0, float(margins.sum()))
    endow_each(tables, owners, int(row["rollup"]), 0, np.full(at.size, FOR_FEES_USD))


def _share_margin(world: World, plan: Plan) -> None:
    """Let the first traders of a rollup's perpetuals be the same people, whose contracts share their margin."""
    table, perpetual = world.tables.contracts, world.tables.perpetuals
    for rollup, listing in enumerate(plan.config.rollups):
        markets = [at for at, (where, _) in enumerate(_listed(plan)) if where == rollup]
        for number in range(1, _sharing(listing.perpetuals) + 1):
            ring = [int(perpetual["maker"][at]) + number for at in markets]
            instruments = table["instrument"][ring].astype(np.int64)
            world.tables.instruments["next"][instruments] = np.roll(instruments, -1)
            table["owner"][ring] = table["owner"][ring[0]]


def _give_reserves(world: World, plan: Plan) -> None:
    """Give traders funds for top-ups in proportion to their margin; those who share margin hold them together."""
    table = world.tables.contracts[: _contracts(plan)]
    margin = table["cash"] + table["quantity"] * table["entry"]
    for market, (rollup, spec) in enumerate(_listed(plan)):
        mine = table["market"] == market
        mine[int(world.tables.perpetuals["maker"][market])] = False
        if spec.reserve_share > 0.0 and mine.any():
            owners = table["owner"][mine].astype(np.int64)
            endow_each(world.tables, owners, rollup, 0, spec.reserve_share * margin[mine])


def _open_empty_contracts(world: World, plan: Plan) -> None:
    """Give each lot, and behind them each buyer, a contract."""
    tables, (lots, markets) = world.tables, lots_of(plan, "perpetuals")
    escrows = world.accounts_of("auctions")
    holders = [(int(market), escrows[lot]) for lot, market in zip(lots, markets, strict=True)] + _buyers(plan)
    at = _contracts(plan) + np.arange(len(holders))
    tables.lots["contract"][lots] = at[: lots.size]
    for contract, (market, owner) in zip(at, holders, strict=True):
        row = tables.contracts[contract]
        row["market"], row["owner"] = market, owner


def _hand_over_makers(world: World, plan: Plan) -> None:
    """Make the strategic market makers that are to quote the owners of the makers."""
    agents = [account for account, member in enumerate(plan.members) if member.role == "market_maker"]
    for market, (rollup, spec) in enumerate(_listed(plan)):
        if spec.quoted_by is None:
            continue
        if spec.quoted_by >= len(agents):
            allowed = f"0 to {len(agents) - 1}" if agents else "none, as there is no agent of role market_maker"
            raise InputError(
                f"rollups.{plan.config.rollups[rollup].name}.perpetuals.quoted_by: no market maker {spec.quoted_by}; "
                f"allowed: {allowed}"
            )
        maker = int(world.tables.perpetuals["maker"][market])
        world.tables.contracts["owner"][maker] = agents[spec.quoted_by]


@njit(cache=True)
def _index(state: State) -> None:
    for market in range(length(state, Perpetual.rollup)):
        price = price_of(state, market)
        centre(state, index(state, Perpetual.group, market), price)
        centre(state, index(state, Perpetual.group + 1, market), short_key(price))
    for contract in range(length(state, Contract.market)):
        # the journal holds one stretch: a stretch for each, and none of them to be undone
        open_journal(state)
        list_contract(state, contract)
