"""Who keeps what the sequencer takes in."""
