"""A mail arrives for a ticket: what is owed, what is drafted, who gets an acknowledgement, what is never answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.arrival import CATEGORY_RANK, facts_pairs, open_ticket
from mailbot.core.automail import Automail
from mailbot.core.decide import decide
from mailbot.core.decision import Decision
from mailbot.core.facts import Fact, Facts
from mailbot.core.office import Office
from mailbot.core.threads import Link, Placement
from mailbot.core.ticket import MailArrived, State, Ticket
from mailbot.core.understand import Understood, as_human
from tests.core.events import CUSTOMER, NOW, ROBOT, arrived, bounced, draft, ticket, understood


def opened(found: Understood, office: Office, **how: object) -> Decision:
    event = arrived(found, **how)  # type: ignore[arg-type]
    return decide(open_ticket(event, "20261123-0001", "support", NOW), event, office, NOW)


def follow_up(before: Ticket, found: Understood, office: Office, **how: object) -> Decision:
    return decide(before, arrived(found, mail_id=2, into=7, **how), office, NOW)  # type: ignore[arg-type]


def whats(decision: Decision) -> list[str]:
    return [entry.what for entry in decision.journal]


# ---- a new ticket ----


@pytest.mark.rule("000-07")
def test_a_new_mail_opens_a_ticket_that_owes_an_answer_and_a_solution(office: Office) -> None:
    decision = opened(understood(orders=("A20261101",)), office)

    assert (State.PENDING, "us", CUSTOMER) == (
        decision.ticket.state,
        decision.ticket.waiting_on,
        decision.ticket.customer,
    )
    assert ["answer", "solve", "progress"] == [each.kind for each in decision.promised]
    assert (("order_number", "A20261101"),) == decision.ticket.facts
    assert ["opened", "acknowledge", "routed"] == whats(decision)


def test_what_is_owed_counts_from_the_arrival_at_the_server_not_from_our_fetching_it(office: Office) -> None:
    decision = opened(understood("enquiry", "price", "normal"), office, at=NOW - timedelta(days=10))

    assert NOW - timedelta(days=9) == decision.promised[0].due_at
    assert NOW - timedelta(days=10) == decision.ticket.opened_at


def test_a_server_whose_clock_is_ahead_gives_us_no_more_time(office: Office) -> None:
    decision = opened(understood("enquiry", "price", "normal"), office, at=NOW + timedelta(days=10))

    assert NOW + timedelta(hours=24) == decision.promised[0].due_at


@pytest.mark.rule("000-21")
def test_a_new_mail_gets_a_draft_from_the_template_of_its_topic(office: Office) -> None:
    decision = opened(understood("complaint", "quality", "important"), office)

    assert [("reply", "complaint_quality", 1), ("acknowledgement", "acknowledgement", 1)] == [
        (each.kind, each.template, each.mail_id) for each in decision.drafts
    ]


@pytest.mark.parametrize(
    ("found", "quota_free", "reason"),
    [
        (understood(), False, "24 小时内"),
        (understood(trust="fail"), True, "身份验证"),
        (understood("other", "spam", "normal"), True, "垃圾"),
        (understood(judged=Automail("human", False, "warn", "回信地址不同", 14)), True, "回信地址不同"),
        (as_human(understood(judged=ROBOT)), True, "客服认定"),
    ],
)
def test_a_new_ticket_is_not_acknowledged_when_something_speaks_against_it(
    found: Understood, quota_free: bool, reason: str, office: Office
) -> None:
    decision = opened(found, office, quota_free=quota_free)

    assert "acknowledgement" not in {each.kind for each in decision.drafts}
    assert not decision.use_quota
    entry = next(each for each in decision.journal if each.what == "no_acknowledge")
    assert reason in "".join(entry.reasons)
    assert ["answer", "solve", "progress"] == [each.kind for each in decision.promised]


@pytest.mark.parametrize("trust", ["pass", "unknown"])
def test_a_new_ticket_is_acknowledged_and_uses_up_the_quota(trust: str, office: Office) -> None:
    decision = opened(understood(trust=trust), office)

    assert decision.use_quota
    assert "acknowledgement" in {each.kind for each in decision.drafts}


def test_only_a_new_ticket_is_acknowledged(office: Office) -> None:
    decision = follow_up(ticket(), understood(), office)

    assert not decision.use_quota
    assert ["reply"] == [each.kind for each in decision.drafts]


def test_a_mail_that_must_not_be_answered_gets_no_draft_but_is_owed_a_look(office: Office) -> None:
    decision = opened(understood(judged=Automail("human", False, "no", "不可回复的地址", 3)), office)

    assert () == decision.drafts
    assert ["answer", "solve", "progress"] == [each.kind for each in decision.promised]


def test_thanks_that_open_a_ticket_are_treated_like_any_mail(office: Office) -> None:
    decision = opened(understood("revisit", "thanks", "normal"), office)

    assert ["answer", "solve", "progress"] == [each.kind for each in decision.promised]


def test_a_warning_about_the_sender_stands_in_the_journal(office: Office) -> None:
    found = understood(judged=Automail("human", True, "warn", "邮件列表", 12), trust="fail")

    reasons = opened(found, office).journal[0].reasons

    assert "邮件列表" in reasons
    assert "身份验证结果" in reasons


def test_the_subject_of_a_ticket_has_an_end() -> None:
    found = understood()
    long = replace(found, mail=replace(found.mail, subject="问" * 5000))

    assert 300 == len(open_ticket(arrived(long), "20261123-0001", "support", NOW).subject)


# ---- machines ----


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", ["auto_reply", "bulk", "loop", "bounce"])
def test_a_machine_never_reopens_and_never_gets_a_draft(state: State, kind: str, office: Office) -> None:
    before = ticket(state)
    robot = Automail(kind, False, "no", "自动邮件", 5)  # type: ignore[arg-type]

    decision = follow_up(before, understood("complaint", "quality", "urgent", judged=robot), office)

    assert replace(before, updated_at=NOW) == decision.ticket
    assert ((), (), (), ()) == (decision.drafts, decision.promised, decision.settled, decision.ended)
    assert ["auto_mail"] == whats(decision)


# ---- thanks ----


@pytest.mark.rule("000-06")
@pytest.mark.parametrize("state", State)
def test_thanks_neither_reopen_nor_answer_anything(state: State, office: Office) -> None:
    before = ticket(state)

    decision = follow_up(before, understood("revisit", "thanks", "normal"), office)

    assert state == decision.ticket.state
    assert ((), (), (), ()) == (decision.drafts, decision.promised, decision.settled, decision.ended)
    assert ["thanks"] == whats(decision)


# ---- follow-ups ----


@pytest.mark.rule("001-32")
@pytest.mark.parametrize("state", [State.RESOLVED, State.CLOSED])
def test_a_customer_who_writes_again_reopens_the_ticket(state: State, office: Office) -> None:
    before = ticket(state)

    decision = follow_up(before, understood("revisit", "still_broken", "important"), office)

    assert State.IN_PROGRESS == decision.ticket.state
    assert (None, None) == (decision.ticket.resolved_at, decision.ticket.closed_at)
    assert ["answer", "solve", "progress"] == [each.kind for each in decision.promised]
    assert [each.id for each in before.promises] == [each.promise_id for each in decision.settled]
    assert any("→ 处理中" in reason for reason in decision.journal[0].reasons)


def test_a_follow_up_supersedes_the_open_draft_and_brings_one_that_answers_it(office: Office) -> None:
    before = ticket(drafts=(draft(5), draft(6, kind="acknowledgement")))

    decision = follow_up(before, understood(), office)

    assert [(5, "superseded")] == [(each.draft_id, each.state) for each in decision.ended]
    assert [("reply", 2)] == [(each.kind, each.mail_id) for each in decision.drafts]


def test_a_follow_up_keeps_the_earlier_promise(office: Office) -> None:
    decision = follow_up(ticket(), understood(), office)

    assert ((), ()) == (decision.promised, decision.settled)


def test_a_follow_up_after_our_answer_owes_a_new_answer_and_the_old_solution(office: Office) -> None:
    owes = tuple(each for each in ticket().promises if each.kind != "answer")
    answered = ticket(State.IN_PROGRESS, promises=owes, drafts=())

    decision = follow_up(answered, understood(), office)

    assert ["answer"] == [each.kind for each in decision.promised]
    assert () == decision.settled


@pytest.mark.rule("000-14")
def test_a_follow_up_that_is_urgent_shortens_what_is_owed(office: Office) -> None:
    far = tuple(replace(each, due_at=NOW + timedelta(days=3)) for each in ticket().promises)

    decision = follow_up(ticket(promises=far), understood(priority="urgent"), office)

    assert "urgent" == decision.ticket.priority
    assert [
        ("answer", NOW + timedelta(hours=1)),
        ("solve", NOW + timedelta(hours=24)),
        ("start", NOW + timedelta(hours=2)),
    ] == [(each.kind, each.due_at) for each in decision.promised]
    assert [1, 2] == [each.promise_id for each in decision.settled]


def test_a_follow_up_that_is_urgent_never_moves_an_earlier_due_time_back(office: Office) -> None:
    overdue = tuple(replace(each, due_at=NOW - timedelta(hours=1)) for each in ticket().promises)

    decision = follow_up(ticket(promises=overdue), understood(priority="urgent"), office)

    assert ["start"] == [each.kind for each in decision.promised]
    assert () == decision.settled


@given(st.sampled_from(["urgent", "important", "normal"]), st.sampled_from(["urgent", "important", "normal"]))
def test_the_priority_only_rises(before: str, said: str) -> None:
    rank = ("normal", "important", "urgent")

    decision = follow_up(ticket(priority=before), understood(priority=said), OFFICE[0])

    assert max(before, said, key=rank.index) == decision.ticket.priority


@pytest.mark.parametrize("was", CATEGORY_RANK)
@pytest.mark.parametrize("says", CATEGORY_RANK)
def test_the_graver_category_leads(was: str, says: str, office: Office) -> None:
    before = ticket(category=was, topic="before")

    decision = follow_up(before, understood(says, "after", "normal"), office)

    graver = CATEGORY_RANK.index(says) > CATEGORY_RANK.index(was)
    assert ((says, "after") if graver else (was, "before")) == (
        decision.ticket.category,
        decision.ticket.topic,
    )


def test_a_follow_up_adds_its_facts_and_what_was_missing_is_missing_no_more(office: Office) -> None:
    before = ticket(facts=(("phone", "13800000000"),), missing=("order_number", "model"))

    decision = follow_up(before, understood(orders=("A1",)), office)

    assert (("phone", "13800000000"), ("order_number", "A1")) == decision.ticket.facts
    assert ("model",) == decision.ticket.missing


def test_a_mail_of_somebody_else_on_the_ticket_is_pointed_out(office: Office) -> None:
    decision = follow_up(ticket(), understood(sender="other@mail.example"), office)

    assert any("发件人与工单客户不同" in reason for reason in decision.journal[0].reasons)
    assert CUSTOMER == decision.ticket.customer


def test_links_to_other_tickets_are_kept(office: Office) -> None:
    link = Link(3, "20261120-0001", "提到了同一订单号")
    event: MailArrived = replace(arrived(), placement=Placement(None, "新建", (link,)))

    decision = decide(open_ticket(event, "20261123-0001", "support", NOW), event, office, NOW)

    assert (link,) == decision.linked


# ---- bounces ----


@pytest.mark.parametrize("state", State)
def test_a_reply_that_did_not_arrive_is_owed_again(state: State, office: Office) -> None:
    answered = ticket(state, promises=(), drafts=())

    decision = decide(answered, bounced(), office, NOW)

    assert ["answer", "solve", "progress"] == [each.kind for each in decision.promised]
    assert "us" == decision.ticket.waiting_on
    assert decision.ticket.state not in (State.RESOLVED, State.CLOSED)
    assert decision.ticket.resolved_at is None
    assert any(CUSTOMER in reason for reason in decision.journal[0].reasons)


def test_a_bounce_does_not_prolong_an_answer_that_is_owed_already(office: Office) -> None:
    assert () == decide(ticket(), bounced(), office, NOW).promised


@pytest.mark.parametrize("report", [bounced(()), bounced(kind="acknowledgement")])
def test_a_delay_or_a_lost_acknowledgement_is_only_noted(report: object, office: Office) -> None:
    before = ticket(State.RESOLVED)

    decision = decide(before, report, office, NOW)  # type: ignore[arg-type]

    assert replace(before, updated_at=NOW) == decision.ticket
    assert ["report"] == whats(decision)
    assert () == decision.promised


# ---- facts ----


@pytest.mark.rule("000-09")
def test_only_sure_facts_stand_on_the_ticket() -> None:
    found = Facts(
        order_numbers=(Fact("A1", "A1"), Fact("B2", "B2", sure=False), Fact("A1", "a1")),
        model=Fact("KX-1", "KX-1"),
        customer_name=Fact("李明", "李明"),
    )

    assert (("order_number", "A1"), ("model", "KX-1"), ("name", "李明")) == facts_pairs(found)


OFFICE: list[Office] = []


@pytest.fixture(scope="module", autouse=True)
def _office(office: Office) -> None:
    OFFICE[:] = [office]
