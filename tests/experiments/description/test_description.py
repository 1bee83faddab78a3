"""The description that is kept is the one that the code gives, and names all that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.signatures import signatures
from experiments.__main__ import main
from experiments.cli import validate
from experiments.description import page, tables
from experiments.runs import study
from market import regimes
from market.sequencing import PARTS, kinds
from market.streams import STREAMS
from market.venues import STATEMENTS, rooms

KEPT = Path(__file__).resolve().parents[3] / "experiments" / "description"
RENEW = "renew it with: uv run seqmarket describe --to experiments/description"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return page.files()


def test_what_is_kept_is_what_the_code_gives(files: dict[str, str]) -> None:
    for name, text in files.items():
        assert (KEPT / name).read_text(encoding="utf-8") == text, f"{name} is old; {RENEW}"


def test_every_element_of_the_form_is_there(files: dict[str, str]) -> None:
    elements = re.findall(r"^## (\d)\. (.+)$", files["MODEL.md"], re.MULTILINE)
    assert [int(number) for number, _ in elements] == list(range(1, 8))
    concepts = re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", files["MODEL.md"], re.MULTILINE)
    # the eleven design concepts of Grimm et al. (2020), in their order
    assert concepts[-11:] == [
        "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing",
        "Interaction", "Stochasticity", "Collectives", "Observation",
    ]  # fmt: skip


def test_each_equation_has_a_published_source(files: dict[str, str]) -> None:
    _, _, behind = files["MODEL.md"].partition("| submodel | rule | source |\n")
    rows = behind.partition("\n\n")[0].splitlines()[1:]
    assert len(rows) > 10
    for row in rows:
        source = row.rstrip(" |").rpartition(" | ")[2]
        assert re.search(r"\b(19|20)\d\d\b", source) and ".py" not in source, row


def test_it_names_all_that_there_is(files: dict[str, str]) -> None:
    text = files["MODEL.md"]
    named = {*study.names(), *regimes.names(), *STREAMS, *tables.declared(), *(each.name for each in STATEMENTS)}
    named |= {kind for part in PARTS for kind in kinds(part)} | set(PARTS)
    named |= {strategy for found in signatures().values() for strategy in found}
    assert {name for name in named if f"`{name}`" not in text} == set()
    assert all(f"| {known} |" in text for known in validate.answers())


def test_every_column_of_the_state_has_its_meaning(files: dict[str, str]) -> None:
    for columns in tables.declared().values():
        for column in columns:
            assert (
                tables.table(("a",), [(f"`{column.name}`", column.meaning, column.unit)]).split("\n")[2]
                in files["MODEL.md"]
            )


def test_every_venue_with_rules_is_a_submodel(files: dict[str, str]) -> None:
    for venue in rooms("rules"):
        assert f"market/venues/{venue}/" in files["MODEL.md"].partition("## 7. Submodels")[2], venue


def test_every_stream_says_what_is_drawn_from_it() -> None:
    assert list(tables.STREAM_OF) == list(STREAMS), "say in experiments/description/tables.py what a new one is for"


def test_the_summary_is_two_pages_and_the_same_in_latex(files: dict[str, str]) -> None:
    words = files["SUMMARY.md"].split()
    assert 500 < len(words) < 1100
    assert "<<" not in files["SUMMARY.md"] + files["MODEL.md"]
    headings = re.findall(r"^\*\*(.+?)\*\*", files["SUMMARY.md"], re.MULTILINE)
    assert re.findall(r"\\paragraph\{(.+?)\}", files["summary.tex"]) == headings
    assert files["summary.tex"].count("{") == files["summary.tex"].count("}")


def test_the_command_writes_them(tmp_path: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "--to", str(tmp_path / "new")]) == 0
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()} == files
    (tmp_path / "file").write_text("")
    assert main(["describe", "--to", str(tmp_path / "file")]) == 2
    assert "not a folder" in capsys.readouterr().err
