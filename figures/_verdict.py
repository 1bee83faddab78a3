"""What runs of the study of contagion say about its conjecture: paired differences, and in words what follows.

Everything is a function of the stored runs. A difference is shared less siloed at one seed; intervals are 95%
percentile bootstraps over seeds. A claim "holds" under a condition when the interval lies on its side of zero, is
"reversed" when it lies on the other, and is "open" otherwise, or with fewer than five seeds. The intervals are not
adjusted for their number: of twenty comparisons without any effect, one is expected to exclude zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from figures import _shared as shared

BASE = {
    "outage_s": 300.0, "volatility": 1.0, "leverage": 1.0, "topology": "complete", "collateral": "home", "grace_s": 0.0,
}  # fmt: skip
NAMES = {
    "outage_s": "outage {} s", "volatility": "volatility x {}", "leverage": "debt x {}", "topology": "bridges: {}",
    "collateral": "collateral {}", "grace_s": "grace period {} s",
}  # fmt: skip


PARTS = {"of which coincidence": ("siloed", "coincident"), "of which sharing": ("coincident", "shared")}
"""What the base case's difference is made of: outages at the same time, and all else that is shared."""
LEAST_SEEDS = 5


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


class Difference(NamedTuple):
    """Shared less siloed, over the seeds that have both."""

    mean: float
    low: float
    high: float
    agree: int  # seeds whose difference has the expected sign
    seeds: int
    verdict: str  # "holds", "reversed", "open"


