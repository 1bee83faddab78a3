"""``seqmarket simulate``: one market, its outcomes."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.runs import configuration
from experiments.runs.apart import apart
from market.config import MarketConfig
from market.errors import InputError

if TYPE_CHECKING:
    from experiments.runs.needs import Needs


def main(arguments: argparse.Namespace) -> int:
    """Run one market and print its outcomes, as a table or as the JSON object that programs read."""
    if arguments.tape is not None and not arguments.tape.parent.is_dir():
        raise InputError(f"--tape {arguments.tape}: no such folder; allowed: a file in an existing folder")
    config = configure(arguments)
    work = (config, arguments.seed, arguments.tape)
    outcomes, flows = run(*work) if arguments.time_limit is None else apart(arguments.time_limit, run, *work)
    if arguments.json:
        told = {"flows": flows} if arguments.flows else {}
        print(json.dumps({key: _json(value) for key, value in outcomes.items()} | told, allow_nan=False))
        return 0
    _print(outcomes, config)
    if arguments.flows:
        _print_flows(flows)
    return 0


def run(config: MarketConfig, seed: int, tape: Path | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the market, having said on stderr what that takes, and return its outcomes and who paid whom for what."""
    from experiments.runs.run import run_one
    from market.measures.flows import WhoPaidWhom
    from market.measures.tape import Tape

    paid = WhoPaidWhom()
    outcomes = run_one(config, seed, [paid, *([] if tape is None else [Tape(tape)])], before=_state)
    return outcomes, paid.table


def _state(needs: Needs) -> None:
    print(f"seqmarket: {needs}", file=sys.stderr)


def configure(arguments: argparse.Namespace) -> MarketConfig:
    """The reference scenario under the regime and with the pools named, then the file, the flags and --set over it."""
    from experiments.markets.scenarios import reference
    from market.regimes import load as load_regime

    base = reference().model_copy(update={"regime": load_regime(arguments.regime or "siloed")})
    if arguments.pools is not None:
        base = _with_pools(base, arguments.pools)
    flags = []
    if arguments.hours is not None:
        flags.append(f"horizon_s={arguments.hours * 3600}")
    if arguments.prices is not None:
        if not arguments.prices.is_file():
            raise InputError(f"--prices {arguments.prices}: no such file; allowed: a CSV of bars")
        # The file's name as a TOML string, whatever it looks like; a replay has no synthetic episodes.
        flags += [f"prices.file={json.dumps(str(arguments.prices))}", "prices.episodes=[]"]
        flags += ["prices.kind=replay", "prices.rescale=true"]
    return configuration.load(arguments.config, [*flags, *arguments.set], base)


def _with_pools(base: MarketConfig, path: Path) -> MarketConfig:
    from market.graph.pool_file import read_pools, reference_level

    if not path.is_file():
        raise InputError(f"--pools {path}: no such file; allowed: a CSV of pools")
    # real pools come without lending: the markets and borrowers are those of a reference rollup
    rollups = read_pools(path, template=base.rollups[1])
    asset = base.assets[0].model_copy(update={"price_usd": reference_level(rollups)})
    changed = base.model_copy(update={"rollups": rollups, "assets": (asset,)})
    return MarketConfig.model_validate(changed.model_dump())


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_flows(table: list[dict[str, Any]]) -> None:
    """Who paid whom for what, a line for each payer, payee, reason and asset."""
    rows = [tuple(table[0])] if table else []
    rows += [(*(str(value) for value in list(entry.values())[:-1]), f"{entry['amount']:,.6g}") for entry in table]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for *words, amount in rows:
        padded = [f"{word:{width}}" for word, width in zip(words, widths[:-1], strict=True)]
        print("  ".join([*padded, f"{amount:>{widths[-1]}}"]))


def _print(outcomes: Mapping[str, Any], config: MarketConfig) -> None:
    width = max(map(len, outcomes))
    for key, value in outcomes.items():
        print(f"{key:{width}}  {f'{value:,.6g}' if isinstance(value, float) else value}")
    if config.prices.file is None:
        return
    if (scale := outcomes["price_rescale"]) != 1:
        start = ", ".join(f"{asset.price_usd:,.6g} USD" for asset in config.assets)
        print(f"The prices of {config.prices.file} were multiplied by {scale:.6g}, so that they start at {start}.")
    if gaps := outcomes["price_gaps"]:
        print(f"{gaps} gaps between the bars of {config.prices.file} were bridged.")
