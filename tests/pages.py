"""Code that a page shows, as a reader would use it: files to write, commands to run."""

from __future__ import annotations

import re
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every fenced block of a page."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def file_of(text: str) -> tuple[str, str] | None:
    """Path, which the first line of a block names, and content of a file that a reader is to write; None: no file."""
    first, _, rest = text.partition("\n")
    named = first.startswith("# ") and Path(first[2:]).suffix in (".py", ".toml")
    return (first[2:], rest) if named else None


def commands_of(text: str) -> list[str]:
    """Commands of a block, without comments."""
    lines = [line.partition("#")[0].strip() for line in text.split("\n")]
    return [line for line in lines if line]


def write(folder: Path, name: str, text: str) -> None:
    """Write a reader's file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
