"""Questions: runs, sweeps, studies, known answers and the command line."""
