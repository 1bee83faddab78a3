"""What protocols are shown of options on their rollups: counted again from blocks, worse where quotes are sniped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import players
import pytest
from worlds import config, opened, rollup

from agents.protocols.experienced import Experienced
from market import regimes
from market.access.networks import Experience
from market.config import AgentConfig, FlowConfig, MarketConfig, OptionsConfig, OracleConfig
from market.intents.rows import Status
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.pricing.black import black
from market.settings import YEAR_S
from market.venues import Kind

VOLATILITY, HORIZON_S, PERIOD_S = 5.0, 60.0, 5.0
AVERSION = 0.01
SHOWN = ("options_usd", "stale_usd", "makers_usd", "unhedged_usd2")


@pytest.fixture(autouse=True)
def _no_scripts() -> Iterator[None]:
    yield
    players.ScriptedProtocol.script = None


def scene(
    block_time_s: float = 2.0, snipers: int = 1, buyers: int = 0, half_spread: float = 0.05, **maker: Any
) -> MarketConfig:
    """Two rollups in one network, options on the second; a maker who is slower than whoever snipes it."""
    chain = OptionsConfig(expiries_s=(7200.0,), strikes=1, volatility=VOLATILITY, fee_bp=1.0)
    oracle = OracleConfig(deviation_bp=0.0, delay_s=0.0)
    plain: dict[str, Any] = {"capital_usd": 1e6, "latency_spread_s": 0.0}
    quotes = {"volatility": VOLATILITY, "half_spread": half_spread, "size": 4.0} | maker
    wants = {"per_hour": 3600.0, "sell_share": 0.5, "slippage_bp": 2000.0}
    agents = (
        AgentConfig(role="market_maker", strategy="fixed_spread", latency_s=0.05, parameters=quotes, **plain),
        AgentConfig(role="trader", strategy="option_sniper", count=snipers, latency_s=0.01, **plain),
        AgentConfig(
            role="trader", strategy="option_buyer", count=buyers, latency_s=0.01, parameters=wants | {"series": (0,)},
            **plain,
        ),
        AgentConfig(role="protocol", strategy="players:ScriptedProtocol", count=2),
    )  # fmt: skip
    roaming = regimes.load("roaming")
    domains = {
        "kind": "networks", "networks": [{"name": "n", "block_time_s": block_time_s}], "period_s": PERIOD_S,
        "notice_s": 0.5, "switching_usd": 0.0, "first": [1, 1],
    }  # fmt: skip
    return config(
        rollup("plain"), rollup("options", options=(chain,), oracle=oracle),
        regime=roaming.model_copy(update={"domains": domains}), agents=agents, horizon_s=HORIZON_S,
        flow=FlowConfig(per_second=6.0, log_sd=0.5, median_usd=500.0),
        assets=({"name": "ETH", "price_usd": 2500.0, "volatility": VOLATILITY},),
    )  # fmt: skip


class Counted(Recorder):
    """Counts again, with Black's formula and from receipts, what a protocol is shown of options."""

    def on_start(self, market: SequencerMarket) -> None:
        self._market, self.tables = market, market.world.tables
        self.maker = next(at for at, member in enumerate(market.members) if member.role == "market_maker")
        self.gained = np.zeros(len(self.tables.accounts))
        self.fees = self.hedges = self.squared = self.delta = self.tips = 0.0
        self.opened, self.price = float(self.tables.balance[self.maker, 1, 1]), float(self.tables.prices[1])

    def _black(self, series: int, time: float) -> Any:
        row = self.tables.options[series]
        years = (float(row["expires"]) - time) / YEAR_S
        price = float(self.tables.prices[1])
        return black(price, float(row["strike"]), years, VOLATILITY, 0.0, 0.0, row["call"] == 1.0)

    def on_block(self, slot: Any) -> None:
        self.add(slot.rows)

    def on_orders(self, rows: np.ndarray) -> None:
        self.add(rows)

    def add(self, rows: np.ndarray) -> None:
        price = float(self.tables.prices[1])
        prices = np.array([1.0, price])
        for row in rows[(rows["status"] == Status.FILLED) & (rows["rollup"] == 1)]:
            given, taken = float(row["filled_in"]), float(row["filled_out"])
            if row["kind"] == Kind.OPTION_TRADE:
                worth = self._black(int(row["target"]), float(row["executed"])).price
                gain = (taken * worth - given) * (1.0 if row["asset_in"] == 0 else -1.0)
                fee = min(1e-4 * taken * price, 0.125 * given)
                self.gained[row["sender"]] += gain - fee - float(row["tip"])
                self.tips += float(row["tip"])
                self.fees += fee
            elif row["sender"] == self.maker and row["kind"] in (Kind.SWAP, Kind.OUTSIDE):
                self.hedges += taken * prices[row["asset_out"]] - given * prices[row["asset_in"]]

    def on_second(self, market: SequencerMarket) -> None:
        price = float(self.tables.prices[1])
        self.squared += (self.delta * (price - self.price)) ** 2
        account = next(row for row in self.tables.option_accounts if row["owner"] == self.maker)
        held = self.tables.option_positions["quantity"][int(account["positions"]) :][: len(self.tables.options)]
        deltas = [self._black(at, market.time).delta for at in range(len(held))]
        hedge = float(self.tables.balance[self.maker, 1, 1]) - self.opened
        self.price, self.delta = price, float(held @ deltas) + hedge if held.any() else 0.0


