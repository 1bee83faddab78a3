"""Bid functions that learners find by themselves against the exact equilibria of the standard auctions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import Field

from experiments.analysis import statistics, summaries
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.config import Settings

type Frame = Any  # a pandas.DataFrame; its types do not tell a part of a table from a column

TITLE = "Learned bid functions against the exact equilibria of the standard auctions"
QUESTION = "Do learners who are told neither values, rivals nor rules find the equilibrium of the auction they are in?"
HYPOTHESIS = (
    "In first-price and second-price auctions, with and without a reserve, learned bids approach the exact bid "
    "function and so do revenues; in the all-pay auction, where losers learn from noise as large as the prize, "
    "they do so more slowly. A cartel in a second-price auction takes from the seller what the theory says."
)

SEEDS, QUICK_SEEDS = 3, 1
PRINTED = (
    "auction",
    "bidders",
    "reserve",
    "ring",
    "largest gap to exact bid",
    "NashConv",
    "revenue, exact",
    "revenue, learned (s.e.)",
)
SIZES, QUICK_SIZES = (2, 3, 5, 10), (2, 5)
FORMATS = ("first_price", "second_price", "all_pay")
RESERVE = 0.5
CARTEL_OF = 5
CARTEL_REVENUE = (2 / 3, 0.65, 0.60, 7 / 15, 0.0)  # by size of the cartel, 1 to 5 of 5
DRAWS = 100_000


class LearningConfig(Settings):
    """How long learners learn."""

    rounds: int = Field(default=300_000, ge=1000, description="auctions that a bid function is learned in [1]")
    all_pay_rounds: int = Field(default=800_000, ge=1000, description="the same for the all-pay auction [1]")
    bins: int = Field(default=40, ge=4, le=200, description="bins of the value, each with its own bid [1]")


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """Formats by number of bidders, the first-price auction with a reserve, cartels in the second-price auction."""
    base = LearningConfig(rounds=100_000, all_pay_rounds=200_000, bins=20) if quick else LearningConfig()
    config = configure(base)
    for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
        for auction in FORMATS:
            for n in QUICK_SIZES if quick else SIZES:
                yield Run({"auction": auction, "bidders": n, "reserve": 0.0, "ring": 1}, "", seed, config)
        for n in QUICK_SIZES if quick else SIZES[:3]:
            yield Run({"auction": "first_price", "bidders": n, "reserve": RESERVE, "ring": 1}, "", seed, config)
        for ring in range(2, CARTEL_OF + 1):
            yield Run({"auction": "second_price", "bidders": CARTEL_OF, "reserve": 0.0, "ring": ring}, "", seed, config)


def execute(run: Run) -> dict[str, float | int | str]:
    """Learn a bid function; its distance to the exact one, its NashConv, and the revenue that it makes."""
    from experiments.games import sealed_bid

    config = run.config
    assert isinstance(config, LearningConfig)
    auction, n = str(run.levers["auction"]), int(run.levers["bidders"])
    reserve, ring = float(run.levers["reserve"]), int(run.levers["ring"])
    rounds = config.all_pay_rounds if auction == "all_pay" else config.rounds
    # seeds of different sizes must not share draws: what looks like agreement could be luck in common
    learned = sealed_bid.learn(auction, n, rounds, seed=1000 * run.seed + n, reserve=reserve, bins=config.bins)
    exact = exact_bids(auction, learned.values, n, reserve)
    admitted = learned.values >= reserve
    values = sealed_bid.uniform_values(DRAWS, n, seed=run.seed)
    bids = np.where(values >= reserve, learned(values), sealed_bid.NO_BID)
    if ring > 1:
        bids = _cartel(bids, ring)
    played = sealed_bid.play(auction, values, bids, reserve, seed=run.seed)
    rivals = bids[:, 1:] if ring == 1 else learned(values)[:, 1:]
    alone, _ = sealed_bid.regret(
        auction,
        learned.values[admitted],
        learned.bids[admitted],
        np.linspace(0.0, 1.0, 101),
        rivals[: DRAWS // 5],
        reserve,
    )
    found: dict[str, float | int | str] = {
        "sup_gap": float(np.abs(learned.bids - exact)[admitted].max()),
        "mean_gap": float(np.abs(learned.bids - exact)[admitted].mean()),
        "nash_conv": n * alone * float(admitted.mean()),
        "revenue": float(played.revenue.mean()),
        "revenue_exact": exact_revenue(auction, n, reserve, ring),
        "bins": len(exact),
    }
    for k, (value, bid, other) in enumerate(zip(learned.values, learned.bids, exact, strict=True)):
        found |= {f"value_{k}": value, f"learned_{k}": bid, f"exact_{k}": other}
    return found


def exact_bids(auction: str, values: np.ndarray, n: int, reserve: float) -> np.ndarray:
    """Symmetric equilibrium bids at `values` (k,) uniform on [0, 1]; NaN below the reserve."""
    if auction == "second_price":
        bids = values.copy()
    elif auction == "all_pay":
        bids = (n - 1) / n * values**n
    else:
        bids = (n - 1) / n * values + reserve**n / (n * values ** (n - 1))
    return np.where(values >= reserve, bids, np.nan)


def exact_revenue(auction: str, n: int, reserve: float, ring: int) -> float:
    """Expected revenue in equilibrium; the same in all formats without a cartel."""
    if ring > 1:
        return CARTEL_REVENUE[ring - 1]
    return (n - 1) / (n + 1) + reserve**n * (1 - 2 * n * reserve / (n + 1))


def _cartel(bids: np.ndarray, members: int) -> np.ndarray:
    """Bids of which only the highest of the first `members` is sent."""
    from experiments.games.sealed_bid import cartel_bids

    return cartel_bids(bids, members)


def summary(runs: Frame) -> pd.DataFrame:
    """Learned bids by value with their range over seeds, distance from equilibrium, and revenue, beside exact ones."""
    rows = []
    for cell, part in summaries.cells(runs, ["auction", "bidders", "reserve", "ring"]):
        exact = float(part["revenue_exact"].iloc[0])
        rows.append(summaries.row("revenue", summaries.values(part, "revenue"), **cell, exact=exact))
        rows.append(summaries.row("nash_conv", summaries.values(part, "nash_conv"), **cell))
        for k in range(int(part["bins"].iloc[0]) if cell["ring"] == 1 else 0):
            bids, place = summaries.values(part, f"learned_{k}"), float(part[f"value_{k}"].iloc[0])
            more = {"value": place, "exact": float(part[f"exact_{k}"].iloc[0])}
            if np.isfinite(more["exact"]):
                more |= {"smallest": float(bids.min()), "largest": float(bids.max())}
                rows.append(summaries.row("bid", bids, **cell, **more))
    return summaries.table(rows)


def answer(runs: Frame) -> str:
    """How far learners are from equilibrium, in bids, regret and revenue."""
    off, gap = (runs["revenue"] - runs["revenue_exact"]).abs().max(), runs["mean_gap"].mean()
    count = runs.groupby(["auction", "bidders", "reserve", "ring"]).ngroups
    return (
        f"After learning in {count} auctions, deviations gain at most {runs['nash_conv'].max():.2g} of the highest "
        f"value (NashConv), bids are on average within {gap:.2g} of the exact ones, and revenue within {off:.2g}."
    )


def table(runs: Frame) -> pd.DataFrame:
    """Distance to equilibrium and revenue by auction: means over seeds and standard errors."""
    rows = []
    for (auction, n, reserve, ring), part in runs.groupby(["auction", "bidders", "reserve", "ring"], sort=False):
        revenue = statistics.describe(part["revenue"])
        rows.append(
            {
                "auction": str(auction).replace("_", " "),
                "bidders": n,
                "reserve": f"{reserve:g}" if reserve else "",
                "ring": ring if ring > 1 else "",
                "largest gap to exact bid": f"{part['sup_gap'].mean():.3f}",
                "mean gap": f"{part['mean_gap'].mean():.4f}",
                "NashConv": f"{part['nash_conv'].mean():.4f}",
                "revenue, exact": f"{part['revenue_exact'].iloc[0]:.4f}",
                "revenue, learned (s.e.)": f"{revenue['mean']:.4f}"
                + (f" ({revenue['standard_error']:.4f})" if revenue["n"] > 1 else ""),
            }
        )
    return pd.DataFrame(rows)
