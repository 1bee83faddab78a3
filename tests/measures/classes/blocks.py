"""Blocks written by hand, executed and recorded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from worlds import OPERATOR, ROLES, execute, founded, rollup

from market.genesis import World
from market.intents.extraction import Extraction
from market.measures.tally import Tally


class Recorded:
    """A world of agents (accounts 0 to 4), each of whose blocks is recorded."""

    def __init__(self, world: World | None = None) -> None:
        self.world = founded(rollup("a"), rollup("b")) if world is None else world
        self.retail = self.world.account_of["retail"]
        rollups = len(self.world.tables.rollups)
        self.tally = Tally(rollups, len(self.world.groups))
        self.tally.on_start(SimpleNamespace(world=self.world, members=ROLES))  # type: ignore[arg-type]

    def block(self, *rows: np.ndarray, time: float = 0.0) -> list[str]:
        """Execute and record a block; returns the class of each row, in lower case."""
        slot: Any = SimpleNamespace(
            rows=execute(self.world, *rows, time=time), leader=SimpleNamespace(account=OPERATOR),
            by_author=lambda rows: [(rows, OPERATOR)],
        )  # fmt: skip
        assert (slot.rows["status"] == 1).all(), "a row of a test was not filled"
        self.rows = slot.rows
        self.tally.on_block(slot)
        return [Extraction(found).name.lower() for found in self.tally.found.classes]

    @property
    def loss(self) -> np.ndarray:
        """What each row of the last block lost to sandwiches [USD]."""
        return self.tally.found.loss

    def gain(self, account: int, taken: Extraction) -> float:
        """What an account gained by a class so far [USD]."""
        return float(self.tally.gains[account, taken])
