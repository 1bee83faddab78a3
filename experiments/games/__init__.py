"""Small repeated games that put the market's auctions and the agents' learners together, without the market around
them."""
