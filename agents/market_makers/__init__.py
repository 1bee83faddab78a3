"""Strategies of market makers, one file each, discovered by file name."""
