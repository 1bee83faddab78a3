"""``seqmarket figures``: draw a study's figures again; nothing is simulated and no study is even imported."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.cli import page
from experiments.later import pd
from experiments.runs import printed, study
from experiments.runs.files import write
from experiments.runs.store import read_summary
from market import discovery
from market.errors import InputError


def main(arguments: argparse.Namespace) -> int:
    """Write figure.pdf, figure.png and figure.tex, and those of further figures, beside a study's summary.parquet."""
    if arguments.readme is not None and arguments.gallery is None:
        raise InputError(f"--readme {arguments.readme}: of which gallery; allowed: with --gallery DIR")
    names = [arguments.study]
    if arguments.study == "all":
        names = [name for name in study.names() if (arguments.out / name / "study.json").is_file()]
    for name in names:
        folder = arguments.out / name
        for path in draw(name, _figures(name, folder), read_summary(folder), folder, arguments.width):
            print(path)
    if arguments.gallery is not None:
        for path in page.gallery(arguments.out, arguments.gallery):
            print(path)
        if arguments.readme is not None:
            page.renew(arguments.readme, arguments.gallery)
            print(arguments.readme)
    return 0


def _figures(name: str, folder: Path) -> Sequence[str]:
    """Figures of a study; of a comparison, which no file holds, those that its study.json names."""
    about = folder / "study.json"
    if name not in study.names() and about.is_file():
        return json.loads(about.read_text(encoding="utf-8"))["figures"]
    discovery.source(study.PACKAGE, name)
    return study.figures(name)


def draw(name: str, figures: Sequence[str], summary: pd.DataFrame, folder: Path, width: str = "two") -> list[Path]:
    """Draw the summary of a study by each of its figures, with a file for LaTeX that holds the caption.

    They fill one column of a journal's page, or two.

    The figure of the study's own name is figure.pdf, one named STUDY_PART is figure_PART.pdf.
    """
    from figures import _shared

    if not figures:
        print(f"seqmarket: {name} has no figure; it would be figures/{name}.py", file=sys.stderr)
    paths: list[Path] = []
    for figure in figures:
        module = discovery.load("figures", figure)
        stem = "figure" + study.part(name, figure)
        contents = {f"{stem}.{kind}": content for kind, content in _shared.drawn(module.draw, summary, width).items()}
        contents[f"{stem}.tex"] = printed.figure(
            f"{stem}.pdf", module.CAPTION, name + study.part(name, figure)
        ).encode()
        for file, content in contents.items():
            write(folder / file, content)
            paths.append(folder / file)
    return paths
