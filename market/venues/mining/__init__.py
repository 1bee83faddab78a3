"""Liquidity mining: programmes that pay for depth and for quotes."""
