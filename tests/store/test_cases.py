"""The records behind a review: hundreds of made-up tickets, every figure reckoned a second time from the raw rows."""

from __future__ import annotations

import random
import statistics
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

from mailbot.core.figures import Spread, Summary
from mailbot.core.hours import Hours
from mailbot.core.period import Period, period_of
from mailbot.core.problems import common_problems
from mailbot.core.rules import RuleBook
from mailbot.core.summary import summarise
from mailbot.store import cases
from mailbot.store.engine import Engine
from mailbot.store.tables import journal, outbox, promise, rating, ticket
from tests.core.events import CUSTOMER

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2025, 10, 27, tzinfo=ZONE)  # the first day that has tickets; a Monday
DAYS = 35
NOW = BEGIN + timedelta(days=DAYS + 10)
PERIODS = [
    period_of("week", date(2025, 11, 12), ZONE),
    period_of("week", date(2025, 11, 19), ZONE),
    period_of("month", date(2025, 11, 1), ZONE),
]
TOPICS = (
    *[("complaint", "quality")] * 4,
    *[("complaint", "logistics_late")] * 2,
    *[("fault", "malfunction")] * 3,
    ("enquiry", "price"),
    ("request", "refund"),
    ("other", "none"),
)
KINDS = ("answer", "solve", "plan", "progress", "department", "material", "feedback", "pledge", "revisit")
MINUTE = timedelta(minutes=1)


class Invented:
    """A shop's five weeks, the same for every run: tickets as the core would have left them, row by row."""

    def __init__(self, tx: Connection, seed: int) -> None:
        self.tx = tx
        self.dice = random.Random(seed)
        self.rows: dict[sa.Table, list[dict[str, Any]]] = {ticket: [], journal: [], promise: [], outbox: [], rating: []}

    def store(self) -> None:
        for table, rows in self.rows.items():
            if rows:
                self.tx.execute(sa.insert(table), rows)

    def later(self, at: datetime, hours: int) -> datetime:
        """A whole minute some time after `at`."""
        return at + MINUTE * self.dice.randint(1, hours * 60)

    def ticket(self, number: int) -> None:
        dice = self.dice
        opened = BEGIN + MINUTE * dice.randint(0, DAYS * 24 * 60)
        category, topic = dice.choice(TOPICS)
        self.row: dict[str, Any] = {
            "id": number,
            "number": f"{opened:%Y%m%d}-{number:04d}",
            "mailbox": dice.choice(("support", "elsewhere")),
            "customer": CUSTOMER,
            "subject": "s",
            "subject_key": "s",
            "language": "zh",
            "category": category,
            "topic": topic,
            "priority": dice.choice(("urgent", "important", "normal")),
            "state": "pending",
            "waiting_on": "us",
            "mood": "calm",
            "confidence": 900,
            "missing": [],
            "version": 1,
            "side": "",
            "facts": [["name", "李明"], ["order_number", "A1B2"], ["product", "空调"]],
            "opened_at": opened,
            "updated_at": opened,
            "merged_into": None,
        }
        self.id = number
        self.rows[ticket].append(self.row)
        self.write(opened, "opened")
        at = self.later(opened, 30)
        while at < NOW and dice.random() < 0.85:
            self.happen(at)
            at = self.later(at, 120)
        self.mails(opened)
        self.promises(opened)

    def happen(self, at: datetime) -> None:
        """One thing that may happen to a ticket in its state."""
        dice, state = self.dice, self.row["state"]
        self.row["updated_at"] = at
        if state == "resolved" and dice.random() < 0.4:
            self.row["state"] = "closed"
            self.write(at, "closed")
        elif state in ("resolved", "closed"):
            self.after_the_end(at)
        elif dice.random() < 0.06:
            self.row |= {"state": "closed", "merged_into": "20251027-0001"}
            self.write(at, "merged")
        elif dice.random() < 0.5:
            self.row |= {"state": "resolved", "side": dice.choice(("company", "third_party", "customer", "none"))}
            self.write(at, "resolved")
        else:
            self.write(at, dice.choice(("mail", "moved", "bounced", "sent", "note")))

    def after_the_end(self, at: datetime) -> None:
        """The customer writes again, thanks or rates; a mail comes back, or is moved in."""
        dice = self.dice
        if self.row["merged_into"]:
            if dice.random() < 0.3:
                self.row |= {"state": "in_progress", "merged_into": None}
                self.write(at, "unmerged")
            return
        what = dice.choice(("mail", "reopened", "bounced", "moved", "thanks", "rated", "rated", "note"))
        opens = what in ("mail", "reopened") or (what in ("bounced", "moved") and dice.random() < 0.5)
        self.write(at, what, opens)
        if opens:
            self.row["state"] = "in_progress"
            self.owe("solve", at, at + timedelta(days=5))
        if what == "rated":
            reason = dice.choice(("", "很好", "李明说订单 A1B2 还是不行"))
            given = {"ticket_id": self.id, "at": at, "score": dice.randint(1, 5), "reason": reason, "how": "mail"}
            self.rows[rating].append(given)

    def write(self, at: datetime, what: str, opens: bool = False) -> None:
        """A line of the journal; for the second reckoning it says whether it opened the ticket again."""
        entry = {"ticket_id": self.id, "at": at, "what": what, "who": "wang", "reasons": ["opens"] if opens else []}
        self.rows[journal].append(entry)

    def mails(self, opened: datetime) -> None:
        for n in range(self.dice.randint(0, 3)):
            state = self.dice.choice(("sent", "sent", "sent", "failed", "queued"))
            sent_at = self.later(opened, 40) if state == "sent" else None
            self.rows[outbox].append(
                {
                    "ticket_id": self.id,
                    "mailbox": "support",
                    "sender": CUSTOMER,
                    "kind": self.dice.choice(("reply", "reply", "holding")),
                    "recipients": [CUSTOMER],
                    "message_id": f"<{self.id}.{n}@shop.example>",
                    "content": b"",
                    "content_sha256": "",
                    "smtputf8": False,
                    "words": "",
                    "asks": False,
                    "approver": "wang",
                    "approved_at": opened,
                    "state": state,
                    "attempts": 1,
                    "next_try_at": opened,
                    "told": True,
                    "sent_at": sent_at,
                    "bounced": [CUSTOMER] if self.dice.random() < 0.1 else None,
                },
            )

    def promises(self, opened: datetime) -> None:
        for kind in self.dice.sample(KINDS, self.dice.randint(1, 6)):
            self.owe(kind, opened, self.later(opened, 200))

    def owe(self, kind: str, began: datetime, due: datetime) -> None:
        state = self.dice.choice(("open", "kept", "broken", "withdrawn"))
        is_late = state == "broken" or (state == "open" and due < NOW and self.dice.random() < 0.8)
        row = {
            "ticket_id": self.id,
            "kind": kind,
            "due_at": due,
            "because": "依据",
            "state": state,
            "owed_to": "us" if kind in ("department", "material", "feedback") else "customer",
            "opened_at": began,
            "broken_at": due if is_late else None,
            "settled_at": None if state == "open" else self.later(began, 220),
        }
        self.rows[promise].append(row)


