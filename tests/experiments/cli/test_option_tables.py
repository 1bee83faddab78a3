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
