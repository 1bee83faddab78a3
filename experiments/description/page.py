"""The files of the description: the whole of it, and two pages for a paper, in Markdown and in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from experiments.cli import validate
from experiments.description import tables
from experiments.runs import printed, study
from market.regimes import names as regime_names
from market.sequencing import PARTS, kinds
from market.venues import STATEMENTS, rooms

HERE = Path(__file__).parent
RULES = {
    "Prices": "market.prices.laws",
    "Replay": "market.prices.replay",
    "Pools: curve": "market.venues.pools.curve",
    "Pools: swaps and shares": "market.venues.pools.rules",
    "Pools: ranges": "market.venues.pools.ranges",
    "Pools: clearing of a batch": "market.venues.pools.clearing",
    "Lending": "market.venues.lending.rules",
    "Lending: rates": "market.venues.lending.rates",
    "Lending: fixed spread": "market.venues.lending.fixed_spread",
    "Lending: Dutch auction": "market.venues.lending.dutch",
    "Lending: English auction": "market.venues.lending.english",
    "Perpetuals": "market.venues.perpetuals.rules",
    "Perpetuals: funding": "market.venues.perpetuals.funding",
    "Oracles": "market.venues.oracles.rules",
    "Committees of reporters": "market.venues.committees.rules",
    "Judging reports": "market.venues.committees.judging",
    "Bridges": "market.venues.bridges.rules",
    "Outside market": "market.venues.outside.rules",
    "Price of data on L1": "market.prices.l1",
    "Retail flow": "agents.populations.retail",
    "Users who go through L1": "agents.populations.appeals",
    "Borrowers": "agents.populations.borrowers",
    "Traders of perpetuals": "agents.populations.perpetual_traders",
    "Sandwiches, as measured": "market.measures.classes.sandwiches",
    "Sandwiches on perpetuals, as measured": "market.measures.classes.contract_sandwiches",
    "Arbitrage in bundles, as measured": "market.measures.classes.bundles",
    "Trades over time, as measured": "market.measures.classes.trades",
    "Cascades, as traced": "market.measures.cascades",
    "Q-learning": "agents.learning.q_learning",
    "Exponential weights": "agents.learning.exp3",
    "Regret matching": "agents.learning.regret_matching",
    "Fictitious play": "agents.learning.fictitious_play",
}
"""Modules that state a submodel in words, by its title."""


def files() -> dict[str, str]:
    """Content of each file by its name."""
    summary = _filled("summary.template.md", {name: str(count) for name, count in numbers().items()})
    return {"MODEL.md": _filled("model.template.md", _lists()), "SUMMARY.md": summary, "summary.tex": latex(summary)}


def _lists() -> dict[str, str]:
    return {
        "known_answers": tables.known_answers(),
        "studies": tables.studies(),
        "intents": tables.intents(),
        "state": tables.state(),
        "streams": tables.streams(),
        "scenario": tables.docstring("experiments.markets.scenarios"),
        "parameters": tables.parameters(),
        "rules": tables.documented(submodels()),
        "regimes": tables.regimes(),
        "mechanisms": tables.mechanisms(),
        "strategies": tables.strategies(),
    }


def submodels() -> dict[str, str]:
    """Modules that state a submodel, by its title; of a venue that is not listed, its rules."""
    listed = {module.split(".")[2] for module in RULES.values() if module.startswith("market.venues.")}
    others = {venue: f"market.venues.{venue}.rules" for venue in rooms("rules") if venue not in listed}
    return RULES | {venue.capitalize(): module for venue, module in others.items()}


def numbers() -> dict[str, int]:
    """What there is how many of."""
    return {
        "parts": len(PARTS),
        "mechanisms": sum(len(kinds(part)) for part in PARTS),
        "regimes": len(regime_names()),
        "intents": len(STATEMENTS),
        "answers": len(validate.answers()),
        "studies": len(study.names()),
    }


def _filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with each <<name>> replaced; KeyError for a name that is no part."""
    text = (HERE / template).read_text(encoding="utf-8")
    text = re.sub(r"<<(\w+)>>", lambda found: parts[found[1]].rstrip(), text)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def latex(summary: str) -> str:
    """The summary in LaTeX, to be included in a paper; it needs nothing but the standard classes.

    Of Markdown there are a title, paragraphs that begin with a heading in bold, and one table of two columns.
    """
    title, _, *parts = summary.strip().split("\n\n")
    lines = ["% Written by `seqmarket describe`.", rf"\section*{{{printed.tex(title.removeprefix('# '))}}}", ""]
    for part in parts[:-1]:
        heading, _, text = part.removeprefix("**").partition("**")
        lines += [rf"\paragraph{{{printed.tex(heading)}}} {printed.tex(text.strip())}", ""]
    lines += [r"\begin{table}[ht]", r"\centering", r"\begin{tabular}{lp{0.7\linewidth}}", r"\hline"]
    for row in parts[-1].split("\n")[2:]:
        name, text = (printed.tex(cell.strip()) for cell in row.strip("|").split("|"))
        lines.append(rf"{name} & {text} \\")
    lines += [r"\hline", r"\end{tabular}", r"\caption{Scales of the model.}", r"\label{tab:scales}", r"\end{table}"]
    return "\n".join(lines) + "\n"
