"""Files that a command draws into, each with its caption beside it for LaTeX."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from experiments.later import pd
from experiments.runs import printed
from experiments.runs.files import write
from market.errors import InputError

KINDS = (".png", ".pdf", ".svg")
INCLUDED = (".png", ".pdf")
"""Kinds that LaTeX includes as they are."""
OURS = "\\begin{figure}\n\\centering\n\\includegraphics"
"""How a file that holds a caption begins."""


def check(option: str, path: Path | None) -> None:
    """Raise InputError for a path that no picture can be drawn into, before anything is computed."""
    if path is None:
        return
    if path.is_dir():
        raise InputError(f"{option} {path}: a folder; allowed: a file that ends in {', '.join(KINDS)}")
    if path.suffix.lower() not in KINDS:
        raise InputError(f"{option} {path}: no kind of picture; allowed: a file that ends in {', '.join(KINDS)}")
    if not path.parent.is_dir():
        raise InputError(f"{option} {path}: no such folder; allowed: a file in an existing folder")
    beside = path.with_suffix(".tex")
    if path.suffix.lower() in INCLUDED and beside.is_file() and not _is_caption(beside):
        raise InputError(
            f"{option} {path}: its caption goes into {beside}, which holds something else; allowed: another name"
        )


def _is_caption(path: Path) -> bool:
    """Whether a file holds the caption of a picture drawn before, which may be replaced."""
    return path.read_bytes()[: len(OURS)] == OURS.encode()


def draw(option: str, path: Path, figure: ModuleType, table: pd.DataFrame, title: str, width: str) -> str:
    """Draw a table into a file, and write its caption for LaTeX beside it, where that includes such files.

    Parameters
    ----------
    option, path
        what the file was named by, and the file
    figure
        module that draws
    table
        what it draws
    title
        of which run that is, or empty
    width
        of the picture, in columns of a page

    Returns
    -------
    What to say of it: where it is, and the caption in lines.
    """
    caption = f"{title}. {figure.CAPTION}" if title else figure.CAPTION
    with blamed(option, path):
        figure.write(table, title, path, width)
        if path.suffix.lower() in INCLUDED:
            write(path.with_suffix(".tex"), printed.figure(path.name, caption, path.stem))
    return f"{path}\n{textwrap.fill(caption, 100)}"


@contextmanager
def blamed(option: str, path: Path) -> Iterator[None]:
    """Say of what the system refuses that a picture was being written."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{option} {path}: {error.strerror or error}; allowed: a file that can be written") from error
