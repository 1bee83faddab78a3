"""One plausible intent of every kind, on a small founded world: what the contract of kinds is tested on.

An example prepares the world, by executing what must come before, and returns its intent with the time of its block.
All that the intent offers is used: none of its amount is left over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from worlds import ALICE, BOB, ETH, ETH_USD, MAKER, OPERATOR, OTHER_MAKER, USD, fates, founded, intent, lender, rollup

from market.config import BorrowersConfig, MiningConfig, OptionsConfig, OracleConfig, PerpetualConfig, PoolConfig
from market.execution import execute_block
from market.genesis import World
from market.venues import Kind, rooms
from market.venues.mining.rules import measure
from market.venues.options import rules as options
from market.venues.pools.config import ConcentratedConfig
from market.venues.pools.ranges import name

type Example = tuple[np.ndarray, float]

AUTHOR = OTHER_MAKER
"""Account that has the gas and the tips of every block here: it sends nothing."""
GAS_USD = 0.05
FIXED, DUTCH, ENGLISH = range(3)
"""Markets by design, of loans and of contracts alike."""
FALLING = {"kind": "dutch", "buf": 1.1, "cut": 0.99, "step_s": 10.0, "tail_s": 100.0, "cusp": 0.5, "penalty": 0.002}
RISING = {"kind": "english", "increment": 0.05, "bid_s": 10.0, "most_s": 30.0, "penalty": 0.002}
LONG_AFTER_S = 200.0
EXPIRY_S = 1000.0

EXAMPLES: dict[str, Callable[[World], Example]] = {}


def example(kind: int) -> Callable[[Callable[[World], Example]], Callable[[World], Example]]:
    """Register the example of a kind."""

    def register(prepare: Callable[[World], Example]) -> Callable[[World], Example]:
        EXAMPLES[Kind(kind).name.lower()] = prepare
        return prepare

    return register


def world() -> World:
    """Two rollups with a pool each and a bridge; on the first a market of loans and of contracts for each design.

    On the second a committee reports the price.
    """
    designs: tuple[Any, ...] = ({"kind": "fixed_spread"}, FALLING, RISING)
    terms: dict[str, Any] = {"traders": 3, "leverage_low": 5.0, "leverage_high": 5.0, "long_share": 1.0}
    contracts = [PerpetualConfig(**terms, cross_share=0.0, liquidation=design) for design in designs]
    contracts[FIXED] = contracts[FIXED].model_copy(update={"quoted_by": 0})
    home = rollup(
        "a",
        lending=tuple(lender(liquidation=design) for design in designs),
        perpetuals=tuple(contracts),
        options=(OptionsConfig(strikes=3, expiries_s=(EXPIRY_S,), exercise="holder", exercise_s=10.0, sales=1),),
        borrowers=2,
        gas_usd=GAS_USD,
    )
    terms = {"reporters": 2, "quorum": 2, "bond_usd": 100.0, "judged_after_s": 10.0}
    reporting = OracleConfig.model_validate({"source": "committee", "committee": terms})
    reported = rollup("b", lending=(lender(),), borrowers=1, oracle=reporting, gas_usd=GAS_USD)
    law = BorrowersConfig(ltv_low=0.3, ltv_high=0.5, reserve_share=0.5)
    ranged = PoolConfig(depth_usd=2.5e6, fee_bp=30.0, price_usd=ETH_USD, concentrated=ConcentratedConfig())
    second = reported.model_copy(update={"pools": (ranged,)})
    return founded(home, second, borrowers=law, mining=(MiningConfig(quotes_share=0.5),))


def carried_out(world: World, row: np.ndarray, time: float = 0.0) -> np.ndarray:
    """Execute rows as one block of `AUTHOR`; returns the receipts."""
    block = row.copy()
    execute_block(world.state, block, time, AUTHOR, AUTHOR)
    return block


def _first(world: World, row: np.ndarray, time: float = 0.0) -> None:
    assert fates(carried_out(world, row, time)) == ["FILLED"]


def _post(world: World, share: float) -> None:
    """Let the price fall to a share of what it was."""
    _first(world, intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, amount=share * ETH_USD))


# -- pools -------------------------------------------------------------------------------------------------------------


@example(Kind.SWAP)
def _(world: World) -> Example:
    return intent(Kind.SWAP, ALICE, amount=1000.0, asset_in=USD, asset_out=ETH), 0.0


def _provision(amount: float) -> np.ndarray:
    return intent(Kind.ADD_LIQUIDITY, MAKER, amount=amount, asset_in=ETH, asset_out=USD)


@example(Kind.ADD_LIQUIDITY)
def _(world: World) -> Example:
    return _provision(1.0), 0.0


@example(Kind.REMOVE_LIQUIDITY)
def _(world: World) -> Example:
    _first(world, _provision(1.0))
    shares = float(world.tables.provisions["shares"][int(world.tables.accounts["provider"][MAKER]), 0])
    return intent(Kind.REMOVE_LIQUIDITY, MAKER, amount=shares, asset_in=ETH, asset_out=USD), 0.0


def _on_range(world: World, kind: int, amount: float) -> np.ndarray:
    """An intent of a provider on a range of the pool of the second rollup, which is concentrated."""
    return intent(kind, MAKER, venue=1, rollup=1, target=name(78000, 78500), amount=amount, asset_in=ETH, asset_out=USD)


@example(Kind.MINT_RANGE)
def _(world: World) -> Example:
    return _on_range(world, Kind.MINT_RANGE, 100.0), 0.0


@example(Kind.BURN_RANGE)
def _(world: World) -> Example:
    _first(world, _on_range(world, Kind.MINT_RANGE, 100.0))
    return _on_range(world, Kind.BURN_RANGE, 100.0), 0.0


@example(Kind.COLLECT_RANGE)
def _(world: World) -> Example:
    _first(world, _on_range(world, Kind.MINT_RANGE, 100.0))
    return _on_range(world, Kind.COLLECT_RANGE, 100.0), 0.0


# -- loans -------------------------------------------------------------------------------------------------------------


def _loan(world: World, market: int) -> int:
    return int(np.flatnonzero(world.tables.loans["market"] == market)[0])


def _own(world: World, kind: int, amount: float) -> Example:
    """What the borrower of a loan does with it."""
    loan = _loan(world, FIXED)
    owner = int(world.tables.loans["owner"][loan])
    return intent(kind, owner, venue=FIXED, target=loan, amount=amount, asset_in=USD, asset_out=ETH), 0.0


@example(Kind.DEPOSIT)
def _(world: World) -> Example:
    return _own(world, Kind.DEPOSIT, 0.01)


@example(Kind.WITHDRAW)
def _(world: World) -> Example:
    return _own(world, Kind.WITHDRAW, 0.01)


@example(Kind.BORROW)
def _(world: World) -> Example:
    return _own(world, Kind.BORROW, 10.0)


@example(Kind.REPAY)
def _(world: World) -> Example:
    return _own(world, Kind.REPAY, 10.0)


def _funds(kind: int, amount: float) -> np.ndarray:
    return intent(kind, MAKER, venue=FIXED, amount=amount, asset_in=USD, asset_out=USD)


@example(Kind.SUPPLY)
def _(world: World) -> Example:
    return _funds(Kind.SUPPLY, 100.0), 0.0


@example(Kind.REDEEM)
def _(world: World) -> Example:
    _first(world, _funds(Kind.SUPPLY, 100.0))
    return _funds(Kind.REDEEM, 100.0), 0.0


@example(Kind.COLLECT_RESERVES)
def _(world: World) -> Example:
    world.tables.lending["reserves"][FIXED] = 10.0
    return _funds(Kind.COLLECT_RESERVES, 10.0), 0.0


@example(Kind.LIQUIDATE)
def _(world: World) -> Example:
    _post(world, 0.3)
    loan = _loan(world, FIXED)
    return intent(Kind.LIQUIDATE, ALICE, venue=FIXED, target=loan, amount=10.0, asset_in=USD, asset_out=ETH), 0.0


def _on_loan(world: World, kind: int, market: int, amount: float = 1.0) -> np.ndarray:
    """Something in the first auction of a market, or its start."""
    target = _loan(world, market) if kind == Kind.LOAN_AUCTION_START else 0
    return intent(kind, ALICE, venue=market, target=target, amount=amount, asset_in=USD, asset_out=ETH)


@example(Kind.LOAN_AUCTION_START)
def _(world: World) -> Example:
    _post(world, 0.3)
    return _on_loan(world, Kind.LOAN_AUCTION_START, DUTCH), 0.0


def _loan_is_up(world: World, market: int) -> None:
    _post(world, 0.3)
    _first(world, _on_loan(world, Kind.LOAN_AUCTION_START, market))


@example(Kind.LOAN_AUCTION_TAKE)
def _(world: World) -> Example:
    _loan_is_up(world, DUTCH)
    return _on_loan(world, Kind.LOAN_AUCTION_TAKE, DUTCH, 10.0), 1.0


@example(Kind.LOAN_AUCTION_BID)
def _(world: World) -> Example:
    _loan_is_up(world, ENGLISH)
    return _on_loan(world, Kind.LOAN_AUCTION_BID, ENGLISH, 10.0), 1.0


@example(Kind.LOAN_AUCTION_SETTLE)
def _(world: World) -> Example:
    _loan_is_up(world, ENGLISH)
    _first(world, _on_loan(world, Kind.LOAN_AUCTION_BID, ENGLISH, 10.0), 1.0)
    return _on_loan(world, Kind.LOAN_AUCTION_SETTLE, ENGLISH), LONG_AFTER_S


@example(Kind.LOAN_AUCTION_RESET)
def _(world: World) -> Example:
    _loan_is_up(world, DUTCH)
    return _on_loan(world, Kind.LOAN_AUCTION_RESET, DUTCH), LONG_AFTER_S


# -- oracles, bridges, and what needs no venue -------------------------------------------------------------------------


@example(Kind.ORACLE_UPDATE)
def _(world: World) -> Example:
    return intent(Kind.ORACLE_UPDATE, world.account_of["oracle"], venue=0, amount=1.01 * ETH_USD), 0.0


@example(Kind.BRIDGE)
def _(world: World) -> Example:
    return intent(Kind.BRIDGE, ALICE, venue=0, amount=100.0, asset_in=USD, asset_out=USD), 0.0


@example(Kind.PAYMENT)
def _(world: World) -> Example:
    return intent(Kind.PAYMENT, ALICE, target=BOB, amount=10.0, asset_in=USD, asset_out=USD), 0.0


@example(Kind.OUTSIDE)
def _(world: World) -> Example:
    return intent(Kind.OUTSIDE, ALICE, amount=100.0, asset_in=USD, asset_out=ETH), 0.0


# -- committees of reporters -------------------------------------------------------------------------------------------


def _of_reporter(world: World, kind: int, amount: float, **fields: Any) -> np.ndarray:
    return intent(kind, ALICE, venue=0, rollup=1, amount=amount, **fields)


def _joined(world: World) -> None:
    _first(world, _of_reporter(world, Kind.COMMITTEE_JOIN, 100.0))


def _offered(world: World) -> np.ndarray:
    _joined(world)
    return intent(Kind.BRIBE_OFFER, BOB, venue=0, target=0, rollup=1, amount=5.0, limit=0.99 * ETH_USD, expiry=50.0)


@example(Kind.COMMITTEE_JOIN)
def _(world: World) -> Example:
    return _of_reporter(world, Kind.COMMITTEE_JOIN, 100.0), 0.0


@example(Kind.COMMITTEE_LEAVE)
def _(world: World) -> Example:
    _joined(world)
    return _of_reporter(world, Kind.COMMITTEE_LEAVE, 1.0), LONG_AFTER_S


@example(Kind.REPORT)
def _(world: World) -> Example:
    _joined(world)
    return _of_reporter(world, Kind.REPORT, 1.01 * ETH_USD), 0.0


@example(Kind.BRIBE_OFFER)
def _(world: World) -> Example:
    return _offered(world), 1.0


@example(Kind.BRIBE_CLOSE)
def _(world: World) -> Example:
    _first(world, _offered(world), 1.0)
    return intent(Kind.BRIBE_CLOSE, BOB, venue=0, target=0, rollup=1, amount=1.0), LONG_AFTER_S


# -- perpetuals --------------------------------------------------------------------------------------------------------


def _contract(world: World, market: int) -> int:
    """Contract of the first trader on a perpetual: behind the maker's."""
    return int(world.tables.perpetuals["maker"][market]) + 1


