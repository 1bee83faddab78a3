"""The tape: every intent with its fate, written as it happens, with all that outcomes of intents are made of.

A tape is a parquet file with a row per intent, in the order of decision; those still pending come last. `COLUMNS` names
the columns, with meaning and unit, which the file states, too. Under the key `RUN` of its metadata it keeps what
concerns no single intent: regime, seed and horizon, the names of the assets
by number and of the rollups, the agents with their roles in
the order of their accounts, who bid how much to whom for blocks, lanes and slots, and what stands around the intents
(:mod:`market.measures.surroundings`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from market.intents.rows import Purpose, Reason, Status
from market.measures.notes import COUNTED, blank, note, note_orders
from market.measures.recorder import Recorder
from market.measures.surroundings import Surroundings
from market.state.ledger import Why
from market.venues import Kind

if TYPE_CHECKING:
    from market.domain import Slot
    from market.model import SequencerMarket

RUN = b"seqmarket"
"""Key of the metadata under which a tape keeps what concerns the run."""
ROWS_PER_GROUP = 1 << 16
SINGULAR = {"borrowers": "borrower", "perpetual traders": "perpetual trader"}
"""Names of those who send from a group of accounts."""


class Column(NamedTuple):
    """What a column holds."""

    kind: pa.DataType
    meaning: str
    unit: str


TEXT, SMALL, WHOLE, LONG, REAL = pa.string(), pa.int8(), pa.int32(), pa.int64(), pa.float64()
COLUMNS = {
    "slot": Column(WHOLE, "block of its domain; -1: pending, or carried out outside apart from blocks", "number"),
    "domain": Column(WHOLE, "domain that sequenced it; -1: pending, or apart from blocks", "number"),
    "position": Column(WHOLE, "place in the block; -1: not included", "number"),
    "author": Column(TEXT, "who built the block, and has the tip; empty: pending, or apart from blocks", "name"),
    "operator": Column(TEXT, "who led the slot, and has the gas; empty: pending, or apart from blocks", "name"),
    "bid_usd": Column(REAL, "paid to the operator for blocks or lanes in this slot, in all", "USD"),
    "sender": Column(TEXT, "who sent it", "name"),
    "account": Column(WHOLE, "the sender's account", "number"),
    "role": Column(TEXT, "the sender's role", "name"),
    "receiver": Column(TEXT, "who has what it brought: the sender, of a settlement the winner", "name"),
    "rollup": Column(TEXT, "where it is executed", "name"),
    "kind": Column(TEXT, "what it asks for", "name"),
    "status": Column(TEXT, "its fate", "name"),
    "reason": Column(TEXT, "why it was reverted", "name"),
    "paused": Column(pa.bool_(), "whether a breaker ever held it back, whatever its fate afterwards", "flag"),
    "purpose": Column(TEXT, "what its sender says it is for", "name"),
    "counts_as": Column(TEXT, "what it counted as in its block, see `turns_round`", "name"),
    "turns_round": Column(LONG, "id of an earlier intent that counts as the same from now on; -1: none", "number"),
    "id": Column(LONG, "number, unique in a run", "number"),
    "bundle": Column(LONG, "bundle, which executes all or none; -1: none", "number"),
    "carried": Column(SMALL, "1: somebody else's in a bundle; 2: cleared together with its neighbours", "number"),
    "venue": Column(LONG, "venue of its kind: pool, lending market, perpetual, feed, bridge", "number"),
    "target": Column(LONG, "loan, contract, auction, payee or range, as the kind says; -1: none", "number"),
    "loan": Column(WHOLE, "loan that it concerns; -1: none", "number"),
    "contract": Column(WHOLE, "contract on a perpetual that it concerns; -1: none", "number"),
    "owner": Column(TEXT, "whose loan or contract that is; empty: none", "name"),
    "asset_in": Column(LONG, "asset given", "number"),
    "asset_out": Column(LONG, "asset received", "number"),
    "amount": Column(REAL, "amount asked for, as the kind says", "units"),
    "limit": Column(REAL, "limit, as the kind says", "units"),
    "mid": Column(REAL, "asset_out per asset_in at the mid when it was sent; 0: not noted", "units per unit"),
    "filled_in": Column(REAL, "amount given; of a trade or close-out on a perpetual, its value", "units, USD"),
    "filled_out": Column(REAL, "amount received; of a trade on a perpetual, contracts", "units"),
    "fallback_out": Column(REAL, "what a carried swap had received where its bundle stands; 0: not carried", "units"),
    "unfilled_out": Column(REAL, "what the pool had returned for a swap not filled; nan: others", "units"),
    "price_in_usd": Column(REAL, "reference price of asset_in at execution", "USD"),
    "price_out_usd": Column(REAL, "reference price of asset_out at execution", "USD"),
    "tip": Column(REAL, "tip, paid if it was filled", "USD"),
    "gas_usd": Column(REAL, "gas paid to the operator, for a reverted intent, too, where those pay", "USD"),
    "data_fee_usd": Column(REAL, "fee for its data, paid to the operator", "USD"),
    "data_cost_usd": Column(REAL, "what the operator paid L1 for its data", "USD"),
    "fee_usd": Column(REAL, "fee paid to a pool or perpetual, at the reference price", "USD"),
    "penalty_usd": Column(REAL, "paid for a lot beyond the borrower's debt, at the reference price", "USD"),
    "sandwich_loss_usd": Column(REAL, "received less than without the sandwiches around it", "USD"),
    "sandwiched_by": Column(LONG, "id of the first intent of the nearest of these; -1: none", "number"),
    "sent": Column(REAL, "when it was sent", "s"),
    "arrival": Column(REAL, "when it reached the sequencer", "s"),
    "executed": Column(REAL, "when it was decided on; 0: pending", "s"),
}
"""Columns of a tape, in order."""
SCHEMA = pa.schema(
    [
        pa.field(name, column.kind, metadata={"meaning": column.meaning, "unit": column.unit})
        for name, column in COLUMNS.items()
    ]
)


class Tape(Recorder):
    """Writes the tape of a run into a file, a few rows at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._buffer: list[tuple[np.ndarray, np.ndarray]] = []
        self._count = 0
        self._writer: pq.ParquetWriter | None = None
        self._paused, self._pauses = np.zeros(0, np.int64), 0
        self._around = Surroundings()

    def on_start(self, market: SequencerMarket) -> None:
        """Take the names of everybody."""
        self._market = market
        self._group = market.world.tables.accounts["group"].astype(np.int64)
        self._groups = [SINGULAR.get(group, group) for group in market.world.groups]
        roles = [member.role for member in market.members]
        self._roles = [*roles, *self._groups[len(roles) :]]
        self._rollups = [rollup.name for rollup in market.config.rollups]
        self._around.on_start(market)

    def on_second(self, market: SequencerMarket) -> None:
        """Let what stands around be noted."""
        self._around.on_second(market)

    def on_block(self, slot: Slot) -> None:
        """Add a slot's rows."""
        self._around.on_block(slot)
        self._take_note_of_paused(slot.domain.index)
        if not slot.rows.size:
            return
        self._add(slot.rows.copy(), note(self._market, slot))

    def on_orders(self, rows: np.ndarray) -> None:
        """Add orders that the outside market has carried out apart from blocks."""
        self._add(rows.copy(), note_orders(self._market, rows))

    def close(self) -> None:
        """Write what is left, what is still pending and what concerns the run, and finish the file."""
        for domain in self._market.domains:
            sealed = domain.sealed
            kept = [] if sealed is None else [sealed.rows, sealed.expired]
            pending = np.concatenate([*kept, self._market.mempool.waiting(domain.index)])
            pending["status"], pending["position"], pending["executed"] = int(Status.PENDING), -1, 0.0
            notes = blank(pending.size)
            notes["receiver"] = pending["sender"]
            self._add(pending, notes)
        self._flush()
        writer = self._opened()
        writer.add_key_value_metadata({RUN: json.dumps(self._run()).encode()})
        writer.close()

    def _take_note_of_paused(self, domain: int) -> None:
        """Remember what was paused just now: what becomes of it later overwrites that."""
        paused = int(self._market.tally.statuses[Status.PAUSED])
        if paused == self._pauses:
            return
        waiting = self._market.mempool.waiting(domain)
        self._paused = np.union1d(self._paused, waiting["id"][waiting["status"] == Status.PAUSED])
        self._pauses = paused

    def _add(self, rows: np.ndarray, notes: np.ndarray) -> None:
        notes["paused"] = (rows["status"] == Status.PAUSED) | np.isin(rows["id"], self._paused)
        self._paused = np.setdiff1d(self._paused, rows["id"]) if self._paused.size else self._paused
        self._buffer.append((rows, notes))
        self._count += rows.size
        if self._count >= ROWS_PER_GROUP:
            self._flush()

    def _opened(self) -> pq.ParquetWriter:
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._path, SCHEMA, compression="zstd")
        return self._writer

    def _flush(self) -> None:
        if not self._buffer:
            return
        rows, notes = (np.concatenate(parts) for parts in zip(*self._buffer, strict=True))
        self._opened().write_table(self._table(rows, notes))
        self._buffer, self._count = [], 0

    def _table(self, rows: np.ndarray, notes: np.ndarray) -> pa.Table:
        sender = self._group[rows["sender"]]
        columns: dict[str, Any] = {
            "sender": _named(self._groups, sender),
            "account": rows["sender"],
            "role": _named(self._roles, sender),
            "rollup": _named(self._rollups, rows["rollup"]),
            "counts_as": _named(COUNTED, notes["counted"]),
        }
        for name in ("author", "operator", "receiver", "owner"):
            group = np.where(notes[name] >= 0, self._group[notes[name]], len(self._groups))
            columns[name] = _named([*self._groups, ""], group)
        for name, enum in (("kind", Kind), ("status", Status), ("reason", Reason), ("purpose", Purpose)):
            columns[name] = _named([item.name.lower() for item in enum], rows[name])
        for name in COLUMNS.keys() - columns.keys():
            columns[name] = np.ascontiguousarray((notes if name in (notes.dtype.names or ()) else rows)[name])
        return pa.table([pa.array(columns[name]).cast(column.kind) for name, column in COLUMNS.items()], SCHEMA)

    def _run(self) -> dict[str, Any]:
        """What concerns no single intent."""
        market = self._market
        flows = market.world.tables.flows[:, :, :, 0]
        return {
            "regime": market.config.regime.name,
            "seed": market.seed,
            "horizon_s": market.config.horizon_s,
            "assets": list(market.config.asset_names),
            "rollups": self._rollups,
            "agents": [{"name": member.name, "role": member.role} for member in market.members],
            "bids": [
                {
                    "payer": self._groups[payer],
                    "payee": self._groups[payee],
                    "why": why.name.lower(),
                    "usd": float(flows[payer, payee, why]),
                }
                for why in (Why.BID, Why.TICKET)
                for payer, payee in np.argwhere(flows[:, :, why])
            ],
        } | self._around.stated()


def _named(names: list[str] | tuple[str, ...], numbers: np.ndarray) -> pa.DictionaryArray:
    """Names by number; an author may insert an intent whose numbers name nothing, which is then reverted."""
    known = (numbers >= 0) & (numbers < len(names))
    at = np.where(known, numbers, len(names))
    return pa.DictionaryArray.from_arrays(pa.array(at, pa.int32()), pa.array([*names, "unknown"], pa.string()))
