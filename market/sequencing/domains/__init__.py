"""Which rollups are sequenced together."""
