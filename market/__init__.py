"""The world and its rules; knows nothing of preferences."""

from market.kernel import cache

cache.register()
