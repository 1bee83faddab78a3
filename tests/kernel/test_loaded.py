"""What is read of a compiled function that is loaded, and when; in processes of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_tree import Tree, answer

LIBRARY = "site-packages/library.py"
"""A library that keeps its functions where numba does, and its kind of function: it calls itself."""
FACTORIAL = """
from numba import int64, njit


@njit(int64(int64), cache=True)
def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)
"""
SCRIPT = """
import json
import market
from agents.first import first
from agents.fourth import factorial
from library import factorial as theirs
from market.rules import rule

def unread():
    return ["_unread" in vars(next(iter(one.overloads.values())).library) for one in (rule, factorial, theirs)]
values, seen = [rule(3.0), factorial(5), theirs(5)], [unread()]
values.append(first(3.0))
seen.append(unread())
print(json.dumps([values, seen, [sum(one.stats.cache_misses.values()) for one in (rule, factorial, first)]]))
"""


@pytest.mark.slow
def test_only_what_another_function_is_compiled_with_is_read_and_libraries_are_left_alone(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write(LIBRARY, FACTORIAL)
    tree.write("agents/fourth.py", FACTORIAL)
    path = {"PYTHONPATH": os.pathsep.join([str(tree.root), str(tree.root / "site-packages")])}
    nothing = [False, False, False]
    assert answer(tree.start(script=SCRIPT, **path)) == [[6.0, 120, 120, 7.0], [nothing, nothing], [1, 1, 1]]
    tree.edit("agents/first.py", "+ 1.0", "+ 2.0")
    values, unread, missed = answer(tree.start(script=SCRIPT, **path))
    assert (values, missed) == ([6.0, 120, 120, 8.0], [0, 0, 1])
    assert unread == [[True, True, False], [False, True, False]], "what nothing is compiled with was read, or not"
    theirs = "import json\nfrom library import factorial\nprint(json.dumps(factorial(6)))"
    assert answer(tree.start(script=theirs, **path)) == 720, "numba alone cannot load what a library keeps"
