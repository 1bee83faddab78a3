"""The markets of the study of exercise: chains of options, who owns and owes them, and what is noted of their ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.means.option_accounts import Margin, markets_of
from agents.sequencers.base import Sequencer
from agents.sequencers.exercise_delayer import ExerciseDelayer
from agents.sequencers.print_chooser import PrintChooser
from agents.traders.option_buyer import OptionBuyer
from market.access.desk import Desk
from market.access.observation import BlockView, Observation
from market.access.protocols import Arrangement
from market.access.seat import Seat
from market.config import (
    AgentConfig,
    AssetConfig,
    FlowConfig,
    MarketConfig,
    OptionsConfig,
    OracleConfig,
    PriceConfig,
    RegimeConfig,
    RollupConfig,
)
from market.intents.rows import Status
from market.measures.recorder import Recorder
from market.model import SequencerMarket
from market.venues import Kind
from market.venues.options.instrument import equity_of

PRICE, VOLATILITY, BLOCK_S = 2500.0, 0.8, 2.0
IN_THE_MONEY, SIZE, RICH_USD = 0.2, 10.0, 1e8
"""Distance of strikes from the price, in its logarithm: so far in the money a call pays in proportion to the price."""
REGIMES: dict[str, dict[str, Any]] = {
    "first_come": {"ordering": {"kind": "first_come"}},
    "operator": {},
    "lottery": {"leader": {"kind": "stake_lottery", "stakes": [0.5, 0.5]}},
    "sealed": {"visibility": {"kind": "sealed"}},
    "forced": {"forced_inclusion": {"kind": "l1_delay", "delay_s": 10.0}},
}
"""Parts in which a regime differs from an operator with discretion. Of the lottery's two one is honest."""


class Opening:
    """Trades the call with the lowest strike of every expiry once it is listed and quoted: buys if `sign` is 1."""

    def __init__(self, sign: float) -> None:
        self.sign, self.margin = sign, Margin(0.5)
        self._traded: dict[int, float] = {}  # by expiry: which of its dates has been seen to [s]

    def act(self, seen: Observation, desk: Desk) -> None:
        """Pay in margin, trade what is new."""
        for market in markets_of(seen):
            if not self.margin.pay_in(seen, desk, market):
                continue
            terms = seen.option_markets[market]
            first, asset = int(terms["first_expiry"]), int(terms["asset"])
            given, taken, side = (0, asset, "ask") if self.sign > 0.0 else (asset, 0, "bid")
            for expiry in range(first, first + int(terms["expiries"])):
                date, call = (float(seen.option_expiries[name][expiry]) for name in ("expires", "first_series"))
                if self._traded.get(expiry) == date or seen.options[f"{side}_size"][int(call)] < SIZE:
                    continue
                if seen.option_expiries["printed"][expiry] > 0.0 or date - seen.time < 0.5 * BLOCK_S:
                    continue
                self._traded[expiry] = date
                desk.submit(
                    Kind.OPTION_TRADE, int(terms["rollup"]), market, SIZE, target=int(call), asset_in=given,
                    asset_out=taken,
                )  # fmt: skip


class Owner(PrintChooser):
    """The first seat owns calls, and chooses their prints if it is `tempted`; all others order by arrival."""

    def __init__(self, seat: Seat, tempted: bool = True) -> None:
        super().__init__(seat)
        self.opening = Opening(1.0) if seat.number == 0 else None
        self.tempted = tempted and seat.number == 0

    def act(self, seen: Observation, desk: Desk) -> None:
        """Buy."""
        if self.opening is not None:
            self.opening.act(seen, desk)

    def arrange(self, seen: BlockView) -> Arrangement:
        """Choose, or order by arrival."""
        return super().arrange(seen) if self.tempted else Sequencer.arrange(self, seen)


class Debtor(ExerciseDelayer):
    """The first seat owes calls, and delays their exercise if it is `tempted`; all others order by arrival."""

    def __init__(self, seat: Seat, tempted: bool = True) -> None:
        super().__init__(seat)
        self.opening = Opening(-1.0) if seat.number == 0 else None
        self.tempted = tempted and seat.number == 0

    def act(self, seen: Observation, desk: Desk) -> None:
        """Sell."""
        if self.opening is not None:
            self.opening.act(seen, desk)

    def arrange(self, seen: BlockView) -> Arrangement:
        """Leave out, or order by arrival."""
        return super().arrange(seen) if self.tempted else Sequencer.arrange(self, seen)


