"""post: approved mails out. Claims, marks the phase, sends; how it ended goes back through the door.

A definite refusal is believed, a lost answer never guessed at: after `data` it is `uncertain`.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.engine import Row

from mailbot.clock import Clock
from mailbot.core.retry import next_try, reconnect_wait
from mailbot.core.ticket import Event, SendFailed, SendUncertain, Sent
from mailbot.desk import ConflictError, Desk
from mailbot.failpoints import reach
from mailbot.smtp import (
    Accepted,
    Deferred,
    Outcome,
    Outgoing,
    Refused,
    SmtpAccount,
    SmtpError,
    SmtpSession,
    Unknown,
)
from mailbot.store import keep, outbox
from mailbot.store.engine import Engine
from mailbot.store.outbox import Letter
from mailbot.store.tickets import read_pledges

log = structlog.get_logger()

BATCH = 50
IDLE_SECONDS = 1.0
PROOF_EVERY = 60.0  # seconds between looks into the Sent folder for an uncertain mail

FindProof = Callable[[str, str], bool]  # mailbox, Message-ID -> it lies in the Sent folder


class LostClaimError(Exception):
    """Another process took the row over before DATA; nothing was sent by us."""


class Post:
    """The loop; asynchronous inside, because one slow server must not hold up the other mailboxes."""

    def __init__(
        self,
        engine: Engine,
        desk: Desk,
        clock: Clock,
        accounts: Mapping[str, Callable[[], SmtpAccount]],
        find_proof: FindProof | None = None,
    ) -> None:
        self._engine, self._desk, self._clock = engine, desk, clock
        self._accounts = accounts
        self._find_proof = find_proof
        self._worker = f"{os.getpid()}-{random.getrandbits(32):08x}"
        self._failures: dict[str, int] = defaultdict(int)
        self._proof_wait = 0.0
        self._runner = asyncio.Runner()

    def step(self) -> float:
        """Recover, send what is due, tell the tickets."""
        self.recover()
        sent = self.send_due()
        told = self.tell()
        self._proof_wait -= IDLE_SECONDS
        if self._proof_wait <= 0:
            self._proof_wait = PROOF_EVERY
            self.look_for_proof()
        return 0.0 if sent or told else IDLE_SECONDS

    def close(self) -> None:
        self._runner.close()

    def send_due(self) -> int:
        """Claim and send one batch; how many were claimed."""
        with self._engine.write() as tx:
            outbox.recall_overtaken(tx)
            letters = outbox.claim(tx, self._worker, BATCH, self._clock.now(), self._engine.now(tx))
        if not letters:
            return 0
        reach("post.after_claim")
        by_mailbox: dict[str, list[Letter]] = defaultdict(list)
        for letter in letters:
            by_mailbox[letter.mailbox].append(letter)
        self._runner.run(self._send_all(by_mailbox))
        return len(letters)

    def tell(self) -> int:
        """Take every ended send back through the door; how many."""
        with self._engine.read() as tx:
            rows = outbox.untold(tx)
        told = 0
        for row in rows:
            try:
                told += self._tell_one(row)
            except ConflictError:
                continue  # the ticket changed at this moment; the next step tells it
            reach("post.after_told")
        return told

    def _tell_one(self, row: Row[Any]) -> bool:
        with self._engine.write() as tx:
            if not outbox.mark_told(tx, row.id, row.state):
                return False
            reach("post.before_told")
            if row.ticket_id is not None:  # else a reminder to an agent
                self._desk.handle_in(tx, row.ticket_id, _ended(row), self._clock.now())
        return True

    def look_for_proof(self) -> int:
        """Uncertain mails that lie in the Sent folder were sent; how many were settled."""
        if self._find_proof is None:
            return 0
        with self._engine.read() as tx:
            rows = outbox.uncertain_rows(tx)
        settled = 0
        for row in rows:
            if self._find_proof(row.mailbox, row.message_id):
                proof = "在已发送文件夹中找到该邮件"
                settled += self._desk.settle(row.id, True, "mailbot", self._clock.now(), proof)
        return settled

    def recover(self) -> int:
        """Free the sends of processes that are gone; how many."""
        with self._engine.write() as tx:
            own = self._worker if self._engine.is_sqlite else None
            lost = outbox.recover(tx, self._engine.now(tx), own)
        if lost:
            log.warning("sends of a process that is gone were recovered", mails=lost)
        return lost

    async def _send_all(self, by_mailbox: Mapping[str, Sequence[Letter]]) -> None:
        # Every mailbox comes to its end before the fault of one is raised: no send is left half way.
        sends = (self._send_mailbox(name, letters) for name, letters in by_mailbox.items())
        for ended in await asyncio.gather(*sends, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended

    async def _send_mailbox(self, name: str, letters: Sequence[Letter]) -> None:
        account = self._accounts.get(name)
        if account is None:
            self._put_off(letters, f"邮箱 {name} 已不在配置中", 300.0)
            return
        left = list(letters)
        try:
            async with SmtpSession(account()) as session:
                while left:
                    await self._send_one(session, left[0])
                    left.pop(0)
            self._failures[name] = 0
        except SmtpError as error:
            self._failures[name] += 1
            wait = reconnect_wait(self._failures[name], random.random())  # noqa: S311 jitter
            log.warning("cannot send", mailbox=name, kind=error.kind, wait=round(wait), error=error.text)
            self._put_off(left, error.text, wait)
            with self._engine.write() as tx:
                keep.beat(tx, f"smtp:{name}", self._clock.now(), error.text)

    async def _send_one(self, session: SmtpSession, letter: Letter) -> None:
        async def before_data() -> None:
            await asyncio.to_thread(self._mark_data, letter)

        outgoing = Outgoing(letter.sender, letter.recipients, letter.content, letter.smtputf8)
        try:
            outcome = await session.send(outgoing, before_data)
        except LostClaimError:
            log.warning("claim lost before sending", outbox=letter.id)
            return
        reach("post.after_data")
        await asyncio.to_thread(self._record, letter, outcome)
        reach("post.after_result")

    def _mark_data(self, letter: Letter) -> None:
        with self._engine.write() as tx:
            if not outbox.mark_data(tx, letter.id, self._worker):
                raise LostClaimError(letter.id)
        reach("post.before_data")

    def _record(self, letter: Letter, outcome: Outcome) -> None:
        now = self._clock.now()
        with self._engine.write() as tx:
            match outcome:
                case Accepted(text):
                    outbox.succeeded(tx, letter.id, self._worker, text, now)
                case Refused(code, why):
                    outbox.failed(tx, letter.id, self._worker, f"{code} {why}")
                case Unknown(why):
                    outbox.uncertain(tx, letter.id, self._worker, why)
                case Deferred(why):
                    at = next_try(letter.attempts, now)
                    if at is None:
                        outbox.failed(tx, letter.id, self._worker, f"多次重试仍失败:{why}")
                    else:
                        outbox.retry(tx, letter.id, self._worker, why, at)
        log.info("send ended", outbox=letter.id, outcome=type(outcome).__name__, attempts=letter.attempts)

    def _put_off(self, letters: Sequence[Letter], why: str, wait: float) -> None:
        at = self._clock.now() + timedelta(seconds=wait)
        with self._engine.write() as tx:
            for letter in letters:
                outbox.unclaim(tx, letter.id, self._worker, why, at)


def _ended(row: Row[Any]) -> Event:
    if row.state == "sent":
        pledges = read_pledges(row.pledges)
        return Sent(row.id, row.kind, row.asks, row.last_result, row.approved_at, row.template, pledges, row.sent_at)
    if row.state == "failed":
        return SendFailed(row.id, row.draft_id, row.kind, row.last_result)
    return SendUncertain(row.id, row.last_result)
