"""Why the page cannot be served is said in one line."""

from __future__ import annotations

import socket

import pytest

from experiments.__main__ import main
from experiments.cli import dashboard


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["dashboard", "--port", str(port)]) == 2
    message = f"seqmarket: dashboard: --port {port}: Address already in use; allowed: a free port\n"
    assert capsys.readouterr().err == message


def test_an_installation_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(dashboard, "find_spec", lambda name: None if name == "solara" else object())
    assert main(["dashboard"]) == 2
    message = "seqmarket: dashboard: needs solara, of the extra viz; allowed: after uv sync --extra viz\n"
    assert capsys.readouterr().err == message
