"""Everything of the demo put together in a temporary folder: mail servers, database, agents, the program itself.

Nothing of it outlives close(); passwords are made at run time.
"""

from __future__ import annotations

import secrets
import smtplib
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailbot import app as program
from mailbot.accounts import NewAgent, add_agent
from mailbot.app import App
from mailbot.check import AUTOMATIC
from mailbot.clock import Clock
from mailbot.config import Config, read
from mailbot.core.mail import Mail, parse
from mailbot.demo.servers import LOOPBACK, MailWorld
from mailbot.store import keep

SUPPORT = "support@shop.example"
COMPANY = {"name": "示例电器", "hotline": "400-000-0000"}
PEOPLE = (
    NewAgent("demo", "小陈", "8001", "agent"),
    NewAgent("boss", "周主管", "8000", "supervisor"),
)
MACHINE = "mailer-daemon@mx.mail.example"  # through whose account robots' mails come in
SMTP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Received:
    """A mail in a customer's mailbox; `index` counts from the oldest."""

    index: int
    raw: bytes
    mail: Mail


@dataclass(slots=True)
class World:
    """The running parts, and both ends of the customers' mailboxes."""

    servers: MailWorld
    app: App
    folder: Path
    passwords: Mapping[str, str]

    @property
    def clock(self) -> Clock:
        return self.app.clock

    def post(self, raw: bytes, sender: str, envelope: str | None = None) -> None:
        """Send a mail to us as its sender's client does it: by SMTP, logged in. `envelope` "": a bounce."""
        account = self.servers.smtp_account(sender)
        with smtplib.SMTP(account.host, account.port, timeout=SMTP_SECONDS) as line:
            line.login(account.username, account.password)
            line.sendmail(sender if envelope is None else envelope, [SUPPORT], raw)

    def inbox(self, address: str) -> list[Received]:
        """What this customer has received, oldest first."""
        found = []
        for index, raw in enumerate(self.servers.messages(address)):
            mail = parse(raw)
            if isinstance(mail, Mail):
                found.append(Received(index, raw, mail))
        return found


@contextmanager
def open_world(clock: Clock, listen: str = "127.0.0.1:8025", database_url: str = "") -> Iterator[World]:
    """A whole world, its loops not yet running. Without `database_url`: SQLite in the temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mailbot-demo-") as name:
        folder = Path(name)
        with MailWorld([SUPPORT], now=clock.now) as servers:
            config = _config(servers, folder, listen, database_url)
            app = program.build(config, clock)
            try:
                yield World(servers, app, folder, _people(app))
            finally:
                app.close()


def free_port(wanted: int) -> int:
    """The port wanted if nobody listens on it, else a free one."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise OSError("no port is free on this machine")


def _config(servers: MailWorld, folder: Path, listen: str, database_url: str) -> Config:
    mailbox = {
        "name": "support",
        "address": SUPPORT,
        "display_name": "示例电器客户服务",
        "provider": "generic",
        "password": servers.password(SUPPORT),
        "imap": {"host": LOOPBACK, "port": servers.imap_port, "security": "none"},
        "smtp": {"host": LOOPBACK, "port": servers.smtp_port, "security": "none"},
    }
    table: dict[str, Any] = {
        "company": COMPANY,
        "database": {"url": database_url or f"sqlite:///{folder / 'mailbot.db'}"},
        "mailbox": [mailbox],
        "console": {"listen": listen},
        "paths": {"state": str(folder)},
    }
    return read(table, {}, "demo", folder)


def _people(app: App) -> dict[str, str]:
    """The agents with their new passwords; boss approves the automatic mails for good."""
    passwords = {person.name: "-".join(secrets.token_hex(2) for _ in range(3)) for person in PEOPLE}
    now = app.clock.now()
    for person in PEOPLE:
        add_agent(app.engine, person, passwords[person.name], now)
    shelf = app.shelf.volume.templates
    with app.engine.write() as tx:
        for template in AUTOMATIC:
            for language in shelf.languages:
                digest = shelf.text_hash(template, language)
                keep.approve_template(tx, template, language, digest, "boss", now)
    return passwords
