"""The published experiments on the bidding war of block builders, and their results.

Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
2312.14510; the numbers are from its public data, 10,000 auctions each.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.bidding import ascending
from experiments.games.bidding_war import BiddingWar

AUCTIONS = 10_000


@dataclass(frozen=True)
class PublishedWar:
    """One experiment.

    Parameters
    ----------
    name : str
        What was varied.
    game : BiddingWar
        The set-up.
    groups : tuple of str
        Names of the groups of bidders that results are given for.
    members : tuple of tuple of int
        Bidders of each group.
    rates : tuple of float
        Published win rate of each group [1].
    profits : tuple of float or None
        Published profit per win of each group [ether], where there is one.
    efficiency : float or None
        Published median of the winning bid over the available signal [1].
    """

    name: str
    game: BiddingWar
    groups: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    rates: tuple[float, ...]
    profits: tuple[float | None, ...]
    efficiency: float | None = None


def _alone(name: str, game: BiddingWar, rates: tuple[float, ...], efficiency: float) -> PublishedWar:
    bidders = range(len(rates))
    groups, members = tuple(f"bidder {i}" for i in bidders), tuple((i,) for i in bidders)
    return PublishedWar(name, game, groups, members, rates, (None,) * len(rates), efficiency)


def _mixed(
    name: str,
    late: str,
    timing: tuple[int, int, float],
    rates: tuple[float, ...],
    profits: tuple[float | None, ...] = (None, None, None),
) -> PublishedWar:
    """Four naive, four adaptive, four of a third rule; timing: global delay, reveal before the end, sd of the end."""
    rules = (ascending.NAIVE,) * 4 + (ascending.ADAPTIVE,) * 4 + (ascending.RULES[late],) * 4
    delay, epsilon, length_sd_s = timing
    game = BiddingWar(rules, (1,) * 12, global_delay=delay, epsilon=epsilon, length_sd_s=length_sd_s)
    groups = ("naive", "adaptive", late.replace("_", "-"))
    members = tuple(tuple(range(4 * k, 4 * k + 4)) for k in range(3))
    return PublishedWar(name, game, groups, members, rates, profits)


_TEN = (ascending.NAIVE,) * 10

WARS = (
    _alone(
        "10 naive, access .80-.98",
        BiddingWar(_TEN, (1,) * 10, tuple(0.80 + 0.02 * i for i in range(10))),
        (0.0023, 0.0027, 0.0075, 0.0101, 0.0206, 0.0364, 0.0685, 0.1258, 0.2319, 0.4942),
        0.9395,
    ),
    _alone(
        "10 naive, delay 1-10",
        BiddingWar(_TEN, tuple(range(1, 11)), (0.8,) * 10, global_delay=1),
        (0.1106, 0.1115, 0.1002, 0.1038, 0.1016, 0.0983, 0.0963, 0.0944, 0.0950, 0.0883),
        0.9179,
    ),
    _mixed(
        "4+4+4 last-minute, delay 4",
        "last_minute",
        (4, 1, 0.0),
        (0.3611, 0.2039, 0.4350),
        (0.006539, 0.006694, 0.006555),
    ),
    _mixed("4+4+4 bluff, delay 4", "bluff", (4, 1, 0.0), (0.3377, 0.3304, 0.3319)),
    _mixed("4+4+4 stealth, random end", "stealth", (1, 0, 0.05), (0.4341, 0.3888, 0.1771)),
    _mixed("4+4+4 bluff, random end", "bluff", (1, 0, 0.05), (0.1804, 0.1726, 0.6470), (None, None, -0.193)),
)
