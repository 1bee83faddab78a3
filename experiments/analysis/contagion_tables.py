"""Tables of the study of contagion: levels and differences by condition with verdicts, and what its figure draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments.analysis import statistics, summaries, verdicts
from experiments.analysis.summaries import Row, values, where
from experiments.analysis.verdicts import Claim, Difference, shown
from experiments.later import pd

GONE = {"siloed": "gone without it, siloed [%]", "shared": "gone without it, shared [%]"}
"""Columns of the share of liquidated volume that is gone without a channel, by sharing."""
HEDGES = {"option_hedges": "options, no hedges of delta", "vega_hedges": "options, no hedges of vega"}
"""Channels of makers of options, and the condition without each."""


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Levels of the base case, then shared less siloed by condition with what a channel carries, then the verdict.

    A cell of a condition is "mean difference [95% interval] size over the spread between seeds; seeds with the expected
    sign/seeds verdict". Verdicts under conditions are corrected for their number (Holm), those of a row by itself for
    the number of claims, and a column says which.
    """
    rows = levels(runs)
    together = {claim: verdicts.differences(runs, claim) for claim in verdicts.CLAIMS}
    shares = channel_shares(runs)
    for name, part in verdicts.conditions(runs).items():
        found = {claim: of[name] for claim, of in together.items()}
        channel = "outage" if name == "outage 0 s" else name.removeprefix("no ").replace(" ", "_")
        gone = {GONE[sharing]: _percent(of[channel]) for sharing, of in shares.items() if channel in of}
        row = {"condition": name} | _cells(found) | gone
        rows.append(row | {"verdicts corrected": f"Holm, {len(together[verdicts.CLAIMS[0]])} conditions"})
        if name == "base":
            rows += [
                {"condition": f"base, {text}"} | _by_itself(verdicts.within(part, ends))
                for text, ends in verdicts.PARTS.items()
            ]
    rows.append({"condition": "mean over conditions"} | _by_itself(verdicts.everywhere(runs)))
    phase = where(runs, part="phase", channel="")
    for psi in sorted(set(phase["psi"])):
        part = where(phase, psi=psi)
        cells = _by_itself(verdicts.within(part, claims=verdicts.CLAIMS[:2]))
        rows.append({"condition": f"one shock, psi of the hot rollup {psi:g}"} | cells)
    rows += _with_options(runs, shares)
    rows.append(
        {"condition": "verdict"} | {_header(claim): verdicts.in_words(runs, claim) for claim in verdicts.CLAIMS}
    )
    found = pd.DataFrame(rows)
    return found.reindex(columns=list(dict.fromkeys([*found.columns, *GONE.values()])), fill_value="").fillna("")


def _percent(found: dict[str, float]) -> str:
    mean, low, high = (100.0 * found[name] for name in ("mean", "low", "high"))
    return f"{mean:.0f} [{low:.0f}, {high:.0f}]"


def _header(claim: Claim) -> str:
    return f"{claim.title} [{claim.unit_name}]"


def _size(found: Difference) -> str:
    """Difference over the spread between seeds; a dash where seeds do not differ."""
    return verdicts.number(found.over_spread) if np.isfinite(found.over_spread) else "\N{EN DASH}"


def _cells(found: dict[Claim, Difference]) -> dict[str, str]:
    return {
        _header(claim): f"{shown(one, claim)} {_size(one)}; {one.agree}/{one.seeds} {one.verdict}"
        for claim, one in found.items()
    }


def _by_itself(found: dict[Claim, Difference]) -> dict[str, str]:
    """Cells of a row whose claims are judged together, and that they are."""
    return _cells(found) | {"verdicts corrected": f"Holm, {len(found)} claims"}


