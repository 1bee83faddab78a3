"""The way around the sequencer, through L1."""
