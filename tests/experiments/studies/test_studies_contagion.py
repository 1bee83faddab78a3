"""The study of contagion: its grid, its parts, its verdict, and that outages cost every sharing the same hours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from experiments.analysis import contagion_tables, verdicts
from experiments.markets import channels
from experiments.markets.recorded import Recorded
from experiments.runs import study as studies
from experiments.studies._scene import scene, sell, simulate
from experiments.studies._stage import NAMES, stage
from figures import _shared as shared
from market.config import FlowConfig
from market.venues import Kind

STUDY = studies.load("contagion")


def grid(seeds: int = 1, quick: bool = True) -> list[studies.Run]:
    return list(STUDY.runs(seeds, quick, lambda config: config.model_copy(update={"horizon_s": 60.0})))


@pytest.fixture(scope="module")
def finished() -> pd.DataFrame:
    return pd.DataFrame([{"regime": r.regime, "seed": r.seed, **r.levers, **STUDY.execute(r)} for r in grid()])


def test_every_run_is_different() -> None:
    runs = grid(2, quick=False)
    assert len({studies.run_id("contagion", run) for run in runs}) == len(runs)
    assert {run.levers["channel"] for run in runs} == {"", *channels.names()} - {"outage", "options"}


@pytest.mark.slow
def test_table_and_figure(finished: pd.DataFrame, tmp_path: Path) -> None:
    found = STUDY.table(finished)
    answered.check("contagion", finished)
    assert {"base", "outage 0 s", "no congestion", "mean over conditions", "verdict"} <= set(found["condition"])
    drawn.check_stored("contagion", STUDY.summary(finished), tmp_path, empty="d")  # nobody is liquidated


def test_the_figure_shows_what_the_verdict_says() -> None:
    runs = invented(0.1)
    without = runs.assign(part="channel", channel="price_impact", liquidated_usd=0.25)
    shocks = runs.assign(part="shock", shocked=0, extra_share_r0=0.2, extra_share_r1=0.1)
    summary = STUDY.summary(pd.concat([runs, without, shocks]))
    drawn.check("contagion", summary)
    panels, red, blue = drawn.panels(drawn.check("contagion_claims", summary)), shared.VERMILION, shared.BLUE
    marks = {
        letter: {line.get_color() for line in panels[letter].lines if line.get_marker() == "o"} for letter in "abcde"
    }
    assert marks == {"a": {blue}} | {letter: {red} for letter in "bcde"}
    written = " ".join(summary["text"].dropna())
    assert "Higher peak: holds on average over conditions (0.0001 [0.0001, 0.0001] thousand USD in 60 s, " in written


@pytest.mark.slow
def test_shares_are_shares(finished: pd.DataFrame) -> None:
    shares = np.asarray(finished[[name for name in finished.columns if name.startswith("liquidated_share")]])
    assert ((shares >= 0.0) & (shares <= 1.01)).all()  # interest is repaid, too
    assert np.nanmax(np.asarray(finished["hit_together"], float)) <= 4
    generations = np.asarray(finished[[f"generation_{at}_share" for at in range(5)]].dropna())
    total = generations.sum(axis=1)
    assert (np.isclose(total, 1.0) | (total == 0.0)).all()


def test_outages_stop_every_rollup_equally_long() -> None:
    """A sequencer alone misses 150 slots of its rollup; one for four rollups misses 150 slots of all of them."""
    for sharing, domains in (("siloed", 4), ("coincident", 4), ("pairs", 2), ("shared", 1)):
        config = stage(sharing, 3, True)
        empty = tuple(rollup.model_copy(update={"borrowers": 0, "lending": ()}) for rollup in config.rollups)
        config = config.model_copy(
            update={"agents": (), "flow": FlowConfig(per_second=0.0), "horizon_s": 700.0, "rollups": empty}
        )
        market = Recorded(config, 3)
        market.run()
        missed = sum(domain.regime.consensus.missed for domain in market.domains)
        assert abs(missed - 150 * domains) <= domains


def test_a_shock_stays_where_nobody_carries_it() -> None:
    """Without arbitrage between rollups, and sequenced apart, others' borrowers do not notice a sale on one pool.

    Exactly: with neither arbitrageurs nor a choice of rollup by users, nothing that happens on a rollup reaches
    another.
    """
    base = scene("siloed", 0.0, 1.0, 1, True)
    alone = base.model_copy(
        update={
            "agents": base.agents[:1],
            "flow": base.flow.model_copy(update={"choice_sensitivity": 0.0}),
            "prices": base.prices.model_copy(update={"episodes": ()}),
            "horizon_s": 240.0,
        }
    )
    other = simulate(alone, 1, -1)
    main = simulate(alone, 1, 1)
    extra = (main.liquidated - other.liquidated) / main.debt
    assert extra[1] > 0.05
    assert np.abs(np.delete(extra, 1)).max() == 0.0


def test_oracles_of_pools_are_as_fast_whatever_is_shared() -> None:
    """From a pool's fall to the update in force: the delay and the wait for the next block, in every domain."""
    for sharing in ("siloed", "shared"):
        base = scene(sharing, 0.0, 1.0, 1, True)
        still = base.model_copy(
            update={"agents": (), "flow": FlowConfig(per_second=0.0), "horizon_s": 60.0}
        )  # fmt: skip
        market = Recorded(still, 1)
        sell(market, (0,), 0.08, 30.0)
        market.run()
        swap, post = (
            next(
                block.time
                for block in market.blocks
                for row in block.rows
                if row["kind"] == kind and row["rollup"] == 0 and block.time > 30.0
            )
            for kind in (Kind.SWAP, Kind.ORACLE_UPDATE)
        )
        assert post - swap == pytest.approx(2.0)


