"""Who paid whom under four sequencing regimes, over the whole reference scenario."""

TITLE = "Who paid whom in the reference scenario: the same two hours, users and prices under four regimes, one seed"
FIGURE = "payments"
COMMANDS = r"""
simulate --regime siloed_extractive --seed 1 --tape siloed_extractive.parquet
simulate --regime pbs --seed 1 --tape pbs.parquet
simulate --regime espresso --seed 1 --tape espresso.parquet
simulate --regime timeboost --seed 1 --tape timeboost.parquet
tape siloed_extractive.parquet pbs.parquet espresso.parquet timeboost.parquet --payments --picture
"""
