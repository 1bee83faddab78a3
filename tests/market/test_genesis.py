"""Founding a market: every venue answers the same questions, and what it says is what the ledger then holds."""

from __future__ import annotations

from types import ModuleType

import networkx as nx
import numpy as np
import pytest
from worlds import CAPITAL_USD, ETH, USD, config, founded, lender, reserves, rollup

from market import venues
from market.config import MarketConfig, PerpetualConfig, PoolConfig, RollupConfig
from market.graph.generators import build_graph
from market.settings import Settings
from market.state.schema import tables as declared
from market.venues.founding import Founding, Plan, foundings
from market.venues.pools.depth import deepest

TERMS = PerpetualConfig(asset="ETH", traders=3, liquidation="dutch")
PLACES = tuple(rollup(name, lending=(lender(),), borrowers=4, perpetuals=(TERMS, TERMS)) for name in ("a", "b"))


def plan() -> Plan:
    settings = config(*PLACES)
    return Plan(settings, [], np.array([1.0, *(asset.price_usd for asset in settings.assets)]), build_graph(settings))


# -- every venue -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("venue", venues.VENUES)
def test_every_venue_has_its_part_in_founding(venue: str) -> None:
    assert isinstance(foundings()[venue], Founding)
    assert list(foundings()) == list(venues.VENUES)


@pytest.mark.parametrize("venue", venues.VENUES)
def test_a_venue_lays_out_tables_of_its_own(venue: str) -> None:
    founding, at = foundings()[venue], plan()
    own = {name for name, columns in declared().items() if columns.__module__.startswith(f"market.venues.{venue}.")}
    assert set(founding.rows(at)) == own
    widest = {name for name in own if not list(declared()[name])[-1].width}
    assert set(founding.shapes(at)) == widest


def test_no_two_venues_ask_for_accounts_of_one_name() -> None:
    at = plan()
    names = [
        name
        for founding in foundings().values()
        for name in (*founding.named, *founding.accounts(at), *founding.people(at))
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("venue", venues.VENUES)
def test_accounts_are_found_by_name(venue: str) -> None:
    world, founding, at = founded(*PLACES), foundings()[venue], plan()
    flags, group = world.tables.accounts["venue"], world.tables.accounts["group"]
    for groups, flag in (
        (founding.accounts(at), 1.0),
        (founding.people(at), 0.0),
        (dict.fromkeys(founding.named, 1), 0.0),
    ):
        for name, count in groups.items():
            accounts = world.accounts_of(name)
            assert len(accounts) == count
            assert np.all(flags[accounts] == flag)
            assert np.all(group[accounts] == world.groups.index(name))


def test_accounts_of_nobody() -> None:
    with pytest.raises(KeyError):
        founded().accounts_of("nobody")


def test_every_account_has_one_owner() -> None:
    world = founded(*PLACES)
    taken = [account for name in world.groups for account in world.accounts_of(name)]
    assert taken == list(range(len(world.tables.accounts)))


def test_owners_of_positions_and_contracts_are_people() -> None:
    world = founded(*PLACES)
    assert world.tables.loans["owner"].tolist() == list(world.accounts_of("borrowers"))
    traders = world.tables.contracts["owner"][: len(world.accounts_of("perpetual traders"))]
    assert set(traders) <= set(world.accounts_of("perpetual traders"))
    assert len(world.treasury) == 2


def test_places_for_auctions_of_contracts_hold_contracts() -> None:
    world = founded(*PLACES)
    lots, contracts = world.tables.lots, world.tables.contracts
    assert lots.size == 4 * 64
    for lot in lots:
        held = contracts[int(lot["contract"])]
        assert held["owner"] == lot["account"]
        assert held["market"] == world.tables.auctions["market"][int(lot["auction"])]


def test_members_come_first_with_their_capital() -> None:
    world = founded()
    assert np.all(world.tables.balance[:5, :, USD] == CAPITAL_USD)
    assert np.allclose(world.tables.balance[:5, :, ETH] * 2500.0, CAPITAL_USD)


# -- settings ----------------------------------------------------------------------------------------------------------

OF_ROLLUP = {"name", "layer1", "block_time_s", "gas_usd", "grace_s"}
OF_MARKET = {
    "horizon_s", "assets", "prices", "rollups", "regime", "flow", "agents", "window_s", "audit_every",
}  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "mixin", "own"), [(RollupConfig, "OnRollup", OF_ROLLUP), (MarketConfig, "OnMarket", OF_MARKET)]
)
def test_settings_are_those_of_the_venues(whole: type[Settings], mixin: str, own: set[str]) -> None:
    added = [name for room in venues.rooms("config").values() for name in _fields(room, mixin)]
    assert len(added) == len(set(added)), "two venues add a field of one name"
    assert set(whole.model_fields) == own | set(added)


def _fields(room: ModuleType, mixin: str) -> list[str]:
    found = getattr(room, mixin, None)
    return [] if found is None else list(found.model_fields)


@pytest.mark.parametrize("venue", venues.VENUES)
def test_every_venue_states_settings_that_are_frozen_and_strict(venue: str) -> None:
    room = venues.rooms("config")[venue]
    for value in vars(room).values():
        if isinstance(value, type) and issubclass(value, Settings):
            assert value.model_config["frozen"] and value.model_config["extra"] == "forbid"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"pools": (PoolConfig(assets=("DOGE", "USD")),)},
            r"rollups\.a\.pools: unknown asset 'DOGE'; allowed: ETH, USD",
        ),
        ({"lending": (lender(debt="DOGE"),)}, r"rollups\.a\.lending: unknown asset 'DOGE'"),
        ({"perpetuals": (PerpetualConfig(asset="DOGE"),)}, r"rollups\.a\.perpetuals: unknown asset 'DOGE'"),
        (
            {"lending": (lender(collateral_on="c"),)},
            r"rollups\.a\.lending\.collateral_on: unknown rollup 'c'; allowed: a",
        ),
    ],
)
def test_names_that_a_venue_uses_must_exist(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        config(rollup("a", **changes))


# -- the deepest pool --------------------------------------------------------------------------------------------------


def test_the_deepest_pool() -> None:
    sizes = (1e6, 3e6, 3e6)
    pools = tuple(PoolConfig(assets=("ETH", "USD"), depth_usd=depth) for depth in sizes)
    turned = PoolConfig(assets=("USD", "ETH"), depth_usd=5e6)
    world = founded(rollup("a", pools=pools), rollup("b", pools=(*pools, turned)), rollup("c", pools=()))
    assert [deepest(world.tables, at, ETH, USD) for at in range(3)] == [1, 6, -1]
    assert reserves(world, 1)[1] == reserves(world, 2)[1], "of two that are equally deep it is the first"
    assert deepest(world.tables, 0, ETH, ETH) == -1


def test_a_venue_may_be_without_anything() -> None:
    bare = rollup("a", pools=())
    settings = config(bare)
    nothing = Plan(settings, [], np.array([1.0, 2500.0]), nx.empty_graph(1))
    assert all(count == 0 for founding in foundings().values() for count in founding.accounts(nothing).values())
    assert founded(bare).tables.pools.size == 0
