"""A bound function does what the function does, for all arguments of the types that it was bound for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import float64, njit, typeof

from market.kernel.direct import bind, bound
from market.state.store import STATE, Sizes, State, allocate, assets, get
from market.state.tables import Asset


@njit
def price_at(state: State, row: int, factor: float, out: np.ndarray) -> float:
    out[row] = get(state, Asset.price, row) * factor
    return out[row]


@njit(float64(STATE, float64))
def scaled(state: State, factor: float) -> float:
    return get(state, Asset.price, 1) * factor


STATES = [allocate(Sizes(2, 1, 3, 1, 1), {})[0] for _ in range(2)]
OUT = np.zeros(3)
PRICE_AT = bind(price_at, STATES[0], 0, 0.0, OUT)


@given(st.integers(0, 1), st.integers(0, 2), st.one_of(st.integers(-9, 9), st.floats(-1e9, 1e9)))
def test_it_returns_and_writes_what_the_function_does(which: int, row: int, factor: float) -> None:
    state = STATES[which]
    state.cells[:] = np.arange(state.cells.size) + 100.0 * which
    expected = price_at(state, row, float(factor), OUT)
    OUT[:] = 0.0
    assert PRICE_AT(state, row, factor, OUT) == expected == OUT[row]


def test_a_function_that_states_its_signature_is_bound_to_it() -> None:
    state = STATES[0]
    assert bind(scaled, state, 0.0)(state, 2.0) == scaled(state, 2.0)
    with pytest.raises(RuntimeError, match="compilation disabled"):
        bind(scaled, state, np.zeros(1))
    assert assets(state) == 3


@given(st.integers(0, 1), st.integers(0, 2), st.floats(-1e9, 1e9))
def test_a_function_bound_at_its_first_call_does_what_it_does(which: int, row: int, factor: float) -> None:
    state = STATES[which]
    state.cells[:] = np.arange(state.cells.size) - 100.0 * which
    expected = price_at(state, row, factor, OUT)
    OUT[:] = 0.0
    assert FIRST_CALLED(state, row, factor, OUT) == expected == OUT[row]


FIRST_CALLED = bound(price_at)


def test_types_may_stand_for_examples() -> None:
    assert bind(price_at, STATE, typeof(0), 0.0, OUT) is PRICE_AT