def _of_trader(world: World, kind: int, amount: float) -> Example:
    contract = _contract(world, FIXED)
    owner = int(world.tables.contracts["owner"][contract])
    return intent(kind, owner, venue=FIXED, target=contract, amount=amount, asset_in=USD, asset_out=ETH), 0.0


@example(Kind.PERPETUAL_TRADE)
def _(world: World) -> Example:
    return _of_trader(world, Kind.PERPETUAL_TRADE, 0.01)


@example(Kind.PERPETUAL_DEPOSIT)
def _(world: World) -> Example:
    return _of_trader(world, Kind.PERPETUAL_DEPOSIT, 10.0)


@example(Kind.PERPETUAL_WITHDRAW)
def _(world: World) -> Example:
    return _of_trader(world, Kind.PERPETUAL_WITHDRAW, 1.0)


@example(Kind.PERPETUAL_LIQUIDATE)
def _(world: World) -> Example:
    _post(world, 0.805)
    return intent(Kind.PERPETUAL_LIQUIDATE, ALICE, venue=FIXED, target=_contract(world, FIXED), amount=1.0), 0.0


@example(Kind.PERPETUAL_QUOTE)
def _(world: World) -> Example:
    return intent(Kind.PERPETUAL_QUOTE, MAKER, venue=FIXED, amount=1e-3), 0.0


