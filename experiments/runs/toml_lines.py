"""On which line of a TOML file a key of a list of tables stands, such as the second ``[[rollups]]``'s name."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\s-]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")
JOINED = ("agents",)
"""Lists whose tables in a file join those of the base, so that their numbers are not those of the file."""


def line_of(lines: Sequence[str], keys: Sequence[str]) -> int | None:
    """Return the line, from 1 on, of a key in a list of tables, or of its table; None where the file shows neither.

    Parameters
    ----------
    lines
        of a valid TOML file.
    keys
        the parts of the dotted key, such as ``rollups``, ``1``, ``name``.
    """
    if len(keys) < 2 or keys[0] in JOINED or not keys[1].isdecimal():
        return None
    wanted, table = ".".join(keys), ".".join(keys[:2])
    counts: dict[str, int] = {}
    path, found = "", None
    for number, line in enumerate(lines, 1):
        if header := _HEADER.fullmatch(line):
            path = _numbered(header[2], header[1] == "[[", counts)
            if path == table:
                found = number
        elif (key := _KEY.match(line)) and f"{path}.{re.sub(r'\s', '', key[1])}" == wanted:
            return number
    return found


def _numbered(name: str, is_list: bool, counts: dict[str, int]) -> str:
    """Return the dotted path of a table, with the numbers of the lists of tables that it is in."""
    path = ""
    parts = [part.strip() for part in name.split(".")]
    for depth, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        last = depth == len(parts) - 1
        if last and is_list:
            counts[path] = counts.get(path, -1) + 1
            # tables in a list of its own begin anew
            for inner in [inner for inner in counts if inner.startswith(f"{path}.")]:
                del counts[inner]
        if path in counts:
            path = f"{path}.{counts[path]}"
    return path
