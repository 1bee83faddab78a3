"""Outcomes recomputed from the tape alone are those that the run reports, in every regime."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from busy import DUTCH, ENGLISH, busy
from worlds import lender, opened, reported

from experiments.analysis import tape
from market import regimes
from market.config import MarketConfig
from market.measures.tape import COLUMNS, Tape
from market.model import SequencerMarket
from market.state.ledger import Why

CLOSE = 1e-9
"""Relative difference that sums of the same numbers in another order may have."""
ELSEWHERE = {
    "regime", "seed", "slots", "conservation_error", "pauses", "paused_s", "missed_slots", "outage_s",
    "soft_finality_s", "hard_finality_s", "slot_sales_usd", "revenue_to_rollups_usd", "revenue_to_users_usd",
    "revenue_burnt_usd", "slashed_usd", "promises_made", "promises_broken", "builder_hhi",
    "sequencer_receipts_usd", "sequencer_net_usd", "unexplained_gain_usd", "unexplained_loss_usd", "interest_usd",
    "dispersion_bp", "lp_net_bp_per_day", "pool_value_usd", "bad_debt_usd", "deleveraged_usd",
    "wrongly_liquidated_usd", "handed_in", "forced_inclusions", "forced_delay_s", "promises_slashed",
    "promise_delay_s", "orphaned_blocks", "security_paid_usd",
}  # fmt: skip
"""Outcomes that are not made of what intents did: of slots, protocol payments, prices, and of what was held or left."""

type Run = tuple[SequencerMarket, dict[str, Any], pd.DataFrame]


def taped(settings: MarketConfig, seed: int = 2) -> Run:
    """A market that ran, what it reports, and its tape."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tape.parquet"
        market = opened(settings, seed, [Tape(path)])
        market.run()
        return market, reported(market), tape.read(path)


@cache
def run(regime: str) -> Run:
    """One run of the busy market under a regime, for all tests of this file."""
    return taped(busy(regime))