def invented(effect: float, seeds: int = 20) -> pd.DataFrame:
    """Runs of the base case in which sharing changes every outcome by `effect` exactly, on top of noise by seed."""
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    for seed in range(seeds):
        noise = rng.random()
        for regime in ("siloed", "shared"):
            row: dict[str, Any] = {"part": "crash", "channel": "", "regime": regime, "seed": seed, **verdicts.BASE}
            row |= {claim.column: noise + (effect if regime == "shared" else 0.0) for claim in verdicts.CLAIMS}
            row |= {"liquidated_usd": 1.0, "liquidated_share": 0.5, "amplification": 1.0, "generation_0_share": 1.0}
            rows.append(row | {"imported_share": 0.0, "recovery_s": 1.0, "cascades_usd": "1 2", "psi": 1.5})
    return pd.DataFrame(rows)


def test_theverdicts_follows_the_sign_of_paired_differences() -> None:
    for effect, less, more in ((0.1, "reversed", "holds"), (-0.1, "holds", "reversed"), (0.0, "open", "open")):
        runs = invented(effect)
        base = verdicts.conditions(runs)["base"]
        for claim in verdicts.CLAIMS:
            found = verdicts.difference(base, claim)
            assert found.mean == pytest.approx(effect, abs=1e-12)
            assert found.verdict == (more if claim.sign > 0 else less)
    few = verdicts.conditions(invented(0.1, seeds=19))["base"]
    assert verdicts.difference(few, verdicts.CLAIMS[1]).verdict == "open"


def test_a_claim_that_is_settled_by_itself_is_open_among_five() -> None:
    """Student's t of 2.3 with 19 degrees of freedom: 0.033 by itself, and five times that among five."""
    noise = np.random.default_rng(3).normal(size=20)
    noise = (noise - noise.mean()) / noise.std(ddof=1) + 2.3 / np.sqrt(20.0)
    runs, columns = invented(0.0), [claim.column for claim in verdicts.CLAIMS]
    shared_rows = runs["regime"] == "shared"
    runs.loc[shared_rows, columns] += noise[:, None]
    alone = [verdicts.overall(runs, claim).verdict for claim in verdicts.CLAIMS]
    assert alone == ["reversed", *["holds"] * 4]
    for found in (verdicts.everywhere(runs), verdicts.within(runs)):
        assert {one.verdict for one in found.values()} == {"open"}
        assert [one.sample for one in found.values()] == [verdicts.overall(runs, claim).sample for claim in found]
    runs.loc[shared_rows, columns[-1]] += 10.0
    assert verdicts.everywhere(runs)[verdicts.CLAIMS[-1]].verdict == "holds"


def test_options_are_held_against_the_base_case_and_leave_its_verdicts_alone() -> None:
    """Their part is no condition: what is gone without them is what the base case has less, at the same seeds."""
    runs = invented(0.1)
    more = runs.assign(part="options", liquidated_usd=2.0, options_liquidated_usd=1e3)
    unhedged = more.assign(channel="option_hedges", liquidated_usd=1.5)
    open_vega = more.assign(channel="vega_hedges", liquidated_usd=2.5)
    together = pd.concat([runs, more, unhedged, open_vega])
    for of in contagion_tables.channel_shares(together).values():
        assert of["options"]["mean"] == pytest.approx(0.5)
        assert of["option_hedges"]["mean"] == pytest.approx(0.25)
        assert of["vega_hedges"]["mean"] == pytest.approx(-0.25)
    assert verdicts.conditions(together).keys() == verdicts.conditions(runs).keys()
    said = answered.check("contagion", together)
    assert STUDY.answer is not None
    assert said.startswith(STUDY.answer(runs)[:-1])
    table: Any = STUDY.table(together)
    assert table[table["condition"] == "options"]["gone without it, shared [%]"].item().startswith("50 ")


def test_a_channels_share_is_what_is_gone_without_it() -> None:
    runs = invented(0.0)
    without = runs.assign(part="channel", channel="price_impact", liquidated_usd=0.25)
    abroad = runs.assign(collateral="abroad", liquidated_usd=2.0)
    at_home = abroad.assign(part="channel", channel="shared_collateral", liquidated_usd=1.0)
    shares = contagion_tables.channel_shares(pd.concat([runs, without, abroad, at_home]))
    for channel, gone in (("price_impact", 0.75), ("shared_collateral", 0.5)):
        found = shares["shared"][channel]
        assert [found[name] for name in ("mean", "low", "high")] == pytest.approx([gone] * 3)


def test_collateral_abroad_lies_on_the_partner_where_it_is_sequenced_together() -> None:
    for sharing, expected in (("siloed", [None] * 4), ("pairs", ["r1", "r0", "r3", "r2"])):
        config = stage(sharing, 1, True, collateral="abroad")
        assert [rollup.lending[1].collateral_on for rollup in config.rollups] == expected
        assert [rollup.lending[0].collateral_on for rollup in config.rollups] == [None] * 4


def test_half_of_the_loans_abroad_are_as_much_debt_as_all_at_home() -> None:
    """Loans are drawn anew: 200 of a lognormal law in each half, whose mean varies by 1.3 / sqrt(400)."""
    home, abroad = (Recorded(stage("shared", 1, True, collateral=where), 1).debt for where in ("home", "abroad"))
    assert abroad.sum() == pytest.approx(home.sum(), rel=4 * 1.3 / np.sqrt(400))


def test_the_first_rollup_is_the_most_indebted() -> None:
    market = Recorded(stage("shared", 1, True), 1)
    assert int(np.argmax(market.debt)) == NAMES.index("r0")
