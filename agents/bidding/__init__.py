"""How bidders bid: what is common to builders and sequencers."""
