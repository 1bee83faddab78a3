"""The study of robustness: parts that are switched on are on, and verdicts say of invented runs what was put there."""

from __future__ import annotations

from pathlib import Path

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.markets import parts
from experiments.markets.scenarios import reference
from experiments.runs import study as studies
from experiments.runs.run import run_one
from experiments.studies import robustness as study
from market import regimes

SEEDS = range(1, 21)


def shorten(config):
    return config.model_copy(update={"horizon_s": 60.0})


@pytest.fixture(scope="module")
def finished() -> pd.DataFrame:
    """The quick grid, a minute of each market."""
    rows = [
        {"regime": run.regime, "seed": run.seed, **run.levers, **study.execute(run)}
        for run in study.runs(2, True, shorten)
    ]
    return pd.DataFrame(rows)


@pytest.mark.slow
def test_the_quick_grid_is_told_drawn_and_conserved(finished: pd.DataFrame, tmp_path: Path) -> None:
    assert (finished["conservation_error"] < 1e-9).all()
    answered.check("robustness", finished)
    drawn.check_stored("robustness", study.summary(finished), tmp_path)


def test_every_run_is_different() -> None:
    runs = list(study.runs(2, False, lambda config: config))
    assert len({studies.run_id("robustness", run) for run in runs}) == len(runs)


@pytest.mark.slow
def test_each_part_alone_makes_another_market_and_unknown_ones_are_refused() -> None:
    base = reference(regime=regimes.load("siloed"), quick=True).model_copy(update={"horizon_s": 180.0})
    seen = set()
    for part in ((), *((name,) for name in PARTS)):
        found = run_one(parts.having(base, *part), 1)
        seen.add(tuple(found[name] for name in ("user_cost_all_bp", "sequencer_receipts_usd", "liquidated_usd")))
    assert len(seen) == len(PARTS) + 1
    with pytest.raises(ValueError, match="unknown part 'x'; allowed: outside_apart"):
        parts.having(base, "x")


PARTS = parts.names()


def test_a_part_sets_what_it_says_and_nothing_else() -> None:
    base = reference(regime=regimes.load("based"), quick=True)
    changed = {name: parts.having(base, name) for name in PARTS}
    assert changed["outside_apart"].outside.delay_s > 0.0 and not changed["outside_apart"].outside.atomic
    assert changed["gas_of_reverted"].regime.capacity == base.regime.capacity | {"reverted_gas": 1.0}
    assert all(group.latency.with_load > 0.0 for group in changed["strained_latency"].agents)
    assert "l1_data" in changed["data_fee"].regime.capacity
    loans = [loan for rollup in changed["kinked_rates"].rollups for loan in rollup.lending]
    assert loans and all(loan.rates is not None and loan.rates.kink == 0.9 for loan in loans)
    own = {"outside_apart": {"outside", "outside_fee_bp"}, "strained_latency": {"agents"}, "kinked_rates": {"rollups"}}
    for name, config in changed.items():
        kept = own.get(name, {"regime"})
        assert config.model_dump(exclude=kept) == base.model_dump(exclude=kept), name


def invented(effect: dict[str, float]) -> pd.DataFrame:
    """Runs whose paired difference, over its noise's spread, is that given by what is switched on, for each claim."""
    noise = np.random.default_rng(5).normal(size=len(SEEDS))
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    rows = []
    for switched, size in effect.items():
        for part, names in (("regimes", study.NAMES), ("contagion", ("siloed", "shared"))):
            for name in names:
                for at, seed in enumerate(SEEDS):
                    # what the claim says, by its sign
                    signs = {c.outcome: c.sign for c in study.CLAIMS if c.part == part and c.regime == name}
                    outcomes = dict.fromkeys((c.outcome for c in study.CLAIMS if c.part == part), float(seed))
                    for outcome, sign in signs.items():
                        outcomes[outcome] += sign * (size + noise[at])
                    row = {"part": part, "switched": switched, "regime": name, "seed": seed, "unfilled_share": 0.01}
                    rows.append(row | outcomes)
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("apart", "everything", "verdict"),
    [(3.0, 3.0, "holds"), (3.0, -3.0, "turns"), (3.0, 0.0, "open"), (2.3 / np.sqrt(20.0), 3.0, "holds")],
)
def test_a_claim_holds_if_it_does_everywhere(apart: float, everything: float, verdict: str) -> None:
    runs = invented({"nothing": 3.0, "outside market apart": apart, "all of them": everything})
    found = study.judged(runs)
    assert {study.of_all(each) for each in found.values()} == {verdict}
    text = answered.check("robustness", runs)
    assert f"Of 8 claims {8 if verdict == 'holds' else 0} hold" in text
    assert ("turns with all of them" in text) == (verdict == "turns")


def test_a_difference_that_one_test_alone_would_settle_is_open_among_several() -> None:
    weak = 2.3 / np.sqrt(20.0)  # Student's t of 2.3: 0.033 by itself
    runs = invented({"nothing": weak, "outside market apart": weak, "all of them": weak})
    assert {one.verdict for each in study.judged(runs).values() for one in each.values()} == {"open"}


def test_the_change_against_the_base_is_within_a_seed() -> None:
    table = study.table(invented({"nothing": 3.0, "all of them": 1.0}))
    row = table[table["switched on"] == "all of them"].iloc[0]
    assert row["less the same at the base"].startswith("\N{MINUS SIGN}2 bp (\N{MINUS SIGN}2 to")
    assert row["difference"] == "1 bp"
