"""``seqmarket list``: what is installed."""

from __future__ import annotations

import argparse
import json

from experiments.cli import validate
from experiments.runs import study
from market import discovery


def main(arguments: argparse.Namespace) -> int:
    """Print what exists, as text with titles or as the JSON object that programs read."""
    from agents.roles import strategies
    from market.regimes import names

    studies = {name: discovery.constant(study.PACKAGE, name, "TITLE") for name in study.names()}
    answers = validate.answers()
    if arguments.json:
        known = list(answers)
        print(
            json.dumps(
                {"studies": list(studies), "regimes": names(), "strategies": strategies(), "known_answers": known}
            )
        )
        return 0
    _section("studies", studies)
    _section("regimes", dict.fromkeys(names(), ""))
    for role, found in strategies().items():
        _section(f"strategies: {role.replace('_', ' ')}", dict.fromkeys(found, ""))
    _section("known answers", {known: title for known, (_, title) in answers.items()})
    return 0


def _section(title: str, items: dict[str, str]) -> None:
    print(title)
    width = max((len(name) for name in items), default=0)
    for name, text in items.items():
        print(f"  {name:{width}}  {text}".rstrip())
    if not items:
        print("  none")
