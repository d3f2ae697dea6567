"""The console as a process starts and stops it."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

import pytest

from mailbot.console.server import serve
from mailbot.core.errors import UserError


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_the_console_listens_answers_and_stops(make_world):
    address = f"127.0.0.1:{free_port()}"
    world = make_world(console={"listen": address})
    app = world.app

    stop = serve(app.config, app.engine, app.desk, app.clock)
    with urllib.request.urlopen(f"http://{address}/livez") as answer:
        assert b"ok\n" == answer.read()
        assert "server" not in {name.lower() for name in answer.headers}
    stop()

    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://{address}/livez")


def test_a_port_in_use_is_told_with_its_key(make_world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        world = make_world(console={"listen": f"127.0.0.1:{taken.getsockname()[1]}"})
        app = world.app

        with pytest.raises(UserError, match="choose another port"):
            serve(app.config, app.engine, app.desk, app.clock)
