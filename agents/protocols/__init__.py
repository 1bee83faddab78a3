"""Protocols: each decides for one rollup who sequences it."""
