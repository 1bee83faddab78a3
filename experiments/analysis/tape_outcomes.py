"""Outcomes from a tape alone, by formulas of their own: what the totals of a run must agree with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from market.measures.outcomes.extraction import RECEIVERS
from market.measures.ratio import ratio
from market.venues import STATEMENTS
from market.venues.lending.outcomes import SPAN_S
from market.venues.pools.outcomes import DELAY_BINS, DELAY_LOW, DELAY_PER_DECADE

MARKED = [statement.name for statement in STATEMENTS if statement.marked]
"""Kinds whose sender gains what they bring less what they take."""
ASKING = [statement.name for statement in STATEMENTS if statement.submit == "auction" and not statement.marked]
"""Kinds that cost whoever asks for them, whoever gains."""
REWARDED = ("perpetual_liquidate", "contract_auction_reset")
"""Kinds that pay whoever asks for them, in USD."""
SETTLEMENTS = ("loan_auction_settle", "contract_auction_settle")
LOAN_SALES = ("liquidate", "loan_auction_take", "loan_auction_settle")
CONTRACT_SALES = ("contract_auction_take", "contract_auction_settle")
EXTRACTIONS = {
    "sandwich": ("sandwich",),
    "arbitrage": ("arbitrage", "cycle"),
    "liquidation": ("liquidation",),
    "cycles": ("cycle",),
}
"""What an intent counts as, by the outcome that adds it up."""
type Frame = Any
"""A DataFrame; pandas comes without types that say what a selection of one is."""
type Series = Any
"""A column of one."""
EXTRACTED = ("sandwich", "arbitrage", "cycle", "liquidation")


def outcomes(tape: Frame) -> dict[str, Any]:
    """Outcomes of a run that concern what its intents did, by the names under which `simulate --json` has them.

    Parameters
    ----------
    tape
        a whole tape, as :func:`experiments.analysis.tape.read` returns it

    Returns
    -------
    dict
        outcomes by name, units as suffixes: fates, volume, fees, users' cost and delay, extraction, liquidations
    """
    filled = valued(tape[tape["status"] == "filled"])
    parts: tuple[Callable[[Frame], dict[str, Any]], ...] = (_pools, _users, _liquidations, _elsewhere)
    found = _fates(tape) | _extraction(tape, filled)
    for part in parts:
        found |= part(filled)
    return found


def valued(filled: Frame) -> Frame:
    """Filled intents with `value_in_usd` and `value_out_usd`: what each gave and received at reference prices [USD].

    They hold where `filled_in` and `filled_out` are amounts of `asset_in` and `asset_out`: the kinds `MARKED`,
    settlements, payments, and transfers over bridges.
    """
    return filled.assign(
        value_in_usd=filled["filled_in"] * filled["price_in_usd"],
        value_out_usd=filled["filled_out"] * filled["price_out_usd"],
    )


def gains(filled: Frame) -> Frame:
    """Who gained what by filled intents, as :func:`valued` returns them.

    Returns
    -------
    DataFrame
        `row` (label of the intent), `who`, `counts_as` and `usd`: the sender's gain less tip and gas, the gain of a
        settlement's winner, and a tip out of an extraction, which is a gain of whoever built the block [USD]
    """
    kind = filled["kind"]
    # an operator's own gas is its own income
    cost = filled["tip"] + filled["gas_usd"].where(filled["sender"] != filled["operator"], 0.0)
    change = filled["value_out_usd"] - filled["value_in_usd"]
    closing = (kind == "perpetual_trade") & (filled["counts_as"] == "liquidation")
    settled = kind.isin(SETTLEMENTS)
    earned: Series = pd.Series(0.0, filled.index)
    earned = earned.mask(kind.isin(MARKED), change)
    earned = earned.mask(kind.isin(REWARDED), filled["filled_out"])
    earned = earned.mask(closing, _traded(filled))
    counted = kind.isin([*MARKED, *REWARDED, *ASKING]) | closing
    tipped = counted & filled["counts_as"].isin(EXTRACTED)
    entries = [
        _entries(filled[counted], "sender", (earned - cost)[counted]),
        _entries(filled[settled].assign(counts_as="liquidation"), "receiver", change[settled]),
        _entries(filled[tipped], "author", filled["tip"][tipped]),
    ]
    return pd.concat(entries, ignore_index=True)


def _traded(filled: Frame) -> Series:
    """What trades on perpetuals gained at the reference price, less their fee [USD]."""
    buys = filled["asset_in"] == 0
    contracts = filled["filled_out"] * filled["price_out_usd"].where(buys, filled["price_in_usd"])
    return (contracts - filled["filled_in"]) * np.where(buys, 1.0, -1.0) - filled["fee_usd"]


def _entries(rows: Frame, who: str, usd: Series) -> Frame:
    return pd.DataFrame(
        {"row": rows.index, "who": rows[who].array, "counts_as": rows["counts_as"].array, "usd": usd.array}
    )


def _fates(tape: Frame) -> dict[str, int]:
    count = tape["status"].value_counts()
    fates = {name: int(count.get(name, 0)) for name in ("filled", "reverted", "expired")}
    return {"intents": int(tape["id"].nunique())} | fates | {"paused": int(tape["paused"].sum())}


def _extraction(tape: Frame, filled: Frame) -> dict[str, float]:
    """Extracted value by kind, and by role of whoever ends up with it, bids passed on to whom they were paid [USD]."""
    run, gained = tape.attrs["run"], gains(filled)
    role = {agent["name"]: agent["role"] for agent in run["agents"]}
    bids = [bid for bid in run["bids"] if bid["payee"] != "protocol"]
    found = {
        f"extracted_{name}_usd": float(gained.loc[gained["counts_as"].isin(counted), "usd"].sum())
        for name, counted in EXTRACTIONS.items()
    }
    extracted = gained[gained["counts_as"].isin(EXTRACTED)]
    by_role = extracted["usd"].groupby(extracted["who"].map(role)).sum()
    for name, receiver in RECEIVERS.items():
        passed_on = sum(bid["usd"] for bid in bids if role[bid["payer"]] == receiver)
        found[f"extracted_by_{name}_usd"] = float(by_role.get(receiver, 0.0)) - passed_on
    revenue = float(sum(bid["usd"] for bid in bids))
    found["extracted_by_sequencers_usd"] += revenue
    return found | {"auction_revenue_usd": revenue}


def _pools(filled: Frame) -> dict[str, float]:
    """Volume of swaps, and what providers earned and lost [USD]."""
    swaps = filled[filled["kind"] == "swap"]
    kept = swaps["value_in_usd"] - swaps["value_out_usd"]
    fees = float(swaps["fee_usd"].sum())
    # swaps that clear together pay their fee together: nobody's own loss to arbitrage is less by it
    own = swaps["fee_usd"].where(swaps["carried"] != 2, 0.0)
    informed = swaps["counts_as"].isin(EXTRACTIONS["arbitrage"])
    return {
        "volume_usd": float(swaps["value_in_usd"].sum()),
        "retail_volume_usd": float(swaps.loc[swaps["counts_as"] == "user", "value_in_usd"].sum()),
        "lp_fees_usd": fees,
        "lp_lvr_usd": -float((kept - own)[informed].sum()),
        "lp_net_usd": float(kept.sum()),
    }


def _users(filled: Frame) -> dict[str, float]:
    """What users' swaps cost them, lost to bundles around them, and waited for."""
    own = filled[(filled["kind"] == "swap") & (filled["counts_as"] == "user")]
    quoted = own[own["mid"] > 0.0]
    short = 1.0 - quoted["filled_out"] / (quoted["filled_in"] * quoted["mid"])
    cost = float((quoted["value_in_usd"] * short + quoted["tip"]).sum())
    delay = own["executed"] - own["sent"]
    return {
        "user_cost_bp": ratio(cost, float(own["value_in_usd"].sum()), 1e4),
        "user_sandwich_loss_usd": float(lost(own).sum()),
        "inclusion_delay_s": ratio(float(delay.sum()), len(own)),
        "inclusion_delay_p95_s": _quantile(delay, 0.95),
    }


