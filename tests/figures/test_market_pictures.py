"""Pictures of single markets in the gallery are those of their commands, with the captions of their figures."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.__main__ import main
from experiments.cli import page
from experiments.cli.arguments import parser
from experiments.cli.shown_pictures import HEADING, PACKAGE, PREFIX, commands
from experiments.runs import printed
from market import discovery

type Add = Callable[[str, str], Path]
GALLERY = Path(__file__).resolve().parents[2] / "figures" / "gallery"
NAMES = discovery.modules(PACKAGE)
TINY = '''
"""A minute of a market."""

TITLE = "A minute"
FIGURE = "path"
COMMANDS = r"""
simulate --regime siloed --set horizon_s=20 \\
    --set flow.per_second=2 --tape short.parquet
tape short.parquet --path --picture
"""
'''


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_says_by_which_commands_it_is_made(name: str) -> None:
    *runs, drawing = commands(name)
    for command in runs:
        asked = parser().parse_args(shlex.split(command))
        assert asked.name == "simulate" and f"--seed {asked.seed}" in command
    parser().parse_args([*shlex.split(drawing), "file.pdf"])
    # what is shown is typed as it stands: a shell continues a line only outside of quotes
    for line in discovery.constant(PACKAGE, name, "COMMANDS").splitlines():
        shlex.split(line.removesuffix("\\"))


@pytest.mark.parametrize("name", NAMES)
def test_the_gallery_has_each_picture_with_the_caption_of_its_figure(name: str) -> None:
    held = {kind: (GALLERY / f"{PREFIX}{name}.{kind}").read_bytes() for kind in ("png", "pdf", "tex")}
    caption = printed.tex(discovery.constant("figures", discovery.constant(PACKAGE, name, "FIGURE"), "CAPTION"))
    assert held["png"].startswith(b"\x89PNG") and held["pdf"].startswith(b"%PDF")
    assert caption in held["tex"].decode() and f"{{{PREFIX}{name}.pdf}}" in held["tex"].decode()
    shown = (GALLERY / page.NAME).read_text(encoding="utf-8")
    assert f"## {HEADING}\n" in shown and f"]({PREFIX}{name}.png)" in shown


@pytest.mark.slow
def test_the_same_commands_make_the_same_files(plugins: Add, tmp_path: Path, capsys) -> None:
    plugins("experiments/pictures/tiny.py", TINY)
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        assert main(["pictures", "tiny", "--to", str(folder)]) == 0
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert made[0] == made[1]
    assert set(made[0]) == {"README.md", *(f"{PREFIX}tiny.{kind}" for kind in ("png", "pdf", "tex"))}
    shown = made[0]["README.md"].decode()
    assert "uv run seqmarket tape short.parquet --path --picture market_tiny.pdf\n" in shown
    assert main(["pictures", "tniy", "--to", str(tmp_path)]) == 2
    assert "did you mean 'tiny'" in capsys.readouterr().err
