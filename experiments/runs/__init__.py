"""What a study is, its runs, and how they are kept: configurations, sweeps on any executor, results on disk."""
