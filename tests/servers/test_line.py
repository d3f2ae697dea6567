"""The whole line on real servers: Dovecot holds the mailbox, Postfix's sink takes the replies, `mailbot run` runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from imapclient import IMAPClient
from typer.testing import CliRunner

from mailbot import accounts
from mailbot.cli import cli
from mailbot.core.hours import Hours
from mailbot.store import lists, verify
from mailbot.store.engine import Engine
from mailbot.store.tables import draft, mail, outbox, raw, ticket, ticket_link
from tests.conftest import THOROUGH
from tests.loops.line import write_config
from tests.servers.fixtures import LOOPBACK, Dovecot, Sink, free_port
from tests.servers.morning import SUPPORT, Delivery, compose, customer, order_of, two_hundred

pytestmark = pytest.mark.servers
AGENT = "wang.fang"
STOP_SECONDS = 10
POLL_SECONDS = 5


@dataclass
class House:
    """One installation: its mailbox on Dovecot, its relay, its database, and the program as a process."""

    dovecot: Dovecot
    user: str
    sink: Sink
    config: Path
    engine: Engine
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.config.parent / "mailbot.log"

    @contextmanager
    def running(self) -> Iterator[None]:
        """`mailbot run`, all parts; it must end by itself when asked, in time and with exit status 0."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "mailbot", "run", "--config", str(self.config)],
                cwd=self.config.parent,
                stdout=log,
                stderr=log,
            )
        try:
            yield
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            ended = process.wait(STOP_SECONDS + 5)
            took = time.monotonic() - began
        finally:
            process.kill()
            process.wait()
        assert 0 == ended, self.log.read_text()
        assert took < STOP_SECONDS

    def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"it did not come about: {self.log.read_text()[-3000:]}"
            time.sleep(0.1)

    def cli(self, *words: str) -> list[Any]:
        """A command with --json, in this process and beside the daemon."""
        ended = CliRunner().invoke(cli, [*words, "--json", "--config", str(self.config)])
        assert 0 == ended.exit_code, f"{words}: {ended.output} {ended.exception!r}"
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        with self.engine.read() as tx:
            return list(tx.execute(sa.select(table).where(*where).order_by(*table.primary_key)))

    def worked(self) -> int:
        return len(self.rows(mail, mail.c.state != "stored")) if self.has_tables() else 0

    def has_tables(self) -> bool:
        with self.engine.read() as tx:
            return sa.inspect(tx).has_table("mail")

    def faults(self) -> list[str]:
        with self.engine.read() as tx:
            return verify.faults(tx)

    def webmail(self) -> IMAPClient:
        client = IMAPClient(LOOPBACK, self.dovecot.imap_port, ssl=False, timeout=10)
        client.login(self.user, self.dovecot.password)
        return client


