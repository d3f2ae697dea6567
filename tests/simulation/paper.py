"""The core on paper: the same decisions over the same tables, written with bare statements, nothing rendered.

Thousands of tickets run here in the time of a hundred on the whole program, whose renderer, MIME and SQLAlchemy
the other run covers (whole.py). Three things are twins of mailbot's own and must say the same: the door
(desk.py: version guard, quota, standing approval), the rows (store/), and who is reminded when (reminding.py).
What a text would promise or ask is drawn by lot; a holding reply promises its answer as the real one does.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy.dialects import sqlite

from mailbot.core import arrival
from mailbot.core.decide import decide
from mailbot.core.decision import MACHINE, Decision, DraftEnd, DraftWanted
from mailbot.core.office import Office
from mailbot.core.pledges import Pledge
from mailbot.core.ticket import DraftWritten, Event, OnItsWay, OpenDraft, PromiseDue, SendSettled, State, Ticket
from mailbot.loops.post import _ended
from mailbot.reminding import APART, _recipients
from mailbot.store.outbox import _RECALL
from mailbot.store.tickets import ACKNOWLEDGE_EVERY, pledge_rows
from tests.simulation.program import BATCH, BOSS, Fate, Incoming, World
from tests.simulation.rows import (
    DRAFTS,
    LISTS,
    LOAD,
    PROMISES,
    TICKET,
    as_stored,
    inserting,
    listed,
    moment_or_none,
    promise,
    promise_row,
    reminder_row,
    sure,
    text_or_none,
)
from tests.simulation.shop import text_of

BLOCKED, ASKS, PLEDGES = 0.06, 0.25, 0.12  # of the machine's replies
PLEDGED = ("contact", "ship", "refund", "visit", "answer")

# mailbot's own statement about the automatic mails that an answer has overtaken, with its values written out.
RECALL = str(_RECALL.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
ON_ITS_WAY = (
    "SELECT kind, approved_at FROM outbox WHERE ticket_id = ?"
    " AND ((told = 0 AND state IN ('queued', 'sending', 'sent')) OR state = 'uncertain')"
)
UNTOLD = (
    "SELECT o.id, o.ticket_id, o.draft_id, o.kind, o.asks, o.state, o.last_result, o.approved_at, o.sent_at,"
    " o.pledges, d.template FROM outbox o LEFT JOIN draft d ON d.id = o.draft_id"
    " WHERE o.told IS 0 AND o.state IN ('sent', 'failed', 'uncertain') ORDER BY o.id LIMIT 200"
)
WAITING = (
    "SELECT r.id, r.audience, r.urgent, r.text FROM reminder r WHERE gathered_at IS NULL"
    " ORDER BY urgent DESC, due_at, id LIMIT 500"
)


def in_memory(model: str) -> sqlite3.Connection:
    """A database of mailbot's schema that lives as long as this connection."""
    there = sqlite3.connect(":memory:", isolation_level=None, cached_statements=2000)
    with sqlite3.connect(model) as here:
        here.backup(there)
    here.close()
    return there


