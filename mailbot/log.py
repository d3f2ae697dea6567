"""One event a line: constant words first, facts after; JSON on a pipe, readable on a terminal. Never mail bodies.

Addresses and long numbers that slip into an error text are masked at the root, whoever logs them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ADDRESS = re.compile(r"([A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{0,63}@([A-Za-z0-9.-]{1,253})")
# A Chinese word may stand right before a phone number; a ticket's number or a name's end may not.
LONG_NUMBER = re.compile(r"(?<![A-Za-z0-9_-])([0-9]{3})[0-9]{4,14}([0-9]{4})(?![A-Za-z0-9_-])")


def set_up_log() -> None:
    """Send all logging to stderr through one form."""
    terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _masked,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_stderr_now,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _stderr_now(*_: object) -> structlog.PrintLogger:
    """Whatever stderr is at this moment: a terminal's progress bar and the tests put their own in its place."""
    return structlog.PrintLogger(sys.stderr)


def masked(text: str) -> str:
    """The text without whole addresses and numbers: "a***@shop.example", "138***5678"."""
    return LONG_NUMBER.sub(r"\1***\2", ADDRESS.sub(r"\1***@\2", text))


def _masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        key: masked(value) if isinstance(value, str) and key != "timestamp" else value for key, value in event.items()
    }
