"""Kinds of intents on vaults."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "vault_deposit",
        "venue: vault; amount of money",
        rule="rules.deposit",
        gas=90e3,
        gives="rules.given",
        capped="rules.moved",
        submit="submit",
    ),
    Statement("vault_withdraw", "venue: vault; amount of money", rule="rules.withdraw", gas=70e3, submit="submit"),
)
