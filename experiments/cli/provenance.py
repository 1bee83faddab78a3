"""What study.json says: how the results of a study came about."""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from experiments.runs.store import ROOT
from experiments.runs.study import Run, Study
from experiments.runs.sweep import Sweep

PROGRAM = "uv run seqmarket"
PACKAGES = ("mesa", "numpy", "numba", "networkx", "scipy", "matplotlib", "pydantic", "pandas", "pyarrow")


def describe(study: Study, runs: list[Run], done: Sweep, started: datetime, code: str, command: str) -> dict[str, Any]:
    """Question, configuration, seeds, versions, commit, machine and timings of a study.

    ``configuration`` is that of the first run; ``variations`` lists, for each other regime and set of levers, the
    dotted keys in which its configuration differs.
    """
    seconds = [row["seconds"] for row in done.rows]
    return {
        "study": study.name,
        "title": study.title,
        "question": study.question,
        "hypothesis": study.hypothesis,
        "figures": list(study.figures),
        "command": command,
        "runs": len(done.rows),
        "failed": len(done.failed),
        "regimes": list(dict.fromkeys(run.regime for run in runs)),
        "seeds": sorted({run.seed for run in runs}),
        "configuration": _dump(runs[0]),
        "variations": _variations(runs),
        "code": code,
        **commit(),
        "versions": versions(),
        "machine": machine(),
        "timings": {
            "started": started.isoformat(timespec="seconds"),
            "seconds": done.seconds,
            "reused_runs": done.reused,
            "run_seconds": {"sum": sum(seconds), "mean": float(np.mean(seconds)), "max": max(seconds)},
        },
    }


def command(arguments: argparse.Namespace, *words: str) -> str:
    """What to type to run a study so; how many processes and where results go change nothing.

    `words` come before the options: the study's name, or what puts a comparison together.
    """
    options = ["--quick"] if arguments.quick else []
    options += ["--width one"] if vars(arguments).get("width") == "one" else []
    options += [f"--seeds {arguments.seeds}"] if arguments.seeds is not None else []
    options += [f"--config {shlex.quote(str(arguments.config))}"] if arguments.config is not None else []
    options += [f"--set {shlex.quote(item)}" for item in arguments.set or ()]
    return " ".join([PROGRAM, arguments.name, *words, *options])


def versions() -> dict[str, str]:
    """Versions of this project, Python and the packages that numbers may depend on."""
    found = {"python": platform.python_version()}
    for package in ("seqmarket", *PACKAGES):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # used from a source tree that is not installed
            continue
    return found


def machine() -> dict[str, str | int | None]:
    """The machine that timings refer to."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }


def commit() -> dict[str, str | bool | None]:
    """Commit of the source tree and whether it was changed since; None outside a checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return {"commit": None, "changed": None}
    head = subprocess.run([git, "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    status = subprocess.run(
        [git, "-C", str(ROOT), "status", "--porcelain"], capture_output=True, text=True, check=False
    )
    if head.returncode:
        return {"commit": None, "changed": None}
    return {"commit": head.stdout.strip(), "changed": bool(status.stdout.strip())}


def _dump(run: Run) -> dict[str, Any] | None:
    return None if run.config is None else run.config.model_dump(mode="json")


def _variations(runs: list[Run]) -> list[dict[str, Any]]:
    first = _flat(_dump(runs[0]))
    cells: dict[str, dict[str, Any]] = {}
    for run in runs:
        name = repr((run.regime, sorted(run.levers.items())))
        if name not in cells:
            flat = _flat(_dump(run))
            differs = {key: flat.get(key) for key in {**first, **flat} if flat.get(key) != first.get(key)}
            cells[name] = {"regime": run.regime, "levers": dict(run.levers), "differs": differs}
    return list(cells.values())


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested tables and lists by dotted key; empty ones count as values."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    flat = {key: inner for name, item in items for key, inner in _flat(item, f"{prefix}{name}.").items()}
    return flat or ({prefix.removesuffix("."): value} if prefix else {})
