"""work: stored mails become tickets with drafts. One transaction a batch; a mail that fails, fails alone."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence

import structlog
from sqlalchemy.engine import Connection

from mailbot.clock import Clock
from mailbot.core.errors import UserError
from mailbot.core.understand import Understood
from mailbot.desk import ConflictError, Desk
from mailbot.failpoints import reach
from mailbot.reader import Died, Reader, ReaderError, Reading, Unread
from mailbot.reception import Reception
from mailbot.store import intake
from mailbot.store.engine import Engine
from mailbot.store.intake import TRIES, Claimed

log = structlog.get_logger()

FIRST_BATCH = 20
BATCH = 200
IDLE_SECONDS = 1.0
REST_SECONDS = 60.0  # without a mail for so long, the reader's memory is given back; it starts again in half a second


class Work:
    """The loop; one a process."""

    def __init__(self, engine: Engine, desk: Desk, clock: Clock, reader: Reader | None = None) -> None:
        self._engine, self._desk, self._clock = engine, desk, clock
        self._reception = Reception(desk)
        self._reader = reader or Reader()
        self._worker = f"{os.getpid()}-{random.getrandbits(32):08x}"
        self._batch = FIRST_BATCH
        self._begun = self._tried_first = False
        self._last = time.monotonic()

    def step(self) -> float:
        """One batch. Batches grow with the backlog, so that a single mail is never held for company."""
        done = self.batch()
        if done == 0:
            self._batch = FIRST_BATCH
            if time.monotonic() - self._last > REST_SECONDS:
                self._reader.close()
            return IDLE_SECONDS
        self._last = time.monotonic()
        self._batch = BATCH if done >= self._batch else FIRST_BATCH
        return 0.0

    def batch(self) -> int:
        """Claim, understand, write. Returns how many mails were claimed."""
        with self._engine.write() as tx:
            if self._engine.is_sqlite and not self._begun:
                intake.free_dead_claims(tx, self._worker)
            claimed = intake.claim(tx, self._worker, self._batch, self._engine.now(tx), self._tried_first)
        self._begun = True
        self._tried_first = not self._tried_first  # in turns, so that neither waits for the other's backlog
        if not claimed:
            return 0
        reach("work.after_claim")
        # What leaves this block by an exception is a fault of ours: every mail keeps its attempt and is tried
        # alone from now on. A reader that does not start is nobody's.
        blamed: bool | None = True
        try:
            self._take(claimed)
            blamed = None
        except ReaderError:
            blamed = False
            raise
        finally:
            if blamed is not None:
                with self._engine.write() as tx:
                    intake.give_back(tx, [each.id for each in claimed], self._worker, blamed)
        return len(claimed)

    def close(self) -> None:
        self._reader.close()

    def _take(self, claimed: Sequence[Claimed]) -> None:
        fresh = [each for each in claimed if each.attempts <= TRIES]
        book = self._desk.door.shelf.volume.book
        border = self._desk.door.border
        readings = self._reader.understand(book, [(each.content, border(each.mailbox)) for each in fresh])
        self._ask_for_orders(readings)
        with self._engine.write() as tx:
            self._engine.take_turn(tx)
            for each in claimed:
                if each.attempts > TRIES:
                    self._set_aside(tx, each, f"处理 {TRIES} 次均失败")
            for each, reading in zip(fresh, readings, strict=True):
                self._one(tx, each, reading)
            reach("work.before_commit")
        reach("work.after_commit")

    def _ask_for_orders(self, readings: Sequence[Reading]) -> None:
        """Outside the transaction and for a moment at most: a shop's system may be slow or down."""
        orders = self._desk.door.orders
        if orders is not None:
            found = [each.facts.order_numbers for each in readings if isinstance(each, Understood)]
            orders.prefetch([fact.value for facts in found for fact in facts if fact.sure])

    def _one(self, tx: Connection, each: Claimed, reading: Reading) -> None:
        if isinstance(reading, Died):
            self._blame(tx, each, reading.why)
            return
        if isinstance(reading, Unread):
            intake.give_back(tx, [each.id], self._worker, blamed=False)
            return
        try:
            with tx.begin_nested():
                self._reception.receive(tx, each, reading, self._worker, self._clock.now())
        except ConflictError:
            intake.give_back(tx, [each.id], self._worker, blamed=False)
        except UserError as error:  # the owner's template cannot say what this mail needs
            self._blame(tx, each, str(error))

    def _blame(self, tx: Connection, each: Claimed, why: str) -> None:
        if each.attempts >= TRIES:
            self._set_aside(tx, each, why)
        else:
            log.warning("mail failed, it is tried again alone", mail=each.id, attempts=each.attempts, why=why)
            intake.give_back(tx, [each.id], self._worker, blamed=True)

    def _set_aside(self, tx: Connection, each: Claimed, why: str) -> None:
        intake.finish(tx, each.id, self._worker, {"state": "aside", "why": why})
        log.error("mail set aside", mail=each.id, attempts=each.attempts, why=why)
