"""Venues: state arrays and small compiled functions."""
