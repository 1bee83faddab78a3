"""Who may order a slot."""
