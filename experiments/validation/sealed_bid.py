"""Sealed-bid auctions with independent private values, uniform on [0, 1].

Source: V. Krishna (2010), Auction Theory, chapters 2, 3 and 11.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.equilibrium import effective_bidders
from experiments.games import sealed_bid
from experiments.validation._rows import mean_and_error, row

ID = "A1"
TITLE = "Sealed-bid auctions: bid functions, revenue, reserve, cartels, regret"

DRAWS = 400_000
REVENUE = 0.002  # tolerance of a mean revenue
SUP_NORM, NASH_CONV = 0.03, 0.005  # a learned bid function must come this close in one of the two
# Losers of an all-pay auction learn from noise as large as the prize: four times the auctions halve the error.
ROUNDS = {"first_price": 500_000, "second_price": 500_000, "all_pay": 2_000_000}


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer; `quick` leaves out numbers of bidders and the slow learning of all-pay bids."""
    sizes = (2, 5) if quick else (2, 3, 5, 10)
    yield from _revenue(sizes)
    yield from _reserve((2, 5) if quick else (1, 2, 3, 5))
    yield from _cartels()
    yield from _linear_shading()
    yield from _learned((2,) if quick else (2, 3, 5, 10), ("first_price", "second_price") if quick else tuple(ROUNDS))
    yield from _learned_share((2,) if quick else (2, 3, 5, 10))


def _equilibrium_bid(auction: str, values: np.ndarray, n: int) -> np.ndarray:
    if auction == "first_price":
        return (n - 1) / n * values
    return values if auction == "second_price" else (n - 1) / n * values**n


def _revenue(sizes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    for n in sizes:
        values = sealed_bid.uniform_values(DRAWS, n, seed=n)
        for auction in ("first_price", "second_price", "all_pay"):
            played = sealed_bid.play(auction, values, _equilibrium_bid(auction, values, n))
            mean, error = mean_and_error(played.revenue)
            yield row(ID, f"{auction} n={n}", "revenue", (n - 1) / (n + 1), mean, REVENUE, error)
            mean, error = mean_and_error(played.payoffs.mean(axis=1))
            yield row(ID, f"{auction} n={n}", "bidder surplus", 1 / (n * (n + 1)), mean, REVENUE, error)
        played = sealed_bid.play("second_price", values, values)
        ratio, effective = effective_bidders(played.revenue, values.max(axis=1))
        yield row(ID, f"second_price n={n}", "paid / highest bid", (n - 1) / n, ratio, REVENUE)
        yield row(ID, f"second_price n={n}", "effective bidders", n, effective, 0.05 * n)


def _reserve(sizes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    optimal = {1: 0.25, 2: 0.41667, 3: 0.53125, 5: 0.671875}
    for n in sizes:
        values = sealed_bid.uniform_values(DRAWS, n, seed=10 + n)
        best = {}
        for reserve in (0.3, 0.4, 0.5, 0.6, 0.7):
            with np.errstate(divide="ignore"):
                bids = (n - 1) / n * values + reserve**n / (n * values ** (n - 1))
            bids = np.where(values >= reserve, bids, sealed_bid.NO_BID)
            mean, error = mean_and_error(sealed_bid.play("first_price", values, bids, reserve).revenue)
            best[reserve] = mean
            if reserve == 0.5:
                yield row(ID, f"first_price n={n} r=.5", "revenue", optimal[n], mean, REVENUE, error)
            elif reserve == 0.7:
                formula = (n - 1) / (n + 1) + reserve**n * (1 - 2 * n * reserve / (n + 1))
                yield row(ID, f"first_price n={n} r=.7", "revenue", formula, mean, REVENUE, error)
        yield row(ID, f"first_price n={n}", "best reserve of .3 .4 .5 .6 .7", 0.5, max(best, key=lambda r: best[r]), 0)


def _cartels() -> Iterator[dict[str, Any]]:
    values = sealed_bid.uniform_values(DRAWS, 5, seed=20)
    for members, expected in enumerate((0.66667, 0.65, 0.60, 0.46667, 0.0), start=1):
        bids = sealed_bid.cartel_bids(values, members)
        mean, error = mean_and_error(sealed_bid.play("second_price", values, bids).revenue)
        yield row(ID, f"second_price n=5 ring of {members}", "revenue", expected, mean, REVENUE, error)


def _linear_shading() -> Iterator[dict[str, Any]]:
    values = (np.arange(200) + 0.5) / 200
    rivals = sealed_bid.uniform_values(20_000, 1, seed=30)
    expected = {0.4: 0.006667, 0.5: 0.0, 0.6: 0.005556, 0.8: 0.0375, 1.0: 0.08333}
    for share, regret in expected.items():
        found, _ = sealed_bid.regret("first_price", values, share * values, np.linspace(0, 1, 401), share * rivals)
        yield row(ID, f"first_price n=2 bid {share} v", "regret per bidder", regret, found, 0.0005)


def _learned(sizes: tuple[int, ...], auctions: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for n in sizes:
        for auction in auctions:
            learned = sealed_bid.learn(auction, n, rounds=ROUNDS[auction], seed=n)
            yield _distance(f"{auction} n={n} learned", auction, learned, n, 0.0)
    reserve = 0.5
    learned = sealed_bid.learn("first_price", 2, rounds=ROUNDS["first_price"], seed=1, reserve=reserve)
    yield _distance("first_price n=2 r=.5 learned", "first_price", learned, 2, reserve)


def _distance(case: str, auction: str, learned: sealed_bid.BidFunction, n: int, reserve: float) -> dict[str, Any]:
    """One row: the sup-norm if that is small enough, else NashConv."""
    admitted = learned.values >= reserve
    exact = _equilibrium_bid(auction, learned.values, n)
    if reserve > 0:
        exact = exact + reserve**n / (n * learned.values ** (n - 1))
    gap = float(np.abs(learned.bids - exact)[admitted].max())
    if gap <= SUP_NORM:
        return row(ID, case, "sup-norm to exact bids", 0.0, gap, SUP_NORM)
    rivals = learned(sealed_bid.uniform_values(100_000, n - 1, seed=40))
    alone, _ = sealed_bid.regret(auction, learned.values, learned.bids, np.linspace(0, 1, 101), rivals, reserve)
    return row(ID, case, "NashConv", 0.0, n * alone, NASH_CONV)


def _learned_share(sizes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    for n in sizes:
        share = sealed_bid.learn_shade("first_price", n, seed=n)
        yield row(ID, f"first_price n={n} gradient", "share of value bid", (n - 1) / n, share, SUP_NORM)
