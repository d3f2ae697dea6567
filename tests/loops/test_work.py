"""work: one mail's misfortune is nobody else's, whether the mail is to blame, its reader, or we are."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.app import build
from mailbot.clock import Clock
from mailbot.config import Config
from mailbot.core.decision import Decision
from mailbot.core.rules import RuleBook
from mailbot.core.ticket import Event
from mailbot.core.understand import Border
from mailbot.demo.servers import MailWorld
from mailbot.desk import Desk
from mailbot.loops import work as work_loop
from mailbot.loops.work import Work
from mailbot.reader import Died, Reader, ReaderError, Reading, Unread
from mailbot.store import intake
from mailbot.store.tables import mail
from tests.conftest import MAILS, MONDAY, ROOT
from tests.loops.line import SUPPORT, Line, letter, line_of, mailbox, on_sqlite

DEADLY = b"Subject: question 2\r\n"


class FragileReader(Reader):
    """The real reader, whose child gets a SIGKILL as soon as it is handed a deadly mail: what a parser that
    runs out of memory looks like from here."""

    def __init__(self) -> None:
        super().__init__()
        self.deaths = 0

    def understand(self, book: RuleBook, mails: Any) -> list[Reading]:
        before = []
        for each in mails:
            if DEADLY in each[0]:
                break
            before.append(each)
        readings = super().understand(book, before)
        if len(before) == len(mails):
            return readings
        self.deaths += 1
        self._connected(book)
        assert self._child is not None
        os.kill(self._child.pid, signal.SIGKILL)
        self._child.wait()
        assert self._line is not None
        died = self._next(self._line)
        self.close()
        return [*readings, died, *(Unread() for _ in mails[len(before) + 1 :])]


def with_reader(line: Line, reader: Reader) -> Line:
    line.work = Work(line.app.engine, line.app.desk, line.app.clock, reader)
    return line


@pytest.fixture
def fragile() -> Iterator[FragileReader]:
    reader = FragileReader()
    yield reader
    reader.close()


def states(line: Line) -> dict[str, str]:
    return {row.subject: row.state for row in line.mails()}


# --- the usual ------------------------------------------------------------------------------------------------


def test_mails_become_tickets_with_drafts_and_promises(line: Line, world: MailWorld) -> None:
    for number in (1, 2, 3):
        world.deliver(SUPPORT, letter(number))

    assert 3 == line.take_in()

    assert ["20261123-0001", "20261123-0002", "20261123-0003"] == [row.number for row in line.tickets()]
    assert [row.id for row in line.tickets()] == [row.ticket_id for row in line.drafts()]
    for row in line.tickets():
        assert ("answer", "open") in line.promises(row.id)
    assert [] == line.faults()


def test_robots_get_no_ticket_and_no_draft(line: Line, world: MailWorld) -> None:
    for name in ("qq-auto-reply", "newsletter-zh", "gmail-bounce-550", "loop-from-our-own-address"):
        world.deliver(SUPPORT, (MAILS / f"{name}.eml").read_bytes())

    line.take_in()

    assert ["held"] * 4 == [row.state for row in line.mails()]
    assert all(row.why for row in line.mails())
    assert [] == list(line.tickets())


def test_two_mails_with_one_message_id_are_two_and_one_mail_twice_is_one(line: Line, world: MailWorld) -> None:
    same = {"Message_ID": "<0@broken.example>"}
    nameless = letter(3).replace(b"Message-ID: <question-3@mail.example>\r\n", b"")
    for raw in (letter(1, **same), letter(2, **same), letter(1, **same), nameless, b"Received: again\r\n" + nameless):
        world.deliver(SUPPORT, raw)

    line.take_in()

    assert ["question 1", "question 2", "question 3"] == [row.subject for row in line.tickets()]
    first, _, copy, third, again = line.mails()
    assert first.id == copy.copy_of
    assert third.id == again.copy_of
    assert 3 == len(line.drafts())


@on_sqlite
def test_batches_grow_with_the_backlog(line: Line, world: MailWorld) -> None:
    for number in range(work_loop.FIRST_BATCH + 15):
        world.deliver(SUPPORT, letter(number))
    line.fetch.poll()

    assert 0.0 == line.work.step()
    assert work_loop.FIRST_BATCH == len(line.tickets())
    assert 0.0 == line.work.step()
    assert work_loop.FIRST_BATCH + 15 == len(line.tickets())
    assert work_loop.IDLE_SECONDS == line.work.step()


# --- a mail that kills its reader -----------------------------------------------------------------------------


def test_a_mail_that_kills_the_reader_is_set_aside_after_three_tries(
    line: Line, world: MailWorld, fragile: FragileReader
) -> None:
    with_reader(line, fragile)
    for number in (1, 2, 3, 4):
        world.deliver(SUPPORT, letter(number))

    line.take_in()

    assert intake.TRIES == fragile.deaths
    assert ["done", "aside", "done", "done"] == [row.state for row in line.mails()]
    assert ["question 1", "question 3", "question 4"] == [row.subject for row in line.tickets()]
    (aside,) = [row for row in line.mails() if row.state == "aside"]
    assert aside.why
    with line.app.engine.read() as tx:
        assert letter(2) == intake.content(tx, aside.id)


@on_sqlite
def test_what_was_set_aside_can_be_tried_again(
    line: Line, world: MailWorld, fragile: FragileReader, reader: Reader
) -> None:
    with_reader(line, fragile)
    world.deliver(SUPPORT, letter(2))
    line.take_in()
    (aside,) = line.mails()

    with_reader(line, reader)  # it was mended
    with line.app.engine.write() as tx:
        assert intake.try_again(tx, aside.id, as_human=False)
    line.work_off()

    assert {"question 2": "done"} == states(line)


@on_sqlite
def test_a_reader_that_hangs_is_ended(line: Line) -> None:
    reader = Reader(seconds=0.3)
    book = line.app.desk.door.shelf.volume.book
    border = line.app.desk.door.border("support")
    reader._connected(book)
    child = reader._child
    assert child is not None
    child.send_signal(signal.SIGSTOP)

    (reading,) = reader.understand(book, [(letter(1), border)])
    reader.close()

    assert isinstance(reading, Died)
    assert child.poll() is not None


def test_the_reader_child_ends_with_its_parent() -> None:
    script = (
        "import os, sys, time\n"
        "from mailbot.reader import Reader\n"
        "from mailbot.core.rules import read_book\n"
        "from mailbot.shelf import rule_files\n"
        "from pathlib import Path\n"
        "reader = Reader()\n"
        "reader._connected(read_book(rule_files(Path('rules'))))\n"
        "print(reader._child.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=30, check=False)

    assert -signal.SIGKILL == ended.returncode
    _gone(int(ended.stdout))


def _gone(pid: int) -> None:
    until = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < until, "the reader outlived its parent"
        time.sleep(0.05)


# --- a bug of ours --------------------------------------------------------------------------------------------


@pytest.fixture
def line_with_a_bug(
    make_config: Callable[..., Config], database_url: str, world: MailWorld, reader: Reader, tmp_path: Path
) -> Iterator[Line]:
    """The packaged templates, with a bug that one customer's subject meets."""
    folder = tmp_path / "templates"
    shutil.copytree(ROOT / "templates", folder)
    enquiry = folder / "zh" / "_enquiry.txt"
    bug = '{% block greeting %}\n{% if "question 2" in customer_subject %}{{ 1 // 0 }}{% endif %}'
    text = enquiry.read_text(encoding="utf-8")
    assert 1 == text.count("{% block greeting %}")
    enquiry.write_text(text.replace("{% block greeting %}", bug), encoding="utf-8")
    config = make_config(mailbox=[mailbox(world)], database={"url": database_url})
    app = build(replace(config, paths=replace(config.paths, templates=folder)), Clock(MONDAY))
    line = line_of(app, reader)
    yield line
    line.close()
    app.close()


