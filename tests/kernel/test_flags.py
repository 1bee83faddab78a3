"""Comparing the settings of a compilation: as numba does, whatever was set and however."""

from __future__ import annotations

import importlib
from typing import Any

import hypothesis.strategies as st
from hypothesis import given
from numba.core.compiler import Flags
from numba.core.targetconfig import TargetConfig

from market.kernel import flags

importlib.import_module("market.kernel.locator")
SWITCHES = [name for name, option in Flags.options.items() if isinstance(option.default, bool)]
chosen = st.dictionaries(st.sampled_from(SWITCHES), st.booleans(), max_size=4)


def _settings(of: dict[str, bool]) -> Any:
    made: Any = Flags()
    for name, value in of.items():
        setattr(made, name, value)
    return made


@given(chosen, chosen)
def test_settings_are_equal_where_all_their_values_are(one: dict[str, bool], other: dict[str, bool]) -> None:
    ours, theirs = _settings(one), _settings(other)
    assert (ours == theirs) is (ours.values() == theirs.values())
    assert ours != theirs or hash(ours) == hash(theirs)


def test_what_is_no_setting_or_of_another_kind_is_compared_as_by_numba() -> None:
    class Others(TargetConfig):
        pass

    assert _settings({}) != 1
    assert _settings({}) != Others()
    assert _settings({}) == Flags(_settings({}))


def test_numba_compares_like_that() -> None:
    assert Flags.__eq__ is flags.same
    assert Flags.__hash__ is flags.digest
