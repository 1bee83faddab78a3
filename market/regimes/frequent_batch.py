"""Frequent batch auctions on a shared domain: the swaps of a block clear at one price on each pool.

Neither speed nor a tip buys a place within a batch, so being early is worth nothing and sandwiches have no two sides.
Source: Budish, Cramton & Shim (2015), The high-frequency trading arms race: frequent batch auctions as a market design
response, QJE 130(4).
"""

from market.config import RegimeConfig

REGIME = RegimeConfig(
    name="frequent_batch",
    source="Budish, Cramton & Shim 2015 (QJE 130)",
    domains={"kind": "shared"},
    leader={"kind": "operator"},
    visibility={"kind": "operator_only"},
    ordering={"kind": "uniform_price_batch"},
    sequencer="honest",
)
