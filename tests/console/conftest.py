"""A console over a real program on SQLite: mails come in through the real reception, agents come by HTTP."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from mailbot import accounts
from mailbot.accounts import NewAgent
from mailbot.app import App, build
from mailbot.clock import Clock
from mailbot.console.app import Parts, create_app
from mailbot.core.ticket import Ticket
from mailbot.core.understand import understand
from mailbot.reception import Reception
from mailbot.shelf import Shelf
from mailbot.store import intake, lists, schema, tickets
from mailbot.store.engine import Engine
from mailbot.store.intake import Incoming, Place
from tests.conftest import MONDAY

with warnings.catch_warnings():
    # Starlette wants httpx2; httpx is what the rest of the tests are built on, and it works.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "a long green walk"
HERE = "http://127.0.0.1:8025"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64)
PLACE = Place("support", "INBOX", 1)


def letter(
    subject: str = "申请退货",
    text: str = "收到的颜色不对，想退货。订单号：SO20261119000777。",
    *,
    sender: tuple[str, str] = ("李明", "li.ming@mail.example"),
    html: str | None = None,
    files: tuple[tuple[str, bytes], ...] = (),
) -> bytes:
    """A mail as a client writes it; every field may be hostile."""
    mail = EmailMessage()
    mail["From"] = formataddr(sender)
    mail["To"] = "support@shop.example"
    mail["Subject"] = subject
    mail["Date"] = format_datetime(MONDAY)
    mail["Message-ID"] = f"<{abs(hash((subject, text, sender)))}@mail.example>"
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, content in files:
        mail.add_attachment(content, maintype="image", subtype="png", filename=name)
    return mail.as_bytes()


@dataclass
class Browser:
    """One agent's browser: keeps cookies, finds the token of the page it is on."""

    client: TestClient

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, *, on: str = "/", headers: dict[str, str] | None = None, **fields: Any) -> Any:
        """Send a form as the page `on` would; `csrf` in the fields replaces the page's own."""
        if "csrf" not in fields:
            fields["csrf"] = token_of(self.client.get(on).text)
        return self.client.post(path, data=fields, headers={"origin": HERE, **(headers or {})})

    def log_in(self, name: str, password: str = PASSWORD, **more: Any) -> Any:
        return self.post("/login", on="/login", name=name, password=password, **more)


@dataclass
class World:
    """The program, its console, and two agents and a supervisor."""

    app: App
    console: FastAPI
    wall: Clock
    uid: int = 0
    opened: list[TestClient] = field(default_factory=list)

    def browser(self, name: str | None = None) -> Browser:
        client = TestClient(self.console, base_url=HERE, follow_redirects=False, raise_server_exceptions=False)
        self.opened.append(client)
        browser = Browser(client)
        if name is not None:
            assert browser.log_in(name).status_code == 303
        return browser

    def deliver(self, raw: bytes) -> str | None:
        """A mail comes in and is worked on; the number of its ticket."""
        self.uid += 1
        desk, now = self.app.desk, self.app.clock.now()
        with self.app.engine.write() as tx:
            intake.take_in(tx, PLACE, [Incoming(self.uid, now, len(raw), raw)], self.uid, now)
            (claimed,) = intake.claim(tx, "test", 1, self.app.engine.now(tx))
            volume = self.app.shelf.volume
            read = understand(raw, volume.book, desk.door.border("support"))
            Reception(desk).receive(tx, claimed, read, "test", now)
        with self.app.engine.read() as tx:
            row = lists.mail_row(tx, claimed.id)
            rows = {each.id: each.number for each in lists.tickets(tx)}
        return rows.get(row.ticket_id) if row is not None else None

    def drafts(self, number: str, kind: str = "reply") -> list[Any]:
        with self.app.engine.read() as tx:
            ticket_id = lists.ticket_id_of(tx, number)
            return [row for row in lists.drafts_of(tx, ticket_id) if row.kind == kind]

    def draft(self, number: str) -> Any:
        """The newest reply draft."""
        return self.drafts(number)[-1]

    def sends(self, number: str) -> list[Any]:
        with self.app.engine.read() as tx:
            return list(lists.sends_of(tx, lists.ticket_id_of(tx, number)))

    def mails(self, number: str) -> list[Any]:
        with self.app.engine.read() as tx:
            return list(lists.mails_of(tx, lists.ticket_id_of(tx, number)))


def token_of(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    return unescape(found[1]) if found else ""


def fields_of(draft: Any, **over: Any) -> dict[str, Any]:
    """What the form of a draft sends when nothing was changed."""
    text = draft.text.replace("\n", "\r\n")  # as browsers do
    return {"version": draft.version, "subject": draft.subject, "text": text, **over}


def ticket_of(world: World, number: str) -> Ticket:
    """The ticket as the core sees it."""
    with world.app.engine.read() as tx:
        found = tickets.load(tx, lists.ticket_id_of(tx, number) or 0)
    assert found is not None
    return found


def promises_of(world: World, number: str, kind: str) -> list[Any]:
    """The ticket's promises of this kind, settled ones too."""
    with world.app.engine.read() as tx:
        return [row for row in lists.promises_of(tx, lists.ticket_id_of(tx, number) or 0) if row.kind == kind]


def open_drafts(world: World, number: str) -> set[tuple[str, str | None]]:
    """Kind and template of every draft that waits."""
    with world.app.engine.read() as tx:
        rows = lists.drafts_of(tx, lists.ticket_id_of(tx, number) or 0)
    return {(row.kind, row.template) for row in rows if row.state == "open"}


def form_of(html: str, name: str) -> str:
    """One of the ticket page's forms, with the word that opens it."""
    found = re.search(rf'<details class="act"[^>]*id="act-{name}".*?</details>', html, re.DOTALL)
    assert found is not None, name
    return found[0]


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_HASHER", CHEAP)
    accounts._decoy.cache_clear()


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two agents and a supervisor, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "mailbot.db"
    engine = Engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_HASHER", CHEAP)
        for fresh in (
            NewAgent("xiaozhou", "小周", "1024"),
            NewAgent("meili", "美丽", "1025"),
            NewAgent("wangjing", "王静", "1001", "supervisor"),
        ):
            accounts.add_agent(engine, fresh, PASSWORD, MONDAY)
    engine.dispose()
    return path


@pytest.fixture
def make_world(
    make_config: Callable[..., Any], shelf: Shelf, blank: Path, tmp_path: Path
) -> Iterator[Callable[..., World]]:
    worlds: list[World] = []

    def make(**over: Any) -> World:
        (tmp_path / "state").mkdir(exist_ok=True)
        shutil.copy(blank, tmp_path / "state" / "mailbot.db")
        app = build(make_config(**over), Clock(MONDAY), shelf)
        wall = Clock(MONDAY - timedelta(minutes=1))
        parts = Parts(app.engine, app.desk, app.config, app.clock, wall)
        worlds.append(World(app, create_app(parts), wall))
        return worlds[-1]

    yield make
    for world in worlds:
        for client in world.opened:
            client.close()
        world.app.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
