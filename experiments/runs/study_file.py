"""A comparison as a study file: what was put together on the command line, to be run and changed like any study."""

from __future__ import annotations

import json
import keyword
import os
import textwrap
from collections.abc import Iterable
from pathlib import Path

from experiments.runs import study as studies
from experiments.runs.comparison import FIGURE, HYPOTHESIS, SOURCE, Comparison
from experiments.runs.files import write as write_file
from market import discovery
from market.errors import InputError

MARK = "COMPARISON = Comparison("
"""What only files that were written here hold, and may be written again."""
WIDTH = 118
EVERY = "all"
"""What `seqmarket run` takes for all studies."""


def folder_for(to: Path | None) -> Path:
    """Folder that mirrors the tree: the one given, else the first of the plug-ins; InputError where there is none."""
    if to is not None:
        return to
    known = discovery.plugin_folders()
    if not known:
        raise InputError(
            f"--as-study: no folder to write to; allowed: --to DIR, or a folder named in {discovery.VARIABLE}"
        )
    return known[0]


def check(name: str, folder: Path) -> None:
    """Raise InputError unless a comparison may be written to a folder under this name."""
    check_name("--as-study", name)
    own = _study(name, folder)
    if own.is_file() and MARK not in own.read_text(encoding="utf-8"):
        raise InputError(f"--as-study {name}: {own} is there and was written by hand; allowed: another name")
    if name in studies.names() and discovery.source(studies.PACKAGE, name).resolve() != own.resolve():
        raise InputError(f"--as-study {name}: there is a study of that name; allowed: another name")
    figure = _figure_file(name, folder)
    if name in discovery.modules("figures") and discovery.source("figures", name).resolve() != figure.resolve():
        raise InputError(f"--as-study {name}: there is a figure of that name; allowed: another name")


def check_name(option: str, name: str) -> None:
    """Raise InputError unless this may be the name of a study."""
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or name == EVERY:
        raise InputError(f"{option} {name}: not a name; allowed: letters, digits and _, beginning with a letter")


def write(comparison: Comparison, name: str, folder: Path) -> list[Path]:
    """Write study, figure and, where there is one, configuration file into a folder that mirrors the tree."""
    study, figure = _study(name, folder), _figure_file(name, folder)
    contents = {study: _source(comparison, name), figure: _figure()}
    if comparison.config is not None:
        contents[study.with_suffix(".toml")] = comparison.config.read_text(encoding="utf-8-sig")
    try:
        for path, text in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, text)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}; allowed: a folder that can be written") from error
    return list(contents)


def is_found(folder: Path) -> bool:
    """Whether commands find studies of this folder as things are."""
    places = os.environ.get(discovery.VARIABLE, "").split(os.pathsep)
    return any(Path(place).resolve() == folder.resolve() for place in places if place)


def _study(name: str, folder: Path) -> Path:
    return folder / "experiments" / "studies" / f"{name}.py"


def _figure_file(name: str, folder: Path) -> Path:
    return folder / "figures" / f"{name}.py"


def _source(comparison: Comparison, name: str) -> str:
    lines = [
        f'"""{_plain(comparison.title)}."""', "", "from __future__ import annotations", "",
        *(["from pathlib import Path", ""] if comparison.config is not None else []),
        "from experiments.runs.comparison import Comparison",
        "from experiments.runs.levers import Factor",
        "",
        f"TITLE = {_quoted(comparison.title)}",
        f"QUESTION = {_text(comparison.question)}",
        f"HYPOTHESIS = {_quoted(HYPOTHESIS)}",
        "",
        MARK,
        "    factors=(",
    ]  # fmt: skip
    for factor in comparison.factors:
        lines += ["        Factor(", f"            keys={_tuple(factor.keys)},", "            rows=("]
        lines += [f"                {_tuple(row)}," for row in factor.rows]
        lines += ["            ),", *([] if factor.compared else ["            compared=False,"]), "        ),"]
    lines += [
        "    ),",
        "    outcomes=(",
        *(f"        {_quoted(outcome)}," for outcome in comparison.outcomes),
        "    ),",
    ]
    lines += [f"    default_seeds={comparison.default_seeds},", f"    quick_seeds={comparison.quick_seeds},"]
    lines += ["    settings=(", *(f"        {_quoted(setting)}," for setting in comparison.settings), "    ),"]
    if comparison.config is not None:
        lines += [f'    config=Path(__file__).with_name("{name}.toml"),']
    lines += [")", "runs, table = COMPARISON.runs, COMPARISON.table"]
    lines += ["summary, answer = COMPARISON.summary, COMPARISON.answer"]
    return "\n".join([*lines, "PRINTED = COMPARISON.printed", f"SOURCE = {_quoted(SOURCE)}", ""])


def _figure() -> str:
    caption = discovery.constant("figures", FIGURE, "CAPTION")
    return "\n".join(
        [
            '"""The comparison of the same name."""', "", "from __future__ import annotations", "",
            "from figures.compare import draw as draw", "", f"CAPTION = {_text(caption)}", "",
        ]
    )  # fmt: skip


def _text(text: str) -> str:
    parts = textwrap.wrap(text, WIDTH - 8, drop_whitespace=False, break_long_words=False, break_on_hyphens=False)
    return "\n".join(["(", *(f"    {_quoted(part)}" for part in parts), ")"])


def _tuple(texts: Iterable[str]) -> str:
    return "(" + "".join(f"{_quoted(text)}, " for text in texts).rstrip() + ")"


def _quoted(text: str) -> str:
    """A text as Python writes it, between double quotes."""
    return json.dumps(text)


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")
