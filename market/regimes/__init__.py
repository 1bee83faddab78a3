"""Named regimes, one short file each, discovered by file name."""
