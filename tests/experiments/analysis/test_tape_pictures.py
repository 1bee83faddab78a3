"""What the pictures of a tape draw is what the tape says and the run knows; and they are the same each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from taped import write_tape
from worlds import founded, opened, reported, stressed

from experiments.__main__ import main
from experiments.analysis import tape, tape_pictures
from figures import payments
from market import regimes
from market.errors import InputError
from market.measures.surroundings import MOST_PRICES
from market.measures.tape import Tape

OUTAGE, PAUSE_S = (5.0, 6.0), 3.0
MAGIC = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xm"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A tape of a fall under a shared sequencer with an outage and a breaker, and what the run reports."""
    shared = regimes.load("centralized_shared").model_dump()
    shared["consensus"] |= {"scheduled": [list(OUTAGE)]}
    shared["breaker"] = {"kind": "liquidation_volume", "threshold_usd": 5000.0, "pause_s": PAUSE_S, "window_s": 10.0}
    settings = stressed(type(regimes.load("siloed")).model_validate(shared))
    path = tmp_path_factory.mktemp("pictures") / "tape.parquet"
    market = opened(settings, 2, [Tape(path)])
    market.run()
    return path, reported(market)


@pytest.fixture(scope="module")
def read(run: tuple[Path, dict]) -> pd.DataFrame:
    return tape.read(run[0])


def test_a_path_has_the_outage_the_pauses_and_all_that_was_liquidated(run: tuple[Path, dict], read) -> None:
    _, report = run
    path = tape_pictures.path(read)
    parts = {part: path[path["part"] == part] for part in path["part"].unique()}
    outage = parts["outage"].to_dict("records")
    assert [(each["name"], each["begin_s"], each["end_s"]) for each in outage] == [("a, b", 5.0, 11.0)]
    assert report["pauses"] > 0
    assert len(parts["pause"]) == report["pauses"]
    lengths = parts["pause"]["end_s"] - parts["pause"]["begin_s"]
    # the last one may go on beyond the end
    np.testing.assert_allclose(lengths[:-1], PAUSE_S)
    assert parts["liquidated"]["value"].sum() == pytest.approx(report["liquidated_usd"], rel=1e-9)
    assert parts["price"]["begin_s"].is_monotonic_increasing
    assert parts["price"]["value"].iloc[0] == pytest.approx(2500.0, rel=0.2)
    assert len(parts["price"]) <= MOST_PRICES + 1


def test_prices_of_a_path_are_those_at_which_intents_were_executed(read) -> None:
    """Once a second the reference price is noted; a swap executed at that second had it or the next before."""
    prices = tape_pictures.path(read)
    prices = prices[prices["part"] == "price"]
    swaps = read[(read["kind"] == "swap") & (read["status"] == "filled") & (read["asset_in"] == 1)]
    low, high = prices["value"].min(), prices["value"].max()
    assert ((swaps["price_in_usd"] >= 0.9 * low) & (swaps["price_in_usd"] <= 1.1 * high)).all()


def test_what_is_paid_by_role_is_what_is_paid(read) -> None:
    paid = tape_pictures.paid([read])
    single = tape.payments(read)
    assert paid["usd"].sum() == pytest.approx(single["usd"].abs().sum(), rel=1e-9)
    net = single[single["payee"].str.startswith("sequencer")]["usd"].sum()
    assert paid[paid["payee"] == "sequencers"]["usd"].sum() == pytest.approx(net, rel=1e-9)
    assert (paid["usd"] > 0.0).all()
    assert paid["run"].unique().tolist() == ["centralized_shared"]
    twice = tape_pictures.paid([read, read])
    assert len(twice) == 2 * len(paid)


def test_rollups_and_bridges_are_those_of_the_market(run, read) -> None:
    found = tape_pictures.rollups(read)
    nodes, bridges = (found[found["part"] == part] for part in ("rollup", "bridge"))
    assert nodes["name"].tolist() == ["a", "b"]
    assert nodes["domain"].tolist() == ["a, b", "a, b"]
    assert nodes["depth_usd"].tolist() == [2.5e6, 2.5e6]
    swaps = read[(read["kind"] == "swap") & (read["status"] == "filled")]
    assert nodes["usd"].sum() == pytest.approx((swaps["filled_in"] * swaps["price_in_usd"]).sum(), rel=1e-9)
    assert list(zip(bridges["name"], bridges["to"], strict=True)) == [("a", "b"), ("b", "a")]
    assert bridges["delay_s"].tolist() == [100.0, 100.0]
    sent = read[(read["kind"] == "bridge") & (read["status"] == "filled")]
    assert bridges["usd"].sum() == pytest.approx((sent["filled_in"] * sent["price_in_usd"]).sum(), rel=1e-9)


