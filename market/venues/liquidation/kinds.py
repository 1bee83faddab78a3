"""No intents of its own: each venue that liquidates declares the kinds of its auctions."""

KINDS = ()
