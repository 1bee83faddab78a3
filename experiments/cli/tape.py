"""``seqmarket tape``: questions to a tape, answered as tables."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

import pandas as pd

from market.errors import InputError

ONCE = ("author", "operator", "owner", "bid_usd", "executed", "rollup", "slot")
"""Columns that stand once, above the table, where they are the same in every row."""


def main(arguments: argparse.Namespace) -> int:
    """Print the answer to what is asked of a tape, by default the outcomes of its run."""
    if (arguments.block is None) != (arguments.rollup is None):
        raise InputError("--block and --rollup: one without the other; allowed: both, or neither")
    from experiments.analysis import tape

    read = tape.read(arguments.file)
    if arguments.block is not None:
        answer = tape.block(read, arguments.rollup, arguments.block)
    elif arguments.sandwiches:
        answer = tape.sandwiches(read)
    elif arguments.payments:
        answer = tape.payments(read)
    elif arguments.agent is not None:
        answer = tape.life(read, arguments.agent)
    elif arguments.position is not None:
        answer = tape.position(read, arguments.position)
    else:
        return _print_outcomes(tape.outcomes(read), arguments.json)
    if arguments.json:
        records = answer.to_dict("records")
        print(json.dumps([{str(name): _json(value) for name, value in record.items()} for record in records]))
    else:
        _print(answer)
    return 0


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_outcomes(outcomes: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print(json.dumps({name: _json(value) for name, value in outcomes.items()}, allow_nan=False))
        return 0
    width = max(map(len, outcomes))
    for name, value in outcomes.items():
        print(f"{name:{width}}  {_text(value)}")
    return 0


def _print(table: Any) -> None:
    """What is the same in every row on the first line, everything else as a table."""
    once = [name for name in ONCE if len(table) and name in table and table[name].nunique() == 1]
    if once:
        print(", ".join(f"{name} {_text(table[name].iloc[0])}" for name in once))
    table = table.drop(columns=once)
    if table.empty:
        print("none")
        return
    columns = [[str(name), *map(_text, table[name])] for name in table]
    widths = [max(map(len, column)) for column in columns]
    left = [not pd.api.types.is_numeric_dtype(table[name]) for name in table]
    for row in zip(*columns, strict=True):
        cells = zip(row, widths, left, strict=True)
        print("  ".join(f"{cell:<{width}}" if text else f"{cell:>{width}}" for cell, width, text in cells).rstrip())


def _text(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
