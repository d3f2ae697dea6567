"""Solved with result, side and proof; revisited and rated; closed through the gate; merged and taken apart again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailbot.core.decide import decide
from mailbot.core.decision import Decision
from mailbot.core.office import Office
from mailbot.core.promises import Promise
from mailbot.core.quoting import split
from mailbot.core.revisits import LINK_LIVES, rating_round
from mailbot.core.ticket import (
    Adopted,
    Closed,
    Merged,
    OptedOut,
    PromiseEnded,
    Rated,
    Reopened,
    Resolved,
    State,
    Ticket,
    Unmerged,
)
from mailbot.core.understand import Understood
from tests.core.events import NOW, applied, arrived, sent, ticket, understood

YESTERDAY = NOW - timedelta(days=1)
FIXED = Resolved("wang", "已更换主板", "company", "客户试机正常")


def asked(office: Office, **over: Any) -> Ticket:
    """A solved ticket whose customer was asked how it went."""
    given: dict[str, Any] = {
        "result": "已更换主板",
        "handled_at": YESTERDAY,
        "revisited_at": YESTERDAY,
        "promises": (Promise("feedback", NOW + timedelta(days=5), "依据", "us", id=3),),
    }
    return ticket(State.RESOLVED, **{**given, **over})


def says(text: str, category: str = "revisit", topic: str = "rating") -> Understood:
    found = understood(category, topic, "normal")
    return replace(found, body=split(text))


def answers(text: str, before: Ticket, office: Office) -> Decision:
    return decide(before, arrived(says(text), mail_id=2, into=7), office, NOW)


def kinds(decision: Decision) -> set[str]:
    return {each.kind for each in decision.promised}


# ---- resolved ----


@pytest.mark.rule("001-28")
@pytest.mark.rule("001-45")
@pytest.mark.rule("004-12")
@pytest.mark.rule("002-28")
def test_solved_means_a_result_a_responsible_side_and_proof(office: Office) -> None:
    lame = [Resolved("wang", "已更换"), Resolved("wang", "已更换", "company"), Resolved("wang", "已更换", "", "正常")]

    assert [True, True, True] == [bool(decide(ticket(), each, office, NOW).refused) for each in lame]
    solved = decide(ticket(), FIXED, office, NOW).ticket
    assert ("已更换主板", "company", "客户试机正常") == (solved.result, solved.side, solved.proof)


@pytest.mark.rule("002-21")
def test_an_enquiry_needs_no_side_and_no_proof(office: Office) -> None:
    decision = decide(ticket(category="enquiry", topic="price"), Resolved("wang", "已告知价格"), office, NOW)

    assert (State.RESOLVED, "none") == (decision.ticket.state, decision.ticket.side)


@pytest.mark.rule("002-30")
@pytest.mark.rule("003-17")
def test_a_summary_is_drafted_for_the_customer(office: Office) -> None:
    (summary,) = decide(ticket(), FIXED, office, NOW).drafts

    assert ("reply", "closing", "已更换主板") == (summary.kind, summary.template, dict(summary.more)["result"])


@pytest.mark.rule("001-55")
def test_a_ticket_with_an_open_task_is_not_solved(office: Office) -> None:
    task = Promise("department", NOW, "依据", "us", id=9, about="检测主板", party="technical")

    assert "检测主板" in (decide(ticket(promises=(task,)), FIXED, office, NOW).refused or "")


@pytest.mark.rule("000-36")
def test_an_answer_that_a_holding_reply_promised_is_still_owed_when_the_case_is_solved(office: Office) -> None:
    answer = Promise("pledge", NOW + timedelta(hours=4), "暂复中写明", id=4, party="answer")
    visit = Promise("pledge", NOW + timedelta(hours=4), "回信承诺", id=5, about="上门", party="visit")

    solved = decide(ticket(promises=(answer, visit)), FIXED, office, NOW)

    assert [5] == [each.promise_id for each in solved.settled]


@pytest.mark.rule("003-24")
def test_a_solved_complaint_owes_a_care_visit_besides_the_revisit(office: Office) -> None:
    assert {"revisit", "care"} == kinds(decide(ticket(category="complaint", topic="quality"), FIXED, office, NOW))
    assert {"revisit"} == kinds(decide(ticket(), FIXED, office, NOW))


# ---- the gate ----


@pytest.mark.rule("001-54")
@pytest.mark.rule("003-25")
@pytest.mark.parametrize(
    ("lacks", "word"),
    [({"handled_at": None}, "有处理"), ({"result": None}, "有结果"), ({"revisited_at": None}, "有回访")],
)
def test_a_case_that_lacks_one_of_the_four_cannot_be_closed(lacks: dict[str, Any], word: str, office: Office) -> None:
    assert word in (decide(asked(office, **lacks), Closed("wang"), office, NOW).refused or "")


@pytest.mark.rule("001-54")
def test_a_whole_case_is_closed_and_owes_nothing_more(office: Office) -> None:
    decision = decide(asked(office), Closed("wang"), office, NOW)

    assert (State.CLOSED, NOW) == (decision.ticket.state, decision.ticket.closed_at)
    assert [(3, "withdrawn")] == [(each.promise_id, each.state) for each in decision.settled]


@pytest.mark.rule("001-55")
@pytest.mark.parametrize("state", [State.PENDING, State.IN_PROGRESS, State.ESCALATED])
def test_an_unsolved_case_is_never_closed(state: State, office: Office) -> None:
    assert decide(ticket(state), Closed("wang", "算了"), office, NOW).refused


def test_what_is_no_case_is_dismissed_with_a_reason(office: Office) -> None:
    spam = ticket(category="other", topic="spam")

    assert decide(spam, Closed("wang"), office, NOW).refused
    assert State.CLOSED == decide(spam, Closed("wang", "广告"), office, NOW).ticket.state


# ---- ratings ----


@pytest.mark.rule("001-31")
@pytest.mark.rule("002-33")
@pytest.mark.rule("004-29")
def test_a_good_word_by_mail_is_recorded_thanked_and_closes_the_case(office: Office) -> None:
    decision = answers("非常满意,小陈很耐心", asked(office), office)

    assert (State.CLOSED, 5) == (decision.ticket.state, decision.ticket.score)
    assert decision.rated is not None
    assert ["rating_thanks"] == [each.template for each in decision.drafts]
    assert [(3, "kept")] == [(each.promise_id, each.state) for each in decision.settled]


@pytest.mark.rule("001-32")
@pytest.mark.rule("002-46")
def test_a_bad_word_reopens_alerts_the_supervisor_and_starts_a_new_plan(office: Office) -> None:
    decision = answers("不满意,还是响", asked(office, owner="wang"), office)

    assert (State.IN_PROGRESS, None) == (decision.ticket.state, decision.ticket.resolved_at)
    assert {"plan", "solve", "progress", "answer"} == kinds(decision)
    assert [("supervisors", "unhappy"), ("agent:wang", "unhappy")] == [
        (each.audience, each.level) for each in decision.reminders
    ]
    assert decision.rated is not None
    assert ("还是响" in decision.rated.reason, 2) == (True, decision.ticket.score)
    assert ["revisit"] == [each.template for each in decision.drafts]


def test_a_good_word_with_a_new_question_is_recorded_and_answered(office: Office) -> None:
    decision = answers("满意。另外发票什么时候寄?", asked(office), office)

    assert (4, State.IN_PROGRESS) == (decision.ticket.score, decision.ticket.state)
    assert "answer" in kinds(decision)
    assert "plan" not in kinds(decision)


def test_a_thank_you_is_no_rating_and_does_not_reopen(office: Office) -> None:
    thanks = replace(understood("revisit", "thanks", "normal"), body=split("谢谢!"))

    decision = decide(asked(office), arrived(thanks, mail_id=2, into=7), office, NOW)

    assert (State.RESOLVED, None, None) == (decision.ticket.state, decision.ticket.score, decision.rated)


def test_a_number_in_a_mail_that_nobody_asked_for_is_no_rating(office: Office) -> None:
    before = asked(office, revisited_at=None, promises=(Promise("revisit", NOW, "依据", id=1),))
    found = replace(understood("fault", "malfunction", "normal"), body=split("2"))

    assert decide(before, arrived(found, mail_id=2, into=7), office, NOW).rated is None


@pytest.mark.rule("002-33")
def test_a_rating_by_link_counts_once_in_its_round_and_in_time(office: Office) -> None:
    before = asked(office)
    round_ = rating_round(before)
    good = decide(before, Rated(4, "", "link", round_), office, NOW)
    used = replace(applied(before, good), state=State.CLOSED)

    assert (State.CLOSED, 4, ()) == (good.ticket.state, good.ticket.score, good.drafts)
    assert decide(used, Rated(1, "改主意了", "link", round_), office, NOW).refused
    assert decide(before, Rated(4, "", "link", (round_ or 0) - 1), office, NOW).refused
    assert decide(before, Rated(6, "", "link", round_), office, NOW).refused
    late = (before.resolved_at or NOW) + LINK_LIVES + timedelta(seconds=1)
    assert decide(before, Rated(4, "", "link", round_), office, late).refused
    assert decide(ticket(), Rated(4, "", "link"), office, NOW).refused


def test_a_new_solution_is_a_new_round(office: Office) -> None:
    bad = applied(asked(office), decide(asked(office), Rated(1, "还是响", "link"), office, NOW))

    again = applied(bad, decide(bad, FIXED, office, NOW + timedelta(days=1)))

    assert (None, "") == (again.score, again.score_reason)
    assert rating_round(asked(office)) != rating_round(again)


@pytest.mark.rule("000-41")
def test_the_invitation_that_went_out_begins_the_wait_for_the_rating(office: Office) -> None:
    before = ticket(State.RESOLVED, result="已更换", handled_at=YESTERDAY)

    decision = decide(before, replace(sent("revisit"), template="revisit_invitation"), office, NOW)

    assert NOW == decision.ticket.revisited_at
    assert [(1, "kept")] == [(each.promise_id, each.state) for each in decision.settled]
    assert {"feedback"} == kinds(decision)


def test_who_wants_no_revisits_is_not_asked_again_and_the_case_ends(office: Office) -> None:
    by_mail = answers("请不要再发回访邮件了", asked(office), office)
    by_link = decide(asked(office), OptedOut("link"), office, NOW)

    assert ("mail", State.CLOSED) == (by_mail.opted_out, by_mail.ticket.state)
    assert ("link", State.CLOSED) == (by_link.opted_out, by_link.ticket.state)


@pytest.mark.rule("000-36")
def test_an_answer_that_a_holding_reply_promised_keeps_the_case_open_until_it_is_given(office: Office) -> None:
    pledged = Promise("pledge", NOW + timedelta(hours=4), "暂复中写明", id=4, party="answer")
    held = asked(office, promises=(*asked(office).promises, pledged))

    rated = decide(held, Rated(5, "", "link"), office, NOW)
    left = replace(rated.ticket, promises=(pledged,))
    answered = decide(left, PromiseEnded("wang", 4, True, "已电话答复"), office, NOW)

    assert State.RESOLVED == rated.ticket.state
    assert State.CLOSED == answered.ticket.state
    assert [(4, "kept")] == [(each.promise_id, each.state) for each in answered.settled]


def test_who_wants_no_revisits_is_not_asked_by_other_means_once_all_is_answered(office: Office) -> None:
    owed = (Promise("answer", NOW, "依据", id=5), Promise("revisit", NOW, "依据", id=6))
    waits = asked(office, opted_out=True, revisited_at=None, promises=owed)

    decision = decide(waits, sent("reply"), office, NOW)

    assert State.CLOSED == decision.ticket.state
    assert [(5, "kept"), (6, "withdrawn")] == [(each.promise_id, each.state) for each in decision.settled]


# ---- suggestions ----


@pytest.mark.rule("002-35")
def test_an_adopted_suggestion_is_told_and_ends_what_was_owed(office: Office) -> None:
    owing = ticket(category="fault", topic="suggestion", promises=(Promise("suggestion", NOW, "依据", id=8),))

    (told,) = decide(owing, Adopted("wang", "说明书加上图示", "明年三月"), office, NOW).drafts
    after = decide(owing, replace(sent(), template="suggestion_adopted"), office, NOW)

    assert ("suggestion_adopted", "说明书加上图示", "明年三月") == (
        told.template,
        dict(told.more)["suggestion"],
        dict(told.more)["launch"],
    )
    assert (8, "kept") in {(each.promise_id, each.state) for each in after.settled}


def test_a_suggestion_is_owed_a_word_even_when_its_ticket_ends(office: Office) -> None:
    owes = Promise("suggestion", NOW + timedelta(days=9), "依据", id=8)
    solved = decide(ticket(topic="suggestion", promises=(owes,)), Resolved("wang", "已记录"), office, NOW)

    assert 8 not in {each.promise_id for each in solved.settled}


# ---- reopened, merged ----


@pytest.mark.rule("001-32")
def test_what_is_reopened_owes_a_solution_and_progress_and_no_revisit(office: Office) -> None:
    decision = decide(asked(office), Reopened("wang", "客户来电"), office, NOW)

    assert {"solve", "progress"} == kinds(decision)
    assert [(3, "withdrawn")] == [(each.promise_id, each.state) for each in decision.settled]


def test_a_merged_ticket_owes_nothing_and_comes_back_whole(office: Office) -> None:
    merged = applied(ticket(), decide(ticket(), Merged("wang", "20261122-0002"), office, NOW))

    assert (State.CLOSED, "20261122-0002", ()) == (merged.state, merged.merged_into, merged.promises)
    assert "20261122-0002" in (decide(merged, Reopened("wang", "试试"), office, NOW).refused or "")
    back = decide(merged, Unmerged("wang", answered=False), office, NOW)
    assert (State.IN_PROGRESS, None) == (back.ticket.state, back.ticket.merged_into)
    assert {"answer", "solve", "progress"} == kinds(back)
    assert decide(ticket(), Unmerged("wang", answered=False), office, NOW).refused
