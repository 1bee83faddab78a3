"""The page in a real browser: what is chosen, stepped, run, copied and reset, and what is shown of it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import browser
import pytest

from experiments.__main__ import main
from experiments.dashboard import levers, panels, written

pytestmark = [pytest.mark.slow, pytest.mark.alone]
STATE, OUTCOMES, COPIED, COMPLAINT = (
    ".seqmarket-state",
    ".seqmarket-outcomes",
    ".seqmarket-copied",
    ".seqmarket-complaint",
)
SHORT = "horizon_s=30; regime.breaker.threshold_usd=2e4"


def test_a_reader_chooses_steps_runs_copies_and_resets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    with browser.reader(tmp_path / "profile") as reader, browser.dashboard(log) as address:
        _open(reader, address, log)
        _choose(reader)
        _run(reader)
        shown = reader.texts(f"{OUTCOMES} pre")[0]
        command, file = _copy(reader)
        _reset(reader)
        _mistake(reader)
        assert reader.complaints() == []
        assert reader.elsewhere(address) == set()
    assert log.read_text().splitlines() == [f"The page is at {address.rstrip('/')}", "seqmarket: terminated"]
    assert "regime.breaker.threshold_usd=2e4" in command
    monkeypatch.chdir(tmp_path)
    (tmp_path / "market.toml").write_text(file)
    for line in (command, f"uv run {file.splitlines()[0].removeprefix('# ')}"):
        capsys.readouterr()
        assert main([*shlex.split(line.removeprefix("uv run seqmarket ")), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        said = {key: float("nan") if value is None else value for key, value in found.items() if key != "seconds"}
        assert written.outcomes(said) == shown


def _open(reader: browser.Reader, address: str, log: Path) -> None:
    reader.wait(lambda: "The page is at" in log.read_text())
    reader.open(address)
    reader.wait(lambda: f"{levers.REGIME}, seed 1: 0 of 600 s" in reader.text(STATE))


def _choose(reader: browser.Reader) -> None:
    """Four sorts of levers, which hold from the reset."""
    reader.choose("regime", "pbs")
    reader.choose("breaker at liquidations in 60 s of [USD]", "30,000")
    reader.tick(levers.levers()["options"].label)
    reader.choose("trader.1: 1 of strategy", "inventory_arbitrageur")
    reader.slide("seed", browser.Keys.ARROW_RIGHT)
    reader.write("more settings: key=value; key=value", SHORT)
    assert f"{levers.REGIME}, seed 1: 0 of 600 s" in reader.text(STATE)
    reader.press("reset")
    reader.wait(lambda: "pbs, seed 2: 0 of 30 s" in reader.text(STATE))


def _run(reader: browser.Reader) -> None:
    """One picture by hand, the rest by itself; every panel is drawn anew."""
    selectors = [f".seqmarket-panel-{name}" for name in panels.names()]
    reader.wait(lambda: all(reader.pictures(selector) for selector in selectors))
    first = [reader.pictures(selector) for selector in selectors]
    reader.press("step")
    reader.wait(lambda: "pbs, seed 2: 9 of 30 s" in reader.text(STATE))
    assert "Outcomes so far" in reader.text(OUTCOMES)
    reader.press("▶")
    reader.wait(lambda: "pbs, seed 2: 30 of 30 s" in reader.text(STATE))
    reader.wait(lambda: "Outcomes so far" not in reader.text(OUTCOMES))
    reader.wait(lambda: all(reader.pictures(selector) for selector in selectors))
    assert all(before != reader.pictures(selector) for before, selector in zip(first, selectors, strict=True))


def _copy(reader: browser.Reader) -> tuple[str, str]:
    """The command and the file, as the clipboard has them."""
    copied = []
    for at, text in enumerate(reader.texts(f"{COPIED} pre")):
        reader.find(f"{COPIED} button")[at].click()
        reader.wait(lambda text=text: reader.copied() == text)
        copied.append(text)
    command, file = copied
    return command, file


def _reset(reader: browser.Reader) -> None:
    reader.press("reset")
    reader.wait(lambda: "pbs, seed 2: 0 of 30 s, 0 slots" in reader.text(STATE))


def _mistake(reader: browser.Reader) -> None:
    """A wrong value is said in one line, and mended."""
    field = "more settings: key=value; key=value"
    reader.write(field, "flow.per_second=-1")
    reader.press("reset")
    reader.wait(lambda: reader.text(COMPLAINT).startswith("--set flow.per_second: got -1"))
    assert "no market" in reader.text(STATE)
    reader.write(field, SHORT)
    reader.press("reset")
    reader.wait(lambda: "pbs, seed 2: 0 of 30 s" in reader.text(STATE))
    assert reader.text(COMPLAINT) == ""
