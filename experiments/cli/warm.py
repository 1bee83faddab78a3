"""``seqmarket warm``: compile everything, here or for others."""

from __future__ import annotations

import argparse
import os
import sys

from market.errors import InputError
from market.kernel import folders


def main(arguments: argparse.Namespace) -> int:
    """Compile what is not compiled yet into the folder asked for, and say how to use it."""
    if arguments.to is not None:
        if "numba" in sys.modules:  # it has read its environment, and where it keeps functions cannot be changed
            raise InputError("--to: numba is loaded already; allowed: a process of its own")
        os.environ[folders.VARIABLE] = str(arguments.to.absolute())
    folder = folders.base()
    if folder is None:
        raise InputError(f"warm: there is no folder to keep anything in; allowed: {folders.VARIABLE}, or --to DIR")
    from experiments.runs import warm

    warm.everything(arguments.workers)
    size = sum(path.stat().st_size for path in folder.rglob("*.nbc"))
    print(f"{folder}: {size / 2**20:.0f} MiB of compiled functions, as this source and processor have them")
    if arguments.to is not None:
        print(f"used, here and in copies, with {folders.VARIABLE}={arguments.to.absolute()}")
    return 0
