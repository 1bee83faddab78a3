"""``seqmarket tape``: questions to a tape, answered as tables or pictures."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from experiments.cli import pictures
from experiments.later import pd
from market.errors import InputError

ONCE = ("author", "operator", "owner", "bid_usd", "executed", "rollup", "slot")
"""Columns that stand once, above the table, where they are the same in every row."""


DRAWN = {"block": "block", "payments": "payments", "rollups": "rollups", "path": "path"}
"""Questions whose answers can be drawn, by the figure that does."""


def main(arguments: argparse.Namespace) -> int:
    """Print or draw the answer to what is asked of a tape, by default the outcomes of its run."""
    _check(arguments)
    from experiments.analysis import tape

    several = [tape.read(file) for file in arguments.file]
    if arguments.picture is not None:
        return _draw(several, arguments)
    if len(several) > 1:
        from experiments.analysis import tape_pictures

        return _say(tape_pictures.paid(several), arguments.json)
    answer = _answer(several[0], arguments)
    return (
        _print_outcomes(tape.outcomes(several[0]), arguments.json) if answer is None else _say(answer, arguments.json)
    )


def _check(arguments: argparse.Namespace) -> None:
    """Raise InputError for what does not go together."""
    if (arguments.block is None) != (arguments.rollup is None):
        raise InputError("--block and --rollup: one without the other; allowed: both, or neither")
    if len(arguments.file) > 1 and not arguments.payments:
        raise InputError("several tapes: only what was paid is compared; allowed: one tape, or --payments")
    pictures.check("--picture", arguments.picture)
    if arguments.picture is not None and _question(arguments) not in DRAWN:
        asked = ", ".join(f"--{name}" for name in DRAWN)
        raise InputError(f"--picture {arguments.picture}: of what; allowed: with one of {asked}")


def _question(arguments: argparse.Namespace) -> str:
    given = ("block", "sandwiches", "payments", "rollups", "path", "agent", "position")
    known = vars(arguments)
    return next((name for name in given if known[name] is not None and known[name] is not False), "")


def _answer(read: Any, arguments: argparse.Namespace) -> Any:
    """The answer as a table; None where nothing is asked."""
    from experiments.analysis import tape, tape_pictures

    match _question(arguments):
        case "block":
            return tape.block(read, arguments.rollup, arguments.block)
        case "sandwiches":
            return tape.sandwiches(read)
        case "payments":
            return tape.payments(read)
        case "rollups":
            return tape_pictures.rollups(read)
        case "path":
            return tape_pictures.path(read)
        case "agent":
            return tape.life(read, arguments.agent)
        case "position":
            return tape.position(read, arguments.position)
    return None


def _draw(several: list[Any], arguments: argparse.Namespace) -> int:
    """Draw the answer into a file; say where it is, and what it shows."""
    from experiments.analysis import tape_pictures
    from market import discovery

    asked, first = _question(arguments), several[0]
    run = first.attrs["run"]
    title = f"{run['regime']}, seed {run['seed']}"
    if asked == "payments":
        drawn, title = tape_pictures.paid(several), ""
    elif asked == "block":
        drawn = tape_pictures.block(first, arguments.rollup, arguments.block)
        title = f"{title}: block {arguments.block} of {arguments.rollup}, built by {drawn['author'].iloc[0]}"
    else:
        drawn = tape_pictures.rollups(first) if asked == "rollups" else tape_pictures.path(first)
    figure = discovery.load("figures", DRAWN[asked])
    print(pictures.draw("--picture", arguments.picture, figure, drawn, title, arguments.width))
    return 0


def _say(answer: Any, as_json: bool) -> int:
    if as_json:
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
