"""Switches: every number gets its own function, whichever of its neighbours share it."""

from __future__ import annotations

import pytest

from market.kernel.compiled import kernel
from market.kernel.switch import switch


@kernel
def _double(x: float) -> float:
    return 2.0 * x


@kernel
def _half(x: float) -> float:
    return x / 2.0


CASES = (_double, _double, None, _half, _double, None, None, _half)


@pytest.mark.parametrize("inlined", [False, True])
def test_each_number_is_passed_on_to_its_own_function(inlined: bool) -> None:
    chosen = switch("chosen", "number, x", CASES, "-1.0", by="number", inlined=inlined)
    for number in range(-2, len(CASES) + 2):
        case = CASES[number] if 0 <= number < len(CASES) else None
        assert chosen(number, 3.0) == (-1.0 if case is None else case(3.0))