def watched(scene: MarketConfig, seed: int = 3) -> tuple[list[Experience], Counted]:
    """All stretches that are shown of the rollup with options, and what is counted again."""
    seen: list[Experience] = []

    def script(agent: Any, networks: Any) -> int:
        if networks.rollup == 1:
            seen.extend(past for past in networks.experience if past.rollup == 1)
        for past in networks.experience:
            if past.rollup == 0:
                assert [getattr(past, name) for name in SHOWN] == [0.0] * len(SHOWN)
        return networks.network

    players.ScriptedProtocol.script = script
    counted = Counted()
    opened(scene, seed, [counted]).run()
    assert seen[-1].end_s == HORIZON_S
    return seen, counted


def shown(scene: MarketConfig, seed: int = 3) -> tuple[dict[str, float], Counted]:
    """Sums over all stretches."""
    seen, counted = watched(scene, seed)
    return {name: sum(getattr(past, name) for past in seen) for name in SHOWN}, counted


@pytest.mark.parametrize(
    ("hedges", "buyers"),
    [({}, 1), ({"hedge_s": 1.0}, 1), ({"hedge_s": 1.0, "hedge_venue": "pool"}, 1), ({}, 0)],
)
def test_what_is_shown_is_what_blocks_say(hedges: dict[str, Any], buyers: int) -> None:
    found, counted = shown(scene(buyers=buyers, **hedges))
    lost, gained = -counted.gained[counted.gained < 0.0].sum(), counted.gained[counted.gained > 0.0].sum()
    assert gained > 1.0
    assert (lost > 1.0) == (buyers > 0)
    assert found["options_usd"] == pytest.approx(lost)
    assert found["stale_usd"] == pytest.approx(gained)
    # nothing is lost between takers, makers and venue but tips, and what hedges cost
    assert found["makers_usd"] == pytest.approx(lost - gained - counted.tips + counted.hedges)
    assert (counted.hedges != 0.0) == bool(hedges)
    assert counted.fees > 0.0
    assert found["unhedged_usd2"] == pytest.approx(counted.squared)
    assert counted.squared > 0.0


def test_sniping_makes_a_protocol_s_experience_worse_by_what_is_taken() -> None:
    """Without customers: nothing happens without a sniper; with one, what makers lose and risk is what is felt."""
    protocol = object.__new__(Experienced)
    protocol.care, protocol.impatience, protocol.risk_aversion = 1.0, 0.0, AVERSION

    def felt(seen: list[Experience]) -> float:
        """What options take off what the rollup is worth, over the run [USD]."""
        without = dict.fromkeys(SHOWN, 0.0)
        return sum(past.demand_usd * (protocol.worth(past) - protocol.worth(replace(past, **without))) for past in seen)

    assert felt(watched(scene(snipers=0))[0]) == 0.0
    seen, counted = watched(scene())
    taken = counted.gained.sum() + counted.tips  # fees stay with the venue, which counts as the makers do
    assert taken > 1.0
    assert felt(seen) == pytest.approx(-(taken + 0.5 * AVERSION * counted.squared))


def test_fresh_quotes_and_young_hedges_are_felt() -> None:
    """With blocks of half a second in place of four, less is taken by stale quotes and less is left unhedged."""
    terms: dict[str, Any] = {"buyers": 1, "half_spread": 0.12, "hedge_s": 0.0}
    found = {length: [shown(scene(length, **terms), seed)[0] for seed in range(1, 5)] for length in (4.0, 0.5)}
    for name in ("stale_usd", "unhedged_usd2"):
        slow, fast = (sum(one[name] for one in found[length]) for length in (4.0, 0.5))
        assert fast < 0.5 * slow
