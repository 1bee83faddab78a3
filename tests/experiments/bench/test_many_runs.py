"""What a sweep costs beside its runs: workers do not grow with their number, and rows take what they hold."""

from __future__ import annotations

import pytest

from experiments.bench import many_runs

MOST_WORKER_MB, MOST_MB, MOST_TABLE_MB = 60.0, 400.0, 1500.0
"""That a hundred thousand runs may add to a worker, which keeps nothing, and to the process that keeps their rows, a
kilobyte each, and copies them as it writes their table."""


@pytest.mark.slow
@pytest.mark.alone
def test_no_worker_grows_and_rows_take_little() -> None:
    found = many_runs.sweep_overhead(20_000)
    assert found["processor_ms_per_run"] > 0.0, found
    assert found["worker_mb_per_100000_runs"] <= MOST_WORKER_MB, found
    assert found["mb_per_100000_runs"] <= MOST_MB, found
    assert found["table_mb_per_100000_runs"] <= MOST_TABLE_MB, found
