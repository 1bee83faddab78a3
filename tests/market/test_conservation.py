"""No sequence of intents makes or destroys an asset: random blocks, and whole markets under every regime."""

from __future__ import annotations

import numpy as np
import pytest
from fuzz import absurd, bundle_ends, random_rows, world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from noise import Noise
from worlds import BOB, OPERATOR, check_ledger, execute, fates, lender, on_block, opened, reported, rollup, stressed

from market import regimes
from market.config import OracleConfig
from market.execution import execute_block
from market.genesis import World
from market.intents.rows import INTENT, Status
from market.state.ledger import totals
from market.venues import Kind
from market.venues.bridges import rules as bridges
from market.venues.lending import rules as lending
from market.venues.mining.rules import measure
from market.venues.perpetuals import funding


def drive(seed: int, blocks: int, size: int, rare: np.ndarray | None = None) -> np.ndarray:
    """Execute random blocks bundle by bundle, checking all after each; returns how often each kind was filled.

    Of the kinds marked in `rare`, those that have not been filled yet are those of half of the rows.
    """
    rng = np.random.default_rng(seed)
    market = world()
    opening = totals(market.tables)
    deliveries: list[tuple[int, int, int, int, float]] = []
    filled = np.zeros(len(Kind) + 1, np.int64)
    for number in range(blocks):
        lending.accrue(market.state, 3600.0 * number)
        if market.tables.feeds["price"].max() < 1e9:  # at an absurd price funding is beyond any number
            funding.accrue(market.state, 3600.0 * number)
        measure(market.state, 1.0 + number)
        market.tables.prices[1:] *= np.exp(rng.normal(0.0, 0.03, 2))
        rows = random_rows(market, rng, size, None if rare is None else np.flatnonzero(rare & (filled[:-1] == 0)))
        rows = rows[~absurd(market, rows)]
        for first, last in bundle_ends(rows):
            part = rows[first:last].copy()
            before = market.state.cells.copy()
            execute_block(market.state, part, float(number), BOB, OPERATOR)
            _check_receipts(part, before, market)
            check_ledger(market.tables, opening)
            done = part[part["status"] == Status.FILLED]
            filled += np.bincount(np.clip(done["kind"], 0, len(Kind)), minlength=len(Kind) + 1)
            sent = done[done["kind"] == Kind.BRIDGE]
            back = sent["rollup"] != market.tables.bridges["source"][sent["venue"]]
            parts = (sent[name].tolist() for name in ("venue", "asset_in", "sender", "filled_out"))
            deliveries += zip(back.astype(int).tolist(), *parts, strict=True)
        while deliveries and rng.random() < 0.7:
            direction, bridge, asset, account, amount = deliveries.pop(0)
            assert bridges.deliver(market.state, bridge, direction, asset, account, amount), "a promise was broken"
            check_ledger(market.tables, opening)
    return filled


def _check_receipts(part: np.ndarray, before: np.ndarray, market: World) -> None:
    """Everybody has a fate; a bundle's own members share it; a stretch without a filled row left every bit alone."""
    assert np.isin(part["status"], (Status.FILLED, Status.REVERTED)).all()
    reverted = part["status"] == Status.REVERTED
    assert (part["reason"][reverted] > 0).all()
    assert not part["filled_in"][reverted].any()
    assert np.isfinite(part["filled_in"]).all()
    assert np.isfinite(part["filled_out"]).all()
    own = part["carried"] == 0
    assert len(set(part["status"][own].tolist())) <= 1
    if reverted.all():
        assert market.state.cells.tobytes() == before.tobytes()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_blocks_keep_the_ledger(seed: int) -> None:
    drive(seed, blocks=4, size=60)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_many_random_blocks_keep_the_ledger(seed: int) -> None:
    drive(seed, blocks=6, size=150)


