"""Sandwiches are found by who stands around whom, and victims lose what the front cost them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measures.classes.blocks import Recorded
from worlds import (
    ALICE,
    BOB,
    ETH,
    ETH_USD,
    MAKER,
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

from market.intents.extraction import Extraction
from market.measures.classes.chains import link, reserves_before
from market.venues import Kind
from market.venues.pools.rules import output

FEE = 0.003


def bought(usd: float, before: float = 0.0) -> float:
    """ETH that a purchase returns on the fresh pool behind another purchase."""
    x, y = 2.5e6, 1000.0
    out = output(x, y, FEE, before) if before else 0.0
    return float(output(x + before * (1 - FEE), y - out, FEE, usd))


def attack(front: float, victims: tuple[tuple[int, float], ...], **fields: int) -> list[np.ndarray]:
    """Front, victims, and a back that sells what the front bought; the senders of victims are given."""
    between = [swap(sender, usd) for sender, usd in victims]
    return [swap(ALICE, front, **fields), *between, swap(ALICE, bought(front), buy=False, **fields)]


def test_a_victim_loses_what_it_would_have_received_without_the_front() -> None:
    seen = Recorded()
    assert seen.block(*attack(1e5, ((seen.retail, 5e4),))) == ["sandwich", "none", "sandwich"]
    lost = (bought(5e4) - bought(5e4, before=1e5)) * ETH_USD
    assert seen.loss == pytest.approx([0.0, lost, 0.0])
    assert lost > 1000.0
    held = seen.rows[2]["filled_out"] - 1e5
    assert seen.gain(ALICE, Extraction.SANDWICH) == pytest.approx(held)
    assert seen.tally.totals()["sandwich_loss"] == pytest.approx(lost)


def test_of_several_sandwiches_around_a_victim_the_nearest_is_named() -> None:
    """What is in front within another's sandwich loses to that one; what sells between loses nothing."""
    seen, outer, inner = Recorded(), bought(1e5), bought(5e4, before=1e5)
    rows = [
        swap(ALICE, 1e5), swap(BOB, 5e4), swap(seen.retail, 2e4), swap(BOB, inner, buy=False),
        swap(ALICE, outer, buy=False),
    ]  # fmt: skip
    assert seen.block(*rows) == ["sandwich", "sandwich", "none", "sandwich", "sandwich"]
    assert seen.tally.found.nearest.tolist() == [-1, 0, 1, -1, -1]
    # interleaved: whoever stands nearer sells last
    again = Recorded()
    assert again.block(*rows[:3], rows[4], rows[3]) == ["sandwich", "sandwich", "none", "sandwich", "sandwich"]
    assert again.tally.found.nearest.tolist()[2] == 1
    assert again.loss[2] > 0.0


@pytest.mark.parametrize("tied", [True, False])
def test_it_does_not_matter_whether_the_three_share_a_bundle(tied: bool) -> None:
    seen = Recorded()
    rows = attack(1e5, ((seen.retail, 5e4),))
    if tied:
        for row in rows:
            row["bundle"] = 7
        rows[1]["carried"] = 1
    assert seen.block(*rows) == ["sandwich", "none", "sandwich"]
    assert seen.loss[1] == pytest.approx((bought(5e4) - bought(5e4, before=1e5)) * ETH_USD)


def test_fronts_and_backs_in_bundles_of_their_own_and_several_victims() -> None:
    """A retail user, and an agent that trades on several rollups."""
    seen = Recorded()
    front, *between, back = attack(1e5, ((seen.retail, 5e4), (BOB, 2e4)))
    front["bundle"], back["bundle"] = 3, 4
    assert seen.block(front, *between, back) == ["sandwich", "none", "none", "sandwich"]
    first = (bought(5e4) - bought(5e4, before=1e5)) * ETH_USD
    second = (bought(2e4, before=5e4) - float(seen.rows[2]["filled_out"])) * ETH_USD
    assert seen.loss == pytest.approx([0.0, first, second, 0.0])


def test_a_borrower_who_sells_to_repay_is_a_victim_like_others() -> None:
    """The sale stands in a bundle with the repayment."""
    seen = Recorded(founded(rollup("a", lending=(lender(),), borrowers=5)))
    tables = seen.world.tables
    loan = int(np.argmax(tables.loans["debt"]))
    owner = int(tables.loans["owner"][loan])
    tables.balance[owner, 0, ETH] += 2.0
    sale = swap(owner, 2.0, buy=False, bundle=9)
    repayment = intent(Kind.REPAY, owner, venue=0, rollup=0, target=loan, amount=1000.0, bundle=9)
    usd = float(output(1000.0, 2.5e6, FEE, 40.0))
    found = seen.block(swap(ALICE, 40.0, buy=False), sale, repayment, swap(ALICE, usd))
    assert found == ["sandwich", "none", "none", "sandwich"]
    alone = float(output(1000.0, 2.5e6, FEE, 2.0))
    assert seen.loss[1] == pytest.approx(alone - float(seen.rows[1]["filled_out"]))


