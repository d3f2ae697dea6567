"""fetch: one mailbox's new mails into the database, raw bytes first, then the cursor, in one transaction.

IDLE is only a hint. What counts is the poll, and now and then a full comparison of UIDs: the server's flags
and our cursor may both be wrong, the set difference is not.
"""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy.engine import Connection

from mailbot.clock import Clock
from mailbot.core.retry import reconnect_wait
from mailbot.failpoints import reach
from mailbot.imap import Fetched, FetchFailed, ImapAccount, ImapError, ImapSession, Size
from mailbot.login import Login
from mailbot.providers import Provider
from mailbot.settings import MailboxConfig
from mailbot.store import intake, keep
from mailbot.store.engine import Engine
from mailbot.store.intake import Incoming, Place

log = structlog.get_logger()

FIRST_BATCH = 20  # small, so that the first mails of a backlog are seen within a second
BATCH = 200
COMPARE_EVERY = 30  # polls
LEASE_SECONDS = 90.0
HELD_ELSEWHERE_WAIT = 15.0


class LeaseLostError(Exception):
    """Another process took this mailbox over; what we fetched is not ours to store."""


@dataclass(frozen=True, slots=True)
class Post:
    """One mailbox as fetch sees it."""

    mailbox: MailboxConfig
    account: ImapAccount
    provider: Provider
    disk: Path | None  # where our bytes go, when that is a disk we can look at
    login: Login


