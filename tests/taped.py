"""Tapes of blocks that a test has executed by itself, without a market that runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from worlds import ROLES

from market.genesis import World
from market.measures.tally import Tally
from market.measures.tape import Tape


class Block(NamedTuple):
    """An executed block: its receipts, its number, who built it and who led its slot, and what the former paid."""

    receipts: np.ndarray
    number: int
    author: int
    operator: int
    bid_usd: float = 0.0


def write_tape(path: Path, world: World, blocks: Iterable[Block], places: tuple[str, ...] = ("a", "b")) -> None:
    """Write the tape of blocks of one domain; `blocks` may execute each when it is asked for it."""
    config = SimpleNamespace(
        rollups=[SimpleNamespace(name=name) for name in places],
        asset_names=("USD", "ETH", "BTC")[: world.tables.prices.size],
        regime=SimpleNamespace(name="by hand"),
        horizon_s=60.0,
    )
    market: Any = SimpleNamespace(
        world=world,
        members=[SimpleNamespace(name=f"{role} {at}", role=role) for at, role in enumerate(ROLES)],
        config=config,
        seed=0,
        domains=[],
        tally=Tally(len(places), len(world.groups)),
    )
    tape = Tape(path)
    market.tally.on_start(market)
    tape.on_start(market)
    for block in blocks:
        slot: Any = SimpleNamespace(
            rows=block.receipts,
            domain=SimpleNamespace(slot=block.number, index=0),
            leader=SimpleNamespace(account=block.operator),
            bids=block.bid_usd,
            missed=False,
            by_author=lambda rows, author=block.author: [(rows, author)],
        )
        market.tally.on_block(slot)
        tape.on_block(slot)
    tape.close()
