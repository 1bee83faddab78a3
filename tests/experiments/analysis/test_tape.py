"""Questions to a tape of two blocks made by hand, whose answers follow from the pool's curve and the lender's terms."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from taped import Block, write_tape
from worlds import (
    ALICE,
    BOB,
    ETH,
    MAKER,
    OPERATOR,
    OTHER_MAKER,
    USD,
    execute,
    founded,
    intent,
    lender,
    reserves,
    rollup,
    swap,
)

from experiments.__main__ import main
from experiments.analysis import tape
from market.config import BorrowersConfig, PerpetualConfig, PoolConfig
from market.errors import InputError
from market.measures.tape import COLUMNS
from market.state.ledger import Why, transfer
from market.venues import Kind
from market.venues.liquidation.reindex import reindex

PRICE, GAS, TIP = 2500.0, 0.5, 3.0
X, Y = 1000.0, 2.5e6
"""Reserves of the pool, ETH and USD, which takes no fee."""
SIZE = 625_000.0
"""What the front-run and its victim each give: a quarter of the reserve."""
FRONT = X - X * Y / (Y + SIZE)
ALONE = FRONT
"""ETH for the victim where the bundle stands: as much as for the front-run."""
VICTIM = X * Y / (Y + SIZE) - X * Y / (Y + 2.0 * SIZE)
BACK = (Y + 2.0 * SIZE) - X * Y / (X * Y / (Y + 2.0 * SIZE) + FRONT)
LOSS = (ALONE - VICTIM) * PRICE
SMALL = 1000.0
"""What a user wanted to give whose limit is too tight."""
REFUSED = X * Y / (Y + 2.0 * SIZE - BACK) - X * Y / (Y + 2.0 * SIZE - BACK + SMALL)
"""ETH for it as the pool is behind the block."""
GAIN = BACK - SIZE - 2.0 * (TIP + GAS)
REPAID, BONUS = 1000.0, 0.1
"""Debt that the liquidator repays, and what it has on top in collateral."""


def _swap(sender: int, amount: float, number: int, *, buy: bool = True, **fields: float) -> np.ndarray:
    return swap(sender, amount, buy=buy, id=number, tip=TIP, bundle=fields.pop("bundle", -1), **fields)


def _blocks(world):
    """A sandwich and two reverted swaps, and a block later a liquidation, a deposit of margin and a payment."""
    retail = world.account_of["retail"]
    sandwich = [
        _swap(ALICE, SIZE, 1, bundle=7, purpose=1),
        _swap(retail, SIZE, 2, bundle=7, carried=1, sent=2.0, arrival=2.5, mid=1.0 / PRICE),
        _swap(ALICE, FRONT, 3, buy=False, bundle=7, purpose=1),
        _swap(OTHER_MAKER, 10.0, 4, limit=1e9),
        _swap(retail, SMALL, 8, limit=1e9, mid=1.0 / PRICE),
    ]
    yield Block(execute(world, *sandwich, time=5.0, builder=MAKER), 0, MAKER, OPERATOR, 12.0)
    loans, market = world.tables.loans, world.tables.lending[0]
    market["scaled_debt"] += 20_001.0 - loans["debt"][0]
    world.tables.balance[int(market["account"]), 0, ETH] += 10.0 - loans["collateral"][0]
    loans["collateral"][0], loans["debt"][0] = 10.0, 20_001.0
    market["key_bound"] = 1e9
    reindex(world.state)
    sides = {"asset_in": USD, "asset_out": ETH}
    rest = [
        intent(Kind.LIQUIDATE, MAKER, amount=REPAID, venue=0, rollup=0, target=0, purpose=3, tip=TIP, id=5, **sides),
        intent(Kind.PERPETUAL_DEPOSIT, BOB, amount=40.0, venue=0, rollup=0, target=1, id=6),
        intent(Kind.PAYMENT, ALICE, amount=25.0, target=BOB, rollup=0, asset_in=USD, id=7),
    ]
    yield Block(execute(world, *rest, time=6.0), 1, OPERATOR, OPERATOR)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pool = PoolConfig(assets=("ETH", "USD"), depth_usd=Y, fee_bp=0.0, price_usd=PRICE)
    home = rollup(
        "a",
        pools=(pool,),
        lending=(lender(bonus=BONUS),),
        borrowers=1,
        gas_usd=GAS,
        perpetuals=(PerpetualConfig(traders=1),),
    )
    world = founded(home, rollup("b"), borrowers=BorrowersConfig(ltv_low=0.3, ltv_high=0.5))
    found = tmp_path_factory.mktemp("tape") / "tape.parquet"
    write_tape(found, world, _blocks(world))
    return found


@pytest.fixture(scope="module")
def read(path: Path) -> pd.DataFrame:
    return tape.read(path)


def test_a_block_stands_as_it_was_ordered(read: pd.DataFrame) -> None:
    found = tape.block(read, "a", 0)
    assert found["position"].tolist() == [0, 1, 2, 3, 4]
    assert found["sender"].tolist() == ["trader 0", "retail", "trader 0", "market_maker 3", "retail"]
    assert found["status"].tolist() == ["filled", "filled", "filled", "reverted", "reverted"]
    assert found["reason"].tolist() == ["none", "none", "none", "limit", "limit"]
    assert found["counts_as"].tolist() == ["sandwich", "none", "sandwich", "none", "none"]
    assert found["filled_out"].tolist() == pytest.approx([FRONT, VICTIM, BACK, 0.0, 0.0], rel=1e-12)
    assert found["asset_out"].tolist() == ["ETH", "ETH", "USD", "ETH", "ETH"]
    assert set(zip(found["author"], found["operator"], found["bid_usd"], found["executed"], strict=True)) == {
        ("market_maker 2", "sequencer 4", 12.0, 5.0)
    }
    assert found["carried"].tolist() == [0, 1, 0, 0, 0]
    assert found["gas_usd"].tolist() == [GAS, GAS, GAS, 0.0, 0.0]


def test_who_sandwiched_whom_for_how_much(read: pd.DataFrame) -> None:
    [found] = tape.sandwiches(read).to_dict("records")
    assert (found["by"], found["victim"], found["id"], found["pool"]) == ("trader 0", "retail", 2, 0)
    assert (found["rollup"], found["slot"], found["executed"]) == ("a", 0, 5.0)
    assert found["value_usd"] == SIZE
    assert found["loss_usd"] == pytest.approx(LOSS, rel=1e-9)
    assert found["gain_usd"] == pytest.approx(GAIN, rel=1e-9)


def test_who_paid_whom_for_what(read: pd.DataFrame) -> None:
    found = {(row["payer"], row["payee"], row["reason"]): row for row in tape.payments(read).to_dict("records")}
    expected = {
        ("trader 0", "market_maker 2", "tip"): (2.0 * TIP, 2),
        ("retail", "market_maker 2", "tip"): (TIP, 1),
        ("market_maker 2", "sequencer 4", "tip"): (TIP, 1),
        ("trader 0", "sequencer 4", "gas"): (3.0 * GAS, 3),
        ("retail", "sequencer 4", "gas"): (GAS, 1),
        ("trader 1", "sequencer 4", "gas"): (GAS, 1),
        ("market_maker 2", "sequencer 4", "gas"): (GAS, 1),
        ("trader 0", "trader 1", "payment"): (25.0, 1),
        ("borrower", "market_maker 2", "bonus"): (BONUS * REPAID, 1),
    }
    assert {key: row["count"] for key, row in found.items()} == {key: count for key, (_, count) in expected.items()}
    assert {key: row["usd"] for key, row in found.items()} == pytest.approx(
        {key: usd for key, (usd, _) in expected.items()}, rel=1e-9
    )


def test_an_agents_life(read: pd.DataFrame) -> None:
    alice = tape.life(read, "trader 0")
    assert alice["kind"].tolist() == ["swap", "swap", "payment"]
    first = FRONT * PRICE - SIZE - TIP - GAS
    assert alice["gain_usd"].tolist() == pytest.approx([first, BACK - FRONT * PRICE - TIP - GAS, 0.0], rel=1e-9)
    assert alice["gained_usd"].tolist() == pytest.approx([first, GAIN, GAIN], rel=1e-9)
    # whoever built the first block has the tips of the sandwich, and later gains the bonus
    maker = tape.life(read, "market_maker 2")
    assert maker["sender"].tolist() == ["trader 0", "trader 0", "market_maker 2"]
    assert maker["gain_usd"].tolist() == pytest.approx([TIP, TIP, BONUS * REPAID - TIP - GAS], rel=1e-9)
    # whoever did nothing has had no life yet
    assert tape.life(read, "market_maker 3")["status"].tolist() == ["reverted"]


def test_a_positions_life(read: pd.DataFrame) -> None:
    [loan] = tape.position(read, "loan:0").to_dict("records")
    assert (loan["owner"], loan["sender"], loan["kind"], loan["executed"]) == (
        "borrower", "market_maker 2", "liquidate", 6.0,
    )  # fmt: skip
    assert loan["filled_in"] == REPAID
    assert loan["filled_out"] == pytest.approx(REPAID * (1.0 + BONUS) / PRICE)
    [contract] = tape.position(read, "contract:1").to_dict("records")
    assert (contract["owner"], contract["sender"], contract["kind"]) == (
        "perpetual trader", "trader 1", "perpetual_deposit",
    )  # fmt: skip
    assert contract["filled_in"] == 40.0


def test_outcomes_of_two_blocks(read: pd.DataFrame) -> None:
    found = tape.outcomes(read)
    assert found["volume_usd"] == pytest.approx(2.0 * SIZE + FRONT * PRICE, rel=1e-9)
    assert (found["retail_volume_usd"], found["retail_demand_usd"]) == (SIZE, SIZE + SMALL)
    served, refused = SIZE - VICTIM * PRICE + TIP, SMALL - REFUSED * PRICE
    assert found["user_cost_served_bp"] == pytest.approx(1e4 * served / SIZE, rel=1e-9)
    assert found["user_cost_all_bp"] == pytest.approx(1e4 * (served + refused) / (SIZE + SMALL), rel=1e-9)
    assert found["unfilled_share"] == SMALL / (SIZE + SMALL)
    assert found["user_sandwich_loss_usd"] == pytest.approx(LOSS, rel=1e-9)
    assert found["inclusion_delay_s"] == 3.0
    assert found["extracted_sandwich_usd"] == pytest.approx(GAIN + 2.0 * TIP, rel=1e-9)
    assert found["extracted_by_traders_usd"] == pytest.approx(GAIN, rel=1e-9)
    assert found["extracted_liquidation_usd"] == pytest.approx(BONUS * REPAID - GAS, rel=1e-9)
    assert (found["liquidated_usd"], found["liquidations"]) == (REPAID, 1)
    assert (found["intents"], found["filled"], found["reverted"]) == (8, 6, 2)


def test_a_trade_turned_round_later_counts_as_what_turns_it_round(tmp_path: Path) -> None:
    """The first leg gains nothing by itself; with the second, in a later block, it took the gap between two pools."""
    pools = [PoolConfig(assets=("ETH", "USD"), depth_usd=Y, fee_bp=0.0, price_usd=PRICE * dear) for dear in (1.0, 1.04)]
    world = founded(*(rollup(name, pools=(pool,), gas_usd=GAS) for name, pool in zip("ab", pools, strict=True)))
    usd, (x, y) = 1e4, reserves(world, 1)
    units = X - X * Y / (Y + usd)
    sold = y - x * y / (x + units)
    legs = [_swap(ALICE, usd, 1), _swap(ALICE, units, 2, buy=False, pool=1), _swap(BOB, usd, 3)]
    path = tmp_path / "tape.parquet"
    write_tape(
        path, world, (Block(execute(world, leg, time=1.0 + at), at, MAKER, OPERATOR) for at, leg in enumerate(legs))
    )
    raw, found = pd.read_parquet(path), tape.read(path)
    assert raw["counts_as"].tolist() == ["none", "legs", "none"]
    assert raw["turns_round"].tolist() == [-1, 1, -1]
    assert found["counts_as"].tolist() == ["legs", "legs", "none"]
    report, gain = tape.outcomes(found), sold - usd - 2.0 * (TIP + GAS)
    assert gain > 100.0
    assert report["extracted_by_traders_usd"] == pytest.approx(gain, rel=1e-9)
    assert report["extracted_legs_usd"] == report["extracted_usd"] == pytest.approx(gain + 2.0 * TIP, rel=1e-9)
    # both legs took from providers, whichever of them gained at the reference price
    assert report["lp_lvr_usd"] == pytest.approx(sold - usd, rel=1e-9)
    assert tape.life(found, "trader 0")["gained_usd"].iloc[-1] == pytest.approx(gain, rel=1e-9)


def test_fees_of_reverted_intents_and_of_data_are_what_the_ledger_has(tmp_path: Path) -> None:
    """Of a liquidation that came to nothing the fees are a loss by liquidations; an operator pays L1 alone."""
    world, path = founded(rollup("a", gas_usd=GAS, lending=(lender(),), borrowers=1)), tmp_path / "tape.parquet"
    world.tables.rollups["reverted"], world.tables.rollups["data_fee"] = 1.0, 0.03
    world.tables.rollups["data_cost"] = 0.02
    sides = {"asset_in": USD, "asset_out": ETH}
    block = [
        _swap(BOB, 100.0, 1),
        intent(Kind.LIQUIDATE, ALICE, amount=REPAID, venue=0, rollup=0, target=0, id=2, **sides),
        intent(Kind.LIQUIDATE, OPERATOR, amount=REPAID, venue=0, rollup=0, target=0, id=3, **sides),
    ]
    write_tape(path, world, [Block(execute(world, *block), 0, OPERATOR, OPERATOR)], ("a",))
    read, flows = tape.read(path), world.tables.flows[:, :, :, USD]
    assert read["status"].tolist() == ["filled", "reverted", "reverted"]
    assert read["gas_usd"].tolist() == [GAS] * 3
    for column, why in (("gas_usd", Why.GAS), ("data_fee_usd", Why.DATA_FEE), ("data_cost_usd", Why.DATA_COST)):
        assert read[column].sum() == pytest.approx(flows[:, :, why].sum(), rel=1e-9)
        assert (read[column] > 0.0).all()
    found = tape.outcomes(read)
    assert found["extracted_by_traders_usd"] == pytest.approx(-GAS - read["data_fee_usd"][1], rel=1e-9)
    assert found["extracted_by_sequencers_usd"] == pytest.approx(-read["data_cost_usd"][2], rel=1e-9)


# -- the command -------------------------------------------------------------------------------------------------------

QUESTIONS = {
    "--block 0 --rollup a": ("slot 0", 5),
    "--sandwiches": ("by", 1),
    "--payments": ("payer", 9),
    "--agent trader_0": ("kind", 3),
    "--position loan:0": ("owner borrower", 1),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_command_prints_tables_and_json(path: Path, question: str, capsys: pytest.CaptureFixture[str]) -> None:
    word, count = QUESTIONS[question]
    asked = ["tape", str(path), *(part.replace("_", " ") for part in question.split())]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert word in printed
    assert len([line for line in printed.splitlines() if line]) >= 1 + count
    assert main([*asked, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == count


def test_the_command_prints_outcomes(path: Path, read: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tape", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == pytest.approx(tape.outcomes(read), rel=0.0)
    assert main(["tape", str(path)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(tape.outcomes(read))


MISTAKES = {
    "--agent trader_7": "agent: unknown name 'trader 7' (did you mean 'trader 1'?); allowed: trader 0, ",
    "--position loan": "position: got 'loan'; allowed: loan:N or contract:N",
    "--position loan:9": "position loan:9: no intent on the tape concerns it; allowed: some of those from 0 to 0",
    "--block 0": "--block and --rollup: one without the other; allowed: both, or neither",
    "--rollup a": "--block and --rollup: one without the other; allowed: both, or neither",
    "--block -1 --rollup a": "tape: argument --block: got '-1'; allowed: a whole number of at least 0",
    "--block 9 --rollup a": "block 9 of a: holds no intent; allowed: some of those from 0 to 1",
    "--block 0 --rollup b": "block 0 of b: holds no intent; allowed: none, the tape has no intent there",
    "--block 0 --rollup c": "rollup: unknown name 'c'; allowed: a, b",
    "--sandwiches --payments": "tape: argument --payments: not allowed with argument --sandwiches",
}


@pytest.mark.parametrize("question", MISTAKES)
def test_mistakes_are_one_line(path: Path, question: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tape", str(path), *(part.replace("_", " ") for part in question.split())]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert MISTAKES[question] in output.err


def test_a_file_that_is_no_tape(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, other, bare = tmp_path / "text.parquet", tmp_path / "other.parquet", tmp_path / "bare.parquet"
    text.write_text("no parquet")
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["gas_usd"]), other)
    pq.write_table(table.replace_schema_metadata({}), bare)
    for file, why in (
        (tmp_path / "absent.parquet", "no such file"),
        (text, "is no parquet file"),
        (other, "is no tape, it lacks column 'gas_usd'"),
        (bare, "is no tape, it does not say of which run it is"),
    ):
        assert main(["tape", str(file)]) == 2
        assert capsys.readouterr().err == (
            f"seqmarket: {file}: {why}; allowed: a file that `seqmarket simulate --tape` wrote\n"
        )


def test_a_tape_without_an_intent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tape.parquet"
    write_tape(path, founded(), [])
    read = tape.read(path)
    assert list(read.columns) == list(COLUMNS)
    found = tape.outcomes(read)
    means = {
        "user_cost_served_bp", "user_cost_all_bp", "unfilled_share", "extracted_bp_of_retail",
        "inclusion_delay_s", "inclusion_delay_p95_s",
    }  # fmt: skip
    assert {name for name, value in found.items() if math.isnan(value)} == means
    assert all(found[name] == 0.0 for name in found.keys() - means)
    for question in (["--sandwiches"], ["--payments"], ["--agent", "trader 0"]):
        assert main(["tape", str(path), *question]) == 0
        assert capsys.readouterr().out == "none\n"


def test_bids_are_paid_by_whom_the_ledger_says(tmp_path: Path) -> None:
    world, path = founded(), tmp_path / "tape.parquet"
    assert transfer(world.state, MAKER, OPERATOR, 0, USD, 70.0, Why.BID)
    assert transfer(world.state, OPERATOR, world.account_of["protocol"], 0, USD, 50.0, Why.BID)
    write_tape(path, world, [])
    read = tape.read(path)
    assert tape.payments(read).to_dict("records") == [
        {"payer": "market_maker 2", "payee": "sequencer 4", "reason": "bid", "usd": 70.0, "count": 1},
        {"payer": "sequencer 4", "payee": "protocol", "reason": "bid", "usd": 50.0, "count": 1},
    ]
    # what a slot was sold for is no revenue of an auction
    assert tape.outcomes(read)["auction_revenue_usd"] == 70.0
    assert tape.outcomes(read)["extracted_by_sequencers_usd"] == 70.0


def test_a_tape_is_complete(read: pd.DataFrame) -> None:
    assert list(read.columns) == list(COLUMNS)
    assert read.attrs["run"]["regime"] == "by hand"
    with pytest.raises(InputError):
        tape.position(read, "loan:x")
