"""``seqmarket strategy new``: a strategy to begin with, and its test."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import keyword
import re
from pathlib import Path

from market.errors import InputError

SKELETONS = Path(__file__).resolve().parents[2] / "agents" / "skeletons"
PLACEHOLDER = "Skeleton"
"""Name of the class in every skeleton."""
EXPECTED = {
    "trader": "assert played.filled.size and played.profit_usd > 0.0",
    "liquidator": 'assert played.filled.size and played.by_kind["liquidation"] > 0.0',
    "builder": 'assert played.by_kind["bid"] < 0.0  # it has won blocks, and paid for them',
    "sequencer": 'assert played.by_kind["fees"] > 0.0',
    "market_maker": 'assert played.filled.size and "provision" in played.by_kind',
    "protocol": 'assert played.outcomes["network_moves"] > 0',
}
"""What the test of a skeleton asserts, by role."""
TEST = '''"""Tests of {name}: a small market, one strategy in it."""

from {name} import {made}

from experiments.markets.trial import play_one


def test_{name}_does_what_it_is_for():
    played = play_one({made}, seconds=60, seed=1)
    {expected}
'''


def main(arguments: argparse.Namespace) -> int:
    """Write NAME.py and test_NAME.py, and say how to go on."""
    name, role, folder = arguments.strategy, arguments.role, arguments.to
    for path, text in written(name, role, folder).items():
        path.write_text(text, encoding="utf-8")
        print(path)
    group = f'{{role = "{role}", strategy = "{name}:{class_name(name)}"}}'
    where = "" if folder.resolve() == Path.cwd() else f" in {folder}"
    print(
        f"Test it{where}: uv run pytest test_{name}.py; let it play: uv run seqmarket simulate --config FILE.toml with"
    )
    print(f"agents = [{group}]")
    return 0


def written(name: str, role: str, folder: Path) -> dict[Path, str]:
    """Return what is to be written by its path; raises InputError for a name that will not do, or that is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise InputError(f"strategy new: got {name[:60]!r}; allowed: lower-case letters, digits and _, as in my_trader")
    if not folder.is_dir():
        raise InputError(f"--to {folder}: no such folder; allowed: an existing folder")
    paths = folder / f"{name}.py", folder / f"test_{name}.py"
    for path in paths:
        if path.exists():
            raise InputError(f"{path}: exists, and is not overwritten; allowed: another name, or --to another folder")
    skeleton, made = (SKELETONS / f"{role}.py").read_text(encoding="utf-8"), class_name(name)
    if importlib.util.find_spec(name) is not None or made in _names(skeleton):
        raise InputError(f"strategy new: {name!r} is the name of something that exists; allowed: another name")
    test = TEST.format(name=name, made=made, expected=EXPECTED[role])
    return dict(zip(paths, (re.sub(rf"\b{PLACEHOLDER}\b", made, skeleton), test), strict=True))


def class_name(name: str) -> str:
    """Name of the class of a strategy's file: `my_trader` holds `MyTrader`."""
    return "".join(part.capitalize() for part in name.split("_"))


def _names(source: str) -> set[str]:
    """Names that a skeleton uses, which its class must not have."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return imported | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
