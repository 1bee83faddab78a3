"""A configuration from a file and ``key=value`` settings, laid over a base; every mistake is one clear line.

What is laid over what: a table is merged key by key; a part of a regime whose ``kind`` changes is replaced, and so are
the parameters of a strategy that changes with them; in a file, ``[[agents]]`` join the base's agents (an entry with the
role and strategy of an existing one changes that one, and ``count = 0`` removes it; sequencers are matched by role
alone); a table laid over a list, such as ``[rollups.0]``, changes the entries that its keys number; every other list is
replaced.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from experiments.runs import dotted, toml_lines
from market import discovery
from market.config import RegimeConfig
from market.errors import InputError, message_of


def load[M: BaseModel](file: Path | None, overrides: Sequence[str], base: M) -> M:
    """Lay a TOML file and then ``key=value`` settings over a configuration.

    Parameters
    ----------
    file : TOML file, or None
    overrides : settings such as ``rollups.0.block_time_s=1`` or ``regime.ordering=random_batch``; keys are dotted, with
        indices into lists, and values are TOML, or a string where they are not; ``agents.trader.0.count`` is that of
        the first group of traders, ``assets.*.volatility`` that of every asset, and so is ``prices.volatility``
    base : any frozen pydantic model; it is not changed

    Raises
    ------
    InputError
        One line: the key or the line of the file, what is wrong with it and what is allowed.
    """
    data: Any = base
    if file is not None:
        try:
            data = _merge(data, _read(file), top=True)
        except InputError as error:
            raise InputError(str(error).replace("--set ", f"{file}: ", 1)) from error
    settings = []
    typed: dict[str, str] = {}
    for key, value in map(_parse, overrides):
        for place in dotted.places(data, key):
            typed[_spelt(place, key)[0]] = _spelt(place, key)[1]
            data = _assign(data, place, value)
            settings.append(place)
    if data is base:
        return base
    try:
        return type(base).model_validate(data)
    except ValidationError as error:
        message = _explain(error, base, file, settings)
        for place, said in typed.items():
            message = message.replace(f"--set {place}", f"--set {said}", 1)
        raise InputError(message) from error


def key_of(setting: str) -> str:
    """The dotted key that a ``key=value`` sets."""
    return _parse(setting)[0]


def _spelt(place: list[str], key: str) -> tuple[str, str]:
    """How a complaint begins about a place that a key stands for, and how the key was typed as far."""
    parts = key.split(".")
    if key in dotted.ALIASES or dotted.EVERY in parts:
        return ".".join(place), key
    return ".".join(place[:2]), ".".join(parts[: 2 + len(parts) - len(place)])


def value_at(config: BaseModel, key: str) -> Any:
    """What stands at a dotted key of a configuration, as ``--set`` knows it; None where there is nothing.

    Where the key stands for several places that differ, a tuple of what is there.
    """
    found = [dotted.value_in(config, place) for place in dotted.places(config, key)]
    return found[0] if all(value == found[0] for value in found) else tuple(found)


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise InputError(f"{file}: no such file; allowed: a TOML file")
    try:
        return _plain(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not a text file; allowed: TOML in UTF-8") from error
    except (RecursionError, tomllib.TOMLDecodeError, ValueError) as error:
        if not isinstance(error, tomllib.TOMLDecodeError):  # numbers of thousands of digits, lists within lists
            raise InputError(f"{file}: {_beyond(error)}; allowed: TOML") from error
        message, line = re.sub(r"\s*\(at .*\)$", "", str(error)), re.search(r"at line (\d+)", str(error))
        where = f"{file}:{line[1]}" if line else str(file)
        raise InputError(f"{where}: {message}; allowed: TOML") from error


def _parse(text: str) -> tuple[str, Any]:
    key, separator, raw = text.partition("=")
    parts = [part.strip() for part in key.split(".")]
    key = ".".join(parts)
    if not separator or not all(parts):
        raise InputError(f"--set {text}: not a setting; allowed: key=value with a dotted key, as in flow.per_second=20")
    try:
        table = tomllib.loads(f"value = {raw}")
    except tomllib.TOMLDecodeError:
        return key, raw.strip()
    except (RecursionError, ValueError) as error:
        raise InputError(f"--set {key}: {_beyond(error)}; allowed: a value as in TOML") from error
    return key, _plain(table["value"]) if len(table) == 1 else raw.strip()


def _beyond(error: Exception) -> str:
    """What no reader of TOML can make something of, although it may be TOML."""
    return "lists or tables nested too deep" if isinstance(error, RecursionError) else message_of(error)


def _plain(value: Any) -> Any:
    """TOML's dates as the ISO 8601 strings that the configuration asks for."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value


def _merge(base: Any, new: Any, top: bool = False) -> Any:
    """``new`` laid over ``base``, as plain data in which untouched parts of ``base`` stay as they are."""
    if isinstance(base, RegimeConfig) and isinstance(new, str):
        from market.regimes import load as load_regime

        return load_regime(new)
    if isinstance(base, Mapping) and "kind" in base and isinstance(new, str):
        new = {"kind": new}
    if not isinstance(new, Mapping):
        return new
    if isinstance(base, list | tuple):  # by number
        for key, value in new.items():
            base = _assign(base, [key], value)
        return base
    if isinstance(base, BaseModel):
        base = {name: getattr(base, name) for name in type(base).model_fields}
    elif not isinstance(base, Mapping) or new.get("kind", base.get("kind")) != base.get("kind"):
        return dict(new)
    if "parameters" in new and new.get("strategy", base.get("strategy")) != base.get("strategy"):
        base = {**base, "parameters": {}}
    merged = {**base, **{key: _merge(base.get(key), value) for key, value in new.items()}}
    if top and isinstance(new.get("agents"), list) and "agents" in base:
        merged["agents"] = _join(base["agents"], new["agents"])
    return merged


