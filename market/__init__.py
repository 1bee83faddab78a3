"""The world and its rules; knows nothing of preferences."""

from market import kernel_cache

kernel_cache.choose()