def _on_contract(world: World, kind: int, market: int, amount: float = 1.0) -> np.ndarray:
    """Something in the first auction of a perpetual, or its start; the operator has a contract to buy with."""
    target = _contract(world, market) if kind == Kind.CONTRACT_AUCTION_START else 0
    return intent(kind, OPERATOR, venue=market, target=target, amount=amount, asset_in=USD, asset_out=ETH)


@example(Kind.CONTRACT_AUCTION_START)
def _(world: World) -> Example:
    _post(world, 0.805)
    return _on_contract(world, Kind.CONTRACT_AUCTION_START, DUTCH), 0.0


def _contract_is_up(world: World, market: int) -> None:
    _post(world, 0.805)
    _first(world, _on_contract(world, Kind.CONTRACT_AUCTION_START, market))


@example(Kind.CONTRACT_AUCTION_TAKE)
def _(world: World) -> Example:
    _contract_is_up(world, DUTCH)
    contracts = world.tables.contracts
    own = int(np.flatnonzero((contracts["owner"] == OPERATOR) & (contracts["market"] == DUTCH))[0])
    _first(world, intent(Kind.PERPETUAL_DEPOSIT, OPERATOR, venue=DUTCH, target=own, amount=1e5))
    row = _on_contract(world, Kind.CONTRACT_AUCTION_TAKE, DUTCH, 0.01)
    row["asset_in"], row["asset_out"] = ETH, USD  # the amount is of contracts
    return row, 1.0