def test_a_template_that_fails_on_one_mail_costs_only_that_mail(line_with_a_bug: Line, world: MailWorld) -> None:
    line = line_with_a_bug
    for number in (1, 2, 3):
        world.deliver(SUPPORT, letter(number))

    line.take_in()

    assert ["done", "aside", "done"] == [row.state for row in line.mails()]
    assert "zh/enquiry_" in line.mails()[1].why
    assert ["question 1", "question 3"] == [row.subject for row in line.tickets()]
    assert [] == line.faults()


class FaultyDesk(Desk):
    """The real desk with a bug that one mail meets."""

    def handle_in(self, tx: Connection, ticket_id: int | None, event: Event, now: datetime) -> Decision:
        decision = super().handle_in(tx, ticket_id, event, now)
        if decision.ticket.subject == "question 2":
            raise ZeroDivisionError
        return decision


def test_a_bug_that_one_mail_meets_costs_only_that_mail(line: Line, world: MailWorld, reader: Reader) -> None:
    line.work = Work(line.app.engine, FaultyDesk(line.app.desk.door), line.app.clock, reader)
    for number in (1, 2, 3):
        world.deliver(SUPPORT, letter(number))
    line.fetch.poll()

    failures = 0
    for _ in range(12):
        try:
            line.work.batch()
        except ZeroDivisionError:
            failures += 1

    assert intake.TRIES == failures
    assert ["done", "aside", "done"] == [row.state for row in line.mails()]
    assert ["question 1", "question 3"] == [row.subject for row in line.tickets()]
    assert [] == line.faults()


