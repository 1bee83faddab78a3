"""Who watches whoever bids and orders, and what being found out costs."""
