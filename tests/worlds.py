"""Small markets to test with. Every number that a test relies on is set here, not taken from the defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from hypothesis import settings as hypothesis_settings

from agents.population import Population
from market import regimes
from market.access.protocols import Member
from market.access.seat import Seat
from market.config import (
    AgentConfig,
    BorrowersConfig,
    FlowConfig,
    GraphConfig,
    LendingConfig,
    MarketConfig,
    OracleConfig,
    PoolConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.execution import execute_block
from market.genesis import World, found
from market.intents.rows import Reason, Status, blank
from market.measures.outcomes import outcomes
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.sequencing import compose
from market.state.store import Tables
from market.venues import VENUES, Kind

# compiled functions are compiled at their first call, which takes seconds; and a suite should not fail by chance
hypothesis_settings.register_profile("compiled", deadline=None, derandomize=True)
hypothesis_settings.load_profile("compiled")

ETH_USD = 2500.0
USD, ETH = 0, 1
ROLES = ("trader", "trader", "market_maker", "market_maker", "sequencer")
ALICE, BOB, MAKER, OTHER_MAKER, OPERATOR = range(5)
CAPITAL_USD = 1e6


def rollup(name: str, **changes: Any) -> RollupConfig:
    """A rollup with one pool of 1000 ETH against 2.5 million USD, no lending and no gas."""
    settings: dict[str, Any] = {
        "name": name,
        "block_time_s": 1.0,
        "pools": (PoolConfig(assets=("ETH", "USD"), depth_usd=2.5e6, fee_bp=30.0, price_usd=ETH_USD),),
        "lending": (),
        "oracle": OracleConfig(deviation_bp=25.0, heartbeat_s=3600.0, delay_s=1.0, twap_s=600.0),
        "gas_usd": 0.0,
        "borrowers": 0,
    }
    return RollupConfig(**settings | changes)


def lender(**changes: Any) -> LendingConfig:
    """A lending market with round numbers: threshold 0.8, close factor 0.5, bonus 10%, no interest."""
    settings: dict[str, Any] = {
        "liquidation_threshold": 0.8,
        "max_ltv": 0.75,
        "close_factor": 0.5,
        "full_close_health": 0.95,
        "bonus": 0.1,
        "rate": 0.0,
        "cash_usd": 1e6,
    }
    return LendingConfig(**settings | changes)


def config(*rollups: RollupConfig, regime: str | RegimeConfig = "siloed", **changes: Any) -> MarketConfig:
    """A market of the given rollups (two plain ones by default), bridged with 100 s, 10 bp and 100,000 USD a side."""
    settings: dict[str, Any] = {
        "horizon_s": 30.0,
        "rollups": rollups or (rollup("a"), rollup("b")),
        "prices": PriceConfig(kind="gbm"),
        "graph": GraphConfig(kind="complete", delay_s=100.0, fee_bp=10.0, capacity_usd=1e5),
        "regime": regimes.load(regime) if isinstance(regime, str) else regime,
        "flow": FlowConfig(
            per_second=4.0,
            median_usd=2000.0,
            log_sd=1.8,
            slippage_median_bp=100.0,
            slippage_log_sd=0.8,
            tip_mean_usd=0.05,
            latency_s=0.2,
            patience_s=20.0,
            choice_sensitivity=0.3,
            memory=0.02,
        ),
        "borrowers": BorrowersConfig(),
        "agents": (),
        "outside_fee_bp": 1.0,
        "window_s": 0.1,
    }
    return MarketConfig(**settings | changes)


def cast(*, sandwich: bool = True) -> tuple[AgentConfig, ...]:
    """At least one of each role, with little latency."""
    return (
        AgentConfig(role="builder", strategy="adaptive", count=2, parameters={"sandwich": sandwich}),
        AgentConfig(role="market_maker", strategy="reallocator", parameters={"review_s": 5.0}),
        AgentConfig(role="liquidator", strategy="greedy", count=1),
        AgentConfig(role="trader", strategy="arbitrageur", count=2),
        AgentConfig(role="trader", strategy="searcher", count=2, parameters={"sandwich": sandwich}),
    )


def stressed(regime: str | RegimeConfig, **changes: Any) -> MarketConfig:
    """Two rollups with indebted borrowers and a price that falls by a fifth in 30 s: every kind of intent occurs."""
    risky = BorrowersConfig(collateral_median_usd=2e4, collateral_log_sd=1.0, ltv_low=0.6, ltv_high=0.79)
    rough = PriceConfig(kind="gbm", step_s=0.25)
    both = tuple(rollup(name, lending=(lender(rate=0.05),), borrowers=40, gas_usd=0.01) for name in ("a", "b"))
    settings: dict[str, Any] = {
        "horizon_s": 30.0,
        "prices": rough,
        "assets": ({"name": "ETH", "price_usd": ETH_USD, "volatility": 20.0, "drift": -2.5e5},),
        "borrowers": risky,
        "agents": cast(),
        "audit_every": 1,
    }
    settings |= changes
    treatment = regimes.load(regime) if isinstance(regime, str) else regime
    settings["horizon_s"] = max(settings["horizon_s"], 4.0 * (treatment.block_time_s or 0.0))
    return config(*both, regime=treatment, **settings)


def sealed_by_one() -> RegimeConfig:
    """`encrypted` with one sequencer: who wins an auction in its blocks need not wait for its turn."""
    several = regimes.load("encrypted").model_dump()
    return RegimeConfig(**several | {"leader": {"kind": "operator"}, "visibility": {"kind": "sealed"}})


def opened(config: MarketConfig, seed: int = 1, recorders: Iterable[Recorder] = ()) -> SequencerMarket:
    """A market about to run."""
    return SequencerMarket(config, seed, Population(config), recorders)


class _Noting(Recorder):
    """Calls a function with every slot once its block is recorded."""

    def __init__(self, noted: Callable[[Any], object]) -> None:
        self._noted = noted

    def on_block(self, slot: Any) -> None:
        self._noted(slot)


def on_block(market: SequencerMarket, noted: Callable[[Any], object]) -> None:
    """Have a function called with every slot of a market that is about to run."""
    market.recorders.append(_Noting(noted))


def reported(market: SequencerMarket) -> dict[str, Any]:
    """Outcomes of a run, by name."""
    return dict(outcomes(market))


def ran(config: MarketConfig, seed: int = 1) -> SequencerMarket:
    """A market that ran to its horizon."""
    market = opened(config, seed)
    market.run()
    return market


# -- accounts without a market: to test execution alone ----------------------------------------------------------------


def founded(*rollups: RollupConfig, **changes: Any) -> World:
    """A founded market: accounts 0 to 4 (ALICE, BOB, MAKER, OTHER_MAKER, OPERATOR) have 1 million USD everywhere."""
    settings = config(*rollups, **changes)
    members = [Member(f"{role} {at}", role, CAPITAL_USD, 0.0, _nobody) for at, role in enumerate(ROLES)]
    prices = np.array([1.0, *(asset.price_usd for asset in settings.assets)])
    charters = compose(settings.regime)["domains"].charters(settings)
    return found(settings, members, prices, np.random.default_rng(7), charters)


def _nobody(seat: Seat) -> None:
    """Nobody sits here."""


def intent(kind: int, sender: int = ALICE, **fields: Any) -> np.ndarray:
    """One row; fields that are not named are blank."""
    row = blank(1)
    row["kind"], row["sender"] = int(kind), sender
    for name, value in fields.items():
        row[name] = value
    return row


def swap(sender: int, amount: float, *, buy: bool = True, pool: int = 0, **fields: Any) -> np.ndarray:
    """A swap on a pool of ETH against USD: buying ETH, or selling it."""
    sides = {"asset_in": USD, "asset_out": ETH} if buy else {"asset_in": ETH, "asset_out": USD}
    return intent(Kind.SWAP, sender, venue=pool, amount=amount, **{"rollup": pool} | sides | fields)


def execute(world: World, *rows: np.ndarray, time: float = 0.0, builder: int = OPERATOR) -> np.ndarray:
    """Execute rows as one block; returns the receipts."""
    block = np.concatenate(rows)
    execute_block(world.state, block, time, builder, OPERATOR)
    return block


def fates(receipts: np.ndarray | list[Any]) -> list[str]:
    """Of each receipt FILLED, or the reason why not."""
    return [
        "FILLED" if row["status"] == Status.FILLED else Reason(row["reason"]).name if row["reason"] else "UNTOUCHED"
        for row in receipts
    ]


def reserves(world: World, pool: int = 0) -> tuple[float, float]:
    """Reserves of a pool: (first asset, second asset)."""
    row = world.tables.pools[pool]
    held = world.tables.balance[int(row["account"]), int(row["rollup"])]
    return float(held[int(row["asset"][0])]), float(held[int(row["asset"][1])])


# -- what holds at all times -------------------------------------------------------------------------------------------

DRIFT = 1e-9
"""Relative error that sums may have."""


def check_ledger(tables: Tables, opening: np.ndarray) -> None:
    """Assert everything that no sequence of intents may break; `opening` holds the totals at the start."""
    now = tables.balance.sum(axis=(0, 1))
    assert np.all(np.abs(now - opening) <= DRIFT * opening), "an asset was made or lost"
    closed = tables.accounts["open"] == 0.0
    assert np.all(tables.balance[closed] >= 0.0), "a closed account is overdrawn"
    assert np.isfinite(tables.balance).all()
    assert np.all(tables.loans["collateral"] >= 0.0)
    assert np.all(tables.loans["debt"] >= 0.0)
    assert np.all(tables.pools["shares"] >= 0.0)
    assert np.all(tables.provisions["shares"] >= 0.0)
    _check_pools(tables)
    _check_lending(tables)
    _check_bridges(tables)
    _check_perpetuals(tables)
    _check_options(tables)
    _check_auctions(tables)
    _check_committees(tables)


def _check_committees(tables: Tables) -> None:
    """A committee holds what is left of its fund, all bonds, and what is offered; nobody has two seats."""
    for at, row in enumerate(tables.committees):
        seats = tables.reporters[tables.reporters["committee"] == at]
        held = tables.balance[int(row["account"]), int(row["rollup"]), 0]
        owed = row["fund"] + seats["bond"].sum() + seats["bribe"].sum()
        assert abs(held - owed) <= DRIFT * max(owed, 1.0), "a committee does not hold what it owes"
        owners = seats["owner"][seats["owner"] >= 0.0]
        assert np.unique(owners).size == owners.size, "somebody has two seats"
        assert not seats["bribe"][seats["briber"] < 0.0].any(), "money is offered by nobody"


def _check_pools(tables: Tables) -> None:
    for at, row in enumerate(tables.pools):
        provided = tables.provisions[:, at]
        shares = row["everywhere"]
        assert abs(provided["shares"].sum() - shares) <= DRIFT * shares, "shares are not those of the providers"
        _check_ranges(tables, at)
        rollup_at = int(row["rollup"])
        for side in range(2):
            asset = int(row["asset"][side])
            assert tables.balance[int(row["account"]), rollup_at, asset] > 0.0, "a pool is empty"
            owed = provided["shares"] @ (row["growth"][side] - provided["claimed"][:, side])
            held = tables.balance[int(row["fee_account"]), rollup_at, asset]
            # what was ever earned bounds the rounding of what is left
            slack = DRIFT * max(held, row["growth"][side] * shares)
            assert owed <= held + slack, "more fees are owed than were taken"


def _check_ranges(tables: Tables, pool: int) -> None:
    """Active liquidity is that of the ranges that the price is in, and the pool holds what all of them are worth."""
    row, there = tables.pools[pool], tables.ranges[(tables.ranges["pool"] == pool) & (tables.ranges["liquidity"] > 0.0)]
    if row["spacing"] == 0.0:
        assert row["shares"] == row["everywhere"]
        assert not there.size
        return
    below, above = (tables.ticks["number"][int(row[side])] if row[side] else None for side in ("below", "above"))
    inside = (
        there[:0] if below is None or above is None else there[(there["lower"] <= below) & (there["upper"] >= above)]
    )
    active = row["everywhere"] + inside["liquidity"].sum()
    assert abs(active - row["shares"]) <= DRIFT * active, "active liquidity is not that of the ranges"
    x, y = row["virtual"]
    assert abs(np.sqrt(x * y) - active) <= DRIFT * active, "the reserves are not those of the active liquidity"
    low, high = (1.0001 ** (0.5 * there[end]) for end in ("lower", "upper"))
    root = np.clip(np.sqrt(y / x), low, high)
    held = tables.balance[int(row["account"]), int(row["rollup"])]
    for side, (ranged, whole) in enumerate(((1.0 / root - 1.0 / high, x), (root - low, y))):
        worth = there["liquidity"] @ ranged + whole * row["everywhere"] / active
        assert abs(worth - held[int(row["asset"][side])]) <= 1e-7 * worth, (
            "a pool does not hold what its ranges are worth"
        )


def _check_lending(tables: Tables) -> None:
    for at, row in enumerate(tables.lending):
        of_market = tables.loans[tables.loans["market"] == at]
        owed = of_market["debt"].sum()
        scale = max(owed, row["scaled_debt"], 1.0)
        assert abs(owed - row["scaled_debt"]) <= DRIFT * scale, "debts do not add up to the market's total"
        shares = tables.supplies["shares"][:, at]
        assert np.all(shares >= -DRIFT * row["supplied"])
        assert abs(shares.sum() - row["supplied"]) <= DRIFT * row["supplied"], "supplies are not the market's total"
        pledged = of_market["collateral"].sum()
        held = tables.balance[int(row["account"]), int(row["collateral_rollup"]), int(row["collateral"])]
        assert pledged <= held * (1.0 + DRIFT) + DRIFT, "collateral is missing"


def _check_bridges(tables: Tables) -> None:
    for row in tables.bridges:
        for promised, end in zip(row["promised"], ("target", "source"), strict=True):
            held = tables.balance[int(row["account"]), int(row[end])]
            assert np.all(promised >= 0.0)
            assert np.all(promised <= held * (1.0 + DRIFT)), "a bridge promised more than it holds"


def _check_auctions(tables: Tables) -> None:
    """The account of a lot holds what is for sale and what is bid, to the last bit; closed ones hold nothing."""
    for at, terms in enumerate(tables.auctions):
        lots = tables.lots[tables.lots["auction"] == at] if terms["lots"] else tables.lots[:0]
        assert lots["open"].sum() == terms["open"]
        venue, place = VENUES[int(terms["venue"])], int(terms["rollup"])
        market = getattr(tables, venue)[int(terms["market"])]
        assert market["auction"] == at
        assert market["rollup"] == place
        for lot in lots:
            held = tables.balance[int(lot["account"])].copy()
            if venue == "perpetuals":
                _check_lot_of_contracts(tables, lot, held[place])
            elif lot["open"]:
                collateral, debt = int(market["collateral"]), int(market["debt"])
                assert held[place, collateral] == lot["amount"] > 0.0
                assert held[place, debt] == lot["bid"]
                assert lot["tab"] >= 0.0
                held[place, [collateral, debt]] = 0.0
            assert not held.any(), "an escrow holds what is nobody's"


def _check_lot_of_contracts(tables: Tables, lot: np.ndarray, held: np.ndarray) -> None:
    """A lot on a perpetual holds nothing but what is for sale while it is open, and in escrow a bid with its margin."""
    size, cash = tables.contracts[["quantity", "cash"]][int(lot["contract"])]
    if not lot["open"]:
        assert size == cash == 0.0
    else:
        assert size * lot["amount"] >= 0.0
    if lot["open"] and lot["bidder"] >= 0.0:
        assert held[USD] == lot["bid"] + lot["margin"]
        held[USD] = 0.0


def _check_perpetuals(tables: Tables) -> None:
    contract, perpetual = tables.contracts, tables.perpetuals
    of = contract["market"].astype(np.int64)
    for at in range(len(perpetual)):
        sizes = contract["quantity"][of == at]
        # where everybody was closed, what is left is the rounding of sizes of order one
        assert abs(sizes.sum()) <= DRIFT * max(1.0, np.abs(sizes).sum()), "sizes do not add up to nothing"
    owed = contract["quantity"] * (perpetual["funding"][of] - contract["funded"])
    for vault in np.unique(perpetual["account"]):
        mine = perpetual["account"][of] == vault
        held = tables.balance[int(vault), :, 0].sum()
        scale, beside = max(held, np.abs(contract["cash"][mine]).sum()), _cash_of_options(tables, vault).sum()
        cash = (contract["cash"][mine] - owed[mine]).sum() + beside
        assert abs(cash - held) <= DRIFT * scale, "cash is not in the vault"


def _cash_of_options(tables: Tables, vault: float) -> np.ndarray:
    """Cash of the accounts of options that lies in a vault, and money put up by bids."""
    accounts, markets = tables.option_accounts, tables.option_markets
    cash = accounts["cash"][markets["account"][accounts["market"].astype(np.int64)] == vault]
    sales, members = tables.option_sales, len(accounts) // max(1, len(markets))
    here = (markets["account"][sales["market"].astype(np.int64)] == vault).repeat(members)
    return np.concatenate([cash, tables.option_bids["money"][here]])


def _check_cover(tables: Tables) -> None:
    """What covers calls is in the vault, as is what is on offer of it; closed auctions hold no bids."""
    markets, positions, sales = tables.option_markets, tables.option_positions, tables.option_sales
    of = tables.options["market"][positions["series"].astype(np.int64)].astype(np.int64)
    assert np.all(positions["cover"] >= 0.0)
    for vault, asset in {(int(row["account"]), int(row["asset"])) for row in markets}:
        mine = (markets["account"][of] == vault) & (markets["asset"][of] == asset)
        cover, there = positions["cover"][mine].sum(), tables.balance[vault, :, asset].sum()
        assert abs(cover - there) <= DRIFT * max(there, 1.0), "cover is not in the vault"
    members = len(tables.option_accounts) // max(1, len(markets))
    bids = tables.option_bids["money"].reshape(len(sales), members)
    assert np.all(bids >= 0.0)
    assert not bids[sales["open"] == 0.0].any(), "a bid is left in an auction that is over"


def _check_options(tables: Tables) -> None:
    """As many options are held as are owed, cash is in the vault, and the chain shows the best of all quotes."""
    markets, accounts, positions = tables.option_markets, tables.option_accounts, tables.option_positions
    series = tables.options
    held = np.zeros((2, len(series)))
    of = positions["series"].astype(np.int64)
    np.add.at(held[0], of, positions["quantity"])
    np.add.at(held[1], of, np.maximum(positions["quantity"], 0.0))
    assert not held[0].any(), "options are held that nobody owes"
    assert np.array_equal(held[1], series["open"])
    assert np.all(positions["exercised"] <= np.maximum(positions["quantity"], 0.0))
    _check_cover(tables)
    for vault in np.unique(markets["account"]):
        if vault not in tables.perpetuals["account"]:
            cash, there = _cash_of_options(tables, vault), tables.balance[int(vault), :, 0].sum()
            scale = max(there, np.abs(cash).sum())
            assert abs(cash.sum() - there) <= DRIFT * scale, "cash is not in the vault"
    assert np.isfinite(accounts["cash"]).all()
    for side, sign in (("bid", -1.0), ("ask", 1.0)):
        quotes = tables.option_quotes
        assert np.all(quotes[f"{side}_size"] >= 0.0)
        best = np.full(len(series), np.inf)
        there = quotes[quotes[f"{side}_size"] > 0.0]
        np.minimum.at(best, there["series"].astype(np.int64), sign * there[side])
        assert np.array_equal(np.where(np.isfinite(best), sign * best, 0.0), series[side])
