"""Searcher or builder: ten agents with one bundle each choose how to profit from it.

Searchers send their bundle to every builder with a bid, a share of its value. A builder packs its own bundle and those
it was sent greedily by bid, leaving out what conflicts with a bundle already packed, and bids the sum in a second-price
auction for the block. What a builder earns is the difference to the second-best block; a searcher in the winning block
keeps the rest of its value. Searchers learn the share that they bid by regret matching; roles are compared at what was
learned.

Source of the question and the market: Y. Li and Z. Wang (2025), Role-selection game in block production under
proposer-builder separation, arXiv 2503.15184. Builders' rebates to searchers are left out: with bids that do not depend
on them, none are paid.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from agents.learning import draws, regret_matching
from market.kernel.compiled import kernel
from market.sequencing.auctions import second_price


@dataclass(frozen=True)
class RoleGame:
    """The market; money in ether.

    Parameters
    ----------
    agents, builders : int
        Number of agents, the first `builders` of which build.
    conflict : float
        Probability that two given bundles exclude each other.
    mean_value : float
        Mean of the exponential value of a bundle.
    limit : int
        Most bundles that fit into a block.
    shares : tuple of float
        Shares of the value that a searcher may bid.
    """

    agents: int = 10
    builders: int = 3
    conflict: float = 0.5
    mean_value: float = 0.1
    limit: int = 20
    shares: tuple[float, ...] = tuple(round(0.05 * k, 2) for k in range(1, 21))


@dataclass(frozen=True)
class RolesLearned:
    """Means at the learned policy.

    Parameters
    ----------
    share : float
        Share of the value that searchers bid.
    searcher, builder, proposer : float
        Payoff of one searcher and of one builder, and the proposer's revenue, per block [ether].
    errors : tuple of float
        Standard errors of these three.
    """

    share: float
    searcher: float
    builder: float
    proposer: float
    errors: tuple[float, float, float]


@kernel
def pack(bids: np.ndarray, builders: int, own: int, conflicts: np.ndarray, limit: int, packed: np.ndarray) -> float:
    """Pack builder `own`'s block greedily by bid and return the sum of the bids in it.

    `bids` (n,) of all agents, builders first; `conflicts` (n, n) of bool; `packed` (n,) of bool is overwritten.
    """
    n = bids.size
    total = 0.0
    packed[:] = False
    for _ in range(limit):
        best = -1
        for i in range(n):
            if packed[i] or (i < builders and i != own) or (best >= 0 and bids[i] <= bids[best]):
                continue
            free = True
            for j in range(n):
                if packed[j] and conflicts[i, j]:
                    free = False
                    break
            if free:
                best = i
        if best < 0:
            break
        packed[best] = True
        total += bids[best]
    return total


@kernel
def settle(values, bids, builders, conflicts, limit, u, blocks, payments, packed, payoffs):
    """Build and auction the block; fills `payoffs` (n,) and returns the proposer's revenue. The rest is work space."""
    for b in range(builders):
        blocks[b] = pack(bids, builders, b, conflicts, limit, packed)
    winner = second_price.settle(blocks, 0.0, u, payments)
    pack(bids, builders, winner, conflicts, limit, packed)
    for i in range(values.size):
        payoffs[i] = values[i] - bids[i] if packed[i] and i >= builders else 0.0
    payoffs[winner] = blocks[winner] - payments[winner]
    return payments[winner]


@kernel
def _draw(values, conflicts, mean_value, conflict, stream):
    for i in range(values.size):
        values[i] = -mean_value * np.log(1.0 - draws.uniform(stream))
        for j in range(i):
            conflicts[i, j] = draws.uniform(stream) < conflict
            conflicts[j, i] = conflicts[i, j]


@njit(cache=True, nogil=True)
def _play(n, builders, conflict, mean_value, limit, shares, rounds, learning, policy, average, records, stream):
    """Learn for `rounds` rounds, or only play the given policy, recording payoffs (rounds, 3)."""
    values, bids, payoffs = np.empty(n), np.empty(n), np.empty(n)
    conflicts, packed = np.zeros((n, n), np.bool_), np.empty(n, np.bool_)
    blocks, payments = np.empty(builders), np.empty(builders)
    regrets, earned = np.zeros(shares.size), np.empty(shares.size)
    for t in range(rounds):
        _draw(values, conflicts, mean_value, conflict, stream)
        u = draws.uniform(stream)
        chosen = 0
        # Searchers share their experience; one of them, in turn, looks at what its other bids would have brought.
        looking = builders + t % (n - builders)
        for i in range(n):
            bids[i] = values[i]
            if i >= builders:
                k = draws.choice(stream, policy)
                bids[i] = shares[k] * values[i]
                if i == looking:
                    chosen = k
        if learning:
            for k in range(shares.size):
                bids[looking] = shares[k] * values[looking]
                settle(values, bids, builders, conflicts, limit, u, blocks, payments, packed, payoffs)
                earned[k] = payoffs[looking]
            regret_matching.accumulate(regrets, earned, float(earned[chosen]), False)
            regret_matching.probabilities(regrets, policy)
            average += t * policy
        else:
            records[t, 2] = settle(values, bids, builders, conflicts, limit, u, blocks, payments, packed, payoffs)
            records[t, 0] = payoffs[builders:].mean()
            records[t, 1] = payoffs[:builders].mean()


def learn_roles(game: RoleGame, rounds: int, seed: int, measured: int = 20_000) -> RolesLearned:
    """Let searchers learn for `rounds` blocks, then measure payoffs over `measured` blocks at the average policy."""
    shares = np.array(game.shares)
    stream = draws.stream(seed)
    policy = np.full(shares.size, 1.0 / shares.size)
    average, records = np.zeros(shares.size), np.empty((measured, 3))
    arguments = (game.agents, game.builders, game.conflict, game.mean_value, game.limit, shares)
    if game.builders < game.agents:
        _play(*arguments, rounds, True, policy, average, records, stream)
        average /= average.sum()
        _play(*arguments, measured, False, average, average, records, stream)
    else:
        records[:] = _builders_only(game, measured, seed)
    searcher, builder, proposer = (float(mean) for mean in records.mean(axis=0))
    errors = records.std(axis=0, ddof=1) / np.sqrt(measured)
    return RolesLearned(float(average @ shares), searcher, builder, proposer, (errors[0], errors[1], errors[2]))


def _builders_only(game: RoleGame, blocks: int, seed: int) -> np.ndarray:
    """Without searchers every block holds one bundle: the best is worth the difference to the second best."""
    values = np.sort(np.random.default_rng(seed).exponential(game.mean_value, (blocks, game.agents)), axis=1)
    surplus = (values[:, -1] - values[:, -2]) / game.agents
    return np.column_stack([np.zeros(blocks), surplus, values[:, -2]])


def stable_builders(searcher: np.ndarray, builder: np.ndarray) -> list[int]:
    """Numbers of builders at which nobody gains by switching roles.

    `searcher[k]` and `builder[k]` are the payoffs when k agents build, k = 0, ..., n; without a builder nobody earns
    anything, and the entries that do not exist (builders at k = 0, searchers at k = n) are not looked at.
    """
    n = len(searcher) - 1
    return [
        k
        for k in range(1, n + 1)
        if (k == n or searcher[k] >= builder[k + 1]) and (k == 1 or builder[k] >= searcher[k - 1])
    ]
