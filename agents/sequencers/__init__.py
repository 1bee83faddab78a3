"""Strategies of sequencers, one file each, discovered by file name."""
