"""`simulate --options` prints the chains and the accounts, draws the smiles, and says it where there are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.__main__ import main

SHORT = ["simulate", "--hours", "0.005", "--set", "rollups.0.borrowers=10"]
LISTED = ["--set", "rollups.0.options=[{strikes=3,expiries_s=[600.0,3600.0]}]"]


def test_chains_are_printed_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "smile.svg"
    assert main([*SHORT, *LISTED, "--options", str(picture)]) == 0
    chain, accounts = capsys.readouterr().out.rstrip().split("\n\n")[-2:]
    head, *rows = chain.splitlines()
    assert head.split()[:4] == ["rollup", "kind", "days", "strike"]
    assert len(rows) == 12
    assert accounts.splitlines()[:2] == ["nobody has anything in options", str(picture)]
    assert picture.read_bytes()[:5] == b"<?xml"


def test_what_accounts_are_exposed_to_is_drawn_as_it_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    agents = '[{role="market_maker",strategy="fixed_spread"},{role="trader",strategy="option_buyer"}]'
    market = [*SHORT, *LISTED, "--set", f"agents={agents}", "--set", "agents.1.parameters.per_hour=7200.0"]
    pictures = [tmp_path / name for name in ("greeks.svg", "alone.svg")]
    assert main([*market, "--options", "--exposures", str(pictures[0])]) == 0
    said = capsys.readouterr().out
    assert said.count("option_buyer 0") == 1
    assert "Sensitivities of all options" in said
    text = pictures[0].read_text()
    assert "fixed_spread 0" in said
    assert "fixed spread 0, rollup0" in text
    assert "option buyer 0, rollup0" in text
    assert main([*market, "--exposures", str(pictures[1])]) == 0
    assert "option_buyer 0" not in capsys.readouterr().out, "what is only drawn is not printed"
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert main([*SHORT, "--exposures", str(tmp_path / "none.svg")]) == 0, "there are no options"


def test_programs_read_all_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SHORT, *LISTED, "--options", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["accounts"] == []
    assert said["chain"][0]["bid_volatility"] is None
    assert said["chain"][0]["volatility"] > 0.0


def test_no_options_and_no_picture_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SHORT, "--options"]) == 0
    assert "nobody has listed options" in capsys.readouterr().out
    assert main([*SHORT, "--options", str(tmp_path / "smile.txt")]) == 2
    assert "--options" in capsys.readouterr().err
