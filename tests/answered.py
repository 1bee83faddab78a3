"""What every answer of a study to its question must be."""

from __future__ import annotations

import re

import pandas as pd

from experiments.runs import study as studies


def check(name: str, runs: pd.DataFrame) -> str:
    """One or two sentences with numbers, none of which is unknown."""
    answer = studies.load(name).answer
    assert answer is not None, f"{name} answers its question"
    text = answer(runs)
    assert text.endswith(".")
    assert len(text) < 600
    assert re.search(r"\d", text)
    assert not re.search(r"\b(nan|inf|None)\b", text), text
    return text
