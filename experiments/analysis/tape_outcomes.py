"""Outcomes from a tape alone, by formulas of their own: what the totals of a run must agree with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.later import pd
from market.intents.extraction import CLOSES_GAPS, TAKES, Extraction
from market.measures.outcomes.extraction import KINDS, RECEIVERS
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
EXTRACTED = [member.name.lower() for member in Extraction if TAKES[member]]
"""What an intent that takes value from others counts as."""
GAPS = [member.name.lower() for member in Extraction if CLOSES_GAPS[member]]
"""What arbitrage counts as."""
EXTRACTIONS = {name: [member.name.lower() for member in members] for name, members in KINDS.items()} | {
    "cycles": ["cycle", "legs"],
    "legs": ["legs"],
}
"""What an intent counts as, by the outcome that adds it up."""
RETAIL = "retail"
"""Role of retail flow."""
type Frame = Any
"""A DataFrame; pandas comes without types that say what a selection of one is."""
type Series = Any
"""A column of one."""


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
    known = decided(tape)
    filled, unfilled = known[known["status"] == "filled"], _unfilled(known)
    parts: tuple[Callable[[Frame], dict[str, Any]], ...] = (_pools, _liquidations, _elsewhere)
    found = _fates(tape) | _extraction(known) | _users(filled, unfilled)
    for part in parts:
        found |= part(filled)
    own = _retail(filled)
    demand = float(own["value_in_usd"].sum() + unfilled["value_usd"].sum())
    found |= {"retail_volume_usd": float(own["value_in_usd"].sum()), "retail_demand_usd": demand}
    return found | {"extracted_bp_of_retail": ratio(found["extracted_usd"], demand, 1e4)}


def decided(tape: Frame) -> Frame:
    """Intents that a block decided on, with what each gave and received at reference prices [USD].

    The columns added are `value_in_usd` and `value_out_usd`. They hold where
    `filled_in` and `filled_out` are amounts of `asset_in` and `asset_out`: the kinds `MARKED`, settlements, payments,
    and transfers over bridges.
    """
    rows = tape[tape["slot"] >= 0]
    return rows.assign(
        value_in_usd=rows["filled_in"] * rows["price_in_usd"],
        value_out_usd=rows["filled_out"] * rows["price_out_usd"],
    )


def gains(rows: Frame) -> Frame:
    """Who gained what by intents, as :func:`decided` returns them.

    Returns
    -------
    DataFrame
        `row` (label of the intent), `who`, `counts_as` and `usd`: the sender's gain less tip and gas, the gain of a
        settlement's winner, and a tip out of an extraction, which is a gain of whoever built the block; of a reverted
        intent what its sender paid for it [USD]
    """
    filled, reverted = rows[rows["status"] == "filled"], rows[rows["status"] == "reverted"]
    kind = filled["kind"]
    cost = filled["tip"] + _borne(filled)
    change = filled["value_out_usd"] - filled["value_in_usd"]
    futures = (kind == "perpetual_trade") & filled["counts_as"].isin(["liquidation", "sandwich"])
    settled = kind.isin(SETTLEMENTS)
    earned: Series = pd.Series(0.0, filled.index)
    earned = earned.mask(kind.isin(MARKED), change)
    earned = earned.mask(kind.isin(REWARDED), filled["filled_out"])
    earned = earned.mask(futures, _traded(filled))
    counted = kind.isin([*MARKED, *REWARDED, *ASKING]) | futures
    tipped = counted & filled["counts_as"].isin(EXTRACTED)
    entries = [
        _entries(filled[counted], "sender", (earned - cost)[counted]),
        _entries(filled[settled].assign(counts_as="liquidation"), "receiver", change[settled]),
        _entries(filled[tipped], "author", filled["tip"][tipped]),
        _entries(reverted, "sender", -_borne(reverted)),
    ]
    return pd.concat(entries, ignore_index=True)


def _borne(rows: Frame) -> Series:
    """Fees that cost whoever sent an intent: an operator's own are its own income, but what L1 asks is not [USD]."""
    return rows["data_cost_usd"].where(rows["sender"] == rows["operator"], rows["gas_usd"] + rows["data_fee_usd"])


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


def _extraction(known: Frame) -> dict[str, float]:
    """Extracted value by kind, and by role of whoever ends up with it, bids passed on to whom they were paid [USD]."""
    run, gained = known.attrs["run"], gains(known)
    role = {agent["name"]: agent["role"] for agent in run["agents"]}
    bids = [bid for bid in run["bids"] if bid["why"] == "bid" and bid["payee"] != "protocol"]
    tickets = [bid for bid in run["bids"] if bid["why"] == "ticket"]
    found = {
        f"extracted_{name}_usd": float(gained.loc[gained["counts_as"].isin(counted), "usd"].sum())
        for name, counted in EXTRACTIONS.items()
    }
    extracted = gained[gained["counts_as"].isin(EXTRACTED)]
    found["extracted_usd"] = float(extracted["usd"].sum())
    by_role = extracted["usd"].groupby(extracted["who"].map(role)).sum()
    for name, receiver in RECEIVERS.items():
        passed_on = sum(bid["usd"] for bid in (*bids, *tickets) if role.get(bid["payer"]) == receiver)
        passed_on -= sum(ticket["usd"] for ticket in tickets if role.get(ticket["payee"]) == receiver)
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
    informed = swaps["counts_as"].isin(GAPS)
    return {
        "volume_usd": float(swaps["value_in_usd"].sum()),
        "lp_fees_usd": fees,
        "lp_lvr_usd": -float((kept - own)[informed].sum()),
        "lp_net_usd": float(kept.sum()),
    }


def _retail(rows: Frame) -> Frame:
    return rows[(rows["kind"] == "swap") & (rows["role"] == RETAIL)]


def _unfilled(known: Frame) -> Frame:
    """Retail swaps that came to nothing, with `value_usd` and what they would have cost on their pool, `cost_usd`."""
    own = _retail(known[known["status"] != "filled"])
    own = own[own["unfilled_out"].notna()]
    value = own["amount"] * own["price_in_usd"]
    short = (1.0 - own["unfilled_out"] / (own["amount"] * own["mid"])).where(own["mid"] > 0.0, 0.0)
    return own.assign(value_usd=value, cost_usd=value * short)


def _users(filled: Frame, unfilled: Frame) -> dict[str, float]:
    """What retail swaps cost, served or not, what was lost to sandwiches, and how long users waited."""
    own = _retail(filled)
    quoted = own[own["mid"] > 0.0]
    short = 1.0 - quoted["filled_out"] / (quoted["filled_in"] * quoted["mid"])
    cost = float((quoted["value_in_usd"] * short + quoted["tip"]).sum())
    delay = own["executed"] - own["sent"]
    served, refused = float(own["value_in_usd"].sum()), float(unfilled["value_usd"].sum())
    return {
        "user_cost_served_bp": ratio(cost, served, 1e4),
        "user_cost_all_bp": ratio(cost + float(unfilled["cost_usd"].sum()), served + refused, 1e4),
        "unfilled_share": ratio(refused, served + refused),
        "user_sandwich_loss_usd": float(filled["sandwich_loss_usd"].sum()),
        "inclusion_delay_s": ratio(float(delay.sum()), len(own)),
        "inclusion_delay_p95_s": _quantile(delay, 0.95),
    }


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
