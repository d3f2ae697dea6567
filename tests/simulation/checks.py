"""What must hold after three months: each check reads the rows and gives one line for each thing that does not."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.simulation.shop import Shop

DAY = timedelta(hours=24)
HOLD = timedelta(minutes=30)
SECOND = timedelta(seconds=1)
ASKING = ("revisit_invitation", "revisit_reminder", "care")
# The windows of 000-41, 001-29 and 002-34 as the documents say them: not before, not after. None: by working time.
WINDOWS: dict[str, tuple[timedelta | None, timedelta | None]] = {
    "complaint": (DAY, 2 * DAY),
    "fault": (timedelta(hours=2), DAY),
    "request": (timedelta(hours=2), DAY),
}


class Books:
    """All rows of one shop at its end."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.hours, self.record = shop, shop.hours, shop.record
        self.zone = self.hours.zone
        self.counts: Counter[str] = Counter()
        self.tickets = {row["id"]: row for row in self.rows("SELECT * FROM ticket")}
        self.outbox = list(
            self.rows(
                "SELECT o.id, o.ticket_id, o.kind, o.state, o.recipients, o.approved_at, o.sent_at, o.told, o.words,"
                " o.attempts, o.draft_id, d.template, d.mail_id FROM outbox o LEFT JOIN draft d ON d.id = o.draft_id"
            )
        )
        self.promises = list(self.rows("SELECT * FROM promise"))
        self.journal = list(self.rows("SELECT ticket_id, at, what, who, reasons, mail_id FROM journal ORDER BY id"))
        for row in self.journal:
            row["reasons"] = json.loads(row["reasons"])
        self.reminders = list(self.rows("SELECT * FROM reminder"))
        self.ratings = list(self.rows("SELECT * FROM rating"))
        self.wishes = {row["address"]: row["no_revisit_at"] for row in self.rows("SELECT * FROM customer")}
        self.sends: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.outbox:
            self.sends[row["ticket_id"]].append(row)
        self.entries: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.journal:
            self.entries[row["ticket_id"]].append(row)

    def rows(self, sql: str) -> Iterator[dict[str, Any]]:
        for row in self.shop.program.rows(sql):
            yield {
                name: _moment(value) if name == "at" or name.endswith("_at") else value for name, value in row.items()
            }

    def name(self, ticket_id: int) -> str:
        return str(self.tickets[ticket_id]["number"])

    def was_off(self, begin: datetime, end: datetime) -> bool:
        """Was the program off at some moment of this time?"""
        return any(since < end and until > begin for since, until in self.record.off)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def faults(shop: Shop) -> tuple[list[str], Counter[str]]:
    """Everything that does not hold, and how often what happened."""
    books = Books(shop)
    found = [f"{check.__name__}: {words}" for check in CHECKS for words in check(books)]
    counts = Counter[str]()
    counts["tickets"] = len(books.tickets)
    counts["mails of customers"] = len(books.record.mails)
    counts["promises"] = len(books.promises)
    counts["steps of promises"] = len(books.record.steps)
    counts["moments"] = books.record.moments
    counts["restarts"] = books.record.cuts
    for row in books.outbox:
        counts[f"{row['state']}: {row['template'] or row['kind']}"] += 1
    counts.update(books.counts)
    counts.update({f"refused: {words}": count for words, count in books.record.refusals.items()})
    return found, counts


# ---- the 24 hours (000-36) ----


def every_mail_is_answered_or_held_within_24_hours(books: Books) -> Iterator[str]:
    for mail in books.record.mails:
        if not mail.wants:
            continue
        books.counts["mails that want an answer"] += 1
        limit = mail.received_at + DAY
        ours = [row for row in books.sends[mail.ticket_id] if row["kind"] in ("reply", "holding")]
        answers = [row for row in ours if row["approved_at"] >= mail.taken_at]
        in_time = [row for row in answers if row["sent_at"] and row["sent_at"] <= limit + SECOND]
        if in_time:
            books.counts[f"  first came a {in_time[0]['kind']}"] += 1
            continue
        why = _why_late(books, mail.ticket_id, limit, answers)
        if why:
            books.counts[f"  late, and explained: {why}"] += 1
        else:
            yield f"{books.name(mail.ticket_id)}: mail {mail.mail_id} of {mail.received_at}, nothing by {limit}: {[(r['kind'], str(r['approved_at']), str(r['sent_at']), r['state']) for r in ours]}"


