"""``seqmarket warm``: into which folder, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from experiments.__main__ import main
from experiments.runs import warm
from market.kernel import folders


@pytest.mark.slow
def test_it_fills_the_folder_that_is_named_and_says_how_to_use_it(
    seqmarket: Callable[..., CompletedProcess[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # nothing is to be compiled then
    done = seqmarket("warm", "--to", "travelling")
    assert (done.returncode, done.stderr) == (0, "")
    folder = tmp_path / "travelling"
    said = done.stdout.splitlines()
    assert said[0] == f"{folder / 'seqmarket'}: 0 MiB of compiled functions, as this source and processor have them"
    assert said[1].endswith(f"NUMBA_CACHE_DIR={folder}")
    assert (folder / "seqmarket").is_dir()


def test_everything_is_compiled_with_the_workers_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(warm, "everything", asked.append)
    assert main(["warm", "--workers", "3"]) == 0
    assert asked == [3]


def test_where_nothing_can_be_kept_or_changed_it_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["warm", "--to", "elsewhere"]) == 2  # this process has loaded numba
    assert "--to: numba is loaded already" in capsys.readouterr().err
    monkeypatch.setattr(folders, "everywhere", lambda: folders.Folders(None, ()))
    assert main(["warm"]) == 2
    assert "there is no folder to keep anything in" in capsys.readouterr().err
