"""A protocol that stays where it is."""

from __future__ import annotations

from agents.protocols.base import Protocol


class Loyal(Protocol):
    """Never moves: with it, a market is what it would be if rollups were assigned once and for all."""
