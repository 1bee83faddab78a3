"""Writing a block: what its author adds to it, and where."""
