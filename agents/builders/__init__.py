"""Strategies of builders, one file each, discovered by file name."""