def _why_late(books: Books, ticket_id: int, limit: datetime, answers: list[dict[str, Any]]) -> str:
    if books.was_off(limit - HOLD, limit):
        return "the program was off"
    if books.tickets[ticket_id]["hush"]:
        return "no automatic mail may go to this sender"
    if any(row["state"] == "failed" and row["approved_at"] <= limit for row in answers):
        return "the address refuses our mails"
    entries = [each for each in books.entries[ticket_id] if limit - DAY <= each["at"] <= limit]
    if any(each["what"] == "closed" and "无需处理" in each["reasons"] for each in entries):
        return "an agent closed it: nothing to answer"
    if any(each["what"] == "not_sent" for each in entries):
        return "no automatic mail may go to this sender"
    if any(each["what"] == "uncertain" for each in entries):
        return "a send was cut off, a person had to find out"
    return ""


def no_holding_reply_comes_after_or_with_the_answer(books: Books) -> Iterator[str]:
    for ticket_id, rows in books.sends.items():
        for held in (row for row in rows if row["kind"] == "holding" and row["state"] == "sent"):
            books.counts["holding replies"] += 1
            asked = max(
                (
                    m.taken_at
                    for m in books.record.mails
                    if m.ticket_id == ticket_id and m.wants and m.taken_at <= held["approved_at"]
                ),
                default=held["approved_at"],
            )
            for row in rows:
                answered = row["kind"] == "reply" and row["state"] in ("sent", "uncertain")
                if answered and asked <= row["approved_at"] <= held["sent_at"]:
                    yield f"{books.name(ticket_id)}: held at {held['sent_at']} though answered at {row['approved_at']}"


# ---- progress (000-39, 001-24) ----


def each_open_ticket_hears_once_on_each_working_day(books: Books) -> Iterator[str]:
    sent: Counter[tuple[int, date]] = Counter()
    for row in books.outbox:
        if row["kind"] == "progress" and row["state"] == "sent":
            at = row["sent_at"]
            sent[row["ticket_id"], books.day(at)] += 1
            if books.hours.is_working_day(books.day(at)):
                continue
            if books.was_off(row["approved_at"], at):
                books.counts["progress on a day off, held up by an outage"] += 1
            else:
                yield f"{books.name(row['ticket_id'])}: progress on a day off: {at}"
    for (ticket_id, day), count in sent.items():
        if count > 1:
            yield f"{books.name(ticket_id)}: {count} progress mails on {day}"
    explained = {(each["ticket_id"], books.day(each["at"])) for each in books.journal if each["what"] == "no_progress"}
    for evening, open_then in books.record.evenings.items():
        day = books.day(evening)
        if not books.hours.is_working_day(day):
            continue
        for ticket_id in open_then:
            books.counts["evenings of open tickets"] += 1
            if sent[ticket_id, day]:
                books.counts["  told"] += 1
            elif (ticket_id, day) in explained:
                books.counts["  not told, and explained"] += 1
            elif books.was_off(evening - SECOND, evening + timedelta(minutes=5)):
                books.counts["  not told, the program was off"] += 1
            elif _failed_on(books, ticket_id, day):
                books.counts["  not told, the send failed, was cut off or overtaken"] += 1
            else:
                yield f"{books.name(ticket_id)}: nothing at five on {day}"


def _failed_on(books: Books, ticket_id: int, day: date) -> bool:
    cut_off = any(each["what"] == "uncertain" and books.day(each["at"]) == day for each in books.entries[ticket_id])
    # An agent may have found out days later that what was cut off had been sent.
    ends = ("failed", "recalled", "sent") if cut_off else ("failed", "recalled")
    return any(
        row["kind"] == "progress" and row["state"] in ends and books.day(row["approved_at"]) == day
        for row in books.sends[ticket_id]
    )


# ---- afterwards (000-41, 001-29, 003-24, 003-25) ----