@pytest.fixture
def shop(engine: Engine) -> Engine:
    with engine.write() as tx:
        invented = Invented(tx, seed=20251027)
        for number in range(1, 301):
            invented.ticket(number)
        invented.store()
    return engine


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.name)
def test_every_figure_is_that_of_the_raw_rows(shop: Engine, period: Period, book: RuleBook, hours: Hours) -> None:
    with shop.read() as tx:
        found = summarise(cases.records(tx, period), period, book.limits, lambda _name: hours, NOW)
    raw = Raw(shop)

    assert raw.flow(period) == [each for name in raw.FLOW for each in _pair(getattr(found.flow, name))]
    assert raw.topics(period) == [(f"{each.category}/{each.topic}", *_pair(each.count)) for each in found.topics]
    assert raw.categories(period) == {each.category: (each.count.now, each.percent) for each in found.categories}
    assert raw.answers(period) == {each.priority: _ends(each.promises) for each in found.answers}
    assert raw.answer_times(period) == {each.priority: _spread(each.time) for each in found.answers}
    assert raw.waiting(period) == {each.priority: each.waiting for each in found.answers}
    assert raw.handling(period) == _spread(found.handling.clock)
    assert raw.handling(period.before) == _spread(found.handling_before.clock)
    assert raw.working(period) == _spread(found.handling.working)
    assert raw.kinds(period) == {each.kind: _ends(each.outcome) for each in found.promises}
    assert raw.ratings(period) == _rated(found)
    assert min(found.flow.opened.now, found.flow.reopened.now, found.flow.open_at_end.now) > 10  # it is a busy shop


def _pair(count: Any) -> tuple[int, int]:
    return count.now, count.before


def _ends(found: Any) -> tuple[int, ...]:
    return found.due, found.kept, found.broken, found.withdrawn, found.undecided


def _spread(found: Spread) -> tuple[int, Any, Any]:
    return found.measured, found.median, found.ninth


def _rated(found: Summary) -> tuple[Any, ...]:
    told = found.satisfaction
    voices = [[(each.number, each.reason) for each in end] for end in (told.very_satisfied, told.very_dissatisfied)]
    return told.ratings.now, told.ratings.before, told.scores, told.percent_satisfied, *voices


