"""The page that shows studies: a table with a line of each answer; its question, the answer, figures and the table."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.analysis import statistics
from experiments.analysis.answers import of_seeds, seeds
from experiments.cli import shown_pictures
from experiments.cli.short_answers import one_line
from experiments.runs import study
from experiments.runs.files import write as write_file
from market import discovery
from market.errors import InputError

NAME = "README.md"
FINDINGS = "_findings.md"
"""End of the name of a file that says more of a study's results than its answer; a gallery keeps and shows it."""
MARKS = "<!-- answers -->\n", "<!-- end of answers -->\n"
"""Between these lines another page has the table of studies with their answers."""
COPIED = (".png", ".pdf", ".tex", ".md", ".json")
RUNS = "runs.parquet"
"""What every run of a study found: from it table, answer and figures can be made anew."""


def write(out: Path) -> None:
    """Write the page of a folder of results, which has a folder for each study that was run."""
    found = {folder.name: _about(folder / "study.json") for folder in sorted(out.iterdir()) if folder.is_dir()}
    shown = {name: about for name, about in found.items() if about}
    places = {
        name: {"figures": f"{name}/figure", "table": f"{name}/table.md", "study": f"{name}/study.json"}
        | _runs(out, f"{name}/{RUNS}")
        for name in shown
    }
    write_file(out / NAME, _page(shown, places))


def gallery(out: Path, folder: Path) -> list[Path]:
    """Copy figures, tables, runs and study.json of the studies of a folder of results into one folder, with its page.

    What the gallery holds of other studies stays, and is shown, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copied: list[Path] = []
    for name in study.names():
        if not _about(out / name / "study.json"):
            continue
        for source in sorted((out / name).iterdir()):
            if source.suffix not in COPIED and source.name != RUNS:
                continue
            kind, _, part = source.stem.partition("_")
            kinds = {
                "figure": f"{name}_{part}" if part else name,
                "table": f"{name}_table",
                "study": name,
                "runs": f"{name}_runs",
            }
            stem = kinds.get(kind, "")
            if stem:
                content = source.read_bytes()
                if source.suffix == ".tex":  # a figure's names its picture
                    content = content.replace(f"{{{source.stem}.pdf}}".encode(), f"{{{stem}.pdf}}".encode())
                copied.append(folder / f"{stem}{source.suffix}")
                write_file(copied[-1], content)
    write_file(folder / NAME, gallery_page(folder))
    return [*copied, folder / NAME]


def gallery_page(folder: Path) -> str:
    """The page of a gallery, from what it holds."""
    found = {path.stem: _about(path) for path in folder.glob("*.json")}
    findings = {path.name.removesuffix(FINDINGS): path for path in folder.glob(f"*{FINDINGS}")}
    shown = {name: found.get(name) or _asked(name, folder) for name in sorted({*found, *findings})}
    places = {
        name: {"figures": name, "table": f"{name}_table.md", "study": f"{name}.json"} | _runs(folder, f"{name}_{RUNS}")
        for name in shown
    }
    found_by_hand = {name: path.read_text(encoding="utf-8").strip() for name, path in findings.items()}
    return _page(shown, places, found_by_hand, list(shown_pictures.section(folder)))


def _runs(folder: Path, name: str) -> dict[str, str]:
    """Where a page in a folder finds the runs of a study, if they are kept there."""
    return {"runs": name} if (folder / name).is_file() else {}


def renew(page: Path, folder: Path) -> None:
    """Write the table of studies, with what a gallery has of their answers, between the marks of a page.

    Raises InputError where the page has no such marks.
    """
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    before, begin, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not end:
        marks = " and ".join(mark.strip() for mark in MARKS)
        raise InputError(f"--readme {page}: has no table to renew; allowed: a page with the lines {marks}")
    link = Path(os.path.relpath(folder, page.parent)).as_posix()
    write_file(page, f"{before}{begin}\n{answers(folder, link)}\n{end}{after}")


def answers(folder: Path, link: str) -> str:
    """The table of all studies: question, and the beginning of the answer that a gallery has, with a link to it."""
    lines = ["| study | question | answer |", "| --- | --- | --- |"]
    shown = {*(path.stem for path in folder.glob("*.json")), *_found(folder)}
    for name in study.names():
        about = _about(folder / f"{name}.json")
        entry = f"[`{name}`]({link}/{NAME}#{name})" if name in shown else f"`{name}`"
        question = discovery.constant(study.PACKAGE, name, "QUESTION")
        lines.append(f"| {entry} | {_cell(question)} | {_cell(_line(about))} |")
    return "\n".join(lines) + "\n"


def _found(folder: Path) -> list[str]:
    return [path.name.removesuffix(FINDINGS) for path in folder.glob(f"*{FINDINGS}")]


def _answer(about: dict[str, Any]) -> str:
    """The answer to a study's question, and behind it that too few seeds to settle anything were run, if they were."""
    few = len(about.get("seeds", [])) < statistics.ENOUGH
    return about["answer"] + (_of_seeds(about) if few else "") if about.get("answer") else ""


