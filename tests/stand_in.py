"""A study without a market, as the source of a plug-in; what its runs do is set by the environment."""

STUDY = '''
"""A stand-in for a study."""

import os
import time

import numpy as np
import pandas as pd

from experiments.runs.study import Run, seeds

TITLE = "Tossing coins"
QUESTION = "Is the coin fair?"
HYPOTHESIS = "It is."


def runs(asked, quick, configure):
    for regime in ("siloed", "pbs"):
        for bias in (0.4, 0.5):
            for seed in seeds(asked, 2 if quick else 6):
                yield Run({"bias": bias}, regime, seed)


def execute(run):
    with open(os.environ["COINS_LOG"], "a") as log:
        log.write(f"{run.regime} {run.levers['bias']} {run.seed}\\n")
    time.sleep(float(os.environ.get("COINS_SLEEP", "0")))
    fault = os.environ.get("COINS_FAULT", "")
    if (run.regime, run.levers["bias"], run.seed) == ("pbs", 0.5, 2) and fault:
        if fault == "exit":
            os._exit(1)
        raise ArithmeticError("the coin\\nfell off the table")
    heads = np.random.default_rng(run.seed).random(100) < run.levers["bias"]
    return {"regime": run.regime, "seed": run.seed, "heads": heads.sum(), "share": heads.mean(), "seconds": time.time()}


def answer(runs):
    return f"Heads come {100 * runs['share'].mean():.0f} times in a hundred."


def table(runs):
    return pd.DataFrame({"runs": [len(runs)], "share_of heads [%]": [100 * runs["share"].mean()], "note": ["-1 & 2"]})
'''

FIGURE = '''
"""A stand-in for a figure."""

from matplotlib.figure import Figure

CAPTION = "Coins."


def draw(summary):
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot(summary[summary["outcome"] == "share"]["mean"])
    return figure
'''
