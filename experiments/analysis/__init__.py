"""What is concluded from finished runs: intervals, paired comparisons, tables that figures draw, verdicts."""
