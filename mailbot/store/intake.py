"""Mails on their way in: stored, claimed, then done, held or set aside; and how far each folder was read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.copies import fingerprint
from mailbot.store import search
from mailbot.store.engine import insert_new, upsert
from mailbot.store.tables import cursor, mail, raw

# How long a worker may sit on a claimed mail before another takes it; by the database's clock.
CLAIM = timedelta(minutes=5)
TRIES = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail lies on the server (RFC 3501 2.3.1.1); `uidvalidity` belongs to the folder."""

    mailbox: str
    folder: str
    uidvalidity: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail as fetched. `size` is the server's; content is shorter when `partial`."""

    uid: int
    received_at: datetime
    size: int
    content: bytes
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A stored mail that this worker may work on now."""

    id: int
    mailbox: str
    received_at: datetime
    attempts: int  # this one included
    as_human: bool
    partial: bool
    size: int
    body_sha256: str
    content: bytes


def take_in(tx: Connection, place: Place, mails: Sequence[Incoming], last_uid: int, now: datetime) -> None:
    """Store the raw bytes and move the cursor, in the caller's one transaction. Known UIDs are left alone."""
    blobs = {hashlib.sha256(each.content).hexdigest(): each.content for each in mails}
    insert_new(tx, raw, [{"sha256": sha, "size": len(blob), "content": blob} for sha, blob in blobs.items()])
    insert_new(tx, mail, [_mail_row(place, each, now) for each in mails])
    row = {
        "mailbox": place.mailbox,
        "folder": place.folder,
        "uidvalidity": place.uidvalidity,
        "last_uid": last_uid,
        "updated_at": now,
    }
    upsert(tx, cursor, row, where=cursor.c.last_uid < last_uid)  # a cursor never goes back


def _mail_row(place: Place, each: Incoming, now: datetime) -> dict[str, Any]:
    return {
        "mailbox": place.mailbox,
        "folder": place.folder,
        "uidvalidity": place.uidvalidity,
        "uid": each.uid,
        "received_at": each.received_at,
        "taken_in_at": now,
        "size": each.size,
        "partial": each.partial,
        "raw_sha256": hashlib.sha256(each.content).hexdigest(),
        "body_sha256": fingerprint(each.content),
        "state": "stored",
        "attempts": 0,
    }


def last_uid(tx: Connection, place: Place) -> int:
    """The highest UID taken in under this UIDVALIDITY; 0: none, list the whole folder."""
    found = tx.execute(
        sa.select(cursor.c.last_uid).where(
            cursor.c.mailbox == place.mailbox,
            cursor.c.folder == place.folder,
            cursor.c.uidvalidity == place.uidvalidity,
        )
    ).scalar()
    return int(found or 0)


def known_uids(tx: Connection, place: Place) -> set[int]:
    """Every UID we have of this folder, for the full comparison."""
    found = tx.execute(
        sa.select(mail.c.uid).where(
            mail.c.mailbox == place.mailbox,
            mail.c.folder == place.folder,
            mail.c.uidvalidity == place.uidvalidity,
        )
    )
    return set(found.scalars())


def claim(tx: Connection, worker: str, limit: int, db_now: datetime, tried_first: bool = False) -> list[Claimed]:
    """Claim mails and count the attempt; the caller commits before it looks at a single byte.

    A mail that was tried before is claimed alone: whatever it does then, it does to no other.
    """
    for first in (not tried_first, tried_first):
        free = (
            (mail.c.state == "stored")
            & (mail.c.claimed_until.is_(None) | (mail.c.claimed_until < db_now))
            & (mail.c.attempts == 0 if first else mail.c.attempts > 0)
        )
        chosen = sa.select(mail.c.id).where(free).order_by(mail.c.id).limit(limit if first else 1)
        # As a CTE, which runs once: PostgreSQL may run a plain subquery again for every row, and each run finds
        # the next rows. The guard stands twice: the rows are chosen before they are locked.
        ids_chosen = chosen.with_for_update(skip_locked=True).cte("chosen")
        ids = tx.execute(
            sa.update(mail)
            .where(mail.c.id.in_(sa.select(ids_chosen.c.id)), free)
            .values(claimed_by=worker, claimed_until=db_now + CLAIM, attempts=mail.c.attempts + 1)
            .returning(mail.c.id)
        ).scalars()
        if claimed := sorted(ids):
            return _claimed(tx, claimed)
    return []


