"""uvicorn in a thread of its own, for a process that runs the loops as well."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import structlog
import uvicorn
from fastapi import FastAPI

from mailbot.clock import Clock
from mailbot.config import Config
from mailbot.console.app import create_app
from mailbot.console.parts import Parts
from mailbot.core.errors import UserError
from mailbot.desk import Desk
from mailbot.store.engine import Engine

log = structlog.get_logger()
START_SECONDS = 15.0
STOP_SECONDS = 5.0


def serve(config: Config, engine: Engine, desk: Desk, clock: Clock) -> Callable[[], None]:
    """Start the console on `console.listen`; the call returned stops it."""
    return serve_app(create_app(Parts(engine, desk, config, clock)), config)


def serve_app(app: FastAPI, config: Config) -> Callable[[], None]:
    """The same for an application that somebody added pages to."""
    listener = _listener(config)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,  # addresses of visitors and numbers of tickets are nobody's business
            server_header=False,
            timeout_graceful_shutdown=int(STOP_SECONDS),
            lifespan="off",
        )
    )
    thread = threading.Thread(target=server.run, args=([listener],), name="console", daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    log.info("console listens", address=config.console.listen)

    def stop() -> None:
        server.should_exit = True
        thread.join(STOP_SECONDS + 1)
        listener.close()

    return stop


def _listener(config: Config) -> socket.socket:
    """The port is taken here, so that a port in use is said in words and not in a thread's log."""
    console = config.console
    family = socket.AF_INET6 if ":" in console.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((console.host, console.port))
    except OSError as error:
        listener.close()
        remedy = f"cannot listen on {console.listen}: {error.strerror}; choose another port"
        raise UserError(config.where, "console.listen", remedy) from None
    listener.set_inheritable(True)
    return listener
