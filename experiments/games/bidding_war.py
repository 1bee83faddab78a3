"""The bidding war of block builders: an open ascending auction fed by public and private order flow.

Every step brings Poisson numbers of public signals, seen by all, and of private ones, each of which reaches bidder i
with probability `access[i]`; a signal's value is lognormal. Bidders revise their bids each step by the rules of
`agents.bidding.ascending`; the relay is `market.sequencing.auctions.ascending`.

Source: F. Wu, T. Thiery, S. Leonardos and C. Ventre (2023), Strategic bidding wars in on-chain auctions, arXiv
2312.14510.
"""

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from agents.bidding.ascending import ascending_bid
from market.sequencing.auctions import ascending

STEP_S = 0.01
ROUNDING = 1e-9  # steps; keeps a length of exactly 1200 steps from becoming 1199.999...


@dataclass(frozen=True)
class OrderFlow:
    """Arrival and value of the signals: rates per step, parameters of the logarithm of the value in ether."""

    public_rate: float = 0.082
    public_mu: float = -11.66306
    public_sigma: float = 3.05450
    private_rate: float = 0.04
    private_mu: float = -8.41975
    private_sigma: float = 1.95231

    def as_array(self) -> np.ndarray:
        """The six numbers in the order of the fields, as the compiled loop takes them."""
        return np.array(
            [
                self.public_rate,
                self.public_mu,
                self.public_sigma,
                self.private_rate,
                self.private_mu,
                self.private_sigma,
            ]
        )


@dataclass(frozen=True)
class BiddingWar:
    """Who bids how, with which delay and access; one auction's timing.

    Parameters
    ----------
    rules : tuple of int
        Bid rule of each bidder, codes of `agents.bidding.ascending`.
    delays : tuple of int
        Individual delay of each bidder [steps].
    access : tuple of float or None
        Probability that a private signal reaches each bidder; None draws it from U(.8, 1) afresh in every auction.
    global_delay : int
        Delay common to all [steps].
    epsilon : int
        Steps by which the late rules reveal before the last possible step.
    length_s, length_sd_s : float
        Mean and standard deviation of the auction's length [s]; bidders plan with the mean.
    margin, margin_sd : float
        Mean and standard deviation of the profit margin [ether].
    increment : float
        Step of the adaptive rule [ether].
    bluff_low, bluff_high : float
        Range of the bluff value [ether].
    """

    rules: tuple[int, ...]
    delays: tuple[int, ...]
    access: tuple[float, ...] | None = None
    global_delay: int = 1
    epsilon: int = 0
    length_s: float = 12.0
    length_sd_s: float = 0.0
    margin: float = 0.00659
    margin_sd: float = 0.0001
    increment: float = 0.0001
    bluff_low: float = 0.3
    bluff_high: float = 0.4
    flow: OrderFlow = field(default_factory=OrderFlow)

    def __post_init__(self) -> None:
        """Refuse a war whose bidders are not described equally often."""
        if not len(self.rules) == len(self.delays) == len(self.access or self.rules):
            raise ValueError("rules, delays and access must name the same number of bidders")
        if min(self.delays) + self.global_delay < 1:
            raise ValueError("a bid takes at least one step to reach the relay")


@dataclass(frozen=True)
class Outcome:
    """Results by auction, each of shape (auctions,): winner (-1 none), paid, profit, available signal."""

    winner: np.ndarray
    paid: np.ndarray
    profit: np.ndarray
    available: np.ndarray

    @property
    def efficiency(self) -> np.ndarray:
        """Winning bid over the total available signal, (auctions,)."""
        return self.paid / self.available


@njit(cache=True)
def _room(rate, timing):
    """Arrays for the signals of one auction: twelve standard deviations more than the longest is expected to bring."""
    mean = rate * (timing[2] + 6.0 * timing[3])
    room = int(mean + 12.0 * np.sqrt(mean)) + 50
    return np.empty(room, np.int64), np.empty(room)


@njit(cache=True)
def _draw_signals(rng, rate, mu, sigma, steps, at, values):
    """Fill the sorted arrival steps and values of a Poisson stream of signals; return how many there are."""
    count = min(rng.poisson(rate * steps), at.size)
    for k in range(count):
        at[k] = int(rng.random() * steps)
        values[k] = np.exp(mu + sigma * rng.standard_normal())
    at[:count].sort()
    return count


