"""The configuration of what is shown, put down: as a file for ``--config``, and as a command."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from experiments.dashboard import levers
from market.config import MarketConfig

DEFAULT = "siloed"
"""Regime of ``simulate`` unless another is asked for."""


def command(chosen: Mapping[str, Any]) -> str:
    """The command that runs the market of these choices to its horizon."""
    known = {name: chosen.get(name, lever.first) for name, lever in levers.levers().items()}
    words = ["--regime", str(known["regime"]), "--seed", str(known["seed"])]
    for setting in levers.settings(chosen):
        words += ["--set", setting]
    return f"uv run seqmarket simulate {shlex.join(words)}"


def toml(config: MarketConfig, seed: int) -> str:
    """The configuration as what it differs in from that of ``simulate`` without any options."""
    base = levers.without_settings({"regime": DEFAULT})
    lines = [f"{key} = {_text(value)}" for key, value in _differences(base, config, "")]
    head = f"# seqmarket simulate --config market.toml --seed {seed}"
    return "\n".join([head, *lines, ""])


def outcomes(found: Mapping[str, Any]) -> str:
    """Outcomes as ``simulate`` prints them, a line each."""
    width = max(map(len, found), default=0)
    lines = (f"{key:{width}}  {f'{value:,.6g}' if isinstance(value, float) else value}" for key, value in found.items())
    return "\n".join(lines)


def _differences(base: Any, changed: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Dotted keys and values in which a configuration differs from another."""
    if changed == base:
        return
    if isinstance(changed, BaseModel) and type(changed) is type(base):
        for name in type(changed).model_fields:
            yield from _differences(getattr(base, name), getattr(changed, name), f"{key}.{name}" if key else name)
    elif len(old_ones := _tables(base)) == len(new_ones := _tables(changed)) > 0:
        for number, (old, new) in enumerate(zip(old_ones, new_ones, strict=True)):
            yield from _differences(old, new, f"{key}.{number}")
    else:
        yield key, changed


def _tables(value: Any) -> list[BaseModel]:
    """Entries of a list of tables; none of anything else."""
    return [entry for entry in value if isinstance(entry, BaseModel)] if isinstance(value, tuple) else []


def _text(value: Any) -> str:
    """A value in TOML; there is nothing, None, in it, and a table leaves it out."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        entries = [f"{_key(str(key))} = {_text(inner)}" for key, inner in value.items() if inner is not None]
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(str(value)) if isinstance(value, str | Path) else repr(value)


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else json.dumps(text)
