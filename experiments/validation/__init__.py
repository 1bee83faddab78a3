"""One file per family of known answers, discovered by file name."""

DATA = "SEQMARKET_DATA"
"""Variable of the environment that names the folder of real market data."""
