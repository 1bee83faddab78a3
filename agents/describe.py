"""Writes agents/README.md: what a strategy is handed, by name and unit. ``python -m agents.describe`` renews it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from market.access.desk import Desk, Draft
from market.access.networks import Experience, NetworksSeen, Terms
from market.access.observation import BlockView, Observation
from market.access.public import Shown, table_views
from market.access.seat import Seat
from market.state.records import Records
from market.venues.lending.view import LiquidatableSeen
from market.venues.pools.view import PoolsSeen

FILE = Path(__file__).with_name("README.md")

HEAD = """# Writing a strategy

A strategy is a class in a file of its own under its role (`traders/`, `liquidators/`, `market_makers/`, `builders/`,
`sequencers/`, `protocols/`), or anywhere on the path and then named `package.module:Class`. `__init__(self, seat, ...)`
is told what it may know, its further keywords are its parameters; `act(self, seen, desk)` looks and submits in every
slot; `learn(self, receipts)` hears what became of its intents. Builders have `build(self, seen)` and sequencers
`arrange(self, seen)`, which read a block; protocols have `choose(self, seen)`, at each review of their rollup. Where
agents vote on rules, `vote(self, seen, ballot)` answers; unless it is defined anew, for what the agent has earned more
under (`seen.policy` is what is in force).

`seqmarket strategy new NAME --role ROLE` writes one to begin with, and its test; [TUTORIAL.md](TUTORIAL.md) goes on
from there.

Everything seen is read-only. A column is an attribute (`seen.pools.fee`), an item (`seen.pools["fee"]`), and an
attribute of a row (`seen.lending[2].threshold`). Where speed matters, take the column first: `seen.pools["fee"][2]`
costs 0.2 us, `seen.pools[2].fee` 2.7. What an intent would do is not computed but asked:
`draft = desk.draft(); draft.swap(...); seen.preview(draft.rows)` returns the receipts, and nothing has happened.
Only public names are promised; Python itself cannot stop code that reaches through underscores, `array.base` or `gc`.

This page is written by `python -m agents.describe`, from the docstrings and tables themselves.
"""


def text() -> str:
    """Return the page."""
    parts = [HEAD, "## seat\n", _attributes(Seat)]
    parts += ["## seen\n", _attributes(Shown), _attributes(Observation), _members(Observation, Shown)]
    parts += ["### Whoever writes a block sees more\n", _attributes(BlockView), _members(BlockView, Observation)]
    parts += ["### A protocol sees this instead\n", _attributes(NetworksSeen), _members(NetworksSeen, object)]
    parts += ["Of each network (`seen.terms`)\n", _attributes(Terms)]
    parts += ["Of each stretch of time (`seen.experience`)\n", _attributes(Experience), _members(Experience, object)]
    views: dict[str, type[Records]] = {"pools": PoolsSeen} | table_views()
    parts += [_table(f"seen.{name}", view) for name, view in views.items()]
    parts += [_table("seen.unhealthy(rollup), seen.falls_at(feed, price)", LiquidatableSeen)]
    parts += ["## desk\n", (inspect.getdoc(Desk) or "").replace(":meth:`bundle`", "`desk.bundle()`") + "\n"]
    parts += [
        _members(Desk, object),
        "A draft (a desk whose intents are sent nowhere) also has\n",
        _members(Draft, Desk),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _attributes(owner: type) -> str:
    """Attributes that a class's docstring lists, as a list."""
    section = re.split(r"\n-{5,}\n", inspect.getdoc(owner) or "", maxsplit=1)
    lines = section[1].splitlines() if len(section) > 1 else []
    found: list[str] = []
    for line in lines:
        if line.startswith(" "):
            found[-1] += ("; " if found[-1].endswith("`") else " ") + line.strip()
        elif line.strip():
            names = line.partition(" : ")[0].split(", ")
            found.append("- " + ", ".join(f"`{name}`" for name in names))
    return "".join(f"{_first_colon(line)}\n" for line in found)


def _first_colon(line: str) -> str:
    return line.replace("`; ", "`: ", 1)


def _members(owner: type, without: type) -> str:
    """Public methods and properties of a class that another does not have, with their first lines."""
    lines = []
    for name, member in vars(owner).items():
        if name.startswith("_") or name in vars(without) or not (callable(member) or isinstance(member, property)):
            continue
        first = (inspect.getdoc(member) or "").partition("\n")[0]
        lines.append(f"- `{name}{_arguments(member)}`: {first}\n")
    return "".join(lines)


def _arguments(member: Any) -> str:
    if isinstance(member, property):
        return ""
    signature = inspect.signature(member)
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values() if p.name != "self"]
    return re.sub(r"<\w+\.(\w+): \d+>", r"\1", str(inspect.Signature(plain)))


def _table(name: str, view: type[Records]) -> str:
    """A table's columns with their meanings and units, and what follows from them."""
    lines = [f"### {name}\n", f"{inspect.getdoc(view)}\n", "| column | meaning | unit |\n| --- | --- | --- |"]
    lines += [f"| `{column}` | {meaning} | {unit} |" for column, meaning, unit in view.described]
    columns = {column for column, _, _ in view.described}
    derived = {key: value for key, value in vars(view).items() if isinstance(value, property) and key not in columns}
    for key, value in derived.items():
        meaning, unit = re.fullmatch(r"(.*?)(?: \[(.*)\])?\.?", (value.__doc__ or "").partition("\n")[0]).groups()  # type: ignore[union-attr]
        lines.append(f"| `{key}` (derived) | {meaning} | {unit or '1'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
