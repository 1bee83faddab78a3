"""Many small senders held in arrays, not objects."""
