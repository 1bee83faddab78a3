"""A cascade of liquidations where oracles read the pools that liquidators sell to."""

TITLE = "A cascade of liquidations, where oracles read the pools that liquidators sell to and borrowers owe much"
FIGURE = "cascade"
COMMANDS = r"""
simulate --regime siloed --hours 0.25 --seed 1 \
    --set 'prices.episodes=[{start_s = 300, end_s = 600, jumps_per_day = 1728, jump_mean = -0.025, drift = -15500}]' \
    --set 'rollups.*.oracle.source=pool' --set borrowers.collateral_median_usd=100000 --cascades
"""
