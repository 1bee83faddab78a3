"""The page that shows studies: for each its question, the answer, figures, how they were made, and the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.runs import study
from experiments.runs.files import write as write_file
from market import discovery

NAME = "README.md"
COPIED = (".png", ".pdf", ".tex", ".md", ".json")


def write(out: Path) -> None:
    """Write the page of a folder of results, which has a folder for each study that was run."""
    found = {folder.name: _about(folder / "study.json") for folder in sorted(out.iterdir()) if folder.is_dir()}
    shown = {name: about for name, about in found.items() if about}
    places = {name: {"figures": f"{name}/figure", "table": f"{name}/table.md", "study": f"{name}/study.json"}
              for name in shown}  # fmt: skip
    write_file(out / NAME, _page(shown, places))


def gallery(out: Path, folder: Path) -> list[Path]:
    """Copy figures, tables and study.json of the studies of a folder of results into one folder, with its page.

    What the gallery holds of other studies stays, and is shown, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copied: list[Path] = []
    for name in study.names():
        if not _about(out / name / "study.json"):
            continue
        for source in sorted((out / name).iterdir()):
            if source.suffix not in COPIED:
                continue
            kind, _, part = source.stem.partition("_")
            stem = {"figure": f"{name}_{part}" if part else name, "table": f"{name}_table", "study": name}.get(kind, "")
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
    shown = {path.stem: _about(path) for path in sorted(folder.glob("*.json"))}
    places = {name: {"figures": name, "table": f"{name}_table.md", "study": f"{name}.json"} for name in shown}
    return _page(shown, places)


def _about(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _page(shown: dict[str, dict[str, Any]], places: dict[str, dict[str, str]]) -> str:
    lines = ["# What the studies say", "", "| study | question | answer |", "| --- | --- | --- |"]
    for name, about in shown.items():
        lines.append(f"| [{name}](#{name}) | {_cell(about['question'])} | {_cell(about.get('answer', ''))} |")
    for name, about in shown.items():
        lines += ["", *_section(name, about, places[name])]
    return "\n".join(lines) + "\n"


def _section(name: str, about: dict[str, Any], place: dict[str, str]) -> Iterator[str]:
    yield from (f"## {name}", "", f"*{about['title']}*", "", f"**Question.** {about['question']}", "")
    yield from (f"**Expected.** {about['hypothesis']}", "")
    if about.get("answer"):
        yield from (f"**Answer.** {about['answer']}", "")
    for figure in about["figures"]:
        # the figure of a plug-in is drawn already, though the plug-in may not be at hand any more
        known = figure in discovery.modules("figures")
        caption = discovery.constant("figures", figure, "CAPTION") if known else figure.replace("_", " ")
        picture = place["figures"] + study.part(name, figure)
        yield from (f"![{figure}]({picture}.png)", "", f"*{caption}* ([pdf]({picture}.pdf), [tex]({picture}.tex))", "")
    seconds, commit = about["timings"]["run_seconds"]["sum"], about["commit"]
    yield (
        f"`{about['command']}`: {about['runs']} runs, {about['failed']} failed, {_seeds(about['seeds'])}, "
        f"{seconds / 60.0:.1f} minutes of one processor"
        + (f", commit {commit[:10]}{' with changes' if about['changed'] else ''}" if commit else "")
        + f". [Table]({place['table']}), [configuration and versions]({place['study']})."
    )


def _seeds(seeds: list[int]) -> str:
    return "one seed" if len(seeds) == 1 else f"{len(seeds)} seeds"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