def test_a_block_has_its_intents_in_order(read) -> None:
    number = int(read.loc[read["position"] >= 5, "slot"].iloc[0])
    rollup = read.loc[(read["slot"] == number) & (read["position"] >= 0), "rollup"].iloc[0]
    found = tape_pictures.block(read, rollup, number)
    rows = read[(read["slot"] == number) & (read["rollup"] == rollup) & (read["position"] >= 0)]
    assert found["position"].tolist() == sorted(rows["position"])
    assert found["paid_usd"].sum() == pytest.approx(
        rows.loc[rows["status"] == "filled", "tip"].sum() + rows["gas_usd"].sum() + rows["data_fee_usd"].sum()
    )
    assert set(found["did"]) <= {"retail", "sandwich", "arbitrage", "liquidation", "other"}


def test_a_tape_of_a_market_that_stood_still_has_surroundings(tmp_path: Path) -> None:
    path = tmp_path / "tape.parquet"
    write_tape(path, founded(), [])
    found = tape_pictures.path(tape.read(path))
    assert set(found["part"]) == {"liquidated"}
    assert found["value"].sum() == 0.0
    assert tape_pictures.paid([tape.read(path)]).empty


def test_a_tape_that_was_written_before_says_so(read) -> None:
    old = read.copy()
    old.attrs["run"] = {name: value for name, value in read.attrs["run"].items() if name != "bridges"}
    with pytest.raises(InputError, match="does not tell what stood around its intents"):
        tape_pictures.path(old)


def asked(read: pd.DataFrame) -> dict[str, list[str]]:
    number = int(read.loc[read["position"] >= 0, "slot"].iloc[0])
    rollup = read.loc[(read["slot"] == number) & (read["position"] >= 0), "rollup"].iloc[0]
    return {
        "block": ["--block", str(number), "--rollup", rollup],
        "payments": ["--payments"],
        "rollups": ["--rollups"],
        "path": ["--path"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("question", ["block", "payments", "rollups", "path"])
def test_the_command_draws_the_same_bytes_each_time(run, read, question: str, tmp_path: Path) -> None:
    kind = {"block": "png", "payments": "svg", "rollups": "pdf", "path": "svg"}[question]
    written = []
    for at, width in enumerate(("one", "one", "two") if question == "block" else ("one", "one")):
        file = tmp_path / f"{at}.{kind}"
        assert main(["tape", str(run[0]), *asked(read)[question], "--picture", str(file), "--width", width]) == 0
        written.append(file.read_bytes())
    assert written[0][:4] == MAGIC[kind]
    assert written[0] == written[1]
    assert all(written[0] != other for other in written[2:])


def test_the_command_says_what_its_picture_shows(run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "paid.png"
    assert main(["tape", str(run[0]), "--payments", "--picture", str(file)]) == 0
    where, *caption = capsys.readouterr().out.splitlines()
    assert where == str(file)
    assert " ".join(caption) == payments.CAPTION


def test_colours_of_payers_too_small_to_be_named_are_explained() -> None:
    paid = pd.DataFrame([("r", "retail", "sequencers", 99.0), ("r", "builders", "sequencers", 1.0)])
    figure = payments.draw(paid.set_axis(["run", "payer", "payee", "usd"], axis=1))
    assert [text.get_text() for legend in figure.legends for text in legend.get_texts()] == ["builders"]


def test_what_two_runs_paid_is_one_table(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tape", str(run[0]), str(run[0]), "--payments", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["run"] for row in rows} == {"centralized_shared, seed 2"}


MISTAKES = {
    "--picture x.png": "--picture x.png: of what; allowed: with one of --block, --payments, --rollups, --path",
    "--sandwiches --picture x.png": "--picture x.png: of what; allowed: with one of",
    "--payments --picture x.txt": "--picture x.txt: no kind of picture",
    "--path --width three": "tape: argument --width: invalid choice: 'three'",
}


@pytest.mark.parametrize("question", MISTAKES)
def test_mistakes_are_one_line(run, question: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tape", str(run[0]), *question.split()]) == 2
    output = capsys.readouterr()
    assert output.err.count("\n") == 1
    assert MISTAKES[question] in output.err


def test_several_tapes_are_only_compared_by_what_was_paid(run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tape", str(run[0]), str(run[0]), "--path"]) == 2
    assert "several tapes: only what was paid is compared" in capsys.readouterr().err