@pytest.mark.slow
def test_the_random_blocks_reach_every_kind() -> None:
    """A fuzzer whose intents all revert would prove nothing."""
    filled = drive(0, blocks=8, size=400)
    for seed in range(1, 40):  # what has to be begun before it can be ended wants long blocks
        if (filled[:-1] > 0).all():
            break
        filled = filled + drive(seed, blocks=8, size=400, rare=filled[:-1] == 0)
    names = {Kind(kind).name for kind in np.flatnonzero(filled[:-1] == 0)}
    assert not names, f"never filled: {names}"
    assert filled[-1] == 0, "a kind that does not exist was filled"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.integers(0, 2**32 - 1))
def test_a_failed_bundle_is_its_carried_rows_alone(seed: int) -> None:
    """Whatever a bundle holds: if it fails, the market is where its carried rows alone would have brought it."""
    rng = np.random.default_rng(seed)
    whole, alone = world(), world()
    rows = random_rows(whole, rng, 6)
    rows = rows[~absurd(whole, rows)]
    rows["bundle"] = 1
    rows["carried"] = rng.random(rows.size) < 0.5
    receipts = execute(whole, rows.copy())
    carried = rows[rows["carried"] == 1].copy()
    carried["bundle"] = -1
    if not (receipts["status"][receipts["carried"] == 0] == Status.REVERTED).any():
        return
    if carried.size:
        expected = execute(alone, carried)
        assert fates(receipts[receipts["carried"] == 1]) == fates(expected)
    assert whole.state.cells.tobytes() == alone.state.cells.tobytes()


# -- whole markets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", regimes.names())
@pytest.mark.parametrize("seed", [1, 2])
def test_a_market_with_noise_keeps_its_ledger(regime: str, seed: int) -> None:
    config = stressed(regime, horizon_s=12.0)
    market = opened(config, seed)
    opening = totals(market.world.tables)
    market.populations.append(Noise(market, seed))

    def checked(slot) -> None:
        check_ledger(market.world.tables, opening)
        assert slot.rows.dtype == INTENT

    on_block(market, checked)
    market.run()
    report = reported(market)
    assert report["conservation_error"] <= 1e-9
    assert report["filled"] > 0
    assert report["reverted"] > 0


@pytest.mark.parametrize("regime", regimes.names())
def test_every_intent_has_one_fate(regime: str) -> None:
    """What was submitted is in a block, expired, or still waiting; nothing is lost and nothing is done twice."""
    market = opened(stressed(regime, horizon_s=15.0))
    seen: dict[int, int] = {}

    def noted(slot) -> None:
        for row in slot.rows:
            assert row["id"] not in seen, f"intent {row['id']} was decided on twice"
            seen[int(row["id"])] = int(row["status"])

    on_block(market, noted)
    market.run()
    waiting = {int(row["id"]) for domain in market.domains for row in market.mempool.waiting(domain.index)}
    # and what is sealed but not yet executed as the run ends
    sealed = [domain.sealed for domain in market.domains if domain.sealed is not None]
    waiting |= {int(row["id"]) for slot in sealed for row in (*slot.rows, *slot.expired)} - {-1}
    assert not waiting & seen.keys()
    assert waiting | seen.keys() == set(range(market.mempool.submitted))
    assert set(seen.values()) <= {Status.FILLED, Status.REVERTED, Status.EXPIRED, Status.PAUSED}


def test_the_stressed_market_does_what_it_is_meant_to() -> None:
    """Liquidations, arbitrage, bridges: a calm market would test little."""
    market = opened(stressed("siloed_extractive", horizon_s=30.0), 1)
    market.run()
    report = reported(market)
    assert report["liquidations"] > 0
    assert report["extracted_arbitrage_usd"] != 0.0
    assert report["retail_volume_usd"] > 0.0


def test_oracle_source_needs_no_pool_to_be_conserved() -> None:
    """A market whose oracle reads its own pool keeps its ledger as well."""
    pool_fed = tuple(
        rollup(name, lending=(lender(),), borrowers=10, oracle=OracleConfig(source="pool", deviation_bp=5.0))
        for name in ("a", "b")
    )
    market = opened(stressed("centralized_shared", horizon_s=10.0, rollups=pool_fed))
    market.run()
    assert reported(market)["conservation_error"] <= 1e-9