class Paper:
    """One run of the program; the database (`tx`) outlives it."""

    def __init__(self, tx: sqlite3.Connection, world: World, rng: random.Random) -> None:
        self._tx, self._world, self._rng = tx, world, rng
        self._office = Office(world.shelf.volume.book, world.hours)

    # ---- what the shop asks ----

    def staff(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self._insert("agent", {**row, "created_at": text_of(row["created_at"])})

    def take_in(self, letter: Incoming) -> tuple[int, Decision]:
        now = self._now
        with self._write():
            row = letter.row(now) | {"received_at": text_of(letter.received_at), "taken_in_at": text_of(now)}
            blank = {
                "why": "",
                "as_human": 0,
                "kind": "human",
                "sender_name": "",
                "subject": "",
                "words": "",
                "filed": 0,
            }
            mail_id = self._insert("mail", row | blank)
            since = text_of(now - ACKNOWLEDGE_EVERY)
            taken = self.see("SELECT 1 FROM quota WHERE address = ? AND at > ?", letter.customer, since)
            decision = self._handle(letter.into, letter.event(mail_id, not taken))
            self._tx.execute("UPDATE mail SET ticket_id = ? WHERE id = ?", (decision.ticket.id, mail_id))
        return mail_id, decision

    def handle(self, ticket_id: int, event: Event) -> Decision:
        with self._write():
            decision = self._handle(ticket_id, event)
        self._world.record.handled(event, decision, self._now)
        self._world.fuse.passing()
        return decision

    def settle(self, outbox_id: int, sent: bool, who: str) -> None:
        end = "state = 'sent', sent_at = next_try_at" if sent else "state = 'queued', next_try_at = :now"
        with self._write():
            done = self._tx.execute(
                f"UPDATE outbox SET told = 0, last_result = :proof, {end} WHERE id = :id AND state = 'uncertain'"
                " RETURNING ticket_id",
                {"now": text_of(self._now), "id": outbox_id, "proof": f"由 {who} 确认"},
            ).fetchall()
            if done and done[0][0] is not None:
                self._handle(done[0][0], SendSettled(who, sent, ""))

    def promises(self) -> int:
        due = self.see(
            "SELECT id, ticket_id FROM promise WHERE state = 'open' AND next_at <= ? ORDER BY next_at, id LIMIT 200",
            text_of(self._now),
        )
        return sum(self.handle(ticket_id, PromiseDue(promise_id)).refused is None for promise_id, ticket_id in due)

    def reminders(self) -> int:
        """As reminding.gather: what is urgent at once; else in opening hours, some time after the last."""
        now, open_now = self._now, self._world.hours.is_open(self._now)
        with self._write():
            rows = self.see(WAITING)
            names = {audience for _, audience, _, _ in rows}
            told = {
                each: self.see("SELECT max(gathered_at) FROM reminder WHERE audience = ?", each)[0][0] for each in names
            }
            before = text_of(now - APART)
            letters: dict[tuple[str, str], list[str]] = {}
            for reminder_id, audience, urgent, text in rows:
                last = told[audience]
                if not urgent and not (open_now and (last is None or last <= before)):
                    continue
                for each in _recipients(audience, self._staff(), self._office.book.departments):
                    letters.setdefault((each.address, each.name), []).append(text)
                self._tx.execute("UPDATE reminder SET gathered_at = ? WHERE id = ?", (text_of(now), reminder_id))
            for (address, _), lines in letters.items():
                self._queue({"kind": "reminder", "recipients": json.dumps([address]), "words": "\n".join(lines)})
            self._world.fuse.passing()
        return len(letters)

    def carry(self, fate: Callable[[int], Fate]) -> tuple[int, list[int]]:
        with self._write():
            self._tx.execute(RECALL)
            claimed = self._tx.execute(
                "UPDATE outbox SET state = 'sending', phase = 'claimed', attempts = attempts + 1 WHERE id IN (SELECT id"
                " FROM outbox WHERE state IN ('queued', 'sending') AND state = 'queued' AND next_try_at <= ?"
                " ORDER BY next_try_at, id LIMIT ?) RETURNING id, attempts",
                (text_of(self._now), BATCH),
            ).fetchall()
        self._world.fuse.passing()
        if not claimed:
            return 0, []
        with self._write():
            self._tx.executemany("UPDATE outbox SET phase = 'data' WHERE id = ?", [(each,) for each, _ in claimed])
        self._world.fuse.passing()
        with self._write():
            fates = {outbox_id: fate(attempts) for outbox_id, attempts in sorted(claimed)}
            self._tx.executemany(
                "UPDATE outbox SET phase = '', told = 0, state = ?, last_result = ?, sent_at = ?,"
                " next_try_at = coalesce(?, next_try_at) WHERE id = ?",
                [
                    (
                        each.state,
                        each.words,
                        text_of(self._now) if each.state == "sent" else None,
                        text_of(each.again) if each.again else None,
                        outbox_id,
                    )
                    for outbox_id, each in fates.items()
                ],
            )
        return len(fates), [outbox_id for outbox_id, each in fates.items() if each.state == "sent"]

    def tell(self) -> int:
        found = [SimpleNamespace(**each) for each in self.rows(UNTOLD)]
        for row in found:
            row.approved_at, row.sent_at = moment_or_none(row.approved_at), moment_or_none(row.sent_at)
            row.asks, row.pledges = bool(row.asks), json.loads(row.pledges)
            with self._write():
                self._tx.execute("UPDATE outbox SET told = 1 WHERE id = ?", (row.id,))
                if row.ticket_id is not None:
                    self._handle(row.ticket_id, _ended(row))  # type: ignore[arg-type]
        return len(found)

    def recover(self) -> None:
        with self._write():
            gone = "WHERE state IN ('queued', 'sending') AND state = 'sending' AND phase ="
            self._tx.execute(
                f"UPDATE outbox SET state = 'queued', phase = '', attempts = attempts - 1 {gone} 'claimed'"
            )
            self._tx.execute(
                f"UPDATE outbox SET state = 'uncertain', phase = '', last_result = '发送中断' {gone} 'data'"
            )

    def see(self, sql: str, *values: object) -> list[Any]:
        return self._tx.execute(sql, values).fetchall()

    def rows(self, sql: str) -> list[Mapping[str, Any]]:
        found = self._tx.execute(sql)
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def close(self) -> None:
        """The power fails: what was not committed is gone."""
        if self._tx.in_transaction:
            self._tx.execute("ROLLBACK")
        listed.cache_clear()

    # ---- the door ----

    def _handle(self, ticket_id: int | None, event: Event) -> Decision:
        """As Desk.handle_in."""
        now = self._now
        before = self._load(ticket_id) if ticket_id is not None else None
        if before is None:
            day = f"{now.astimezone(self._world.hours.zone):%Y%m%d}"
            ticket = arrival.open_ticket(event, self._number(day), "support", now)  # type: ignore[arg-type]
        else:
            ticket = before
        if isinstance(event, DraftWritten) and event.mail_id is None:
            event = replace(event, mail_id=self._last_mail(ticket_id))
        decision = decide(ticket, event, self._office, now)
        if decision.refused is None:
            saved = self._save(before, decision.ticket)
            decision = replace(decision, ticket=saved)
            self._write_decision(saved, decision)
            self._world.record.events[type(event).__name__] += 1
            self._look_for_bare(saved)
        self._world.fuse.passing()
        return decision

    def _look_for_bare(self, ticket: Ticket) -> None:
        """After every event: a ticket that is not closed owes something."""
        if ticket.state == State.CLOSED:
            return
        if not self.see("SELECT 1 FROM promise WHERE ticket_id = ? AND state = 'open' LIMIT 1", ticket.id):
            self._world.record.bare.append(f"{ticket.number} {ticket.state} owes nothing at {self._now}")

    def _save(self, before: Ticket | None, changed: Ticket) -> Ticket:
        if before is None:
            row = {name: as_stored(name, getattr(changed, name)) for name in TICKET}
            return replace(changed, id=self._insert("ticket", row | {"subject_key": "", "version": 1}))
        new = {
            name: as_stored(name, getattr(changed, name))
            for name in TICKET
            if getattr(changed, name) is not getattr(before, name)
        }
        sets = "".join(f"{name} = :{name}, " for name in new)
        done = self._tx.execute(
            f"UPDATE ticket SET {sets}version = version + 1 WHERE id = :id AND version = :version",
            new | {"id": changed.id, "version": before.version},
        )
        assert done.rowcount == 1, "somebody else changed the ticket meanwhile"
        return changed

    def _write_decision(self, ticket: Ticket, decision: Decision) -> None:
        """As tickets.apply and Desk._write_drafts."""
        now, tx = text_of(self._now), self._tx
        for each in decision.promised:
            self._insert("promise", promise_row(ticket, each, now))
        for settled in decision.settled:
            tx.execute(
                "UPDATE promise SET state = ?, settled_at = ?, settled_because = ? WHERE id = ? AND state = 'open'",
                (settled.state, now, settled.reason, settled.promise_id),
            )
        for stepped in decision.stepped:
            tx.execute(
                "UPDATE promise SET next_at = ?, stepped_at = ?, broken_at = ? WHERE id = ? AND state = 'open'",
                (
                    text_or_none(stepped.next_at),
                    text_or_none(stepped.stepped_at),
                    text_or_none(stepped.broken_at),
                    stepped.id,
                ),
            )
        for entry in decision.journal:
            row = {"at": now, "what": entry.what, "who": entry.who, "reasons": json.dumps(entry.reasons)}
            self._insert("journal", {"ticket_id": ticket.id, **row, "mail_id": entry.mail_id})
        for reminder in decision.reminders:
            self._insert("reminder", reminder_row(ticket, reminder, now))
        if decision.note or decision.rated or decision.opted_out:
            self._write_rare(ticket, decision, now)
        for ended in decision.ended:
            self._end_draft(ended)
        self._write_drafts(ticket, decision)

    def _write_rare(self, ticket: Ticket, decision: Decision, now: str) -> None:
        if told := decision.note:
            row = {"author": told.author, "text": told.text, "for_customer": told.for_customer}
            self._insert("note", {"ticket_id": ticket.id, "at": now, **row})
        if given := decision.rated:
            row = {"score": given.score, "reason": given.reason, "how": given.how, "mail_id": given.mail_id}
            self._insert("rating", {"ticket_id": ticket.id, "at": now, **row})
        if decision.opted_out:
            self._tx.execute(
                "INSERT INTO customer (address, no_revisit_at, no_revisit_how) VALUES (?1, ?2, ?3)"
                " ON CONFLICT (address) DO UPDATE SET no_revisit_at = ?2, no_revisit_how = ?3",
                (ticket.customer, now, decision.opted_out),
            )

    # ---- drafts and the outbox ----

    def _write_drafts(self, ticket: Ticket, decision: Decision) -> None:
        drafts = decision.drafts
        if decision.approve is not None:
            self._approve(ticket, *decision.approve)
        if decision.use_quota and not self._use_quota(ticket.customer):
            drafts = tuple(each for each in drafts if each.kind == "reply")
        for wanted in drafts:
            row = self._draft_row(ticket, wanted)
            row |= {"ticket_id": ticket.id, "kind": wanted.kind, "state": "open", "version": 1, "why": ""}
            draft_id = self._insert("draft", {**row, "created_at": text_of(self._now)})
            if wanted.kind != "reply":  # a supervisor approved every automatic template
                self._end_draft(DraftEnd(draft_id, "approved", BOSS, "常设批准"))
                self._approve(ticket, draft_id, BOSS)
        if decision.edited is not None:
            draft_id, wanted = decision.edited
            row = self._draft_row(ticket, wanted)
            sets = ", ".join(f"{name} = :{name}" for name in row)
            self._tx.execute(f"UPDATE draft SET version = version + 1, {sets} WHERE id = :id", row | {"id": draft_id})

    def _draft_row(self, ticket: Ticket, wanted: DraftWanted) -> dict[str, Any]:
        machines = wanted.kind == "reply" and wanted.template is not None
        answers = machines and wanted.template not in ("closing", "suggestion_adopted")
        return {
            "mail_id": wanted.mail_id if wanted.mail_id is not None else self._last_mail(ticket.id),
            "template": wanted.template,
            "language": wanted.language,
            "author": wanted.author,
            "subject": "",
            "text": "",
            "recipient": ticket.customer,
            "findings": "[]",
            "blocked": answers and self._rng.random() < BLOCKED,
            "asks": wanted.asks or (answers and bool(ticket.missing) and self._rng.random() < ASKS),
            "pledges": json.dumps(pledge_rows(self._pledges(wanted))),
        }

    def _pledges(self, wanted: DraftWanted) -> tuple[Pledge, ...]:
        """What the words of this mail would promise."""
        told = dict(wanted.more)
        promised = told.get("answer_by") if wanted.kind == "holding" else told.get("expected_by")
        if isinstance(promised, datetime):
            return (Pledge("届时答复", promised, "answer", "暂复中写明"),)
        if wanted.kind != "reply" or self._rng.random() >= PLEDGES:
            return ()
        later = self._now + timedelta(hours=self._rng.choice((2, 24, 24, 48, 72)))
        return (Pledge("工程师会联系您", later, self._rng.choice(PLEDGED), "回信中写明"),)  # type: ignore[arg-type]

    def _approve(self, ticket: Ticket, draft_id: int, approver: str) -> None:
        ((kind, asks, pledges),) = self.see("SELECT kind, asks, pledges FROM draft WHERE id = ?", draft_id)
        row = {"ticket_id": ticket.id, "draft_id": draft_id, "kind": kind, "asks": asks, "pledges": pledges}
        self._queue({**row, "recipients": json.dumps([ticket.customer]), "approver": approver})

    def _queue(self, row: dict[str, Any]) -> None:
        self._world.record.events["queued"] += 1
        number, now = self._world.record.events["queued"], text_of(self._now)
        blank = {"content": b"", "content_sha256": "", "smtputf8": 0, "words": "", "asks": 0, "pledges": "[]"}
        row = {**blank, "approver": MACHINE, "mailbox": "support", "sender": "support@shop.example", **row}
        state = {"state": "queued", "phase": "", "attempts": 0, "told": 0, "last_result": ""}
        self._insert("outbox", {**row, **state, "message_id": str(number), "approved_at": now, "next_try_at": now})

    def _end_draft(self, ended: DraftEnd) -> None:
        decided = ", decided_at = :at, decided_by = :who" if ended.state != "open" else ""
        self._tx.execute(
            f"UPDATE draft SET state = :state, why = :why, version = version + 1{decided} WHERE id = :id",
            {
                "state": ended.state,
                "why": ended.reason,
                "at": text_of(self._now),
                "who": ended.who,
                "id": ended.draft_id,
            },
        )

    def _use_quota(self, address: str) -> bool:
        done = self._tx.execute(
            "INSERT INTO quota (address, at) VALUES (?1, ?2)"
            " ON CONFLICT (address) DO UPDATE SET at = ?2 WHERE quota.at <= ?3 RETURNING address",
            (address, text_of(self._now), text_of(self._now - ACKNOWLEDGE_EVERY)),
        )
        return bool(done.fetchall())

    # ---- rows ----

    @property
    def _now(self) -> datetime:
        return self._world.time.now()

    @contextmanager
    def _write(self) -> Iterator[None]:
        """One transaction; a power cut inside it leaves it to close()."""
        self._tx.execute("BEGIN")
        yield
        self._tx.execute("COMMIT")

    def _insert(self, table: str, row: Mapping[str, Any]) -> int:
        names = tuple(row)
        return self._tx.execute(inserting(table, names), row).lastrowid or 0

    def _number(self, day: str) -> str:
        ((last,),) = self._tx.execute(
            'INSERT INTO serial (day, "last") VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET "last" = "last" + 1'
            ' RETURNING "last"',
            (day,),
        ).fetchall()
        return f"{day}-{last:04d}"

    def _last_mail(self, ticket_id: int | None) -> int | None:
        found: int | None = self.see("SELECT max(id) FROM mail WHERE ticket_id = ?", ticket_id)[0][0]
        return found

    def _staff(self) -> list[Any]:
        columns = "name, display_name, role, address, department"
        return [SimpleNamespace(**each) for each in self.rows(f"SELECT {columns} FROM agent ORDER BY name")]

    def _load(self, ticket_id: int) -> Ticket:
        (row,) = self.see(LOAD, ticket_id)
        values = dict(zip((*TICKET, "version", "opted_out"), row, strict=True))
        for name in values:
            if name.endswith("_at"):
                values[name] = moment_or_none(values[name])
        for name in LISTS:
            values[name] = listed(values[name])
        values |= {"state": State(values["state"]), "confidence": values["confidence"] / 1000}
        promises = self.see(PROMISES, ticket_id)
        drafts = self.see(DRAFTS, ticket_id)
        going = self.see(ON_ITS_WAY, ticket_id)
        return Ticket(
            **values | {"opted_out": bool(values["opted_out"])},
            promises=tuple(promise(each) for each in promises),
            drafts=tuple(OpenDraft(a, b, c, bool(d), e, f) for a, b, c, d, e, f in drafts),
            on_its_way=tuple(OnItsWay(kind, sure(at)) for kind, at in going),
            id=ticket_id,
        )