def levels(runs: pd.DataFrame) -> list[dict[str, str]]:
    """Means (standard errors) of the base case by sharing, in the columns of the table."""
    base = verdicts.conditions(runs).get("base")
    if base is None:
        return []
    rows = []
    for sharing in dict.fromkeys(base["regime"]):
        part = where(base, regime=sharing)
        row = {"condition": f"level of the base case, {sharing}"}
        row |= {_header(claim): _mean(part, claim.column, claim.unit) for claim in verdicts.CLAIMS}
        row["liquidated [% of debt]"] = _mean(part, "liquidated_share", 0.01)
        row["90% quantile"] = verdicts.number(100.0 * float(np.quantile(values(part, "liquidated_share"), 0.9)))
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
    sample = statistics.finite(values(runs, column) / unit)
    if not sample.size:
        return ""
    error = f" ({statistics.standard_error(sample):.2g})" if sample.size > 1 else ""
    return f"{verdicts.number(float(sample.mean()))}{error}"


def channel_shares(runs: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Share of liquidated volume by sharing and channel: 1 - sum without / sum with, as :func:`statistics.pooled`.

    With the channel is the base case; for shared collateral, which that does not have, the base case with it. The
    ratio is of sums over seeds: a ratio for each seed would weigh calm seeds as much.
    """
    base = verdicts.conditions(runs).get("base")
    if base is None:
        return {}
    dropped = where(runs, part="channel")
    none = where(runs, part="crash", **(verdicts.BASE | {"outage_s": 0.0}))
    # the base case has its collateral at home
    backed = where(runs, part="crash", **(verdicts.BASE | {"collateral": "abroad"}))
    found: dict[str, dict[str, dict[str, float]]] = {}
    for sharing in ("siloed", "shared"):
        with_all, abroad = (_by_seed(where(part, regime=sharing)) for part in (base, backed))
        pairs = {
            name: (_by_seed(where(dropped, regime=sharing, channel=name)), with_all)
            for name in dict.fromkeys(dropped["channel"])
        }
        if "shared_collateral" in pairs:
            pairs["shared_collateral"] = pairs["shared_collateral"][0], abroad
        pairs["outage"] = _by_seed(where(none, regime=sharing)), with_all
        pairs |= _of_options(runs, sharing, with_all)
        found[sharing] = {}
        for name, (without, having) in pairs.items():
            both = np.array([(without[seed], having[seed]) for seed in without if seed in having])
            if len(both) and both[:, 1].sum() > 0.0:
                found[sharing][name] = statistics.pooled(lambda at, both=both: _gone(both[at]), len(both))
    return found


def _of_options(
    runs: pd.DataFrame, sharing: str, base: dict[int, float]
) -> dict[str, tuple[dict[int, float], dict[int, float]]]:
    """What is liquidated of loans without options and without their hedges of either kind, and with all: by seed."""
    part = where(runs, part="options", regime=sharing)
    part = part.assign(channel=part["channel"].fillna(""))
    having = _by_seed(where(part, channel=""))
    less = {"options": base} | {name: _by_seed(where(part, channel=name)) for name in HEDGES}
    return {name: (without, having) for name, without in less.items() if without and having}


def _with_options(runs: pd.DataFrame, shares: dict[str, dict[str, dict[str, float]]]) -> list[dict[str, str]]:
    """Shared less siloed with options, and what of the loans' liquidations they carry."""
    part = where(runs, part="options")
    part, rows = part.assign(channel=part["channel"].fillna("")), []
    for channel, text in ({"": "options"} | HEDGES).items():
        cell = where(part, channel=channel)
        if not len(cell):
            continue
        carried = channel or "options"
        row = {"condition": text} | _by_itself(verdicts.within(cell))
        row |= {GONE[sharing]: _percent(of[carried]) for sharing, of in shares.items() if carried in of}
        for sharing in ("siloed", "shared"):
            taken = _mean(where(cell, regime=sharing), "options_liquidated_usd", 1e3)
            row[f"options liquidated, {sharing} [thousand USD]"] = taken
        rows.append(row)
    return rows


def options_said(runs: pd.DataFrame) -> str:
    """Part of the answer: how loans' liquidations would change without options; empty where there are none."""
    shares, said = channel_shares(runs), []
    for channel in ("options", "vega_hedges"):
        found = [f"{_changed(of[channel])} {sharing}" for sharing, of in shares.items() if channel in of]
        said += [f"without {channel.replace('_', ' ')} {' and '.join(found)}"] if found else []
    return f"; loans' liquidations change {', '.join(said)}" if said else ""


def _changed(gone: dict[str, float]) -> str:
    mean, low, high = (-100.0 * gone[name] for name in ("mean", "high", "low"))
    return f"{mean:+.0f}% ({low:.0f} to {high:.0f}{'; open' if low < 0.0 < high else ''})".replace(
        "-", "\N{MINUS SIGN}"
    )


def _gone(both: np.ndarray) -> float:
    without, having = both.sum(axis=0)
    return 1.0 - without / having if having > 0.0 else float("nan")


def _by_seed(runs: pd.DataFrame) -> dict[int, float]:
    return dict(zip(runs["seed"], values(runs, "liquidated_usd"), strict=True))


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """What the figure draws: distributions, phases, differences by condition with verdicts, channels, shocks, words.

    ``panel`` tells these apart. Differences have the columns ``condition`` and ``verdict``; sentences stand in
    ``text``.
    """
    return summaries.table([*_distributions(runs), *_phases(runs), *_differences(runs), *_channels(runs),
                            *_shocks(runs), *_sentences(runs)])  # fmt: skip


def _distributions(runs: pd.DataFrame) -> Iterator[Row]:
    """Liquidated shares of all crashes at the ends of sharing; sizes of cascades in the base case."""
    crash = where(runs, part="crash")
    base = verdicts.conditions(runs).get("base", crash)
    for sharing in ("siloed", "pairs", "shared"):
        share, sizes = values(where(crash, regime=sharing), "liquidated_share"), cascades(where(base, regime=sharing))
        if share.size and sharing != "pairs":
            yield summaries.row("liquidated_share", share, panel="crashes", regime=sharing)
        if sizes.size:
            # cascades of one run are no independent sample: without an interval
            row = summaries.row("cascade_usd", sizes, panel="cascades", regime=sharing)
            yield row | dict.fromkeys(("low", "high", "standard_error"), float("nan"))


def _phases(runs: pd.DataFrame) -> list[Row]:
    phase = where(runs, part="phase")
    phase = phase.assign(channel=phase["channel"].fillna(""))
    return summaries.by_cell(
        phase, ["regime", "channel", "psi"], ("liquidated_share_r0", "others_share"), panel="phases"
    )


def _differences(runs: pd.DataFrame) -> Iterator[Row]:
    """Shared less siloed by claim and condition, its parts after the base case, the mean over conditions last."""
    means, conditions = verdicts.everywhere(runs), verdicts.conditions(runs)
    base = conditions.get("base")
    parts = {} if base is None else {text: verdicts.within(base, ends) for text, ends in verdicts.PARTS.items()}
    for claim in verdicts.CLAIMS:
        together = verdicts.differences(runs, claim)
        for name in conditions:
            yield _difference(claim, name, together[name])
            for text, found in parts.items() if name == "base" else ():
                yield _difference(claim, text, found[claim])
        yield _difference(claim, "mean of all", means[claim])


def _difference(claim: Claim, condition: str, found: Difference) -> Row:
    row = summaries.row(claim.column, found.sample, panel="differences", condition=condition)
    return row | {"verdict": found.verdict, "agree": found.agree, "over_spread": found.over_spread}


def _channels(runs: pd.DataFrame) -> Iterator[Row]:
    for sharing, shares in channel_shares(runs).items():
        for channel, found in shares.items():
            yield summaries.pooled("gone_share", found, panel="channels", regime=sharing, channel=channel)


def _shocks(runs: pd.DataFrame) -> Iterator[Row]:
    shock = where(runs, part="shock")
    for cell, part in summaries.cells(shock, ["regime", "shocked"]):
        for name in shock.columns:
            if name.startswith("extra_share_"):
                more = {"panel": "shocks", "hit": name.removeprefix("extra_share_")}
                yield summaries.row("extra_share", values(part, name), **cell, **more)


def _sentences(runs: pd.DataFrame) -> Iterator[Row]:
    for text in verdicts.sentences(runs):
        yield summaries.row("verdict", [], panel="words", text=text)
