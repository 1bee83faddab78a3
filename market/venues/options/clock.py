"""Options expire as time goes by: prints are taken, what they bring is paid, and later expiries are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.kernel.direct import bind
from market.venues.clock import Clock
from market.venues.options.chain import strikes
from market.venues.options.expiries import advance, look, next_look
from market.venues.options.instrument import price_of
from market.venues.options.marks import review

if TYPE_CHECKING:
    from market.config import MarketConfig
    from market.model import SequencerMarket
    from market.venues.founding import World
    from market.venues.options.config import OptionsConfig


def start(market: SequencerMarket) -> Clock:
    """Return the clock of the options; it stands still where there are none."""
    if not len(market.world.tables.option_markets):
        return Clock()
    return Clock(tick=Calendar(market.world, market.config).tick)


class Calendar:
    """Does at every expiry what is due.

    Parameters
    ----------
    world
        accounts and terms
    config
        how expiries are listed
    """

    def __init__(self, world: World, config: MarketConfig) -> None:
        self._state, self._tables = world.state, world.tables
        self._listed: list[OptionsConfig] = [spec for rollup in config.rollups for spec in rollup.options]
        self._advance = bind(advance, self._state, 0.0)

    def tick(self, now: float) -> None:
        """Mark options at a time, and look at the markets where something is due."""
        if not self._advance(self._state, now):
            return
        for market, row in enumerate(self._tables.option_markets):
            if row["due"] <= now:
                self._look(market, now)
                row["due"] = next_look(self._state, market)

    def _look(self, market: int, now: float) -> None:
        row = self._tables.option_markets[market]
        first = int(row["first_expiry"])
        for expiry in range(first, first + int(row["expiries"])):
            while look(self._state, expiry, now) and self._listed[market].roll:
                self._list_anew(market, expiry)
        if row["reviewed_at"] + row["review"] <= now:
            review(self._state, market)

    def _list_anew(self, market: int, expiry: int) -> None:
        """Let the rows of an expiry that is paid out stand for the next one: around the price, volatilities as ever."""
        row, spec = self._tables.option_expiries[expiry], self._listed[market]
        row["expires"] += row["tenor"]
        row["printed"], row["summed"], row["fixed"], row["over"] = 0.0, 0.0, 0.0, 0.0
        first = int(row["first_series"])
        series = self._tables.options[first : first + int(row["series"])]
        series["expires"] = row["expires"]
        series["strike"] = strikes(spec, price_of(self._state, market), float(row["tenor"])).repeat(2)
