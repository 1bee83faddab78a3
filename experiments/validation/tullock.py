"""Tullock contests: outlays in the market's ticket lottery, and copies in its races.

Source: G. Tullock (1980), Efficient rent seeking, in Toward a Theory of the Rent-Seeking Society. Of n contestants each
spends (n - 1) r V / n^2 and keeps V (n - r (n - 1)) / n^2. A race in random order among copies that cost c each is the
contest with r = 1: together they send (n - 1) V / (n c).

Outlays are learned under the lottery's own rule, for one ticket more or less shows only in millions of lotteries; then
builders spend them in the market's auction, and other outlays against them. Copies are sent by traders for gaps of a
pool on a rollup that orders at random and has reverted intents pay for their gas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.learning import draws
from experiments.games import contest
from experiments.validation._markets import Watched, asset, pool, rollup, still, trader
from experiments.validation._prizes import builder, earned, prizes
from experiments.validation._rows import mean_and_error, row, three_errors
from market.config import PriceConfig, RegimeConfig
from market.intents.rows import Status
from market.venues import Kind

ID = "A3"
TITLE = "Tullock contests and first-come races with copies"

RELATIVE = 0.02  # of the equilibrium effort, that a learner's must come near; no standard error comes with it
BLOCKS, QUICK_BLOCKS = 8_000, 1_500
OTHERS = (0.25, 3.0)  # outlays over the learned one that are tried against it
RACES_S, QUICK_RACES_S = 4_000.0, 1_200.0
GAS_USD, VOLATILITY = 2.0, 30.0
COPY_USD = 2.0 * GAS_USD  # a copy is a swap and an exchange outside
NUMBERS = (1, 2, 4, 8, 16)


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` leaves out half of the contests and looks at fewer blocks."""
    cases = [(2, 0.5, 1.0), (2, 1.0, 1.0), (3, 1.0, 1.0), (5, 1.0, 1.0), (2, 2.0, 1.0), (3, 1.5, 1.0), (3, 1.0, 7.0)]
    for n, r, prize in cases[:3] if quick else cases:
        yield from _lottery(n, r, prize, QUICK_BLOCKS if quick else BLOCKS)
    horizon_s = QUICK_RACES_S if quick else RACES_S
    yield from _shares((5, 3, 2), horizon_s)
    yield _best_number(4, horizon_s)


# -- outlays in the lottery --------------------------------------------------------------------------------------------


def _lottery(n: int, r: float, prize: float, blocks: int) -> Iterator[dict[str, Any]]:
    """Learned outlays against the formula, then what they earn in the market, and whether another one earns more."""
    case = f"n={n} r={r} V={prize:g}"
    effort = contest.learn_effort(np.full(n, prize), r, 600, 2000, 0.1, 0.1, draws.stream(n))
    expected = (n - 1) * r * prize / n**2
    yield row(ID, case, "learned effort of one", expected, effort[0], RELATIVE * expected)
    gained = _spent(effort, r, prize, blocks)
    yield _mean(case, "total effort paid", n * expected, prize - gained.sum(axis=1), RELATIVE * n * expected)
    # An effort that is off by 2% moves the payoff by as much of the effort, and the chance to win by as much of the
    # prize.
    off = RELATIVE * (expected + prize / n)
    yield _mean(case, "payoff", prize * (n - r * (n - 1)) / n**2, gained[:, 0], off)
    better = 0
    for times in OTHERS:
        changed = effort * np.array([times] + [1.0] * (n - 1))
        if changed[0] >= prize:
            continue  # which cannot pay
        instead, error = mean_and_error(_spent(changed, r, prize, blocks)[:, 0] - gained[:, 0])
        better += instead > 3.0 * error
    yield row(ID, case, "other outlays that earn more", 0.0, better, 0.0)


