"""What a circuit breaker asks of intents on options: whether they defend."""

from __future__ import annotations

from typing import Any

from market.state.store import Tables


def defends(tables: Tables, row: Any) -> bool:
    """Whether margin is paid into an account of the sender's own that holds or owes options."""
    at = int(row["target"])
    if not 0 <= at < len(tables.option_accounts) or tables.option_accounts["owner"][at] != row["sender"]:
        return False
    account = tables.option_accounts[at]
    series = int(tables.option_markets["series"][int(account["market"])])
    first = int(account["positions"])
    return bool(tables.option_positions["quantity"][first : first + series].any())
