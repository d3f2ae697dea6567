"""Tickets given to people, tasks given to departments, delays told, material asked for, objections heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailbot.core.arrival import open_ticket
from mailbot.core.decide import decide
from mailbot.core.decision import Decision, Note
from mailbot.core.mail import Attachment
from mailbot.core.office import Office
from mailbot.core.pledges import Pledge
from mailbot.core.promises import Promise
from mailbot.core.ticket import (
    Assigned,
    Delayed,
    Event,
    MaterialWanted,
    Noted,
    Objected,
    Planned,
    PledgesSet,
    PromiseEnded,
    State,
    Taken,
    TaskDone,
    Transferred,
    Waiting,
)
from tests.core.events import EVENTS, NOW, applied, arrived, draft, sent, ticket, understood

TASK = Promise("department", NOW + timedelta(hours=4), "依据", "us", id=9, about="检测主板", party="technical")


def kinds(decision: Decision) -> list[str]:
    return [each.kind for each in decision.promised]


def ended(decision: Decision) -> set[tuple[int, str]]:
    return {(each.promise_id, each.state) for each in decision.settled}


# ---- owners ----


@pytest.mark.rule("001-12")
@pytest.mark.rule("001-14")
@pytest.mark.rule("001-16")
@pytest.mark.rule("001-17")
def test_who_is_given_a_ticket_is_told_and_owes_a_confirmation_and_a_plan(office: Office) -> None:
    decision = decide(ticket(), Assigned("zhou", "wang"), office, NOW)

    assert ("wang", State.PENDING) == (decision.ticket.owner, decision.ticket.state)
    assert [("confirm", NOW + timedelta(hours=1)), ("plan", NOW + timedelta(hours=2))] == [
        (each.kind, each.due_at) for each in decision.promised
    ]
    assert [("agent:wang", "assigned")] == [(each.audience, each.level) for each in decision.reminders]


@pytest.mark.rule("000-38")
@pytest.mark.rule("001-13")
def test_a_new_complaint_has_a_named_owner_and_deadlines_at_once(office: Office) -> None:
    found = understood("complaint", "quality", "important")
    event = replace(arrived(found), owner="wang", routed="售后部:王的在办工单最少")
    decision = decide(open_ticket(event, "20261123-0001", "support", NOW), event, office, NOW)

    assert ("wang", "product") == (decision.ticket.owner, decision.ticket.department)
    assert {"answer", "solve", "progress", "confirm", "plan"} == set(kinds(decision))
    assert all(each.due_at > NOW and "→" in each.because for each in decision.promised)
    assert ["agent:wang"] == [each.audience for each in decision.reminders]
    assert ("售后部:王的在办工单最少",) == next(e.reasons for e in decision.journal if e.what == "routed")


@pytest.mark.rule("001-16")
@pytest.mark.parametrize("event", [Taken("wang"), Noted("wang", "已电话联系"), Planned("wang", "更换主板")])
def test_whoever_works_on_it_has_confirmed_and_begun(event: Event, office: Office) -> None:
    given = applied(ticket(priority="urgent"), decide(ticket(priority="urgent"), Assigned("zhou", "wang"), office, NOW))
    owed = {each.kind: each.id for each in given.promises}

    assert (owed["confirm"], "kept") in ended(decide(given, event, office, NOW))


@pytest.mark.rule("001-17")
@pytest.mark.rule("001-42")
def test_a_plan_is_on_record_and_the_day_it_is_to_be_done_is_watched(office: Office) -> None:
    owing = ticket(promises=(Promise("plan", NOW, "依据", id=4), *ticket().promises))
    ready = NOW + timedelta(days=1)

    decision = decide(owing, Planned("wang", "更换主板", ready), office, NOW)

    assert "更换主板" == decision.ticket.plan
    assert (4, "kept") in ended(decision)
    assert [("pledge", ready, "更换主板")] == [(each.kind, each.due_at, each.about) for each in decision.promised]


# ---- departments ----


@pytest.mark.rule("002-22")
@pytest.mark.rule("002-23")
@pytest.mark.rule("002-24")
@pytest.mark.rule("001-18")
@pytest.mark.rule("003-12")
def test_a_transfer_is_a_task_with_a_date_and_the_owner_stays(office: Office) -> None:
    owned = ticket(owner="wang", priority="important")

    decision = decide(owned, Transferred("wang", "technical", "检测主板", "赵工程师"), office, NOW)

    assert ("wang", "department", State.IN_PROGRESS) == (
        decision.ticket.owner,
        decision.ticket.waiting_on,
        decision.ticket.state,
    )
    (task,) = decision.promised
    assert ("department", "technical", "检测主板（赵工程师）", "us") == (
        task.kind,
        task.party,
        task.about,
        task.owed_to,
    )
    (told,) = decision.drafts
    said = dict(told.more)
    assert ("transfer", "技术部", "赵工程师", task.due_at) == (
        told.template,
        said["department_name"],
        said["person"],
        said["contact_by"],
    )
    assert [("department:technical", "assigned")] == [(each.audience, each.level) for each in decision.reminders]


@pytest.mark.rule("001-15")
@pytest.mark.rule("001-51")
@pytest.mark.rule("004-25")
def test_several_departments_have_a_task_each_and_one_owner(office: Office) -> None:
    owing = ticket(owner="wang")
    for department, task in (("technical", "检测主板"), ("finance", "核对退款")):
        owing = applied(owing, decide(owing, Transferred("wang", department, task, tell=False), office, NOW))

    tasks = [each for each in owing.promises if each.kind == "department"]
    assert {("technical", "检测主板"), ("finance", "核对退款")} == {(each.party, each.about) for each in tasks}
    one, other = (each.id or 0 for each in tasks)
    half = applied(owing, decide(owing, TaskDone("wang", one, "主板有缺陷"), office, NOW))
    whole = decide(half, TaskDone("wang", other, "可以退款"), office, NOW)
    assert ("wang", "department", "us") == (half.owner, half.waiting_on, whole.ticket.waiting_on)


def test_a_departments_answer_goes_into_the_notes_and_the_owner_hears_of_it(office: Office) -> None:
    owing = ticket(owner="wang", promises=(*ticket().promises, TASK))

    decision = decide(owing, TaskDone("zhao", 9, "主板批次有缺陷"), office, NOW)

    assert {(9, "kept")} == ended(decision)
    assert Note("zhao", "检测主板:主板批次有缺陷") == decision.note
    assert [("agent:wang", "answered")] == [(each.audience, each.level) for each in decision.reminders]


# ---- delays, material, objections ----


@pytest.mark.rule("001-22")
@pytest.mark.rule("001-23")
@pytest.mark.rule("004-24")
def test_a_delay_is_told_in_advance_with_its_reason_and_the_new_time(office: Office) -> None:
    new = NOW + timedelta(days=2)

    decision = decide(ticket(), Delayed("wang", "配件缺货", new), office, NOW)

    assert State.ESCALATED == decision.ticket.state
    (told,) = decision.drafts
    assert ("delay", "配件缺货", new) == (told.template, dict(told.more)["reason"], dict(told.more)["new_by"])
    assert ["supervisors"] == [each.audience for each in decision.reminders]


@pytest.mark.rule("002-27")
@pytest.mark.rule("004-14")
def test_material_is_asked_for_exactly_and_how_to_send_it(office: Office) -> None:
    decision = decide(ticket(), MaterialWanted("wang", ("photo", "购买凭证")), office, NOW)

    (wanted,) = decision.drafts
    items = dict(wanted.more)["items"]
    assert isinstance(items, tuple)
    assert ("material", True, 2) == (wanted.template, wanted.asks, len(items))
    assert "照片" in items[0]
    assert ("photo",) == decision.ticket.missing


@pytest.mark.rule("002-27")
def test_a_mail_that_asks_waits_for_the_customer_and_the_answer_is_recognised(office: Office) -> None:
    asked = ticket(State.IN_PROGRESS, missing=("order_number", "photo"), drafts=())
    asked = applied(asked, decide(asked, sent(asks=True), office, NOW))
    (material,) = (each for each in asked.promises if each.kind == "material")
    found = understood(orders=("20261105889213",))

    decision = decide(asked, arrived(found, mail_id=2, into=7, at=NOW + timedelta(hours=3)), office, NOW)

    assert ("customer", "订单号、照片") == (asked.waiting_on, material.about)
    assert (material.id or 0, "kept") in ended(decision)
    assert "客户已补充:订单号" in decision.journal[0].reasons
    assert "仍缺:照片" in decision.journal[0].reasons
    assert (("photo",), "us") == (decision.ticket.missing, decision.ticket.waiting_on)


@pytest.mark.rule("001-20")
def test_a_photo_that_came_is_missing_no_more(office: Office) -> None:
    photo = Attachment(0, "board.jpg", "image/jpeg", 40_000, inline=False)
    found = understood()
    found = replace(found, mail=replace(found.mail, attachments=(photo,)))

    decision = decide(ticket(missing=("photo",)), arrived(found, mail_id=2, into=7), office, NOW)

    assert () == decision.ticket.missing


@pytest.mark.rule("002-29")
def test_an_objection_adjusts_the_plan_or_goes_to_the_supervisor_on_record(office: Office) -> None:
    agreed = decide(ticket(), Objected("wang", "不想等维修", "改为换新"), office, NOW)
    insists = decide(ticket(), Objected("wang", "全额退款"), office, NOW)

    assert ("改为换新", State.IN_PROGRESS) == (agreed.ticket.plan, agreed.ticket.state)
    assert State.ESCALATED == insists.ticket.state
    assert ("客户坚持要求全额退款,将升级至主管处理",) == insists.journal[0].reasons
    assert ["plan"] == kinds(insists)
    assert ["supervisors"] == [each.audience for each in insists.reminders]


# ---- times that our mails promise ----


@pytest.mark.rule("000-54")
@pytest.mark.rule("004-13")
@pytest.mark.rule("004-23")
@pytest.mark.rule("004-26")
def test_a_time_that_a_sent_mail_promised_is_owed_from_then_on(office: Office) -> None:
    due = NOW + timedelta(hours=24)
    pledge = Pledge("工程师会在24小时内与您联系", due, "contact", "回信承诺")
    owing = ticket(State.IN_PROGRESS, drafts=())

    decision = decide(owing, replace(sent(), pledges=(pledge,)), office, NOW)

    (promise,) = decision.promised
    assert ("pledge", due, pledge.words, "contact") == (promise.kind, promise.due_at, promise.about, promise.party)


def test_a_promised_answer_is_kept_by_the_next_reply_and_a_promised_call_is_not(office: Office) -> None:
    answer = Promise("pledge", NOW + timedelta(hours=1), "依据", id=11, party="answer")
    call = Promise("pledge", NOW + timedelta(hours=1), "依据", id=12, party="contact")
    owing = ticket(State.IN_PROGRESS, promises=(*ticket().promises, answer, call), drafts=())

    decision = decide(owing, sent(), office, NOW)

    assert (11, "kept") in ended(decision)
    assert 12 not in {number for number, _ in ended(decision)}


def test_an_agent_changes_what_a_draft_promises_before_it_goes(office: Office) -> None:
    later = Pledge("明天联系您", NOW + timedelta(days=2), "contact", "回信承诺")
    past = replace(later, due_at=NOW)

    assert (5, "wang", (later,)) == decide(ticket(), PledgesSet("wang", 5, (later,)), office, NOW).pledges
    assert decide(ticket(), PledgesSet("wang", 5, (past,)), office, NOW).refused
    assert decide(ticket(), PledgesSet("wang", 5, (later,), seen_version=0), office, NOW).refused


@pytest.mark.parametrize(
    ("event", "state"),
    [(PromiseEnded("wang", 11, True), "kept"), (PromiseEnded("wang", 11, False, "已退货"), "withdrawn")],
)
def test_an_agent_ends_a_pledge_by_hand(event: Event, state: str, office: Office) -> None:
    call = Promise("pledge", NOW + timedelta(hours=1), "依据", id=11, party="contact")

    assert {(11, state)} == ended(decide(ticket(promises=(*ticket().promises, call)), event, office, NOW))


def test_what_is_owed_to_the_customer_does_not_end_by_a_click(office: Office) -> None:
    refusals = [
        decide(ticket(), PromiseEnded("wang", 1, True), office, NOW).refused,
        decide(ticket(State.RESOLVED), PromiseEnded("wang", 1, False, "太忙"), office, NOW).refused,
    ]

    assert all(refusals)


@pytest.mark.rule("002-34")
def test_a_revisit_by_telephone_is_put_on_record(office: Office) -> None:
    decision = decide(ticket(State.RESOLVED), PromiseEnded("wang", 1, True, "客户表示满意"), office, NOW)

    assert NOW == decision.ticket.revisited_at
    assert ({(1, "kept")}, ["feedback"]) == (ended(decision), kinds(decision))


# ---- what makes no sense ----


@pytest.mark.parametrize(
    "event",
    [
        Assigned("zhou", "zhou"),
        Planned("wang", " "),
        Planned("wang", "更换", NOW),
        Transferred("wang", "nowhere", "检测"),
        Transferred("wang", "technical", " "),
        Transferred("wang", "technical", "检测", due_by=NOW),
        TaskDone("wang", 1, "好了"),
        Delayed("wang", "", NOW + timedelta(days=1)),
        Delayed("wang", "缺货", NOW),
        MaterialWanted("wang", (" ",)),
        Waiting("wang", "department"),
        Objected("wang", ""),
        PromiseEnded("wang", 77, True),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(event: Event, office: Office) -> None:
    before: Any = ticket(owner="zhou", drafts=(draft(),))

    decision = decide(before, event, office, NOW)

    assert decision.refused
    assert before == decision.ticket


@pytest.mark.parametrize("name", ["assign", "plan", "transfer", "delay", "material", "wait", "escalate", "object"])
def test_a_solved_ticket_is_opened_again_before_it_is_worked_on(name: str, office: Office) -> None:
    assert "已解决" in (decide(ticket(State.RESOLVED), EVENTS[name], office, NOW).refused or "")
