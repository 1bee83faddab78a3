"""Founding options: accounts, chains of series, and for everybody who takes part a place for what it holds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from market.errors import InputError
from market.state.ledger import endow
from market.venues.founding import Founding, Plan, World
from market.venues.liquidation import deleveraging
from market.venues.options import margins
from market.venues.options.chain import strikes
from market.venues.options.config import OptionsConfig
from market.venues.options.joint import OPTIONS
from market.venues.oracles.genesis import feeds

SIDES = 2
"""Series at a strike: a call and a put."""


def _listed(plan: Plan) -> list[tuple[int, OptionsConfig]]:
    return plan.listed("options")


def _series(spec: OptionsConfig) -> int:
    """Return the number of series of a market."""
    return SIDES * spec.strikes * len(spec.expiries_s)


def _agents(plan: Plan) -> list[int]:
    """Accounts of the agents of role market_maker, as configured."""
    return [account for account, member in enumerate(plan.members) if member.role == "market_maker"]


def _makers(plan: Plan, spec: OptionsConfig) -> list[int]:
    """Accounts of those who may quote on a market."""
    agents = _agents(plan)
    return agents if spec.makers is None else agents[: spec.makers]


def _vaults(plan: Plan) -> str:
    """Name of the group of accounts that hold margin: the perpetuals', with which options may share it.

    Where accounts are one over several rollups, what they are owed on one may lie on another: then options have vaults
    of their own, unless they share margin with perpetuals.
    """
    apart = plan.one_margin and not any(spec.share_margin for _, spec in _listed(plan))
    return "perpetual vaults" if plan.listed("perpetuals") and not apart else "option vaults"


class Genesis(Founding):
    """What options do for the founding of a market."""

    def priced(self, plan: Plan) -> Iterator[tuple[int, int]]:
        """Yield where the underlying of each market is priced."""
        for rollup, spec in _listed(plan):
            yield rollup, plan.asset(spec.asset)

    def instruments(self, plan: Plan) -> int:
        """Return an instrument for every account."""
        return len(_listed(plan)) * len(plan.members)

    def accounts(self, plan: Plan) -> dict[str, int]:
        """Return a vault per rollup, unless margin lies in the perpetuals', and a fund and an account for fees each."""
        count = len(_listed(plan))
        own = len(plan.config.rollups) if count and _vaults(plan) == "option vaults" else 0
        return {"option vaults": own, "option funds": count, "option fees": count}

    def rows(self, plan: Plan) -> dict[str, int | tuple[int, ...]]:
        """Return the numbers of markets, expiries, series, quotes, accounts and positions."""
        specs, members = [spec for _, spec in _listed(plan)], len(plan.members)
        return {
            "option_markets": len(specs),
            "option_margins": len(specs),
            "option_expiries": sum(len(spec.expiries_s) for spec in specs),
            "options": sum(map(_series, specs)),
            "option_quotes": sum(_series(spec) * len(_makers(plan, spec)) for spec in specs),
            "option_accounts": len(specs) * members,
            "option_positions": sum(map(_series, specs)) * members,
            "option_sales": sum(spec.sales for spec in specs),
            "option_bids": sum(spec.sales for spec in specs) * members,
            "option_values": SIDES * sum(map(_series, specs)),
        }

    def open_venue(self, world: World, plan: Plan, rng: np.random.Generator) -> None:
        """Write terms, list the first expiries, and open an account for everybody who takes part."""
        at = dict.fromkeys(self.rows(plan), 0)
        for market, (rollup, spec) in enumerate(_listed(plan)):
            if plan.asset(spec.asset) == 0:
                name = plan.config.rollups[rollup].name
                raise InputError(f"rollups.{name}.options: asset {spec.asset!r}; allowed: a risky asset")
            _write_terms(world, plan, market, rollup, spec, at)
            _list_expiries(world, market, spec)
            _open_accounts(world, plan, market, spec)
            sales = world.tables.option_sales[at["option_sales"] : at["option_sales"] + spec.sales]
            sales["market"] = market
            sales["first_bid"] = at["option_bids"] + len(plan.members) * np.arange(spec.sales)
            for name, count in _counts(plan, spec).items():
                at[name] += count
        _enter_margin(world, plan)


def _counts(plan: Plan, spec: OptionsConfig) -> dict[str, int]:
    """Rows that a market takes of each table."""
    series, members = _series(spec), len(plan.members)
    return {
        "option_expiries": len(spec.expiries_s), "options": series, "option_accounts": members,
        "option_quotes": series * len(_makers(plan, spec)), "option_positions": series * members,
        "option_sales": spec.sales, "option_bids": spec.sales * members,
    }  # fmt: skip


def _write_terms(world: World, plan: Plan, market: int, rollup: int, spec: OptionsConfig, at: dict[str, int]) -> None:
    row, asset = world.tables.option_markets[market], plan.asset(spec.asset)
    row["rollup"], row["account"] = rollup, world.accounts_of(_vaults(plan))[rollup]
    row["fund"], row["fee_account"] = (world.accounts_of(f"option {name}")[market] for name in ("funds", "fees"))
    endow(world.tables, int(row["fund"]), rollup, 0, spec.fund_usd)
    row["asset"], row["feed"] = asset, feeds(plan)[rollup, asset]
    row["fee"], row["fee_cap"] = spec.fee_bp * 1e-4, spec.fee_cap
    row["prints"], row["spacing"], row["window"] = spec.prints, spec.spacing_s, spec.window_s
    row["exercise"] = spec.exercise_s if spec.exercise == "holder" else -1.0
    row["review"] = spec.review_s if spec.marks == "quotes" else np.inf
    row["first_series"], row["series"] = at["options"], _series(spec)
    row["first_expiry"], row["expiries"] = at["option_expiries"], len(spec.expiries_s)
    row["first_account"], row["accounts"] = at["option_accounts"], len(plan.members)
    row["first_quote"], row["makers"] = at["option_quotes"], len(_makers(plan, spec))
    row["first_position"] = at["option_positions"]
    _write_margin(world.tables.option_margins[market], spec, f"rollups.{plan.config.rollups[rollup].name}.options")


