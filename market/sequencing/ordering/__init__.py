"""How a block is ordered."""
