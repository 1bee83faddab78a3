"""Kinds of intents on bridges."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "bridge",
        "venue: bridge; amount of asset_in on the rollup; arrives at the bridge's other end",
        rule="rules.send",
        gas=120e3,
        bytes=160.0,
        gives="input",
        capped="input",
        submit="bridge",
    ),
)
