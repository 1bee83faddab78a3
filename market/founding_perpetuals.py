"""Founding perpetuals: accounts, makers, traders with contracts, and contracts for whoever buys in auctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from market import state
from market.config import MarketConfig, PerpetualConfig
from market.errors import InputError
from market.founding_auctions import places_on_perpetuals, shared_by
from market.ledger import endow, endow_each
from market.seats import Member
from market.venues.perpetuals import LOT

if TYPE_CHECKING:
    from market.founding import World


def _listed(config: MarketConfig) -> list[tuple[int, PerpetualConfig]]:
    return [(rollup, spec) for rollup, place in enumerate(config.rollups) for spec in place.perpetuals]


def perpetual_accounts(config: MarketConfig) -> dict[str, int]:
    """Return how many accounts of each group there are: a vault per rollup, a fund per market, one per contract."""
    listed = _listed(config)
    return {
        "perpetual vaults": len(config.rollups) if listed else 0,
        "insurance funds": len(listed),
        "perpetual fees": len(listed),
        # every market has a maker besides its traders
        "perpetual traders": sum(1 + spec.traders for _, spec in listed),
    }


BUYERS = ("liquidator", "sequencer", "builder")
"""Roles that get an empty contract on every perpetual that auctions what it liquidates."""


def bought_by(config: MarketConfig, members: list[Member], lots: list[int]) -> list[tuple[int, int]]:
    """Return (perpetual, account) of every contract that is there for auctions, given the places of each perpetual."""
    buyers = [account for account, member in enumerate(members) if member.role in BUYERS]
    return [(market, account) for market, places in enumerate(lots) if places for account in buyers]


def open_perpetuals(
    world: World, config: MarketConfig, rng: np.random.Generator, buyers: list[tuple[int, int]]
) -> None:
    """Write terms, give every trader a contract at the reference price, and the makers the other side.

    Behind them stand the contracts of places for auctions, then an empty one for each of `buyers`.
    """
    listed, tables = _listed(config), world.tables
    if not listed:
        return
    counts = list(perpetual_accounts(config).values())
    vault, fund, fees, trader = (len(tables.account) - np.cumsum(counts[::-1])[::-1]).tolist()
    tables.account[vault:trader, state.A_VENUE] = 1.0
    feed_of = {(int(row[state.F_ROLLUP]), int(row[state.F_ASSET])): at for at, row in enumerate(tables.feed)}
    first = 0
    for market, (rollup, spec) in enumerate(listed):
        asset = config.asset_names.index(spec.asset)
        row = tables.perpetual[market]
        row[state.M_ROLLUP], row[state.M_ACCOUNT] = rollup, vault + rollup
        row[state.M_FUND], row[state.M_FEE_ACCOUNT] = fund + market, fees + market
        row[state.M_ASSET], row[state.M_FEED], row[state.M_MAKER] = asset, feed_of[rollup, asset], first
        row[state.M_INITIAL], row[state.M_MAINTENANCE] = 1.0 / spec.max_leverage, spec.maintenance
        row[state.M_FEE], row[state.M_SPREAD], row[state.M_REWARD] = np.array(
            [spec.fee_bp, spec.spread_bp, spec.reward_bp]
        ) * 1e-4  # fmt: skip
        row[state.M_DEPTH], row[state.M_PERIOD] = spec.depth_usd, spec.funding_period_s
        endow(tables, fund + market, rollup, 0, spec.fund_usd)
        contracts = np.arange(first, first + 1 + spec.traders)
        _open_contracts(world, market, spec, contracts, trader, rng)
        first += 1 + spec.traders
    _share_margin(world, config)
    _give_reserves(world, listed, first)
    _open_empty_contracts(world, first, buyers)


def _open_contracts(
    world: World, market: int, spec: PerpetualConfig, at: np.ndarray, trader: int, rng: np.random.Generator
) -> None:
    tables = world.tables
    row = tables.perpetual[market]
    price = tables.price[int(row[state.M_ASSET])]
    margin = spec.margin_median_usd * np.exp(spec.margin_log_sd * rng.standard_normal(spec.traders))
    leverage = spec.leverage_low * (spec.leverage_high / spec.leverage_low) ** rng.random(spec.traders)
    side = np.where(rng.random(spec.traders) < spec.long_share, 1.0, -1.0)
    size = np.trunc(side * margin * leverage / price / LOT) * LOT
    sizes, margins = np.append(-size.sum(), size), np.append(spec.maker_usd, margin)
    tables.contract[at, state.X_MARKET], tables.contract[at, state.X_OWNER] = market, trader + at
    tables.contract[at, state.X_SIZE], tables.contract[at, state.X_ENTRY] = sizes, price
    tables.contract[at, state.X_CASH] = margins - sizes * price
    tables.contract[at, state.X_NEXT] = at
    endow(tables, int(row[state.M_ACCOUNT]), int(row[state.M_ROLLUP]), 0, float(margins.sum()))
    # a little to pay fees with
    endow_each(tables, trader + at, int(row[state.M_ROLLUP]), 0, np.full(at.size, 100.0))


def _open_empty_contracts(world: World, first: int, buyers: list[tuple[int, int]]) -> None:
    """Give each place for an auction and each buyer a contract, from number `first` on."""
    tables = world.tables
    places = places_on_perpetuals(world)
    markets = tables.lot[places, state.Q_VENUE] - len(tables.lending)
    holders = list(zip(markets.tolist(), tables.lot[places, state.Q_ACCOUNT].tolist(), strict=True)) + buyers
    at = np.arange(first, first + len(holders))
    tables.lot[places, state.Q_CONTRACT] = at[: places.size]
    for contract, (market, owner) in zip(at, holders, strict=True):
        row = tables.contract[contract]
        row[state.X_MARKET], row[state.X_OWNER], row[state.X_NEXT] = market, owner, contract


def hand_over_makers(world: World, config: MarketConfig, members: list[Member]) -> None:
    """Make the strategic market makers that are to quote the owners of the makers; accounts are places in `members`.

    Raises InputError where a market is to be quoted by a market maker that does not take part.
    """
    agents = [account for account, member in enumerate(members) if member.role == "market_maker"]
    for market, (rollup, spec) in enumerate(_listed(config)):
        if spec.quoted_by is None:
            continue
        if spec.quoted_by >= len(agents):
            allowed = f"0 to {len(agents) - 1}" if agents else "none, as there is no agent of role market_maker"
            raise InputError(
                f"rollups.{config.rollups[rollup].name}.perpetuals.quoted_by: no market maker {spec.quoted_by}; "
                f"allowed: {allowed}"
            )
        maker = int(world.tables.perpetual[market, state.M_MAKER])
        world.tables.contract[maker, state.X_OWNER] = agents[spec.quoted_by]


def _share_margin(world: World, config: MarketConfig) -> None:
    """Let the first traders of a rollup's perpetuals be the same people, whose contracts share their margin."""
    table, perpetual = world.tables.contract, world.tables.perpetual
    listed = _listed(config)
    for rollup in range(len(config.rollups)):
        markets = [at for at, (where, _) in enumerate(listed) if where == rollup]
        common = shared_by(config.rollups[rollup].perpetuals)
        for number in range(1, common + 1):
            ring = [int(perpetual[at, state.M_MAKER]) + number for at in markets]
            table[ring, state.X_NEXT] = ring[1:] + ring[:1]
            table[ring, state.X_OWNER] = table[ring[0], state.X_OWNER]


def _give_reserves(world: World, listed: list[tuple[int, PerpetualConfig]], contracts: int) -> None:
    """Give traders funds for top-ups in proportion to their margin; those who share margin hold them together."""
    table = world.tables.contract[:contracts]
    margin = table[:, state.X_CASH] + table[:, state.X_SIZE] * table[:, state.X_ENTRY]
    for market, (rollup, spec) in enumerate(listed):
        mine = table[:, state.X_MARKET] == market
        mine[int(world.tables.perpetual[market, state.M_MAKER])] = False
        if spec.reserve_share > 0.0 and mine.any():
            owners = table[mine, state.X_OWNER].astype(np.int64)
            endow_each(world.tables, owners, rollup, 0, spec.reserve_share * margin[mine])
