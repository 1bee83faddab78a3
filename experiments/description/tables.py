"""The tables of the model's description, read from what they describe."""

from __future__ import annotations

import ast
import importlib
import inspect
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agents.roles import FOLDERS
from agents.signatures import signatures
from experiments.cli import validate
from experiments.runs import study
from market import discovery
from market.config import MarketConfig, RegimeConfig
from market.sequencing import PARTS, kinds, mechanism
from market.state import schema
from market.streams import STREAMS
from market.venues import KINDS

OF_REGIMES = ("name", "source", "sequencer", "block_time_s")
"""Fields of a regime that are no part of it."""
STREAM_OF = {
    "prices": "reference prices: shocks and jumps",
    "founding": "the random graph, positions of borrowers and traders at the start",
    "flow": "arrivals, sizes, sides, limits, tips and delays of retail trades",
    "borrowers": "when borrowers look, and how each defends her position",
    "ordering": "lotteries, random orders, exact ties",
    "phases": "by how much the clocks of domains are apart",
    "agents": "what strategies draw, and their delays: a child for each agent",
    "faults": "outages and missed slots, by rollup",
    "perpetual traders": "when traders of perpetuals look, and what they do",
    "l1": "the price of data on L1",
    "committees": "who is on a committee",
    "reporters": "what reporters observe",
    "leaders": "who leads slots to come",
    "reorganisations": "which blocks L1 reverts",
}
"""What is drawn from each stream of random numbers."""


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table in Markdown."""
    titles = list(head)
    lines = [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def first_line(owner: Any) -> str:
    """First sentence of a docstring."""
    return (inspect.getdoc(owner) or "").partition("\n\n")[0]


def docstring(module: str) -> str:
    """A module's whole docstring, read from its source."""
    package, _, name = module.rpartition(".")
    return ast.get_docstring(ast.parse(discovery.source(package, name).read_text(encoding="utf-8"))) or ""


def known_answers() -> str:
    """The patterns that the model must reproduce."""
    rows = []
    for known, (module, title) in validate.answers().items():
        text = docstring(f"{validate.PACKAGE}.{module}").partition("\n")[0]
        rows.append((known, title, text, f"`experiments/validation/{module}.py`"))
    return table(("id", "pattern", "what is compared", "where"), rows)


def studies() -> str:
    """The questions that are asked of the model."""
    rows = [(f"`{name}`", discovery.constant(study.PACKAGE, name, "QUESTION")) for name in study.names()]
    return table(("study", "question"), rows)


def declared() -> dict[str, type[schema.Columns]]:
    """Tables of the market by name, room by room; whoever else declares a table is no part of the model."""
    importlib.import_module("market.model")  # and with it all that declares one
    found = {name: columns for name, columns in schema.tables().items() if columns.__module__.startswith("market.")}
    return dict(sorted(found.items(), key=lambda item: (item[1].__module__, item[0])))


def state() -> str:
    """Every table of the state with its columns: entities and their state variables."""
    parts = []
    for name, columns in declared().items():
        rows = [(f"`{column.name}`", column.meaning, column.unit) for column in columns]
        parts.append(f"**`{name}`**: {first_line(columns)}\n\n{table(('variable', 'meaning', 'unit'), rows)}")
    return "\n".join(parts)


def intents() -> str:
    """The kinds of intents: everything that may be asked for."""
    rows = [(f"`{statement.name}`", venue, f"{statement.gas:g}") for venue, statement in KINDS]
    return table(("intent", "venue", "gas"), rows)


def strategies() -> str:
    """Strategies by role, with their parameters."""
    known, parts = signatures(), []
    for role, folder in FOLDERS.items():
        rows = [
            (
                f"`{name}`",
                about["summary"],
                ", ".join(f"`{key}={value!r}`" for key, value in about["parameters"].items()),
            )
            for name, about in known[folder].items()
        ]
        parts.append(f"**{role.replace('_', ' ')}**\n\n{table(('strategy', 'what it does', 'parameters'), rows)}")
    return "\n".join(parts)


def mechanisms() -> str:
    """Parts of a regime with the mechanisms that exist for each, and their parameters."""
    parts = []
    for part in PARTS:
        rows = []
        for kind in kinds(part):
            made = mechanism(part, kind)
            own = {name: field for name, field in made.model_fields.items() if name != "kind"}
            parameters = "; ".join(
                f"`{name}={_default(field)}`: {field.description or ''}" for name, field in own.items()
            )
            rows.append((f"`{kind}`", first_line(made), parameters))
        about = RegimeConfig.model_fields[part].description
        parts.append(f"**`{part}`**: {about}\n\n{table(('mechanism', 'rule', 'parameters'), rows)}")
    return "\n".join(parts)


def regimes() -> str:
    """Named compositions: which parts differ from a plain one, and the source."""
    from market import regimes as named

    rows = []
    for name in named.names():
        regime = named.load(name)
        dumped = regime.model_dump(exclude_defaults=True)
        parts = ", ".join(f"{part} `{value['kind']}`" for part, value in dumped.items() if part not in OF_REGIMES)
        rows.append((f"`{name}`", parts or "all parts plain", regime.source))
    return table(("regime", "parts that are not plain", "source"), rows)


def parameters() -> str:
    """Every setting of a market with its default, meaning and unit, but for those of a regime's parts."""
    return table(("setting", "default", "meaning"), _settings(MarketConfig, ""))


def _settings(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        if name == "regime":
            continue
        inner = _model(field.annotation)
        several = "[]" if typing.get_origin(field.annotation) is tuple else ""
        key = f"{prefix}{name}{several}"
        if inner is None:
            yield f"`{key}`", f"`{_default(field)}`", field.description or ""
        else:
            yield f"`{key}`", "", field.description or first_line(inner)
            yield from _settings(inner, f"{key}.")


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, one or several of, if it does."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    found = [_model(argument) for argument in typing.get_args(annotation)]
    return next((model for model in found if model is not None), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_defaults=True)
    return f"{value:g}" if isinstance(value, float) else str(value)


def streams() -> str:
    """Streams of random numbers: what is drawn from each."""
    return table(("stream", "what is drawn from it"), [(f"`{name}`", STREAM_OF.get(name, "")) for name in STREAMS])


def documented(modules: Mapping[str, str]) -> str:
    """Submodels by title, each with its module's own words: equations and sources."""
    parts = []
    for title, module in modules.items():
        text = docstring(module).replace("::\n", ":\n")
        parts.append(f"**{title}** (`{module.replace('.', '/')}.py`)\n\n{text}\n")
    return "\n".join(parts)
