"""Strategies of traders, one file each, discovered by file name."""
