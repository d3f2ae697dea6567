"""One program on the demo's mail world with every loop at hand: what the loop tests start from."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.app import App, fetch_of, post_of
from mailbot.core.ticket import DraftApproved
from mailbot.demo.servers import MailWorld
from mailbot.loops.fetch import Fetch
from mailbot.loops.post import Post
from mailbot.loops.work import Work
from mailbot.reader import Reader
from mailbot.store import lists, people, verify
from mailbot.store.tables import draft, health, mail, outbox, ticket

ROOT = Path(__file__).parent.parent.parent
SUPPORT = "support@shop.example"
LI_MING = "li.ming@mail.example"
AGENT = "wang.fang"

# For tests about servers and mails rather than rows; the others run on both databases.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def letter(number: int, words: str = "您好,请问这款电饭煲怎么预约定时?", **headers: str) -> bytes:
    """A person's mail; each number is another mail of another customer."""
    lines = {
        "From": f"customer{number}@mail.example",
        "To": SUPPORT,
        "Subject": f"question {number}",
        "Date": "Mon, 23 Nov 2026 08:50:00 +0800",
        "Message-ID": f"<question-{number}@mail.example>",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}\r\n{words}\r\n".encode()


def mailbox(world: MailWorld, address: str = SUPPORT, **over: Any) -> dict[str, Any]:
    """The configuration of one mailbox of this world."""
    return {
        "name": address.partition("@")[0],
        "address": address,
        "provider": "generic",
        "username": address,
        "password": world.password(address),
        "imap": {"host": "127.0.0.1", "port": world.imap_port, "security": "none"},
        "smtp": {"host": "127.0.0.1", "port": world.smtp_port, "security": "none"},
        "acknowledge": False,
        **over,
    }


@dataclass
class Line:
    """The loops of one program; the tests call each step themselves."""

    app: App
    fetches: dict[str, Fetch]
    work: Work
    post: Post
    told: threading.Event

    @property
    def fetch(self) -> Fetch:
        return next(iter(self.fetches.values()))

    def take_in(self) -> int:
        """Everything new becomes tickets; how many mails were worked on."""
        for fetch in self.fetches.values():
            fetch.poll()
        return self.work_off()

    def work_off(self) -> int:
        done = 0
        while count := self.work.batch():
            done += count
        return done

    def approve(self, *draft_ids: int) -> None:
        """By an agent, as the CLI and the console do it."""
        with self.app.engine.write() as tx:
            if people.by_name(tx, AGENT) is None:
                values = {"name": AGENT, "display_name": "王芳", "staff_number": "021", "role": "agent"}
                people.add(tx, {**values, "password": "-", "created_at": self.app.clock.now()})
        for draft_id in draft_ids:
            (row,) = self.rows(draft, draft.c.id == draft_id)
            decision = self.app.desk.handle(row.ticket_id, DraftApproved(AGENT, draft_id), self.app.clock.now())
            assert decision.refused is None, decision.refused

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> Sequence[Any]:
        order = next(iter(table.primary_key))
        with self.app.engine.read() as tx:
            return tx.execute(sa.select(table).where(*where).order_by(order)).all()

    def mails(self) -> Sequence[Any]:
        return self.rows(mail)

    def tickets(self) -> Sequence[Any]:
        return self.rows(ticket)

    def drafts(self, state: str = "open") -> Sequence[Any]:
        return self.rows(draft, draft.c.state == state)

    def sends(self) -> Sequence[Any]:
        return self.rows(outbox)

    def health(self, name: str) -> Any:
        found = self.rows(health, health.c.name == name)
        return found[0] if found else None

    def promises(self, ticket_id: int) -> list[tuple[str, str]]:
        with self.app.engine.read() as tx:
            return [(row.kind, row.state) for row in lists.promises_of(tx, ticket_id)]

    def journal(self, ticket_id: int) -> list[str]:
        with self.app.engine.read() as tx:
            return [row.what for row in lists.journal_of(tx, ticket_id)]

    def faults(self) -> list[str]:
        """The conservation check of `mailbot db verify`."""
        with self.app.engine.read() as tx:
            return verify.faults(tx)

    def close(self) -> None:
        self.post.close()
        for fetch in self.fetches.values():
            fetch.close()


def line_of(app: App, reader: Reader) -> Line:
    """Every loop of this program, none of them running. The reader is the caller's to close."""
    told = threading.Event()
    fetches = {box.name: fetch_of(app, box, told.set) for box in app.config.mailboxes}
    return Line(app, fetches, Work(app.engine, app.desk, app.clock, reader), post_of(app), told)


MakeLine = Callable[..., Line]


def as_toml(table: dict[str, Any]) -> str:
    """A configuration file with these tables."""
    parts = []
    for name, value in table.items():
        several = value if isinstance(value, list) else [value]
        head = f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
        for one in several:
            parts.append("\n".join([head, *(f"{key} = {_toml(each)}" for key, each in one.items())]))
    return "\n\n".join(parts) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def write_config(folder: Path, boxes: list[dict[str, Any]], database_url: str, **over: Any) -> Path:
    """A mailbot.toml in this folder, with the project's own rules and templates."""
    paths = {"rules": str(ROOT / "rules"), "templates": str(ROOT / "templates"), "state": str(folder / "state")}
    table = {
        "company": {"name": "示例电器", "hotline": "400-000-0000"},
        "database": {"url": database_url},
        "paths": paths,
        "mailbox": boxes,
        **over,
    }
    file = folder / "mailbot.toml"
    file.write_text(as_toml(table), encoding="utf-8")
    return file
