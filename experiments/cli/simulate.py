"""``seqmarket simulate``: one market, its outcomes."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.cli import pictures, printed
from experiments.later import pd
from experiments.markets import price_files
from experiments.runs import configuration
from market.config import MarketConfig
from market.errors import InputError
from market.prices.bar_file import split_ticker
from market.prices.files import exists, located

if TYPE_CHECKING:
    from experiments.runs.needs import Needs
    from market.graph.pool_file import PoolTable
    from market.measures.traced import Cascades


ONLY_PRINTED = Path()
"""File of what is printed and not drawn."""
DRAWN = ("--profits", "--cascades", "--options", "--exposures")
"""Options whose files are drawn into."""


class Report(NamedTuple):
    """What a run reports.

    Outcomes, who paid whom for what, repairs of prices, profits by agent, what one agent saw, its largest cascade, its
    chains of options and the accounts on them.
    """

    outcomes: dict[str, Any]
    flows: list[dict[str, Any]]
    repairs: list[str]
    profits: dict[str, dict[str, Any]]
    lines: list[str]
    cascade: list[dict[str, Any]]
    chain: list[dict[str, Any]]
    accounts: list[dict[str, Any]]


def main(arguments: argparse.Namespace) -> int:
    """Run one market and print its outcomes, as a table or as the JSON object that programs read."""
    _check_tape(arguments.tape)
    files = arguments.profits, arguments.cascades, arguments.options, arguments.exposures
    drawn = tuple(map(_file_of, files))
    for option, path in zip(DRAWN, drawn, strict=True):
        pictures.check(option, path)
    pools = None if arguments.pools is None else _read_pools(arguments.pools)
    config = configure(arguments, pools)
    notes = [] if pools is None else price_files.compare(pools, config.prices)
    profits, cascades, *options = (each is not None for each in files)
    work = (config, arguments.seed, arguments.tape, arguments.watch, profits, cascades, any(options))
    limit = arguments.time_limit
    report = run(*work) if limit is None else _within(limit, *work)
    captions = _draw(report, f"{config.regime.name}, seed {arguments.seed}", drawn, arguments.width)
    said: dict[str, Any] = {"price_repairs": report.repairs} if config.prices.kind == "replay" else {}
    said |= {} if pools is None else {"pool_repairs": [*pools.repairs, *notes]}
    if arguments.json:
        said |= {"flows": report.flows} if arguments.flows else {}
        said |= {} if arguments.profits is None else {"profit_by_agent": report.profits}
        said |= {} if arguments.cascades is None else {"cascade": report.cascade}
        if arguments.options is not None:
            said |= {name: [_plain(row) for row in getattr(report, name)] for name in ("chain", "accounts")}
        said |= {} if arguments.watch is None else {"watch": report.lines}
        print(json.dumps({key: _json(value) for key, value in report.outcomes.items()} | said, allow_nan=False))
        return 0
    for line in report.lines:
        print(line)
    _print(report.outcomes, config)
    mendings = report.repairs, said.get("pool_repairs")
    for file, mended in zip((config.prices.file, arguments.pools), mendings, strict=True):
        for repair in mended or ():
            print(f"{file}: {repair}.")
    if arguments.flows:
        printed.flows(report.flows)
    if arguments.profits is not None:
        printed.profits_by_agent(report.profits)
    if arguments.cascades is not None:
        printed.cascade_tree(report.cascade)
    if arguments.options is not None:
        printed.options(report.chain, report.accounts)
    for caption in captions:
        print(caption)
    return 0


def _file_of(option: Path | None) -> Path | None:
    """The file that an option names, None for one that only prints."""
    return None if option in (None, ONLY_PRINTED) else option


def run(
    config: MarketConfig, seed: int, tape: Path | None, witnessed: str | None = None, profits: bool = False,
    cascades: bool = False, options: bool = False,
) -> Report:  # fmt: skip
    """Run the market, having said on stderr what that takes.

    Parameters
    ----------
    config, seed
        the market
    tape
        file of the tape, or None
    witnessed
        agent whose sights, intents and receipts are written down, by its name, or None
    profits
        whether profits are added up by agent
    cascades
        whether liquidations are traced to the sales that caused them
    options
        whether chains of options and the accounts on them are written down
    """
    from experiments.runs.run import run_one
    from market.measures.flows import WhoPaidWhom
    from market.measures.option_book import OptionBook
    from market.measures.profit_by_agent import ProfitByAgent
    from market.measures.tape import Tape
    from market.measures.traced import Cascades
    from market.measures.witness import Witness

    paid, read = WhoPaidWhom(), price_files.Repairs()
    taped = [] if tape is None else [Tape(tape)]
    gained = [ProfitByAgent()] if profits else []
    seen = [] if witnessed is None else [Witness(witnessed)]
    traced = [Cascades()] if cascades else []
    books = [OptionBook()] if options else []
    with _blamed_on_tape(tape):
        outcomes = run_one(config, seed, [paid, read, *taped, *gained, *seen, *traced, *books], before=_state)
    by_agent = gained[0].by_agent if gained else {}
    tree = _largest(traced[0], config) if traced else []
    standing = (books[0].chain, books[0].accounts) if books else ([], [])
    return Report(outcomes, paid.table, read.repairs, by_agent, seen[0].lines if seen else [], tree, *standing)


def _largest(traced: Cascades, config: MarketConfig) -> list[dict[str, Any]]:
    """The largest cascade, a row for each rollup and generation and for each cause."""
    from experiments.analysis.cascade_tree import largest

    rollups = [rollup.name for rollup in config.rollups]
    return [{str(key): value for key, value in row.items()}
            for row in largest(traced.attributed(), rollups).to_dict("records")]  # fmt: skip


def _within(limit_s: float, *work: Any) -> Report:
    from experiments.runs.apart import apart

    return apart(limit_s, run, *work)


def _state(needs: Needs) -> None:
    print(f"seqmarket: {needs}", file=sys.stderr)


def configure(arguments: argparse.Namespace, pools: PoolTable | None) -> MarketConfig:
    """The reference scenario under the regime and with the pools read, then the file, the flags and --set over it."""
    from experiments.markets.scenarios import reference
    from market.regimes import load as load_regime

    base = reference().model_copy(update={"regime": load_regime(arguments.regime or "siloed")})
    if pools is not None:
        base = _with_pools(base, pools)
    flags = []
    if arguments.hours is not None:
        flags.append(f"horizon_s={arguments.hours * 3600}")
    columns = price_files.parse_columns(arguments.prices_columns)
    if arguments.prices is not None:
        file, ticker = split_ticker(arguments.prices)
        if not exists(located(file)):
            raise InputError(f"--prices {file}: no such file; allowed: bars in CSV or parquet, FILE or FILE:TICKER")
        # Texts as TOML strings, whatever they look like; a replay has no synthetic episodes.
        flags += [f"prices.file={_toml(str(located(file)))}", "prices.episodes=[]"]
        flags += ["prices.kind=replay", "prices.rescale=true"]
        flags += [] if ticker is None else [f"prices.ticker={_toml(ticker)}"]
    flags += [f"prices.columns.{role}={_toml(name)}" for role, name in columns.items()]
    return configuration.load(arguments.config, [*flags, *arguments.set], base)


def _toml(text: str) -> str:
    return json.dumps(text)


def _read_pools(path: Path) -> PoolTable:
    from market.graph.pool_file import read_pool_table

    if not exists(located(path)):
        raise InputError(f"--pools {path}: no such file; allowed: a CSV of pools")
    return read_pool_table(path)


def _with_pools(base: MarketConfig, pools: PoolTable) -> MarketConfig:
    from market.graph.pool_file import reference_level

    # real pools come without lending: the markets and borrowers are those of a reference rollup
    rollups = pools.rollups(template=base.rollups[1])
    asset = base.assets[0].model_copy(update={"price_usd": reference_level(rollups)})
    changed = base.model_copy(update={"rollups": rollups, "assets": (asset,)})
    return MarketConfig.model_validate(changed.model_dump())


def _check_tape(tape: Path | None) -> None:
    if tape is None:
        return
    if tape.is_dir():
        raise InputError(
            f"--tape {tape}: a folder; allowed: a file in an existing folder, as in {tape / 'tape.parquet'}"
        )
    if not tape.parent.is_dir():
        raise InputError(f"--tape {tape}: no such folder; allowed: a file in an existing folder")


@contextmanager
def _blamed_on_tape(tape: Path | None) -> Iterator[None]:
    """Say of what the system refuses during a run that the tape was being written."""
    try:
        yield
    except OSError as error:
        if tape is None or error.filename not in (None, str(tape)):
            raise
        reason = os.strerror(error.errno) if error.errno else " ".join(str(error).split())
        raise InputError(
            f"--tape {tape}: {reason}; allowed: a file that can be written, on a disk with room"
        ) from error


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _json(value) for key, value in row.items()}


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _draw(report: Report, title: str, paths: tuple[Path | None, ...], width: str) -> list[str]:
    """Draw profits, the largest cascade, smiles of options and exposures to them, each into a file that is named.

    Returns what to say of each file.
    """
    said = []
    for option, path in zip(DRAWN, paths, strict=True):
        if path is not None:
            figure, table = _drawn(option, report)
            said.append(pictures.draw(option, path, figure, table, title, width))
    return said


def _drawn(option: str, report: Report) -> tuple[ModuleType, pd.DataFrame]:
    """What draws the file of an option, and the table that it draws."""
    if option == "--profits":
        from figures import profits

        rows = [
            (name, kind, value)
            for name, found in report.profits.items()
            for kind, value in ({"total": found["total_usd"]} | found["by_kind"]).items()
        ]
        return profits, pd.DataFrame(rows, columns=["agent", "kind", "usd"])
    if option == "--cascades":
        from experiments.analysis.cascade_tree import COLUMNS
        from figures import cascade

        return cascade, pd.DataFrame(report.cascade, columns=list(COLUMNS))
    if option == "--exposures":
        from figures import exposures

        return exposures, pd.DataFrame(report.accounts, columns=list(exposures.COLUMNS))
    from figures import smile

    return smile, pd.DataFrame(report.chain, columns=list(smile.COLUMNS))


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
