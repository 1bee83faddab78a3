"""The parts of an answer say what is settled and what is open."""

from __future__ import annotations

import numpy as np

from experiments.analysis import answers


def test_a_difference_that_twenty_seeds_settle_stands_by_itself() -> None:
    text = answers.change(5.0 + 0.1 * np.arange(20), "bp")
    assert text.startswith("+5.95 bp (")
    assert "open" not in text


def test_an_open_difference_says_so_behind_its_interval() -> None:
    text = answers.change(np.tile([-1.0, 1.2], 10), "bp")
    assert text.startswith("+0.1 bp (")
    assert text.endswith("; open)")
    assert answers.change(np.array([1.0]), "bp") == "+1 bp (open)"