def every_revisit_falls_into_its_window(books: Books) -> Iterator[str]:
    for (ticket_id, round_), (category, topic) in books.record.case_at.items():
        resolved_at = datetime.fromtimestamp(round_, UTC)
        rest = books.entries[ticket_id]
        over = min((e["at"] for e in rest if e["at"] > resolved_at and e["what"] in ENDS_A_ROUND), default=_FAR)
        after, until = WINDOWS.get(category, (None, None))
        earliest = resolved_at + after if after else books.hours.add_working(resolved_at, timedelta(hours=4))
        latest = resolved_at + until if until else books.hours.add_working_days(resolved_at, 3)
        if topic == "emergency_repair":
            earliest, latest = resolved_at + DAY, resolved_at + 2 * DAY
        asked = [
            row
            for row in books.sends[ticket_id]
            if row["template"] == "revisit_invitation" and resolved_at < row["approved_at"] <= over
        ]
        books.counts["resolutions"] += 1
        if len(asked) > 1:
            yield f"{books.name(ticket_id)}: {len(asked)} invitations after {resolved_at}"
        for row in asked:
            if row["state"] != "sent":
                books.counts[f"  invitation {row['state']}"] += 1
            elif earliest <= row["sent_at"] <= latest + SECOND:
                books.counts["  asked in its window"] += 1
            elif books.was_off(resolved_at, row["sent_at"]):
                books.counts["  asked outside, the program was off"] += 1
            elif any(e["what"] == "uncertain" and resolved_at < e["at"] < row["sent_at"] for e in rest):
                books.counts["  a send was cut off, a person had to find out"] += 1
            else:
                yield f"{books.name(ticket_id)} {category}: asked {row['sent_at']}, window {earliest} to {latest}"
        if not asked:
            if over <= latest:
                books.counts["  over before it was asked"] += 1
            elif books.tickets[ticket_id]["hush"]:
                books.counts["  not asked: no automatic mail may go there"] += 1
            elif (wish := books.wishes.get(books.tickets[ticket_id]["customer"])) is not None and wish <= latest:
                books.counts["  not asked: the customer wants no revisits"] += 1
            else:
                yield f"{books.name(ticket_id)} {category}: never asked after {resolved_at}"


ENDS_A_ROUND = ("mail", "reopened", "rated", "opted_out", "closed", "bounced")
_FAR = datetime(2100, 1, 1, tzinfo=UTC)


def nobody_is_reminded_twice_to_rate(books: Books) -> Iterator[str]:
    rounds: Counter[tuple[int, int]] = Counter()
    starts: dict[int, list[int]] = defaultdict(list)
    for ticket_id, round_ in sorted(books.record.case_at):
        starts[ticket_id].append(round_)
    for row in books.outbox:
        if row["template"] == "revisit_reminder":
            begun = [each for each in starts[row["ticket_id"]] if each <= row["approved_at"].timestamp()]
            rounds[row["ticket_id"], begun[-1]] += 1
    for (ticket_id, _), count in rounds.items():
        if count > 1:
            yield f"{books.name(ticket_id)}: {count} reminders to rate in one round"


def who_opted_out_is_left_alone(books: Books) -> Iterator[str]:
    for row in books.outbox:
        if row["template"] in ASKING:
            wish = books.wishes.get(books.tickets[row["ticket_id"]]["customer"])
            if wish is not None and row["approved_at"] > wish:
                yield f"{books.name(row['ticket_id'])}: {row['template']} at {row['approved_at']}, opted out at {wish}"
    books.counts["customers who opted out"] = len(books.wishes)


def every_rating_has_its_consequence(books: Books) -> Iterator[str]:
    for given in books.ratings:
        ticket_id, at = given["ticket_id"], given["at"]
        books.counts[f"rated {given['score']} by {given['how']}"] += 1
        if given["score"] <= 2:
            owed = [
                p
                for p in books.promises
                if p["ticket_id"] == ticket_id and p["kind"] == "plan" and p["opened_at"] == at
            ]
            told = [
                r
                for r in books.reminders
                if r["ticket_id"] == ticket_id
                and r["level"] == "unhappy"
                and r["audience"] == "supervisors"
                and r["at"] == at
            ]
            if len(owed) != 1:
                yield f"{books.name(ticket_id)}: rated {given['score']} at {at}, plan promises {len(owed)}"
            if len(told) != 1:
                yield f"{books.name(ticket_id)}: rated {given['score']} at {at}, supervisors told {len(told)} times"
            if not any(e["what"] in ("reopened", "mail") and e["at"] == at for e in books.entries[ticket_id]):
                yield f"{books.name(ticket_id)}: rated {given['score']} at {at} and not opened again"
        elif given["how"] == "mail":
            thanked = [r for r in books.sends[ticket_id] if r["template"] == "rating_thanks" and r["approved_at"] == at]
            again = any(e["what"] == "mail" and e["at"] == at for e in books.entries[ticket_id])
            if len(thanked) + again != 1:
                yield f"{books.name(ticket_id)}: rated {given['score']} by mail at {at}, thanked {len(thanked)} times"


# ---- reminders ----


def no_step_of_a_promise_is_done_twice(books: Books) -> Iterator[str]:
    kinds = {row["id"]: (row["kind"], row["ticket_id"]) for row in books.promises}
    times = Counter((each.promise_id, each.planned) for each in books.record.steps)
    for (promise_id, planned), count in times.items():
        if count > 1:
            kind, ticket_id = kinds[promise_id]
            yield f"{books.name(ticket_id)}: step of {kind} planned for {planned} done {count} times"


