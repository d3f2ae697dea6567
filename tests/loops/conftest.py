"""A mail world, and programs that look after its support mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mailbot.app import App
from mailbot.demo.servers import MailWorld
from mailbot.reader import Reader
from tests.loops.line import SUPPORT, Line, MakeLine, line_of, mailbox


@pytest.fixture
def world() -> Iterator[MailWorld]:
    with MailWorld([SUPPORT]) as running:
        yield running


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """One child for all tests: starting it costs more than most of them."""
    shared = Reader()
    yield shared
    shared.close()


@pytest.fixture
def make_line(make_app: Callable[..., App], world: MailWorld, reader: Reader) -> Iterator[MakeLine]:
    """A program on either database; its one mailbox is the world's unless `mailbox` says other ones."""
    lines: list[Line] = []

    def make(**over: Any) -> Line:
        over.setdefault("mailbox", [mailbox(world)])
        lines.append(line_of(make_app(**over), reader))
        return lines[-1]

    yield make
    for line in lines:
        line.close()


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    return make_line()
