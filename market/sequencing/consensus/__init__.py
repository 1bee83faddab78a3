"""When a slot's block is agreed on, and when it is not."""
