"""The command line: what it accepts. Commands are loaded when asked for, so that listing and errors are quick."""

from __future__ import annotations

import argparse
import importlib
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from market import errors
from market.errors import InputError


class Parser(argparse.ArgumentParser):
    """Reports a mistake as one line, like every other bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise the complaint instead of printing the usage."""
        raise InputError(f"{self.prog.partition(' ')[2]}: {message}".removeprefix(": "))


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 something failed, 2 bad input, 130 interrupted."""
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)  # a user's own strategies are modules of the folder she works in
    resume = ""
    try:
        arguments = _parser().parse_args(argv)
        if arguments.name == "run":
            resume = f"; finished runs are kept in {arguments.out / arguments.study}, the same command resumes"
        return importlib.import_module(arguments.module).main(arguments)
    except InputError as error:
        return _complain(str(error), 2)
    except errors.StrategyError as error:
        return _complain(str(error), 1)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _complain(f"{error.filename or 'system'}: {error.strerror or error}", 2)
    except KeyboardInterrupt:
        return _complain(f"interrupted{resume}", 130)


def _complain(message: str, code: int) -> int:
    print("seqmarket:", " ".join(message.split()), file=sys.stderr)
    return code


def _parser() -> Parser:
    parser = Parser(prog="seqmarket", description="A laboratory for the economics of transaction sequencing.")
    commands = parser.add_subparsers(dest="name", metavar="COMMAND", required=True)

    def command(name: str, module: str, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False)
        made.set_defaults(module=f"experiments.{module}")
        return made

    listing = command("list", "cli.listing", "studies, regimes, strategies and known answers that exist")
    listing.add_argument(
        "what", nargs="?", choices=("studies", "regimes", "strategies", "known_answers"), metavar="WHAT",
        help="only these: studies, regimes, strategies (with their parameters) or known_answers",
    )  # fmt: skip
    listing.add_argument("--json", action="store_true", help="one JSON object")
    _add_run(command("run", "cli.run", "run a study and write its table and figure"))
    _add_simulate(command("simulate", "cli.simulate", "run one market and print its outcomes"))
    figures = command("figures", "cli.figures", "draw a study's figure again from its summary.parquet")
    figures.add_argument("study", metavar="STUDY")
    _add_out(figures)
    _add_validate(command("validate", "cli.validate", "compare with known answers"))
    bench = command("bench", "cli.bench", "measure speed and memory")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    bench.add_argument("--against", type=Path, metavar="DIR", help="compare with another checkout, run side by side")
    dashboard = command("dashboard", "cli.dashboard", "open the interactive page")
    dashboard.add_argument("--port", type=_port, default=8765, help="default: %(default)s")
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY")
    parser.add_argument("--seeds", type=_count, metavar="N", help="number of seeds (default: the study's own)")
    parser.add_argument("--workers", type=_count, default=2, metavar="N", help="local processes (default: %(default)s)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run on this Dask cluster")
    _add_configuration(parser)
    _add_out(parser)
    parser.add_argument("--quick", action="store_true", help="a grid of less than a minute")


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--regime", metavar="NAME", help="sequencing regime (default: siloed)")
    _add_configuration(parser)
    parser.add_argument("--prices", type=Path, metavar="CSV", help="replay these bars as the reference price")
    parser.add_argument("--pools", type=Path, metavar="CSV", help="real pools in place of the reference scenario's")
    parser.add_argument("--hours", type=_hours, metavar="H", help="length of the run [h]")
    parser.add_argument("--seed", type=_seed, default=1, metavar="S", help="default: %(default)s")
    parser.add_argument("--tape", type=Path, metavar="FILE.parquet", help="write every intent and its fate")
    parser.add_argument("--flows", action="store_true", help="print who paid whom for what, from the ledger")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID", help="known answers (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer cases and shorter runs")
    parser.add_argument("--data", type=Path, metavar="DIR", help="real data (default: $SEQMARKET_DATA)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON")


def _add_configuration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in flow.per_second=20")
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="configuration to lay over the default one")


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="default: %(default)s")


def _whole(text: str, low: int, high: float, what: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: {what}")
    return value


def _count(text: str) -> int:
    return _whole(text, 1, math.inf, "a whole number of at least 1")


def _seed(text: str) -> int:
    return _whole(text, 0, math.inf, "a whole number of at least 0")


def _port(text: str) -> int:
    return _whole(text, 1, 65535, "a whole number from 1 to 65535")


def _hours(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: a number of hours above 0")
    return value


if __name__ == "__main__":
    sys.exit(main())
