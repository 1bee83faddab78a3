"""What runs of the study of contagion say about its conjecture: paired differences, and in words what follows.

Everything is a function of the stored runs. A difference is shared less siloed at one seed; intervals, at 95%, are
those of :mod:`experiments.analysis.statistics`, over seeds. A claim "holds" under a condition, or is "reversed", when
its difference is on the one or the other side of zero with a chance of error below 5%, by Holm's correction over the
conditions; it is "open" otherwise, and with fewer than twenty seeds. On average over conditions, and wherever else all
claims are judged on the same runs, the correction is over the claims. The intervals themselves are not corrected. Sizes
are also given over the spread between seeds: that of the level of siloed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from experiments.analysis import statistics
from experiments.analysis.summaries import less, mask, values, where
from experiments.later import pd

BASE = {
    "outage_s": 300.0, "volatility": 1.0, "leverage": 1.0, "topology": "complete", "collateral": "home", "grace_s": 0.0,
    "slack": "learned",
}  # fmt: skip
NAMES = {
    "outage_s": "outage {} s", "volatility": "volatility x {}", "leverage": "debt x {}", "topology": "bridges: {}",
    "collateral": "collateral {}", "grace_s": "grace period {} s",
    "slack": "liquidators' slack {}",
}  # fmt: skip


PARTS = {"of which coincidence": ("siloed", "coincident"), "of which sharing": ("coincident", "shared")}
"""What the base case's difference is made of: outages at the same time, and all else that is shared."""


class Claim(NamedTuple):
    """A part of the conjecture: what sharing does to an outcome."""

    title: str
    column: str
    unit: float  # of the outcome, in which it is shown
    unit_name: str
    sign: int  # of the difference that the conjecture expects


CLAIMS = (
    Claim("most indebted rollup hit less", "liquidated_share_r0", 0.01, "% of its debt", -1),
    Claim("other rollups hit more", "others_share", 0.01, "% of their debt", 1),
    Claim("more rollups hit together", "hit_together", 1.0, "rollups", 1),
    Claim("higher peak", "peak_60s_usd", 1e3, "thousand USD in 60 s", 1),
    Claim("more bad debt", "bad_debt_usd", 1e3, "thousand USD", 1),
)


VERDICTS = ("holds", "reversed", "open")
"""What can be said of a claim, what is settled first."""


class Difference(NamedTuple):
    """Shared less siloed, over the seeds that have both, in the unit that the outcome's name ends in."""

    sample: tuple[float, ...]  # by seed
    mean: float
    low: float
    high: float
    agree: int  # seeds whose difference has the expected sign
    seeds: int
    verdict: str  # one of `VERDICTS`
    over_spread: float  # mean over the standard deviation of the first level between seeds [1]


