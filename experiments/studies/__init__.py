"""One file per question, discovered by file name."""
