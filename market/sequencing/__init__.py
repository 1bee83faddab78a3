"""The parts that a regime is made of, one mechanism a file."""
