"""The Timeboost score and the express lane, through the market's own ordering of blocks.

Source: Mamageishvili, Kelkar, Schlegel & Felten (2023), Buying time, arXiv 2306.02179: score = pi(m) - t with pi(m)
= g m / (m + c). Derived from it: a lag d < g is made up by bidding m = c d / (g - d), one of g or more by nothing.
Express lane as deployed (Arbitrum documentation, 2025): sealed second price with reserve, everybody else 200 ms
late.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agents.base import Trader
from experiments.validation._markets import Watched, asset, bisect, intents, pool, rollup, still
from experiments.validation._rows import row
from market.access.desk import Desk
from market.access.observation import Observation
from market.access.seat import Seat
from market.config import AgentConfig, MarketConfig, RegimeConfig
from market.state.ledger import Why
from market.venues import Kind

ID = "A5"
TITLE = "Timeboost: bids against time"

LONGEST_S, SCALE_USD = 0.5, 2.0
STEPS = 30
TOLERANCE = 1e-6  # relative: the bisection is finer, what is left is the rounding of arrival times
ROUND_S, CLOSING_S, RESERVE_USD = 6.0, 1.5, 2.0


class LaneBidder(Trader):
    """Bids given amounts for every round of the lane, and pays a cent to itself in every slot.

    Parameters
    ----------
    bids
        its bids for a round, one after the other [USD]
    lag_s
        delay of its intents [s]
    """

    def __init__(self, seat: Seat, bids: tuple[float, ...] = (), lag_s: float = 0.0) -> None:
        super().__init__(seat)
        self.bids, self.lag_s = bids, lag_s
        self.results: list[tuple[bool, float]] = []

    @property
    def latency_s(self) -> float:
        """The given delay, every time."""
        return self.lag_s

    def act(self, seen: Observation, desk: Desk) -> None:
        """Send something to be ordered."""
        desk.pay(seen.rollups[0], self.account, 0, 0.01)

    def bid_for_lane(self, seen: Observation) -> tuple[float, ...]:
        """Bid what it was given."""
        return self.bids

    def heard_lane(self, won: bool, price_usd: float, start_s: float, end_s: float) -> None:
        """Note the result."""
        self.results.append((won, price_usd))


def rows(quick: bool, data: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of the known answer."""
    yield from _score(quick)
    yield from _lane(60.0 if quick else 600.0)


# -- the score ---------------------------------------------------------------------------------------------------------


def _score(quick: bool) -> Iterator[dict[str, Any]]:
    for share in (0.1, 0.5, 0.9):
        lag = share * LONGEST_S
        expected = SCALE_USD * lag / (LONGEST_S - lag)
        found = bisect(lambda bid, lag=lag: _first(0.0, bid, lag), 0.0, 4.0 * expected, STEPS)
        yield _least(f"lag {share:g} g", expected, found)
    lag, bid = 0.3, 1.0
    # against a rival who bids too, the bid has to buy the lag on top of what the rival bought
    bought = lag + LONGEST_S * bid / (bid + SCALE_USD)
    expected = SCALE_USD * bought / (LONGEST_S - bought)
    found = bisect(lambda other: _first(bid, other, lag), 0.0, 4.0 * expected, STEPS)
    yield _least("lag 0.6 g, rival bids c/2", expected, found)
    rng = np.random.default_rng(5)
    count = 200 if quick else 2000
    lags = LONGEST_S * (1.0 + rng.exponential(0.5, count))
    wins = _overtakes(lags, np.zeros(count), SCALE_USD * 10.0 ** rng.uniform(-2, 9, count))
    yield row(ID, "lag of g or more, any bid", "share that overtakes", 0.0, wins.mean(), 0.0)
    lags = LONGEST_S * rng.random(count)
    early, late = SCALE_USD * rng.exponential(1.0, (2, count))
    gain = LONGEST_S * (late / (late + SCALE_USD) - early / (early + SCALE_USD))
    wins = _overtakes(lags, early, late)
    yield row(ID, "random pairs", "share ordered by score", 1.0, (wins == (gain > lags)).mean(), 0.0)


def _least(case: str, expected: float, found: float) -> dict[str, Any]:
    return row(ID, case, "least bid to be first [c]", expected / SCALE_USD, found / SCALE_USD, TOLERANCE)


