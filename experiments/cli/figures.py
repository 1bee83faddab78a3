"""``seqmarket figures``: draw a study's figure again; nothing is simulated and the study is not even imported."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from experiments.runs import study
from experiments.runs.files import write
from experiments.runs.store import read_summary
from market import discovery


def main(arguments: argparse.Namespace) -> int:
    """Write figure.pdf and figure.png beside a study's summary.parquet."""
    figure = discovery.constant(study.PACKAGE, arguments.study, "FIGURE", default=arguments.study)
    folder = arguments.out / arguments.study
    for path in draw(figure, read_summary(folder), folder):
        print(path)
    return 0


def draw(figure: str, summary: pd.DataFrame, folder: Path) -> list[Path]:
    """Draw a summary by the module ``figure`` of figures/ into figure.pdf and figure.png of a folder."""
    module = discovery.load("figures", figure)
    from figures import _shared

    contents = _shared.drawn(module.draw, summary)
    for name, content in contents.items():
        write(folder / name, content)
    return [folder / name for name in contents]
