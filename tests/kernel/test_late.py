"""Functions that are compiled when compiled code first calls them; in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_tree import LOG, Tree, answer

CALLING = """
from numba import float64, int64, njit, types
from market.kernel.compiled import kernel
from market.kernel.switch import switch


@kernel
def double(x, n):
    return 2.0 * x, n


@kernel
def half(x, n):
    if x < 0.0:
        raise ValueError("below zero")
    return x / 2.0, n + 1


@kernel
def whole(x, n):
    return n, n


@kernel
def impossible(x, n):
    return x.size, n


chosen = switch(
    "chosen", "number, x, n", [double, None, half, whole, impossible], "-1.0, 0", by="number",
    late=((float64, int64), types.Tuple((float64, int64))),
)


@njit(cache=True)
def choose(number, x, n):
    return chosen(number, x, n)
"""

SCRIPT = """
import json
import market
from agents import calling
found = []
for number in (2, 1, 7, -1, 2, 0):
    found.append(calling.choose(number, 3.0, 4))
found.append([name for name in calling.compiled if name in ("choose", "double", "half", "whole", "impossible")])
print(json.dumps(found))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    found = Tree(tmp_path)
    found.write("agents/calling.py", LOG + CALLING)
    return found


@pytest.mark.slow
def test_a_case_is_compiled_when_it_is_first_called_and_kept(tree: Tree) -> None:
    values = [[1.5, 5], [-1.0, 0], [-1.0, 0], [-1.0, 0], [1.5, 5], [6.0, 4]]
    assert answer(tree.start(script=SCRIPT)) == [*values, ["choose", "half", "double"]]
    assert answer(tree.start(script=SCRIPT)) == [*values, []], "it was compiled again"


@pytest.mark.slow
def test_what_a_case_raises_and_what_cannot_be_compiled_arrives_where_the_call_was_made(tree: Tree) -> None:
    script = """
import json
import market
from market.kernel import late
from agents import calling
found = []
def call(number, x):
    try:
        calling.choose(number, x, 4)
    except BaseException as error:
        found.append([type(error).__name__, str(error)[:60]])
call(2, -1.0)
call(3, 1.0)
call(4, 1.0)
address = late.address
def interrupt(name, number):
    raise KeyboardInterrupt("by hand")
late.address = interrupt
call(0, 1.0)
late.address = address
found.append(calling.choose(0, 1.0, 4))
print(json.dumps(found))
"""
    raised, other, impossible, interrupted, after = answer(tree.start(script=script))
    assert raised == ["ValueError", "below zero"]
    assert other[0] == "TypeError" and other[1].startswith("whole returns")
    assert impossible[0] == "TypingError"
    assert interrupted == ["KeyboardInterrupt", "by hand"]
    assert after == [2.0, 4]


def test_nothing_is_late_where_nothing_is_compiled(tree: Tree) -> None:
    values = [[1.5, 5], [-1.0, 0], [-1.0, 0], [-1.0, 0], [1.5, 5], [6.0, 4]]
    assert answer(tree.start(script=SCRIPT, NUMBA_DISABLE_JIT="1")) == [*values, []]