class Raw:
    """The same figures in plain Python, ticket by ticket, over all rows of the tables."""

    FLOW = ("opened", "merged", "resolved", "reopened", "closed", "open_at_end")

    def __init__(self, engine: Engine) -> None:
        with engine.read() as tx:
            self.tickets = {row.id: row for row in tx.execute(sa.select(ticket).order_by(ticket.c.id))}
            self.journal = defaultdict(list)
            for row in tx.execute(sa.select(journal).order_by(journal.c.id)):
                self.journal[row.ticket_id].append(row)
            self.promised = list(tx.execute(sa.select(promise)))
            self.sent = list(tx.execute(sa.select(outbox)))
            self.rated = sorted(tx.execute(sa.select(rating)), key=lambda row: (row.at, row.ticket_id))
        self.whole = [row for row in self.tickets.values() if row.merged_into is None]

    def lived(self, ticket_id: int, until: datetime) -> tuple[bool, list[tuple[datetime, str]]]:
        """Is it open just before `until`, and all that ended it or opened it again up to then."""
        is_open, steps = True, []
        for row in self.journal[ticket_id]:
            if row.at >= until:
                continue
            if row.what in ("resolved", "closed", "merged"):
                is_open = False
                steps.append((row.at, "closed" if row.what == "merged" else row.what))
            elif not is_open and (row.what == "unmerged" or "opens" in row.reasons):
                is_open = True
                steps.append((row.at, "open"))
        return is_open, steps

    def in_period(self, period: Period) -> list[Any]:
        return [row for row in self.whole if period.begin <= row.opened_at < period.until]

    def stepped(self, ticket_id: int, what: str, period: Period) -> list[datetime]:
        return [at for at, step in self.lived(ticket_id, period.until)[1] if step == what and at >= period.begin]

    def flow(self, period: Period) -> list[int]:
        columns = []
        for each in (period, period.before):
            merged = [row for row in self.tickets.values() if row.merged_into is not None]
            columns.append(
                [
                    len(self.in_period(each)),
                    sum(each.begin <= row.opened_at < each.until for row in merged),
                    *(sum(bool(self.stepped(row.id, what, each)) for row in self.whole) for what in _STEPS),
                    sum(row.opened_at < each.until and self.lived(row.id, each.until)[0] for row in self.whole),
                ]
            )
        return [number for pair in zip(*columns, strict=True) for number in pair]

    def topics(self, period: Period) -> list[tuple[str, int, int]]:
        now = Counter(f"{row.category}/{row.topic}" for row in self.in_period(period))
        before = Counter(f"{row.category}/{row.topic}" for row in self.in_period(period.before))
        names = sorted({*now, *before}, key=lambda name: (-now[name], -before[name], name.split("/")))
        return [(name, now[name], before[name]) for name in names]

    def categories(self, period: Period) -> dict[str, tuple[int, float]]:
        rows = self.in_period(period)
        known = {row.category for row in [*rows, *self.in_period(period.before)]}
        counted = {name: sum(row.category == name for row in rows) for name in known}
        return {name: (number, round(100 * number / len(rows), 1)) for name, number in counted.items()}

    def ends(self, rows: list[Any], period: Period) -> tuple[int, ...]:
        due = [row for row in rows if period.begin <= row.due_at < period.until]
        ended: Counter[str] = Counter()
        for row in due:
            at_its_time = row.kind in ("progress", "feedback")
            late = row.broken_at or (not at_its_time and (row.settled_at is None or row.settled_at > row.due_at))
            ended["broken" if late else row.state] += 1
        return len(due), ended["kept"], ended["broken"], ended["withdrawn"], ended["open"]

    def answers(self, period: Period) -> dict[str, tuple[int, ...]]:
        mine = [row for row in self.promised if row.kind == "answer"]
        return {
            priority: self.ends([row for row in mine if self.tickets[row.ticket_id].priority == priority], period)
            for priority in ("urgent", "important", "normal")
        }

    def kinds(self, period: Period) -> dict[str, tuple[int, ...]]:
        found = {kind: self.ends([row for row in self.promised if row.kind == kind], period) for kind in KINDS}
        return {kind: ends for kind, ends in found.items() if ends[0]}

    def first_reply(self, ticket_id: int) -> datetime | None:
        mine = [row for row in self.sent if row.ticket_id == ticket_id and row.kind == "reply"]
        return min((row.sent_at for row in mine if row.state == "sent" and not row.bounced), default=None)

    def answer_times(self, period: Period) -> dict[str, tuple[int, Any, Any]]:
        found: dict[str, list[timedelta]] = {"urgent": [], "important": [], "normal": []}
        for row in self.in_period(period):
            if (reply := self.first_reply(row.id)) is not None:
                found[row.priority].append(reply - row.opened_at)
        return {priority: _middle(times) for priority, times in found.items()}

    def waiting(self, period: Period) -> dict[str, int]:
        rows = [row for row in self.in_period(period) if self.first_reply(row.id) is None]
        rows = [row for row in rows if row.state not in ("resolved", "closed")]
        return {each: sum(row.priority == each for row in rows) for each in ("urgent", "important", "normal")}

    def resolved(self, period: Period) -> list[tuple[Any, datetime]]:
        found = [(row, self.stepped(row.id, "resolved", period)) for row in self.whole]
        return [(row, max(times)) for row, times in found if times]

    def handling(self, period: Period) -> tuple[int, Any, Any]:
        return _middle([at - row.opened_at for row, at in self.resolved(period)])

    def working(self, period: Period) -> tuple[int, Any, Any]:
        return _middle([_minutes_at_work(row.opened_at, at) for row, at in self.resolved(period)])

    def ratings(self, period: Period) -> tuple[Any, ...]:
        rows = [row for row in self.rated if period.begin <= row.at < period.until]
        before = [row for row in self.rated if period.before.begin <= row.at < period.before.until]
        scores = tuple(sum(row.score == score for row in rows) for score in (5, 4, 3, 2, 1))
        told = [(self.tickets[row.ticket_id].number, row) for row in rows if row.reason]
        words = [(number, row.score, row.reason.replace("李明", "***").replace("A1B2", "***")) for number, row in told]
        voices = [[(number, said) for number, score, said in words if score == end] for end in (5, 1)]
        return len(rows), len(before), scores, round(100 * sum(scores[:2]) / len(rows), 1), *voices