class Holder(OptionBuyer):
    """Buys calls of every expiry, and asks for their exercise as soon as it is known what they pay."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat, per_hour=0.0)
        self.opening = Opening(1.0)
        self.margin = self.opening.margin

    def act(self, seen: Observation, desk: Desk) -> None:
        """Exercise; buy what is new."""
        super().act(seen, desk)
        self.opening.act(seen, desk)


@dataclass(frozen=True)
class End:
    """How an expiry ended: the mean that it was paid at, options held of its first call, and what of it lapsed."""

    fixed: float
    strike: float
    held: float
    lapsed: float


class Ends(Recorder):
    """Notes how every expiry of every market ended, the price outside by the second, and what margin was paid in.

    Attributes
    ----------
    found : dict
        by market, number of the expiry and date
    outside : dict
        by second: reference prices by asset [USD]
    """

    def __init__(self) -> None:
        self.found: dict[tuple[int, int, float], End] = {}
        self.outside: dict[int, np.ndarray] = {}

    def on_start(self, market: SequencerMarket) -> None:
        """Remember whom to look at."""
        self._market = market
        self._paid_in = np.zeros(len(market.world.tables.option_accounts))

    def on_second(self, market: SequencerMarket) -> None:
        """Note prices, and ends that no block told of."""
        self.outside[round(market.time)] = market.world.tables.prices.copy()
        self._note()

    def on_block(self, slot: Any) -> None:
        """Note ends, and margin."""
        paid = slot.rows[(slot.rows["kind"] == Kind.OPTION_DEPOSIT) & (slot.rows["status"] == int(Status.FILLED))]
        np.add.at(self._paid_in, paid["target"].astype(np.int64), paid["filled_in"])
        self._note()

    def _note(self) -> None:
        tables = self._market.world.tables
        options, expiries = tables.options, tables.option_expiries
        for at in np.flatnonzero(expiries["fixed"] > 0.0).tolist():
            market, call = (int(expiries[name][at]) for name in ("market", "first_series"))
            key, held = (market, at, float(expiries["expires"][at])), float(options["open"][call])
            if held == 0.0 and key in self.found:
                continue  # it has been paid out
            by_holders = tables.option_markets["exercise"][market] >= 0.0
            lapsed = held - float(options["exercised"][call]) if by_holders else 0.0
            self.found[key] = End(float(expiries["fixed"][at]), float(options["strike"][call]), held, lapsed)

    def gained(self, agent: Any) -> np.ndarray:
        """What an agent has gained by options, at marks, on each market: shape (markets,) [USD]."""
        first = self._market.world.tables.option_markets["first_account"].astype(np.int64) + agent.account
        return np.array([equity_of(self._market.world.state, int(at)) - self._paid_in[at] for at in first])


def chain(asset: int, **terms: Any) -> OptionsConfig:
    """Two strikes a good way from the price, no fee."""
    plain: dict[str, Any] = {
        "asset": f"A{asset}", "strikes": 2, "step": 2.0 * IN_THE_MONEY, "volatility": VOLATILITY, "fee_bp": 0.0,
        "fund_usd": 1e9,
    }  # fmt: skip
    return OptionsConfig(**plain | terms)


def scene(
    name: str,
    chains: Iterable[OptionsConfig],
    assets: int,
    horizon_s: float,
    agents: Iterable[AgentConfig],
    **parts: Any,
) -> MarketConfig:
    """One rollup whose oracle posts at every look, independent prices, and a maker without a spread."""
    maker = {"volatility": VOLATILITY, "half_spread": 0.0, "size": 1e3, "move_bp": 1e4, "refresh_s": 10.0}
    plain: dict[str, Any] = {"name": name, "ordering": {"kind": "leader"}}
    return MarketConfig(
        horizon_s=horizon_s,
        assets=tuple(AssetConfig(name=f"A{at}", price_usd=PRICE, volatility=VOLATILITY) for at in range(assets)),
        prices=PriceConfig(kind="gbm", step_s=1.0, correlation=0.0),
        rollups=(
            RollupConfig(
                name="one", pools=(), options=tuple(chains), gas_usd=0.0, block_time_s=BLOCK_S,
                oracle=OracleConfig(deviation_bp=0.0, delay_s=0.0),
            ),
        ),
        regime=RegimeConfig(**plain | REGIMES[name] | parts),
        flow=FlowConfig(per_second=0.0),
        agents=(member("market_maker", "fixed_spread", **maker), *agents),
    )  # fmt: skip


def member(role: Any, strategy: str, **parameters: Any) -> AgentConfig:
    """One agent with all the money that it needs."""
    own = strategy if strategy.islower() else f"{__name__}:{strategy}"
    return AgentConfig(
        role=role, strategy=own, capital_usd=RICH_USD, latency_s=0.01, latency_spread_s=0.0, parameters=parameters
    )