class Fetch:
    """The loop of one mailbox."""

    def __init__(
        self, post: Post, engine: Engine, clock: Clock, tell_work: Callable[[], None], stop: threading.Event
    ) -> None:
        self._post, self._engine, self._clock = post, engine, clock
        self._tell_work, self._stop = tell_work, stop
        self._name = post.mailbox.name
        self._holder = f"{random.getrandbits(64):016x}"
        self._session: ImapSession | None = None
        self._failures = 0
        self._polls = 0

    def step(self) -> float:
        """Poll once, then wait in IDLE for up to the poll interval. Returns the seconds still to wait."""
        if not self._lease():
            self._log_out()
            return HELD_ELSEWHERE_WAIT
        try:
            self.poll()
            self._failures = 0
            session = self._connected()
            session.idle(self._interval(), self._stop)
        except ImapError as error:
            return self._failed(error)
        except LeaseLostError:
            log.info("another process looks after this mailbox now", mailbox=self._name)
            self._log_out()
            return HELD_ELSEWHERE_WAIT
        return 0.0

    def poll(self) -> int:
        """Take in everything that is new, once. Returns how many mails."""
        self._check_disk()
        session = self._connected()
        folder = session.select()
        place = Place(self._name, self._post.mailbox.folder, folder.uidvalidity)
        with self._engine.read() as tx:
            cursor = intake.last_uid(tx, place)
        taken = 0
        if self._polls % COMPARE_EVERY == 0 and cursor:
            taken += self._take_in(session, place, self._overlooked(session, place, cursor))
        self._polls += 1
        while waiting := session.sizes(cursor):  # in windows of some thousand UIDs
            taken += self._take_in(session, place, waiting)
            cursor = max(size.uid for size in waiting)
            if self._stop.is_set():
                break
        self._file_away(session, place)
        with self._engine.write() as tx:
            keep.beat(tx, f"mailbox:{self._name}", self._clock.now())
        return taken

    def close(self) -> None:
        """Log out; always bounded. Whoever comes after us need not wait for our lease to run out."""
        self._log_out()
        if not self._engine.is_sqlite:
            with self._engine.write() as tx:
                keep.drop_lease(tx, f"fetch:{self._name}", self._holder, self._engine.now(tx))

    def _log_out(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.__exit__(None, None, None)

    def _connected(self) -> ImapSession:
        if self._session is None:
            session = ImapSession(self._post.account)
            self._session = session.__enter__()
        return self._session

    def _take_in(self, session: ImapSession, place: Place, waiting: Sequence[Size]) -> int:
        taken, start, count = 0, 0, FIRST_BATCH
        while start < len(waiting) and not self._stop.is_set():
            batch = waiting[start : start + count]
            mails = self._fetch(session, batch)
            reach("fetch.before_store")
            with self._engine.write() as tx:
                if not self._keep_lease(tx):  # stored by whoever has it now
                    raise LeaseLostError(self._name)
                intake.take_in(tx, place, mails, max(size.uid for size in batch), self._clock.now())
            reach("fetch.after_store")
            self._tell_work()
            taken += len(mails)
            start, count = start + count, BATCH
        if taken:
            log.info("mails taken in", mailbox=self._name, mails=taken)
        return taken

    def _fetch(self, session: ImapSession, batch: Sequence[Size]) -> list[Incoming]:
        limit = self._post.mailbox.max_mail_bytes
        sizes = {size.uid: size.bytes for size in batch}
        mails: list[Incoming] = []
        for fetched in session.fetch([size.uid for size in batch if size.bytes <= limit]):
            self._keep(mails, fetched, sizes, partial=False)
        for size in batch:
            if size.bytes > limit:
                self._keep(mails, session.fetch_header(size.uid), sizes, partial=True)
        return sorted(mails, key=lambda mail: mail.uid)

    def _keep(
        self, mails: list[Incoming], fetched: Fetched | FetchFailed, sizes: dict[int, int], partial: bool
    ) -> None:
        if isinstance(fetched, FetchFailed):
            if not fetched.gone:  # the full comparison comes back to it
                log.error("mail cannot be fetched", mailbox=self._name, uid=fetched.uid, why=fetched.why)
            return
        received = fetched.internal_date or self._clock.now()
        size = sizes.get(fetched.uid, len(fetched.raw))
        mails.append(Incoming(fetched.uid, received, size, fetched.raw, partial))

    def _overlooked(self, session: ImapSession, place: Place, cursor: int) -> list[Size]:
        """Mails at or below the cursor that we do not have."""
        with self._engine.read() as tx:
            known = intake.known_uids(tx, place)
        missing = {uid for uid in session.all_uids() if uid <= cursor and uid not in known}
        if not missing:
            return []
        log.warning("mails below the cursor were overlooked", mailbox=self._name, mails=len(missing))
        found: list[Size] = []
        after = min(missing) - 1
        while after < cursor and (window := session.sizes(after)):
            found += [size for size in window if size.uid in missing]
            after = max(size.uid for size in window)
        return found

    def _file_away(self, session: ImapSession, place: Place) -> None:
        folder = self._post.mailbox.file_away
        if folder is None:
            return
        with self._engine.read() as tx:
            uids = intake.unfiled(tx, place)
        if uids:
            session.file_away(uids, folder)
            with self._engine.write() as tx:
                intake.mark_filed(tx, place, uids)

    def _lease(self) -> bool:
        with self._engine.write() as tx:
            return self._keep_lease(tx)

    def _keep_lease(self, tx: Connection) -> bool:
        """Take the mailbox's lease or renew it, in the transaction that it guards; False: another has it."""
        if self._engine.is_sqlite:
            return True  # one process, by its lock file
        now = self._engine.now(tx)
        return keep.take_lease(tx, f"fetch:{self._name}", self._holder, LEASE_SECONDS, now) is not None

    def _interval(self) -> float:
        asked = max(self._post.mailbox.poll_seconds, self._post.provider.poll_seconds_min)
        return float(min(asked, LEASE_SECONDS / 2)) if not self._engine.is_sqlite else float(asked)

    def _check_disk(self) -> None:
        if self._post.disk is None:
            return
        free = shutil.disk_usage(self._post.disk).free
        if free < 2 * self._post.mailbox.max_mail_bytes:
            raise ImapError("network", f"only {free >> 20} MiB free on the disk of the database; not fetching")

    def _failed(self, error: ImapError) -> float:
        self._log_out()
        self._failures += 1
        if error.kind == "auth":
            self._post.login.forget_token()  # refused before its time: the next try gets another
        explained = self._post.provider.explain(error.text)
        stated = error.retry_after or explained.retry_after_seconds
        wait = reconnect_wait(self._failures, random.random(), stated)  # noqa: S311 jitter
        log.warning("mailbox not reachable", mailbox=self._name, kind=error.kind, wait=round(wait), error=error.text)
        now = self._clock.now()
        text = f"{explained.zh} ({error.text})" if explained.zh else error.text
        with self._engine.write() as tx:
            keep.beat(tx, f"mailbox:{self._name}", now, text[:1000], now + timedelta(seconds=wait))
        return wait
