"""The graph of rollups where two networks compete and arbitrageurs use bridges."""

TITLE = "Six rollups of which five are in one network, and half an hour of arbitrage over the bridges between them"
FIGURE = "rollups"
COMMANDS = r"""
simulate --regime competing_networks --hours 0.5 --seed 1 --tape networks.parquet \
    --set 'agents.trader.1={strategy = "bridging_arbitrageur", parameters = {}}'
tape networks.parquet --rollups --picture
"""
