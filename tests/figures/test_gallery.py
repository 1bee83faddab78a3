"""The gallery shows what it holds, and the README what the gallery says."""

from __future__ import annotations

import re
from pathlib import Path

from experiments.cli import page

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "figures" / "gallery"
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


def test_its_page_is_made_of_what_it_holds() -> None:
    assert (GALLERY / page.NAME).read_text(encoding="utf-8") == page.gallery_page(GALLERY)


def test_whatever_its_page_links_to_is_there() -> None:
    for name in LINK.findall((GALLERY / page.NAME).read_text(encoding="utf-8")):
        assert (GALLERY / name).is_file(), name


def test_whatever_of_it_the_readme_shows_or_links_to_is_there() -> None:
    named = [name for name in LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")) if "gallery" in name]
    assert named
    for name in named:
        assert (ROOT / name).exists(), name