@pytest.fixture
def house(dovecot: Dovecot, postfix_sink: Sink, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    url = f"sqlite:///{tmp_path}/state/mailbot.db"
    if getattr(request, "param", "sqlite") == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
    user = dovecot.new_user()
    box = {
        "name": "support",
        "address": SUPPORT,
        "provider": "generic",
        "username": user,
        "password": dovecot.password,
        "imap": {"host": LOOPBACK, "port": dovecot.imap_port, "security": "none"},
        "smtp": {"host": LOOPBACK, "port": postfix_sink.port, "security": "none"},
        "acknowledge": False,
        "poll_seconds": POLL_SECONDS,
    }
    console = {"listen": f"{LOOPBACK}:{free_port()}"}
    config = write_config(tmp_path, [box], url, console=console)
    engine = Engine(url)
    yield House(dovecot, user, postfix_sink, config, engine)
    engine.dispose()
    dovecot.reset(user)


# --- two hundred in, fifty out --------------------------------------------------------------------------------


@pytest.mark.rule("000-34")
@pytest.mark.parametrize(
    ("house", "approvals"),
    [("sqlite", 50 if THOROUGH else 3), ("postgresql", 10)],  # each is a command of its own
    indirect=["house"],
    ids=["sqlite", "postgresql"],
)
def test_two_hundred_mails_in_and_the_approved_replies_out(house: House, approvals: int) -> None:
    mails = two_hundred()
    house.dovecot.put(house.user, (each.raw for each in mails))

    with house.running():
        house.until(lambda: house.worked() == len(mails))
        assert_each_mail_is_where_it_belongs(house, mails)
        assert [] == house.sink.mails()  # nobody has approved anything yet

        chosen = approve(house, approvals)
        house.until(lambda: len(house.rows(outbox, outbox.c.told.is_(True))) == approvals)
        assert_exactly_these_went_out(house, chosen)

        follow_up_from_the_customer_and_from_a_stranger(house, len(mails))
    assert [] == house.faults()


def assert_each_mail_is_where_it_belongs(house: House, mails: list[Delivery]) -> None:
    by_bytes = bytes_to_row(house)
    opened = {row.subject: row for row in house.rows(ticket)}
    drafted = {row.mail_id for row in house.rows(draft)}
    for each in mails:
        row = by_bytes[each.raw]
        match each.part:
            case "robot":
                assert "held" == row.state, each.subject
                assert row.id not in drafted, each.subject
            case "copy":
                assert row.copy_of is not None, each.subject
            case "new" | "stranger":
                assert opened[each.subject].id == row.ticket_id, each.subject
            case "joins":
                assert opened[each.about].id == row.ticket_id, each.subject
                assert each.subject not in opened
            case "zoo":
                assert row.ticket_id is not None, each.subject
    links = {(row.ticket_id, row.other_id) for row in house.rows(ticket_link)}
    for each in mails:
        if each.part == "stranger":
            assert (opened[each.subject].id, opened[each.about].id) in links
    new = [each.subject for each in mails if each.part in ("new", "stranger")]
    assert len(new) == len(set(new)) == sum(subject in new for subject in (row.subject for row in house.rows(ticket)))


def bytes_to_row(house: House) -> dict[bytes, Any]:
    query = sa.select(mail, raw.c.content).join(raw, raw.c.sha256 == mail.c.raw_sha256)
    with house.engine.read() as tx:
        return {row.content: row for row in tx.execute(query)}


def approve(house: House, count: int) -> list[int]:
    """By the command line, while the daemon runs; the first one by a process of its own."""
    accounts.add_agent(house.engine, accounts.NewAgent(AGENT, "王芳", "021"), "a long enough phrase", datetime.now(UTC))
    waiting = [row for row in house.cli("drafts") if "customer" in row["recipient"]]
    chosen = [int(row["id"]) for row in waiting[:count]]
    first, *rest = chosen
    words = ["draft", str(first), "approve", "--as", AGENT, "--config", str(house.config)]
    subprocess.run([sys.executable, "-m", "mailbot", *words], check=True, timeout=60, cwd=house.config.parent)
    for draft_id in rest:
        house.cli("draft", str(draft_id), "approve", "--as", AGENT)
    return chosen


def assert_exactly_these_went_out(house: House, chosen: list[int]) -> None:
    sends = house.rows(outbox)
    assert sorted(chosen) == sorted(row.draft_id for row in sends)
    assert {("sent", AGENT)} == {(row.state, row.approver) for row in sends}
    got = [message_from_bytes(one) for one in house.sink.mails()]
    assert Counter(row.message_id for row in sends) == Counter(one["Message-ID"] for one in got)
    by_id: dict[str, Message] = {one["Message-ID"]: one for one in got}
    drafts = {row.id: row for row in house.rows(draft)}
    mails = {row.id: row for row in house.rows(mail)}
    for row in sends:
        letter, answered = by_id[row.message_id], mails[drafts[row.draft_id].mail_id]
        assert answered.message_id == letter["In-Reply-To"]
        assert answered.message_id in letter["References"].split()
        assert answered.sender in letter["To"]
        assert letter["Subject"]


def follow_up_from_the_customer_and_from_a_stranger(house: House, before: int) -> None:
    """A fresh subject and the order number: the same customer joins, anybody else is only shown as linked."""
    answered = {row.id: row for row in house.rows(ticket) if any(row.id == s.ticket_id for s in house.rows(outbox))}
    number = next(n for n in range(64) if customer(n) in {row.customer for row in answered.values()})
    theirs = next(row for row in answered.values() if row.customer == customer(number))
    text = f"订单号 {order_of(number)},师傅还没有来,请问什么时候到?"
    house.dovecot.deliver(house.user, compose(customer(number), "催一下", text, "<fresh@mail.example>"))
    house.dovecot.deliver(house.user, compose("nosy@other.example", "打听一下", text, "<nosy@other.example>"))

    house.until(lambda: house.worked() == before + 2)

    joined = next(row for row in house.rows(mail) if row.message_id == "<fresh@mail.example>")
    assert theirs.id == joined.ticket_id
    other = next(row for row in house.rows(ticket) if row.customer == "nosy@other.example")
    assert other.id != theirs.id
    (shown,) = house.cli("ticket", theirs.number)
    assert other.number in [each["number"] for each in shown["linked"]]
    (stranger_sees,) = [row for row in house.rows(draft) if row.ticket_id == other.id]
    assert customer(number) not in stranger_sees.text


# --- webmail, time away, other numbers ------------------------------------------------------------------------


def test_ten_days_away_read_in_webmail_and_renumbered_lose_and_double_nothing(house: House, hours: Hours) -> None:
    def mail_of(day: int) -> bytes:
        return compose(f"day{day}@mail.example", f"第 {day} 天", "请问保修期多久?", f"<day-{day}@mail.example>")

    house.dovecot.put(house.user, (mail_of(day) for day in (-2, -1, 0)))
    with house.running():
        house.until(lambda: house.worked() == 3)
    now = datetime.now(UTC)
    house.dovecot.put(house.user, (mail_of(day) for day in range(1, 11)))
    maildir = house.dovecot.root / "mail" / house.user / "Maildir" / "new"
    for day, path in enumerate(sorted(maildir.iterdir()), 1):
        came = (now - timedelta(days=11 - day)).timestamp()
        os.utime(path, (came, came))
    with house.webmail() as client:  # somebody reads a mail before we do
        client.select_folder("INBOX")
        client.set_flags(client.search(["SUBJECT", "day", "HEADER", "Message-ID", "day-4@"]) or [5], [b"\\Seen"])
        client.logout()
    house.dovecot.renumber(house.user)

    with house.running():
        house.until(lambda: house.worked() == 3 + 13)
        time.sleep(1)

    rows = house.rows(mail)
    assert 2 == len({row.uidvalidity for row in rows})
    assert 3 == sum(row.copy_of is not None for row in rows)
    subjects = [row.subject for row in house.rows(ticket)]
    assert sorted(f"第 {day} 天" for day in range(-2, 11)) == sorted(subjects)
    oldest = min(row.received_at for row in rows if row.subject == "第 1 天")
    assert timedelta(days=9) < now - oldest < timedelta(days=11)
    with house.engine.read() as tx:
        waiting = [row.kind for row in lists.open_drafts(tx)]
    assert len(subjects) == waiting.count("reply")
    # Who has waited for days is told when the answer comes, and from 17:00 of a working day on gets that day's news.
    ended = datetime.now(hours.zone)
    news = {"progress"} if ended.hour >= 17 and hours.is_working_day(ended.date()) else set()
    assert set(waiting) <= {"reply", "holding"} | news
    assert [] == house.faults()


def test_a_mail_is_drafted_soon_after_it_came(house: House) -> None:
    """IDLE wakes the loop: a poll would come much later."""
    text, often = house.config.read_text("utf-8"), f"poll_seconds = {POLL_SECONDS}"
    assert text.count(often) == 1
    house.config.write_text(text.replace(often, "poll_seconds = 3600"), "utf-8")
    house.dovecot.deliver(house.user, compose("first@mail.example", "第一封", "在吗?请问几点营业?", "<1@mail.example>"))
    with house.running():
        house.until(lambda: house.worked() == 1)
        house.dovecot.deliver(house.user, compose("second@mail.example", "第二封", "请问几点营业?", "<2@mail.example>"))
        house.until(lambda: house.worked() == 2)
