"""Who orders the block of a print chooses the price at which options are paid.

Derived, on a price without drift. Of the two prices that a block holds, the one posted and an update tau younger, the
better one is on average S sigma sqrt(tau / (2 pi)) above the posted one. The best of all n prints of a window, one
every b, is S sigma sqrt(b / (2 pi)) (1 + 1 / sqrt(2) + ... + 1 / sqrt(n)) above the one before them (Spitzer), which
tends to S sigma sqrt(2 d / pi) over d = n b: .0161% of S in 2 s, .0880% in 60 s, at .8. That needs hindsight: a
sequencer has it over what one block holds, not over blocks to come. Of m averaged prints one weighs 1 / m.

A sequencer that holds calls deep in the money asks for the print itself, before or behind the oracle's update; nobody
else does anything. What the venue then fixes is compared with the prices that the oracle posted, block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.validation._markets import execute
from experiments.validation._options import MAKER, PRICE, SIGMA, agent, configured, ran
from experiments.validation._rows import mean_and_error, row, three_errors
from market.intents.rows import blank
from market.settings import YEAR_S
from market.venues import Kind

ID = "K9"
TITLE = "Prints chosen by whoever orders the block"

TENOR_S, BLOCK_S, WINDOW_S = 20.0, 2.0, 10.0
ASSETS = 10
EXPIRIES, QUICK_EXPIRIES = 400, 80
DEPOSIT_USD, ASK_USD = 1e7, PRICE
PERCENT = 100.0


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """The limits as stated, what the sequencer chose of two prices, and what hindsight over a window would have."""
    for window_s, stated in ((2.0, 0.0161), (60.0, 0.0880), (1800.0, 0.482)):
        limit = PERCENT * SIGMA * np.sqrt(2.0 * window_s / YEAR_S / np.pi)
        yield row(ID, f"window {window_s:g} s", "best of all prints, % of S", stated, limit, 5e-4)
    expiries = QUICK_EXPIRIES if quick else EXPIRIES
    for prints in (1, 4):
        yield from _chosen(prints, expiries)


class Owner:
    """Lets the sequencer own a call of every expiry as it is listed, and notes what the oracle posted when.

    Attributes
    ----------
    posted : list of (assets,) arrays
        prices that the oracle had posted after each block [USD]
    paid : dict
        by market and expiry: the mean of the prints, and after which block it was known
    """

    def __init__(self) -> None:
        self.posted: list[np.ndarray] = []
        self.paid: dict[tuple[int, float], tuple[float, int]] = {}
        self._rich = False

    def __call__(self, market: Any) -> None:
        """Look at a market after a block."""
        tables = market.world.tables
        self.posted.append(tables.feeds["price"].copy())
        sequencer = next(a.account for a in market.participants if a.role == "sequencer")
        maker = next(a.account for a in market.participants if a.role == "market_maker")
        if not self._rich:
            self._rich = True
            for at in range(len(tables.option_markets)):
                deposits = [_row(tables, at, Kind.OPTION_DEPOSIT, who, DEPOSIT_USD) for who in (sequencer, maker)]
                execute(market, np.concatenate(deposits))
        for at, expiry in enumerate(tables.option_expiries):
            if expiry["fixed"] > 0.0:
                self.paid.setdefault((at, float(expiry["expires"])), (float(expiry["fixed"]), len(self.posted) - 1))
            elif tables.options["open"][int(expiry["first_series"])] == 0.0 and market.time < expiry["expires"]:
                self._own(market, at, sequencer, maker)

    def _own(self, market: Any, at: int, sequencer: int, maker: int) -> None:
        tables = market.world.tables
        series = int(tables.option_markets["first_series"][at])
        tables.options["strike"][series] = 0.5 * PRICE  # deep in the money: it pays in proportion to the price
        asked = _row(tables, at, Kind.OPTION_QUOTE, maker, 1.0, series, limit=ASK_USD, buy=False)
        bought = _row(tables, at, Kind.OPTION_TRADE, sequencer, 1.0, series, limit=ASK_USD)
        execute(market, np.concatenate([asked, bought]))


def _row(
    tables: Any, market: int, kind: int, sender: int, amount: float, series: int = -1, *, limit: float = 0.0,
    buy: bool = True,
) -> np.ndarray:  # fmt: skip
    """Return an intent of somebody on a market; without a series, on its own account."""
    row, terms = blank(1), tables.option_markets[market]
    account, asset = int(terms["first_account"]) + sender, int(terms["asset"])
    row["kind"], row["sender"], row["venue"], row["rollup"] = int(kind), sender, market, 0
    row["target"] = account if series < 0 else series
    row["amount"], row["limit"] = amount, limit
    row["asset_in"], row["asset_out"] = (0, asset) if buy else (asset, 0)
    return row


def _chosen(prints: int, expiries: int) -> Iterator[dict[str, Any]]:
    """What the sequencer's choice adds, by expiry and asset; with one print, also what hindsight would have added."""
    spacing = WINDOW_S if prints == 1 else 2.0 * BLOCK_S
    terms = {
        "expiries_s": (TENOR_S,), "prints": prints, "spacing_s": spacing, "window_s": min(WINDOW_S, spacing),
        "exercise": "holder", "exercise_s": 0.75 * BLOCK_S,
    }  # fmt: skip
    chooser = agent("sequencer", "print_chooser")
    owner = Owner()
    config = configured(
        ASSETS, [terms], (chooser, agent(MAKER, "fixed_spread", size=1e-3)), BLOCK_S, expiries * TENOR_S,
        {"ordering": {"kind": "leader"}},
    )  # fmt: skip
    ran(config, 5, owner)
    posted = np.array(owner.posted)
    pair = SIGMA * np.sqrt(BLOCK_S / YEAR_S / (2.0 * np.pi))
    blocks = round(spacing / BLOCK_S)
    gains, best = [], []
    for (at, _), (fixed, block) in owner.paid.items():
        # of several prints each was taken in a block of its own: those before the last, so many blocks apart
        taken = block - blocks * np.arange(prints)
        if taken.min() < 1:
            continue
        gains.append(PERCENT * (fixed / posted[taken - 1, at].mean() - 1.0))
        ahead = posted[block : block + int(WINDOW_S / BLOCK_S), at]
        best.append(PERCENT * max(ahead.max() / posted[block - 1, at] - 1.0, 0.0))
    case = f"prints={prints}, {len(gains)} expiries"
    mean, error = mean_and_error(np.array(gains))
    yield row(ID, case, "chosen over posted, % of S", PERCENT * pair, mean, three_errors(error), error)
    if prints == 1:
        count = int(WINDOW_S / BLOCK_S)
        expected = PERCENT * pair * float((1.0 / np.sqrt(np.arange(1, count + 1))).sum())
        mean, error = mean_and_error(np.array(best))
        yield row(ID, f"{count} blocks", "best with hindsight, % of S", expected, mean, three_errors(error), error)
