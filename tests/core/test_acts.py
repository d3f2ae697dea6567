"""What agents do to tickets and drafts, and what follows when a send ends or a limit passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailbot.core.decide import decide
from mailbot.core.decision import Decision, Note
from mailbot.core.office import Office
from mailbot.core.promises import Promise
from mailbot.core.ticket import (
    Corrected,
    DraftApproved,
    DraftRejected,
    DraftWritten,
    Event,
    MailMoved,
    Noted,
    PromiseDue,
    Reopened,
    Resolved,
    SendFailed,
    SendSettled,
    SendUncertain,
    State,
    Taken,
)
from tests.core.events import EVENTS, NOW, applied, draft, sent, ticket

LATE = Promise("answer", NOW - timedelta(minutes=1), "依据", id=1)


# ---- people ----


@pytest.mark.rule("000-38")
def test_who_takes_a_ticket_owns_it(office: Office) -> None:
    decision = decide(ticket(), Taken("wang"), office, NOW)

    assert ("wang", State.IN_PROGRESS) == (decision.ticket.owner, decision.ticket.state)


@pytest.mark.parametrize(
    "event",
    [
        Noted("wang", "  \n"),
        Resolved("wang", " "),
        DraftWritten("wang", "Re", " "),
        Corrected("wang", "fault", "nonsense", "urgent"),
        Corrected("wang", "fault", "malfunction", "soon"),  # type: ignore[arg-type]
        PromiseDue(99),
        DraftApproved("wang", 99),
        DraftRejected("wang", 99, ""),
        DraftWritten("wang", "Re", "您好", draft_id=99),
        DraftWritten("wang", "Re", "您好", draft_id=5, seen_version=0),
        DraftApproved("wang", 5, seen_version=0),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason_and_changes_nothing(event: Event, office: Office) -> None:
    before = ticket()

    decision = decide(before, event, office, NOW)

    assert decision.refused
    assert Decision(before, refused=decision.refused) == decision


@pytest.mark.rule("001-53")
def test_a_note_is_kept_and_reaches_no_letter(office: Office) -> None:
    decision = decide(ticket(), Noted("wang", " 已电话联系 "), office, NOW)

    assert Note("wang", "已电话联系") == decision.note
    assert ((), None) == (decision.drafts, decision.approve)


# ---- corrected ----


@pytest.mark.rule("000-13")
def test_a_corrected_priority_makes_the_promises_anew_from_where_they_began(office: Office) -> None:
    began = NOW - timedelta(minutes=30)
    promises = (
        Promise("answer", NOW + timedelta(hours=3), "依据", id=1, began_at=began),
        Promise("solve", NOW + timedelta(days=3), "依据", id=2, began_at=began),
    )
    before = ticket(promises=promises, opened_at=NOW - timedelta(days=9))

    decision = decide(before, Corrected("wang", "fault", "malfunction", "urgent"), office, NOW)

    assert [1, 2] == [each.promise_id for each in decision.settled]
    assert [began + timedelta(hours=1), began + timedelta(hours=24)] == [each.due_at for each in decision.promised]


def test_a_corrected_topic_leaves_the_promises_and_redoes_the_machines_draft(office: Office) -> None:
    decision = decide(ticket(), Corrected("wang", "complaint", "quality", "important"), office, NOW)

    assert ("complaint", "quality", 1.0) == (
        decision.ticket.category,
        decision.ticket.topic,
        decision.ticket.confidence,
    )
    assert ((), ()) == (decision.promised, decision.settled)
    assert [(5, "superseded")] == [(each.draft_id, each.state) for each in decision.ended]
    assert [("complaint_quality", 1)] == [(each.template, each.mail_id) for each in decision.drafts]


def test_a_correction_never_throws_an_agents_own_words_away(office: Office) -> None:
    before = ticket(drafts=(draft(author="zhao"),))

    decision = decide(before, Corrected("wang", "complaint", "quality", "important"), office, NOW)

    assert ((), ()) == (decision.ended, decision.drafts)


def test_a_correction_leaves_the_revisit_of_a_solved_ticket(office: Office) -> None:
    decision = decide(ticket(State.RESOLVED), Corrected("wang", "complaint", "quality", "urgent"), office, NOW)

    assert ((), ()) == (decision.promised, decision.settled)


# ---- resolved, reopened ----


@pytest.mark.rule("000-41")
@pytest.mark.rule("001-29")
def test_a_solved_ticket_has_its_result_and_owes_a_revisit(office: Office) -> None:
    decision = decide(ticket(), Resolved("wang", " 已更换主板 ", "company", "试机正常"), office, NOW)

    assert ("已更换主板", "wang", "customer", NOW) == (
        decision.ticket.result,
        decision.ticket.owner,
        decision.ticket.waiting_on,
        decision.ticket.resolved_at,
    )
    assert [("revisit", NOW + timedelta(hours=24))] == [(each.kind, each.due_at) for each in decision.promised]
    # The mail itself is still owed an answer: the summary gives it (000-36).
    assert [(2, "kept"), (3, "withdrawn")] == [(each.promise_id, each.state) for each in decision.settled]
    assert [(5, "superseded")] == [(each.draft_id, each.state) for each in decision.ended]


def test_what_is_solved_late_was_broken(office: Office) -> None:
    late = Promise("solve", NOW - timedelta(days=1), "依据", broken_at=NOW - timedelta(days=1), id=2)

    decision = decide(ticket(promises=(late,)), Resolved("wang", "已更换", "company", "试机正常"), office, NOW)

    assert ["broken"] == [each.state for each in decision.settled]


def test_a_solved_ticket_keeps_its_owner(office: Office) -> None:
    assert (
        "zhao"
        == decide(ticket(owner="zhao"), Resolved("wang", "已更换", "company", "试机正常"), office, NOW).ticket.owner
    )


def test_a_reopened_ticket_owes_a_solution_and_no_revisit(office: Office) -> None:
    decision = decide(ticket(State.RESOLVED), Reopened("wang", "仍有异响"), office, NOW)

    assert ["solve", "progress"] == [each.kind for each in decision.promised]
    assert [(1, "withdrawn")] == [(each.promise_id, each.state) for each in decision.settled]
    assert (None, None, "us") == (
        decision.ticket.resolved_at,
        decision.ticket.closed_at,
        decision.ticket.waiting_on,
    )


# ---- mails moved ----


@pytest.mark.parametrize("state", State)
def test_the_ticket_that_gets_a_mail_owes_it_an_answer_and_drafts_one(state: State, office: Office) -> None:
    before = ticket(state)

    decision = decide(before, EVENTS["mail_in"], office, NOW)

    after = applied(before, decision)
    assert {"answer", "solve", "progress"} == {each.kind for each in after.promises}
    assert ["fault_malfunction"] == [each.template for each in decision.drafts]
    assert [3] == [each.mail_id for each in decision.drafts]
    assert (None, None) == (after.resolved_at, after.closed_at)


def test_the_ticket_that_loses_a_mail_loses_the_draft_that_answered_it_and_nothing_else(
    office: Office,
) -> None:
    before = ticket(drafts=(draft(5, mail_id=1), draft(6, mail_id=2)))

    decision = decide(before, MailMoved("wang", 1, False, "20261122-0002"), office, NOW)

    assert [(5, "superseded")] == [(each.draft_id, each.state) for each in decision.ended]
    assert ((), ()) == (decision.promised, decision.settled)


# ---- drafts ----


@pytest.mark.rule("000-34")
def test_an_approved_draft_goes_out_under_the_name_of_who_approved_it(office: Office) -> None:
    before = ticket(drafts=(draft(5), draft(6, kind="acknowledgement")))

    decision = decide(before, DraftApproved("wang", 5, 1), office, NOW)

    assert (5, "wang") == decision.approve
    assert [(5, "approved", "wang"), (6, "superseded", "mailbot")] == [
        (each.draft_id, each.state, each.who) for each in decision.ended
    ]
    assert "wang" == decision.ticket.owner


def test_approving_does_not_yet_keep_the_promise(office: Office) -> None:
    assert () == decide(ticket(), DraftApproved("wang", 5), office, NOW).settled


@pytest.mark.rule("000-25")
def test_a_blocked_draft_cannot_be_approved(office: Office) -> None:
    before = ticket(drafts=(draft(blocked=True),))

    decision = decide(before, DraftApproved("wang", 5), office, NOW)

    assert Decision(before, refused=decision.refused) == decision
    assert "审核意见" in (decision.refused or "")


@pytest.mark.rule("000-34")
def test_a_supervisor_lets_a_blocked_draft_pass_with_a_reason_that_stays_on_record(office: Office) -> None:
    before = ticket(drafts=(draft(blocked=True, blocks=("foreign_phone", "placeholder")),))
    event = DraftApproved("zhao", 5, override="已电话核实 是客户本人的号码", supervisor=True)

    decision = decide(before, event, office, NOW)

    assert (5, "zhao") == decision.approve
    assert ["已电话核实 是客户本人的号码"] == [each.override for each in decision.ended]
    assert ["approved", "overridden"] == [each.what for each in decision.journal]
    told = " ".join(decision.journal[1].reasons)
    assert all(words in told for words in ("已电话核实", "foreign_phone", "placeholder"))


@pytest.mark.parametrize(
    ("event", "blocks", "why"),
    [
        (DraftApproved("wang", 5, override="着急"), ("foreign_phone",), "只有主管"),
        (DraftApproved("zhao", 5, supervisor=True), ("foreign_phone",), "审核意见"),
        (DraftApproved("zhao", 5, override="  ", supervisor=True), ("foreign_phone",), "审核意见"),
        (DraftApproved("zhao", 5, override="着急", supervisor=True), ("foreign_phone", "id_card"), "身份证"),
        (DraftApproved("zhao", 5, override="着急", supervisor=True), ("header",), "邮件头"),
        (DraftApproved("zhao", 5, override="着急", supervisor=True), ("recipient",), "收件人"),
        (DraftApproved("zhao", 5, override="着急", supervisor=True), (), "不明"),
    ],
)
def test_what_leaks_and_what_no_supervisor_answers_for_stays_blocked(
    event: DraftApproved, blocks: tuple[str, ...], why: str, office: Office
) -> None:
    before = ticket(drafts=(draft(blocked=True, blocks=blocks),))

    decision = decide(before, event, office, NOW)

    assert Decision(before, refused=decision.refused) == decision
    assert why in (decision.refused or "")


def test_a_draft_without_findings_is_approved_and_not_overridden(office: Office) -> None:
    decision = decide(ticket(), DraftApproved("zhao", 5, override="着急", supervisor=True), office, NOW)

    assert [""] == [each.override for each in decision.ended]
    assert ["approved"] == [each.what for each in decision.journal]


def test_a_draft_that_was_approved_or_superseded_is_approved_no_more(office: Office) -> None:
    once = applied(ticket(), decide(ticket(), DraftApproved("wang", 5), office, NOW))
    answered = applied(ticket(), decide(ticket(), EVENTS["mail"], office, NOW))

    for after in (once, answered):
        assert "已处理过" in (decide(after, DraftApproved("zhao", 5), office, NOW).refused or "")


def test_a_draft_that_somebody_changed_meanwhile_is_not_approved_unseen(office: Office) -> None:
    changed = ticket(drafts=(draft(version=2),))

    assert "修改" in (decide(changed, DraftApproved("wang", 5, seen_version=1), office, NOW).refused or "")
    assert decide(changed, DraftApproved("wang", 5, seen_version=2), office, NOW).refused is None


def test_an_agents_own_reply_takes_the_place_of_the_open_one(office: Office) -> None:
    decision = decide(ticket(), DraftWritten("wang", "Re: question", "您好", mail_id=1), office, NOW)

    assert [(5, "superseded")] == [(each.draft_id, each.state) for each in decision.ended]
    assert [(None, "wang", "您好", 1)] == [
        (each.template, each.author, each.text, each.mail_id) for each in decision.drafts
    ]


def test_an_edited_draft_keeps_what_it_is_and_what_it_answers(office: Office) -> None:
    before = ticket(drafts=(draft(kind="acknowledgement", mail_id=4),))

    decision = decide(before, DraftWritten("wang", "Re", "您好", draft_id=5, seen_version=1), office, NOW)

    assert decision.edited is not None
    draft_id, wanted = decision.edited
    assert (5, "acknowledgement", 4, "wang") == (draft_id, wanted.kind, wanted.mail_id, wanted.author)
    assert () == decision.drafts


def test_a_rejected_draft_leaves_the_answer_owed(office: Office) -> None:
    decision = decide(ticket(), DraftRejected("wang", 5, "语气不合适"), office, NOW)

    assert [(5, "rejected", "wang", "语气不合适")] == [
        (each.draft_id, each.state, each.who, each.reason) for each in decision.ended
    ]
    assert () == decision.settled


# ---- sends ----


@pytest.mark.rule("000-36")
def test_an_answer_that_was_sent_keeps_its_promise_and_leaves_the_solution_owed(office: Office) -> None:
    decision = decide(ticket(), sent(), office, NOW)

    assert [(1, "kept")] == [(each.promise_id, each.state) for each in decision.settled]
    assert (State.IN_PROGRESS, "us") == (decision.ticket.state, decision.ticket.waiting_on)


def test_an_answer_that_was_sent_late_was_broken(office: Office) -> None:
    late = replace(LATE, broken_at=LATE.due_at)

    decision = decide(ticket(State.ESCALATED, promises=(late,)), sent(), office, NOW)

    assert [(1, "broken")] == [(each.promise_id, each.state) for each in decision.settled]
    assert State.IN_PROGRESS == decision.ticket.state


def test_an_answer_that_asks_something_waits_for_the_customer(office: Office) -> None:
    assert "customer" == decide(ticket(), sent(asks=True), office, NOW).ticket.waiting_on


def test_an_acknowledgement_answers_nothing(office: Office) -> None:
    decision = decide(ticket(), sent("acknowledgement"), office, NOW)

    assert (State.PENDING, ()) == (decision.ticket.state, decision.settled)


def test_an_answer_sent_after_a_bounce_reopened_the_ticket_does_not_wait_for_the_customer(
    office: Office,
) -> None:
    solved = ticket(State.RESOLVED)
    reopened = applied(solved, decide(solved, EVENTS["bounce"], office, NOW))

    assert "us" == decide(reopened, sent(), office, NOW).ticket.waiting_on


def test_a_send_that_failed_gives_the_draft_back_and_the_answer_is_still_owed(office: Office) -> None:
    before = ticket(drafts=())

    decision = decide(before, SendFailed(1, 6, "reply", "550 no such user"), office, NOW)

    assert [(6, "open")] == [(each.draft_id, each.state) for each in decision.ended]
    assert () == decision.settled
    assert any("550" in reason for reason in decision.journal[0].reasons)


def test_an_acknowledgement_that_failed_is_only_noted(office: Office) -> None:
    decision = decide(ticket(), SendFailed(1, 6, "acknowledgement", "550"), office, NOW)

    assert () == decision.ended


def test_an_uncertain_send_is_told_and_never_sent_again_by_itself(office: Office) -> None:
    decision = decide(ticket(), SendUncertain(1, "没有答复"), office, NOW)

    assert ["uncertain"] == [entry.what for entry in decision.journal]
    assert any("不会自动重发" in reason for reason in decision.journal[0].reasons)
    assert (None, (), ()) == (decision.approve, decision.drafts, decision.settled)


@pytest.mark.parametrize(("sent", "words"), [(True, "确认已送达"), (False, "决定重新发送")])
def test_how_an_uncertain_send_was_settled_is_on_record(sent: bool, words: str, office: Office) -> None:
    entry = decide(ticket(), SendSettled("wang", sent, "客户来电"), office, NOW).journal[0]

    assert ("wang", (words, "客户来电")) == (entry.who, entry.reasons)


# ---- limits that pass ----


@pytest.mark.rule("001-22")
def test_a_limit_that_passed_is_broken_still_owed_and_shows_as_escalated(office: Office) -> None:
    decision = decide(ticket(promises=(LATE,)), PromiseDue(1), office, NOW)

    assert [(1, LATE.due_at)] == [(each.id, each.broken_at) for each in decision.stepped]
    assert () == decision.settled
    assert State.ESCALATED == decision.ticket.state
    assert any("首次回复已超时" in reason for reason in decision.journal[0].reasons)


@pytest.mark.parametrize(
    "promise",
    [replace(LATE, due_at=NOW, stepped_at=NOW, broken_at=NOW), replace(LATE, due_at=NOW + timedelta(seconds=1))],
)
def test_a_limit_is_told_once_and_not_before_its_time(promise: Promise, office: Office) -> None:
    decision = decide(ticket(promises=(promise,)), PromiseDue(1), office, NOW)

    assert ((), ()) == (decision.journal, decision.reminders)
    assert NOW < (decision.stepped[0].next_at or NOW)


def test_a_promise_that_is_over_is_not_looked_at(office: Office) -> None:
    assert decide(ticket(promises=(replace(LATE, id=2),)), PromiseDue(1), office, NOW).refused


def test_an_overdue_revisit_does_not_reopen_a_solved_ticket(office: Office) -> None:
    late = replace(LATE, kind="revisit", stepped_at=LATE.due_at - timedelta(hours=1))

    decision = decide(ticket(State.RESOLVED, promises=(late,)), PromiseDue(1), office, NOW)

    assert (State.RESOLVED, late.due_at) == (decision.ticket.state, decision.stepped[0].broken_at)


@pytest.mark.rule("000-36")
def test_a_mail_that_came_after_the_approval_is_promised_an_answer_of_its_own(office: Office) -> None:
    later = NOW + timedelta(minutes=5)
    owed = replace(ticket(), asked_at=later, promises=(replace(LATE, due_at=later + timedelta(hours=3)),))

    decision = decide(owed, sent(asks=True, approved_at=NOW), office, later + timedelta(minutes=1))

    assert ["kept"] == [each.state for each in decision.settled]
    assert ["answer"] == [each.kind for each in decision.promised]
    assert later < decision.promised[0].due_at
    assert "us" == decision.ticket.waiting_on
