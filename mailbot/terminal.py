"""What all commands share: their common options, tables on the terminal, JSON on stdout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mailbot.app import App, build
from mailbot.config import Config, load
from mailbot.core.errors import UserError
from mailbot.core.ticket import Event
from mailbot.store import people

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Default: MAILBOT_CONFIG, else ./mailbot.toml."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
As = Annotated[str, typer.Option("--as", metavar="AGENT", help="Who does it.")]

screen = Console(highlight=False)


def read_config(path: Path | None) -> Config:
    """The configuration this command was told to use."""
    return load(path, os.environ)


@contextmanager
def opened(path: Path | None) -> Iterator[App]:
    """All parts, for a command that needs the database."""
    app = build(read_config(path))
    try:
        yield app
    finally:
        app.close()


def print_json(document: Any) -> None:
    """One line of JSON; times in ISO 8601."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=_plain) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """A table for people; strangers' words cannot steer the terminal."""
    if not rows:
        screen.print(empty)
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(escape(plain_line(str(cell if cell is not None else ""))) for cell in row))
    screen.print(table)


def plain_line(text: str) -> str:
    """One line without control characters."""
    return "".join(each if each.isprintable() else " " for each in text)


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """A time on the company's wall clock."""
    return f"{moment.astimezone(zone):%m-%d %H:%M}" if moment else ""


def require_agent(app: App, name: str, *roles: str) -> str:
    """The agent's name, when there is such an agent who may work (and has one of the roles)."""
    with app.engine.read() as tx:
        row = people.by_name(tx, name)
    if row is None or row.disabled_at is not None:
        raise UserError("--as", name, "no such agent; add one with: mailbot agents add NAME")
    if roles and row.role not in roles:
        raise UserError("--as", name, f"is {row.role}; this needs {' or '.join(roles)}")
    return name


def act(app: App, ticket_id: int, event: Event) -> None:
    """Through the door; a refusal is the owner's to see."""
    decision = app.desk.handle(ticket_id, event, app.clock.now())
    if decision.refused is not None:
        raise UserError(decision.ticket.number, "", decision.refused)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    raise TypeError(f"{type(value).__name__} has no JSON form")
