"""The designs by which a market sells what it liquidates: one a file."""
