"""Cells of a parquet file, as the text that a CSV file would have."""

from __future__ import annotations

import ast
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from market.errors import InputError


def parquet_rows(path: Path, data: bytes) -> list[list[str]]:
    """Return the names of the columns and the rows below them, as text; what is missing is empty.

    Instants are ISO 8601 in UTC, as a column without a time zone is understood. Names that pandas made of two levels
    become two rows.

    Raises
    ------
    InputError
        no parquet file.
    """
    try:
        table = pq.read_table(io.BytesIO(data))
        columns = [(name, _texts(table.column(i))) for i, name in enumerate(table.column_names)]
    except (pa.ArrowException, OSError, OverflowError) as error:
        raise InputError(f"{path}: damaged parquet ({str(error)[:80]}); allowed: a whole parquet file") from None
    known = [(name, texts) for name, texts in columns if texts is not None]
    return [*_header([name for name, _ in known]), *map(list, zip(*(texts for _, texts in known), strict=True))]


def _texts(column: Any) -> list[str] | None:
    """Return a column as text, or None where its values are no single ones."""
    kind = column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return None
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        instants = column.cast(pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False)
        found = np.datetime_as_string(instants.astype("datetime64[us]"), unit="us")
        return ["" if text == "NaT" else f"{text}Z" for text in found.tolist()]
    return ["" if value is None else str(value).strip() for value in column.to_pylist()]


def _header(names: list[str]) -> list[list[str]]:
    """Return the rows of names: one, or two where pandas wrote pairs such as ``('Close', 'ETH-USD')``."""
    pairs = [_pair(name) for name in names]
    levels = [[first for first, _ in pairs], [second for _, second in pairs]]
    return levels if any(levels[1]) else levels[:1]


def _pair(name: str) -> tuple[str, str]:
    try:
        found = ast.literal_eval(name) if name.startswith("('") else None
    except (ValueError, SyntaxError):
        found = None
    return (str(found[0]), str(found[1])) if isinstance(found, tuple) and len(found) == 2 else (name, "")
