"""``seqmarket dashboard``: the interactive page."""

from __future__ import annotations

import argparse
import importlib
from importlib.util import find_spec

from market.errors import InputError


def main(arguments: argparse.Namespace) -> int:
    """Serve the page until interrupted; InputError when this installation has none."""
    if find_spec("experiments.dashboard") is None:
        raise InputError("dashboard: this installation has no interactive page; allowed: list, run, simulate, figures")
    importlib.import_module("experiments.dashboard").main(arguments.port)
    return 0
