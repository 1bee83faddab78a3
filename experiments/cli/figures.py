"""``seqmarket figures``: draw a study's figure again; nothing is simulated and the study is not even imported."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from experiments.runs import study
from experiments.runs.store import finished, read_runs
from market import discovery
from market.errors import InputError


def main(arguments: argparse.Namespace) -> int:
    """Write figure.pdf and figure.png beside a study's runs.parquet."""
    figure = discovery.constant(study.PACKAGE, arguments.study, "FIGURE", default=arguments.study)
    runs = read_runs(arguments.out / arguments.study)
    done = finished(runs)
    if done.empty:
        raise InputError(f"{arguments.out / arguments.study}: every run failed, first with: {runs['error'].iloc[0]}")
    for path in draw(figure, done, arguments.out / arguments.study):
        print(path)
    return 0


def draw(figure: str, runs: pd.DataFrame, folder: Path) -> list[Path]:
    """Draw finished runs by the module ``figure`` of figures/ into figure.pdf and figure.png of a folder."""
    module = discovery.load("figures", figure)
    from figures import _shared

    return _shared.save(module.draw, runs, folder)
