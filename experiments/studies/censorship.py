"""How long a censor can keep users out, by its share of the stake and with or without a way around it.

Around it one gets through an inbox on L1, if one wants to: users decide. The slots lost are those of users whose trades
are worth its fee, whether there is an inbox or not; the others wait for somebody honest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from agents.sequencers.censoring import Censoring as _Censoring
from agents.sequencers.censoring import flagged
from experiments.analysis import answers, statistics, summaries
from experiments.analysis.verdicts import number
from experiments.later import pd
from experiments.runs.study import Configure, Run, seeds
from market.access.seat import Seat
from market.config import AgentConfig, MarketConfig, PoolConfig, RegimeConfig, RollupConfig
from market.intents.rows import INTENT
from market.measures.outcomes import forced_inclusion
from market.model import SequencerMarket

TITLE = "Delay of censored users by the censor's share of the stake"
QUESTION = "How long does a censoring sequencer keep users out, and what does forced inclusion through L1 change?"
HYPOTHESIS = (
    "A censor with share q of the stake costs q / (1 - q) slots without a way around it and q (1 - q^D) / (1 - q) with "
    "a deadline of D slots: below a third it hardly matters, near one the deadline is all that there is. It is of use "
    "to those alone whose trades are worth the fee on L1."
)

SEEDS, QUICK_SEEDS = 20, 2
PRINTED = (
    "deadline [slots]", "stake of the censor [1]", "censored slots [1]", "exact [1]", "handed in on L1 [1]",
    "forced in [1]", "delay of the others [s]", "delay of the censored [s]",
)  # fmt: skip
STAKES, QUICK_STAKES = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 0.95), (0.2, 0.5, 0.9)
DEADLINES, QUICK_DEADLINES = (0, 30, 10, 3), (0, 10)
"""Blocks that may leave an intent out whose sender goes through L1 after the first of them; 0: no way [slots]."""
FEE_USD, FEE_SHARE = 1.0, 0.01
"""What handing in on L1 costs, and which share of a trade users spend on it: it is for trades of 100 USD or more."""
BLOCK_S, FLAGGED = 2.0, 0.2
HORIZON_S, QUICK_HORIZON_S = 1800.0, 600.0


class FirstCensors(_Censoring):
    """The first seat leaves out flagged users, the others do not."""

    def __init__(self, seat: Seat, flagged_share: float = FLAGGED) -> None:
        first = seat.domain == 0 and seat.number == 0
        super().__init__(seat, flagged_share if first else 0.0, liquidations=False)


class _Waits:
    """A population that sends nothing and notes how long users wait."""

    def __init__(self, share: float, after: float, market: SequencerMarket) -> None:
        self.share, self.after, self.retail = share, after, market.world.account_of["retail"]
        self.waits: tuple[list[np.ndarray], ...] = ([], [], [])  # not flagged; flagged; of those, who can pay L1
        self._prices = market.world.tables.prices

    def submit(self, time: float, until: float) -> np.ndarray:
        return np.zeros(0, INTENT)

    def learn(self, rows: np.ndarray) -> None:
        users = rows[(rows["sender"] == self.retail) & (rows["position"] >= 0) & (rows["sent"] <= self.after)]
        caught = flagged(users, self.share)
        worth = users["amount"] * self._prices[users["asset_in"]]
        for kind, mask in enumerate((~caught, caught, caught & (worth * FEE_SHARE >= FEE_USD))):
            self.waits[kind].append((users["executed"] - users["sent"])[mask])


def runs(asked: int | None, quick: bool, configure: Configure) -> Iterator[Run]:
    """By the censor's stake, the deadline and the seed."""
    horizon = QUICK_HORIZON_S if quick else HORIZON_S
    for deadline in QUICK_DEADLINES if quick else DEADLINES:
        for stake in QUICK_STAKES if quick else STAKES:
            config = configure(_market(stake, deadline, horizon))
            for seed in seeds(asked, QUICK_SEEDS if quick else SEEDS):
                yield Run({"stake": stake, "deadline_slots": deadline}, config.regime.name, seed, config)


def _market(stake: float, deadline: int, horizon: float) -> MarketConfig:
    """Two rollups with retail users who wait as long as it takes, sequenced by a censor and somebody honest."""
    regime = RegimeConfig(
        name="censor",
        domains={"kind": "shared"},
        leader={"kind": "stake_lottery", "stakes": [stake, 1.0 - stake]},
        ordering={"kind": "leader"},
        forced_inclusion=_inbox(deadline) if deadline else {"kind": "none"},
        block_time_s=BLOCK_S,
    )
    rollups = tuple(RollupConfig(name=name, pools=(PoolConfig(depth_usd=1e7),)) for name in ("one", "two"))
    sequencer = AgentConfig(role="sequencer", strategy=f"{__name__}:FirstCensors")
    base = MarketConfig(horizon_s=horizon, rollups=rollups, regime=regime, agents=(sequencer,))
    flow = {"patience_s": 1e6, "l1_after_s": BLOCK_S, "l1_fee_share": FEE_SHARE}
    return base.model_copy(update={"flow": base.flow.model_copy(update=flow)})


