"""Committees of reporters, whose median is a feed's price, and offers to pay for their reports."""
