"""Orders asked of the shop's own system, by HTTP or SQL: bounded, cached, and never in anybody's way.

A worker asks before it writes, for a whole batch at once, and waits a moment; what comes later is there for the next
look. After a few failures in a row the system is left alone for a while, so that its outage costs intake nothing.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

import sqlalchemy as sa
import structlog

from mailbot.core.order import Order
from mailbot.orders import COLUMNS, plain_number

log = structlog.get_logger()

Ask = Callable[[str], Mapping[str, Any] | None]  # an order number -> its row; None: there is none

WAIT_SECONDS = 1.5  # what a batch of mails waits for a shop's system, at most
MOST_AT_ONCE = 50  # orders of one batch that are asked for
MOST_ASKED = 200  # questions that wait at a time: a system that hangs must not gather thousands
KEPT = 5000  # orders in memory
FAILURES = 3  # in a row, before the system is left alone
PAUSE_SECONDS = 60.0
MOST_BYTES = 256 * 1024  # of an answer
MOST_CHARACTERS = 300  # of a cell


class LookupFailed(Exception):  # noqa: N818 (it says what happened, and is caught beside its cause)
    """The shop's system did not answer, or not in words we understand."""


class OrderLookup:
    """Orders by asking; look-ups read what was answered, and ask in the background where nothing was."""

    def __init__(self, ask: Ask, cache_seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._cache_seconds, self._now = ask, cache_seconds, now
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="orders")
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Order | None, float]] = {}
        self._asked: dict[str, Future[None]] = {}
        self._failures = 0
        self._paused_until = 0.0
        self._closed = False

    def find(self, number: str) -> Order | None:
        key = plain_number(number)
        with self._lock:
            known = self._known.get(key)
        if known is None or self._now() - known[1] > self._cache_seconds:
            self._begin(key, number)  # what was known is said meanwhile
        return known[0] if known else None

    def is_sure(self, number: str) -> bool:
        with self._lock:
            return plain_number(number) in self._known

    def prefetch(self, numbers: Iterable[str]) -> None:
        """Ask for these orders and wait a moment; who is not answered by then is answered later."""
        begun = []
        for number in tuple(dict.fromkeys(numbers))[:MOST_AT_ONCE]:
            key = plain_number(number)
            with self._lock:
                known = self._known.get(key)
            if known is None or self._now() - known[1] > self._cache_seconds:
                begun.append(self._begin(key, number))
        wait([each for each in begun if each is not None], timeout=WAIT_SECONDS)

    def refresh(self) -> bool:
        """Nothing to read again: every answer grows old by itself."""
        return False

    def close(self) -> None:
        """Wait for nothing: an answer nobody needs any more may still be under way."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, key: str, number: str) -> Future[None] | None:
        with self._lock:
            if self._closed or self._now() < self._paused_until:
                return None
            if key not in self._asked:
                if len(self._asked) >= MOST_ASKED:
                    return None
                self._asked[key] = self._pool.submit(self._learn, key, number)
            return self._asked[key]

    def _learn(self, key: str, number: str) -> None:
        try:
            order = _order(self._ask(number), key)
        except LookupFailed as failed:
            self._failed(str(failed))
            return
        finally:  # whatever happened: it may be asked again
            with self._lock:
                self._asked.pop(key, None)
        with self._lock:
            self._failures = 0
            self._known[key] = (order, self._now())
            while len(self._known) > KEPT:
                self._known.pop(next(iter(self._known)))

    def _failed(self, why: str) -> None:
        with self._lock:
            self._failures += 1
            pause = self._failures >= FAILURES
            if pause:  # after it, one failure more is enough for the next
                self._failures, self._paused_until = FAILURES - 1, self._now() + PAUSE_SECONDS
        log.warning("the shop's system did not tell of an order", why=why, left_alone_seconds=PAUSE_SECONDS * pause)


def _order(row: Mapping[str, Any] | None, key: str) -> Order | None:
    """The row as an order; one with another number is no answer to what was asked."""
    if row is None:
        return None
    cells = {name: _cell(row.get(name)) for name in COLUMNS}
    if cells["number"] and plain_number(cells["number"]) != key:
        raise LookupFailed("the answer is about another order")
    return Order(**{**cells, "number": cells["number"] or key})


def _cell(value: object) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else " ".join(str(value).split())[:MOST_CHARACTERS]


def by_http(url: str, token: str, timeout: float) -> Ask:
    """GET `url` with {number} filled in; 404 or null: no such order; else a JSON object with our columns' names.

    A redirect is a failure: the token is for the address that the owner wrote, and for no other.
    """
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def ask(number: str) -> Mapping[str, Any] | None:
        try:
            status, raw = _get(url.replace("{number}", quote(number, safe="")), headers, timeout)
        except (OSError, ValueError, HTTPException) as error:
            raise LookupFailed(type(error).__name__) from None
        if status == 404:
            return None
        if status != 200:
            raise LookupFailed(f"HTTP {status}")
        return _json(raw)

    return ask


def _get(url: str, headers: Mapping[str, str], timeout: float) -> tuple[int, bytes]:
    """Status and body, MOST_BYTES + 1 of it at most; OSError, ValueError or HTTPException when there is no answer."""
    parts = urlsplit(url)
    make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    line = make(parts.hostname or "", parts.port, timeout=timeout)
    # The timeout counts from byte to byte; the watch ends an answer that comes drop by drop.
    watch = threading.Timer(timeout, _hang_up, (line,))
    watch.daemon = True
    try:
        line.connect()
        watch.start()
        line.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", headers=dict(headers))
        answer = line.getresponse()
        return answer.status, answer.read(MOST_BYTES + 1)
    finally:
        watch.cancel()
        line.close()


def _hang_up(line: HTTPConnection) -> None:
    with suppress(OSError, AttributeError):  # it is over already
        line.sock.shutdown(socket.SHUT_RDWR)


def _json(raw: bytes) -> Mapping[str, Any] | None:
    if len(raw) > MOST_BYTES:
        raise LookupFailed("the answer is too long")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise LookupFailed("the answer is no JSON") from None
    if found is not None and not isinstance(found, dict):
        raise LookupFailed("the answer is no JSON object")
    return found


def by_sql(engine: sa.Engine, query: str) -> Ask:
    """The first row of `query`, a SELECT with :number, on the shop's database; its columns named as ours.

    `engine`: of store.engine.shops_engine, which reads only and gives up in time.
    """
    statement = sa.text(query)

    def ask(number: str) -> Mapping[str, Any] | None:
        try:
            with engine.connect() as connection:
                row = connection.execute(statement, {"number": number}).mappings().first()
        except sa.exc.SQLAlchemyError as error:
            raise LookupFailed(type(error).__name__) from None
        return {str(name).lower(): value for name, value in row.items()} if row is not None else None

    return ask
