"""The tape: every intent with its fate, written as it happens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from market.intents.rows import Purpose, Reason, Status
from market.measures.recorder import Recorder
from market.venues import Kind

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

ROWS_PER_GROUP = 1 << 16
NAMES = {"kind": Kind, "status": Status, "reason": Reason, "purpose": Purpose}
SINGULAR = {"borrowers": "borrower", "perpetual traders": "perpetual trader"}
"""Names of those who send from a group of accounts."""
COLUMNS = (
    "id",
    "position",
    "venue",
    "target",
    "asset_in",
    "asset_out",
    "amount",
    "limit",
    "filled_in",
    "filled_out",
    "fallback_out",
    "tip",
    "sent",
    "arrival",
    "executed",
    "bundle",
    "carried",
)


class Tape(Recorder):
    """A parquet file with a row per intent, in the order of decision; pending ones come last, with slot -1.

    Orders that the outside market carried out apart from blocks have slot -1, too, and a fate.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._buffer: list[np.ndarray] = []
        self._slots: list[np.ndarray] = []
        self._count = 0
        self._writer: pq.ParquetWriter | None = None

    def on_start(self, market: SequencerMarket) -> None:
        """Take the names of everybody."""
        self._market = market
        self._group = market.world.tables.accounts["group"].astype(np.int64)
        self._names = np.array([SINGULAR.get(group, group) for group in market.world.groups])
        roles = [member.role for member in market.members]
        self._roles = np.array([*roles, *self._names[len(roles) :]])
        self._rollups = np.array([rollup.name for rollup in market.config.rollups])

    def on_block(self, slot: Slot) -> None:
        """Add a slot's rows."""
        self._buffer.append(slot.rows.copy())
        self._slots.append(np.full(slot.rows.size, slot.domain.slot))
        self._count += slot.rows.size
        if self._count >= ROWS_PER_GROUP:
            self._flush()

    def on_orders(self, rows: np.ndarray) -> None:
        """Add orders carried out apart from blocks."""
        self._buffer.append(rows.copy())
        self._slots.append(np.full(rows.size, -1))
        self._count += rows.size

    def close(self) -> None:
        """Write what is left, and what is still pending, and finish the file."""
        for domain in self._market.domains:
            pending = self._market.mempool.waiting(domain.index).copy()
            self._buffer.append(pending)
            self._slots.append(np.full(pending.size, -1))
        self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        if not self._buffer:
            return
        table = self._table(np.concatenate(self._buffer), np.concatenate(self._slots))
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)
        self._buffer, self._slots, self._count = [], [], 0

    def _table(self, rows: np.ndarray, slots: np.ndarray) -> pa.Table:
        sender = self._group[rows["sender"]]
        columns: dict[str, object] = {
            "slot": slots,
            "sender": self._names[sender],
            "account": rows["sender"],
            "role": self._roles[sender],
            "rollup": self._rollups[rows["rollup"]],
        }
        columns |= {name: np.array([item.name.lower() for item in enum])[rows[name]] for name, enum in NAMES.items()}
        columns |= {name: np.ascontiguousarray(rows[name]) for name in COLUMNS}
        return pa.table(columns)