def _write_margin(row: np.void, spec: OptionsConfig, where: str) -> None:
    """Write how accounts are margined and sold; raises InputError for what does not exist."""
    model = margins.make(spec.margin, f"{where}.margin")
    row["model"] = model.number
    for name, value in model.terms()._asdict().items():
        row[name] = value
    selling, rule = spec.selling, deleveraging.make(spec.deleveraging, f"{where}.deleveraging")
    row["discount"], row["discount_fast"], row["buffer"] = selling.discount, selling.discount_fast, selling.buffer
    row["fast"], row["slow"], row["insolvent"] = selling.fast_s, selling.slow_s, selling.insolvent_s
    row["deleveraging"], row["haircut"] = rule.number, rule.cap


def _list_expiries(world: World, market: int, spec: OptionsConfig) -> None:
    """Write the chain of each expiry: strikes ascending, at each the call and then the put."""
    tables, row = world.tables, world.tables.option_markets[market]
    price, width = float(tables.prices[int(row["asset"])]), SIDES * spec.strikes
    for number, tenor in enumerate(spec.expiries_s):
        at, first = int(row["first_expiry"]) + number, int(row["first_series"]) + number * width
        expiry, series = tables.option_expiries[at], tables.options[first : first + width]
        expiry["market"], expiry["first_series"], expiry["series"] = market, first, width
        expiry["expires"] = expiry["tenor"] = tenor
        series["market"], series["rollup"], series["feed"] = market, row["rollup"], row["feed"]
        series["expiry"], series["expires"] = at, tenor
        series["strike"], series["call"] = strikes(spec, price, tenor).repeat(SIDES), np.tile([1.0, 0.0], spec.strikes)
        series["volatility"], series["bidder"], series["asker"] = spec.volatility, -1.0, -1.0


def _open_accounts(world: World, plan: Plan, market: int, spec: OptionsConfig) -> None:
    """Open an account for everybody, in the order of the ledger's accounts, with quotes for those who may."""
    tables, row, series = world.tables, world.tables.option_markets[market], _series(spec)
    members, makers, first = len(plan.members), _makers(plan, spec), int(row["first_account"])
    accounts = tables.option_accounts[first : first + members]
    accounts["market"], accounts["owner"], accounts["quotes"] = market, np.arange(members), -1.0
    accounts["auctioned_at"] = accounts["insolvent_at"] = -1.0
    accounts["positions"] = row["first_position"] + series * np.arange(members)
    accounts["quotes"][makers] = row["first_quote"] + series * np.arange(len(makers))
    mine = np.arange(int(row["first_series"]), int(row["first_series"]) + series)
    at = int(row["first_position"])
    positions = tables.option_positions[at : at + series * members]
    positions["account"], positions["series"] = (first + np.arange(members)).repeat(series), np.tile(mine, members)
    at = int(row["first_quote"])
    quotes = tables.option_quotes[at : at + series * len(makers)]
    quotes["account"], quotes["series"] = (
        (first + np.array(makers, np.int64)).repeat(series),
        np.tile(mine, len(makers)),
    )


def _enter_margin(world: World, plan: Plan) -> None:
    """Let every account be an instrument, in one ring with the contracts with which it shares margin."""
    tables, at = world.tables, plan.instruments("options")
    tables.option_accounts["instrument"], tables.instruments["next"][at] = at, at
    tables.instruments["venue"][at], tables.instruments["row"][at] = OPTIONS, np.arange(at.size)
    for market, (rollup, spec) in enumerate(_listed(plan)):
        if spec.share_margin:
            beside = [
                number for number, (where, future) in enumerate(plan.listed("perpetuals"))
                if where == rollup and future.asset == spec.asset
            ]  # fmt: skip
            for account in range(len(plan.members)):
                _share_margin(world, int(tables.option_markets["first_account"][market]) + account, beside)
    for rollups in plan.one_margin:
        markets = np.flatnonzero(np.isin(tables.option_markets["rollup"], rollups))
        for number in range(len(plan.members)):
            accounts = tables.option_markets["first_account"][markets].astype(np.int64) + number
            own = tables.option_accounts["instrument"][accounts].astype(np.int64).tolist()
            for other in own[1:]:
                _join(tables.instruments["next"], own[0], other)


def _share_margin(world: World, account: int, perpetuals: list[int]) -> None:
    """Put an account's contracts on some perpetuals into its ring."""
    tables = world.tables
    owner, makers = tables.option_accounts["owner"][account], tables.perpetuals["maker"].astype(np.int64)
    for market in perpetuals:
        mine = (tables.contracts["owner"] == owner) & (tables.contracts["market"] == market)
        contract = next(at for at in np.flatnonzero(mine).tolist() if at not in makers)
        own, other = int(tables.option_accounts["instrument"][account]), int(tables.contracts["instrument"][contract])
        _join(tables.instruments["next"], own, other)


def _join(following: np.ndarray, own: int, other: int) -> None:
    """Make one margin account of those of two instruments."""
    if other not in _ring(following, own):  # two rings become one, where one would become two
        following[own], following[other] = following[other], following[own]


def _ring(following: np.ndarray, instrument: int) -> list[int]:
    """Instruments of the margin account that one belongs to."""
    found, at = [instrument], int(following[instrument])
    while at != instrument:
        found.append(at)
        at = int(following[at])
    return found
