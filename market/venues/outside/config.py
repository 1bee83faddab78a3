"""Configuration of the outside market."""

from __future__ import annotations

from pydantic import Field

from market.settings import Settings


class OnMarket(Settings):
    """What the outside market adds to the market."""

    outside_fee_bp: float = Field(default=1.0, ge=0, lt=10_000, description="fee of the outside market [bp]")