def _claimed(tx: Connection, ids: Sequence[int]) -> list[Claimed]:
    columns = (
        mail.c.id,
        mail.c.mailbox,
        mail.c.received_at,
        mail.c.attempts,
        mail.c.as_human,
        mail.c.partial,
        mail.c.size,
        mail.c.body_sha256,
        raw.c.content,
    )
    rows = tx.execute(
        sa.select(*columns).join(raw, raw.c.sha256 == mail.c.raw_sha256).where(mail.c.id.in_(ids)).order_by(mail.c.id)
    )
    return [Claimed(**row._mapping) for row in rows]


def finish(tx: Connection, mail_id: int, worker: str, values: dict[str, Any]) -> bool:
    """Write how a claimed mail ended; False: the claim was lost meanwhile, and nothing is written."""
    changed = {"claimed_by": None, "claimed_until": None, **values}
    done = tx.execute(_FINISH, {"of_mail": mail_id, "of_worker": worker, **changed})
    if done.rowcount != 1:
        return False
    if "words" in values and values.get("copy_of") is None:  # a mail was understood; a copy says nothing new
        search.put(tx, mail_id, values)
    return True


_FINISH = sa.update(mail).where(
    mail.c.id == sa.bindparam("of_mail"), mail.c.claimed_by == sa.bindparam("of_worker"), mail.c.state == "stored"
)


def give_back(tx: Connection, mail_ids: Sequence[int], worker: str, blamed: bool) -> None:
    """Free claimed mails again. `blamed` keeps the attempt counted; the innocent get theirs back."""
    tx.execute(
        sa.update(mail)
        .where(mail.c.id.in_(mail_ids), mail.c.claimed_by == worker, mail.c.state == "stored")
        .values(claimed_by=None, claimed_until=None, attempts=mail.c.attempts - (0 if blamed else 1))
    )


def assign(tx: Connection, mail_id: int, ticket_id: int | None, merged_from: int | None = None) -> None:
    """The mail belongs to this ticket from now on. `merged_from`: where it goes back to when a merge is undone."""
    values = {"ticket_id": ticket_id, "state": "done", "merged_from": merged_from}
    tx.execute(sa.update(mail).where(mail.c.id == mail_id).values(**values))


def free_dead_claims(tx: Connection, worker: str) -> None:
    """On SQLite, where one process runs: every claim of another name is a dead one, at once."""
    tx.execute(
        sa.update(mail)
        .where(mail.c.state == "stored", mail.c.claimed_by.is_not(None), mail.c.claimed_by != worker)
        .values(claimed_by=None, claimed_until=None)
    )


def try_again(tx: Connection, mail_id: int, as_human: bool) -> bool:
    """Put a mail that was set aside or held back onto the line; `as_human`: because a person says so."""
    done = tx.execute(
        sa.update(mail)
        .where(mail.c.id == mail_id, mail.c.state.in_(("aside", "held")))
        .values(state="stored", attempts=0, why="", as_human=as_human)
    )
    return done.rowcount == 1


def original_of(tx: Connection, claimed: Claimed) -> int | None:
    """The earlier mail that this one is a copy of (see core/copies.py)."""
    found = tx.execute(
        sa.select(sa.func.min(mail.c.id)).where(mail.c.id < claimed.id, mail.c.body_sha256 == claimed.body_sha256)
    ).scalar()
    return None if found is None else int(found)


def content(tx: Connection, mail_id: int) -> bytes | None:
    """The raw bytes of a mail."""
    found: bytes | None = tx.execute(
        sa.select(raw.c.content).join(mail, mail.c.raw_sha256 == raw.c.sha256).where(mail.c.id == mail_id)
    ).scalar()
    return found


def unfiled(tx: Connection, place: Place, limit: int = 200) -> list[int]:
    """UIDs that are dealt with and may be filed away on the server now."""
    found = tx.execute(
        sa.select(mail.c.uid)
        .where(
            mail.c.mailbox == place.mailbox,
            mail.c.folder == place.folder,
            mail.c.uidvalidity == place.uidvalidity,
            mail.c.state.in_(("done", "held")),
            mail.c.filed.is_(False),
        )
        .order_by(mail.c.uid)
        .limit(limit)
    )
    return list(found.scalars())


def mark_filed(tx: Connection, place: Place, uids: Sequence[int]) -> None:
    """Remember what was moved on the server; forgetting it only means moving it again."""
    tx.execute(
        sa.update(mail)
        .where(
            mail.c.mailbox == place.mailbox,
            mail.c.folder == place.folder,
            mail.c.uidvalidity == place.uidvalidity,
            mail.c.uid.in_(uids),
        )
        .values(filed=True)
    )
