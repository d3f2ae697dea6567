"""Everything of the demo put together in a temporary folder: mail servers, database, agents, the program itself.

Nothing of it outlives close(); passwords are made at run time.
"""

from __future__ import annotations

import secrets
import shutil
import smtplib
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mailbot import app as program
from mailbot.accounts import NewAgent, add_agent
from mailbot.app import App
from mailbot.clock import Clock
from mailbot.config import Config, default_folder, read
from mailbot.core.mail import Mail, parse
from mailbot.demo.servers import LOOPBACK, MailWorld
from mailbot.shelf import Shelf
from mailbot.store import keep, people

SUPPORT = "support@shop.example"
COMPANY = {"name": "示例电器", "hotline": "400-000-0000"}
PEOPLE = (
    NewAgent("demo", "小陈", "8001", "agent", "chen@shop.example"),
    NewAgent("boss", "周主管", "8000", "supervisor", "zhou@shop.example"),
    NewAgent("lin", "小林", "8003", "agent", "lin@shop.example"),  # takes what concerns parcels
    NewAgent("zhao", "赵工", "8005", "agent", "zhao@shop.example"),  # takes what is urgent and technical
)
DEPARTMENTS = Path(__file__).parent / "departments.toml"
MACHINE = "mailer-daemon@mx.mail.example"  # through whose account robots' mails come in
SMTP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Received:
    """A mail in somebody's mailbox; `index` counts from the oldest."""

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

    def colleagues(self) -> list[tuple[str, str]]:
        """(name, address) of the agents and the departments: whose mailboxes get reminders."""
        departments = self.app.shelf.volume.book.departments.values()
        people = [(person.display_name, person.address) for person in PEOPLE]
        return people + [(each.name["zh"], each.address) for each in departments if each.address]

    def post(self, raw: bytes, sender: str, envelope: str | None = None) -> None:
        """Send a mail to us as its sender's client does it: by SMTP, logged in. `envelope` "": a bounce."""
        account = self.servers.smtp_account(sender)
        with smtplib.SMTP(account.host, account.port, timeout=SMTP_SECONDS) as line:
            line.login(account.username, account.password)
            line.sendmail(sender if envelope is None else envelope, [SUPPORT], raw)

    def inbox(self, address: str) -> list[Received]:
        """What this address has received, oldest first."""
        found = []
        for index, raw in enumerate(self.servers.messages(address)):
            mail = parse(raw)
            if isinstance(mail, Mail):
                found.append(Received(index, raw, mail))
        return found


@contextmanager
def open_world(clock: Clock, listen: str = "", database_url: str = "", shelf: Shelf | None = None) -> Iterator[World]:
    """A whole world, its loops not yet running. Without `database_url`: SQLite in the temporary folder.

    `listen`: of the console; "": on a free port, where no agent logs in, as in a story. `shelf`: one that several
    worlds share, see open_shelf().
    """
    log_in, listen = bool(listen), listen or f"{LOOPBACK}:{free_port(0)}"
    with tempfile.TemporaryDirectory(prefix="mailbot-demo-") as name:
        folder = Path(name)
        with MailWorld([SUPPORT], now=clock.now) as servers:
            config = _config(servers, folder, listen, database_url)
            app = program.build(config, clock, shelf or open_shelf(folder))
            try:
                yield World(servers, app, folder, _people(app, log_in=log_in))
            finally:
                app.close()


def open_shelf(folder: Path) -> Shelf:
    """The packaged rules with the demo's own departments, below this folder; the packaged templates."""
    rules = folder / "rules"
    shutil.copytree(default_folder("rules"), rules)
    shutil.copyfile(DEPARTMENTS, rules / "departments.toml")
    return Shelf(rules, default_folder("templates"), ("zh", "en"))


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
        "console": {"listen": listen, "public_url": f"http://{listen}"},
        "paths": {"state": str(folder)},
    }
    return read(table, {}, "demo", folder)


def _people(app: App, *, log_in: bool) -> dict[str, str]:
    """The agents with their new passwords; boss approves the automatic mails for good."""
    passwords: dict[str, str] = {}
    now = app.clock.now()
    for person in PEOPLE:
        if log_in:
            passwords[person.name] = "-".join(secrets.token_hex(2) for _ in range(3))
            add_agent(app.engine, person, passwords[person.name], now)
        else:  # hashing a password takes longer than a day of a story
            with app.engine.write() as tx:
                people.add(tx, {**asdict(person), "password": "", "created_at": now})
    shelf = app.shelf.volume.templates
    with app.engine.write() as tx:
        for template in shelf.automatic():
            for language in shelf.languages:
                digest = shelf.text_hash(template, language)
                keep.approve_template(tx, template, language, digest, "boss", now)
    return passwords
