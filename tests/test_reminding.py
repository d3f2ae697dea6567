"""Reminders gathered into one mail a person; the automatic mails of the clock; promises out of sent mails."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from mailbot.app import App
from mailbot.core.ticket import Noted, Resolved, Sent, State, Taken
from mailbot.loops.clock import Clock
from mailbot.store import keep, lists, people
from mailbot.store.tables import customer, draft, outbox, promise, rating, reminder
from mailbot.store.tickets import read_pledges
from tests.conftest import MONDAY
from tests.line import LI, Line, letter

SUPERVISOR = "boss@shop.example"
AGENT = "wang@shop.example"


@pytest.fixture
def line(make_app: Callable[..., App]) -> Line:
    made = Line(make_app())
    with made.desk.door.engine.write() as tx:
        for name, role, address in (("wang", "agent", AGENT), ("boss", "supervisor", SUPERVISOR)):
            person = {"name": name, "display_name": name, "staff_number": "1", "role": role, "address": address}
            people.add(tx, {**person, "department": "", "password": "-", "created_at": MONDAY})
        shelf = made.desk.door.shelf.volume.templates
        for template in shelf.automatic():
            for language in shelf.languages:
                digest = shelf.text_hash(template, language)
                keep.approve_template(tx, template, language, digest, "boss", MONDAY)
    return made


def clock(line: Line, at: datetime) -> int:
    """All that the clock does until then, one moment after the other; how many mails to agents were queued."""
    loop = Clock(line.app.engine, line.app.desk, line.app.clock)
    line.app.clock.move_to(at)
    while loop.promises():
        pass
    return loop.reminders()


def sends(line: Line, kind: str) -> list[Any]:
    return [row for row in line.rows(outbox) if row.kind == kind]


def delivered(line: Line, row: Any, template: str, at: datetime) -> None:
    """The carrier took it, and the ticket hears of it."""
    with line.app.engine.write() as tx:
        tx.execute(outbox.update().where(outbox.c.id == row.id).values(state="sent", told=True, sent_at=at))
    event = Sent(row.id, row.kind, row.asks, "250 ok", row.approved_at, template, read_pledges(row.pledges))
    line.desk.handle(row.ticket_id, event, at)


@pytest.mark.rule("001-14")
@pytest.mark.rule("001-52")
def test_many_reminders_are_one_mail_to_each_without_a_word_of_the_customers(line: Line) -> None:
    for number in range(5):
        words = f"订单号:2026110188888{number},洗衣机按下开关没有反应{number},请联系 13800000017"
        mail = line.deliver(letter(f"第{number}封", words))
        line.handle(mail.ticket_id, Taken("wang"))

    queued = clock(line, MONDAY + timedelta(hours=4))

    assert 2 == queued  # wang, boss
    (to_wang,) = (row for row in sends(line, "reminder") if row.recipients == [AGENT])
    text = to_wang.words
    assert 5 == len({word for word in text.split() if "/tickets/20261123-" in word})
    assert "首次回复:" in text
    assert not any(word in text for word in (LI, "13800000017", "洗衣机"))
    read = email.message_from_bytes(to_wang.content, policy=email.policy.default)
    assert read["Auto-Submitted"].startswith("auto")
    assert all(row.gathered_at for row in line.rows(reminder))
    assert 0 == clock(line, MONDAY + timedelta(hours=4))


def test_what_is_not_urgent_waits_until_people_are_at_work(line: Line) -> None:
    friday = MONDAY + timedelta(days=4, hours=8, minutes=50)
    mail = line.deliver(letter(), at=friday)
    line.handle(mail.ticket_id, Taken("wang"), friday)

    assert 0 == clock(line, friday + timedelta(hours=25))  # a Saturday; the limit has passed
    assert line.rows(reminder)[-1].gathered_at is None
    assert 2 == clock(line, MONDAY + timedelta(days=7, minutes=1))


@pytest.mark.rule("001-47")
def test_what_is_urgent_wakes_people_up(line: Line) -> None:
    night = MONDAY + timedelta(hours=14)
    mail = line.deliver(letter("着火了", "充电器冒烟起火了,差点烧到孩子,赶紧处理!"), at=night)
    assert "urgent" == line.ticket(mail.ticket_id).priority

    assert 1 == clock(line, night + timedelta(minutes=31))


def test_reminders_nobody_has_an_address_for_are_kept_and_not_mailed(make_app: Callable[..., App]) -> None:
    line = Line(make_app())
    line.deliver(letter())

    assert 0 == clock(line, MONDAY + timedelta(hours=4))
    assert [True] * len(line.rows(reminder)) == [row.gathered_at is not None for row in line.rows(reminder)]


@pytest.mark.rule("000-36")
@pytest.mark.rule("000-34")
def test_the_holding_reply_goes_out_once_and_its_word_is_watched(line: Line) -> None:
    holiday = datetime.fromisoformat("2026-10-01T10:00:00+08:00")
    mail = line.deliver(letter("咨询", "请问这款洗衣机可以预约洗涤吗?怎么设置?"), at=holiday)

    clock(line, holiday + timedelta(hours=23, minutes=31))

    (held,) = sends(line, "holding")
    assert "boss" == held.approver
    assert "10月8日" in held.words
    assert mail.message_id in email.message_from_bytes(held.content)["References"]
    delivered(line, held, "holding", holiday + timedelta(hours=23, minutes=32))
    owed = {row.kind: row for row in line.rows(promise) if row.state == "open"}
    assert "answer" not in owed
    assert datetime.fromisoformat("2026-10-08T14:00:00+08:00") == owed["pledge"].due_at
    clock(line, holiday + timedelta(hours=24, minutes=5))
    assert 1 == len(sends(line, "holding"))


@pytest.mark.rule("000-40")
@pytest.mark.rule("001-25")
def test_progress_tells_what_was_noted_and_only_once(line: Line) -> None:
    mail = line.deliver(letter())
    line.handle(mail.ticket_id, Taken("wang"))
    with line.app.engine.write() as tx:  # nothing was written to this customer today
        tx.execute(outbox.delete())
    noted = Noted("wang", "已联系维修团队,预计明日上门", for_customer=True)
    line.handle(mail.ticket_id, noted, MONDAY + timedelta(hours=2))

    clock(line, MONDAY + timedelta(hours=8))

    (told,) = sends(line, "progress")
    assert "已联系维修团队,预计明日上门" in told.words
    delivered(line, told, "progress", MONDAY + timedelta(hours=8, minutes=1))
    kept = [row for row in line.rows(promise) if row.kind == "progress"]
    assert ["kept", "open"] == [row.state for row in kept]
    visit = [row for row in line.rows(promise) if row.kind == "pledge"]
    assert ["visit"] == [row.party for row in visit]  # what the note says is promised, too
    assert 0 == clock(line, MONDAY + timedelta(hours=8, minutes=30))
    assert 1 == len(sends(line, "progress"))


@pytest.mark.rule("001-29")
@pytest.mark.rule("001-30")
@pytest.mark.rule("001-33")
@pytest.mark.rule("000-42")
def test_a_solved_case_is_asked_about_rated_and_closed_with_everything_on_record(line: Line) -> None:
    mail = line.deliver(letter())
    delivered(line, line.approve(mail.ticket_id), "fault", MONDAY)
    line.handle(mail.ticket_id, Resolved("wang", "已更换主板", "company", "客户试机正常"))
    clock(line, MONDAY + timedelta(hours=2))

    (asked,) = sends(line, "revisit")
    assert "已更换主板" in asked.words
    assert "/r/20261123-0001" in asked.words
    delivered(line, asked, "revisit_invitation", MONDAY + timedelta(hours=2))
    answer = letter("回复:请问处理结果您满意吗", "非常满意,小陈很耐心", in_reply_to=asked.message_id)
    line.deliver(answer, at=MONDAY + timedelta(hours=5))

    ticket = line.ticket(mail.ticket_id)
    assert (State.CLOSED, 5) == (ticket.state, ticket.score)
    assert [(5, "mail")] == [(row.score, row.how) for row in line.rows(rating)]
    assert ["revisit", "revisit"] == [row.kind for row in line.rows(outbox) if row.kind == "revisit"]
    with line.app.engine.read() as tx:
        whole = [row.what for row in lists.journal_of(tx, mail.ticket_id)]
    assert {"opened", "resolved", "revisit", "sent", "rated", "closed"} <= set(whole)


def test_who_opted_out_is_never_asked_again_not_even_about_another_case(line: Line) -> None:
    first = line.deliver(letter())
    line.handle(first.ticket_id, Resolved("wang", "已更换", "company", "试机正常"))
    line.deliver(letter("回复:洗衣机无法开机", "请不要再发回访邮件了"))
    assert [LI] == [row.address for row in line.rows(customer)]
    second = line.deliver(letter("另一件事", "空调制冷效果不好,麻烦安排检修"))
    delivered(line, line.approve(second.ticket_id), "fault", MONDAY)
    line.handle(second.ticket_id, Resolved("wang", "已加氟", "company", "客户确认正常"))

    clock(line, MONDAY + timedelta(days=2))

    assert [] == sends(line, "revisit")
    assert State.CLOSED == line.ticket(second.ticket_id).state


@pytest.mark.rule("000-54")
def test_the_times_of_a_reply_stand_on_its_draft_and_are_owed_once_it_is_sent(line: Line) -> None:
    mail = line.deliver(letter())
    (found,) = line.drafts(mail.ticket_id)[:1]
    assert ["contact"] == [each["what"] for each in found.pledges]

    sent = line.approve(mail.ticket_id)
    delivered(line, sent, "fault", MONDAY)

    (owed,) = (row for row in line.rows(promise) if row.kind == "pledge")
    assert (MONDAY + timedelta(hours=24), "open") == (owed.due_at, owed.state)


def test_without_a_standing_approval_the_clocks_mails_wait_as_drafts(make_app: Callable[..., App]) -> None:
    line = Line(make_app())
    mail = line.deliver(letter())
    line.handle(mail.ticket_id, Resolved("wang", "已更换主板", "company", "客户试机正常"))

    clock(line, MONDAY + timedelta(hours=3))

    assert [] == sends(line, "revisit")
    assert ["closing", "revisit_invitation"] == [
        row.template for row in line.rows(draft) if row.state == "open" and row.template
    ]
