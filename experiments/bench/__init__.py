"""Speed and memory, measured where the market runs."""
