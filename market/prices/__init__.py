"""Reference prices of the risky assets: an outside market that no agent controls."""
