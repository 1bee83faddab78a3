"""A block that holds users, arbitrage and a sandwich, and what was in vain."""

TITLE = "A block of an auctioned chance to build: a sandwich around a user, arbitrage, and what was sent in vain"
FIGURE = "block"
COMMANDS = r"""
simulate --regime pbs --seed 1 --tape pbs.parquet
tape pbs.parquet --block 286 --rollup rollup0 --picture
"""
