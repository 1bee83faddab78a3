"""``seqmarket pictures``: make the gallery's pictures of single markets by the commands that stand beside them."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import shlex
import tempfile

from experiments.cli import page
from experiments.cli.shown_pictures import PACKAGE, PREFIX, commands
from experiments.runs.files import write
from market import discovery
from market.errors import InputError

KINDS = (".png", ".pdf")
"""The last is what the file with the caption includes."""


def main(arguments: argparse.Namespace) -> int:
    """Make all pictures, or those named, in a folder, and renew its page."""
    known = discovery.modules(PACKAGE)
    for name in arguments.pictures:
        if name not in known:
            raise InputError(f"pictures: {discovery.unknown(name, known)}")
    arguments.to.mkdir(parents=True, exist_ok=True)
    folder = arguments.to.resolve()
    finished: set[str] = set()
    with tempfile.TemporaryDirectory() as scene, contextlib.chdir(scene):
        for name in arguments.pictures or known:
            *runs, drawing = commands(name)
            for command in runs:
                if command not in finished:
                    _call(shlex.split(command))
                    finished.add(command)
            for kind in KINDS:
                path = folder / f"{PREFIX}{name}{kind}"
                _call([*shlex.split(drawing), str(path), "--width", arguments.width])
                print(path)
    write(folder / page.NAME, page.gallery_page(folder))
    return 0


def _call(command: list[str]) -> None:
    """Run a command of `seqmarket` that is expected to succeed, and keep to itself what it prints."""
    from experiments.cli.arguments import parser

    arguments = parser().parse_args(command)
    module = importlib.import_module(arguments.module)
    with contextlib.redirect_stdout(io.StringIO()):
        code = module.main(arguments)
    if code:
        raise InputError(f"pictures: `{shlex.join(command)}` ends with {code}; allowed: commands that succeed")