def _line(about: dict[str, Any]) -> str:
    """What the answer begins with, and of how many seeds it is."""
    return one_line(about["answer"]) + _of_seeds(about) if about.get("answer") else ""


def _of_seeds(about: dict[str, Any]) -> str:
    return f" {of_seeds(len(about.get('seeds', [])))}"


def _asked(name: str, folder: Path) -> dict[str, Any]:
    """What is known of a study whose results the gallery does not have: what it asks, and figures drawn before."""
    asked = {
        part: discovery.constant(study.PACKAGE, name, part.upper()) for part in ("title", "question", "hypothesis")
    }
    drawn = [figure for figure in study.figures(name) if (folder / f"{figure}.png").is_file()]
    return asked | {"figures": drawn}


def _about(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _page(
    shown: dict[str, dict[str, Any]], places: dict[str, dict[str, str]], findings: dict[str, str] | None = None,
    pictures: Sequence[str] = (),
) -> str:  # fmt: skip
    lines = ["# What the studies say", ""]
    if pictures:
        anchor = shown_pictures.HEADING.lower().replace(" ", "-")
        lines += [f"Behind the studies: [{shown_pictures.HEADING.lower()}](#{anchor}).", ""]
    lines += ["| study | question | answer |", "| --- | --- | --- |"]
    for name, about in shown.items():
        lines.append(f"| [{name}](#{name}) | {_cell(about['question'])} | {_cell(_line(about))} |")
    for name, about in shown.items():
        lines += ["", *_section(name, about, places[name])]
        if findings and name in findings:
            lines += ["", findings[name]]
    return "\n".join([*lines, *pictures]) + "\n"


def _section(name: str, about: dict[str, Any], place: dict[str, str]) -> Iterator[str]:
    yield from (f"## {name}", "", f"*{about['title']}*", "", f"**Question.** {about['question']}", "")
    yield from (f"**Expected.** {about['hypothesis']}", "")
    if about.get("answer"):
        yield from (f"**Answer.** {_answer(about)}", "")
    for figure in about["figures"]:
        # the figure of a plug-in is drawn already, though the plug-in may not be at hand any more
        known = figure in discovery.modules("figures")
        caption = discovery.constant("figures", figure, "CAPTION") if known else figure.replace("_", " ")
        picture = place["figures"] + study.part(name, figure)
        files = "[pdf]({0}.pdf), [tex]({0}.tex)" if "command" in about else "[pdf]({0}.pdf)"
        yield from (f"![{figure}]({picture}.png)", "", f"*{caption}* ({files.format(picture)})", "")
    if "command" not in about:
        return
    seconds, commit = about["timings"]["run_seconds"]["sum"], about["commit"]
    yield (
        f"`{about['command']}`: {about['runs']} runs, {about['failed']} failed, {seeds(len(about['seeds']))}, "
        f"{seconds / 60.0:.1f} minutes of one processor"
        + (f", commit {commit[:10]}{' with changes' if about['changed'] else ''}" if commit else "")
        + f". [Table]({place['table']}), "
        + (f"[runs]({place['runs']}), " if "runs" in place else "")
        + f"[configuration and versions]({place['study']})."
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
