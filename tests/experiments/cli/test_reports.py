"""What `simulate` reports on request: profits by agent, and what one agent saw; the outcomes are the same without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from experiments.__main__ import main
from figures import profits

SHORT = ("simulate", "--regime", "pbs", "--hours", "0.005")


def simulated(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*SHORT, *arguments]) == 0
    return capsys.readouterr().out


def test_profits_and_lines_are_reported_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    plain = json.loads(simulated(capsys, "--json"))
    report = json.loads(simulated(capsys, "--json", "--profits", "--watch", "adaptive 0"))
    found, lines = report.pop("profit_by_agent"), report.pop("watch")
    assert plain | {"seconds": 0.0} == report | {"seconds": 0.0}
    assert next(iter(found)) == "sequencer 0"
    for gained in found.values():
        assert list(gained) == ["role", "total_usd", "by_kind"]
        assert sum(gained["by_kind"].values()) == pytest.approx(gained["total_usd"], abs=1e-5)
    assert abs(found["sequencer 0"]["total_usd"]) > 0.0
    assert any("builds of" in line for line in lines)


def test_the_same_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    lines = simulated(capsys, "--profits", "--watch", "adaptive 0").splitlines()
    assert "slot 0 of domain 0" in lines[0]
    assert [line.split("  ")[0] for line in lines][-1] == "searcher 2"
    assert "watch" not in simulated(capsys)


def test_profits_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    drawn: list[tuple[Figure, object]] = []
    draw = profits.draw
    monkeypatch.setattr(profits, "draw", lambda summary: drawn.append((draw(summary), summary)) or drawn[-1][0])
    for kind in ("png", "pdf"):
        found = json.loads(simulated(capsys, "--json", "--profits", str(tmp_path / f"p.{kind}")))["profit_by_agent"]
        assert (tmp_path / f"p.{kind}").stat().st_size > 1000
    axes = drawn[0][0].axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [name.replace("_", " ") for name in found]
    by_label = {line.get_label(): line for line in axes.lines}
    assert by_label["sum"].get_xdata().tolist() == [gained["total_usd"] for gained in found.values()]
    low, high = axes.transData.inverted().transform(axes.transAxes.transform([(0.03, 0.0), (0.97, 0.0)]))[:, 0]
    assert all(low < gained["total_usd"] < high for gained in found.values())  # circles are whole
    bids = {name: gained["by_kind"]["bid"] for name, gained in found.items() if "bid" in gained["by_kind"]}
    assert by_label["bid"].get_xdata().tolist() == list(bids.values())
    assert len(bids) > 1


MISTAKES = [
    (["--profits", "p.txt"], "--profits p.txt: no kind of picture; allowed: a file that ends in .png, .pdf, .svg"),
    (["--profits", "absent/p.png"], "--profits absent/p.png: no such folder"),
    (["--watch", "nobody 0"], "agent: unknown name 'nobody 0'; allowed: sequencer 0"),
]


@pytest.mark.parametrize(("arguments", "complaint"), MISTAKES, ids=lambda value: " ".join(value)[:30])
def test_mistakes_end_with_one_line(
    arguments: list[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main([*SHORT, *arguments]) == 2
    assert complaint in capsys.readouterr().err.splitlines()[-1]


def test_a_picture_of_a_run_has_its_caption(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = " ".join(simulated(capsys, "--profits", str(tmp_path / "gains.pdf")).split())
    assert said.endswith(f"gains.pdf pbs, seed 1. {profits.CAPTION}")
    tex = (tmp_path / "gains.tex").read_text(encoding="utf-8")
    assert r"\includegraphics[width=\linewidth]{gains.pdf}" in tex and r"\label{fig:gains}" in tex
    assert r"\caption{pbs, seed 1. Profit of every agent" in tex
    simulated(capsys, "--profits", str(tmp_path / "gains.pdf"))
    (tmp_path / "gains.tex").write_text(r"\documentclass{article}", encoding="utf-8")
    assert main(["simulate", "--profits", str(tmp_path / "gains.pdf")]) == 2
    assert "gains.tex, which holds something else" in capsys.readouterr().err
    assert (tmp_path / "gains.tex").read_text(encoding="utf-8") == r"\documentclass{article}"
