"""A sequencer that holds options and chooses at which price of the oracle they are paid.

In the first block after a print is due it asks for it itself, before or behind the oracle's update that the block
holds: of the two prices it takes the one at which what it holds of the expiry pays more. Waiting for later blocks would
gain nothing more on what pays in proportion to the price: nobody knows there whether the next price is a better one.
"""

from __future__ import annotations

import numpy as np

from agents.sequencers.base import Sequencer
from market.access.observation import BlockView
from market.access.protocols import Arrangement
from market.intents.rows import blank
from market.sequencing.ordering.base import first_come_order
from market.venues import Kind

FREE = -1


class PrintChooser(Sequencer):
    """Arrival order, and prints of expiries of which it holds or owes something where they pay it most.

    Other requests for such a print it leaves waiting.
    """

    def arrange(self, seen: BlockView) -> Arrangement:
        """Order what is pending, and insert a request for each print that concerns its own options."""
        due = seen.due
        order = first_come_order(due, self.ties(seen)).tolist()
        inserted: list[np.ndarray] = []
        for market in np.flatnonzero(np.isin(seen.option_markets["rollup"], seen.rollups)).tolist():
            for expiry in self._due_prints(seen, market):
                readable = due["sealed"] == 0
                update = readable & (due["kind"] == Kind.ORACLE_UPDATE)
                update &= due["venue"] == seen.option_markets["feed"][market]
                rivals = readable & (due["kind"] == Kind.OPTION_PRINT) & (due["target"] == expiry)
                order = [at for at in order if at < 0 or not rivals[at] or due["bundle"][at] >= 0]
                order.insert(self._place(seen, expiry, order, update), -1 - len(inserted))
                inserted.append(self._request(seen, market, expiry))
        rows = np.concatenate(inserted) if inserted else due[:0]
        return Arrangement(np.array(order, np.int64), np.full(len(order), FREE), rows)

    def _due_prints(self, seen: BlockView, market: int) -> list[int]:
        """Expiries of a market of which a print may be asked for, and that it has something of."""
        row = seen.option_markets[market]
        first, count = int(row["first_expiry"]), int(row["expiries"])
        expiries = seen.option_expiries[first : first + count]
        left = row["prints"] - expiries["printed"]
        open_ = (expiries["fixed"] == 0.0) & (seen.sealing >= expiries["expires"] - (left - 1.0) * row["spacing"])
        return [first + at for at in np.flatnonzero(open_).tolist() if self._held(seen, first + at).any()]

    def _held(self, seen: BlockView, expiry: int) -> np.ndarray:
        """What it holds of the series of an expiry: shape (series,)."""
        market = int(seen.option_expiries["market"][expiry])
        first, count = (int(seen.option_expiries[name][expiry]) for name in ("first_series", "series"))
        account = int(seen.option_markets["first_account"][market]) + self.account
        at = int(seen.option_accounts["positions"][account]) + first - int(seen.option_markets["first_series"][market])
        return seen.option_positions["quantity"][at : at + count]

    def _place(self, seen: BlockView, expiry: int, order: list[int], update: np.ndarray) -> int:
        """Where in an order its request stands: behind an update of the oracle that pays it more, else in front."""
        market = int(seen.option_expiries["market"][expiry])
        best, place = self._paid(seen, expiry, float(seen.feeds["price"][int(seen.option_markets["feed"][market])])), 0
        for number, at in enumerate(order):
            if at >= 0 and update[at]:
                paid = self._paid(seen, expiry, float(seen.due["amount"][at]))
                if paid > best:
                    best, place = paid, number + 1
        return place

    def _paid(self, seen: BlockView, expiry: int, price: float) -> float:
        """What it would be paid if all prints to come were at a price [USD]."""
        row, market = seen.option_expiries[expiry], int(seen.option_expiries["market"][expiry])
        prints = float(seen.option_markets["prints"][market])
        mean = (row["summed"] + (prints - row["printed"]) * price) / prints
        first, count = int(row["first_series"]), int(row["series"])
        series = seen.options[first : first + count]
        side = np.where(series["call"] == 1.0, 1.0, -1.0)
        return float(self._held(seen, expiry) @ np.maximum(side * (mean - series["strike"]), 0.0))

    def _request(self, seen: BlockView, market: int, expiry: int) -> np.ndarray:
        row = blank(1)
        row["sender"], row["sent"], row["arrival"] = self.account, seen.time, seen.time
        row["kind"], row["venue"], row["target"] = int(Kind.OPTION_PRINT), market, expiry
        row["rollup"], row["amount"] = int(seen.option_markets["rollup"][market]), 1.0
        row["asset_in"] = row["asset_out"] = 0
        return row
