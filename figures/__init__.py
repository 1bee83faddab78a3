"""Drawing only: reads stored tables and never simulates."""
