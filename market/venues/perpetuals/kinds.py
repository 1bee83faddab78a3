"""Kinds of intents on perpetuals."""

from __future__ import annotations

from market.intents.kinds import Statement

KINDS = (
    Statement(
        "perpetual_trade",
        "venue: perpetual; target: contract; amount bought if asset_in is 0, else sold; limit: price",
        rule="rules.trade",
        gas=250e3,
        submit="perpetual",
    ),
    Statement(
        "perpetual_deposit",
        "venue: perpetual; target: contract; amount of margin",
        rule="rules.deposit",
        gas=250e3,
        defends="top_ups",
        submit="perpetual",
    ),
    Statement(
        "perpetual_withdraw",
        "venue: perpetual; target: contract; amount of margin",
        rule="rules.withdraw",
        gas=250e3,
        submit="perpetual",
    ),
    Statement(
        "perpetual_liquidate",
        "venue: perpetual; target: contract; amount: any",
        rule="close_out.liquidate",
        gas=250e3,
        liquidates=True,
        sells=True,
        submit="perpetual",
    ),
    # writes one number, as an update of a feed does
    Statement(
        "perpetual_quote",
        "venue: perpetual; amount: half spread that its maker quotes from now on",
        rule="rules.set_spread",
        gas=80e3,
        submit="quote",
    ),
    Statement(
        "contract_auction_start",
        "venue: perpetual; target: contract; amount: any",
        rule="auctions.start",
        gas=400e3,
        liquidates=True,
        submit="auction",
    ),
    Statement(
        "contract_auction_take",
        "venue: perpetual; target: number of the auction; amount: contracts; limit: price",
        rule="auctions.take",
        gas=350e3,
        capped="input",
        marked=True,
        traded="input",
        liquidates=True,
        sells=True,
        submit="auction",
    ),
    Statement(
        "contract_auction_bid",
        "venue: perpetual; target: number of the auction; amount of USD, beside which margin is put up; may be 0",
        rule="auctions.bid",
        gas=150e3,
        gives="flows.put_up",
        liquidates=True,
        submit="auction",
    ),
    Statement(
        "contract_auction_settle",
        "venue: perpetual; target: number of the auction; amount: any",
        rule="auctions.settle",
        gas=200e3,
        traded="input",
        liquidates=True,
        sells=True,
        submit="auction",
    ),
    Statement(
        "contract_auction_reset",
        "venue: perpetual; target: number of the auction; amount: any",
        rule="auctions.reset",
        gas=120e3,
        liquidates=True,
        sells=True,
        submit="auction",
    ),
)
