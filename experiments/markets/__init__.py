"""The markets that questions are put to: the reference scenario, smaller ones, recorded ones, less a channel."""
