"""Whose positions are closed against one that nobody can make good: the queue, pro rata, and with a cap.

Published as facts: T. Chitra (2025), Autodeleveraging: impossibilities and optimization, arXiv 2512.01112. Derived:
all rules cover the same deficit, since they close the same size at the one price that leaves nothing of it; the
haircuts, what the others have less than at the oracle's price, add up to the deficit; pro rata they are in proportion
to size; the queue touches no position that it could do without, so that it exceeds the size by less than one position;
capped, nobody loses more than a part of what they have won while that suffices, and whoever is not at the cap loses the
same part of their size. A fund and a security module lower the deficit by what they hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.validation._markets import Watched, asset, execute, intents, pool, rollup, still
from experiments.validation._rows import row
from market.config import PerpetualConfig
from market.intents.rows import Status
from market.venues import Kind
from market.venues.perpetuals.rules import STEP, margin_of

ID = "K17"
TITLE = "Close-out order: queue, pro rata, capped"

ENTRY, PRICE, LONG_MARGIN = 2500.0, 2000.0, 0.1
"""Price at which everybody trades, the oracle's when the long is closed [USD]; margin of the long over its value."""
EXACT = 1e-9
RULES: dict[str, dict[str, Any]] = {
    "queue": {"kind": "queue"}, "pro rata": {"kind": "pro_rata"}, "capped": {"kind": "capped", "most": 0.13},
}  # fmt: skip


class Closed(NamedTuple):
    """What a close-out did to the shorts, by contract, and what the long lacked [USD]."""

    deficit: float
    held: np.ndarray
    taken: np.ndarray
    haircut: np.ndarray
    won: np.ndarray
    rank: np.ndarray


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Two sets of shorts by each rule, and one with funds; `quick` takes the first set alone."""
    for seed in (1,) if quick else (1, 2):
        found = {rule: _closed(settings, seed) for rule, settings in RULES.items()}
        for rule, closed in found.items():
            case = f"{rule}, set {seed}"
            yield row(ID, case, "haircuts over deficit", 1.0, closed.haircut.sum() / closed.deficit, EXACT)
            same = closed.deficit / found["queue"].deficit
            yield row(ID, case, "deficit over that of the queue", 1.0, same, EXACT)
        yield from _each(found, f"set {seed}")
    yield from _funds()


def _each(found: dict[str, Closed], case: str) -> Iterator[dict[str, Any]]:
    """What each rule promises beyond covering the deficit."""
    queue, parts, capped = found["queue"], found["pro rata"], found["capped"]
    touched = queue.taken > 0.0
    over = queue.held[touched].sum() - queue.taken.sum()
    last = queue.held[touched][np.argmin(queue.rank[touched])]
    yield row(ID, f"queue, {case}", "whole positions touched too many", 0.0, np.floor(over / last), 0.0)
    ahead = queue.rank[touched].min() > queue.rank[~touched].max()
    yield row(ID, f"queue, {case}", "highest ranks are touched", 1.0, float(ahead), 0.0)
    fair = parts.deficit * parts.held / parts.held.sum()
    off = np.abs(parts.haircut - fair).max() / parts.deficit
    tolerance = len(fair) * STEP / parts.taken.sum()
    yield row(ID, f"pro rata, {case}", "largest haircut off its part, over deficit", 0.0, off, tolerance)
    beyond = np.maximum(capped.haircut - RULES["capped"]["most"] * capped.won, 0.0).max() / capped.deficit
    yield row(ID, f"capped, {case}", "largest haircut beyond the cap, over deficit", 0.0, beyond, EXACT)
    gap = capped.deficit / capped.taken.sum()
    free = capped.haircut < RULES["capped"]["most"] * capped.won - 2.0 * STEP * gap
    parts = capped.taken[free] / capped.held[free]
    yield row(ID, f"capped, {case}", "somebody is at the cap, not all", 1.0, float(0 < free.sum() < free.size), 0.0)
    yield row(ID, f"capped, {case}", "parts of the others differ by", 0.0, np.ptp(parts), 1e-5)


def _funds() -> Iterator[dict[str, Any]]:
    """A fund and a security module that hold a quarter of the deficit each leave half of it to the others."""
    deficit = _closed(RULES["pro rata"], 1).deficit
    closed = _closed(RULES["pro rata"], 1, fund_usd=0.25 * deficit, stake_usd=0.25 * deficit)
    yield row(ID, "fund and security module", "haircuts over deficit", 0.5, closed.haircut.sum() / deficit, EXACT)


def _closed(rule: dict[str, Any], seed: int, fund_usd: float = 0.0, stake_usd: float = 0.0) -> Closed:
    """Close a bankrupt long as large as a third of eight shorts of random sizes, entries and margins, all in profit."""
    terms = PerpetualConfig(
        traders=9, leverage_low=10.0, leverage_high=10.0, max_leverage=50.0, maintenance=0.01, margin_log_sd=0.0,
        long_share=0.0, cross_share=0.0, fee_bp=0.0, spread_bp=0.0, depth_usd=1e30, reward_bp=0.0, fund_usd=fund_usd,
        deleveraging=rule,
    )  # fmt: skip
    home = rollup(
        "one", pool((1e4, 2.5e7), ("ETH", "USD"), 30.0, ENTRY), perpetuals=(terms,), security_usd=stake_usd
    )  # fmt: skip
    market = Watched(still([home], [asset("ETH", ENTRY)]), seed=0)
    rng, tables = np.random.default_rng(seed), market.world.tables
    table, state = tables.contracts, market.world.state
    shorts = -np.trunc(rng.uniform(0.5, 20.0, 8) / STEP) * STEP
    size = np.trunc(-shorts.sum() / 3.0 / STEP) * STEP
    entries = ENTRY * rng.uniform(1.0, 1.2, 8)
    table["quantity"] = [-shorts.sum() - size, size, *shorts]
    table["entry"] = [ENTRY, ENTRY, *entries]
    table["cash"][1] = (LONG_MARGIN - 1.0) * size * ENTRY
    table["cash"][2:] = rng.uniform(0.05, 0.5, 8) * -shorts * ENTRY - shorts * entries
    vault = int(tables.perpetuals["account"][0])
    table["cash"][0] = tables.balance[vault, 0, 0] - table["cash"][1:].sum()
    execute(market, intents(market, 1, "oracle", kind=Kind.ORACLE_UPDATE, venue=0, rollup=0, amount=PRICE))
    before = np.array([margin_of(state, at)[0] for at in range(len(table))])
    held, won = -table["quantity"][2:], -shorts * (entries - PRICE)
    rank = (entries - PRICE) / entries * held * PRICE / before[2:]
    sent = {"kind": Kind.PERPETUAL_LIQUIDATE, "target": 1, "amount": 1.0, "venue": 0, "rollup": 0}
    done = execute(market, intents(market, 1, "retail", **sent))[0]
    assert done["status"] == Status.FILLED, "the long was not closed"
    after = np.array([margin_of(state, at)[0] for at in range(len(table))])
    return Closed(-before[1], held, held + table["quantity"][2:], (before - after)[2:], won, rank)