# --- claims ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_claims_of_a_dead_worker_are_free_after_their_time(line: Line, world: MailWorld) -> None:
    world.deliver(SUPPORT, letter(1))
    line.fetch.poll()
    with line.app.engine.write() as tx:
        assert 1 == len(intake.claim(tx, "dead", 10, line.app.engine.now(tx)))

    assert 0 == line.work_off()
    with line.app.engine.write() as tx:
        tx.execute(sa.update(mail).values(claimed_until=line.app.engine.now(tx) - timedelta(seconds=1)))
    assert 1 == line.work_off()

    assert ["done"] == [row.state for row in line.mails()]


@on_sqlite
def test_on_sqlite_the_claims_of_a_dead_process_are_free_at_once(line: Line, world: MailWorld) -> None:
    world.deliver(SUPPORT, letter(1))
    line.fetch.poll()
    with line.app.engine.write() as tx:
        intake.claim(tx, "dead", 10, line.app.engine.now(tx))

    assert 1 == line.work_off()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_share_a_backlog_and_double_nothing(line: Line, world: MailWorld) -> None:
    for number in range(60):  # ten customers, six mails each: both workers meet the same tickets
        order = f"订单号 20261101{number % 10:04d}"
        who = f"customer{number % 10}@mail.example"
        world.deliver(SUPPORT, letter(number, f"{order} 请问发货了吗? {number}", From=who))
    line.fetch.poll()
    other = Work(line.app.engine, line.app.desk, line.app.clock)

    def work_off(work: Work) -> int:
        done = 0
        while count := work.batch():
            done += count
        return done

    with ThreadPoolExecutor(2) as pool:
        shares = list(pool.map(work_off, (line.work, other)))
    other.close()
    line.work_off()  # what one gave back because the other was first

    assert sum(shares) >= 60
    assert {"done"} == {row.state for row in line.mails()}
    assert 60 == len({row.id for row in line.mails() if row.ticket_id})
    assert 10 == len(line.tickets())
    assert [] == line.faults()


class Absent(Reader):
    """A reader whose process does not start, as on a machine without memory."""

    def understand(self, book: RuleBook, mails: Sequence[tuple[bytes, Border]]) -> list[Reading]:
        raise ReaderError("no memory")


@on_sqlite
def test_a_reader_that_does_not_start_is_no_mails_fault(line: Line, world: MailWorld) -> None:
    world.deliver(SUPPORT, letter(1))
    line.fetch.poll()
    work = Work(line.app.engine, line.app.desk, line.app.clock, Absent())

    for _ in range(4):
        with pytest.raises(ReaderError):
            work.batch()

    assert [("stored", 0)] == [(row.state, row.attempts) for row in line.mails()]


@on_sqlite
def test_a_mail_that_was_tried_before_does_not_wait_for_a_backlog_to_end(line: Line, world: MailWorld) -> None:
    for number in range(1, 4):
        world.deliver(SUPPORT, letter(number))
    line.fetch.poll()
    last = line.mails()[2].id
    with line.app.engine.write() as tx:
        tx.execute(sa.update(mail).where(mail.c.id == last).values(attempts=1))

    line.work._batch = 1
    claimed = [line.work.batch() for _ in range(2)]

    assert [1, 1] == claimed
    assert "done" == line.mails()[2].state
