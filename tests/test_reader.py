"""Mails are understood in a child process: what hangs or kills it harms no other mail."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from mailbot.core import tokens
from mailbot.core.automail import Own
from mailbot.core.mail import Unreadable
from mailbot.core.rules import RuleBook, read_book
from mailbot.core.understand import Border, Understood, understand
from mailbot.reader import Died, Reader, Reading, Unread
from mailbot.shelf import rule_files
from tests.conftest import MAILS, OURS, ROOT

BORDER = Border(Own(frozenset({OURS}), partial(tokens.is_ours, key=b"key")))
MAIL = b"From: li.ming@mail.example\r\nSubject: question\r\n\r\nwhere is my order?\r\n"
# Starts and stops are quick, so a mail has little time; a machine under load must not fail the tests by it.
SECONDS = 2.5


OTHERS: set[int] = set()  # readers that other tests share in this process


@pytest.fixture
def reader() -> Iterator[Reader]:
    OTHERS.update(each.pid for each in children())
    made = Reader(SECONDS)
    yield made
    made.close()


def children() -> list[psutil.Process]:
    return [
        each for each in psutil.Process().children() if each.pid not in OTHERS and "mailbot.reader" in each.cmdline()
    ]


def child() -> psutil.Process:
    """The reader's one child process."""
    (found,) = children()
    return found


def read(reader: Reader, book: RuleBook, *raws: bytes) -> list[Reading]:
    return reader.understand(book, [(raw, BORDER) for raw in raws])


def meanwhile(act: Callable[[], object], seconds: float = 0.2) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def test_nothing_to_read_starts_no_process(reader: Reader, book: RuleBook) -> None:
    assert [] == reader.understand(book, [])
    assert [] == children()


def test_a_child_understands_mails_as_this_process_would(reader: Reader, book: RuleBook) -> None:
    raws = [path.read_bytes() for path in sorted(MAILS.glob("*.eml"))[:20]]

    readings = read(reader, book, *raws, b"")

    here = [understand(raw, book, BORDER) for raw in raws]
    assert [each.mail for each in here if isinstance(each, Understood)] == [
        each.mail for each in readings if isinstance(each, Understood)
    ]
    assert isinstance(readings[-1], Unreadable)


def test_the_same_child_reads_batch_after_batch(reader: Reader, book: RuleBook) -> None:
    read(reader, book, MAIL)
    first = child().pid

    read(reader, book, MAIL, MAIL)

    assert first == child().pid


def test_more_and_longer_mails_than_a_pipe_holds_are_read(reader: Reader, book: RuleBook) -> None:
    long = MAIL + b"words of a long letter\r\n" * 20_000

    readings = read(reader, book, *[long] * 12)

    assert [Understood] * 12 == [type(each) for each in readings]


def test_a_mail_that_hangs_is_told_of_and_the_next_ones_are_innocent(reader: Reader, book: RuleBook) -> None:
    read(reader, book, MAIL)
    os.kill(child().pid, signal.SIGSTOP)
    stopped = child()

    readings = read(reader, book, MAIL, MAIL, MAIL)

    assert [Died, Unread, Unread] == [type(each) for each in readings]
    assert isinstance(readings[0], Died)
    assert f"{SECONDS:g} 秒" in readings[0].why
    assert not stopped.is_running()
    assert [Understood, Understood] == [type(each) for each in read(reader, book, MAIL, MAIL)]


def test_a_child_that_hangs_while_much_is_still_to_be_handed_over_is_left_behind(
    reader: Reader, book: RuleBook
) -> None:
    read(reader, book, MAIL)
    os.kill(child().pid, signal.SIGSTOP)
    before = threading.active_count()

    readings = read(reader, book, *[MAIL + b"x" * 1_000_000] * 10)

    assert [Died] + [Unread] * 9 == [type(each) for each in readings]
    assert before == threading.active_count()


def test_a_mail_that_kills_its_reader_is_told_of_and_the_next_ones_are_innocent(reader: Reader, book: RuleBook) -> None:
    read(reader, book, MAIL)
    os.kill(child().pid, signal.SIGSTOP)
    timer = meanwhile(partial(os.kill, child().pid, signal.SIGKILL))

    readings = read(reader, book, MAIL, MAIL)

    timer.join()
    assert [Died, Unread] == [type(each) for each in readings]
    assert [Understood] == [type(each) for each in read(reader, book, MAIL)]


def test_a_child_that_died_between_two_batches_is_nobodys_fault(reader: Reader, book: RuleBook) -> None:
    read(reader, book, MAIL)
    gone = child()
    gone.kill()
    until = time.monotonic() + 5
    while gone.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.01)

    assert [Understood] == [type(each) for each in read(reader, book, MAIL)]


def test_an_edited_rule_book_is_taken_over_by_the_same_child(reader: Reader, book: RuleBook) -> None:
    texts = rule_files(ROOT / "rules")
    path = "categories/enquiry-price.toml"
    edited = read_book({**texts, path: texts[path] + "\n# edited\n"})
    assert book.version != edited.version
    read(reader, book, MAIL)
    first = child().pid

    reading = read(reader, edited, MAIL)[0]

    assert isinstance(reading, Understood)
    assert first == child().pid


def test_a_closed_reader_leaves_no_process_and_can_be_used_again(reader: Reader, book: RuleBook) -> None:
    read(reader, book, MAIL)
    gone = child()
    reader.close()
    reader.close()

    assert not gone.is_running()
    assert [Understood] == [type(each) for each in read(reader, book, MAIL)]


def test_a_child_ends_when_its_parent_is_gone(reader: Reader, book: RuleBook) -> None:
    read(reader, book, MAIL)
    left = child()
    assert reader._line is not None

    reader._line.close()

    left.wait(timeout=5)


def test_the_child_loads_nothing_but_the_core(reader: Reader, book: RuleBook) -> None:
    read(reader, book, MAIL)

    maps = Path(f"/proc/{child().pid}/maps").read_text(encoding="utf-8")

    assert "sqlalchemy" not in maps
    assert "psycopg" not in maps
    assert "pydantic" not in maps
