"""A sequencer that keeps arrival order even where nothing makes it."""

from __future__ import annotations

from agents.sequencers.base import Sequencer


class Honest(Sequencer):
    """First come, first served."""
