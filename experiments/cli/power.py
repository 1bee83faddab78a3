"""``seqmarket power``: how many seeds a stated difference needs, by the spread between a few pilot seeds."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from experiments.analysis import comparisons, power, statistics, written
from experiments.cli import compare, provenance
from experiments.cli import run as study_runs
from experiments.later import pd
from experiments.runs import printed
from experiments.runs.store import finished
from market.errors import InputError

PILOT_SEEDS = 8
FEWEST = 3


def main(arguments: argparse.Namespace) -> int:
    """Run the pilot as `compare` would, which keeps its runs, and print how many seeds the difference needs."""
    arguments.seeds = PILOT_SEEDS if arguments.seeds is None else arguments.seeds
    if arguments.seeds < FEWEST:
        raise InputError(f"--seeds: got {arguments.seeds}; allowed: at least {FEWEST}, to know a spread from")
    compare.check_name(arguments.study)
    arguments.outcome = [arguments.outcome]
    comparison = compare.put_together(arguments)
    if comparison.keys and not comparison.compared():
        raise InputError(f"--vary {comparison.keys[0]}: nothing is compared; allowed: values A,B,C, or no lever at all")
    runs = compare.runs_of(comparison, arguments)
    if listed := compare.check_outcomes(comparison, arguments):
        print("\n".join(listed))
        return 0
    typed = provenance.command(arguments, *compare.words(arguments), f"--difference {arguments.difference:g}")
    done, store = study_runs.carry_out(comparison.study(arguments.study), runs, arguments, typed)
    if done.failed:
        return study_runs.report(done, store)
    found = rows(comparison.summary(finished(pd.DataFrame(done.rows))), comparison.keys, arguments.difference)
    if arguments.json:
        print(json.dumps([{key: _json(value) for key, value in row.items()} for row in found], allow_nan=False))
        return 0
    print(
        printed.markdown(
            pd.DataFrame([_shown(row) for row in found]), _said(comparison.outcomes[0], arguments, len(found))
        ),
        end="",
    )
    return 0


def rows(summary: pd.DataFrame, levers: list[str], difference: float) -> list[dict[str, Any]]:
    """What is known of each paired difference, and how many seeds it takes to find one as large as stated.

    Returns
    -------
    ``spread`` is the standard deviation between seeds in the outcome's unit, with ``spread_low`` and ``spread_high``,
    its 95% interval from so few seeds; ``seeds`` are for that, with a range for these ends; ``seeds_corrected`` are for
    a verdict by Holm's correction where no other difference is found. Where nothing varies, the difference is one
    between two conditions whose seeds have nothing in common.
    """
    changes = comparisons.differences(summary)
    alone = changes.empty
    count, found = max(len(changes), 1), list[dict[str, Any]]()
    told: Any = summary if alone else changes
    for row in told.to_dict("records"):
        spread, low, high = (math.sqrt(2.0) * end if alone else end for end in power.spread_interval(row["values"]))
        found.append(
            {
                "cell": comparisons.named({lever: row[lever] for lever in levers}) or "any",
                "less": row["less"] or "any, unpaired",
                "pilot_seeds": int(row["n"]),
                "pilot_difference": math.nan if alone else row["mean"],
                "spread": spread,
                "spread_low": low,
                "spread_high": high,
                "seeds": power.seeds_needed(difference, spread),
                "seeds_low": power.seeds_needed(difference, low),
                "seeds_high": power.seeds_needed(difference, high),
                "seeds_corrected": power.seeds_needed(difference, spread, statistics.LEVEL / count),
            }
        )
    return found


def _said(outcome: str, arguments: argparse.Namespace, count: int) -> str:
    _, unit = comparisons.title_and_unit(outcome)
    return (
        f"Seeds for a difference of {arguments.difference:g} {unit} in {outcome}: found with a chance of "
        f"{power.POWER:.0%} at the {statistics.LEVEL:.0%} level, and as one of {count} by Holm's correction; a verdict "
        f"takes {statistics.ENOUGH} in any case."
    )


def _shown(row: dict[str, Any]) -> dict[str, str]:
    """Row as the table prints it."""

    def seeds(known: int | None) -> str:
        return f"over {power.MOST}" if known is None else str(known)

    number = written.number
    return {
        "cell": row["cell"],
        "less": row["less"],
        "pilot seeds": str(row["pilot_seeds"]),
        "difference": number(row["pilot_difference"]),
        "spread [95%]": f"{number(row['spread'])} [{number(row['spread_low'])}, {number(row['spread_high'])}]",
        "seeds [95%]": f"{seeds(row['seeds'])} [{seeds(row['seeds_low'])}, {seeds(row['seeds_high'])}]",
        "seeds, corrected": seeds(row["seeds_corrected"]),
    }


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
