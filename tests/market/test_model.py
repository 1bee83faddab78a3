"""A run as a whole: paired across regimes, the same twice, and with a ledger that explains every change of wealth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import players
import pytest
from worlds import CAPITAL_USD, ETH, USD, cast, config, on_block, opened, ran, reported, stressed

from agents.population import Population
from experiments.runs.run import run_one
from market import regimes
from market.config import AgentConfig, FlowConfig, PriceConfig
from market.errors import AccountingError
from market.intents.extraction import TAKES
from market.intents.rows import Status
from market.measures.tape import Tape
from market.model import SequencerMarket
from market.state.ledger import Why, who_paid_whom
from market.venues import Kind

INSTALLED = regimes.names()
OTHERS = [name for name in INSTALLED if name != "siloed"]


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.Scripted.script = players.ScriptedSequencer.script = None


# -- paired comparisons ------------------------------------------------------------------------------------------------


def exogenous(regime: str, seed: int = 1, agents: tuple[AgentConfig, ...] | None = None) -> dict[str, Any]:
    """What no regime may change: when users come, how much and which way they trade, and where the price goes."""
    market = opened(stressed(regime, agents=cast() if agents is None else agents, horizon_s=20.0), seed)
    retail = market.populations[0]
    flow: list[np.ndarray] = []
    values: list[np.ndarray] = []
    prices: dict[int, float] = {}
    submit, advance = retail.submit, market.path.advance

    def noted(time: float, until: float) -> np.ndarray:
        rows = submit(time, until)
        flow.append(rows.copy())
        values.append(rows["amount"] * market.world.tables.prices[rows["asset_in"]])
        return rows

    def advanced(time: float) -> None:
        advance(time)
        # several slots may fall on one point of the grid: they must see one price
        price = float(market.path.current[ETH])
        assert prices.setdefault(int(time / market.config.prices.step_s + 1e-6), price) == price

    retail.submit, market.path.advance = noted, advanced
    positions = market.world.tables.loans[["collateral", "debt"]].copy()
    market.run()
    rows = np.concatenate(flow)
    paths = {"prices": prices, "positions": positions, "seed": seed}
    return {"rows": rows, "values": np.concatenate(values)} | paths


def path_step() -> float:
    """Resolution of the price path [s]."""
    return stressed("siloed").prices.step_s


def assert_paired(first: dict[str, Any], second: dict[str, Any]) -> None:
    count = min(first["rows"].size, second["rows"].size)
    assert count > 40
    for name in ("sent", "arrival", "tip", "route", "expiry", "asset_in", "asset_out"):
        np.testing.assert_array_equal(first["rows"][name][:count], second["rows"][name][:count], err_msg=name)
    np.testing.assert_allclose(first["values"][:count], second["values"][:count], rtol=1e-12)
    # slots fall on different points of the grid: both are on one path, that of a market nobody looked at yet
    for world in (first, second):
        path = opened(stressed("siloed", agents=()), world["seed"]).path
        for at, price in sorted(world["prices"].items()):
            path.advance(at * path_step())
            assert path.current[ETH] == price
    np.testing.assert_array_equal(first["positions"], second["positions"])


@pytest.mark.parametrize("regime", OTHERS)
def test_the_world_outside_is_the_same_under_every_regime(regime: str) -> None:
    assert_paired(exogenous("siloed"), exogenous(regime))


def test_the_world_outside_does_not_depend_on_who_takes_part() -> None:
    assert_paired(exogenous("pbs"), exogenous("pbs", agents=()))


def test_another_seed_is_another_world() -> None:
    first, second = exogenous("siloed", 1), exogenous("siloed", 2)
    assert first["rows"]["sent"][:20].tolist() != second["rows"]["sent"][:20].tolist()
    assert first["values"][:20].tolist() != second["values"][:20].tolist()
    common = (first["prices"].keys() & second["prices"].keys()) - {0}
    assert all(first["prices"][at] != second["prices"][at] for at in common)
    assert (first["positions"] != second["positions"]).all()


def test_all_but_the_seconds_is_a_function_of_configuration_and_seed() -> None:
    first, second = run_one(stressed("pbs"), 9), run_one(stressed("pbs"), 9)
    assert {key for key in first if repr(first[key]) != repr(second[key])} <= {"seconds", "cpu_seconds"}


# -- slots -------------------------------------------------------------------------------------------------------------


def test_slots_come_at_their_block_time_and_apart() -> None:
    market = opened(config(horizon_s=10.0))
    times: dict[int, list[float]] = {}
    slot = market.slot

    def noted(domain: Any) -> None:
        times.setdefault(domain.index, []).append(market.time)
        slot(domain)

    market.slot = noted
    market.run()
    assert set(times) == {0, 1}
    for mine in times.values():
        assert len(mine) in (9, 10)
        np.testing.assert_allclose(np.diff(mine), 1.0, rtol=1e-9)
    assert times[0][0] != times[1][0]


def test_an_agent_sleeps_until_it_wants_to_wake() -> None:
    calls: list[float] = []

    def doze(agent: Any, seen: Any, desk: Any) -> None:
        calls.append(seen.time)
        agent.wake_at = seen.time + 4.5

    players.Scripted.script = doze
    ran(config(agents=(players.trader(),), horizon_s=20.0))
    assert 3 <= len(calls) <= 5
    assert (np.diff(calls) >= 4.5).all()


def test_agents_learn_from_their_own_receipts_only() -> None:
    heard: dict[int, list[int]] = {}
    players.Scripted.script = lambda agent, seen, desk: desk.pay(0, agent.account, USD, 1.0)
    market = opened(config(agents=(players.trader(count=2),), horizon_s=6.0))
    for agent in market.participants:
        mine = heard.setdefault(agent.account, [])
        agent.learn = lambda receipts, mine=mine: mine.extend(receipts["sender"].tolist())
    market.run()
    for account, senders in heard.items():
        assert set(senders) <= {account}
    assert sum(map(len, heard.values())) > 10


def test_no_receipt_comes_before_the_intent_has_arrived() -> None:
    """Blocks are sealed 0.1 s after a slot begins: nothing that arrives later is in them."""
    market = opened(stressed("pbs", horizon_s=15.0))
    early: list[float] = []

    def noted(slot: Any) -> None:
        early.append(float((slot.rows["arrival"] - slot.time).max(initial=-1.0)))

    on_block(market, noted)
    market.run()
    assert max(early) <= 0.1


def test_outside_trades_move_the_reference_price_when_told_to() -> None:
    """Linear in the log: buying for 250,000 USD at 0.04 per million raises the price by exp(0.01 x 0.9999)."""
    bought: list[int] = []

    def buy(agent: Any, seen: Any, desk: Any) -> None:
        if not bought:
            bought.append(1)
            desk.outside(seen.rollups[0], USD, ETH, 250_000.0)

    players.Scripted.script = buy
    still = ({"name": "ETH", "price_usd": 2500.0, "volatility": 0.0},)
    quiet = FlowConfig(per_second=0.0)
    prices = PriceConfig(kind="gbm", impact_per_million=0.04)
    rich = (players.trader(capital_usd=1e6),)
    market = ran(config(agents=rich, assets=still, flow=quiet, prices=prices, horizon_s=4.0))
    assert market.path.current[ETH] == pytest.approx(2500.0 * np.exp(0.01 * 0.9999), rel=1e-12)


# -- ledger ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", INSTALLED)
def test_the_flows_explain_every_balance(regime: str) -> None:
    """Endowment plus what came in less what went out is what every group holds, asset by asset."""
    market = ran(stressed(regime, horizon_s=20.0))
    tables = market.world.tables
    flows = tables.flows
    endowed = np.einsum("ggwa->ga", flows[:, :, [Why.ENDOWMENT]])
    others = np.delete(flows, Why.ENDOWMENT, axis=2)
    expected = endowed + others.sum(axis=(0, 2)) - others.sum(axis=(1, 2))
    held = np.zeros_like(expected)
    np.add.at(held, tables.accounts["group"].astype(int), tables.balance.sum(axis=1))
    scale = np.maximum(flows.sum(axis=(0, 2)), flows.sum(axis=(1, 2))).max(axis=0)
    np.testing.assert_allclose(held / scale, expected / scale, atol=1e-9)


@pytest.mark.parametrize("regime", ["siloed", "siloed_extractive", "centralized_shared", "pbs", "encrypted"])
def test_measured_gains_are_changes_of_wealth(regime: str) -> None:
    """At a constant price, what an agent is said to have gained is what its ledger accounts grew by.

    Gains are net of the tips and gas that an agent paid and count the tips that an author got out of extractions; other
    tips and gas received, and bids, come on top.
    """
    still = ({"name": "ETH", "price_usd": 2500.0, "volatility": 0.0},)
    roles = [group for group in cast() if group.role in ("builder", "trader")]
    market = opened(stressed(regime, assets=still, agents=tuple(roles), horizon_s=40.0), 3)
    tables, agents = market.world.tables, len(market.participants)
    before = tables.balance[:agents].sum(axis=1) @ tables.prices
    out_of_extractions = np.zeros(agents)

    def noted(slot: Any) -> None:
        if not slot.rows.size:
            return
        tipped = slot.rows[TAKES[market.tally.found.classes] & (slot.rows["status"] == Status.FILLED)]
        out_of_extractions[slot.author] += tipped["tip"].sum()

    on_block(market, noted)
    market.run()
    change = tables.balance[:agents].sum(axis=1) @ tables.prices - before
    flows = tables.flows
    net = flows.sum(axis=0) - flows.sum(axis=1)  # (group, reason, asset) received less given
    from_others = flows * ~np.eye(len(flows), dtype=bool)[:, :, None, None]
    received = from_others.sum(axis=0)[:agents, [Why.TIP, Why.GAS]].sum(axis=(1, 2))
    bids = net[:agents, Why.BID].sum(axis=1)
    gains = market.tally.gains[:agents].sum(axis=1)
    np.testing.assert_allclose(change, gains + received - out_of_extractions + bids, atol=1e-4)
    assert np.abs(gains).max() > 1.0


def test_bids_are_paid_by_builders_to_the_leader() -> None:
    market = ran(stressed("pbs", horizon_s=40.0))
    entries = who_paid_whom(market.world.tables, market.world.groups, market.config.asset_names)
    bids = [entry for entry in entries if entry["reason"] == "bid"]
    assert {str(entry["payer"]).split()[0] for entry in bids} == {"adaptive"}
    assert {entry["payee"] for entry in bids} == {"sequencer 0"}
    assert sum(float(str(entry["amount"])) for entry in bids) == pytest.approx(market.tally.auction_revenue)
    assert market.tally.auction_revenue > 0.0


def test_a_loss_of_funds_stops_the_run_and_says_where() -> None:
    market = opened(config(horizon_s=5.0, audit_every=1))
    market.world.tables.balance[0, 0, ETH] += 1.0
    with pytest.raises(AccountingError, match=r"total of ETH drifted by .* at .* s \(seed 1\)"):
        market.run()


def test_the_tape_tells_every_fate_once(tmp_path: Path) -> None:
    settings = stressed("pbs", horizon_s=20.0)
    market = SequencerMarket(settings, 2, Population(settings), [Tape(tmp_path / "tape.parquet")])
    market.run()
    tape = pd.read_parquet(tmp_path / "tape.parquet")
    decided = tape.query("status != 'pending'")
    assert decided["id"].is_unique
    counts = decided["status"].value_counts()
    for status in (Status.FILLED, Status.REVERTED, Status.EXPIRED):
        assert counts.get(status.name.lower(), 0) == market.tally.statuses[status]
    assert set(decided.loc[decided["kind"] == Kind.SWAP.name.lower(), "rollup"]) == {"a", "b"}
    report = reported(market)
    users = decided[(decided["sender"] == "retail") & (decided["status"] == "filled")]
    paid = users["executed"] - users["sent"]
    assert report["inclusion_delay_s"] == pytest.approx(paid.mean())
    assert CAPITAL_USD == 1e6
