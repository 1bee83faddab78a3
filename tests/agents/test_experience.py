"""What bidders learn who pay for a place without knowing what they will stand behind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import opened

from agents.bidding.experience import FORGETTING, MEMORY, Experience
from agents.builders.naive import Naive
from experiments.markets.scenarios import reference
from market import regimes
from market.config import AgentConfig

PROMISES = st.floats(0.01, 1e6)


class Trusting(Naive):
    """Takes its estimates at their word, whatever they brought."""

    def learn(self, receipts: np.ndarray) -> None:
        """Nothing."""


def test_before_the_first_win_promises_are_taken_at_their_word() -> None:
    seen = Experience()
    assert seen.share == 1.0
    seen.lost(100.0)
    assert seen.share == 1.0


def test_a_win_counts_by_its_size_and_a_place_not_bought_pulls_back() -> None:
    seen = Experience()
    seen.won(100.0, 40.0)
    assert seen.share == pytest.approx(1.0 - MEMORY * 0.6)
    before = seen.share
    seen.won(1000.0, 1000.0)
    small = before * 100.0 * (1.0 - MEMORY) + MEMORY * 1000.0
    assert seen.share == pytest.approx(small / (100.0 * (1.0 - MEMORY) + MEMORY * 1000.0))
    lower = Experience()
    for _ in range(50):
        lower.won(100.0, 0.0)
    assert lower.share == pytest.approx((1.0 - MEMORY) ** 50)
    after = lower.share
    lower.lost(100.0)
    assert lower.share == pytest.approx(after + FORGETTING * (1.0 - after))


@given(st.lists(st.tuples(PROMISES, st.floats(-2.0, 3.0)), min_size=1, max_size=60))
def test_what_is_learned_lies_within_what_happened(wins: list[tuple[float, float]]) -> None:
    seen = Experience()
    for promised, share in wins:
        seen.won(promised, share * promised)
    shares = [share for _, share in wins]
    assert min(1.0, *shares) - 1e-9 <= seen.share <= max(1.0, *shares) + 1e-9


def test_many_alike_wins_teach_what_they_bring() -> None:
    seen, rng = Experience(), np.random.default_rng(1)
    found = []
    for _ in range(4000):
        promised = float(rng.lognormal())
        seen.won(promised, promised * 2.0 * float(rng.random() < 0.3))
        found.append(seen.share)
    assert np.mean(found[200:]) == pytest.approx(0.6, abs=0.05)


@pytest.mark.slow
def test_bidders_for_the_end_of_sealed_blocks_lose_unless_they_learn() -> None:
    """Twenty minutes of the reference scenario, three seeds: net of bids, over what the places brought."""

    def net(strategy: str) -> tuple[float, float]:
        gained = paid = 0.0
        for seed in (1, 2, 3):
            base = reference(regime=regimes.load("radius")).model_copy(update={"horizon_s": 1200.0})
            others = tuple(group for group in base.agents if group.role != "builder")
            bidders = AgentConfig(role="builder", strategy=strategy, count=3)
            market = opened(base.model_copy(update={"agents": (bidders, *others)}), seed)
            market.run()
            accounts = [agent.account for agent in market.builders]
            gained += float(market.profits.by_trading()[accounts].sum())
            paid += sum(market.tally.bids_paid.get(account, 0.0) for account in accounts)
        return gained, paid

    gained, paid = net(f"{__name__}:Trusting")
    assert paid > 1.5 * gained > 0.0
    gained, paid = net("adaptive")
    assert paid < 1.1 * gained
