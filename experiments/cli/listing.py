"""``seqmarket list``: what is installed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from experiments.cli import validate
from experiments.runs import study
from market import discovery


def main(arguments: argparse.Namespace) -> int:
    """Print what exists, as text with titles or as the JSON object that programs read."""
    shown = {what: look() for what, look in LOOKS.items() if arguments.what in (None, what)}
    if arguments.json:
        print(json.dumps(_as_json(shown[arguments.what]) if arguments.what else _names(shown)))
        return 0
    for what, found in shown.items():
        if what != "strategies":
            _section(what.replace("_", " "), found)
            continue
        for role, strategies in found.items():
            texts = {name: text["summary"] if arguments.what else "" for name, text in strategies.items()}
            _section(f"strategies: {role.replace('_', ' ')}", texts)
    return 0


def _studies() -> dict[str, str]:
    return {name: discovery.constant(study.PACKAGE, name, "TITLE") for name in study.names()}


def _regimes() -> dict[str, str]:
    return dict.fromkeys(discovery.modules("market.regimes"), "")


def _strategies() -> dict[str, dict[str, dict[str, Any]]]:
    from agents.signatures import signatures

    return signatures()


def _answers() -> dict[str, str]:
    return {known: title for known, (_, title) in validate.answers().items()}


LOOKS: dict[str, Callable[[], dict[str, Any]]] = {
    "studies": _studies,
    "regimes": _regimes,
    "strategies": _strategies,
    "known_answers": _answers,
}
"""How to find what is installed, by what it is."""


def _names(shown: dict[str, Any]) -> dict[str, Any]:
    """Names alone; of strategies, by role."""
    strategies = {role: list(found) for role, found in shown["strategies"].items()}
    return {what: list(found) for what, found in shown.items()} | {"strategies": strategies}


def _as_json(found: dict[str, Any]) -> Any:
    """Strategies with all that is known of them; of everything else the names, with titles where there are any."""
    return found if any(found.values()) else list(found)


def _section(title: str, items: dict[str, str]) -> None:
    print(title)
    width = max((len(name) for name in items), default=0)
    for name, text in items.items():
        print(f"  {name:{width}}  {text}".rstrip())
    if not items:
        print("  none")
