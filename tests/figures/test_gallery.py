"""The gallery shows what it holds, and the README what the gallery says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from experiments.cli import page, short_answers
from experiments.runs import printed
from experiments.runs.comparison import MOST_PRINTED
from market import discovery

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "figures" / "gallery"
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


def test_its_page_is_made_of_what_it_holds() -> None:
    assert (GALLERY / page.NAME).read_text(encoding="utf-8") == page.gallery_page(GALLERY)


def test_the_readme_has_the_answers_that_the_gallery_has() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(page.MARKS[0])
    table, end, _ = rest.partition(page.MARKS[1])
    assert end
    renew = "renew both with: uv run seqmarket figures all --gallery figures/gallery --readme README.md"
    assert table.strip() == page.answers(GALLERY, "figures/gallery").strip(), renew


def test_each_answer_of_the_readme_is_one_line_with_an_interval_and_its_seeds() -> None:
    lines = page.answers(GALLERY, "figures/gallery").splitlines()[2:]
    told = {line.split("`")[1]: line.split(" | ")[2].removesuffix(" |") for line in lines}
    told = {name: answer for name, answer in told.items() if answer}  # of studies whose results are there
    assert len(told) > 20
    for name, answer in told.items():
        said, seeds, count = answer.rpartition(" (")
        assert seeds and "seeds" in count, name
        assert len(said) <= short_answers.LONGEST, name
        # this one compares with exact values, of which nothing is estimated
        assert short_answers.INTERVAL.search(said) or name == "auction_equilibrium", name


@pytest.mark.parametrize(
    "name",
    ["censorship", "circuit_breaker", "collusion", "contagion", "governance", "network_competition", "oracle_collusion",
     "regimes", "stress_replay", "surface_distortion", "tournament"],
)  # fmt: skip
def test_the_first_estimate_of_an_answer_stands_in_the_stored_table(name: str) -> None:
    """Of those studies whose table and answer have the same outcome, in the same unit."""
    answer = json.loads((GALLERY / f"{name}.json").read_text(encoding="utf-8"))["answer"]
    estimate = re.search(r"([\d.,]+)[^\d.,()[\]]*\([−\d]", answer)
    assert estimate is not None
    table = (GALLERY / f"{name}_table.md").read_text(encoding="utf-8")
    assert estimate[1] in re.findall(r"\d[\d.,]*(?<![.,])", table), f"{estimate[1]} of: {answer}"


@pytest.mark.parametrize("path", sorted(GALLERY.glob("*_table.md")), ids=lambda path: path.stem)
def test_no_table_is_wider_than_a_page_takes(path: Path) -> None:
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert rows and max(len(re.findall(r"(?<!\\)\|", row)) - 1 for row in rows) <= MOST_PRINTED
    latex = path.with_suffix(".tex").read_text(encoding="utf-8")
    columns = re.findall(r"begin\{tabular\}\{([lcr]+)\}", latex)
    assert columns and max(map(len, columns)) <= MOST_PRINTED


@pytest.mark.parametrize("path", sorted(GALLERY.glob("*.json")), ids=lambda path: path.stem)
def test_each_figure_is_there_for_screen_and_paper_with_the_caption_of_its_code(path: Path) -> None:
    for figure in json.loads(path.read_text(encoding="utf-8"))["figures"]:
        held = {kind: (GALLERY / f"{figure}.{kind}").read_bytes() for kind in ("png", "pdf", "tex")}
        assert held["png"].startswith(b"\x89PNG") and held["pdf"].startswith(b"%PDF"), figure
        assert printed.tex(discovery.constant("figures", figure, "CAPTION")) in held["tex"].decode(), figure


def test_findings_are_shown_whole() -> None:
    shown = (GALLERY / page.NAME).read_text(encoding="utf-8")
    found = sorted(GALLERY.glob(f"*{page.FINDINGS}"))
    assert found
    for path in found:
        assert path.read_text(encoding="utf-8").strip() in shown, path.name


def test_whatever_its_page_links_to_is_there() -> None:
    for name in LINK.findall((GALLERY / page.NAME).read_text(encoding="utf-8")):
        assert (GALLERY / name).is_file(), name


def test_whatever_of_it_the_readme_shows_or_links_to_is_there() -> None:
    named = [name for name in LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")) if "gallery" in name]
    assert named
    for name in named:
        assert (ROOT / name).exists(), name
