"""Models of a configuration that are named by their file: whoever adds one adds a file to the folder of its kind."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import BaseModel, ValidationError

from market import discovery
from market.errors import InputError


def built[T: BaseModel](package: str, base: type[T], settings: dict[str, Any], where: str) -> T:
    """Build the model that a file defines, from its settings.

    Parameters
    ----------
    package
        folder of the files, as a module
    base
        class that the model is of; a file defines exactly one
    settings
        `kind`, the name of the file, and what the model takes
    where
        where the settings stand, for messages

    Raises
    ------
    InputError
        names what is allowed, for an unknown kind or parameter
    """
    kind, allowed = str(settings.get("kind", "")), discovery.modules(package)
    if kind not in allowed:
        raise InputError(f"{where}.kind: {discovery.unknown(kind, allowed)}")
    module = discovery.load(package, kind)
    classes = [
        item
        for _, item in inspect.getmembers(module, inspect.isclass)
        if issubclass(item, base) and item.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise InputError(
            f"{where}: {module.__name__} must define exactly one {base.__name__.lower()}, not {len(classes)}"
        )
    try:
        return classes[0](**settings)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(piece) for piece in first["loc"]) or kind
        fields = ", ".join(sorted(classes[0].model_fields))
        raise InputError(f"{where}.{at}: {first['msg']}; parameters of {kind}: {fields}") from None
