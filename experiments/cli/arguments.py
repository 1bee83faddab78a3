"""What the command line accepts: commands, their options, and the values that these may have."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from market.errors import InputError

if TYPE_CHECKING:
    from experiments.runs.slices import Slice

MOST_SEEDS, MOST_WORKERS, MOST_POINTS, YEAR_S = 100_000, 1024, 10_000, 31_536_000
ROLES = ("trader", "liquidator", "builder", "sequencer", "market_maker", "protocol")
LONGEST = 60
"""Most characters of an argument that a complaint repeats."""


class Parser(argparse.ArgumentParser):
    """Reports a mistake as one line, like every other bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise the complaint instead of printing the usage."""
        raise InputError(f"{self.prog.partition(' ')[2]}: {message}".removeprefix(": "))


def parser() -> Parser:
    """Return the parser of all commands; each sets ``module``, where its ``main`` is."""
    made = Parser(prog="seqmarket", description="A laboratory for the economics of transaction sequencing.")
    commands = made.add_subparsers(dest="name", metavar="COMMAND", required=True)

    def command(name: str, module: str, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False)
        one.set_defaults(module=f"experiments.{module}")
        return one

    listing = command("list", "cli.listing", "studies, regimes, strategies and known answers that exist")
    listing.add_argument(
        "what", nargs="?", choices=("studies", "regimes", "strategies", "known_answers"), metavar="WHAT",
        help="only these: studies, regimes, strategies (with their parameters) or known_answers",
    )  # fmt: skip
    listing.add_argument("--json", action="store_true", help="one JSON object")
    _add_run(command("run", "cli.run", "run a study and write its table and figure"))
    _add_compare(command("compare", "cli.compare", "compare what the levers named make of some outcomes"))
    _add_sensitivity(command("sensitivity", "cli.sensitivity", "say which levers outcomes depend on, and how much"))
    _add_merge(command("merge", "cli.merge", "put slices of a study together, as if it had been run in one"))
    _add_power(command("power", "cli.power", "say how many seeds a difference needs, from a few pilot seeds"))
    _add_data(command("data", "cli.data", "say what is understood of a file of prices"))
    _add_simulate(command("simulate", "cli.simulate", "run one market and print its outcomes"))
    _add_tape(command("tape", "cli.tape", "ask what a tape of `simulate --tape` tells"))
    _add_strategy(command("strategy", "cli.strategy", "write a strategy to begin with, and its test"))
    figures = command("figures", "cli.figures", "draw a study's figures again from its summary.parquet")
    figures.add_argument("study", metavar="STUDY", help="or all that were run")
    _add_width(figures)
    figures.add_argument(
        "--gallery", type=Path, metavar="DIR", help="copy what was made here, with a page that shows it"
    )
    figures.add_argument(
        "--readme",
        type=_file,
        metavar="FILE.md",
        help="renew the table of answers, between its marks, in this page, too",
    )
    _add_out(figures)
    pictures = command("pictures", "cli.market_pictures", "make the gallery's pictures of single markets")
    pictures.add_argument("pictures", nargs="*", metavar="PICTURE", help="only these (default: all)")
    beside = Path("results", "pictures")
    pictures.add_argument("--to", type=_file, default=beside, metavar="DIR", help="default: %(default)s")
    _add_width(pictures)
    _add_validate(command("validate", "cli.validate", "compare with known answers"))
    warm = command("warm", "cli.warm", "compile everything ahead")
    warm.add_argument(
        "--to", type=_file, metavar="DIR", help="into this folder, which NUMBA_CACHE_DIR then names, here or elsewhere"
    )
    _add_workers(warm)
    bench = command("bench", "cli.bench", "measure speed and memory")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    bench.add_argument("--against", type=Path, metavar="DIR", help="compare with another checkout, run side by side")
    describe = command("describe", "cli.describe", "write the model's description in ODD form, and a summary")
    there = Path("results", "description")
    describe.add_argument("--to", type=_file, default=there, metavar="DIR", help="default: %(default)s")
    dashboard = command("dashboard", "cli.dashboard", "open the interactive page")
    dashboard.add_argument("--port", type=_port, default=8765, help="default: %(default)s")
    return made


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="or all: one after the other, and a page that shows them")
    parser.add_argument("--seeds", type=_seeds, metavar="N", help="number of seeds (default: the study's own)")
    _add_running(parser)
    _add_slice(parser)


def _add_running(parser: argparse.ArgumentParser) -> None:
    _add_workers(parser)
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run on this Dask cluster")
    _add_time_limit(parser)
    _add_configuration(parser)
    _add_out(parser)
    _add_width(parser)
    parser.add_argument("--quick", action="store_true", help="a grid of less than a minute")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=_workers, default=2, metavar="N", help="local processes (default: %(default)s)"
    )


def _add_levers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--vary", action="append", default=[], metavar="LEVER=A,B,C",
        help="as in regime=siloed,pbs or agents.trader.0.strategy=arbitrageur,mine:Patient; differences are to the "
        "first value; LEVER=LOW:HIGH is sampled",
    )  # fmt: skip
    parser.add_argument("--list", type=_file, metavar="FILE.csv", help="cells: columns are levers")
    parser.add_argument(
        "--sample", metavar="KIND:N", help="N points in the ranges: lhs:N or sobol:N, with :SEED or not"
    )
    parser.add_argument("--latin", type=_points, metavar="N", help="a Latin hypercube of N points: --sample lhs:N")
    parser.add_argument(
        "--name", dest="study", default="compare", metavar="NAME", help="of the results (default: %(default)s)"
    )
    _add_running(parser)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--outcome", action="append", default=[], metavar="NAME", help="what is compared; list: print the names"
    )
    parser.add_argument("--seeds", type=_seeds, metavar="N", help="number of seeds (default: 20, with --quick 2)")
    _add_levers(parser)
    _add_slice(parser)
    parser.add_argument("--as-study", metavar="NAME", help="write it as a study of this name, too")
    parser.add_argument("--to", type=_file, metavar="DIR", help="folder for that (default: first of SEQMARKET_PLUGINS)")


def _add_power(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--outcome", required=True, metavar="NAME", help="in which there is the difference")
    parser.add_argument(
        "--difference", type=_amount, required=True, metavar="D", help="that is to be found, in the outcome's unit"
    )
    parser.add_argument("--seeds", type=_seeds, metavar="N", help="number of pilot seeds (default: 8)")
    _add_levers(parser)
    parser.add_argument("--json", action="store_true", help="JSON: a list of rows")
    parser.set_defaults(study="power", slice=None)


def _add_sensitivity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lever", action="append", default=[], metavar="LEVER=LOW:HIGH",
        help="as in assets.0.volatility=0.4:1.2; LEVER=A,B,C for a list of values, each as likely",
    )  # fmt: skip
    parser.add_argument(
        "--method", default="curves:5", metavar="METHOD:N",
        help="curves:N values of one lever at a time; morris:N trajectories, of levers + 1 points; sobol:N pairs of "
        "points, of levers + 2; the last two with :SEED or not (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--outcome", action="append", default=[], metavar="NAME", help="what is explained; list: print the names"
    )
    parser.add_argument("--regime", metavar="NAME", help="sequencing regime (default: siloed)")
    parser.add_argument("--seeds", type=_seeds, metavar="N", help="at every point (default: 5, with --quick 2)")
    parser.add_argument(
        "--name", dest="study", default="sensitivity", metavar="NAME", help="of the results (default: %(default)s)"
    )
    _add_running(parser)
    _add_slice(parser)


def _add_slice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--slice", type=_slice, metavar="I/N", help="only the I-th of N parts of the runs; `merge` puts them together"
    )


def _add_merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="+", type=_file, metavar="DIR", help="what --out was of a slice")
    _add_out(parser)


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--regime", metavar="NAME", help="sequencing regime (default: siloed)")
    _add_configuration(parser)
    parser.add_argument(
        "--prices", metavar="FILE[:TICKER]", help="replay these bars as the reference price; - is a pipe"
    )
    _add_columns(parser)
    parser.add_argument(
        "--pools", type=_file, metavar="CSV",
        help="real pools in place of the reference scenario's; constant products, for such a file has reserves at one "
        "price and no ranges of ticks, so that where liquidity lies at others is not known",
    )  # fmt: skip
    parser.add_argument("--hours", type=_hours, metavar="H", help="length of the run [h]")
    parser.add_argument("--seed", type=_seed, default=1, metavar="S", help="default: %(default)s")
    _add_time_limit(parser)
    parser.add_argument("--tape", type=_file, metavar="FILE.parquet", help="write every intent and its fate")
    parser.add_argument("--flows", action="store_true", help="print who paid whom for what, from the ledger")
    parser.add_argument(
        "--profits", nargs="?", type=_file, const=Path(), metavar="FILE.png",
        help="print what each agent gained, by what it did for it; with a file (png, pdf or svg) draw it, too",
    )  # fmt: skip
    parser.add_argument(
        "--cascades", nargs="?", type=_file, const=Path(), metavar="FILE.png",
        help="print the largest cascade, by generations and causes; with a file draw it as a tree, too",
    )  # fmt: skip
    parser.add_argument(
        "--options", nargs="?", type=_file, const=Path(), metavar="FILE.png",
        help="print the chains of options and what each account is exposed to; with a file draw the smiles, too",
    )  # fmt: skip
    parser.add_argument("--exposures", type=_file, metavar="FILE.png", help="draw what each account is exposed to")
    _add_width(parser)
    parser.add_argument("--watch", metavar="AGENT", help='print what one agent ("arbitrageur 0") saw, sent and got')
    parser.add_argument("--json", action="store_true", help="one JSON object")


def _add_strategy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("new",), metavar="new", help="the only thing that it does")
    parser.add_argument("strategy", metavar="NAME", help="of the file, as in my_trader, which then holds MyTrader")
    parser.add_argument("--role", choices=ROLES, default="trader", help="default: %(default)s")
    parser.add_argument("--to", type=_file, default=Path(), metavar="DIR", help="folder (default: the current one)")


def _add_tape(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="+", type=Path, metavar="FILE.parquet", help="several with --payments: what was paid in each"
    )
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--block", type=_slot, metavar="N", help="this block as ordered; needs --rollup")
    asked.add_argument("--sandwiches", action="store_true", help="who sandwiched whom for how much")
    asked.add_argument("--payments", action="store_true", help="who paid whom for what")
    asked.add_argument("--rollups", action="store_true", help="the rollups with their bridges, and what went over them")
    asked.add_argument("--path", action="store_true", help="prices, outages, pauses and liquidations over time")
    asked.add_argument("--agent", metavar="A", help="what this agent sent and gained")
    asked.add_argument("--position", metavar="P", help="what concerned this position: loan:N or contract:N")
    parser.add_argument("--rollup", metavar="R", help="of which rollup the block is")
    parser.add_argument(
        "--picture", type=_file, metavar="FILE.png",
        help="draw the answer instead (png, pdf or svg): of --block, --payments, --rollups or --path",
    )  # fmt: skip
    _add_width(parser)
    parser.add_argument("--json", action="store_true", help="JSON: a list of rows, or an object of outcomes")


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE[:TICKER]", help="prices in CSV or parquet, packed or not; - is a pipe")
    _add_columns(parser)
    parser.add_argument("--dates", choices=("dmy", "mdy"), help="order of day and month in dates such as 05/08/2024")
    parser.add_argument("--any-time", action="store_true", help="believe times before 2008 and in the future")
    parser.add_argument(
        "--any-jump", action="store_true", help="believe prices that change by a factor of five at once"
    )
    parser.add_argument("--plot", type=_file, metavar="FILE.png", help="draw the bars: png, pdf or svg")
    _add_width(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")


def _add_columns(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prices-columns", action="append", default=[], metavar="ROLE=NAME,...",
        help="names or numbers of the file's columns, as in timestamp=unix,open=Open,close=5",
    )  # fmt: skip


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID", help="known answers (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer cases and shorter runs")
    parser.add_argument("--data", type=Path, metavar="DIR", help="real data (default: $SEQMARKET_DATA)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON")


def _add_configuration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in flow.per_second=20")
    parser.add_argument("--config", type=_file, metavar="FILE.toml", help="configuration to lay over the default one")


def _add_time_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--time-limit", type=_seconds, metavar="S",
        help="a run that takes longer fails, and says whose turn it was [s] (default: none)",
    )  # fmt: skip


def _add_width(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--width", choices=("one", "two"), default="two",
        help="columns of a journal's page that a figure fills: one (3.4 inch) or two (7 inch; default)",
    )  # fmt: skip


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="default: %(default)s")


def _file(text: str) -> Path:
    return Path(os.path.expanduser(text))  # noqa: PTH111 - pathlib's raises for the home of somebody who does not exist


def _whole(text: str, low: int, high: float, what: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"got {_short(text)}; allowed: {what}")
    return value


def _seeds(text: str) -> int:
    return _whole(text, 1, MOST_SEEDS, f"a whole number from 1 to {MOST_SEEDS}")


def _points(text: str) -> int:
    return _whole(text, 2, MOST_POINTS, f"a whole number from 2 to {MOST_POINTS}")


def _slice(text: str) -> Slice:
    from experiments.runs import slices

    try:
        return slices.parse(text)
    except ValueError:
        what = f"I/N, as in 1/4, with I from 1 to N and N up to {slices.MOST}"
        raise argparse.ArgumentTypeError(f"got {_short(text)}; allowed: {what}") from None


def _workers(text: str) -> int:
    return _whole(text, 1, MOST_WORKERS, f"a whole number from 1 to {MOST_WORKERS}")


def _seed(text: str) -> int:
    return _whole(text, 0, math.inf, "a whole number of at least 0")


def _slot(text: str) -> int:
    return _whole(text, 0, math.inf, "a whole number of at least 0")


def _port(text: str) -> int:
    return _whole(text, 1, 65535, "a whole number from 1 to 65535")


def _hours(text: str) -> float:
    return _above_zero(text, math.inf, "a number of hours above 0")


def _seconds(text: str) -> float:
    return _above_zero(text, YEAR_S, f"a number of seconds above 0 and up to {YEAR_S}")


def _amount(text: str) -> float:
    return _above_zero(text.removeprefix("-"), math.inf, "a number other than 0")


def _above_zero(text: str, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0 < value <= high and value < math.inf):
        raise argparse.ArgumentTypeError(f"got {_short(text)}; allowed: {what}")
    return value


def _short(text: str) -> str:
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")