def _join(base: Sequence[Any], new: Sequence[Any]) -> list[Any]:
    """Groups of agents of a file joined to those of the base, matched by role and strategy."""

    def identity(group: Any) -> Any:
        role, strategy = (
            (group.get("role"), group.get("strategy")) if isinstance(group, Mapping) else (group.role, group.strategy)
        )
        return role if role == "sequencer" else (role, strategy)

    known = {identity(group): position for position, group in enumerate(base)}
    joined = list(base)
    for group in new:
        if isinstance(group, Mapping) and identity(group) in known:
            position = known[identity(group)]
            joined[position] = _merge(base[position], group)
        else:
            joined.append(group)
    return joined


def _assign(data: Any, keys: list[str], value: Any, depth: int = 0) -> Any:
    """``data`` with the value at a dotted key replaced; unknown keys are left for the validation to find."""
    if depth == len(keys):
        return _merge(data, value)
    key, where = keys[depth], ".".join(keys[: depth + 1])
    if isinstance(data, BaseModel):
        data = {name: getattr(data, name) for name in type(data).model_fields}
    if isinstance(data, Mapping):
        return {**data, key: _assign(data.get(key), keys, value, depth + 1)}
    if isinstance(data, list | tuple):
        if not key.isdecimal() or int(key) >= len(data):
            allowed = f"0 to {len(data) - 1}" if data else "none, the list is empty"
            raise InputError(f"--set {where}: no such place in a list; allowed: {allowed}")
        items = list(data)
        items[int(key)] = _assign(items[int(key)], keys, value, depth + 1)
        return items
    if data is None:
        return {key: _assign(None, keys, value, depth + 1)}
    raise InputError(f"--set {where}: {'.'.join(keys[:depth])} is a value and has no keys; allowed: set it as a whole")


def _explain(error: ValidationError, base: BaseModel, file: Path | None, settings: list[list[str]]) -> str:
    """The first complaint of pydantic as one line: where, what, what is allowed."""
    errors = error.errors(include_url=False)
    first = errors[0]
    keys = [str(part) for part in first["loc"]]
    what = _what(first, type(base), keys)
    if first["type"] == "extra_forbidden" and "did you mean" not in what:
        found = [key for key in _paths(base.model_dump()) if key.rpartition(".")[2] == keys[-1]]
        what = what.replace("; allowed:", f" (did you mean {found[0]!r}?); allowed:" if found else "; allowed:", 1)
    if not keys:  # a complaint of the whole begins with the key that it is about
        keys = _named(what)
        what = what.removeprefix(f"{'.'.join(keys)}: ")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{_where(keys, file, settings)}: {what}{more}"


def _paths(value: Any, prefix: str = "") -> Iterator[str]:
    """Dotted keys of all that is in a table."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, item in items:
        yield f"{prefix}{key}"
        yield from _paths(item, f"{prefix}{key}.")


def _named(message: str) -> list[str]:
    """The dotted key that a complaint of the whole configuration begins with."""
    found = re.match(r"([A-Za-z_]\w*(?:\.\d+(?:\.\w+)?|\.\w+)*): ", message)
    return found[1].split(".") if found else []


def _where(keys: list[str], file: Path | None, settings: list[list[str]]) -> str:
    name = ".".join(keys)
    for setting in settings:
        if setting[: len(keys)] == keys or keys[: len(setting)] == setting:
            return f"--set {name}" if name else f"--set {'.'.join(setting)}"
    if file is None:
        return name or "configuration"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    if keys and (line := toml_lines.line_of(lines, keys)) is not None:
        return f"{file}:{line}: {name}"
    pattern = re.compile(rf"(^|[\s{{,.]){re.escape(keys[-1])}\s*=") if keys else None
    found = [number for number, line in enumerate(lines, 1) if pattern and pattern.search(line)]
    place = f"{file}:{found[0]}" if len(found) == 1 else str(file)
    return f"{place}: {name}" if name else place


def _what(error: ErrorDetails, model: type[BaseModel], keys: list[str]) -> str:
    kind, context, value = error["type"], error.get("ctx", {}), error.get("input")
    parent, field = _resolve(model, keys)
    if kind == "extra_forbidden":
        return discovery.unknown(keys[-1], sorted(parent.model_fields)).replace("unknown name", "unknown key", 1)
    if kind == "missing":
        return f"missing; expected: {_description(field)}"
    if kind == "value_error":
        return " ".join(str(context["error"]).split())
    if kind in ("literal_error", "enum"):
        allowed = re.findall(r"'([^']*)'", str(context["expected"]))
        return discovery.unknown(str(value), allowed)
    shown = repr(value) if isinstance(value, str | int | float | bool) else f"a {type(value).__name__}"
    bound = error["msg"].removeprefix("Input should be ").removeprefix("Value should have ")
    return f"got {shown}; allowed: {bound} ({_description(field)})"


def _resolve(model: type[BaseModel], keys: list[str]) -> tuple[type[BaseModel], FieldInfo | None]:
    """Model that a dotted key ends in, and the field there (None when it has no such field)."""
    field: FieldInfo | None = None
    for position, key in enumerate(keys):
        if key.isdecimal():
            continue
        field = model.model_fields.get(key)
        inner = _model(field.annotation) if field else None
        if field is None or inner is None or position == len(keys) - 1:
            break
        model = inner
    return model, field


def _model(annotation: Any) -> type[BaseModel] | None:
    """The pydantic model inside an annotation such as ``tuple[RollupConfig, ...]``, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model(inner))), None)


def _description(field: FieldInfo | None) -> str:
    return (field.description if field else None) or "see the configuration's description"
