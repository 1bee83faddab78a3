"""The world and its rules; knows nothing of preferences."""
