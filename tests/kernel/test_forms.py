"""In which form functions are compiled, and when; in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_tree import LOG, Tree, answer

STATED = """
from numba import float64, int64, njit
from market.kernel.compiled import kernel
import numpy as np


@njit(float64(float64), cache=True)
def stated(x):
    return 2.0 * x


@njit(float64(float64[::1]), cache=True)
def total(x):
    return x.sum()


@njit(int64(int64), cache=True)
def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


@njit(cache=True)
def doubling(x):
    return doubling(2 * x) if x < 100 else x


@njit(int64[::1](int64), cache=True)
def numbers(n):
    return np.arange(n)


@kernel
def last(n):
    return numbers(n)[n - 1]


@njit(cache=True)
def caller(x):
    return stated(x) + stated(3) + factorial(4) + doubling(int(x)) + last(int(x))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    found = Tree(tmp_path)
    found.write("agents/forms.py", LOG + STATED)
    return found


@pytest.mark.slow
def test_a_function_that_states_its_signature_is_compiled_when_it_is_called_and_for_nothing_else(tree: Tree) -> None:
    script = """
import json
import market
import numpy as np
from agents import forms
known = [list(forms.compiled)]
values = [forms.stated(3), forms.stated(1.5), forms.stated(True)]
known.append(list(forms.compiled))
try:
    forms.total(np.ones(3, dtype=np.int64))
except TypeError as error:
    values.append(str(error).partition(":")[0].partition("(")[0])
values.append(forms.total(np.ones(3)))
assert [list(map(str, form.overloads)) for form in (forms.stated,)] == [["(float64,)"]]
print(json.dumps([known, values]))
"""
    known, values = answer(tree.start(script=script))
    assert known == [[], ["stated"]]
    assert values == [6.0, 3.0, 2.0, "total", 3.0]


@pytest.mark.slow
def test_compiled_callers_get_a_form_that_python_cannot_call_and_python_one_that_it_can(tree: Tree) -> None:
    script = """
import json
import market
from agents import forms
values = [forms.caller(2.0), forms.stated(1.0), forms.factorial(5), forms.doubling(3), forms.caller(2.0)]
print(json.dumps([values, sorted(set(forms.compiled))]))
"""
    values, compiled = answer(tree.start(script=script))
    assert values == [4.0 + 6.0 + 24.0 + 128.0 + 1.0, 2.0, 120, 192, 163.0]
    assert set(compiled) >= {"caller", "stated", "factorial", "doubling"}
    assert {path.name.partition("-")[0] for path in tree.files("*-called.*.nbc")} >= {"forms.stated", "forms.factorial"}
    assert answer(tree.start(script=script)) == [values, []]