@example(Kind.CONTRACT_AUCTION_BID)
def _(world: World) -> Example:
    _contract_is_up(world, ENGLISH)
    return _on_contract(world, Kind.CONTRACT_AUCTION_BID, ENGLISH, 10.0), 1.0


@example(Kind.CONTRACT_AUCTION_SETTLE)
def _(world: World) -> Example:
    _contract_is_up(world, ENGLISH)
    _first(world, _on_contract(world, Kind.CONTRACT_AUCTION_BID, ENGLISH, 10.0), 1.0)
    return _on_contract(world, Kind.CONTRACT_AUCTION_SETTLE, ENGLISH), LONG_AFTER_S


@example(Kind.CONTRACT_AUCTION_RESET)
def _(world: World) -> Example:
    _contract_is_up(world, DUTCH)
    return _on_contract(world, Kind.CONTRACT_AUCTION_RESET, DUTCH), LONG_AFTER_S


# -- options -----------------------------------------------------------------------------------------------------------

AT_THE_MONEY = 2


def _option(kind: int, sender: int, *, buy: bool = True, **fields: Any) -> np.ndarray:
    sides = {"asset_in": USD if buy else ETH, "asset_out": ETH if buy else USD}
    return intent(kind, sender, **{"venue": 0, "target": AT_THE_MONEY, "amount": 1.0} | sides | fields)


