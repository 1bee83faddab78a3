"""``seqmarket describe``: the model's description in ODD form, and two pages of it for a paper."""

from __future__ import annotations

import argparse

from experiments.runs.files import write
from market.errors import InputError


def main(arguments: argparse.Namespace) -> int:
    """Write MODEL.md, SUMMARY.md and summary.tex, of the model as it is, with whatever is plugged in."""
    folder = arguments.to
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--to {folder}: not a folder; allowed: a folder, which is made where there is none")
    from experiments.description.page import files

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        write(folder / name, text)
        print(folder / name)
    return 0
