"""Strategies of liquidators, one file each, discovered by file name."""
