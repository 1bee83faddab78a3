"""A fall of the price through outages of sequencers and pauses by a breaker."""

TITLE = "A quarter of an hour with a crash, an outage of one sequencer, one of all, and a breaker on each rollup"
FIGURE = "path"
COMMANDS = r"""
simulate --regime siloed --hours 0.25 --seed 1 --tape crash.parquet \
    --set 'prices.episodes=[{start_s = 300, end_s = 600, jumps_per_day = 1728, jump_mean = -0.025, drift = -15500}]' \
    --set 'regime.breaker={kind = "liquidation_volume", threshold_usd = 1e6, pause_s = 30}' \
    --set 'regime.consensus.scheduled=[{start_s=400,duration_s=90,rollup="rollup1"},{start_s=700,duration_s=60}]' \
    --set borrowers.collateral_median_usd=100000
tape crash.parquet --path --picture
"""
