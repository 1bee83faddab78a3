"""A liquidator of accounts of options, on markets whose writers fall short of their margin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import config, opened, rollup

from market.config import AgentConfig, OptionsConfig, PriceConfig
from market.errors import InputError
from market.intents.rows import Status
from market.measures.outcomes import outcomes
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.venues import Kind

CAPITAL = 2e5


class Taken(Recorder):
    """Keeps the receipts of what is of accounts' sales."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []

    def on_block(self, slot: Any) -> None:
        first, last = int(Kind.OPTION_AUCTION_START), int(Kind.OPTION_AUCTION_CLOSE)
        self.rows.append(slot.rows[(slot.rows["kind"] >= first) & (slot.rows["kind"] <= last)].copy())


def crashed(
    takers: int = 1, fund_usd: float = 1e3, stake_usd: float = 0.0, drift: float = 6e5, **parameters: Any
) -> tuple[SequencerMarket, np.ndarray]:
    """Writers who sell whatever makers bid for, and a price that rises by a half within a minute."""
    options = OptionsConfig(
        expiries_s=(7.0 * 86_400.0,), strikes=3, fund_usd=fund_usd, margin={"kind": "derive"}, fee_bp=0.0
    )
    home = rollup("a", options=(options,), security_usd=stake_usd)
    agents = (
        AgentConfig(
            role="market_maker", strategy="fixed_spread", capital_usd=1e7,
            parameters={"size": 500.0, "half_spread": 0.05},
        ),
        AgentConfig(
            role="trader", strategy="option_buyer", count=2, capital_usd=CAPITAL,
            parameters={"per_hour": 6000.0, "mean_size": 20.0, "sell_share": 1.0, "margin_share": 0.9},
        ),
        AgentConfig(
            role="liquidator", strategy="account_taker", count=takers, capital_usd=5e6, parameters=parameters
        ),
    )  # fmt: skip
    kept = Taken()
    market = opened(
        config(
            home, horizon_s=60.0, agents=agents, flow=config().flow.model_copy(update={"per_second": 0.0}),
            prices=PriceConfig(kind="gbm", step_s=0.25),
            assets=({"name": "ETH", "price_usd": 2500.0, "volatility": 5.0, "drift": drift},), audit_every=1,
        ),
        1, [kept],
    )  # fmt: skip
    market.run()
    return market, np.concatenate(kept.rows)


def sent(rows: np.ndarray, act: str) -> np.ndarray:
    return rows[(rows["kind"] == Kind[f"OPTION_AUCTION_{act}"]) & (rows["status"] == Status.FILLED)]


def test_it_takes_what_writers_fall_short_of_and_gains_the_discount() -> None:
    market, rows = crashed()
    taken = sent(rows, "TAKE")
    assert len(sent(rows, "START")) >= 1
    assert len(taken) >= 1
    assert (taken["filled_out"] > 0.0).any()
    found = outcomes(market)
    assert found["options_liquidated_usd"] == pytest.approx(rows["filled_in"].sum(), rel=1e-12)
    assert float(found["extracted_liquidation_usd"]) > 0.0
    assert float(found["conservation_error"]) < 1e-9
    taker = next(agent.account for agent in market.participants if agent.role == "liquidator")
    held = market.world.tables.option_positions
    mine = held["quantity"][held["account"] == taker]
    assert (mine < 0.0).any()


def test_nobody_starts_what_nobody_takes_part_in() -> None:
    market, rows = crashed(takers=0)
    assert rows.size == 0
    assert outcomes(market)["options_liquidated_usd"] == 0.0


def test_it_waits_for_its_discount() -> None:
    _, rows = crashed(least_discount=0.9, least_payment=1.0, drift=2.5e5)
    assert len(sent(rows, "START")) >= 1
    assert len(sent(rows, "TAKE")) == 0


@pytest.mark.parametrize("wrong", [{"least_discount": 1.5}, {"use": 0.0}, {"tip_usd": -1.0}, {"margin_share": 0.0}])
def test_parameters_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        crashed(**wrong)
