"""A small tree with this one's cache and a few compiled functions, executed in processes of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    "market/constants.py": "RATE = 2.0\n",
    "market/rules.py": """
from market.constants import RATE
from numba import njit


@njit(cache=True)
def rule(x):
    return RATE * x
""",
    "agents/__init__.py": "",
    "agents/first.py": """
from market.rules import rule
from numba import njit


@njit(cache=True)
def first(x):
    return rule(x) + 1.0
""",
    "agents/second.py": """
from numba import njit


@njit(cache=True)
def second(x):
    return x + 10.0
""",
}
ASK = """
import json, sys
import market
assert "numba" not in sys.modules, "numba is loaded where nothing is compiled"
from agents.first import first
from agents.second import second
from market.rules import rule

functions, values = {"rule": rule, "first": first, "second": second}, eval(sys.argv[1])
found = {name: [f(value) for value in values] for name, f in functions.items()}
compiled = [name for name, f in functions.items() if f.stats.cache_misses]
print(json.dumps({"found": found, "compiled": compiled}))
"""
ALL = ["rule", "first", "second"]
POWERLESS = ["setpriv", "--bounding-set", "-dac_override"] if os.name == "posix" and os.getuid() == 0 else []
"""What a command begins with so that permissions count for the administrator, too."""
LOG = """
from numba.core import event

compiled = []


class Log(event.Listener):
    def on_start(self, event):
        compiled.append(event.data["dispatcher"].py_func.__name__)

    def on_end(self, event):
        pass


event.register("numba:compile", Log())
"""
"""Text of a module that notes in `compiled` the names of functions as they are compiled."""


class Tree:
    """A tree with this one's cache and a few functions; calling it says what they return and which were compiled."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written = time.time() - 3_600.0
        """when a file was last changed: two seconds apart, since Python takes what changes within one for the same"""
        shutil.copytree(ROOT / "market" / "kernel", root / "market" / "kernel")
        shutil.copy(ROOT / "market" / "__init__.py", root / "market")
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")
        self.written += 2
        os.utime(self.root / name, (self.written, self.written))

    def edit(self, name: str, old: str, new: str) -> None:
        assert old in FILES[name]
        self.write(name, FILES[name].replace(old, new))

    def start(self, values: str = "[3.0]", script: str = ASK, **variables: str) -> subprocess.Popen[str]:
        """Start a process in the tree, with numba's variables as given and no others."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        environment = {**inherited, "PYTHONPATH": str(self.root), "TMPDIR": str(self.root), **variables}
        command = [*POWERLESS, sys.executable, "-W", "error", "-c", script, values]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.root, env=environment, stdout=pipe, stderr=pipe, text=True)

    def __call__(self, values: str = "[3.0]", **variables: str) -> dict[str, Any]:
        return answer(self.start(values, **variables))

    def files(self, pattern: str) -> list[Path]:
        return sorted(self.root.rglob(pattern))


def answer(process: subprocess.Popen[str], said: str = "") -> dict[str, Any]:
    """Return what a process of the tree answers; it says on the standard error what is expected and nothing else."""
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    assert re.fullmatch(said, error), error
    return json.loads(out)
