"""Replay of bars: strict reading, and a bridge that honours every bar."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.config import AssetConfig, MarketConfig, PriceConfig, RegimeConfig, RollupConfig
from market.errors import InputError
from market.prices import path, replay
from market.prices.bar_file import read_bars
from market.prices.bars import Bars
from market.prices.path import PricePath
from market.settings import YEAR_S

HEADER = "timestamp,open,high,low,close,volume"
FIRST = "2024-01-01T00:00:00Z,100,102,99,101,5"
SECOND = "2024-01-01T00:01:00Z,101.5,103,101,101,0"
THIRD = "2024-01-01T00:02:00Z,101,101,95,96,7"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "bars.csv"
    file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return file


def market(
    file: Path, horizon_s: float = 60.0, n: int = 1, price_usd: float = 2500.0, **prices: object
) -> MarketConfig:
    return MarketConfig(
        horizon_s=horizon_s,
        assets=tuple(AssetConfig(name=f"A{i}", price_usd=price_usd) for i in range(n)),
        prices=PriceConfig.model_validate({"kind": "replay", "file": file, **prices}),
        rollups=(RollupConfig(name="r", pools=()),),
        regime=RegimeConfig(name="test"),
    )


def sample(config: MarketConfig, times: np.ndarray, seed: int = 1) -> np.ndarray:
    """Prices at the given times, shape (len(times), n_assets)."""
    prices = PricePath(config, np.random.SeedSequence(seed))
    rows = []
    for t in times:
        prices.advance(float(t))
        rows.append(prices.current.copy())
    return np.array(rows)


def grid(config: MarketConfig, seconds: float, seed: int = 1) -> np.ndarray:
    """Prices of asset 1 at every grid point up to `seconds`."""
    step = config.prices.step_s
    return sample(config, np.arange(round(seconds / step) + 1) * step, seed)[:, 1]


# Reading


def test_bars_are_read_as_they_stand(tmp_path: Path) -> None:
    bars = read_bars(write(tmp_path, FIRST, SECOND, THIRD))
    assert len(bars) == 3
    assert bars.spacing_s == 60.0
    assert (bars.gaps, bars.missing) == (0, 0)
    np.testing.assert_array_equal(bars.time_s, 1_704_067_200.0 + 60.0 * np.arange(3))
    np.testing.assert_array_equal(bars.open, [100, 101.5, 101])
    np.testing.assert_array_equal(bars.low, [99, 101, 95])
    assert bars.end_s == bars.time_s[-1] + 60.0
    assert not bars.open.flags.writeable


def test_columns_may_stand_in_any_order_and_offsets_are_minded(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "1,2,1.5,2024-01-01T01:00:00+01:00,1.2,x",
        "",
        "1,2,1.5,2024-01-01 00:05,1.2,y",
        header="\ufefflow,high,close, timestamp ,open,note",
    )
    bars = read_bars(file)
    assert bars.spacing_s == 300.0
    np.testing.assert_array_equal(bars.open, [1.2, 1.2])


def test_gaps_are_counted(tmp_path: Path) -> None:
    hours = (0, 1, 2, 5, 6, 18.5)
    rows = [f"2024-01-01T{int(h):02}:{int(h % 1 * 60):02}:00,1,1,1,1,1" for h in hours]
    bars = read_bars(write(tmp_path, *rows))
    assert bars.spacing_s == 3600.0
    np.testing.assert_array_equal(bars.gap_s, [0, 0, 7200, 0, 41_400])
    assert (bars.gaps, bars.missing) == (2, 14)


ORDER = "allowed: low <= open <= high and low <= close <= high"
ISO = "allowed: ISO 8601, such as 2020-03-12T00:05:00Z"
RISING = "allowed: timestamps that increase from row to row, or decrease from row to row"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (("2024-01-01T00:02:00Z,1O1,101,95,96,7",), "row 4: open '1O1' is not a number; allowed: a finite number"),
        (("2024-01-01T00:02:00Z,101,,95,96,7",), "row 4: high '' is not a number; allowed: a finite number"),
        (("2024-01-01T00:02:00Z,101,101,nan,96,7",), "row 4: low 'nan' is not a number; allowed: a finite number"),
        (("2024-01-01T00:02:00Z,101,101,95,inf,7",), "row 4: close 'inf' is not a number; allowed: a finite number"),
        (("2024-01-01T00:02:00Z,1_01,101,95,96,7",), "row 4: open '1_01' is not a number; allowed: a finite number"),
        (
            ("2024-01-01T00:02:00Z,101,101,95,96,many",),
            "row 4: volume 'many' is not a number; allowed: a finite number",
        ),
        (("2024-01-01T00:02:00Z,101,101,95,96,-1",), "row 4: volume -1 is negative; allowed: volumes of at least 0"),
        (("2024-01-01T00:02:00Z,101,101,0,96,7",), "row 4: low 0 is not positive; allowed: prices above 0"),
        (("2024-01-01T00:02:00Z,-5,101,95,96,7",), "row 4: open -5 is not positive; allowed: prices above 0"),
        (("2024-01-01T00:02:00Z,96,95,97,96,7",), f"row 4: high 95 is below low 97; {ORDER}"),
        (("2024-01-01T00:02:00Z,105,101,95,96,7",), f"row 4: open 105 is outside low 95 to high 101; {ORDER}"),
        (("2024-01-01T00:02:00Z,101,101,95,94,7",), f"row 4: close 94 is outside low 95 to high 101; {ORDER}"),
        (
            ("2024-01-01T00:01:00Z,101,101,95,96,7",),
            "row 4: timestamp 2024-01-01T00:01:00Z is that of row 3, with open 101, high 101, low 95, close 96, "
            "volume 7 against open 101.5, high 103, low 101, close 101, volume 0; "
            "allowed: each time once, or twice with the same prices",
        ),
        (
            ("2024-01-01T00:00:30Z,101,101,95,96,7",),
            f"row 4: timestamp 2024-01-01T00:00:30Z is before that of the row before; {RISING}",
        ),
        (("yesterday,101,101,95,96,7",), f"row 4: timestamp 'yesterday' is not a time; {ISO}"),
        (("2024-01-32T00:00:00Z,101,101,95,96,7",), f"row 4: timestamp '2024-01-32T00:00:00Z' is not a time; {ISO}"),
        (("2024-01-01T00:02:00Z,101,101,95",), "row 4: 4 fields; allowed: 6, as in the header"),
        (("2024-01-01T00:02:00Z,101,101,95,96,7,8",), "row 4: 7 fields; allowed: 6, as in the header"),
        (
            ('2024-01-01T00:02:00Z,101,101,95,96,"7',),
            "row 4: unexpected end of data; allowed: CSV with commas and quotes",
        ),
        (
            ("2024-01-01T12:02:01Z,101,101,95,96,7",),
            "row 4: gap of 12.0 h before 2024-01-01T12:02:01Z; allowed: gaps of at most 12 h",
        ),
        (
            (THIRD, "2024-01-01T00:02:30Z,96,97,95,96,7", "2024-01-01T00:04:00Z,96,97,95,96,7"),
            "row 5: timestamp 2024-01-01T00:02:30Z is 30 s after the row before; "
            "allowed: bars at least 60 s apart, as most of them are",
        ),
    ],
)
def test_bad_rows_are_one_line(tmp_path: Path, rows: tuple[str, ...], message: str) -> None:
    file = write(tmp_path, FIRST, SECOND, *rows)
    with pytest.raises(InputError) as caught:
        read_bars(file)
    assert str(caught.value) == f"{file}: {message}"


def test_a_gap_of_twelve_hours_is_the_longest(tmp_path: Path) -> None:
    bars = read_bars(write(tmp_path, FIRST, SECOND, "2024-01-01T12:02:00Z,101,101,95,96,7"))
    assert bars.gaps == 1


NEEDS = (
    "allowed: a CSV file with the columns timestamp,open,high,low,close (or timestamp,price), or "
    "--prices-columns timestamp=NAME,open=NAME,..."
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"empty; {NEEDS}"),
        ("timestamp,open,high,close\n", f"row 1: no column low among timestamp, open, high, close; {NEEDS}"),
        ("timestamp,open,high,low,close,open\n", f"row 1: column open appears twice; {NEEDS}"),
        (HEADER + "\n", f"no rows below the header; {NEEDS}"),
        (HEADER + "\n" + FIRST, "one bar; allowed: at least two, which tell how long a bar is"),
    ],
)
def test_bad_files_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bars.csv"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        read_bars(file)
    assert str(caught.value) == f"{file}: {message}"


def test_files_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    absent, folder, binary = tmp_path / "none.csv", tmp_path / "folder", tmp_path / "binary.csv"
    folder.mkdir()
    binary.write_bytes(b"\xff\xfe\x00")
    for file, reason in (
        (absent, "no such file"),
        (folder, "cannot be read (Is a directory)"),
        (binary, "not UTF-8 text"),
    ):
        with pytest.raises(InputError) as caught:
            read_bars(file)
        assert str(caught.value) == f"{file}: {reason}; {NEEDS}"


@pytest.mark.slow
def test_many_bars_are_read(tmp_path: Path) -> None:
    stamps = np.datetime_as_string(np.datetime64("2024-01-01T00:00") + np.arange(100_000))
    file = write(tmp_path, *(f"{stamp}:00Z,2500.12,2501.5,2499.01,2500.5,12.5" for stamp in stamps))
    assert len(read_bars(file)) == 100_000


# The bridge


@st.composite
def some_bars(draw: st.DrawFn) -> list[tuple[int, float, float, float, float]]:
    """Bars as (minute, open, high, low, close), with gaps and flat bars among them."""
    price = st.integers(50, 150)
    minute, found = 0, []
    for i in range(draw(st.integers(3, 12))):
        minute += 1 if i % 3 else draw(st.sampled_from([1, 2, 4]))
        ends = (draw(price), draw(price)) if draw(st.booleans()) else (draw(price),) * 2
        found.append(
            (minute, ends[0], max(ends) + draw(st.integers(0, 9)), min(ends) - draw(st.integers(0, 9)), ends[1])
        )
    return found


def save(folder: Path, bars: list[tuple[int, float, float, float, float]]) -> Bars:
    rows = (f"2024-01-01T00:{m:02}:00Z,{o},{h},{low},{c},1" for m, o, h, low, c in bars)
    return read_bars(write(folder, *rows))


@settings(max_examples=60, deadline=None)
@given(bars=some_bars(), step=st.sampled_from([0.25, 1.0, 7.0, 20.0, 60.0, 90.0]), seed=st.integers(0, 1000))
def test_every_bar_is_honoured(
    tmp_path_factory: pytest.TempPathFactory, bars: list[tuple[int, float, float, float, float]], step: float, seed: int
) -> None:
    saved = save(tmp_path_factory.mktemp("bars"), bars)
    seconds = saved.end_s - saved.time_s[0]
    rows = math.floor(seconds / step)
    config = market(saved.path, seconds, step_s=step, rescale=False)
    found = grid(config, rows * step, seed)
    at = np.arange(rows + 1) * step
    for i, opens in enumerate(saved.time_s - saved.time_s[0]):
        inside = (at >= opens) & (at < opens + 60.0)
        assert (found[inside] >= saved.low[i]).all()
        assert (found[inside] <= saved.high[i]).all()
        np.testing.assert_array_equal(found[at == opens], saved.open[i])
        if np.count_nonzero(inside & (at > opens)) >= 2:
            ends = (saved.open[i], saved.close[i])
            assert saved.low[i] in ends or found[inside].min() == saved.low[i]
            assert saved.high[i] in ends or found[inside].max() == saved.high[i]
    if rows * step == seconds:
        assert found[-1] == saved.close[-1]
    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_the_path_reaches_the_close(tmp_path: Path) -> None:
    file = write(tmp_path, FIRST, SECOND, THIRD)
    fine = grid(market(file, step_s=0.001, rescale=False), 180.0)
    before_end = fine[[60_000 - 1, 120_000 - 1]]
    np.testing.assert_allclose(before_end, [101, 101], rtol=5e-4)
    np.testing.assert_array_equal(fine[[0, 60_000, 120_000, 180_000]], [100, 101.5, 101, 96])


def test_variance_inside_bars_is_garman_and_klass(tmp_path: Path) -> None:
    rows = [f"2024-01-01T{i // 60:02}:{i % 60:02}:00Z,100,101,99.2,100.3,1" for i in range(300)]
    bars = read_bars(write(tmp_path, *rows))
    expected = 0.5 * math.log(101 / 99.2) ** 2 - (2 * math.log(2) - 1) * math.log(1.003) ** 2
    np.testing.assert_allclose(bars.variance * 60, expected)
    log = np.log(grid(market(bars.path, step_s=0.25, rescale=False), 300 * 60)[:-1]).reshape(300, 240)
    realised = (np.diff(log, axis=1) ** 2).sum(axis=1)
    # The bridges' drift adds about (range / 240)^2 a step and three knots a bar take away 3 / 240 of the variance.
    assert realised.mean() == pytest.approx(expected, rel=0.03)


@pytest.mark.slow
def test_a_bridge_has_the_variance_of_a_bridge(tmp_path: Path) -> None:
    """A gap is an unreflected bridge: its variance is sigma^2 t (T - t) / T around the straight line."""
    file = write(tmp_path, FIRST, SECOND, "2024-01-01T00:05:00Z,104,105,103,104,1")
    bars = read_bars(file)
    at = np.array([120.0, 165.0, 210.0, 255.0, 300.0])
    config = market(file, 300.0, step_s=15.0, rescale=False)
    log = np.log([sample(config, at, seed)[:, 1] for seed in range(1500)])
    np.testing.assert_allclose(log[:, 0], math.log(101), rtol=1e-15)
    np.testing.assert_allclose(log[:, -1], math.log(104), rtol=1e-15)
    t = at[1:-1] - 120.0
    rate = bars.variance[1:].mean()
    line = math.log(101) + (math.log(104) - math.log(101)) * t / 180
    np.testing.assert_allclose(log[:, 1:-1].var(axis=0), rate * t * (180 - t) / 180, rtol=0.15)
    np.testing.assert_allclose(log[:, 1:-1].mean(axis=0), line, atol=4 * math.sqrt(rate * 45 / 1500))


def test_reflection_folds_as_often_as_it_takes() -> None:
    low, high = np.full(6, 10.0), np.full(6, 12.0)
    found = replay._reflect(np.array([10.0, 12.0, 13.0, 9.5, 15.0, 4.5]), low, high)
    np.testing.assert_allclose(found, [10.0, 12.0, 11.0, 10.5, 11.0, 11.5])
    np.testing.assert_array_equal(replay._reflect(np.array([3.0]), np.array([0.0]), np.array([np.inf])), [3.0])


def test_flat_bars_are_flat(tmp_path: Path) -> None:
    file = write(tmp_path, *(f"2024-01-01T00:0{i}:00Z,7.7,7.7,7.7,7.7,0" for i in range(3)))
    np.testing.assert_array_equal(grid(market(file, rescale=False), 180.0), 7.7)
    with pytest.raises(InputError, match=r"bars\.csv: flat bars, .*; allowed: prices\.correlation 0$"):
        PricePath(market(file, n=2), np.random.SeedSequence(1))


# The path


@pytest.mark.parametrize("step", [0.25, 0.1, 7.0])
def test_the_path_is_the_same_however_it_is_cut_and_visited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    late = "2024-01-01T00:07:00Z,101,101,95,96,7"
    file = write(tmp_path, FIRST, SECOND, THIRD, late)
    config = market(file, 400.0, n=3, step_s=step, start="2024-01-01T00:00:10Z")
    every = np.arange(int(470.0 / step) + 1) * step
    full = sample(config, every)
    np.testing.assert_array_equal(sample(config, every[::11]), full[::11])
    monkeypatch.setattr(path, "ROWS", 3)
    np.testing.assert_array_equal(sample(config, every), full)


def test_rescaling_starts_at_the_assets_price(tmp_path: Path) -> None:
    file = write(tmp_path, FIRST, SECOND, THIRD)
    plain = grid(market(file, rescale=False), 180.0)
    prices = PricePath(market(file), np.random.SeedSequence(1))
    assert prices.current[1] == 2500.0
    assert prices.notes["rescale_factor"] == 25.0
    np.testing.assert_allclose(grid(market(file), 180.0), plain * 25.0, rtol=1e-15)


def test_notes_tell_what_was_read(tmp_path: Path) -> None:
    late = "2024-01-01T00:05:00Z,101,101,95,96,7"
    file = write(tmp_path, FIRST, SECOND, THIRD, late)
    expected = {
        "file": str(file),
        "start": "2024-01-01T00:00:00Z",
        "first": "2024-01-01T00:00:00Z",
        "last": "2024-01-01T00:05:00Z",
        "bars": 4,
        "gaps": 1,
        "missing_bars": 2,
        "gaps_bridged": 0,
        "rescale_factor": 25.0,
        "seconds": 360.0,
        "repairs": (),
    }
    assert PricePath(market(file, 180.0), np.random.SeedSequence(1)).notes == expected
    expected["gaps_bridged"] = 1
    assert PricePath(market(file, 181.0), np.random.SeedSequence(1)).notes == expected


@pytest.mark.parametrize("start", ["2024-01-01T00:01:00Z", "2024-01-01T00:00:22.5Z", "2024-01-01T00:03:20"])
def test_a_replay_may_start_at_any_instant(tmp_path: Path, start: str) -> None:
    late = "2024-01-01T00:05:00Z,101,101,95,96,7"
    bars = read_bars(write(tmp_path, FIRST, SECOND, THIRD, late))
    config = market(bars.path, 100.0, start=start)
    prices = PricePath(config, np.random.SeedSequence(1))
    assert prices.current[1] == 2500.0
    left = prices.notes["seconds"]
    assert isinstance(left, float)
    prices.advance(left)
    factor = prices.notes["rescale_factor"]
    assert isinstance(factor, float)
    assert prices.current[1] == 96 * factor
    with pytest.raises(
        InputError, match=rf"^prices\.file: the replay ends at {left:g} s, before .*; allowed: a longer"
    ):
        prices.advance(left + 0.25)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("noon", "prices.start: 'noon' is not a time; "),
        ("2023-12-31T23:59:59Z", "prices.start: 2023-12-31T23:59:59Z is outside {file}; "),
        ("2024-01-01T00:02:00Z", "prices.start: 2024-01-01T00:02:00Z is outside {file}; "),
    ],
)
def test_a_bad_start_is_one_line(tmp_path: Path, start: str, message: str) -> None:
    file = write(tmp_path, FIRST, SECOND)
    with pytest.raises(InputError) as caught:
        PricePath(market(file, start=start), np.random.SeedSequence(1))
    allowed = "allowed: an ISO 8601 instant from 2024-01-01T00:00:00Z to before 2024-01-01T00:02:00Z"
    assert str(caught.value) == message.format(file=file) + allowed


def test_a_horizon_beyond_the_bars_is_one_line(tmp_path: Path) -> None:
    file = write(tmp_path, FIRST, SECOND)
    PricePath(market(file, 120.0), np.random.SeedSequence(1)).advance(120.0)
    with pytest.raises(InputError) as caught:
        PricePath(market(file, 121.0), np.random.SeedSequence(1))
    assert str(caught.value) == (
        f"{file}: 120 s from 2024-01-01T00:00:00Z to the end of the last bar, but horizon_s is 121 s; "
        "allowed: a horizon of at most 120 s"
    )


def test_episodes_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path, FIRST, SECOND)
    with pytest.raises(InputError, match="kind 'replay' takes no episodes"):
        PricePath(market(file, episodes=[{"start_s": 0, "end_s": 10}]), np.random.SeedSequence(1))


def test_shift_holds_under_replay(tmp_path: Path) -> None:
    prices = PricePath(market(write(tmp_path, FIRST, SECOND), rescale=False), np.random.SeedSequence(1))
    prices.shift(1, math.log(2))
    assert prices.current[1] == pytest.approx(200.0, rel=1e-15)
    prices.advance(60.0)
    assert prices.current[1] == pytest.approx(203.0, rel=1e-15)


# Real bars


def test_black_thursday_is_as_deep_as_recorded(data_dir: Path) -> None:
    file = data_dir / "prices" / "eth_usd_5m_2020-03-11_2020-03-14.csv"
    config = market(file, DAY := 86_400.0, step_s=1.0, rescale=False, start="2020-03-12T12:00:00Z")
    found = grid(config, DAY)
    bars = read_bars(file)
    assert found.min() == 86.0
    noon = int(np.searchsorted(bars.time_s, bars.time_s[0] + 1.5 * DAY))
    np.testing.assert_array_equal(found[:-1:300], bars.open[noon : noon + 288])


@pytest.mark.parametrize(
    ("name", "spacing_s", "bars"),
    [
        ("eth_usd_5m_2020-03-11_2020-03-14.csv", 300.0, 1152),
        ("eth_usd_1m_2024-08-04_2024-08-06.csv", 60.0, 4320),
        ("eth_usd_1m_2025-07-14_2025-07-15.csv", 60.0, 2880),
    ],
)
def test_real_files(data_dir: Path, name: str, spacing_s: float, bars: int) -> None:
    found = read_bars(data_dir / "prices" / name)
    assert (found.spacing_s, len(found), found.gaps) == (spacing_s, bars, 0)


def test_other_assets_follow_a_real_replay(data_dir: Path) -> None:
    file = data_dir / "prices" / "eth_usd_1m_2025-07-14_2025-07-15.csv"
    config = market(file, 86_400.0, n=3, step_s=1.0, correlation=0.6)
    found = sample(config, np.arange(86_401.0))[:, 1:]
    returns = np.diff(np.log(found), axis=0)
    np.testing.assert_allclose(np.corrcoef(returns.T)[np.triu_indices(3, 1)], 0.6, atol=0.03)
    np.testing.assert_allclose(returns[:, 1:].std(axis=0), 0.8 / math.sqrt(YEAR_S), rtol=0.06)
    hourly = np.diff(np.log(found[::1800]), axis=0)
    assert np.corrcoef(hourly.T)[0, 1] > 0.3
    independent = market(file, 3600.0, n=2, step_s=1.0, correlation=0.0)
    alone = market(file, 3600.0, step_s=1.0)
    np.testing.assert_array_equal(grid(independent, 3600.0), grid(alone, 3600.0))