def nobody_is_reminded_twice_of_one_thing(books: Books) -> Iterator[str]:
    told: Counter[tuple[Any, ...]] = Counter()
    for row in books.reminders:
        books.counts[f"reminder: {row['level']}"] += 1
        if row["promise_id"] is not None:
            told[row["ticket_id"], row["promise_id"], row["audience"], row["level"], row["at"]] += 1
        if row["gathered_at"] is None:
            yield f"{books.name(row['ticket_id'])}: a reminder of {row['at']} was never mailed"
    for (ticket_id, _, audience, level, at), count in told.items():
        if count > 1:
            yield f"{books.name(ticket_id)}: {count} reminders {level} to {audience} at {at}"


def nobody_is_mailed_off_duty_unless_it_is_urgent(books: Books) -> Iterator[str]:
    urgent = {row["gathered_at"] for row in books.reminders if row["urgent"]}
    calm = {row["gathered_at"]: row for row in books.reminders if not row["urgent"]}
    for row in books.outbox:
        at = row["approved_at"]
        if row["kind"] != "reminder" or books.hours.is_open(at):
            continue
        books.counts["reminder mails off duty, urgent"] += 1
        if at in calm or at not in urgent:
            yield f"a reminder mail at {at} that is not urgent: {row['words'][:80]}"


# ---- the end of every ticket ----


def every_ticket_comes_to_its_end(books: Books) -> Iterator[str]:
    for ticket_id, row in books.tickets.items():
        owed = [p for p in books.promises if p["ticket_id"] == ticket_id and p["state"] == "open"]
        if row["state"] != "closed":
            words = [(p["kind"], str(p["due_at"]), str(p["next_at"])) for p in owed]
            yield f"{row['number']} {row['category']}: still {row['state']}, owed {words}, hush {row['hush']!r}"
        elif left := [p["kind"] for p in owed if p["kind"] not in ("care", "suggestion")]:
            yield f"{row['number']}: closed, and still owes {left}"
    yield from books.record.bare


def no_case_is_closed_over_an_answer_that_was_promised(books: Books) -> Iterator[str]:
    for row in books.promises:
        if row["kind"] == "pledge" and row["party"] == "answer" and row["settled_because"] == "工单已关闭":
            yield f"{books.name(row['ticket_id'])}: the answer promised for {row['due_at']} was never given"


def every_closed_ticket_went_through_the_gate(books: Books) -> Iterator[str]:
    for ticket_id, row in books.tickets.items():
        if row["state"] != "closed":
            continue
        if any(e["what"] == "closed" and "无需处理" in e["reasons"] for e in books.entries[ticket_id]):
            books.counts["dismissed"] += 1
            continue
        opted = any(e["what"] == "opted_out" for e in books.entries[ticket_id]) or bool(
            books.shop.see("SELECT 1 FROM customer WHERE address = ? AND no_revisit_at IS NOT NULL", row["customer"])
        )
        asked = row["revisited_at"] or row["score"] or opted
        if not (row["handled_at"] and row["result"] and row["resolved_at"] and asked):
            yield f"{row['number']}: closed with a part lacking"


def nothing_is_left_behind(books: Books) -> Iterator[str]:
    now = books.shop.time.now()
    for row in books.promises:
        if row["state"] == "open" and row["next_at"] is not None and row["next_at"] <= now:
            yield f"{books.name(row['ticket_id'])}: {row['kind']} waits for the clock since {row['next_at']}"
    for row in books.outbox:
        if row["state"] in ("queued", "sending", "uncertain") or not row["told"]:
            yield f"outbox {row['id']}: {row['kind']} is left {row['state']} since {row['approved_at']}, told {row['told']}"


CHECKS: tuple[Callable[[Books], Iterator[str]], ...] = (
    every_mail_is_answered_or_held_within_24_hours,
    no_holding_reply_comes_after_or_with_the_answer,
    each_open_ticket_hears_once_on_each_working_day,
    every_revisit_falls_into_its_window,
    nobody_is_reminded_twice_to_rate,
    who_opted_out_is_left_alone,
    every_rating_has_its_consequence,
    no_step_of_a_promise_is_done_twice,
    nobody_is_reminded_twice_of_one_thing,
    nobody_is_mailed_off_duty_unless_it_is_urgent,
    every_ticket_comes_to_its_end,
    no_case_is_closed_over_an_answer_that_was_promised,
    every_closed_ticket_went_through_the_gate,
    nothing_is_left_behind,
)


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text is not None else None
