"""What a tape tells: outcomes of its run, blocks as ordered, sandwiches, payments, the life of an agent or a position.

Every function takes the frame that :func:`read` returns, a row per intent with the columns
`market.measures.tape.COLUMNS`, and returns a frame of its own; amounts are in units of the asset beside them, USD and s
where a name says so.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.analysis.tape_outcomes import (
    CONTRACT_SALES,
    LOAN_SALES,
    REWARDED,
    Frame,
    Series,
    decided,
    gains,
    outcomes,
)
from experiments.later import pd
from market import discovery
from market.errors import InputError
from market.measures.tape import COLUMNS, RUN

__all__ = ["block", "life", "outcomes", "payments", "position", "read", "sandwiches"]

WHEN = ["executed", "rollup", "slot", "position"]
COSTS = ["tip", "gas_usd", "data_fee_usd"]
WHAT = ["kind", "counts_as", "amount", "filled_in", "asset_in", "filled_out", "asset_out", *COSTS]
FATE = ["bundle", "carried", "status", "reason"]
POSITIONS = ("loan", "contract")


def read(path: Path) -> Frame:
    """Read a tape that `simulate --tape` wrote.

    Parameters
    ----------
    path
        the file

    Returns
    -------
    DataFrame
        a row per intent, in the order of decision; `counts_as` is what an intent counts as in the end, where the file
        has what it counted as in its block. `attrs["run"]` has what concerns the whole run: `regime`, `seed`,
        `horizon_s`, `assets`, `rollups`, `agents` (name, role) and `bids` (payer, payee, usd)

    Raises
    ------
    InputError
        where there is no such file, or it is no tape
    """
    allowed = "allowed: a file that `seqmarket simulate --tape` wrote"
    if not path.is_file():
        raise InputError(f"{path}: no such file; {allowed}")
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid:
        raise InputError(f"{path}: is no parquet file; {allowed}") from None
    with file:
        run = (file.metadata.metadata or {}).get(RUN)
        missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
        if run is None or missing:
            lacks = f"lacks column {missing[0]!r}" if missing else "does not say of which run it is"
            raise InputError(f"{path}: is no tape, it {lacks}; {allowed}")
        tape = _in_the_end(file.read().to_pandas())
    tape.attrs["run"] = json.loads(run)
    return tape


def _in_the_end(tape: Frame) -> Frame:
    """Let intents that a later one turned round count as that one does; nothing is turned round twice."""
    later = tape[tape["turns_round"] >= 0].set_index("turns_round")["counts_as"]
    turned = (tape["status"] == "filled") & tape["id"].isin(later.index)
    final = tape["counts_as"].copy()
    final[turned] = later.loc[tape.loc[turned, "id"]].array
    return tape.assign(counts_as=final)


def block(tape: Frame, rollup: str, number: int) -> Frame:
    """One rollup's part of a block, as it was ordered; what was decided on without being included comes last.

    Parameters
    ----------
    tape
        the tape
    rollup
        name of the rollup
    number
        number of the block in the rollup's domain, from 0

    Returns
    -------
    DataFrame
        a row per intent: who built the block and paid how much for it, place, sender, kind, amounts, costs and fate

    Raises
    ------
    InputError
        for a rollup that does not exist, and a block without an intent there
    """
    if rollup not in tape.attrs["run"]["rollups"]:
        raise InputError(f"rollup: {discovery.unknown(rollup, tape.attrs['run']['rollups'])}")
    here = tape[(tape["rollup"] == rollup) & (tape["slot"] >= 0)]
    found = here[here["slot"] == number]
    if found.empty:
        first, last = (here["slot"].min(), here["slot"].max()) if len(here) else (0, -1)
        numbers = f"some of those from {first} to {last}" if len(here) else "none, the tape has no intent there"
        raise InputError(f"block {number} of {rollup}: holds no intent; allowed: {numbers}")
    included = found["position"] >= 0
    ordered = pd.concat([found[included].sort_values("position", kind="stable"), found[~included]])
    return _listed(ordered, ["author", "operator", "bid_usd", *WHEN, "sender", *WHAT, *FATE])


def sandwiches(tape: Frame) -> Frame:
    """Who sandwiched whom for how much: what the run found in its blocks, whatever the senders say.

    What a swap, or a trade on a perpetual, lost is measured against its block without the intents of whoever stands
    around it. Where several do, the nearest is named, and the loss is to all of them.

    Returns
    -------
    DataFrame
        a row per victim: when and where, its `kind`, `pool` (or perpetual), `by`, `victim`, the victim's `id`, its
        `value_usd`, `loss_usd`, and `gain_usd`: what `by` gained by all its sandwiching there in that block, tips and
        fees off
    """
    known = decided(tape)
    known = known[known["status"] == "filled"]
    here = ["domain", "slot", "rollup", "kind", "venue"]
    sender = known.drop_duplicates("id").set_index("id")["sender"]
    victims = known[known["sandwiched_by"] >= 0]
    victims = victims.assign(by=sender.loc[victims["sandwiched_by"]].array)
    own = known[known["counts_as"] == "sandwich"]
    gained = gains(own).join(own[[*here, "sender"]], on="row")
    gain = gained[gained["who"] == gained["sender"]].groupby([*here, "who"])["usd"].sum().to_dict()
    stretches = zip(*(victims[name] for name in [*here, "by"]), strict=True)
    # the receipt of a trade on a perpetual says its value, whichever way it goes
    value = victims["value_in_usd"].where(victims["kind"] != "perpetual_trade", victims["filled_in"])
    gain_usd = np.array([gain.get(stretch, 0.0) for stretch in stretches], float)
    victims = victims.assign(gain_usd=gain_usd, value_usd=value)
    names = {"venue": "pool", "sender": "victim", "sandwich_loss_usd": "loss_usd"}
    columns = ["executed", "rollup", "slot", "kind", "pool", "by", "victim", "id", "value_usd", "loss_usd", "gain_usd"]
    return victims.rename(columns=names)[columns].reset_index(drop=True)


def payments(tape: Frame) -> Frame:
    """Who paid whom for what, beyond the exchange of one thing for another at its reference price.

    Tips, gas, data and bids; fees of pools, perpetuals, bridges and the outside market; payments; what was had of
    somebody liquidated beyond what was paid for it (`bonus`; below 0: that much less), rewards and penalties.

    Returns
    -------
    DataFrame
        `payer`, `payee`, `reason`, `usd` and `count`: a row for each three, largest first
    """
    known = decided(tape)
    filled = known[known["status"] == "filled"]
    kind, change = filled["kind"], filled["value_out_usd"] - filled["value_in_usd"]
    number = filled["venue"].astype(str)
    sold, lent = kind.isin([*LOAN_SALES, *CONTRACT_SALES]), kind.isin(LOAN_SALES)
    bridged = (filled["filled_in"] - filled["filled_out"]) * filled["price_in_usd"]
    parts = [
        _paid("tip", filled["sender"], filled["author"], filled["tip"]),
        _paid("gas", known["sender"], known["operator"], known["gas_usd"]),
        _paid("data fee", known["sender"], known["operator"], known["data_fee_usd"]),
        _paid("data cost", known["operator"], _all(known, "layer 1"), known["data_cost_usd"]),
        _paid("fee", filled["sender"], "providers of pool " + number, filled["fee_usd"].where(kind == "swap", 0.0)),
        _paid("fee", filled["sender"], "perpetual " + number, filled["fee_usd"].where(kind != "swap", 0.0)),
        _paid("fee", filled["sender"], "bridge " + number, bridged.where(kind == "bridge", 0.0)),
        _paid("fee", filled["sender"], _all(filled, "outside"), -change.where(kind == "outside", 0.0)),
        _paid("payment", filled["sender"], _payees(tape, filled), filled["value_in_usd"].where(kind == "payment", 0.0)),
        _paid("bonus", filled["owner"], filled["receiver"], change.where(sold, 0.0)),
        _paid("reward", filled["owner"], filled["sender"], filled["filled_out"].where(kind.isin(REWARDED), 0.0)),
        _paid("penalty", filled["owner"], "lending market " + number, filled["penalty_usd"].where(lent, 0.0)),
    ]
    bids = [(bid["payer"], bid["payee"], bid["why"], bid["usd"], 1) for bid in tape.attrs["run"]["bids"]]
    parts.append(pd.DataFrame(bids, columns=["payer", "payee", "reason", "usd", "count"]))
    # the columns of an empty part have no type, which would become that of the whole
    paid: Frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    summed: Frame = paid.groupby(["payer", "payee", "reason"], as_index=False)[["usd", "count"]].sum()
    return summed.sort_values("usd", ascending=False, kind="stable").reset_index(drop=True)


def life(tape: Frame, agent: str) -> Frame:
    """What somebody sent, what became of it, and what it gained by it and by tips of others, as outcomes count it.

    Returns
    -------
    DataFrame
        a row per intent in the order of decision, with `gain_usd` and `gained_usd`, the sum so far

    Raises
    ------
    InputError
        for a name that neither an agent nor a sender on the tape has
    """
    names = dict.fromkeys([member["name"] for member in tape.attrs["run"]["agents"]] + tape["sender"].unique().tolist())
    if agent not in names:
        raise InputError(f"agent: {discovery.unknown(agent, names)}")
    gained = gains(decided(tape))
    gain = gained[gained["who"] == agent].groupby("row")["usd"].sum()
    rows = tape[(tape["sender"] == agent) | tape.index.isin(gain.index)]
    rows = rows.assign(gain_usd=gain.reindex(rows.index, fill_value=0.0))
    rows = rows.assign(gained_usd=rows["gain_usd"].cumsum())
    return _listed(rows, [*WHEN, "sender", *WHAT, *FATE, "gain_usd", "gained_usd"])


def position(tape: Frame, name: str) -> Frame:
    """All that concerned a position: `loan:N` or `contract:N`, N its row in the market's table.

    Returns
    -------
    DataFrame
        a row per intent, whoever sent it, in the order of decision

    Raises
    ------
    InputError
        for a name of another form, and a position that no intent on the tape concerns
    """
    table, _, number = name.partition(":")
    if table not in POSITIONS or not number.isdecimal():
        raise InputError(f"position: got {name!r}; allowed: loan:N or contract:N, N from 0")
    rows = tape[tape[table] == int(number)]
    if rows.empty:
        known = tape.loc[tape[table] >= 0, table]
        numbers = f"some of those from {known.min()} to {known.max()}" if len(known) else "none"
        raise InputError(f"position {name}: no intent on the tape concerns it; allowed: {numbers}")
    return _listed(rows, ["owner", *WHEN, "sender", *WHAT, "penalty_usd", *FATE])


def _listed(rows: Frame, names: list[str]) -> Frame:
    """Rows for reading: the columns named, assets by their names."""
    assets = dict(enumerate(rows.attrs["run"]["assets"]))
    named = {side: rows[side].map(assets).fillna("unknown") for side in ("asset_in", "asset_out")}
    return rows.assign(**named)[names].reset_index(drop=True)


def _paid(reason: str, payer: Series, payee: Series, usd: Series) -> Frame:
    """Payments of one kind that moved something from one to another."""
    moved = (usd != 0.0) & (payer != payee)
    parts = {"payer": payer[moved], "payee": payee[moved], "usd": usd[moved]}
    return pd.DataFrame(parts).assign(reason=reason, count=1)[["payer", "payee", "reason", "usd", "count"]]


def _all(rows: Frame, name: str) -> Series:
    return pd.Series(name, rows.index)


def _payees(tape: Frame, rows: Frame) -> Series:
    """Whom payments went to: an account's name, where it is an agent's or has sent anything."""
    names = dict(zip(tape["account"], tape["sender"], strict=True))
    names |= {account: member["name"] for account, member in enumerate(tape.attrs["run"]["agents"])}
    return rows["target"].map(names).fillna("account " + rows["target"].astype(str))
