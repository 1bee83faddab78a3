"""A study in a plug-in folder whose configuration is a model of its own; what its runs do is set by that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

STUDY = '''
"""Rolls dice."""

import os
import time

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from experiments.runs.study import Run, seeds

TITLE = "Rolling dice"
QUESTION = "Is the die fair?"
HYPOTHESIS = "It is."


class Die(BaseModel):
    """How a die is rolled."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sides: int = Field(6, description="sides")
    sleep_s: float = Field(0.0, description="how long it rolls [s]")
    deadly: int = Field(0, description="seed of the run that ends its process")
    log: str = Field("", description="file that has a line for every run that was begun")


def runs(asked, quick, configure):
    for seed in seeds(asked, 4 if quick else 24):
        yield Run({"half": seed % 2}, "", seed, configure(Die()))


def execute(run):
    die = run.config
    if die.log:
        with open(die.log, "a") as log:
            log.write(f"{os.getpid()} {run.seed}\\n")
    time.sleep(die.sleep_s)
    if run.seed == die.deadly:
        os._exit(1)
    return {"rolled": int(np.random.default_rng(run.seed).integers(1, die.sides + 1, 10).sum())}


def table(runs):
    return pd.DataFrame({"runs": [len(runs)], "rolled": [int(runs["rolled"].sum())]})
'''

FIGURE = '''
"""Rolls."""

from matplotlib.figure import Figure

CAPTION = "Rolls."


def draw(summary):
    figure = Figure(figsize=(2, 2))
    figure.subplots()
    return figure
'''


def add(plugins: Callable[[str, str], Path]) -> None:
    """Install study and figure."""
    plugins("experiments/studies/dice.py", STUDY)
    plugins("figures/dice.py", FIGURE)
