"""Another checkout beside this one; nothing is imported but for finding it."""

from __future__ import annotations

from pathlib import Path

from market.errors import InputError

HERE = Path(__file__).resolve().parents[2]


def python_of(checkout: Path) -> Path:
    """Return the interpreter that a checkout has installed its packages for; raises InputError without one."""
    for python in (checkout / ".venv" / "bin" / "python", checkout / ".venv" / "Scripts" / "python.exe"):
        if python.exists():
            return python.absolute()
    raise InputError(f"--against: no .venv in {str(checkout)!r}; allowed: a checkout in which `uv sync` was run")
