"""Pictures of single markets as a gallery's page shows them: each with its caption and the commands that make it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from market import discovery

PACKAGE = "experiments.pictures"
PREFIX = "market_"
"""Beginning of the names of their files, which a study's have not."""
HEADING = "Pictures of a market"


def commands(name: str) -> list[str]:
    """What is run for a picture, one command after the other; the last one draws."""
    lines = discovery.constant(PACKAGE, name, "COMMANDS").replace("\\\n", " ").strip().splitlines()
    return [" ".join(line.split()) for line in lines]


def section(folder: Path) -> Iterator[str]:
    """Lines of a gallery's page about the pictures that it holds."""
    held = [name for name in discovery.modules(PACKAGE) if (folder / f"{PREFIX}{name}.png").is_file()]
    if not held:
        return
    yield from ("", f"## {HEADING}", "", "Single runs, drawn by the commands below them; `seqmarket pictures --to DIR` "
                "makes all of them anew.")  # fmt: skip
    for name in held:
        title, figure = (discovery.constant(PACKAGE, name, what) for what in ("TITLE", "FIGURE"))
        picture = f"{PREFIX}{name}"
        yield from ("", f"### {picture}", "", f"*{title}.* {discovery.constant('figures', figure, 'CAPTION')}", "")
        yield from (f"![{title}]({picture}.png)", "", f"([pdf]({picture}.pdf), [tex]({picture}.tex))", "", "```sh")
        lines = f"{discovery.constant(PACKAGE, name, 'COMMANDS').strip()} {picture}.pdf".splitlines()
        begins = [True, *(not line.endswith("\\") for line in lines[:-1])]
        yield from (f"uv run seqmarket {line}" if begin else line for line, begin in zip(lines, begins, strict=True))
        yield "```"