def agree(found: dict[str, Any], report: dict[str, Any]) -> None:
    """Assert that outcomes from a tape are those reported."""
    assert found == pytest.approx({name: report[name] for name in found}, rel=CLOSE, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("regime", regimes.names())
def test_recomputed_is_reported_in_every_regime(regime: str) -> None:
    _, report, read = run(regime)
    found = tape.outcomes(read)
    agree(found, report)
    of_a_part = ("lane_", "network_", "policy_", "votes_", "shares_", "ranges_", "options_")  # where the regime has it
    others = {name for name in report.keys() - found.keys() if not name.startswith(of_a_part)}
    assert others == ELSEWHERE
    done = set(read.loc[read["status"] == "filled", "kind"])
    assert {"perpetual_trade", "bridge", "swap"} <= done
    # the price falls by a fifteenth between two blocks of twelve seconds: no bonus is left by the time a loan is due
    assert "liquidate" in done or regime.startswith("based")
    assert {"filled", "reverted"} <= set(read["status"])


def test_all_of_it_happens_somewhere() -> None:
    """What is nothing in every run would agree whatever the formula."""
    happened = [tape.outcomes(run(regime)[2]) for regime in ("siloed_extractive", "pbs", "timeboost")]
    assert {name for found in happened for name, value in found.items() if value != 0.0} == happened[0].keys()
    statuses = set().union(*(run(regime)[2]["status"] for regime in ("siloed_extractive", "pbs")))
    assert statuses == {"filled", "reverted", "expired", "paused", "pending"}


@pytest.mark.parametrize("regime", ["siloed", "frequent_batch", "pbs"])
def test_what_was_paid_is_in_the_ledger(regime: str) -> None:
    market, _, read = run(regime)
    flows = market.world.tables.flows
    filled = read[read["status"] == "filled"]
    assert filled["tip"].sum() == pytest.approx(flows[:, :, Why.TIP, 0].sum(), rel=CLOSE)
    assert read["gas_usd"].sum() == pytest.approx(flows[:, :, Why.GAS, 0].sum(), rel=CLOSE)
    futures = filled[filled["kind"] == "perpetual_trade"]
    assert futures["fee_usd"].sum() == pytest.approx(flows[:, :, Why.PERPETUAL_FEE, 0].sum(), rel=CLOSE)


@pytest.mark.parametrize("regime", ["siloed", "pbs"])
def test_fees_of_swaps_are_in_the_ledger(regime: str) -> None:
    """In units of each asset: what went into the accounts of fees, and not what providers claimed out of them."""
    market, _, read = run(regime)
    tables = market.world.tables
    groups = sorted({int(tables.accounts["group"][int(account)]) for account in tables.pools["fee_account"]})
    swaps = read[(read["status"] == "filled") & (read["kind"] == "swap")]
    for asset in (0, 1):
        paid = swaps[swaps["asset_in"] == asset]
        into = tables.flows[:, groups, Why.POOL_FEE, asset].sum()
        assert (paid["fee_usd"] / paid["price_in_usd"]).sum() == pytest.approx(into, rel=CLOSE)


def test_a_penalty_in_another_asset_counts_at_the_price_when_it_was_paid() -> None:
    """Debts of ETH while its price rises: at the price of the end all penalties would be larger."""
    base = busy("siloed")
    homes = tuple(
        home.model_copy(update={"lending": (lender(collateral="USD", debt="ETH", liquidation=design),)})
        for home, design in zip(base.rollups, ("fixed_spread", DUTCH | {"penalty": 0.05}, ENGLISH), strict=True)
    )
    rising = base.assets[0].model_copy(update={"drift": -base.assets[0].drift})
    market, report, read = taped(base.model_copy(update={"rollups": homes, "assets": (rising,)}))
    agree(tape.outcomes(read), report)
    paid = market.world.tables.flows[:, :, Why.PENALTY, 1].sum()
    assert read["penalty_usd"].sum() == pytest.approx(market.world.tables.lending["penalties"].sum(), rel=CLOSE)
    assert 0.0 < read["penalty_usd"].sum() < 0.99 * paid * market.world.tables.prices[1]


def test_fees_of_data_and_of_reverted_intents_are_in_outcomes_and_ledger() -> None:
    base = busy("siloed")
    capacity = base.regime.capacity | {"reverted_gas": 0.5, "l1_data": {"passed_on": 1.5}}
    regime = base.regime.model_copy(update={"capacity": capacity})
    market, report, read = taped(base.model_copy(update={"regime": regime}))
    agree(tape.outcomes(read), report)
    flows = market.world.tables.flows[:, :, :, 0]
    for column, why in (("gas_usd", Why.GAS), ("data_fee_usd", Why.DATA_FEE), ("data_cost_usd", Why.DATA_COST)):
        assert read[column].sum() == pytest.approx(flows[:, :, why].sum(), rel=CLOSE)
        assert read.loc[read["status"] == "reverted", column].sum() > 0.0


def test_closing_what_was_taken_over_counts_as_liquidation_and_what_is_turned_round_as_what_turns_it() -> None:
    read = run("siloed_extractive")[2]
    filled = read[read["status"] == "filled"].set_index("id")
    trades = filled[filled["kind"] == "perpetual_trade"]
    assert set(trades["counts_as"]) == {"none", "liquidation", "sandwich"}
    taken_over = filled[filled["kind"].isin(["contract_auction_take", "contract_auction_settle"])]
    assert set(trades.loc[trades["counts_as"] == "liquidation", "sender"]) <= set(taken_over["receiver"])
    turning = filled[filled["turns_round"] >= 0]
    turned = filled.loc[turning["turns_round"]]
    assert turning["turns_round"].is_unique
    assert turned["counts_as"].tolist() == turning["counts_as"].tolist()
    assert turned["sender"].tolist() == turning["sender"].tolist()
    assert (turned["executed"].to_numpy() <= turning["executed"].to_numpy()).all()
    assert "legs" in set(turning["counts_as"])


def test_sandwiches_add_up_to_what_users_lost_and_lives_to_what_was_extracted() -> None:
    _, report, read = run("siloed_extractive")
    found = tape.sandwiches(read)
    assert found["loss_usd"].sum() == pytest.approx(report["user_sandwich_loss_usd"], rel=CLOSE)
    assert report["user_sandwich_loss_usd"] > 0.0
    assert (found["by"] != found["victim"]).all()
    gained = 0.0
    for member in read.attrs["run"]["agents"]:
        if member["role"] == "sequencer":
            lived = tape.life(read, member["name"])
            gained += lived.loc[lived["counts_as"] != "none", "gain_usd"].sum()
    assert gained == pytest.approx(report["extracted_by_sequencers_usd"], rel=CLOSE)


def test_the_file_says_what_its_columns_mean(tmp_path: Path) -> None:
    path = tmp_path / "tape.parquet"
    market = opened(busy("siloed", horizon_s=2.0), 1, [Tape(path)])
    market.run()
    schema = pq.read_schema(path)
    assert schema.names == list(COLUMNS)
    for name, column in COLUMNS.items():
        noted = schema.field(name).metadata
        assert (noted[b"meaning"].decode(), noted[b"unit"].decode()) == (column.meaning, column.unit)
        assert schema.field(name).type == column.kind
