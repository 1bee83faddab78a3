"""The study of liquidation designs: its grid, table and figure, and that only full blocks give lots away."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import answered
import drawn
import numpy as np
import pandas as pd
import pytest

from agents.population import Population
from experiments.analysis import summaries
from experiments.runs import study as studies
from experiments.studies import liquidation_design as designs
from experiments.studies._sales import ContractSales, Sale
from market.model import SequencerMarket
from market.venues import Kind

STUDY = studies.load("liquidation_design")


@pytest.fixture(scope="module")
def finished() -> pd.DataFrame:
    """One seed of free and full blocks, without builders."""
    every = STUDY.runs(1, True, lambda config: config)
    runs = [run for run in every if run.regime != "pbs" and run.levers["blocks"] != "busy"]
    return pd.DataFrame([{"regime": r.regime, "seed": r.seed, **r.levers, **STUDY.execute(r)} for r in runs])


def test_every_run_is_different() -> None:
    runs = list(STUDY.runs(2, True, lambda config: config))
    assert len(runs) == 2 * 2 * 3 * 3 * 3
    assert len({studies.run_id("liquidation_design", run) for run in runs}) == len(runs)


@pytest.mark.slow
def test_table_and_figure(finished: pd.DataFrame, tmp_path: Path) -> None:
    assert len(STUDY.table(finished)) == 24
    answered.check("liquidation_design", finished)
    drawn.check_stored("liquidation_design", STUDY.summary(finished), tmp_path)


@pytest.mark.slow
def test_lots_are_given_away_in_english_auctions_and_full_blocks_alone(finished: pd.DataFrame) -> None:
    loans = summaries.where(finished, venue="lending")
    given = loans["zero_bid_share"] > 0.0
    assert given.any()
    assert set(loans["design"][given]) == {"english"}
    assert "free" not in set(loans["blocks"][given])


@pytest.mark.slow
def test_a_sequencer_that_inserts_leaves_liquidators_nothing_where_price_is_a_rule(finished: pd.DataFrame) -> None:
    """Of Dutch auctions and of fixed spreads, in free blocks."""
    for venue, design in product(("lending", "perpetual"), ("fixed spread", "dutch")):
        cell = summaries.where(finished, venue=venue, blocks="free", design=design).set_index("regime")
        assert cell.loc["extractive", "sequencers_usd"] > 0.0
        # nothing, but for the rounding of a sum
        assert cell.loc["extractive", "liquidators_usd"] <= 1e-9 * cell.loc["extractive", "sequencers_usd"]
        assert cell.loc["honest", "liquidators_usd"] > 0.0


@pytest.mark.slow
def test_an_auction_of_contracts_returns_margin_that_a_close_out_keeps_and_takes_longer(finished: pd.DataFrame) -> None:
    free = summaries.where(finished, venue="perpetual", blocks="free", regime="honest").set_index("design")
    assert free.loc["fixed spread", "borrower_loss_share"] > free.loc["dutch", "borrower_loss_share"]
    assert free.loc["fixed spread", "time_to_sale_s"] < free.loc["dutch", "time_to_sale_s"]
    # the price falls while they wait: the fund pays for it
    assert free.loc["fixed spread", "bad_debt_usd"] < free.loc["dutch", "bad_debt_usd"]
    assert np.isfinite(summaries.where(finished, venue="perpetual")["bad_debt_usd"]).all()


class Noted(ContractSales):
    """Notes what each position that was bid for had left as it was had, and what came back on the trader's contract."""

    def __init__(self) -> None:
        self.had: list[tuple[float, float]] = []
        super().__init__()

    def before_block(self, slot: Any) -> None:
        self._cash = self.world.tables.contracts["cash"].copy()
        super().before_block(slot)

    def sale(self, row: np.void, waited: float) -> Sale | None:
        lot = self._lot(row) if row["kind"] == Kind.CONTRACT_AUCTION_SETTLE else None
        left = 0.0 if lot is None else float(self._left[int(lot["contract"])])
        found = super().sale(row, waited)
        if found is None or lot is None:
            return None
        of = int(lot["position"])
        self.had.append((left, float(self.world.tables.contracts["cash"][of] - self._cash[of])))
        return found


def test_a_traders_loss_is_what_she_had_left_less_what_comes_back() -> None:
    """Of a position worth less than nothing she has nothing to lose: what it lacks is the winner's, or the fund's."""
    config, noted = designs._scene("perpetual", "english", "honest", 0.0, True), Noted()
    SequencerMarket(config, 2, Population(config), [noted]).run()
    left, back = np.array(noted.had).T
    lost = np.array([sale.value * (1.0 - sale.price) for sale in noted.sales])
    assert (left < 0.0).any() and (left > 0.0).any() and (back > 0.0).any()
    assert lost == pytest.approx(np.maximum(left, 0.0) - back, abs=1e-6)
