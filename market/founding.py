"""Founding a market: from a configuration to accounts, endowments and open venues."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from market import state
from market.config import BorrowersConfig, MarketConfig
from market.errors import InputError
from market.founding_auctions import designs, open_auctions
from market.founding_perpetuals import bought_by, hand_over_makers, open_perpetuals, perpetual_accounts
from market.ledger import REASONS, endow, endow_each
from market.rollups import build_graph
from market.seats import Member
from market.state import Book, Sizes, Tables
from market.venues.lending import open_positions
from market.venues.oracle import BLEND, EXTERNAL, POOL_SPOT, POOL_TWAP
from market.venues.pools import seed_pool
from market.venues.watch import reindex

YEAR = 365.0 * 86400.0
SOURCES = {"external": EXTERNAL, "pool_twap": POOL_TWAP, "pool": POOL_SPOT, "blend": BLEND}
OPEN_ACCOUNTS = ("outside", "retail")
"""Accounts that stand for the rest of the world and may owe: the outside market, and users who bring their funds."""
SINGLE = ("outside", "retail", "passive", "oracle", "protocol", "stakes", "burnt")
"""Accounts that exist once: the last three hold proceeds of the sequencing protocol, bonded stakes, what was burnt."""


@dataclass
class World:
    """The founded market: books, and who is who."""

    book: Book
    tables: Tables
    groups: list[str]
    account_of: dict[str, int]  # by name: of every member, and of the accounts in SINGLE
    first_borrower: int
    borrowers: int
    treasury: tuple[int, ...]  # account of each rollup's protocol: what revenue rules pay to the rollup
    pool_names: list[str] = field(default_factory=list)


def found(config: MarketConfig, members: list[Member], prices: np.ndarray, rng: np.random.Generator) -> World:
    """Lay out the accounts, endow them and open every venue at the given reference prices [USD], shape (assets,)."""
    graph = build_graph(config, rng)
    lending = [(r, spec) for r, rollup in enumerate(config.rollups) for spec in rollup.lending]
    pools = [(r, spec) for r, rollup in enumerate(config.rollups) for spec in rollup.pools]
    feeds = _feeds(config)
    positions = [market for market, (rollup, _) in enumerate(lending) for _ in range(config.rollups[rollup].borrowers)]
    buyers = bought_by(config, members, [design.lots for design in designs(config)[len(lending) :]])
    counts = len(pools), len(lending), graph.number_of_edges(), len(feeds), len(buyers)
    world = _accounts(config, members, counts, positions)
    tables = world.tables
    tables.price[:] = prices
    tables.rollup[:, state.R_GAS] = [rollup.gas_usd for rollup in config.rollups]
    tables.outside[0] = world.account_of["outside"], config.outside_fee_bp * 1e-4
    for name in OPEN_ACCOUNTS:
        tables.account[world.account_of[name], state.A_OPEN] = 1.0
    _endow_members(world, config, members)
    _open_pools(world, config, pools)
    _open_feeds(world, config, feeds)
    _open_lending(world, config, lending)
    _open_bridges(world, graph)
    _open_positions(world, config, positions, rng)
    open_perpetuals(world, config, rng, buyers)
    hand_over_makers(world, config, members)
    reindex(world.book)
    return world


def check_collateral(config: MarketConfig, partition: list[list[int]]) -> None:
    """Raise InputError where collateral lies on a rollup that another domain sequences: no block could seize it."""
    for part in partition:
        for at in part:
            rollup = config.rollups[at]
            for spec in rollup.lending:
                if config.collateral_rollup(at, spec) not in part:
                    together = ", ".join(config.rollups[other].name for other in part)
                    raise InputError(
                        f"rollups.{rollup.name}.lending.collateral_on: {spec.collateral_on!r} is in another domain; "
                        f"allowed: rollups sequenced together with {rollup.name!r}: {together}"
                    )


def _feeds(config: MarketConfig) -> list[tuple[int, int]]:
    """(rollup, asset) of every feed: one per risky asset that lending markets and perpetuals price on a rollup."""
    names = config.asset_names
    return [
        (r, asset)
        for r, rollup in enumerate(config.rollups)
        for asset in range(1, len(names))
        if any(names[asset] == spec.debt for spec in rollup.lending)
        or any(
            names[asset] == spec.collateral and config.collateral_rollup(place, spec) == r
            for place, other in enumerate(config.rollups)
            for spec in other.lending
        )
        or any(names[asset] == spec.asset for spec in rollup.perpetuals)
    ]


def _accounts(
    config: MarketConfig, members: list[Member], counts: tuple[int, int, int, int, int], positions: list[int]
) -> World:
    """Lay out the books; `counts`: pools, lending markets, bridges, feeds, contracts for buyers in auctions."""
    pools, markets, bridges, feeds, buyers = counts
    names = [member.name for member in members] + list(SINGLE)
    shared = {"pools": pools, "pool fees": pools, "lending": markets, "bridges": bridges, "borrowers": len(positions)}
    shared["treasuries"] = len(config.rollups)
    found_designs = designs(config)
    shared["auctions"] = sum(design.lots for design in found_designs)
    shared |= perpetual_accounts(config)
    groups = names + list(shared)
    group_of = list(range(len(names)))
    for offset, count in enumerate(shared.values()):
        group_of += [len(names) + offset] * count
    providers = [i for i, member in enumerate(members) if member.role == "market_maker"]
    providers.append(names.index("passive"))
    sizes = Sizes(
        accounts=len(group_of),
        rollups=len(config.rollups),
        assets=len(config.asset_names),
        groups=len(groups),
        reasons=REASONS,
        pools=pools,
        markets=markets,
        positions=len(positions),
        feeds=feeds,
        bridges=bridges,
        providers=len(providers),
        perpetuals=shared["insurance funds"],
        contracts=shared["perpetual traders"] + sum(design.lots for design in found_designs[markets:]) + buyers,
        lots=shared["auctions"],
    )
    book, tables = state.allocate(sizes)
    tables.account[:, state.A_GROUP] = group_of
    tables.account[:, state.A_PROVIDER] = -1
    tables.account[len(names) : len(names) + 2 * pools + markets + bridges, state.A_VENUE] = 1.0
    tables.account[providers, state.A_PROVIDER] = range(len(providers))
    first = len(names)
    tables.pool[:, state.P_ACCOUNT] = range(first, first + pools)
    tables.pool[:, state.P_FEE_ACCOUNT] = range(first + pools, first + 2 * pools)
    tables.lending[:, state.L_ACCOUNT] = range(first + 2 * pools, first + 2 * pools + markets)
    first_bridge = first + 2 * pools + markets
    tables.bridge[:, state.B_ACCOUNT] = range(first_bridge, first_bridge + bridges)
    first_borrower = first_bridge + bridges
    tables.position[:, state.N_MARKET] = positions
    tables.position[:, state.N_OWNER] = range(first_borrower, first_borrower + len(positions))
    account_of = {name: account for account, name in enumerate(names)}
    first_treasury = first_borrower + len(positions)
    treasury = tuple(range(first_treasury, first_treasury + len(config.rollups)))
    world = World(book, tables, groups, account_of, first_borrower, len(positions), treasury)
    open_auctions(world, found_designs, first_treasury + len(config.rollups))
    return world


def _endow_members(world: World, config: MarketConfig, members: list[Member]) -> None:
    for account, member in enumerate(members):
        for rollup in range(len(config.rollups)):
            for asset, price in enumerate(world.tables.price):
                endow(world.tables, account, rollup, asset, member.capital_usd / price)


def _open_pools(world: World, config: MarketConfig, pools: list) -> None:
    names, tables = config.asset_names, world.tables
    for at, (rollup, spec) in enumerate(pools):
        first, second = names.index(spec.assets[0]), names.index(spec.assets[1])
        price = spec.price_usd or tables.price[first] / tables.price[second]
        row = tables.pool[at]
        row[state.P_ROLLUP], row[state.P_ASSET0], row[state.P_ASSET1] = rollup, first, second
        row[state.P_FEE], row[state.P_FEES_INSIDE] = spec.fee_bp * 1e-4, float(spec.fees == "inside")
        amount = spec.depth_usd / tables.price[first]
        endow(tables, int(row[state.P_ACCOUNT]), rollup, first, amount)
        endow(tables, int(row[state.P_ACCOUNT]), rollup, second, amount * price)
        seed_pool(tables, at, world.account_of["passive"])
        world.pool_names.append(f"{config.rollups[rollup].name}:{spec.assets[0]}/{spec.assets[1]}:{spec.fee_bp:g}")


def _open_feeds(world: World, config: MarketConfig, feeds: list[tuple[int, int]]) -> None:
    tables = world.tables
    for at, (rollup, asset) in enumerate(feeds):
        spec = config.rollups[rollup].oracle
        row = tables.feed[at]
        row[state.F_ROLLUP], row[state.F_ASSET], row[state.F_ACCOUNT] = rollup, asset, world.account_of["oracle"]
        row[state.F_POOL] = _deepest_pool(tables, rollup, asset)
        row[state.F_SOURCE] = SOURCES[spec.source]
        if spec.source != "external" and row[state.F_POOL] < 0:
            name = config.rollups[rollup].name
            raise InputError(f"rollups.{name}.oracle: source {spec.source!r} needs a pool of the asset against USD")
        row[state.F_WEIGHT], row[state.F_WINDOW] = spec.blend_weight, spec.twap_s
        row[state.F_DEVIATION], row[state.F_HEARTBEAT] = spec.deviation_bp * 1e-4, spec.heartbeat_s
        row[state.F_DELAY] = spec.delay_s
        row[state.F_PRICE] = tables.price[asset]


def _deepest_pool(tables: Tables, rollup: int, asset: int) -> int:
    best, depth = -1, 0.0
    for at, row in enumerate(tables.pool):
        pair = {int(row[state.P_ASSET0]), int(row[state.P_ASSET1])}
        if int(row[state.P_ROLLUP]) == rollup and pair == {0, asset}:
            held = tables.balance[int(row[state.P_ACCOUNT]), rollup, 0]
            if held > depth:
                best, depth = at, held
    return best


def _open_lending(world: World, config: MarketConfig, lending: list) -> None:
    names, tables = config.asset_names, world.tables
    feed_of = {(int(row[state.F_ROLLUP]), int(row[state.F_ASSET])): at for at, row in enumerate(tables.feed)}
    for at, (rollup, spec) in enumerate(lending):
        row = tables.lending[at]
        collateral, debt = names.index(spec.collateral), names.index(spec.debt)
        row[state.L_ROLLUP], row[state.L_COLLATERAL], row[state.L_DEBT] = rollup, collateral, debt
        row[state.L_COLLATERAL_ROLLUP] = place = config.collateral_rollup(rollup, spec)
        row[state.L_FEED_COLLATERAL] = feed_of.get((place, collateral), -1)
        row[state.L_FEED_DEBT] = feed_of.get((rollup, debt), -1)
        row[state.L_THRESHOLD], row[state.L_MAX_LTV] = spec.liquidation_threshold, spec.max_ltv
        row[state.L_CLOSE_FACTOR], row[state.L_FULL_CLOSE] = spec.close_factor, spec.full_close_health
        row[state.L_BONUS], row[state.L_RATE] = spec.bonus, spec.rate / YEAR
        row[state.L_INDEX] = 1.0
        endow(tables, int(row[state.L_ACCOUNT]), rollup, debt, spec.cash_usd / tables.price[debt])


def _open_bridges(world: World, graph) -> None:
    tables = world.tables
    for at, (source, target, edge) in enumerate(sorted(graph.edges(data=True), key=lambda edge: edge[:2])):
        row = tables.bridge[at]
        row[state.B_SOURCE], row[state.B_TARGET] = source, target
        row[state.B_DELAY], row[state.B_FEE] = edge["delay_s"], edge["fee_bp"] * 1e-4
        for rollup in (source, target):
            for asset, price in enumerate(tables.price):
                endow(tables, int(row[state.B_ACCOUNT]), rollup, asset, edge["capacity_usd"] / price)


def _open_positions(world: World, config: MarketConfig, positions: list[int], rng: np.random.Generator) -> None:
    """Borrowers with lognormal collateral, loan-to-value from their law, and reserves for top-ups."""
    tables = world.tables
    normal = rng.standard_normal(len(positions))
    of_market = np.array(positions, np.int64)
    for market, row in enumerate(tables.lending):
        rollup, collateral, debt = (int(row[column]) for column in (state.L_ROLLUP, state.L_COLLATERAL, state.L_DEBT))
        law = config.rollups[rollup].leverage or config.borrowers
        at = np.flatnonzero(of_market == market)
        value = law.collateral_median_usd * np.exp(law.collateral_log_sd * normal[at])
        ltv = _loan_to_value(law, at.size, rng)
        amounts = value / tables.price[collateral]
        place = int(row[state.L_COLLATERAL_ROLLUP])
        endow(tables, int(row[state.L_ACCOUNT]), place, collateral, float(amounts.sum()))
        open_positions(tables, at, amounts, value * ltv / tables.price[debt])
        borrowers = world.first_borrower + at
        endow_each(tables, borrowers, place, collateral, amounts * law.reserve_share)
        # what was borrowed was spent elsewhere, but for a little to pay fees with
        endow_each(tables, borrowers, rollup, 0, np.full(at.size, 100.0))


def _loan_to_value(law: BorrowersConfig, count: int, rng: np.random.Generator) -> np.ndarray:
    """Loan-to-value of borrowers at the start: shape (count,)."""
    if law.ltv_law == "log_uniform":
        return law.ltv_low * (law.ltv_high / law.ltv_low) ** rng.random(count)
    return law.ltv_low + (law.ltv_high - law.ltv_low) * rng.beta(law.ltv_alpha, law.ltv_beta, count)
