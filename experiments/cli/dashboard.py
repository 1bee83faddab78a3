"""``seqmarket dashboard``: the interactive page."""

from __future__ import annotations

import argparse
from importlib.util import find_spec

from market.errors import InputError

NEEDED = ("solara", "altair", "uvicorn")


def main(arguments: argparse.Namespace) -> int:
    """Serve the page until interrupted; InputError where this installation lacks what the page is made with."""
    if lacking := [name for name in NEEDED if find_spec(name) is None]:
        raise InputError(f"dashboard: needs {', '.join(lacking)}, of the extra viz; allowed: after uv sync --extra viz")
    from experiments.dashboard import serve

    serve.main(arguments.port)
    return 0
