"""Kinds of intents that need no venue of the rollup: payments, and exchange with the outside market."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "payment",
        "target: payee's account; amount of asset_in",
        rule="rules.pay",
        gas=50e3,
        gives="input",
        capped="input",
        submit="pay",
    ),
    Statement(
        "outside",
        "amount of asset_in for asset_out outside; limit: least amount of asset_out, none of a hedge apart from blocks",
        rule="rules.trade",
        gas=50e3,
        gives="input",
        brings="output",
        marked=True,
        capped="input",
        submit="outside",
    ),
)
