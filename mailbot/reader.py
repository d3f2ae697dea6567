"""Understands mails in a child process, so that a mail that hangs or kills the parser harms nothing else.

Parent: Reader.understand(). Child: `python -m mailbot.reader FD`, which imports nothing but the core.
"""

from __future__ import annotations

import contextlib
import pickle
import resource
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from mailbot.core.mail import Unreadable
from mailbot.core.rules import RuleBook
from mailbot.core.understand import Border, Understood, understand

SECONDS = 10.0  # a mail that takes longer is not worth more
START_SECONDS = 60.0  # for the child to start and to take a book in: no mail is to blame for that
MEMORY = 1 << 30  # bytes of address space for the child


TAKEN = b"taken"  # what the child answers to a book


class ReaderError(Exception):
    """No child can be started; nothing is known against any mail."""


@dataclass(frozen=True, slots=True)
class Died:
    """The parser hung, was killed or broke on this mail."""

    why: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Not looked at, because an earlier mail of the batch died; nothing is known against it."""


Reading = Understood | Unreadable | Died | Unread


class Reader:
    """One child process, started when first needed and again after it died. For one thread."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._line: Connection[Any, Any] | None = None
        self._book_version = ""

    def understand(self, book: RuleBook, mails: Sequence[tuple[bytes, Border]]) -> list[Reading]:
        """One reading for each mail, in order."""
        if not mails:
            return []
        line = self._connected(book)
        # A thread writes, because the child may have to wait with its answers until we read them.
        writer = threading.Thread(target=_write, args=(line, mails), name="reader-writer", daemon=True)
        writer.start()
        readings: list[Reading] = []
        for _ in mails:
            reading = self._next(line)
            readings.append(reading)
            if isinstance(reading, Died):
                self._kill()  # which also frees the writer, should it be waiting
                break
        writer.join()
        if self._child is None:
            self.close()
        return [*readings, *(Unread() for _ in range(len(mails) - len(readings)))]

    def close(self) -> None:
        """End the child; the next understand() starts another."""
        self._kill()
        if self._line is not None:
            self._line.close()
        self._line = None

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._child = None

    def _next(self, line: Connection[Any, Any]) -> Reading:
        try:
            if not line.poll(self._seconds):
                return Died(f"解析超过 {self._seconds:g} 秒")
            return self._unpickled(line.recv_bytes())
        except (EOFError, OSError):
            return Died("解析进程意外退出")

    @staticmethod
    def _unpickled(answer: bytes) -> Reading:
        reading: Reading = pickle.loads(answer)  # noqa: S301 our own child's words
        return reading

    def _connected(self, book: RuleBook) -> Connection[Any, Any]:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._line is None:
            ours, theirs = Pipe()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "mailbot.reader", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                process_group=0,  # Ctrl-C is the parent's: a child that dies of it would cost its mail a try
            )
            theirs.close()
            self._line = ours
            self._book_version = ""
        if self._book_version != book.version:
            self._hand_over(self._line, book)
        return self._line

    def _hand_over(self, line: Connection[Any, Any], book: RuleBook) -> None:
        try:
            line.send_bytes(pickle.dumps(book))
            if line.poll(START_SECONDS) and line.recv_bytes() == TAKEN:
                self._book_version = book.version
                return
        except (EOFError, OSError):
            pass
        self.close()
        raise ReaderError("the process that reads mails does not start")


def _write(line: Connection[Any, Any], mails: Sequence[tuple[bytes, Border]]) -> None:
    with contextlib.suppress(OSError):  # the child died; the reading side says so
        for mail in mails:
            line.send_bytes(pickle.dumps(mail))


def serve(line: Connection[Any, Any]) -> None:
    """The child's life: a book, then mails; each mail is answered. Ends when the parent is gone."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    book: RuleBook | None = None
    while True:
        try:
            said = pickle.loads(line.recv_bytes())  # noqa: S301 our own parent's words
        except (EOFError, OSError):
            return
        if isinstance(said, RuleBook):
            book = said
            line.send_bytes(TAKEN)
            continue
        raw, border = said
        assert book is not None, "the book comes first"
        line.send_bytes(pickle.dumps(understand(raw, book, border)))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