def _ask(world: World) -> np.ndarray:
    """An ask of a maker, once it and a buyer have paid in margin."""
    for who in (ALICE, MAKER):
        _first(world, _option(Kind.OPTION_DEPOSIT, who, target=who, amount=1e5))
    return _option(Kind.OPTION_QUOTE, MAKER, buy=False, limit=50.0)


def _bought(world: World) -> None:
    _first(world, _ask(world))
    _first(world, _option(Kind.OPTION_TRADE, ALICE))


@example(Kind.OPTION_QUOTE)
def _(world: World) -> Example:
    return _ask(world), 0.0


@example(Kind.OPTION_CANCEL)
def _(world: World) -> Example:
    _first(world, _ask(world))
    return _option(Kind.OPTION_CANCEL, MAKER), 0.0


@example(Kind.OPTION_SHEET)
def _(world: World) -> Example:
    return _option(Kind.OPTION_SHEET, MAKER, limit=0.8), 0.0


@example(Kind.OPTION_REQUOTE)
def _(world: World) -> Example:
    _first(world, _option(Kind.OPTION_SHEET, MAKER, limit=0.8))
    return _option(Kind.OPTION_REQUOTE, MAKER, target=-1, amount=ETH_USD), 0.0


@example(Kind.OPTION_TRADE)
def _(world: World) -> Example:
    _first(world, _ask(world))
    return _option(Kind.OPTION_TRADE, ALICE), 0.0


@example(Kind.OPTION_TAKE)
def _(world: World) -> Example:
    _first(world, _ask(world))
    return _option(Kind.OPTION_TAKE, ALICE, target=int(world.tables.options["asker"][AT_THE_MONEY])), 0.0


@example(Kind.OPTION_DEPOSIT)
def _(world: World) -> Example:
    _bought(world)
    return _option(Kind.OPTION_DEPOSIT, ALICE, target=ALICE, amount=10.0), 0.0


@example(Kind.OPTION_WITHDRAW)
def _(world: World) -> Example:
    _bought(world)
    return _option(Kind.OPTION_WITHDRAW, ALICE, target=ALICE, amount=10.0), 0.0


@example(Kind.OPTION_PRINT)
def _(world: World) -> Example:
    return _option(Kind.OPTION_PRINT, BOB, target=0), EXPIRY_S


@example(Kind.OPTION_EXERCISE)
def _(world: World) -> Example:
    _bought(world)
    _post(world, 1.1)
    _first(world, _option(Kind.OPTION_PRINT, BOB, target=0), EXPIRY_S)
    return _option(Kind.OPTION_EXERCISE, ALICE), EXPIRY_S


