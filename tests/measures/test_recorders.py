"""Recorders are called at their moments and move nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from worlds import config, opened, ran, reported, rollup, stressed

from agents.population import Population
from experiments.__main__ import main
from market.config import AgentConfig, FlowConfig, MarketConfig, PerpetualConfig, PerpetualTradersConfig
from market.domain import Slot
from market.errors import AccountingError
from market.intents.rows import Status
from market.measures.flows import WhoPaidWhom
from market.measures.recorder import Recorder, Recorders
from market.measures.tape import Tape
from market.model import SequencerMarket
from market.state.ledger import Why


class Diary(Recorder):
    """Notes what it is called for."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fates: list[np.ndarray] = []

    def on_start(self, market: SequencerMarket) -> None:
        assert market.time == 0.0
        assert len(market.participants) == len(market.members)
        self.calls.append("start")

    def before_block(self, slot: Slot) -> None:
        assert (slot.rows["status"] == Status.PENDING).all()
        self.calls.append("before")

    def executed(self, slot: Slot) -> None:
        assert (slot.rows["status"] != Status.PENDING).all()
        self.calls.append("executed")

    def on_block(self, slot: Slot) -> None:
        self.calls.append("block")
        self.fates.append(slot.rows["status"].copy())

    def on_second(self, market: SequencerMarket) -> None:
        assert market.time == int(market.time)
        self.calls.append("second")

    def close(self) -> None:
        self.calls.append("close")


class Plain(Recorder):
    """Defines nothing."""


def test_those_are_called_for_a_moment_that_define_it_also_when_they_come_late() -> None:
    diary, late = Diary(), Diary()
    recorders = Recorders([Plain(), diary])
    assert recorders.of("on_block") == [(diary, diary.on_block)]
    assert recorders.of("on_orders") == []
    recorders.append(late)
    assert recorders.of("on_block") == [(diary, diary.on_block), (late, late.on_block)]


def test_a_recorder_is_called_at_its_moments() -> None:
    diary, settings = Diary(), stressed("pbs", horizon_s=10.0)
    market = SequencerMarket(settings, 1, Population(settings), [diary])
    assert diary.calls == ["start"]
    market.run()
    assert diary.calls[-1] == "close"
    assert diary.calls.count("before") == diary.calls.count("block") == market.tally.slots
    assert diary.calls.count("second") == market.tally.samples == 10
    blocks = [call for call in diary.calls if call in ("before", "executed", "block")]
    assert blocks == ["before", "executed", "block"] * market.tally.slots
    counted = np.bincount(np.concatenate(diary.fates), minlength=len(Status))
    assert (counted[1:] == market.tally.statuses[1:]).all()


def test_a_market_is_the_same_whoever_takes_note(tmp_path: Path) -> None:
    settings = stressed("radius", horizon_s=10.0)
    noted = SequencerMarket(settings, 3, Population(settings), [Diary(), WhoPaidWhom(), Tape(tmp_path / "t.parquet")])
    noted.run()
    alone = ran(settings, 3)
    assert {k: repr(v) for k, v in reported(noted).items()} == {k: repr(v) for k, v in reported(alone).items()}
    assert (noted.world.tables.balance == alone.world.tables.balance).all()


def test_the_audit_notices_what_is_made() -> None:
    market = opened(stressed("siloed", horizon_s=5.0))
    market.audit.check()
    market.world.tables.balance[0, 0, 0] += 1e6
    with pytest.raises(AccountingError, match="total of USD drifted"):
        market.run()


def test_who_paid_whom_is_the_ledger() -> None:
    settings, paid = stressed("siloed", horizon_s=10.0), WhoPaidWhom()
    market = SequencerMarket(settings, 1, Population(settings), [paid])
    market.run()
    flows = market.world.tables.flows
    assert len(paid.table) == np.count_nonzero(flows)
    tips = sum(float(str(row["amount"])) for row in paid.table if row["reason"] == "tip" and row["asset"] == "USD")
    assert tips == pytest.approx(flows[:, :, Why.TIP, 0].sum())
    assert tips > 0.0


def _with_perpetuals() -> MarketConfig:
    perpetual = PerpetualConfig(traders=20, spread_bp=5.0)
    return config(
        rollup("a", perpetuals=(perpetual,)), rollup("b"),
        perpetual_traders=PerpetualTradersConfig(trades_per_hour=3600.0), flow=FlowConfig(per_second=1.0),
        horizon_s=20.0, agents=(AgentConfig(role="trader", strategy="arbitrageur"),),
    )  # fmt: skip


def test_the_tape_names_senders_by_their_group(tmp_path: Path) -> None:
    path = tmp_path / "tape.parquet"
    settings = _with_perpetuals()
    market = SequencerMarket(settings, 1, Population(settings), [Tape(path)])
    market.run()
    tape = pd.read_parquet(path)
    trades = tape[tape["kind"] == "perpetual_trade"]
    assert len(trades) > 0
    assert set(trades["role"]) == {"perpetual trader"}
    assert "borrower" not in set(tape["role"])
    assert set(tape.loc[tape["kind"] == "oracle_update", "role"]) <= {"oracle"}
    agents = tape[tape["account"] < len(market.members)]
    assert set(agents["role"]) <= {"trader"}
    assert set(agents["sender"]) <= {member.name for member in market.members}


def _simulated(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    asked = ("simulate", "--hours", "0.005", "--set", "audit_every=1", *arguments)
    assert main(list(asked)) == 0
    return capsys.readouterr().out


def test_the_command_line_tells_who_paid_whom(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(_simulated(capsys, "--json", "--flows"))
    assert {tuple(entry) for entry in told["flows"]} == {("payer", "payee", "reason", "asset", "amount")}
    assert any(entry["payer"] == "retail" and entry["reason"] == "swap" for entry in told["flows"])
    assert "flows" not in json.loads(_simulated(capsys, "--json"))
    table = _simulated(capsys, "--flows").split("\n\n")[1].splitlines()
    assert table[0].split() == ["payer", "payee", "reason", "asset", "amount"]
    assert len(table) == 1 + len(told["flows"])
    assert len({len(line) for line in table}) == 1
