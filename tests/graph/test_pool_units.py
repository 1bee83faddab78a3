"""Tables of pools in the wrong unit, swapped, or of another form: the row and the unit that is suspected are named."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import InputError
from market.graph.pool_file import PoolTable, read_pool_table
from market.graph.pool_units import check_level

EXAMPLES = int(os.environ.get("SEQMARKET_EXAMPLES", "150"))
HEADER = "rollup,fee_bps,eth_reserve,usd_reserve"
POOLS = (
    ("arbitrum", 5.0, 116606.317825, 293412551.42),
    ("arbitrum", 30.0, 8946.539972, 22524592.09),
    ("arbitrum", 1.0, 0.428225, 1078.48),
    ("base", 30.0, 4402.484528, 11090587.35),
    ("base", 1.0, 229.496539, 577321.88),
    ("optimism", 5.0, 7421.831524, 18674959.08),
)
ODD = (
    "", "nan", "inf", "-5", "x", "1_0", "1,5", "2.690,41", "'", '"', "9" * 400, "1e30", "1e-30", "NULL", "0x1F", "=A1",
    "-", "+", ".", "1e", "a,b", "é",
)  # fmt: skip
CHARACTERS = ("", "1", "0", ",", "\n", '"', ".", "e", "é", "\0", ";")
ODD_FEES = ("3000", "500", "0.3", "0.05", "0.003", "10000", "-1")

type Pool = tuple[str, float, float, float]


def text(change: Callable[[Pool], tuple[object, ...]] = lambda pool: pool, header: str = HEADER, by: str = ",") -> str:
    rows = [header.replace(",", by), *(by.join(map(str, change(pool))) for pool in POOLS)]
    return "\n".join(rows) + "\n"


def changed(number: int, eth: float, usd: float) -> str:
    """The pools with the reserves of one multiplied."""
    scaled = [
        (n, f, e * (eth if i == number else 1), u * (usd if i == number else 1)) for i, (n, f, e, u) in enumerate(POOLS)
    ]
    return "\n".join([HEADER, *(",".join(map(str, pool)) for pool in scaled)]) + "\n"


def read(folder: Path, content: str | bytes) -> PoolTable:
    file = folder / "pools.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_pool_table(file)


def complaint(folder: Path, content: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, content)
    said = str(caught.value)
    assert said.startswith(str(folder / "pools.csv"))
    assert "\n" not in said
    return said.removeprefix(f"{folder / 'pools.csv'}: ")


@pytest.mark.parametrize(
    "content",
    [
        text(),
        "\ufeff" + text() + ",,,\n\n",
        text(by=";").replace(".", ","),
        text(lambda p: (*p, ""), HEADER + ","),
        text(lambda p: (p[0], f'"{p[1]}"', f'"{p[2]:,.6f}"', f'"{p[3]:,.2f}"')),
        text(header=HEADER.upper()),
        text(lambda p: (p[3], p[0], p[2], p[1]), "usd_reserve,rollup,eth_reserve,fee_bps"),
        text(lambda p: (p[0], p[1] * 100, *p[2:]), "rollup,fee_ppm,eth_reserve,usd_reserve"),
        text(lambda p: (p[0], p[1] / 100, *p[2:]), "rollup,fee_percent,eth_reserve,usd_reserve"),
        text(lambda p: (p[0], p[1] / 1e4, *p[2:]), "rollup,fee_fraction,eth_reserve,usd_reserve"),
        text(lambda p: (p[0], p[1] * 100, *p[2:]), "rollup,fee,eth_reserve,usd_reserve"),
        text(lambda p: (p[0], p[1] / 100, *p[2:]), "rollup,fee,eth_reserve,usd_reserve"),
        gzip.compress(text().encode()),
    ],
)
def test_it_is_the_same_pools(tmp_path: Path, content: str | bytes) -> None:
    found = read(tmp_path, content)
    assert found.names == [pool[0] for pool in POOLS]
    np.testing.assert_allclose(found.fee_bp, [pool[1] for pool in POOLS], rtol=1e-12)
    np.testing.assert_array_equal(found.eth, [pool[2] for pool in POOLS])
    np.testing.assert_array_equal(found.usd, [pool[3] for pool in POOLS])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            text(lambda p: (p[0], p[1], f"{p[2] * 1e18:.0f}", f"{p[3] * 1e6:.0f}")),
            "suspected decimals that were not taken off: 18 of eth_reserve and 6 of usd_reserve",
        ),
        (
            text(lambda p: (p[0], p[1], f"{p[2] * 1e18:.0f}", f"{p[3] * 1e18:.0f}")),
            "row 2: eth_reserve 1.16606e+23 is more than there is: integers of the smallest unit?",
        ),
        (text(lambda p: (p[0], p[1], p[2], f"{p[3] * 1e6:.0f}")), "decimals that were not taken off: 6 of usd_reserve"),
        (
            text(lambda p: (p[0], p[1], f"{p[2] * 1e18:.0f}", p[3])),
            "decimals that were not taken off: 18 of eth_reserve",
        ),
        (
            text(lambda p: (p[0], p[1], p[3], p[2])),
            "row 2: price 0.000397414 USD per ETH: eth_reserve and usd_reserve look swapped",
        ),
        (
            changed(3, 1.0, 1e12),
            "row 5: price 2.51917e+15 USD per ETH: integers of the smallest unit? suspected decimals that",
        ),
        (changed(2, 1e18, 1e6), "row 4: price 2.5"),
        (
            changed(4, 1.0, 3.5),
            "row 6: price 8804.61 USD per ETH; allowed: prices within a factor 3 of the median, 2517",
        ),
        (changed(4, 4.0, 1.0), "row 6: price 628.9"),
        (text(lambda p: (p[0], p[1] * 100, *p[2:])), "row 2: fee_bps 500 is no usual fee in bp, but in ppm, as 5 bp"),
        (
            text(lambda p: (p[0], p[1] / 100, *p[2:])),
            "row 2: fee_bps 0.05 is no usual fee in bp, but in percent, as 5 bp",
        ),
        (
            text(lambda p: (p[0], p[1] / 1e4, *p[2:])),
            "row 2: fee_bps 0.0005 is no usual fee in bp, but in fractions, as 5 bp",
        ),
        (
            text(header="rollup,fee_percent,eth_reserve,usd_reserve"),
            "row 2: fee_percent 5 is no usual fee in percent, but in bp",
        ),
        (text(header="rollup,fee_ppm,eth_reserve,usd_reserve"), "row 2: fee_ppm 5 is no usual fee in ppm, but in bp"),
        (
            text(lambda p: (p[0], 100, *p[2:]), "rollup,fee,eth_reserve,usd_reserve"),
            "row 2: fee 100 may be in bp or ppm; allowed: ",
        ),
        (
            text(lambda p: (p[0], p[1], p[1], *p[2:]), "rollup,fee_bps,fee_ppm,eth_reserve,usd_reserve"),
            "row 1: fees in the columns",
        ),
        (
            "id,feeTier,liquidity,sqrtPrice,token0Price\n0x88e6,500,14676598827104346,1585000000000000000000000000,2516\n",
            "row 1: concentrated liquidity by its square-root price, but pools here hold liquidity over the whole "
            "range; missing: rollup",
        ),
        ("rollup,tick,liquidity,sqrtPriceX96\nbase,5,1,1\n", "missing: fee_bps, eth_reserve, usd_reserve; allowed: "),
        (
            text(header="rollup,fee_bps,weth,usdc"),
            "row 1: no column eth_reserve; allowed: a CSV file with the columns rollup,",
        ),
        (text(header="rollup,fee_bps,eth_reserve,eth_reserve"), "row 1: column eth_reserve appears twice"),
        (
            HEADER + "\nbase,30,100,250000\nbase,30,100,2500000\n",
            "USD per ETH; allowed: prices within a factor 3 of the median",
        ),
        (b"PK\x03\x04 no zip", "damaged or locked zip"),
    ],
)
def test_what_is_out_of_proportion_is_named(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert said in complaint(tmp_path, content)


def test_pools_go_with_the_prices_that_are_replayed(tmp_path: Path) -> None:
    found = read(tmp_path, text())
    check_level(found.table, found.eth, found.usd, (2300.0, 2700.0), "bars.csv")
    check_level(found.table, found.eth, found.usd, (850.0, 860.0), "bars.csv")
    for span in ((86.0, 208.0), (250.0, 800.0), (8000.0, 9000.0)):
        with pytest.raises(
            InputError, match=r"row 2: price 2516\.27 USD per ETH; allowed: prices within a factor 3 of "
        ):
            check_level(found.table, found.eth, found.usd, span, "bars.csv")


@pytest.mark.parametrize("power", [1, -1, 2, -2, 3, -3, 6, -6, 12, -12, 18, -18])
def test_no_power_of_ten_is_accepted(tmp_path: Path, power: int) -> None:
    """Of one pool against the others, and of all of them against the prices that are replayed."""
    assert "row 4: " in complaint(tmp_path, changed(2, 1.0, 10.0**power))
    everywhere = text(lambda p: (*p[:3], p[3] * 10.0**power))
    with pytest.raises(InputError, match="row 2: "):
        found = read(tmp_path, everywhere)
        check_level(found.table, found.eth, found.usd, (2300.0, 2700.0), "bars.csv")


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    damage=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3), st.sampled_from(ODD)), max_size=3),
    fee=st.none() | st.sampled_from(ODD_FEES),
)
def test_damaged_cells(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int, str]], fee: str | None
) -> None:
    """One line, or pools whose reserves are the true ones; a name of a rollup and a usual fee may be anything."""
    lines = [line.split(",") for line in text().splitlines()]
    for row, column, odd in damage:
        lines[row][column] = odd
    if fee is not None:
        lines[-1][1] = fee
    folder = tmp_path_factory.getbasetemp()
    try:
        found = read(folder, "\n".join(",".join(cells) for cells in lines))
    except InputError as error:
        assert "\n" not in str(error)
        return
    np.testing.assert_array_equal(found.eth, [pool[2] for pool in POOLS])
    np.testing.assert_array_equal(found.usd, [pool[3] for pool in POOLS])
    assert ((found.fee_bp >= 0.0) & (found.fee_bp <= 100.0)).all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from(("", "1", "0", ",", "\n", '"', ".", "e", "é", "\0", ";"))),
        min_size=1,
        max_size=6,
    )
)
def test_damaged_bytes(tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[float, str]]) -> None:
    data = bytearray(text().encode())
    for share, character in edits:
        at = int(share * len(data))
        data[at : at + 1] = character.encode()
    try:
        found = read(tmp_path_factory.getbasetemp(), bytes(data))
    except InputError as error:
        assert "\n" not in str(error)
        return
    middle = float(np.median(found.price))
    assert ((found.price < 3.01 * middle) & (found.price > middle / 3.01)).all()
    assert all(found.names)
    assert ((found.fee_bp >= 0.0) & (found.fee_bp < 10_000.0)).all()
