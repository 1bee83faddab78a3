"""``seqmarket bench``: speed and memory."""

from __future__ import annotations

import argparse


def main(arguments: argparse.Namespace) -> int:
    """Measure, print, and write JSON when asked to."""
    if arguments.against is not None:
        from experiments.bench.checkouts import python_of

        python_of(arguments.against)  # before anything is compiled
    from experiments.bench import measure

    measure.main(arguments.json, arguments.against)
    return 0
