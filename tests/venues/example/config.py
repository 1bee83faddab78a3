"""Settings of vaults."""

from __future__ import annotations

from pydantic import Field

from market.settings import Settings


class OnRollup(Settings):
    """What vaults add to a rollup."""

    vaults: int = Field(default=1, ge=0, description="vaults [1]")