_STEPS = ("resolved", "open", "closed")


def _middle(times: list[timedelta]) -> tuple[int, Any, Any]:
    """How many, the median, and the value nine tenths of the way up the sorted list."""
    ordered = sorted(times)
    if not ordered:
        return 0, None, None
    whole, part = divmod((len(ordered) - 1) * 9, 10)
    above = ordered[min(whole + 1, len(ordered) - 1)]
    middle = timedelta(seconds=statistics.median(each.total_seconds() for each in ordered))
    return len(ordered), middle, ordered[whole] + (above - ordered[whole]) * part / 10


def _minutes_at_work(start: datetime, end: datetime) -> timedelta:
    """Every minute looked at. China's calendar of November 2025 has no holiday; in October the 27th is the first day."""
    minutes = 0
    at = start.astimezone(ZONE)
    end = end.astimezone(ZONE)
    while at < end:
        if at.weekday() >= 5 or not 9 <= at.hour < 18:
            at = at.replace(minute=0) + timedelta(hours=1)
            continue
        minutes += at.hour != 12
        at += MINUTE
    return MINUTE * minutes


@pytest.mark.rule("001-35")
def test_common_problems_are_those_of_the_raw_rows(shop: Engine, book: RuleBook) -> None:
    period = PERIODS[1]
    with shop.read() as tx:
        found = common_problems(cases.records(tx, period).cases, period, book)
    raw = Raw(shop)
    opened = raw.in_period(period)

    expected = {}
    for name, now, before in raw.topics(period):
        if not name.startswith("other/") and now >= 3 and (now >= 0.2 * len(opened) or now >= 2 * before):
            mine = [row for row in opened if f"{row.category}/{row.topic}" == name]
            expected[name] = (now, before, Counter(row.side for row in mine))

    assert len(expected) >= 2
    assert expected == {
        f"{each.category}/{each.topic}": (*_pair(each.count), Counter(dict(each.sides)))
        for each in found
        if not each.side
    }


def test_four_queries_are_enough_for_any_number_of_tickets(shop: Engine) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(shop.sqlalchemy, "before_cursor_execute", note)
    with shop.read() as tx:
        found = cases.records(tx, PERIODS[2])
    event.remove(shop.sqlalchemy, "before_cursor_execute", note)

    assert len(found.cases) > 200
    assert 4 == len([statement for statement in asked if statement.startswith("SELECT")])


def test_a_ticket_that_ended_long_ago_is_left_out_and_one_that_is_open_is_not(engine: Engine) -> None:
    long_ago = datetime(2025, 6, 1, tzinfo=UTC)
    with engine.write() as tx:
        invented = Invented(tx, seed=1)
        invented.ticket(1)
        invented.store()
        for number, state in ((2, "closed"), (3, "in_progress")):
            old = {
                "id": number,
                "number": f"20250601-{number:04d}",
                "state": state,
                "opened_at": long_ago,
                "updated_at": long_ago,
            }
            tx.execute(sa.insert(ticket), {**invented.row, **old})
        found = cases.records(tx, PERIODS[0]).cases

    assert ["20250601-0003"] == [each.number for each in found if each.number.startswith("202506")]
