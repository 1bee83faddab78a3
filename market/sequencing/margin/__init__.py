"""What the sequencer checks before it includes an intent."""
