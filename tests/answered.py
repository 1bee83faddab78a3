"""What every answer of a study to its question must be."""

from __future__ import annotations

import re

import pandas as pd

from experiments.runs import study as studies


def check(name: str, runs: pd.DataFrame) -> str:
    """One or two sentences with numbers, none of which is unknown; and the table that is printed fits a page."""
    study = studies.load(name)
    table, answer = study.table(runs), study.answer
    assert len(study.printed or table.columns) <= 8, "a page holds eight columns"
    assert set(study.printed or ()) <= set(table.columns)
    assert answer is not None, f"{name} answers its question"
    text = answer(runs)
    assert text.endswith(".")
    assert len(text) < 900
    assert re.search(r"\d", text)
    assert not re.search(r"\b(nan|inf|None)\b", text), text
    stated = [] if study.headlines is None else study.headlines(runs)
    assert all(one.said in text for one in stated), "what stands below the table is what the answer states"
    assert len({one.what for one in stated}) == len(stated)
    return text
