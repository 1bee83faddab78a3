"""When the sequencer pauses intents."""
