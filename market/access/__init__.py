"""What a strategy is given: an observation, a desk; and what the market asks of whoever takes a seat."""
