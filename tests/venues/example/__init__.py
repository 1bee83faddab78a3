"""Vaults: money that whoever paid in last may take out. The venue that tests add to the market."""