def test_a_front_may_come_in_pieces() -> None:
    seen = Recorded()
    pieces = [swap(ALICE, 4e4), swap(ALICE, 6e4)]
    sold = bought(4e4) + bought(6e4, before=4e4)
    backs = [swap(ALICE, part * sold, buy=False) for part in (0.3, 0.7)]
    found = seen.block(*pieces, swap(seen.retail, 5e4), *backs)
    assert found == ["sandwich", "sandwich", "none", "sandwich", "sandwich"]
    assert seen.loss[2] == pytest.approx((bought(5e4) - bought(5e4, before=1e5)) * ETH_USD)
    assert np.count_nonzero(seen.loss) == 1


def test_sales_are_sandwiched_as_purchases_are() -> None:
    seen = Recorded()
    rows = [swap(ALICE, 40.0, buy=False), swap(BOB, 20.0, buy=False)]
    paid = float(output(1000.0, 2.5e6, FEE, 40.0))
    assert seen.block(*rows, swap(ALICE, paid)) == ["sandwich", "none", "sandwich"]
    assert seen.loss[1] > 0.0


@pytest.mark.parametrize("case", ["nobody between", "the other way", "another pool", "another account", "too little"])
def test_what_is_none(case: str) -> None:
    seen = Recorded()
    victim, pool, last, share = [swap(seen.retail, 5e4)], 0, ALICE, 1.0
    if case == "nobody between":
        victim = []
    elif case == "the other way":
        victim = [swap(seen.retail, 20.0, buy=False)]
    elif case == "another pool":
        pool = 1
    elif case == "another account":
        last = OTHER_MAKER
    else:
        share = 0.4
    found = seen.block(swap(ALICE, 1e5), *victim, swap(last, share * bought(1e5), buy=False, pool=pool))
    assert "sandwich" not in found
    assert not seen.loss.any()


def test_arbitrage_at_the_top_and_at_the_end_of_a_block_is_no_sandwich() -> None:
    """Each pair earns by itself and keeps nothing, so that the first buys nothing for the last to sell."""
    seen = Recorded()
    seen.block(swap(BOB, 20.0, buy=False))  # the pool is below the reference price
    top = [
        swap(ALICE, 4e4, bundle=1),
        intent(Kind.OUTSIDE, ALICE, rollup=0, asset_in=ETH, asset_out=USD, amount=16.0, bundle=1),
    ]
    user = swap(seen.retail, 1e5)
    end = [
        swap(ALICE, 15.0, buy=False, bundle=2),
        intent(Kind.OUTSIDE, ALICE, rollup=0, asset_in=USD, asset_out=ETH, amount=15.0 * 2501.0, bundle=2),
    ]
    assert seen.block(*top, user, *end) == ["outside", "outside", "none", "outside", "outside"]


@given(front=st.floats(1e3, 4e5), victim=st.floats(1e2, 4e5), second=st.floats(1e2, 4e5))
def test_victims_lose_and_together_no_more_than_the_front_moved_the_price(
    front: float, victim: float, second: float
) -> None:
    seen = Recorded()
    seen.block(*attack(front, ((seen.retail, victim), (BOB, second))))
    assert seen.loss[1] > 0.0
    assert seen.loss[2] > 0.0
    exact = (bought(victim) - bought(victim, before=front)) * ETH_USD
    assert seen.loss[1] == pytest.approx(exact, rel=1e-6)


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.sampled_from(["buy", "sell", "add", "remove"]), st.floats(0.1, 50.0), st.integers(0, 1)),
        min_size=1,
        max_size=8,
    )
)
def test_undoing_a_block_leads_back_to_every_state_of_it(steps: list[tuple[str, float, int]]) -> None:
    """Executed one by one, the same intents find the reserves that undoing the whole block says."""

    def row(what: str, amount: float, pool: int) -> np.ndarray:
        if what in ("buy", "sell"):
            return swap(BOB, amount * (ETH_USD if what == "buy" else 1.0), buy=what == "buy", pool=pool)
        kind = Kind.ADD_LIQUIDITY if what == "add" else Kind.REMOVE_LIQUIDITY
        return intent(kind, MAKER, venue=pool, rollup=pool, amount=amount)

    def provided() -> Recorded:
        """Worlds in which there is enough to remove."""
        seen = Recorded()
        for pool in range(2):
            seen.world.tables.balance[MAKER, pool, ETH] += 1000.0
            seen.world.tables.balance[MAKER, pool, USD] += 2.5e6
        seen.block(row("add", 500.0, 0), row("add", 500.0, 1))
        return seen

    rows = [row(*step) for step in steps]
    one_by_one, found = provided(), []
    for each, (_, _, pool) in zip(rows, steps, strict=True):
        found.append(reserves(one_by_one.world, pool))
        assert (execute(one_by_one.world, each)["status"] == 1).all()
    whole = provided()
    whole.block(*rows)
    last, before = np.empty(2, np.int64), np.empty(len(rows), np.int64)
    link(whole.rows, last, before)
    for at, (_, _, pool) in enumerate(steps):
        undone = reserves_before(whole.world.state, whole.rows, last[pool], before, at)
        assert undone == pytest.approx(found[at], rel=1e-9)
