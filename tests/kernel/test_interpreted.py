"""With ``NUMBA_DISABLE_JIT=1`` everything is executed by Python, to the same numbers."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Callable
from subprocess import CompletedProcess

import numpy as np
import pytest

from experiments.__main__ import main
from experiments.runs import warm
from market.kernel.interpreted import interpreted, row_type, wrapping


def numbers(text: str) -> dict[str, float]:
    """Return the outcomes but for names and wall-clock time; NaN where there is none."""
    found = {name: value for name, value in json.loads(text).items() if name not in ("regime", "seconds")}
    return {name: math.nan if value is None else value for name, value in found.items()}


@pytest.mark.slow
def test_a_small_market_has_the_same_outcomes(
    seqmarket: Callable[..., CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["simulate", "--regime", "siloed_extractive", "--hours", "0.005", "--json"]
    assert main(command) == 0
    compiled = numbers(capsys.readouterr().out)
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    done = seqmarket(*command)
    assert done.returncode == 0
    assert re.fullmatch(r"seqmarket: .* of computing\n", done.stderr), "something besides what the run needs was said"
    assert numbers(done.stdout) == pytest.approx(compiled, rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("2", True), ("0", False), ("yes", False), (None, False)])
def test_it_is_read_as_numba_does(monkeypatch: pytest.MonkeyPatch, value: str | None, expected: bool) -> None:
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    if value is not None:
        monkeypatch.setenv("NUMBA_DISABLE_JIT", value)
    assert interpreted() is expected


def test_rows_have_their_fields_as_attributes_as_compiled_code_sees_them(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = [("kind", np.int64), ("pair", np.float64, (2,))]
    plain = row_type(fields, align=True)
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    rows = np.zeros(2, row_type(fields, align=True))
    rows[1].kind = 3
    rows[1].pair[0] = 0.5
    assert rows.view(plain)[1].item()[0] == 3
    assert rows["pair"].tolist() == [[0.0, 0.0], [0.5, 0.0]]


def test_whole_numbers_wrap_around_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(value: np.uint64) -> np.uint64:
        return value + value

    most = np.uint64(2**64 - 1)
    with pytest.warns(RuntimeWarning):
        twice(most)
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert wrapping(twice)(most) == 2**64 - 2


def test_nothing_counts_as_compiled_where_nothing_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    monkeypatch.setattr(warm, "run_one", lambda *_: pytest.fail("there is nothing to compile"))
    warm.everything()
