"""How compiled functions are compiled, cached and warmed."""
