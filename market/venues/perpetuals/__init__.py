"""Perpetuals."""
