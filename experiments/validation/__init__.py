"""One file per family of known answers, discovered by file name."""
