"""The contract of every regime that is installed, and a golden trace of each.

A golden trace is a short readable account of a tiny market under a regime, `golden/<regime>.txt`: read the difference
before accepting it. After a change that is meant to change it, or for a new regime, write it anew:

    SEQMARKET_UPDATE_GOLDEN=1 uv run pytest tests/regimes/test_regimes.py -k golden
"""

from __future__ import annotations

import ast
import math
import os
from pathlib import Path
from typing import Any

import pytest
from traces import MOST_LINES, tiny, trace
from worlds import opened, ran, reported, stressed

from market import regimes, sequencing
from market.discovery import source
from market.errors import InputError
from market.intents.rows import Status
from market.measures.outcomes import outcomes

GOLDEN = Path(__file__).parents[1] / "golden"
UPDATE = "SEQMARKET_UPDATE_GOLDEN"
INSTALLED = regimes.names()
BUILT_IN = [name for name in INSTALLED if source("market.regimes", name).parent == Path(regimes.__file__).parent]

pytestmark = pytest.mark.interpreted
every_regime = pytest.mark.parametrize("name", INSTALLED)


def plain(report: dict[str, Any]) -> dict[str, Any]:
    return {key: "nan" if isinstance(value, float) and math.isnan(value) else value for key, value in report.items()}


# -- the contract ------------------------------------------------------------------------------------------------------


@every_regime
def test_it_is_composed_of_parts_that_exist_and_says_where_it_comes_from(name: str) -> None:
    regime = regimes.load(name)
    assert regime.name == name
    assert regime.source
    assert ast.get_docstring(ast.parse(source("market.regimes", name).read_text(encoding="utf-8")))
    parts = sequencing.compose(regime)
    assert set(parts) == set(sequencing.PARTS)


@every_regime
def test_every_rollup_is_sequenced_by_exactly_one_domain(name: str) -> None:
    market = opened(tiny(name))
    places = sorted(rollup for domain in market.domains for rollup in domain.rollups)
    assert places == [0, 1]
    for domain in market.domains:
        assert domain.leaders, "nobody leads"
        assert domain.block_time > 0.0


@every_regime
def test_it_fills_intents_of_users_and_keeps_the_ledger(name: str) -> None:
    market = ran(stressed(name, horizon_s=25.0))
    report = reported(market)
    assert report["conservation_error"] <= 1e-9
    assert report["regime"] == name
    assert report["retail_volume_usd"] > 0.0
    assert market.tally.statuses[Status.FILLED] > 0


@every_regime
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(name: str) -> None:
    first, again, other = (plain(outcomes(ran(stressed(name, horizon_s=12.0), seed))) for seed in (5, 5, 6))
    assert first == again
    assert first["volume_usd"] != other["volume_usd"]


def test_an_unknown_regime_is_answered_with_those_that_exist() -> None:
    with pytest.raises(InputError, match=r"unknown name 'siloded' \(did you mean 'siloed'\?\); allowed: .*pbs"):
        regimes.load("siloded")


# -- golden traces -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUILT_IN)
def test_golden_trace(name: str) -> None:
    path, now = GOLDEN / f"{name}.txt", trace(name)
    assert len(now.splitlines()) <= MOST_LINES
    if os.environ.get(UPDATE):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
    assert path.is_file(), f"no golden trace of {name}: look at it, then write it with {UPDATE}=1"
    assert now.splitlines() == path.read_text(encoding="utf-8").splitlines()


def test_every_golden_trace_is_of_a_regime_that_exists() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} <= set(BUILT_IN)


def lines(name: str) -> list[str]:
    return trace(name).splitlines()


def test_the_traces_show_what_sets_the_regimes_apart() -> None:
    """So that a trace that was written anew without being read still has to tell the regimes' stories."""
    sandwich = [line for line in lines("siloed_extractive") if line.startswith("*")]
    assert sandwich, "no user is sandwiched by the operator"
    assert not [line for line in lines("siloed") if line.startswith("*")]
    across = lines("centralized_shared")
    cycles = [(at, line) for at, line in enumerate(across) if line.startswith("~") and "arbitrageur" in line]
    assert any(" a " in line and " b " in across[at + 1] and "filled" in across[at + 1] for at, line in cycles)
    assert any("by adaptive" in line and "USD; leader reads 0 of" in line for line in lines("pbs"))
    headings = [line for line in lines("encrypted") if line.startswith("slot")]
    assert headings
    assert all("leader reads 0 of" in line for line in headings)
    assert not [line for line in lines("encrypted") if line.startswith("*")]
