"""Prices and pools on the command line: what was understood, where files are looked for, and which option is meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from price_variants import CLOSES, COUNT, HEADER, LOWS, PLAIN, SAME, TIMES, by_ticker, epochs, rows, table

from experiments.__main__ import main
from experiments.analysis.price_moves import describe, jumps
from market.prices.bar_file import read_bars

SHORT = ("--hours", "0.01", "--json")
POOLS = "rollup,fee_bps,eth_reserve,usd_reserve\nbase,30,400,1080000\narbitrum,5,1000,2690000\n"

type Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line in an empty folder, which is the home folder, too; returns exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "bars.csv").write_text(PLAIN)
    (tmp_path / "pools.csv").write_text(POOLS)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        said = capsys.readouterr()
        # what a run will need is said before it starts
        complaints = [line for line in said.err.splitlines(keepends=True) if not line.endswith("of computing\n")]
        assert len(complaints) == (code == 2)
        return code, said.out, "".join(complaints)

    return run


def outcomes(text: str) -> dict[str, object]:
    found = json.loads(text)
    return {key: value for key, value in found.items() if key not in ("seconds", "price_repairs")}


def test_a_run_is_the_same_whatever_the_form_of_its_prices(call: Call) -> None:
    _, base, _ = call("simulate", "--prices", "bars.csv", *SHORT)
    assert json.loads(base)["price_repairs"] == []
    Path("dump.csv").write_text(str(SAME["ms, no header, 12 columns"]))
    Path("several.csv").write_text(by_ticker(["BTC-USD", "ETH-USD"]))
    Path("names.csv").write_text(table(rows(epochs(1)), "wann,auf,hoch,tief,zu,menge"))
    mapped = ("--prices-columns", "timestamp=wann,open=auf,high=hoch", "--prices-columns", "low=tief,close=5")
    for arguments in (
        ("dump.csv",), ("several.csv:ETH-USD",), ("~/bars.csv",), ("names.csv", *mapped),
    ):  # fmt: skip
        code, found, said = call("simulate", "--prices", *arguments, *SHORT)
        assert code == 0, said
        assert outcomes(found) == outcomes(base)
    assert json.loads(found)["price_repairs"] == ["times are epochs in s"]


def test_repairs_are_said_to_people_too(call: Call) -> None:
    Path("dump.csv").write_text(str(SAME["ms, no header, 12 columns"]))
    code, found, _ = call("simulate", "--prices", "dump.csv", "--pools", "~/pools.csv", "--hours", "0.01")
    assert code == 0
    assert "dump.csv: no header: columns told by their order.\n" in found
    assert "dump.csv: times are epochs in ms.\n" in found


def test_prices_through_a_pipe(call: Call) -> None:
    _, base, _ = call("simulate", "--prices", "bars.csv", "--pools", "pools.csv", *SHORT)
    pipe = Path("pipe")
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(PLAIN,))
    writer.start()
    code, found, said = call("simulate", "--prices", "pipe", "--pools", "pools.csv", *SHORT)
    writer.join()
    assert code == 0, said
    assert outcomes(found) == outcomes(base)


def test_the_standard_input() -> None:
    """A process of its own reads it under both names."""
    root = Path(__file__).resolve().parents[3]
    code = (
        "import sys; from experiments.__main__ import main; "
        "sys.exit(main(['data', sys.argv[1], '--json']) or main(['data', '/dev/stdin', '--json']))"
    )
    variables = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", code, "-"]
    ended = subprocess.run(command, input=PLAIN, env=variables, capture_output=True, text=True, check=True)
    one, other = map(json.loads, ended.stdout.splitlines())
    assert one == other
    assert one["bars"] == COUNT


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--prices", "bars.csv:BTC"), "bars.csv: it names no tickers, but 'BTC' is asked for"),
        (("--prices", "none.csv:BTC"), "--prices none.csv:BTC: no such file; allowed: "),
        (("--prices", "."), "--prices .: no such file; allowed: bars in CSV or parquet"),
        (
            ("--prices", "bars.csv", "--prices-columns", "open=Opn"),
            "--prices-columns open=Opn: no such column in bars.csv",
        ),
        (("--prices-columns", "opn=open"), "--prices-columns 'opn=open': not understood; allowed: ROLE=NAME"),
        (("--prices-columns", "open=a,open=b"), "--prices-columns 'open=b': given twice; allowed: ROLE=NAME"),
        (("--pools", "~/none.csv"), "/none.csv: no such file; allowed: a CSV of pools"),
        (("--config", "~/none.toml"), "/none.toml: no such file; allowed: a TOML file"),
        (("--tape", "."), "--tape .: a folder; allowed: a file in an existing folder, as in tape.parquet"),
        (("--tape", "/dev/full"), "--tape /dev/full: No space left on device; allowed: a file that can be written"),
        (
            ("--prices", "bars.csv", "--pools", "far.csv"),
            "far.csv: row 2: price 270 USD per ETH; allowed: prices within a factor",
        ),
    ],
)
def test_mistakes_name_the_option(call: Call, arguments: tuple[str, ...], complaint: str) -> None:
    Path("far.csv").write_text(POOLS.replace("1080000", "108000").replace("2690000", "269000"))
    code, found, said = call("simulate", *SHORT, *arguments)
    assert (code, found) == (2, "")
    assert complaint in said


def test_prices_far_from_the_pools_are_replayed_when_asked_for(call: Call) -> None:
    Path("far.csv").write_text(POOLS.replace("1080000", "108000").replace("2690000", "269000"))
    Path("far_2019-01-05.csv").write_bytes(Path("far.csv").read_bytes())
    asked = ("--set", "prices.any_level=true")
    for arguments in (("far.csv", *asked), ("far_2019-01-05.csv",)):
        code, found, said = call("simulate", *SHORT, "--prices", "bars.csv", "--pools", *arguments)
        assert code == 0, said
        assert json.loads(found)["price_rescale"] == pytest.approx(0.1, rel=0.02)
    assert any("not compared" in repair for repair in json.loads(found)["pool_repairs"])


def test_plugins_in_the_home_folder(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine" / "market" / "regimes"
    folder.mkdir(parents=True)
    text = 'from market.config import RegimeConfig\nREGIME = RegimeConfig(name="homely")\n'
    (folder / "homely.py").write_text(text)
    monkeypatch.setenv("SEQMARKET_PLUGINS", "~/mine")
    assert "homely" in call("list", "regimes")[1]


def test_data_says_what_was_understood(call: Call) -> None:
    gap = [row for i, row in enumerate(rows()) if i not in (5, 6)]
    Path("gap.csv").write_text(table(gap[::-1]))
    code, found, _ = call("data", "gap.csv", "--json")
    read = json.loads(found)
    assert code == 0
    expected = {
        "bars": COUNT - 2, "spacing_s": 60.0, "first": "2024-08-04T23:59:00Z", "end": "2024-08-05T00:39:00Z",
        "seconds": 2400.0, "gaps": 1, "missing_bars": 2, "largest_gap_s": 120.0,
        "largest_gap_after": "2024-08-05T00:04:00Z", "low": LOWS[[i for i in range(COUNT) if i not in (5, 6)]].min(),
        "close": CLOSES[-1], "repairs": ["rows from newest to oldest turned round"],
    }  # fmt: skip
    assert {key: read[key] for key in expected} == expected
    code, found, _ = call("data", "gap.csv")
    assert "gaps          1, in which 2 bars are missing; the longest, of 120 s, from 2024-08-05T00:04:00Z\n" in found
    assert "read          rows from newest to oldest turned round\n" in found


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_data_draws(call: Call, kind: str) -> None:
    Path("gap.csv").write_text(table([row for i, row in enumerate(rows()) if i not in (5, 6)]))
    assert call("data", "gap.csv", "--plot", f"~/picture.{kind}")[0] == 0
    beginning = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[kind]
    assert Path(f"picture.{kind}").read_bytes().startswith(beginning)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("none.csv",), "none.csv: no such file; allowed: "),
        (
            ("bars.csv", "--plot", "picture.doc"),
            "--plot picture.doc: no kind of picture; allowed: a file that ends in .png",
        ),
        (("bars.csv", "--plot", "."), "--plot .: a folder"),
        (("bars.csv", "--plot", "none/picture.png"), "--plot none/picture.png: no such folder"),
        (
            ("pools.csv",),
            "pools.csv: row 1: no column timestamp among rollup, fee_bps, eth_reserve, usd_reserve; allowed: ",
        ),
    ],
)
def test_mistakes_of_data(call: Call, arguments: tuple[str, ...], complaint: str) -> None:
    code, found, said = call("data", *arguments)
    assert (code, found) == (2, "")
    assert complaint in said


def test_toml_with_a_byte_order_mark_and_two_rollups_of_one_name(call: Call) -> None:
    Path("bom.toml").write_text("[flow]\nper_second = 1.0\n", encoding="utf-8-sig")
    assert call("simulate", *SHORT, "--config", "bom.toml")[0] == 0
    Path("bad.toml").write_text("[flow]\nper_second = -1.0\n", encoding="utf-8-sig")
    assert "bad.toml:2: flow.per_second: got -1.0" in call("simulate", *SHORT, "--config", "bad.toml")[2]
    Path("twice.toml").write_text('[[rollups]]\nname = "a"\n\n[[rollups]]\nblock_time_s = 1.0\nname = "a"\n')
    code, _, said = call("simulate", *SHORT, "--config", "~/twice.toml", "--set", "flow.per_second=1")
    assert code == 2
    assert "/twice.toml:6: rollups.1.name: name 'a' is used twice, first by rollups.0; allowed: unique names" in said


def test_jumps_are_found_where_they_were_put(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    moves = 0.001 * rng.standard_normal(2000)
    assert not np.any(jumps(moves, 60.0))
    moves[[900, 1500]] = 0.02, -0.015
    found = jumps(moves, 60.0)
    assert found is not None
    np.testing.assert_array_equal(np.flatnonzero(found), [900, 1500])
    assert jumps(moves[:20], 60.0) is None


def test_one_file_in_a_hundred_without_jumps_shows_one() -> None:
    rng = np.random.default_rng(9)
    false = sum(bool(np.any(jumps(0.001 * rng.standard_normal(3000), 300.0))) for _ in range(400))
    assert false <= 12  # of 400 at 1%: more than 12 has a probability below 1e-3


def test_volatility_of_equal_bars_is_known(tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    body = [[str(int(at)), "100", "101", "100", "101" if i % 2 else "100", "1"] for i, at in enumerate(TIMES)]
    file.write_text(table(body, HEADER))
    found = describe(read_bars(file))
    step = np.log(1.01)
    assert found["volatility_closes"] == pytest.approx(step * np.sqrt(365 * 1440), rel=1e-12)
    ranges = 0.5 * step**2
    closing = 0.5 * (2 * np.log(2) - 1) * step**2
    assert found["volatility"] == pytest.approx(np.sqrt((ranges - closing) * 365 * 1440), rel=1e-12)
