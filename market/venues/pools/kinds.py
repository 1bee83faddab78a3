"""Kinds of intents on pools."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "swap",
        "venue: pool; amount of asset_in; limit: least amount of asset_out",
        rule="rules.swap",
        gas=150e3,
        bytes=160.0,
        gives="input",
        brings="output",
        capped="input",
        marked=True,
        traded="input",
        submit="swap",
    ),
    Statement(
        "add_liquidity",
        "venue: pool; amount of its first asset; limit: most of the second (0: any)",
        rule="rules.add_liquidity",
        gas=200e3,
        bytes=160.0,
        gives="flows.first_asset",
        submit="add_liquidity",
    ),
    Statement(
        "remove_liquidity",
        "venue: pool; amount of shares",
        rule="rules.remove_liquidity",
        gas=180e3,
        withdraws=True,
        submit="remove_liquidity",
    ),
    Statement(
        "mint_range",
        "venue: pool; target: the range's name; amount of liquidity; limit: most of the second asset (0: any)",
        rule="ranges.mint",
        gas=350e3,
        bytes=160.0,
        gives="flows.first_of_range",
        submit="mint_range",
    ),
    Statement(
        "burn_range",
        "venue: pool; target: the range's name; amount of liquidity",
        rule="ranges.burn",
        gas=250e3,
        withdraws=True,
        submit="burn_range",
    ),
    Statement(
        "collect_range",
        "venue: pool; target: the range's name; amount: least liquidity that it has",
        rule="ranges.collect",
        gas=150e3,
        submit="collect_range",
    ),
)
