"""A cycle's limits: whatever slips, an atomic one keeps half of its profit after gas, and legs ask for the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import ETH_USD, config, rollup

from agents.population import Population
from agents.traders.arbitrageur import Arbitrageur
from market.config import AgentConfig, PoolConfig
from market.intents.rows import Status
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.venues import Kind

DEPTH_USD, GAP, FEE_BP, GAS_USD = 1e6, 1.02, 5.0, 3.0


class Kept(Recorder):
    """Keeps the receipts of cycles."""

    def __init__(self) -> None:
        self.cycles: list[np.ndarray] = []

    def on_block(self, slot: Any) -> None:
        rows = slot.rows[slot.rows["kind"] == Kind.SWAP]  # of nobody but the arbitrageur
        self.cycles += [rows] if rows.size else []


def between_two_pools(regime: str, gas_usd: float = GAS_USD, **parameters: Any) -> Kept:
    """What one arbitrageur gets between two pools whose prices differ by two per cent."""
    places = tuple(
        rollup(
            name,
            pools=(PoolConfig(assets=("ETH", "USD"), depth_usd=DEPTH_USD, fee_bp=FEE_BP, price_usd=price),),
            gas_usd=gas_usd,
        )
        for name, price in (("a", ETH_USD), ("b", ETH_USD * GAP))
    )
    alone = AgentConfig(role="trader", strategy="arbitrageur", parameters={"outside": False, **parameters})
    setting = config(*places, regime=regime, agents=(alone,), horizon_s=10.0)
    setting = setting.model_copy(update={"flow": setting.flow.model_copy(update={"per_second": 0.0})})
    kept = Kept()
    SequencerMarket(setting, 1, Population(setting), [kept]).run()
    return kept


def first_cycle(regime: str) -> np.ndarray:
    """The legs of its first cycle."""
    return np.concatenate(between_two_pools(regime).cycles)[:2]


@pytest.mark.parametrize(("regime", "atomic"), [("centralized_shared", True), ("siloed", False)])
def test_at_its_limits_a_cycle_keeps_half_of_its_profit_after_gas(regime: str, atomic: bool) -> None:
    legs = first_cycle(regime)
    assert (legs["status"] == int(Status.FILLED)).all()
    assert (legs["bundle"] >= 0).all() == atomic
    price = np.array([1.0, ETH_USD])

    def value(out: str) -> float:
        return float((legs[out] * price[legs["asset_out"]] - legs["amount"] * price[legs["asset_in"]]).sum())

    profit = value("filled_out")
    assert profit > 20.0
    assert value("limit") - 2.0 * GAS_USD == pytest.approx(0.5 * (profit - 2.0 * GAS_USD), rel=0.02)


@pytest.mark.parametrize("parameters", [{}, {"learns_cost": True}, {"unwind_bp": -10.0}], ids=str)
def test_who_could_not_act_on_a_cycle_is_not_asked_to_look(
    parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless unwinding may bring something, gas beyond the profit leaves nothing to do but to rebalance, once."""
    looks: list[float] = []
    act = Arbitrageur.act

    def noted(self: Arbitrageur, seen: Any, desk: Any) -> None:
        looks.append(seen.time)
        act(self, seen, desk)

    monkeypatch.setattr(Arbitrageur, "act", noted)
    assert not between_two_pools("siloed", gas_usd=1e4, **parameters).cycles
    assert (len(looks) > 1) == bool(parameters)
