"""A witness writes down what an agent sent and got, all of it, and changes nothing."""

from __future__ import annotations

import re

import players
import pytest
from worlds import cast, config, opened, ran, reported, rollup, stressed

from market.config import AgentConfig, FlowConfig
from market.domain import Slot
from market.errors import InputError
from market.measures.recorder import Recorder
from market.measures.witness import Witness


class Counting(Recorder):
    """Counts the decided intents of an account."""

    def __init__(self, name: str) -> None:
        self._name, self.decided = name, 0

    def on_start(self, market) -> None:
        self.account = next(agent.account for agent in market.participants if agent.name == self._name)

    def on_block(self, slot: Slot) -> None:
        self.decided += int((slot.rows["sender"] == self.account).sum())


def test_what_was_sent_and_got_stands_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(agent, seen, desk) -> None:
        if seen.time > 2.0 and not hasattr(agent, "sent"):
            agent.sent = True
            desk.swap(0, 0, 1, 100.0, 0.01, tip=0.5)
            desk.swap(0, 0, 1, 100.0, 99.0)

    monkeypatch.setattr(players.Scripted, "script", staticmethod(once))
    group = AgentConfig(role="trader", strategy="players:Scripted")
    settings = config(rollup("a"), horizon_s=8.0, flow=FlowConfig(per_second=0.0), agents=(group,))
    witness = Witness("Scripted 0")
    opened(settings, 1, [witness]).run()
    sent = [line for line in witness.lines if "sends" in line]
    assert sent == [
        "    sends swap on a, venue 0: 100 USD for at least 0.01 ETH, tip 0.5 USD",
        "    sends swap on a, venue 0: 100 USD for at least 99 ETH, tip 0 USD",
    ]
    at = next(at for at, line in enumerate(witness.lines) if line.endswith("gets"))
    filled, reverted = sorted(witness.lines[at + 1 : at + 3])  # both arrive at once: their order is drawn
    received = 1000.0 * 99.7 / (2.5e6 + 99.7)  # constant product, 30 bp of the input kept
    printed = re.fullmatch(r"    swap on a, venue 0: filled, gave 100 USD, received (\S+) ETH, tip 0.5 USD, .*", filled)
    assert printed is not None
    assert float(printed[1]) == pytest.approx(received, rel=1e-4)
    assert reverted == "    swap on a, venue 0: reverted (limit)"
    following = next(line for line in witness.lines[at:] if "sees" in line)
    assert "a -100.5 USD" in following
    assert f"a +{printed[1]} ETH" in following
    assert sum("funds as before" not in line for line in witness.lines if "sees" in line) == 1


NAMES = {
    "pbs": "adaptive 0",
    "siloed_extractive": "sequencer 1",
    "centralized_shared": "arbitrageur 1",
    "radius": "greedy 0",
}


@pytest.mark.parametrize("regime", NAMES)
def test_a_market_is_the_same_whoever_listens(regime: str) -> None:
    settings = stressed(regime, horizon_s=15.0)
    witness, counting = Witness(NAMES[regime]), Counting(NAMES[regime])
    market = opened(settings, 3, [witness, counting])
    market.run()
    alone = ran(settings, 3)
    assert {k: repr(v) for k, v in reported(market).items()} == {k: repr(v) for k, v in reported(alone).items()}
    assert (market.world.tables.balance == alone.world.tables.balance).all()
    fates = [line for line in witness.lines if re.search(r": (filled|reverted|expired|paused)", line)]
    assert len(fates) == counting.decided
    assert witness.lines
    assert "nan" not in "\n".join(witness.lines)


def test_protocols_and_their_choices_are_heard() -> None:
    witness = Witness("experienced 1")
    opened(stressed("roaming", horizon_s=70.0, agents=cast()), 1, [witness]).run()
    assert witness.lines[0].split("  ", 1)[1].startswith("rollup 1  chooses network")


def test_an_agent_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"unknown name 'arbitrageur 7' \(did you mean 'arbitrageur 1'\?\)"):
        opened(stressed("siloed"), 1, [Witness("arbitrageur 7")])