def conditions(runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Crash runs by condition, the base case first: one factor at a time off the base, then without each channel."""
    crash = shared.where(runs, part="crash")
    found = {"base": shared.where(crash, **BASE)}
    for name, text in NAMES.items():
        others = {key: value for key, value in BASE.items() if key != name}
        for value in dict.fromkeys(crash[name]):
            if value != BASE[name]:
                found[text.format(value if isinstance(value, str) else f"{value:g}")] = shared.where(
                    crash, **others, **{name: value}
                )
    less = shared.where(runs, part="channel")
    for channel in dict.fromkeys(less["channel"]):
        found[f"no {channel.replace('_', ' ')}"] = shared.where(less, channel=channel)
    return {name: part for name, part in found.items() if len(part)}


def difference(runs: pd.DataFrame, claim: Claim, ends: tuple[str, str] = ("siloed", "shared")) -> Difference:
    """Compare the second to the first, by default shared to siloed, under one condition."""
    part = runs.take(np.flatnonzero(np.isin(np.asarray(runs["regime"], object), ends)))
    sample = shared.differences(part, shared.values(part, claim.column) / claim.unit, ends[0]).get(ends[1])
    return _judged(np.zeros(0) if sample is None else sample, claim)


def overall(runs: pd.DataFrame, claim: Claim) -> Difference:
    """Compare shared to siloed on average over the conditions, within each seed."""
    by_seed: dict[int, list[float]] = {}
    for part in conditions(runs).values():
        ends = {
            regime: dict(zip(here["seed"], shared.values(here, claim.column) / claim.unit, strict=True))
            for regime in ("siloed", "shared")
            if len(here := shared.where(part, regime=regime))
        }
        for seed in ends.get("siloed", {}).keys() & ends.get("shared", {}).keys():
            by_seed.setdefault(int(seed), []).append(ends["shared"][seed] - ends["siloed"][seed])
    # a seed that lacks a condition would not be comparable
    most = max((len(values) for values in by_seed.values()), default=0)
    sample = [float(np.mean(by_seed[seed])) for seed in sorted(by_seed) if len(by_seed[seed]) == most]
    return _judged(np.array(sample), claim)


def _judged(sample: np.ndarray, claim: Claim) -> Difference:
    if not sample.size:
        return Difference(float("nan"), float("nan"), float("nan"), 0, 0, "open")
    low, high = shared.interval(sample)
    verdict = "open"
    if sample.size >= LEAST_SEEDS and (low > 0.0 or high < 0.0):
        verdict = "holds" if (low > 0.0) == (claim.sign > 0) else "reversed"
    return Difference(float(sample.mean()), low, high, int((sample * claim.sign > 0.0).sum()), sample.size, verdict)


def sentences(runs: pd.DataFrame) -> list[str]:
    """The verdict in words, one claim each, with the conditions under which it holds, is reversed or stays open."""
    return [f"{claim.title[0].upper()}{claim.title[1:]}: {_in_words(runs, claim)}." for claim in CLAIMS]


def _in_words(runs: pd.DataFrame, claim: Claim) -> str:
    mean = overall(runs, claim)
    under: dict[str, list[str]] = {"holds": [], "reversed": [], "open": []}
    parts = conditions(runs)
    for name, part in parts.items():
        under[difference(part, claim).verdict].append(name)
    said = f"{mean.verdict} on average over conditions ({_interval(mean)} {claim.unit_name}, {mean.agree}/{mean.seeds})"
    clauses = [f"{word} under {', '.join(under[word])}" for word in ("holds", "reversed") if under[word]]
    if under["open"]:
        clauses.append(f"open under {len(under['open'])} of {len(parts)} conditions")
    return "; ".join([said, *clauses])


def _interval(found: Difference) -> str:
    return f"{shared.number(found.mean)} [{shared.number(found.low)}, {shared.number(found.high)}]"


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Levels of the base case, then shared less siloed by condition with what a channel carries, then the verdict.

    A cell of a condition is "mean difference [95% interval] seeds with the expected sign/seeds verdict".
    """
    rows = levels(runs)
    shares = channel_shares(runs)
    for name, part in conditions(runs).items():
        channel = "outage" if name == "outage 0 s" else name.removeprefix("no ").replace(" ", "_")
        gone = {
            f"gone without it, {sharing} [%]": f"{100.0 * mean:.0f} [{100.0 * low:.0f}, {100.0 * high:.0f}]"
            for sharing in shares
            if channel in shares[sharing]
            for mean, low, high in (shares[sharing][channel],)
        }
        rows.append({"condition": name} | _cells({claim: difference(part, claim) for claim in CLAIMS}) | gone)
        if name == "base":
            rows += [
                {"condition": f"base, {text}"} | _cells({claim: difference(part, claim, ends) for claim in CLAIMS})
                for text, ends in PARTS.items()
            ]
    rows.append({"condition": "mean over conditions"} | _cells({claim: overall(runs, claim) for claim in CLAIMS}))
    phase = shared.where(runs, part="phase", channel="")
    for psi in sorted(set(phase["psi"])):
        part = shared.where(phase, psi=psi)
        cells = _cells({claim: difference(part, claim) for claim in CLAIMS[:2]})
        rows.append({"condition": f"one shock, psi of the hot rollup {psi:g}"} | cells)
    rows.append({"condition": "verdict"} | {_header(claim): _in_words(runs, claim) for claim in CLAIMS})
    return pd.DataFrame(rows).fillna("")


def _header(claim: Claim) -> str:
    return f"{claim.title} [{claim.unit_name}]"


def _cells(found: dict[Claim, Difference]) -> dict[str, str]:
    return {_header(claim): f"{_interval(one)} {one.agree}/{one.seeds} {one.verdict}" for claim, one in found.items()}


def levels(runs: pd.DataFrame) -> list[dict[str, str]]:
    """Means (standard errors) of the base case by sharing, in the columns of the table."""
    base = conditions(runs).get("base")
    if base is None:
        return []
    rows = []
    for sharing in dict.fromkeys(base["regime"]):
        part = shared.where(base, regime=sharing)
        row = {"condition": f"level of the base case, {sharing}"}
        row |= {_header(claim): _mean(part, claim.column, claim.unit) for claim in CLAIMS}
        row["liquidated [% of debt]"] = _mean(part, "liquidated_share", 0.01)
        row["90% quantile"] = shared.number(100.0 * float(np.quantile(shared.values(part, "liquidated_share"), 0.9)))
        row["amplification [1]"] = _mean(part, "amplification", 1.0)
        row["of generation 0 [%]"] = _mean(part, "generation_0_share", 0.01)
        row["because of another rollup [%]"] = _mean(part, "imported_share", 0.01)
        row["recovery [s]"] = _mean(part, "recovery_s", 1.0)
        row["tail index of cascades"] = _tail(part)
        rows.append(row)
    return rows


def cascades(runs: pd.DataFrame) -> np.ndarray:
    """Sizes of all cascades of some runs [USD]."""
    parts = [np.array(str(text).split(), float) for text in runs["cascades_usd"] if isinstance(text, str)]
    return np.concatenate([np.zeros(0), *parts])


def _tail(runs: pd.DataFrame) -> str:
    """Hill's index of the larger half of the cascades, with its standard error."""
    sizes = np.sort(cascades(runs))[::-1]
    largest = sizes.size // 2
    if largest < 5 or sizes[largest] <= 0.0:
        return ""
    index = largest / float(np.log(sizes[:largest] / sizes[largest]).sum())
    return f"{index:.2f} ({index / np.sqrt(largest):.2f})"


def _mean(runs: pd.DataFrame, column: str, unit: float) -> str:
    sample = shared.values(runs, column) / unit
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return ""
    error = f" ({sample.std(ddof=1) / np.sqrt(sample.size):.2g})" if sample.size > 1 else ""
    return f"{shared.number(float(sample.mean()))}{error}"


def channel_shares(runs: pd.DataFrame) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Share of liquidated volume by sharing and channel: (1 - sum without / sum with, low, high).

    With the channel is the base case; for shared collateral, which that does not have, the base case with it. The
    ratio is of sums over seeds, with a bootstrap over seeds: a ratio for each seed would weigh calm seeds as much.
    """
    base = conditions(runs).get("base")
    if base is None:
        return {}
    less = shared.where(runs, part="channel")
    none = shared.where(runs, part="crash", **(BASE | {"outage_s": 0.0}))
    # the base case has its collateral at home
    backed = shared.where(runs, part="crash", **(BASE | {"collateral": "abroad"}))
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for sharing in ("siloed", "shared"):
        with_all = _by_seed(shared.where(base, regime=sharing))
        abroad = _by_seed(shared.where(backed, regime=sharing))
        pairs = {
            name: (_by_seed(shared.where(less, regime=sharing, channel=name)), with_all)
            for name in dict.fromkeys(less["channel"])
        }
        if "shared_collateral" in pairs:
            pairs["shared_collateral"] = pairs["shared_collateral"][0], abroad
        pairs["outage"] = _by_seed(shared.where(none, regime=sharing)), with_all
        found[sharing] = {}
        for name, (without, having) in pairs.items():
            both = np.array([(without[seed], having[seed]) for seed in without if seed in having])
            if len(both) and both[:, 1].sum() > 0.0:
                picks = np.random.default_rng(0).integers(len(both), size=(2000, len(both)))
                sums = both[picks].sum(axis=1)
                sums = sums[sums[:, 1] > 0.0]  # a draw of calm seeds alone has no share
                low, high = np.quantile(1.0 - sums[:, 0] / sums[:, 1], [0.025, 0.975])
                found[sharing][name] = 1.0 - both[:, 0].sum() / both[:, 1].sum(), float(low), float(high)
    return found


def _by_seed(runs: pd.DataFrame) -> dict[int, float]:
    return dict(zip(runs["seed"], shared.values(runs, "liquidated_usd"), strict=True))