def conditions(runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Crash runs by condition, the base case first: one factor at a time off the base, then without each channel."""
    crash = where(runs, part="crash")
    found = {"base": where(crash, **BASE)}
    for name, text in NAMES.items():
        others = {key: value for key, value in BASE.items() if key != name}
        for value in dict.fromkeys(crash[name]):
            if value != BASE[name]:
                found[text.format(value if isinstance(value, str) else f"{value:g}")] = where(
                    crash, **others, **{name: value}
                )
    less = where(runs, part="channel")
    for channel in dict.fromkeys(less["channel"]):
        found[f"no {channel.replace('_', ' ')}"] = where(less, channel=channel)
    return {name: part for name, part in found.items() if len(part)}


def difference(runs: pd.DataFrame, claim: Claim, ends: tuple[str, str] = ("siloed", "shared")) -> Difference:
    """Compare the second to the first, by default shared to siloed, under one condition and by itself."""
    level = values(runs, claim.column)
    change = less(runs, level, [], regime=ends[0])
    return _judged(change[mask(runs, regime=ends[1])], level[mask(runs, regime=ends[0])], claim)


def differences(runs: pd.DataFrame, claim: Claim) -> dict[str, Difference]:
    """Compare shared to siloed under every condition, judged together."""
    found = {name: difference(part, claim) for name, part in conditions(runs).items()}
    corrected = statistics.holm([statistics.chance(one.sample) for one in found.values()])
    return {
        name: one._replace(verdict=_verdict(one.sample, float(chance), claim))
        for (name, one), chance in zip(found.items(), corrected, strict=True)
    }


def together(found: dict[Claim, Difference]) -> dict[Claim, Difference]:
    """Judge claims about the same runs by Holm's correction over the claims; the differences stay what they are."""
    corrected = statistics.holm([statistics.chance(one.sample) for one in found.values()])
    return {
        claim: one._replace(verdict=_verdict(one.sample, float(chance), claim))
        for (claim, one), chance in zip(found.items(), corrected, strict=True)
    }


def everywhere(runs: pd.DataFrame) -> dict[Claim, Difference]:
    """Compare shared to siloed on average over the conditions, claim by claim, judged together."""
    return together({claim: overall(runs, claim) for claim in CLAIMS})


def within(
    runs: pd.DataFrame, ends: tuple[str, str] = ("siloed", "shared"), claims: tuple[Claim, ...] = CLAIMS
) -> dict[Claim, Difference]:
    """Compare as :func:`difference` does, claim by claim, judged together."""
    return together({claim: difference(runs, claim, ends) for claim in claims})


def overall(runs: pd.DataFrame, claim: Claim) -> Difference:
    """Compare shared to siloed on average over the conditions, within each seed, one claim by itself."""
    changes: dict[int, list[float]] = {}
    levels: dict[int, list[float]] = {}
    for part in conditions(runs).values():
        level = values(part, claim.column)
        change = less(part, level, [], regime="siloed")
        for found, of, regime in ((changes, change, "shared"), (levels, level, "siloed")):
            for seed, here, one in zip(part["seed"], mask(part, regime=regime), of, strict=True):
                if here and np.isfinite(one):
                    found.setdefault(int(seed), []).append(float(one))
    return _judged(_means(changes), _means(levels), claim)


def _means(by_seed: dict[int, list[float]]) -> np.ndarray:
    """Mean of each seed that lacks no condition: another would not be comparable."""
    most = max((len(found) for found in by_seed.values()), default=0)
    return np.array([np.mean(by_seed[seed]) for seed in sorted(by_seed) if len(by_seed[seed]) == most], float)


def _judged(sample: np.ndarray, level: np.ndarray, claim: Claim) -> Difference:
    sample = statistics.finite(sample)
    low, high = statistics.interval(sample)
    mean = float(sample.mean()) if sample.size else float("nan")
    agree = int((sample * claim.sign > 0.0).sum())
    found = _verdict(sample, statistics.chance(sample), claim)
    size = statistics.over_spread(sample, level)
    return Difference(tuple(sample.tolist()), mean, low, high, agree, sample.size, found, size)


def _verdict(sample: ArrayLike, chance: float, claim: Claim) -> str:
    found = statistics.verdict(sample, chance)
    if found == "open":
        return found
    return "holds" if (found == "more") == (claim.sign > 0) else "reversed"


def sentences(runs: pd.DataFrame) -> list[str]:
    """The verdict in words, one claim each, with the conditions under which it holds, is reversed or stays open."""
    return [f"{claim.title[0].upper()}{claim.title[1:]}: {in_words(runs, claim)}." for claim in CLAIMS]


def in_words(runs: pd.DataFrame, claim: Claim) -> str:
    """Verdict on one claim: on average over conditions, and the conditions under which it holds or is reversed."""
    mean = everywhere(runs)[claim]
    under: dict[str, list[str]] = {verdict: [] for verdict in VERDICTS}
    parts = conditions(runs)
    for name, one in differences(runs, claim).items():
        under[one.verdict].append(name)
    said = (
        f"{mean.verdict} on average over conditions ({shown(mean, claim)} {claim.unit_name}, "
        f"{number(mean.over_spread)} of the spread between seeds, {mean.agree}/{mean.seeds})"
    )
    clauses = [f"{word} under {', '.join(under[word])}" for word in VERDICTS[:-1] if under[word]]
    if under["open"]:
        clauses.append(f"open under {len(under['open'])} of {len(parts)} conditions")
    return "; ".join([said, *clauses])


def shown(found: Difference, claim: Claim) -> str:
    """Mean and interval in the unit in which a claim's outcome is shown."""
    mean, low, high = (number(value / claim.unit) for value in (found.mean, found.low, found.high))
    return f"{mean} [{low}, {high}]"


def number(value: float) -> str:
    """A number with three significant digits, or whole from a thousand on, and a true minus sign."""
    return (f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}").replace("-", "\N{MINUS SIGN}")
