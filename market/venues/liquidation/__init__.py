"""What is shared by whatever can be liquidated: designs, auctions and their lots, and the index of thresholds."""
