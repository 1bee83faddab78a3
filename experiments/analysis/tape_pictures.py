"""What the pictures of a tape draw: a block, who paid whom, the rollups with their bridges, the price path."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.analysis import tape as tapes
from experiments.analysis.tape_outcomes import CONTRACT_SALES, EXTRACTIONS, LOAN_SALES, RETAIL, Frame, Series, decided
from market.errors import InputError

KINDS = {name: EXTRACTIONS[name] for name in ("sandwich", "arbitrage", "liquidation")}
"""What an intent may count as, by the name that a picture has for it."""
GROUPS = {
    RETAIL: "retail", "borrower": "borrowers", "borrowers": "borrowers", "perpetual trader": "perpetual traders",
    "perpetual traders": "perpetual traders", "trader": "arbitrageurs, searchers", "liquidator": "liquidators",
    "builder": "builders", "sequencer": "sequencers", "market_maker": "market makers", "protocol": "protocol",
    "providers of pool": "liquidity providers", "lending market": "lenders", "perpetual": "perpetuals",
    "bridge": "bridges", "outside": "outside market", "layer 1": "L1",
}  # fmt: skip
"""Who pays or is paid, by role, or by name without its number."""
BINS = 60
"""Stretches of time that liquidated volume is added up in."""


def block(tape: Frame, rollup: str, number: int) -> Frame:
    """A block for its picture.

    Returns
    -------
    DataFrame
        a row per intent in the block, in its order: `position`, `sender`, `kind`, `did` (what it was: `sandwich`,
        `arbitrage`, `liquidation`, `retail` or `other`), `filled`, `value_usd` (given, or asked for where it is not
        filled; nan where that is no amount of an asset), `waited_s` (from arrival to execution), `paid_usd` (tip, gas
        and data), `bundle`, `around` (position of the first intent of the sandwich around it; -1: none), and once for
        all `rollup`, `slot`, `author`

    Raises
    ------
    InputError
        for a rollup that does not exist, and a block without an intent in it
    """
    tapes.block(tape, rollup, number)
    rows = decided(tape)
    rows = rows[(rows["rollup"] == rollup) & (rows["slot"] == number) & (rows["position"] >= 0)]
    if rows.empty:
        raise InputError(f"block {number} of {rollup}: nothing was included; allowed: a block that holds something")
    rows = rows.sort_values("position", kind="stable")
    filled, place = rows["status"] == "filled", rows.set_index("id")["position"]
    asked = (rows["amount"] * rows["price_in_usd"]).where(rows["kind"] == "swap")
    return pd.DataFrame(
        {
            "position": rows["position"],
            "sender": rows["sender"],
            "kind": rows["kind"],
            "did": _did(rows),
            "filled": filled,
            "value_usd": rows["value_in_usd"].where(filled, asked).where(rows["price_in_usd"] > 0.0),
            "waited_s": rows["executed"] - rows["arrival"],
            "paid_usd": rows["tip"].where(filled, 0.0) + rows["gas_usd"] + rows["data_fee_usd"],
            "bundle": rows["bundle"],
            "around": rows["sandwiched_by"].map(place).fillna(-1).astype(int),
            "rollup": rollup,
            "slot": number,
            "author": rows["author"],
        }
    ).reset_index(drop=True)


def _did(rows: Frame) -> Series:
    did: Series = pd.Series("other", rows.index)
    did = did.mask(rows["role"] == RETAIL, RETAIL)
    for name, counted in KINDS.items():
        did = did.mask(rows["counts_as"].isin(counted), name)
    return did


def paid(several: Sequence[Frame]) -> Frame:
    """Who paid whom in each of several runs, by role: payments of agents of one role add up.

    Returns
    -------
    DataFrame
        `run` (regime, with its seed where two runs have the same), `payer`, `payee` and `usd`, above 0; of each run the
        largest first

    """
    names = [tape.attrs["run"]["regime"] for tape in several]
    parts = []
    for tape, name in zip(several, names, strict=True):
        run = tape.attrs["run"]
        roles = {member["name"]: GROUPS.get(member["role"], member["role"]) for member in run["agents"]}
        payments = tapes.payments(tape)
        ends = {side: payments[side].map(lambda who, roles=roles: roles.get(who) or _group(who))
                for side in ("payer", "payee")}  # fmt: skip
        payments = payments.assign(**ends)
        # what was had of somebody for less than nothing, he was paid
        turned, usd = payments["usd"] < 0.0, payments["usd"].abs()
        payer = payments["payer"].mask(turned, payments["payee"])
        payee = payments["payee"].mask(turned, payments["payer"])
        whole = pd.DataFrame({"payer": payer, "payee": payee, "usd": usd})
        summed: Frame = whole.groupby(["payer", "payee"], as_index=False)["usd"].sum()
        summed = summed.sort_values("usd", ascending=False, kind="stable")
        alone = names.count(name) == 1
        parts.append(summed.assign(run=name if alone else f"{name}, seed {run['seed']}"))
    found: Frame = pd.concat(parts, ignore_index=True)
    return found.loc[found["usd"] > 0.0, ["run", "payer", "payee", "usd"]].reset_index(drop=True)


def _group(who: str) -> str:
    name = re.sub(r" \d+$", "", who)
    return GROUPS.get(name, name)


def rollups(tape: Frame) -> Frame:
    """The rollups with their bridges, and what each bridge was given to carry.

    Returns
    -------
    DataFrame
        `part`: `rollup` or `bridge`; of a rollup `name`, `domain` (names of those sequenced together),
        `block_time_s`, `depth_usd` (one side of all its pools) and `usd` (volume of its pools); of a bridge, each way,
        `name` (from), `to`, `delay_s`, `fee_bp` and `usd` (sent over it, at reference prices)
    """
    run, filled = _around(tape), decided(tape)
    filled = filled[filled["status"] == "filled"]
    swaps, sent = filled[filled["kind"] == "swap"], filled[filled["kind"] == "bridge"]
    volume = swaps.groupby("rollup")["value_in_usd"].sum().to_dict()
    together: dict[int, list[str]] = {}
    for node in run["nodes"]:
        together.setdefault(node["domain"], []).append(node["name"])
    parts = [
        {"part": "rollup", "name": node["name"], "domain": ", ".join(together[node["domain"]])}
        | {"block_time_s": node["block_time_s"], "depth_usd": node["depth_usd"], "usd": volume.get(node["name"], 0.0)}
        for node in run["nodes"]
    ]
    carried = sent.groupby(["venue", "rollup"])["value_in_usd"].sum().to_dict()
    for number, bridge in enumerate(run["bridges"]):
        for name, to in (bridge["ends"], bridge["ends"][::-1]):
            terms = {term: bridge[term] for term in ("delay_s", "fee_bp")}
            parts.append({"part": "bridge", "name": name, "to": to, "usd": carried.get((number, name), 0.0)} | terms)
    columns = ["part", "name", "to", "usd", "domain", "block_time_s", "depth_usd", "delay_s", "fee_bp"]
    return pd.DataFrame(parts).reindex(columns=columns)


def path(tape: Frame) -> Frame:
    """Reference prices, outages, pauses and liquidations over time.

    Returns
    -------
    DataFrame
        `part`, `name`, `begin_s`, `end_s` and `value`: of part `price` an asset's price at a time [USD]; `outage` and
        `pause`: of the rollups named, no value; `liquidated`: what liquidators took over within a stretch [USD of debt
        repaid, and of contracts closed]
    """
    run, horizon = _around(tape), float(tape.attrs["run"]["horizon_s"])
    names = [name for name in run["assets"] if name != run["assets"][0]]
    rows = [
        ("price", name, time, time, usd[at])
        for at, name in enumerate(names, start=1)
        for time, usd in zip(run["prices"]["time_s"], run["prices"]["usd"], strict=True)
    ]
    for part, stretches in (("outage", run["outages"]), ("pause", run["pauses"])):
        # an outage is drawn when it begins, and may last beyond the run
        rows += [
            (part, ", ".join(each["rollups"]), each["begin_s"], min(each["end_s"], horizon), float("nan"))
            for each in stretches
        ]
    edges = np.linspace(0.0, horizon, BINS + 1)
    known = decided(tape)
    known = known[(known["status"] == "filled") & known["kind"].isin([*LOAN_SALES, *CONTRACT_SALES])]
    usd, _ = np.histogram(known["executed"], edges, weights=known["value_in_usd"])
    rows += [("liquidated", "", edges[at], edges[at + 1], usd[at]) for at in range(BINS)]
    return pd.DataFrame(rows, columns=["part", "name", "begin_s", "end_s", "value"])


def _around(tape: Frame) -> dict:
    """What concerns the run; InputError where the tape was written before its surroundings were noted."""
    run = tape.attrs["run"]
    if "bridges" not in run:
        raise InputError("tape: does not tell what stood around its intents; allowed: one that is written anew")
    return run
