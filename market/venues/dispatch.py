"""What every kind states, as compiled code reads it: its rule, what it gives and brings, and what it counts as.

Nobody else switches over kinds. The arrays have an entry for each kind.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import float64, from_dtype, int64

from market.intents.rows import INTENT, Reason, Row
from market.kernel.compiled import kernel
from market.kernel.switch import switch
from market.state.store import STATE, State, assets, get, length, rollups
from market.state.tables import Account, Asset
from market.venues import KINDS, STATEMENTS

ROW = from_dtype(INTENT)
"""The compiled type of a row."""

GAS = np.array([statement.gas for statement in STATEMENTS])
"""Gas of execution [gas]."""
CHARGED = np.array([statement.charged for statement in STATEMENTS])
"""Whether the sender pays gas to the operator."""
LIQUIDATES = np.array([statement.liquidates for statement in STATEMENTS])
"""Whether it takes part in liquidating somebody."""
EXCHANGES = np.array(
    [
        statement.gives == "input" and statement.brings == "output" and not statement.liquidates
        for statement in STATEMENTS
    ]
)
"""Whether it gives one asset for another and nothing else."""
SELLS = np.array([statement.sells for statement in STATEMENTS])
"""Whether it sells what is liquidated."""
MOVES = np.array([statement.moves for statement in STATEMENTS])
"""Whether it may move anything on the ledger, tip and gas aside."""
REWARDS = np.array([statement.rewards for statement in STATEMENTS])
"""Whether it pays others than its sender for what they have done."""
WITHDRAWS = np.array([statement.withdraws for statement in STATEMENTS])
"""Whether it takes back or replaces what its sender offers to others."""


def stating(flags: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Whether kinds (n,) state something, given `flags` by kind; a kind that does not exist states nothing."""
    known = (kinds >= 0) & (kinds < flags.size)
    return flags[np.where(known, kinds, 0)] & known


@kernel
def pays(state: State, row: Row) -> bool:
    """Whether an intent is one that somebody sent somewhere, and its sender is charged for it."""
    if not (0 <= row.sender < length(state, Account.group) and 0 <= row.rollup < rollups(state)):
        return False
    return 0 <= row.kind < CHARGED.size and bool(CHARGED[row.kind])


@kernel
def _nothing(state: State, row: Row) -> tuple[int, float]:
    return 0, 0.0


@kernel
def _input(state: State, row: Row) -> tuple[int, float]:
    return row.asset_in, row.amount


@kernel
def _uncapped(state: State, row: Row) -> float:
    return -1.0


@kernel
def _input_named(state: State, row: Row) -> float:
    if not 0 <= row.asset_in < assets(state):
        return -1.0
    return row.amount * get(state, Asset.price, row.asset_in)


@kernel
def _untraded(state: State, row: Row) -> float:
    return 0.0


@kernel
def _input_filled(state: State, row: Row) -> float:
    return row.filled_in * get(state, Asset.price, row.asset_in)


@kernel
def _nowhere(state: State, row: Row) -> int:
    return -1


@kernel
def _here(state: State, row: Row) -> int:
    return row.rollup


def _found(venue: str, where: str, common: dict[str, Any]) -> Callable[..., Any]:
    """Return a venue's compiled function by "module.function", or a common one by its name."""
    if where in common:
        return common[where]
    module, _, function = where.partition(".")
    return getattr(importlib.import_module(f"market.venues.{venue}.{module}"), function)


carry_out = switch(
    "carry_out", "state, row, time", [_found(venue, statement.rule, {}) for venue, statement in KINDS],
    str(int(Reason.WRONG_VENUE)), late=((STATE, ROW, float64), int64),
)  # fmt: skip
"""Carry out an intent by the rule of its kind; returns a reason (0: filled)."""

gives = switch(
    "gives", "state, row",
    [_found(venue, statement.gives, {"nothing": _nothing, "input": _input}) for venue, statement in KINDS], "0, 0.0",
)  # fmt: skip
"""Asset and amount that an intent takes from its sender on its rollup, told before it is executed."""

brings = switch(
    "brings", "state, row",
    [_found(venue, statement.brings, {"nothing": _nowhere, "output": _here}) for venue, statement in KINDS], "-1",
)  # fmt: skip
"""Rollup on which an intent brings its sender at least its limit of its output; -1: none."""

caps = switch(
    "caps", "state, row",
    [_found(venue, statement.capped, {"nothing": _uncapped, "input": _input_named}) for venue, statement in KINDS],
    "-1.0",
)  # fmt: skip
"""Value by which the sender of an intent caps its fee, told before it is executed [USD]; below 0: it has no cap."""

traded = switch(
    "traded", "state, row",
    [_found(venue, statement.traded, {"nothing": _untraded, "input": _input_filled}) for venue, statement in KINDS],
    "0.0",
)  # fmt: skip
"""Value that a filled intent traded [USD]."""
