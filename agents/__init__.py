"""Decisions only: every strategy is one file under its role."""