def _spent(efforts: np.ndarray, r: float, prize: float, blocks: int) -> np.ndarray:
    """Builders spend `efforts` (n,) in every lottery of a market; what each gains of it: shape (blocks, n) [USD]."""
    bidders = [builder("naive", margin=1.0 - float(effort) / prize, sandwich=False) for effort in efforts]
    lottery = {"kind": "ticket_lottery", "ticket_usd": 0.0, "decisiveness": r}
    return earned(prizes(lottery, bidders, blocks, seed=3, prize=prize), blocks)


def _mean(case: str, statistic: str, expected: float, sample: np.ndarray, allowed: float) -> dict[str, Any]:
    mean, error = mean_and_error(sample)
    return row(ID, case, statistic, expected, mean, three_errors(error) + allowed, error)


# -- copies in a race --------------------------------------------------------------------------------------------------


def _race(copies: Sequence[int], horizon_s: float) -> Watched:
    """Traders who send so many copies of each trade against a pool that the price runs away from, in random order."""
    home = rollup("one", pool((4e3, 1e7), ("ETH", "USD"), 5.0, 2500.0)).model_copy(update={"gas_usd": GAS_USD})
    senders = [trader("copier", 1e8, copies=(number,), cycles=False) for number in copies]
    config = still(
        [home], [asset("ETH", 2500.0, VOLATILITY)], senders, horizon_s=horizon_s, outside_fee_bp=0.0,
        window_s=0.0, prices=PriceConfig(kind="gbm", step_s=1.0),
    )  # fmt: skip
    regime = RegimeConfig(
        name="race", domains={"kind": "shared"}, ordering={"kind": "random_batch"}, block_time_s=1.0,
        capacity={"kind": "unlimited", "reverted_gas": 1.0},
    )  # fmt: skip
    market = Watched(config.model_copy(update={"regime": regime}), 1, _gains)
    market.run()
    return market


def _gains(market: Watched) -> np.ndarray:
    """What each trader has gained by its trades so far, gas paid: shape (traders,) [USD]."""
    return market.tally.gains[_traders(market)].sum(axis=1)


def _traders(market: Watched) -> list[int]:
    return [agent.account for agent in market.participants if agent.role == "trader"]


def _sent(market: Watched) -> tuple[np.ndarray, int]:
    """Swaps for gaps that were in a block, and how many races there were: gaps that somebody closed."""
    rows = market.rows
    of_traders = np.isin(rows["sender"], _traders(market))
    tried = rows[of_traders & (rows["kind"] == int(Kind.SWAP)) & (rows["position"] >= 0)]
    return tried, int((tried["status"] == Status.FILLED).sum())


def _shares(copies: Sequence[int], horizon_s: float) -> Iterator[dict[str, Any]]:
    """A copy is a ticket."""
    market = _race(copies, horizon_s)
    tried, races = _sent(market)
    first = tried["sender"][tried["status"] == Status.FILLED]
    for account, number in zip(_traders(market), copies, strict=True):
        share = number / sum(copies)
        error = float(np.sqrt(share * (1.0 - share) / races))
        case = f"{number} of {sum(copies)} copies"
        yield row(ID, case, "share of races won", share, (first == account).mean(), three_errors(error), error)


def _best_number(others: int, horizon_s: float) -> dict[str, Any]:
    """One row: of some numbers of copies, which earns most against two who send `others` each.

    In equilibrium that is the number at which three of them send (n - 1) V / (n c) together, V what a gap is worth on
    the ledger; only some numbers are tried, and the best of these against the others' is what is expected.
    """
    market = _race((others,) * 3, horizon_s)
    tried, races = _sent(market)
    value = market.measured[-1].sum() / races + COPY_USD * tried.size / races
    chance = {number: number / (number + 2 * others) for number in NUMBERS}
    expected = max(NUMBERS, key=lambda number: chance[number] * value - number * COPY_USD)
    earns = {number: _race((number, others, others), horizon_s).measured[-1][0] for number in NUMBERS}
    found = max(NUMBERS, key=lambda number: earns[number])
    total = 2.0 * value / (3.0 * COPY_USD)
    return row(ID, f"n=3, {total:.3g} copies pay for together", "best of 1 2 4 8 16 copies", expected, found, 0.0)
