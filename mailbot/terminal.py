"""What all commands share: their common options, tables on the terminal, JSON on stdout."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mailbot.app import App, build
from mailbot.config import Config, load
from mailbot.core.decision import Decision
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
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        # A long word goes on in the next line, nothing is cut off; what a row is called by stays whole.
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(escape(plain_line(str(cell if cell is not None else ""))) for cell in row))
    screen.print(table)


def plain_line(text: str) -> str:
    """One line without control characters."""
    return "".join(each if each.isprintable() else " " for each in text)


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """A time on the company's wall clock."""
    return f"{moment.astimezone(zone):%m-%d %H:%M}" if moment else ""


def moment(where: str, text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """A time as people write it: "17:30" is today's, "2026-11-24 17:30" the company's, ISO 8601 with a zone its own."""
    words = text.strip().replace("\uff1a", ":")
    try:
        if found := _OF_TODAY.fullmatch(words):
            return now.astimezone(zone).replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
        written = datetime.fromisoformat(words)
    except ValueError:
        remedy = 'write a time such as 17:30 (today), "2026-11-24 17:30" or 2026-11-24T17:30+08:00'
        raise UserError(where, text, remedy) from None
    return written if written.tzinfo else written.replace(tzinfo=zone)


def deadline(where: str, text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The same for a time to come, UTC. It needs its time of day: a date alone would mean its midnight."""
    found = moment(where, text, zone, now)
    if len(text.strip()) <= _DATE_ONLY and ":" not in text.replace("\uff1a", ":"):
        raise UserError(where, text, f'add the time of day, such as "{text.strip()} 17:30"')
    if found <= now:
        raise UserError(where, text, "this time has passed; name one to come")
    return found.astimezone(UTC)


def span(where: str, text: str) -> timedelta:
    """ "90min", "2h", "3d": so much time."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise UserError(where, text, "write a span of time such as 90min, 2h or 3d")
    return int(found[1]) * _UNITS[found[2]]


_OF_TODAY = re.compile(r"(\d{1,2}):(\d{2})")
_DATE_ONLY = len("2026-11-24")
_SPAN = re.compile(r"(\d{1,4}) ?(min|m|h|d)")
_UNITS = {
    "min": timedelta(minutes=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def require_agent(app: App, name: str, *roles: str, option: str = "--as") -> str:
    """The agent's name, when there is such an agent who may work (and has one of the roles)."""
    if not name:
        raise UserError(option, "", "name the agent; list them with: mailbot agents")
    with app.engine.read() as tx:
        row = people.by_name(tx, name)
    if row is None:
        raise UserError(option, name, "no such agent; add one with: mailbot agents add NAME")
    if row.disabled_at is not None:
        raise UserError(option, name, "may not work here any more; list the others with: mailbot agents")
    if roles and row.role not in roles:
        raise UserError(option, name, f"is {row.role}; this needs {' or '.join(roles)}")
    return name


def act(app: App, ticket_id: int, event: Event) -> Decision:
    """Through the door; a refusal is the owner's to see."""
    return accepted(app.desk.handle(ticket_id, event, app.clock.now()))


def accepted(decision: Decision) -> Decision:
    """The decision, unless it was refused."""
    if decision.refused is not None:
        raise UserError(decision.ticket.number, "", decision.refused)
    return decision


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    raise TypeError(f"{type(value).__name__} has no JSON form")
