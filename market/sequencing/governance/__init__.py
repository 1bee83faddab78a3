"""Who decides on the rules of a regime while it runs."""