def _first(early_bid: float, late_bid: float, lag: float) -> bool:
    """Whether the later of two intents is executed first."""
    return bool(_overtakes(np.array([lag]), np.array([early_bid]), np.array([late_bid]))[0])


def _overtakes(lags: np.ndarray, early: np.ndarray, late: np.ndarray) -> np.ndarray:
    """For each pair whether the later intent is executed first: shape (n,), in a market with one pair every 5 s."""
    gap = 5.0
    settings = {"kind": "timeboost_score", "longest_s": LONGEST_S, "scale_usd": SCALE_USD}
    market = Watched(_market(settings, gap * (lags.size + 1)), seed=1)
    both = intents(market, 2 * lags.size, "retail", kind=Kind.PAYMENT, target=0, amount=0.01)
    both["arrival"][0::2] = gap * np.arange(lags.size) + 0.25
    both["arrival"][1::2] = both["arrival"][0::2] + lags
    both["sent"], both["tip"][0::2], both["tip"][1::2] = both["arrival"], early, late
    market.mempool.submit(both)
    market.run()
    done = market.rows
    place = np.full(2 * lags.size, -1)
    place[done["id"]] = np.arange(done.size)
    return place[1::2] < place[0::2]


# -- the express lane --------------------------------------------------------------------------------------------------


def _lane(horizon: float) -> Iterator[dict[str, Any]]:
    rounds = int((horizon + CLOSING_S) // ROUND_S)  # sold by then; the market opens inside round 0
    for case, bids, price in (
        ("bids 9, 7, 4", ((9.0,), (7.0,), (4.0,)), 7.0),
        ("one bid above the reserve", ((9.0,), (1.0,), ()), RESERVE_USD),
        ("six bids of one party", ((7.0,), (1.0, 2.0, 3.0, 4.0, 5.0, 99.0), ()), 5.0),
        ("nobody bids the reserve", ((1.9,), (1.0,), ()), 0.0),
    ):
        market = _bidding(bids, horizon)
        paid = market.world.tables.flows[:, market.account("sequencer"), Why.BID, 0].sum()
        yield row(ID, f"lane, {case}", "price of a round [USD]", price, paid / rounds, 1e-9)
    for lead, expected in ((0.15, 1.0), (0.25, 0.0)):
        # the controller is slower by `lead`, and the others are held up by 200 ms
        market = _bidding(((9.0,), (7.0,), (4.0,)), horizon, lead)
        yield row(ID, f"rival faster by {lead:g} s", "controller is first", expected, _ahead(market), 0.0)


def _bidding(bids: tuple[tuple[float, ...], ...], horizon: float, lag: float = 0.0) -> Watched:
    """A market of bidders of whom the first, who bids most, is slower than the others."""
    settings = {
        "kind": "express_lane", "round_s": ROUND_S, "closing_s": CLOSING_S, "reserve_usd": RESERVE_USD,
    }  # fmt: skip
    agents = [
        AgentConfig(
            role="trader", strategy=f"{__name__}:LaneBidder", capital_usd=1e5,
            parameters={"bids": own, "lag_s": 0.0 if at else lag},
        )
        for at, own in enumerate(bids)
    ]  # fmt: skip
    market = Watched(_market(settings, horizon, *agents), seed=1)
    market.run()
    return market


def _ahead(market: Watched) -> float:
    """Share of slots, once the lane is controlled, in which the controller's intent is executed before its rival's."""
    done = market.rows
    first, second = (agent.account for agent in market.participants if agent.role == "trader" and agent.bids[0] > 5.0)
    place = {(int(r["sender"]), float(r["sent"])): at for at, r in enumerate(done) if r["sent"] > ROUND_S}
    both = [sent for who, sent in place if who == first and (second, sent) in place]
    return float(np.mean([place[first, sent] < place[second, sent] for sent in both]))


def _market(ordering: dict[str, Any], horizon: float, *agents: AgentConfig) -> MarketConfig:
    """One rollup under the given ordering, in which nothing else happens."""
    scene = still(
        [rollup("a", pool((1000.0, 2e6), ("ETH", "USD"), 5.0, 2000.0), block_time_s=1.0)],
        [asset("ETH", 2000.0)], agents, horizon_s=horizon,
    )  # fmt: skip
    return scene.model_copy(update={"regime": RegimeConfig(name=ordering["kind"], ordering=ordering)})