def _short_of_margin(world: World, equity: float) -> None:
    """The maker has sold an option, and so much less cash, to the benefit of the buyer, that this is its equity."""
    _bought(world)
    _first(world, _option(Kind.OPTION_DEPOSIT, BOB, target=BOB, amount=1e5))
    cash = world.tables.option_accounts["cash"]
    change = equity - options.margin_of(world.state, MAKER)[0]
    cash[MAKER] += change
    cash[ALICE] -= change


@example(Kind.OPTION_AUCTION_START)
def _(world: World) -> Example:
    _short_of_margin(world, 10.0)
    return _option(Kind.OPTION_AUCTION_START, BOB, target=MAKER), 0.0


@example(Kind.OPTION_AUCTION_TAKE)
def _(world: World) -> Example:
    _short_of_margin(world, 10.0)
    _first(world, _option(Kind.OPTION_AUCTION_START, BOB, target=MAKER))
    return _option(Kind.OPTION_AUCTION_TAKE, BOB, target=MAKER), 0.0


@example(Kind.OPTION_AUCTION_END)
def _(world: World) -> Example:
    _short_of_margin(world, 10.0)
    _first(world, _option(Kind.OPTION_AUCTION_START, BOB, target=MAKER))
    _first(world, _option(Kind.OPTION_DEPOSIT, MAKER, target=MAKER, amount=1e4))
    return _option(Kind.OPTION_AUCTION_END, BOB, target=MAKER), 0.0


@example(Kind.OPTION_AUCTION_CLOSE)
def _(world: World) -> Example:
    _short_of_margin(world, -1e6)
    _first(world, _option(Kind.OPTION_AUCTION_START, BOB, target=MAKER))
    return _option(Kind.OPTION_AUCTION_CLOSE, BOB, target=MAKER), 0.0


def _covered(world: World) -> None:
    _first(world, _option(Kind.OPTION_DEPOSIT, BOB, target=BOB, amount=1e5))
    _first(world, _option(Kind.OPTION_COVER, ALICE, amount=2.0))


def _auctioned(world: World) -> None:
    _covered(world)
    _first(world, _calls_on_offer())


def _calls_on_offer() -> np.ndarray:
    offer = _option(Kind.OPTION_OFFER, ALICE, limit=10.0)
    offer["expiry"] = 100.0
    return offer


@example(Kind.OPTION_COVER)
def _(world: World) -> Example:
    return _option(Kind.OPTION_COVER, ALICE), 0.0


@example(Kind.OPTION_UNCOVER)
def _(world: World) -> Example:
    _covered(world)
    return _option(Kind.OPTION_UNCOVER, ALICE, amount=2.0), 0.0


@example(Kind.OPTION_OFFER)
def _(world: World) -> Example:
    _covered(world)
    return _calls_on_offer(), 0.0


@example(Kind.OPTION_BID)
def _(world: World) -> Example:
    _auctioned(world)
    return _option(Kind.OPTION_BID, BOB, target=0, amount=20.0, limit=20.0), 0.0


@example(Kind.OPTION_ALLOT)
def _(world: World) -> Example:
    _auctioned(world)
    _first(world, _option(Kind.OPTION_BID, BOB, target=0, amount=20.0, limit=20.0))
    return _option(Kind.OPTION_ALLOT, BOB, target=0), 100.0


@example(Kind.MINING_PAY)
def _(world: World) -> Example:
    measure(world.state, 10.0)
    treasury = world.accounts_of("mining treasuries")[0]
    return intent(Kind.MINING_PAY, treasury, venue=0, target=0, amount=5.0), 10.0


for _room in rooms("examples").values():  # those of a venue that brings its own
    EXAMPLES.update(_room.EXAMPLES)
