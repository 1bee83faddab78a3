"""Intents: what senders ask a sequencer to do, what became of each, and where they wait."""
