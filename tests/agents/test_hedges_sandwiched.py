"""Makers' hedges on pools and perpetuals, and a sequencer that reads them: what it takes, and what they cost then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agents.population import Population
from experiments.analysis.tape import outcomes as outcomes_of
from experiments.analysis.tape import read, sandwiches
from experiments.validation._markets import asset, pool, rollup, still
from market.config import AgentConfig, MarketConfig, OptionsConfig, PerpetualConfig
from market.intents.rows import Purpose
from market.measures.outcomes import outcomes
from market.measures.tape import Tape
from market.model import SequencerMarket

PRICE, WEEK_S = 100.0, 604_800.0


def scene(regime: str, venue: str, slippage_bp: float | None, fee_bp: float) -> MarketConfig:
    """One rollup with a pool and calls, a maker who sells fifty of them at a time and hedges, and a buyer.

    The fee is that of the perpetual, which there is where hedges are made on one.
    """
    contracts = venue == "perpetual"
    chain = OptionsConfig(expiries_s=(WEEK_S,), strikes=1, fee_bp=0.0, share_margin=contracts)
    perpetual = PerpetualConfig(maker_usd=1e7, depth_usd=1e6, spread_bp=0.0, fee_bp=fee_bp)
    home = rollup(
        "one", pool((1e4, 1e6), ("ETH", "USD"), 1.0, PRICE), options=(chain,), block_time_s=1.0,
        perpetuals=(perpetual,) if contracts else (),
    )  # fmt: skip
    quoting = {
        "half_bp": 50.0, "size": 50.0, "series": (0,), "hedge_s": 0.0, "hedge_venue": venue,
        "hedge_slippage_bp": slippage_bp,
    }  # fmt: skip
    buying = {"per_hour": 3600.0, "mean_size": 1e3, "slippage_bp": 5000.0}
    agents = [
        AgentConfig(role="market_maker", strategy="model_quoter", capital_usd=1e8, latency_s=0.01, parameters=quoting),
        AgentConfig(role="trader", strategy="option_buyer", capital_usd=1e8, latency_s=0.05, parameters=buying),
    ]
    return still([home], [asset("ETH", PRICE)], agents, regime, horizon_s=30.0, outside_fee_bp=1.0)


class Ran:
    """A market, how it ended, and the hedges of its maker, with what sandwiches took from them."""

    def __init__(
        self, folder: Path, regime: str, venue: str = "pool", slippage_bp: float | None = 300.0, fee_bp: float = 1.0
    ) -> None:
        file = folder / f"{regime}_{venue}_{slippage_bp}.parquet"
        config = scene(regime, venue, slippage_bp, fee_bp)
        market = SequencerMarket(config, 2, Population(config), [Tape(file)])
        market.run()
        rows: Any = pq.read_table(file).to_pandas()
        self.told = read(file)
        found: Any = outcomes(market)
        self.report = found
        self.hedges = rows[(rows["role"] == "market_maker") & (rows["purpose"] == Purpose.INVENTORY.name.lower())]
        self.trades = int(((rows["kind"] == "option_trade") & (rows["status"] == "filled")).sum())
        maker: Any = next(agent for agent in market.participants if agent.role == "market_maker")
        self.cost = maker.hedge.cost()


@pytest.mark.parametrize("venue", ["pool", "perpetual"])
def test_a_sequencer_that_reads_hedges_sandwiches_them_by_what_they_are(tmp_path: Path, venue: str) -> None:
    """All that it extracts is what makers lose on their hedges, which cost them more than where nobody reads them."""
    honest, extractive = Ran(tmp_path, "siloed", venue), Ran(tmp_path, "siloed_extractive", venue)
    assert honest.trades == extractive.trades > 5
    assert honest.report["extracted_sandwich_usd"] == 0.0
    lost = extractive.hedges["sandwich_loss_usd"].sum()
    assert lost > 0.0
    assert lost >= extractive.report["extracted_sandwich_usd"] > 0.0
    assert extractive.report["extracted_by_sequencers_usd"] >= extractive.report["extracted_sandwich_usd"]
    assert extractive.cost > 1.5 * honest.cost > 0.0
    assert extractive.report["unexplained_gain_usd"] < 1e-6
    told = extractive.told
    assert outcomes_of(told)["extracted_sandwich_usd"] == pytest.approx(extractive.report["extracted_sandwich_usd"])
    found = sandwiches(told)
    assert set(found["kind"]) == {"swap" if venue == "pool" else "perpetual_trade"}
    assert found["loss_usd"].sum() == pytest.approx(lost)
    assert found["gain_usd"].sum() == pytest.approx(extractive.report["extracted_sandwich_usd"])
    assert (found["value_usd"] > 100.0).all()
    assert extractive.report["conservation_error"] < 1e-9


@pytest.mark.parametrize("venue", ["pool", "perpetual"])
def test_what_a_hedge_puts_up_with_is_what_is_taken_of_it(tmp_path: Path, venue: str) -> None:
    """The looser the limit, the more it costs; where contents are sealed, or outside, nothing is taken."""
    tight, loose = (Ran(tmp_path, "siloed_extractive", venue, each) for each in (20.0, 300.0))
    lost = [ran.hedges["sandwich_loss_usd"].sum() for ran in (tight, loose)]
    assert lost[0] < 0.5 * lost[1]
    assert tight.cost < loose.cost
    for apart in (Ran(tmp_path, "encrypted", venue), Ran(tmp_path, "siloed_extractive", venue="outside")):
        assert len(apart.hedges)
        assert apart.hedges["sandwich_loss_usd"].sum() == pytest.approx(0.0, abs=1e-9)


def test_a_hedge_on_a_perpetual_is_left_alone_where_its_fee_is_more_than_it_moves_the_price(tmp_path: Path) -> None:
    """Twice the fee of 1 bp is less than what some 27 ETH move a depth of 1e6 USD; twice 15 bp is more."""
    dear = Ran(tmp_path, "siloed_extractive", "perpetual", fee_bp=15.0)
    assert len(dear.hedges)
    assert dear.report["extracted_sandwich_usd"] == dear.hedges["sandwich_loss_usd"].sum() == 0.0
