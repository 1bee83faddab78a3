"""What was measured of an express lane, beside what the model says of `timeboost`: no parameter is set to it.

Facts: arXiv 2509.22143 and 2511.18328, Arbitrum 2025. There one lane serves one chain, here each rollup has its own;
and the reference population has two parties that bid for lanes, so that these two win everything by construction.
"""

from __future__ import annotations

import numpy as np
import pytest

from agents.population import Population
from experiments.markets.scenarios import reference
from market import regimes
from market.measures.outcomes import outcomes
from market.model import SequencerMarket

FACTS = {
    "lane_top_two_share": "> 0.9",
    "lane_reverted_share": "0.22",
    "lane_bid_value_rank_correlation": "weak",
    "lane_paid_over_highest": "0.627, later 0.148",
    "lane_effective_bidders": "2.7, later 1.2",
}


@pytest.mark.slow
def test_the_lane_beside_the_facts(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the table; what holds is that bids say little of their minute, and that winners pay less than they bid."""
    rows = []
    for seed in (1, 2):
        config = reference(regime=regimes.load("timeboost")).model_copy(update={"horizon_s": 2400.0})
        market = SequencerMarket(config, seed, Population(config))
        market.run()
        rows.append(outcomes(market))
    found = {name: np.array([float(row[name]) for row in rows]) for name in FACTS}
    with capsys.disabled():
        for name, fact in FACTS.items():
            print(f"\n{name:32} model {found[name].mean():.3f}  measured {fact}", end="")
    assert all(row["lane_rounds"] > 200 for row in rows)
    assert np.abs(found["lane_bid_value_rank_correlation"]).max() < 0.3
    assert ((found["lane_reverted_share"] > 0.0) & (found["lane_reverted_share"] < 1.0)).all()
    ratio = found["lane_paid_over_highest"]
    assert (ratio < 1.0).all()
    assert found["lane_effective_bidders"] == pytest.approx(1.0 / (1.0 - ratio))
