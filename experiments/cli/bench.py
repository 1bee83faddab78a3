"""``seqmarket bench``: speed and memory."""

from __future__ import annotations

import argparse


def main(arguments: argparse.Namespace) -> int:
    """Measure, print, and write JSON when asked to."""
    from experiments import bench

    bench.main(arguments.json)
    return 0
