"""The graph of rollups and bridges, which a market keeps as `market.graph` and strategies see as `seen.graph`.

It is a networkx graph, so that paths, neighbours and centralities are asked of it: `nx.shortest_path(graph, a, b,
weight="delay_s")`. Its nodes are the numbers of the rollups:

- `name`: of the rollup
- `domain`: number of the domain that sequences it
- `venues`: by venue, the configurations of its markets, such as `venues["pools"]`
- `depth_usd`: value of one side of all its pools [USD]
- `block_time_s`: time between the blocks of its domain [s]

Its edges are the bridges, usable in both directions:

- `delay_s`: from inclusion to arrival [s]
- `fee_bp`: fee on the amount moved [bp]
- `capacity_usd`: funds at either end, per asset, at the start [USD]
- `flows`: moved so far, fees off: shape (2, assets) [units of the asset]; row 0 from the end of the lower number
"""