@njit(cache=True)
def play(rng, rules, delays, access, draw_access, timing, money, flow, winner, paid, profit, available, trace):
    """Run one auction per entry of `winner`; the results and, if it has room, the trace are written in place.

    `timing` is (global delay, epsilon, mean length, its standard deviation), all in steps; `money` is (margin, its
    standard deviation, increment, lowest and highest bluff). `trace` has shape (auctions or 0, steps, bidders):
    standing bids.
    """
    n = rules.size
    longest = int(timing[0]) + delays.max() + 1
    pending = np.empty((longest, n))
    standing = np.empty(n)
    lag = np.empty(n, np.int64)
    reveal = np.empty(n, np.int64)
    chance = access.copy()
    margin = np.empty(n)
    bluff = np.empty(n)
    private = np.empty(n)
    known = np.empty((longest, n))
    public_at, public_value = _room(flow[0], timing)
    private_at, private_value = _room(flow[3], timing)
    for i in range(n):
        lag[i] = delays[i] + int(timing[0])
        reveal[i] = int(timing[2]) - int(timing[1]) - lag[i]
    for game in range(winner.size):
        # An auction is never shorter than the longest delay, so that every bidder has a bid in it.
        last = max(int(timing[2] + timing[3] * rng.standard_normal() + ROUNDING), longest)
        publics = _draw_signals(rng, flow[0], flow[1], flow[2], last, public_at, public_value)
        privates = _draw_signals(rng, flow[3], flow[4], flow[5], last, private_at, private_value)
        for i in range(n):
            if draw_access:
                chance[i] = rng.uniform(0.8, 1.0)
            margin[i] = money[0] + money[1] * rng.standard_normal()
            bluff[i] = rng.uniform(money[3], money[4])
            private[i] = 0.0
        ascending.clear(pending, standing)
        public, total = 0.0, 0.0
        a, b = 0, 0
        for step in range(last):
            while a < publics and public_at[a] <= step:
                public += public_value[a]
                a += 1
            while b < privates and private_at[b] <= step:
                total += private_value[b]
                for i in range(n):
                    if rng.random() < chance[i]:
                        private[i] += private_value[b]
                b += 1
            best = ascending.advance(pending, standing, step, True)
            for i in range(n):
                bid = ascending_bid(
                    rules[i], step >= reveal[i], public, private[i], margin[i], best, money[2], bluff[i]
                )
                ascending.post(pending, i, step, lag[i], bid)
                known[step % longest, i] = public + private[i]
            if game < trace.shape[0] and step < trace.shape[1]:
                trace[game, step, :] = standing
        # The relay closes at the start of step `last`: what arrives then still counts.
        paid[game] = ascending.advance(pending, standing, last, True)
        if game < trace.shape[0] and last < trace.shape[1]:
            trace[game, last, :] = standing
        available[game] = public + total
        first = ascending.winner_of(standing, rng.random())
        winner[game] = first
        if first >= 0:
            # The block that wins was built when its bid was sent; order flow that came later is not in it.
            profit[game] = known[(last - lag[first]) % longest, first] - paid[game]


def simulate(game: BiddingWar, auctions: int, seed: int, trace: bool = False) -> tuple[Outcome, np.ndarray]:
    """Run `auctions` independent auctions.

    Returns
    -------
    outcome : Outcome
        Results by auction.
    trace : (auctions, steps, bidders) array of float32
        Standing bids at the start of each step, the last being that at which the auction closes; empty unless `trace`.
    """
    n = len(game.rules)
    steps = int(np.ceil((game.length_s + 6 * game.length_sd_s) / STEP_S)) + 1
    record = np.zeros((auctions if trace else 0, steps, n), np.float32)
    winner = np.full(auctions, -1)
    paid, profit, available = np.zeros(auctions), np.zeros(auctions), np.zeros(auctions)
    play(
        np.random.default_rng(seed),
        np.array(game.rules),
        np.array(game.delays),
        np.array(game.access if game.access is not None else np.zeros(n), dtype=float),
        game.access is None,
        np.array([game.global_delay, game.epsilon, game.length_s / STEP_S, game.length_sd_s / STEP_S]),
        np.array([game.margin, game.margin_sd, game.increment, game.bluff_low, game.bluff_high]),
        game.flow.as_array(),
        winner,
        paid,
        profit,
        available,
        record,
    )
    return Outcome(winner, paid, profit, available), record
