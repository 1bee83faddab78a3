"""Roles, and the strategies that exist for each: told by the source, since importing them all takes seconds."""

from __future__ import annotations

import ast
from pathlib import Path

from market import discovery

FOLDERS = {
    "sequencer": "sequencers",
    "builder": "builders",
    "market_maker": "market_makers",
    "liquidator": "liquidators",
    "trader": "traders",
    "protocol": "protocols",
}
"""Folder of each role's strategies."""


def strategies() -> dict[str, list[str]]:
    """Return the names of the strategies, built in and plugged in, by role's folder."""
    return {folder: names(role) for role, folder in FOLDERS.items()}


def names(role: str) -> list[str]:
    """Return the strategies of a role: the modules of its folder that define one."""
    package = f"agents.{FOLDERS[role]}"
    return [name for name in discovery.modules(package) if name != "base" and _is_strategy(package, name)]


def _is_strategy(package: str, name: str) -> bool:
    """Whether a file defines a class with a base: a strategy, and not a support module."""
    path: Path = discovery.source(package, name)
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return any(isinstance(node, ast.ClassDef) and node.bases for node in tree.body)
