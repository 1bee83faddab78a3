"""Liquidations ready to be put into a block by whoever writes it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agents.blocks.loan_auctions import ready_auctions
from agents.means.hedging import brings
from market.access.observation import BlockView
from market.intents.rows import INTENT, Purpose, Status, blank, joined
from market.venues import Kind

NO_ROWS, NOWHERE = np.zeros(0, INTENT), np.zeros(0, np.int64)

ORACLE_UPDATE = int(Kind.ORACLE_UPDATE)  # a plain number compares several times as fast
MOST_PER_BLOCK = 64


def ready_liquidations(seen: BlockView) -> tuple[np.ndarray, np.ndarray]:
    """Bundles [liquidate, sell outside] for every position that falls in this block, and where they go.

    At the top what is unhealthy now; behind each oracle update, and each report that moves a committee's median, that
    can be read, what it will make unhealthy.
    Lots of auctions: as `ready_auctions` says.
    Returns (rows, index of the pending intent that each follows, -1 for the top).
    """
    parts: list[np.ndarray] = []
    places: list[int] = []
    for rollup in seen.distressed():
        _bundle(seen, seen.unhealthy(rollup)[:MOST_PER_BLOCK], -1, parts, places)
    if seen.due.size:
        for k in _alone(seen.due, ORACLE_UPDATE):
            row = seen.due[k]
            table = seen.falls_at(int(row["venue"]), float(row["amount"]))
            # somebody may name a feed of another domain
            table = table[np.isin(table["rollup"], seen.rollups)]
            if len(table):
                _bundle(seen, table[:MOST_PER_BLOCK], k, parts, places)
        for k, table in _behind_reports(seen) if len(seen.committees) else ():
            _bundle(seen, table[:MOST_PER_BLOCK], k, parts, places)
    auctioned, where = ready_auctions(seen)
    parts += auctioned
    places += where
    if not parts:
        return NO_ROWS, NOWHERE
    return _numbered(parts, places), np.array([place for place, part in zip(places, parts, strict=True) for _ in part])


def _alone(due: np.ndarray, kind: int) -> list[int]:
    """Indices of the pending intents of a kind that can be followed: nothing comes between members of a bundle."""
    bundle = due["bundle"]
    return [k for k, other in enumerate(due["kind"].tolist()) if other == kind and bundle.item(k) < 0]


def _behind_reports(seen: BlockView) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the reports that lower a feed, by their index among what is pending, with what each makes unhealthy.

    What a report does to a median depends on those before it: all are tried out, in the order in which they pend.
    """
    found = np.flatnonzero((seen.due["kind"] == Kind.REPORT) & (seen.due["bundle"] < 0))
    lowest, known = seen.feeds["price"].copy(), set()
    for k, receipt in zip(found.tolist(), seen.preview(seen.due[found]) if found.size else (), strict=True):
        if receipt["status"] != Status.FILLED:
            continue
        feed, price = int(seen.committees["feed"][receipt["venue"]]), float(receipt["filled_out"])
        if price >= lowest[feed]:
            continue
        lowest[feed] = price
        table = seen.falls_at(feed, price)
        table = table[[loan not in known for loan in table["loan"].tolist()]]
        known.update(table["loan"].tolist())
        if len(table):
            yield k, table


def _numbered(parts: list[np.ndarray], places: list[int]) -> np.ndarray:
    """Rows of bundles, each numbered by how many rows stand before it in its place."""
    before: dict[int, int] = {}
    for part, place in zip(parts, places, strict=True):
        part["bundle"] = before.get(place, 0)
        before[place] = before.get(place, 0) + part.size
    return joined(parts)


def _bundle(seen, table, place, parts, places) -> None:
    """Write the bundles of one place, largest first, as far as own funds reach and a profit is left."""
    left = seen.funds.copy()
    for entry in table[np.argsort(-table["most"], kind="stable")]:
        debt, collateral, rollup = int(entry["debt"]), int(entry["collateral"]), int(entry["rollup"])
        amount = min(float(entry["most"]), left[rollup, debt])
        seized = amount * float(entry["rate"])
        back = brings(seen, collateral, debt, seized)
        if amount <= 0.0 or back <= amount:
            continue
        left[rollup, debt] -= amount
        rows = blank(2)
        rows["sender"], rows["sent"], rows["arrival"] = seen.account, seen.time, seen.time
        rows["rollup"] = rollup, int(entry["collateral_rollup"])
        rows["purpose"] = int(Purpose.LIQUIDATION)
        rows["kind"] = int(Kind.LIQUIDATE), int(Kind.OUTSIDE)
        rows["venue"], rows["target"] = int(entry["market"]), (int(entry["loan"]), -1)
        rows["asset_in"], rows["asset_out"] = (debt, collateral), (collateral, debt)
        rows["amount"], rows["limit"] = (amount, seized * (1 - 1e-9)), (seized * (1 - 1e-9), amount)
        parts.append(rows)
        places.append(place)
