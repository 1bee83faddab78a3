"""Who reads a pending intent before its order is fixed."""