def lost(rows: Frame) -> Series:
    """What carried swaps received less than where their bundle stands, at reference prices; 0 of others [USD]."""
    carried = (rows["fallback_out"] > 0.0) & (rows["status"] == "filled")
    return ((rows["fallback_out"] - rows["filled_out"]) * rows["price_out_usd"]).where(carried, 0.0)


def _quantile(delay: Series, share: float) -> float:
    """Quantile to the resolution at which a run keeps delays, equal in the logarithm: the middle of its bin [s]."""
    if delay.empty:
        return float("nan")
    ordered = np.sort(np.maximum(delay.to_numpy(), DELAY_LOW))
    at = ordered[max(0, int(np.ceil(share * ordered.size)) - 1)]
    bin_of = min(DELAY_BINS - 1, int(np.log10(at / DELAY_LOW) * DELAY_PER_DECADE))
    return float(DELAY_LOW * 10 ** ((bin_of + 0.5) / DELAY_PER_DECADE))


def _liquidations(filled: Frame) -> dict[str, float]:
    """What was liquidated, and what borrowers paid for it."""
    loans = filled[filled["kind"].isin(LOAN_SALES)]
    contracts = filled[filled["kind"].isin(CONTRACT_SALES)]
    closed = filled[filled["kind"].isin(REWARDED)]
    beyond = loans["value_out_usd"] - loans["value_in_usd"] + loans["penalty_usd"]
    return {
        "liquidated_usd": float(loans["value_in_usd"].sum()),
        "liquidations": len(loans),
        "borrower_penalty_usd": float(beyond.sum()),
        "peak_60s_liquidated_usd": _peak(loans),
        "perpetuals_liquidated_usd": float(contracts["value_in_usd"].sum() + closed["filled_in"].sum()),
    }


def _peak(sales: Frame) -> float:
    """Most that was sold within a minute of whole seconds [USD]."""
    if sales.empty:
        return 0.0
    second = np.floor(sales["executed"]).astype(int)
    by_second = sales["value_in_usd"].groupby(second).sum()
    each = by_second.reindex(range(int(second.min()), int(second.max()) + 1), fill_value=0.0)
    return float(each.rolling(SPAN_S, min_periods=1).sum().max())


def _elsewhere(filled: Frame) -> dict[str, float]:
    """What was sent over bridges and exchanged outside [USD], and how often oracles were heard."""
    kind = filled["kind"]
    return {
        "oracle_updates": int((kind == "oracle_update").sum()),
        "bridged_usd": float(filled.loc[kind == "bridge", "value_in_usd"].sum()),
        "outside_volume_usd": float(filled.loc[kind == "outside", "value_in_usd"].sum()),
    }