def _inbox(deadline: int) -> dict[str, Any]:
    """An inbox that forces in what was left out `deadline` times.

    Whoever is left out of a block has waited for a block time at the next sealing, and hands in by then. So the last
    block that may leave the intent out is `deadline` - 2 later; half a block time is for the look before the sealing.
    """
    delay = max(0.0, (deadline - 1.5) * BLOCK_S)
    return {"kind": "l1_inbox", "delay_s": delay, "fee_usd": FEE_USD, "layer1_block_s": 0.0}


def execute(run: Run) -> dict[str, Any]:
    """Run a market and compare flagged users with the others."""
    from agents.population import Population

    config = run.config
    assert isinstance(config, MarketConfig)
    market = SequencerMarket(config, run.seed, Population(config))
    # whoever came too late to be sure of being included before the end would be missing where waits are long
    waits = _Waits(FLAGGED, 0.7 * config.horizon_s, market)
    market.populations.append(waits)
    market.run()
    free, caught, able = (np.concatenate(kind) if kind else np.zeros(0) for kind in waits.waits)
    q, deadline = float(run.levers["stake"]), int(run.levers["deadline_slots"])
    exact = q / (1.0 - q) * (1.0 - q**deadline if deadline else 1.0)
    return {
        "free_delay_s": float(free.mean()),
        "censored_delay_s": float(caught.mean()),
        "censored_delay_p95_s": float(np.quantile(caught, 0.95)),
        "censored_slots": float((able.mean() - free.mean()) / BLOCK_S),
        "censored_slots_exact": exact,
        "censored_users": int(caught.size),
        "censored_able": int(able.size),
        **forced_inclusion.report(market),
    }


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Censored users by deadline and stake, the others by stake."""
    rows = summaries.by_cell(runs, ["deadline_slots", "stake"], ("censored_slots", "censored_delay_p95_s"))
    return summaries.table(rows + summaries.by_cell(runs, ["stake"], ("free_delay_s",)))


def answer(runs: Any) -> str:
    """Slots that the largest censor takes, without a way around it and with the shortest deadline."""
    largest = runs[runs["stake"] == runs["stake"].max()]
    parts = []
    for deadline in sorted({largest["deadline_slots"].min(), largest["deadline_slots"][lambda known: known > 0].min()}):
        part = largest[largest["deadline_slots"] == deadline]
        way = f"where L1 forces intents in after {deadline:.0f}" if deadline else "where there is no way around it"
        exact = f"exact: {number(float(part['censored_slots_exact'].iloc[0]))}"
        parts.append(f"{answers.amount(part['censored_slots'], 'slots')} {way} ({exact})")
    handed = runs[runs["handed_in"] > 0].groupby("seed")[["handed_in", "forced_inclusions"]].sum()
    forced = answers.amount(handed["forced_inclusions"] / handed["handed_in"], "%", 100.0)
    return (
        f"A censor with {100.0 * runs['stake'].max():.0f}% of the stake costs users who can pay for L1 "
        f"{answers.listed(parts)}; over all settings, {forced} of what is handed in on L1 has to be forced in."
    )


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """By deadline and stake: slots lost to the censor, as simulated and exact, and the 95th percentile of the delay."""
    rows = []
    for key, part in runs.groupby(["deadline_slots", "stake"], sort=False):
        settings: Any = key
        deadline, stake = settings
        slots = statistics.describe(part["censored_slots"])
        rows.append(
            {
                "deadline [slots]": deadline or "none",
                "stake of the censor [1]": stake,
                "censored slots [1]": f"{slots['mean']:.3g} ({slots['standard_error']:.2g})",
                "exact [1]": f"{part['censored_slots_exact'].iloc[0]:.3g}",
                "handed in on L1 [1]": f"{part['handed_in'].mean():.3g}",
                "forced in [1]": f"{part['forced_inclusions'].mean():.3g}",
                "delay of the forced [s]": f"{part['forced_delay_s'].mean():.3g}"
                if np.any(part["forced_inclusions"] > 0)
                else "",
                "delay of the others [s]": f"{part['free_delay_s'].mean():.3g}",
                "delay of the censored [s]": f"{part['censored_delay_s'].mean():.3g}",
                "95th percentile [s]": f"{part['censored_delay_p95_s'].mean():.3g}",
            }
        )
    return pd.DataFrame(rows)
