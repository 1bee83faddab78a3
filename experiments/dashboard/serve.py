"""The server of the page: this machine's alone, and nothing on the page is loaded from elsewhere."""

from __future__ import annotations

import os
import socket

from experiments.dashboard.shown import ENDING
from experiments.runs import warm
from market.errors import InputError

HOST = "localhost"
SETTINGS = {
    "SOLARA_APP": "experiments.dashboard.page",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
    "SOLARA_THEME_TITLE": "seqmarket",
    "SOLARA_THEME_SHOW_BANNER": "false",
}
"""What Solara reads as it is imported."""


def main(port: int) -> None:
    """Serve the page until interrupted; InputError where somebody else listens on the port."""
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)  # without the address that Python adds
        raise InputError(f"dashboard: --port {port}: {reason}; allowed: a free port") from error
    with listener:
        warm.everything()
        os.environ |= SETTINGS
        import uvicorn
        from solara.server.starlette import app

        print(f"The page is at http://{HOST}:{port}", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        try:
            server.run(sockets=[listener])
        finally:
            ENDING.set()
