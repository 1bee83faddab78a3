"""What a rollup's protocol is given to read when it reviews who sequences it.

All of it is public: what networks charge, who is where, and what rollups and their users experienced, as anybody could
count it in the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

ALONE = 0
"""Number of what is no network: a sequencer of one's own. Networks are numbered from 1."""


class Terms(NamedTuple):
    """What a network publishes; a rollup's own sequencer has no name and keeps nothing.

    Attributes
    ----------
    name
        as configured
    fee
        share of a rollup's tips, gas and bids that stays with the network [1]
    block_time_s
        time between two of its blocks [s]
    """

    name: str
    fee: float
    block_time_s: float


@dataclass(frozen=True)
class Experience:
    """What a rollup and its users experienced in a stretch of time in one network.

    Attributes
    ----------
    rollup, network
        whose experience it is, and where; 0: alone
    start_s, end_s
        when it began and ended [s]
    revenue_usd
        what the rollup's treasury received [USD]
    demand_usd
        what retail users wanted to trade [USD]
    cost_usd
        what that cost them against the mid when they sent it, with tips, and what whoever was not served would have
        paid as it gave up [USD]
    delay_s
        mean time from sending to execution of retail trades, nan where there was none [s]
    sandwich_usd, retail_sandwich_usd
        what whoever stood in a sandwich lost by it, and the part of retail users, which `cost_usd` holds, too [USD]
    arbitrage_usd
        what liquidity providers lost to whoever closes gaps between prices [USD]
    providers_usd
        what they gained in all: fees, and the value of what they received less that of what they gave [USD]
    penalty_usd, bad_debt_usd
        what borrowers paid beyond their debt as they were liquidated, and debt that nobody covered [USD]
    options_usd
        what trades cost those who have lost by taking quotes of options, against what the options were worth at the
        reference price, with fees and tips [USD]
    stale_usd
        what others have gained by taking quotes, fees and tips off: those that the price had left behind [USD]
    makers_usd
        what makers gained by these trades, with the venue's fees, and less what their hedges on the rollup cost [USD]
    unhedged_usd2
        what moves of prices from second to second brought to what makers had unhedged, squared: the variance of what
        they have besides [USD^2]
    """

    rollup: int
    network: int
    start_s: float
    end_s: float
    revenue_usd: float
    demand_usd: float
    cost_usd: float
    delay_s: float
    sandwich_usd: float
    retail_sandwich_usd: float
    arbitrage_usd: float
    providers_usd: float
    penalty_usd: float
    bad_debt_usd: float
    options_usd: float
    stale_usd: float
    makers_usd: float
    unhedged_usd2: float

    @property
    def length_s(self) -> float:
        """How long it lasted [s]."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class NetworksSeen:
    """What a protocol sees at a review.

    Attributes
    ----------
    time
        now [s]
    rollup
        the protocol's own
    where
        network of each rollup, 0: alone
    coming
        network that each rollup will be in once all announced moves have taken effect
    terms
        what each network publishes; terms[0] are those of the rollup's own sequencer
    experience
        of all rollups since the last review, in the order in which the stretches ended
    funds_usd
        what the protocol can spend [USD]
    switching_usd
        what a move costs it [USD]
    notice_s
        from the announcement of a move to its effect [s]
    period_s
        time between two reviews [s]
    """

    time: float
    rollup: int
    where: tuple[int, ...]
    coming: tuple[int, ...]
    terms: tuple[Terms, ...]
    experience: tuple[Experience, ...]
    funds_usd: float
    switching_usd: float
    notice_s: float
    period_s: float

    @property
    def network(self) -> int:
        """Where the rollup will be unless it moves: 0 for alone."""
        return self.coming[self.rollup]
