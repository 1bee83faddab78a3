"""Promises of inclusion ahead of the block."""
