"""Results on disk."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from experiments.runs import printed, store
from experiments.runs.store import Store
from market.errors import InputError


def row(name: str, status: str = "done", **outcomes: object) -> dict[str, object]:
    identity = {"run_id": name, "study": "coins", "regime": "siloed", "seed": 1, "status": status}
    return {**identity, "error": None if status == "done" else "ValueError: no", **outcomes}


def test_rows_come_back_exactly_and_in_the_order_asked_for(tmp_path: Path) -> None:
    kept = Store(tmp_path, "code")
    values = {"tenth": 0.1, "tiny": 5e-324, "none": math.nan, "endless": -math.inf, "many": 2**53 + 1, "word": "é|&"}
    kept.save([row("b", **values), row("a")])
    kept.save([row("c")])
    found = Store(tmp_path, "code").rows(["a", "c", "b", "missing"])
    assert [item["run_id"] for item in found] == ["a", "c", "b"]
    assert repr(found[2]) == repr(row("b", **values))


def test_a_failed_run_gives_way_to_a_finished_one_in_either_order(tmp_path: Path) -> None:
    kept = Store(tmp_path, "code")
    kept.save([row("a", "failed"), row("b")])
    assert kept.finished() == {"b"}
    kept.save([row("a", heads=3)])
    kept.save([row("a", "failed"), row("c")])
    assert kept.finished() == {"a", "b", "c"}
    assert kept.rows(["a"])[0]["heads"] == 3


def test_half_written_files_are_as_if_they_were_not_there(tmp_path: Path) -> None:
    kept = Store(tmp_path, "code")
    kept.save([row("a"), row("b")])
    whole = next((tmp_path / "runs" / "code").glob("*.jsonl"))
    (whole.parent / "0000.jsonl.12.partial").write_text(whole.read_text())
    whole.write_text(whole.read_text()[:-20])
    assert kept.finished() == {"a"}


def test_runs_of_other_source_are_kept_but_not_reused(tmp_path: Path) -> None:
    Store(tmp_path, "old").save([row("a")])
    assert Store(tmp_path, "new").finished() == set()
    assert Store(tmp_path, "old").finished() == {"a"}


def test_runs_parquet_has_no_wall_clock_and_the_same_bytes_for_the_same_rows(tmp_path: Path) -> None:
    rows = [row("a", bias=0.5, heads=3, seconds=1.0, compile_seconds=2.0, delay_s=4.0), row("b", "failed", bias="none")]
    runs = Store(tmp_path, "code").write_runs(rows)
    first = (tmp_path / "runs.parquet").read_bytes()
    Store(tmp_path, "code").write_runs([{**item, "seconds": 9.0} for item in rows])
    assert (tmp_path / "runs.parquet").read_bytes() == first
    assert list(runs.columns) == [*store.IDENTITY, "bias", "heads", "delay_s"]
    assert runs["bias"].tolist() == ["0.5", "none"]
    assert runs["status"].tolist() == ["done", "failed"]
    assert store.finished(store.read_runs(tmp_path))["run_id"].tolist() == ["a"]


def test_what_is_no_runs_parquet_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"runs\.parquet: no such file; `seqmarket run coins"):
        store.read_runs(tmp_path / "coins")
    (tmp_path / "runs.parquet").write_text("not parquet")
    with pytest.raises(InputError, match="not a parquet file"):
        store.read_runs(tmp_path)
    pd.DataFrame({"run_id": ["a"]}).to_parquet(tmp_path / "runs.parquet")
    with pytest.raises(InputError, match="no column 'study'"):
        store.read_runs(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="allowed: a folder that can be written"):
        Store(tmp_path / "file" / "coins", "code")


def test_tables() -> None:
    table = pd.DataFrame(
        {"regime": ["pbs_x", "a|b"], "cost [bp]": [1.23456, math.nan], "note": ["-1.5 [-2, 3]", "50% & x-1"]}
    )
    assert printed.markdown(table, "Title").splitlines() == [
        "Title",
        "",
        "| regime | cost [bp] | note         |",
        "| ------ | --------- | ------------ |",
        "| pbs_x  | 1.235     | -1.5 [-2, 3] |",
        "| a\\|b   |           | 50% & x-1    |",
    ]
    lines = printed.latex(table, "Title").splitlines()
    assert lines[:3] == ["% Title", r"\begin{tabular}{lrr}", r"\toprule"]
    assert lines[5] == r"pbs\_x & 1.235 & $-$1.5 [$-$2, 3] \\"
    assert lines[6] == r"a|b &  & 50\% \& x-1 \\"


def test_writing_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    store.write(path, json.dumps({"a": 1}))
    with pytest.raises(UnicodeEncodeError):
        store.write(path, "\ud800")
    assert [item.name for item in tmp_path.iterdir()] == ["study.json"]
    assert json.loads(path.read_text()) == {"a": 1}
