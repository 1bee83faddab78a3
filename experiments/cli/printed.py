"""What ``seqmarket simulate`` prints besides outcomes."""

from __future__ import annotations

import math
from typing import Any


def flows(table: list[dict[str, Any]]) -> None:
    """Who paid whom for what, a line for each payer, payee, reason and asset."""
    rows = [tuple(table[0])] if table else []
    rows += [(*(str(value) for value in list(entry.values())[:-1]), f"{entry['amount']:,.6g}") for entry in table]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for *words, amount in rows:
        padded = [f"{word:{width}}" for word, width in zip(words, widths[:-1], strict=True)]
        print("  ".join([*padded, f"{amount:>{widths[-1]}}"]))


def profits_by_agent(profits: dict[str, dict[str, Any]]) -> None:
    """Each agent's profit with its parts, largest first."""
    print()
    width = max(map(len, profits), default=0)
    for name, found in profits.items():
        kinds = sorted(found["by_kind"].items(), key=lambda part: -abs(part[1]))
        parts = ", ".join(f"{kind} {value:+,.2f}" for kind, value in kinds)
        print(f"{name:{width}}  {found['total_usd']:+14,.2f} USD" + (f": {parts}" if parts else ""))


def cascade_tree(cascade: list[dict[str, Any]]) -> None:
    """The largest cascade, generation by generation, and because of whose sales."""
    print()
    if not cascade:
        print("nobody was liquidated")
    for row in (row for row in cascade if not row["because_of"]):
        here = [each for each in cascade if each["because_of"] and _same_place(each, row)]
        causes = ", ".join(f"{each['because_of']} ({each['at_generation']}) {each['usd']:,.2f}" for each in here)
        print(
            f"generation {row['generation']}  {row['rollup']}  {row['count']:,} liquidations  {row['usd']:,.2f} USD"
            + (f", because of sales on {causes}" if causes else "")
        )


def _same_place(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (one["generation"], one["rollup"]) == (other["generation"], other["rollup"])


CHAIN = ("rollup", "kind", "days", "strike", "bid", "ask", "bid_volatility", "ask_volatility", "delta", "open")
ACCOUNTS = ("agent", "rollup", "delta", "gamma", "vega", "theta", "equity", "maintenance", "initial")
"""Columns that are printed; `--json` has all."""


def options(chain: list[dict[str, Any]], accounts: list[dict[str, Any]]) -> None:
    """The chains of options that are quoted, and what each account on them is exposed to."""
    _table(chain, CHAIN, "nobody has listed options that are still to expire")
    _table(accounts, ACCOUNTS, "nobody has anything in options")


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...], empty: str) -> None:
    """Lines of aligned words and numbers under a line of names; a number that is none is left blank."""
    print()
    if not rows:
        print(empty)
        return
    cells = [columns, *(tuple(_cell(row[name]) for name in columns) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (
            f"{cell:>{width}}" if isinstance(rows[0][name], float) else f"{cell:{width}}"
            for cell, width, name in zip(line, widths, columns, strict=True)
        )
        print("  ".join(padded).rstrip())


def _cell(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.5g}" if math.isfinite(value) else ""
