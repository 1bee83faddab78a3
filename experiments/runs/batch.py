"""Runs on their way to a worker, which may be another process on another machine."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.runs import study as studies
from experiments.runs.study import Run, Study
from market import discovery

type Task = tuple[str, Run]  # run_id and run


def reach(folder: str, plugins: Sequence[str]) -> None:
    """Let this process find what another one does.

    Parameters
    ----------
    folder
        where the user's own modules may lie: the working folder of whoever runs the sweep
    plugins
        folders of plug-ins
    """
    _add_to_path(folder)
    os.environ[discovery.VARIABLE] = os.pathsep.join(plugins)
    discovery.open_all()


def here() -> tuple[str, list[str]]:
    """Return what `reach` asks for, of this process."""
    return str(Path.cwd()), [str(folder) for folder in discovery.plugin_folders()]


def _add_to_path(folder: str) -> None:
    if folder not in sys.path:
        sys.path.insert(0, folder)


class Batch:
    """Some runs of a study.

    A configuration may be of a class that only a plug-in defines. A worker can read it once it knows where plug-ins
    are, and a process that cannot read what it is sent dies: the runs travel as bytes, which the worker
    reads when it is ready.
    """

    def __init__(self, study: str | Study, tasks: list[Task]) -> None:
        self.study = study
        self._tasks = tasks

    def open(self) -> tuple[Study, list[Task]]:
        """Return the study and its runs, in the process that is to execute them."""
        _add_to_path(str(Path.cwd()))
        return _loaded(self.study), self._tasks

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as bytes."""
        return _Packed, (pickle.dumps((self.study, self._tasks)), *here())


class _Packed:
    """A batch that has arrived in another process."""

    def __init__(self, content: bytes, folder: str, plugins: list[str]) -> None:
        self._content, self._folder, self._plugins = content, folder, plugins

    def open(self) -> tuple[Study, list[Task]]:
        reach(self._folder, self._plugins)
        study, tasks = pickle.loads(self._content)
        return _loaded(study), tasks


def _loaded(study: str | Study) -> Study:
    """Return a study of that name, or one that no file holds as it is."""
    return studies.load(study) if isinstance(study, str) else study
