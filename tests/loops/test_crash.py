"""kill -9 between any two steps of the line, on both databases: nothing lost, nothing doubled, nothing sent twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot import loops
from mailbot.app import build, once, the_only_one
from mailbot.config import load
from mailbot.demo.servers import MailWorld
from mailbot.failpoints import NAMES as EVERYWHERE
from mailbot.reader import Reader
from mailbot.store import lists, verify
from mailbot.store.engine import Engine
from mailbot.store.tables import draft, mail, outbox, ticket
from tests.conftest import MAILS
from tests.loops.line import SUPPORT, Line, letter, line_of, mailbox, write_config

NAMES = tuple(name for name in EVERYWHERE if not name.startswith("clock."))  # those: tests/loops/test_two_clocks.py
# Where DATA may or may not have been taken: only here is the end of a send unknown.
IN_DATA = ("post.before_data", "post.after_data")
NOT_SENT = {"post.before_data": 1}  # of the three approved: the one whose DATA never came


@dataclass
class Site:
    """A program that is started as a process, its database, and the world it talks to."""

    config: Path
    line: Line
    world: MailWorld
    reader: Reader

    @property
    def engine(self) -> Engine:
        return self.line.app.engine

    def die_at(self, failpoint: str) -> None:
        """`mailbot once` as a process of its own, killed there."""
        ended = subprocess.run(
            [sys.executable, "-m", "mailbot", "once", "--config", str(self.config)],
            # Who is killed writes no coverage, and measuring doubles the start.
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
                "MAILBOT_FAILPOINT": failpoint,
            },
            cwd=self.config.parent,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert -signal.SIGKILL == ended.returncode, ended.stderr.decode()

    def once(self) -> dict[str, int]:
        """What `mailbot once` does, in this process: starting one costs more than all it does."""
        with the_only_one(self.line.app):
            return once(self.line.app, self.reader)

    def approve_all(self) -> list[str]:
        """The Message-IDs that may now go out."""
        self.line.approve(*(row.id for row in self.line.drafts()))
        return [row.message_id for row in self.rows(outbox)]

    def expire_claims(self) -> None:
        """Time passes: PostgreSQL frees a dead worker's claims by the clock, SQLite at the next start."""
        if self.engine.is_sqlite:
            return
        past = datetime(2026, 1, 1, tzinfo=UTC)
        with self.engine.write() as tx:
            for table in (mail, outbox):
                tx.execute(sa.update(table).where(table.c.claimed_until.is_not(None)).values(claimed_until=past))

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        with self.engine.read() as tx:
            return list(tx.execute(sa.select(table).where(*where).order_by(table.c.id)))

    def sent(self) -> Counter[str]:
        """Message-IDs in the sink, and how often each came."""
        return Counter(message_from_bytes(each.raw)["Message-ID"] for each in self.world.accepted)


@pytest.fixture
def site(tmp_path: Path, database_url: str, world: MailWorld, reader: Reader) -> Iterator[Site]:
    config = write_config(tmp_path, [mailbox(world)], database_url)
    line = line_of(build(load(config, {})), reader)
    yield Site(config, line, world, reader)
    line.close()
    line.app.close()


def deliver_a_morning(world: MailWorld) -> None:
    """Three customers, a follow-up, one mail delivered twice, and a robot."""
    robot = (MAILS / "qq-auto-reply.eml").read_bytes()
    follow_up = letter(
        5,
        "补充一下,是白色的那款。",
        From="customer1@mail.example",
        In_Reply_To="<question-1@mail.example>",
        Subject="Re: question 1",
    )
    for raw in (letter(1), letter(2), letter(3), letter(2), follow_up, robot):
        world.deliver(SUPPORT, raw)


def assert_each_mail_has_its_place(site: Site) -> None:
    mails = site.rows(mail)
    assert ["done"] * 5 + ["held"] == [row.state for row in mails]
    one, two, three, again, follow_up, robot = mails
    assert two.id == again.copy_of
    assert one.ticket_id == follow_up.ticket_id
    assert 3 == len({one.ticket_id, two.ticket_id, three.ticket_id})
    assert robot.ticket_id is None
    assert 3 == len(site.rows(ticket))
    assert 3 == len(site.rows(draft, draft.c.state.in_(("open", "approved"))))
    with site.engine.read() as tx:
        assert [] == verify.faults(tx)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("post.")])
def test_a_kill_on_the_way_in(name: str, site: Site) -> None:
    deliver_a_morning(site.world)

    site.die_at(name)
    site.expire_claims()
    site.once()
    assert_each_mail_has_its_place(site)
    approved = site.approve_all()
    site.once()

    assert Counter(approved) == site.sent()
    assert {"sent"} == {row.state for row in site.rows(outbox)}


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("post.")])
def test_a_kill_on_the_way_out(name: str, site: Site) -> None:
    deliver_a_morning(site.world)
    site.once()
    approved = site.approve_all()

    # In the middle: one mail was sent before. The three are claimed together.
    site.die_at(name if name == "post.after_claim" else f"{name}:2")
    site.expire_claims()
    site.once()

    assert_each_mail_has_its_place(site)
    states = Counter(row.state for row in site.rows(outbox))
    assert ({"sent": 2, "uncertain": 1} if name in IN_DATA else {"sent": 3}) == states
    sent = site.sent()
    assert set(sent) <= set(approved)
    assert {1} == set(sent.values())
    assert 3 - NOT_SENT.get(name, 0) == len(sent)
    assert_every_end_was_told_once(site)


def assert_every_end_was_told_once(site: Site) -> None:
    with site.engine.read() as tx:
        for row in site.rows(outbox):
            assert row.told
            told = [entry.what for entry in lists.journal_of(tx, row.ticket_id) if entry.what in ("sent", "uncertain")]
            assert [row.state] == told
            owed = [each.state for each in lists.promises_of(tx, row.ticket_id) if each.kind == "answer"]
            assert ["kept" if row.state == "sent" else "open"] == owed


def test_the_failpoints_of_the_code_are_those_of_the_list() -> None:
    reached = set()
    for file in Path(loops.__file__).parent.glob("*.py"):
        reached |= {part.split('"')[0] for part in file.read_text(encoding="utf-8").split('reach("')[1:]}

    assert set(EVERYWHERE) == reached
