"""The door: what was decided is written at once or not at all, and what a person approved is what goes out."""

from __future__ import annotations

import email
import email.policy
import hashlib
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot import desk as desk_module
from mailbot.app import App
from mailbot.core.errors import UserError
from mailbot.core.ticket import (
    DraftApproved,
    DraftWritten,
    Noted,
    Reopened,
    Resolved,
    SendFailed,
    State,
    Taken,
)
from mailbot.desk import ConflictError
from mailbot.shelf import Shelf
from mailbot.store import lists, people, tickets, verify
from mailbot.store.intake import Place
from mailbot.store.tables import draft, mail, outbox, quota
from mailbot.store.tables import ticket as ticket_table
from tests.conftest import MONDAY, OURS, ROOT
from tests.line import EVE, LI, Line, letter


@pytest.fixture
def line(make_app: Callable[..., App]) -> Line:
    return Line(make_app())


def opened(line: Line, **how: str) -> int:
    ticket_id: int = line.deliver(letter(**how)).ticket_id
    return ticket_id


def parsed(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


# ---- approved letters ----


@pytest.mark.rule("000-34")
@pytest.mark.rule("000-35")
def test_an_approved_letter_answers_the_customer_in_the_same_thread_with_its_approver_on_record(
    line: Line,
) -> None:
    first = line.deliver(letter())

    sent = line.approve(first.ticket_id, "wang")

    read = parsed(sent.content)
    assert ("wang", MONDAY, ["li.ming@mail.example"]) == (sent.approver, sent.approved_at, sent.recipients)
    assert (first.message_id, sent.message_id) == (read["In-Reply-To"], read["Message-ID"])
    assert first.message_id in read["References"]
    assert LI in read["To"]
    assert OURS in read["From"]


@pytest.mark.rule("002-08")
def test_an_approved_letter_is_signed_by_the_agent_who_approved_it(line: Line) -> None:
    ticket_id = opened(line)
    values = {"name": "wang", "display_name": "王芳", "staff_number": "07", "role": "agent", "password": "x"}
    with line.engine.write() as tx:
        people.add(tx, {**values, "created_at": MONDAY})

    sent = line.approve(ticket_id, "wang")

    assert "王芳" in sent.words
    assert "07" in sent.words


def test_what_was_approved_is_pinned_whatever_happens_to_the_draft_afterwards(line: Line) -> None:
    ticket_id = opened(line)
    sent = line.approve(ticket_id)
    with line.engine.write() as tx:
        tx.execute(sa.update(draft).values(text="something else", recipient=EVE, subject="other"))

    again = line.row(outbox, outbox.c.id == sent.id)

    assert hashlib.sha256(again.content).hexdigest() == again.content_sha256
    assert (sent.content, [LI]) == (again.content, again.recipients)
    assert "something else" not in again.words
    with line.engine.read() as tx:
        assert [] == verify.faults(tx)


def test_a_letter_that_was_changed_after_its_approval_is_found_out(line: Line) -> None:
    sent = line.approve(opened(line))
    with line.engine.write() as tx:
        tx.execute(sa.update(outbox).values(content=b"something else"))

        assert [f"send {sent.id}: its letter is not the one that was approved"] == verify.faults(tx)


def test_an_agents_own_words_go_out_as_they_were_written(line: Line) -> None:
    ticket_id = opened(line)
    (waiting,) = line.drafts(ticket_id)
    event = DraftWritten("wang", waiting.subject, "您好,请问您方便接听电话吗？", draft_id=waiting.id)
    assert line.handle(ticket_id, event) is None

    sent = line.approve(ticket_id)

    assert "请问您方便接听电话吗？" in sent.words
    assert sent.asks  # a question with a Chinese question mark is one too


@pytest.mark.rule("000-35")
def test_an_agents_own_reply_that_names_no_mail_stays_in_the_customers_thread(line: Line) -> None:
    first = line.deliver(letter())
    line.deliver(letter("回复", "我也想知道", EVE, in_reply_to=line.approve(first.ticket_id).message_id))
    assert line.handle(first.ticket_id, DraftWritten("wang", "", "您好,请稍候。")) is None

    read = parsed(line.approve(first.ticket_id).content)

    assert first.message_id == read["In-Reply-To"]
    assert LI in read["To"]


@pytest.mark.rule("000-35")
def test_an_edited_reply_still_goes_to_whom_it_answers(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)
    line.deliver(letter("回复", "我是他的家人,请问何时发货?", EVE, in_reply_to=sent.message_id))
    (waiting,) = line.drafts(first.ticket_id)
    assert line.handle(first.ticket_id, DraftWritten("wang", "", "您好,请稍候。", draft_id=waiting.id)) is None

    (edited,) = line.drafts(first.ticket_id)

    assert [EVE, EVE] == [waiting.recipient, edited.recipient]


def test_one_draft_is_approved_once(line: Line) -> None:
    ticket_id = opened(line)
    (waiting,) = line.drafts(ticket_id)

    refusals = [line.handle(ticket_id, DraftApproved(name, waiting.id)) for name in ("wang", "zhao")]

    assert refusals[0] is None
    assert refusals[1]
    assert 1 == len(line.rows(outbox, outbox.c.kind == "reply"))


def test_of_many_who_approve_at_once_one_does(line: Line) -> None:
    ticket_id = opened(line)
    (waiting,) = line.drafts(ticket_id)

    with ThreadPoolExecutor(4) as threads:
        refusals = list(threads.map(lambda n: line.handle(ticket_id, DraftApproved(f"agent{n}", waiting.id)), range(4)))

    assert 1 == refusals.count(None)
    assert 1 == len(line.rows(outbox, outbox.c.kind == "reply"))


def test_a_blocked_draft_stays_where_it_is(line: Line) -> None:
    ticket_id = opened(line)
    (waiting,) = line.drafts(ticket_id)
    event = DraftWritten("wang", waiting.subject, "您好 {{ customer_name }}", draft_id=waiting.id)
    assert line.handle(ticket_id, event) is None

    assert line.handle(ticket_id, DraftApproved("wang", waiting.id))

    assert [] == line.rows(outbox)


@pytest.mark.rule("000-34")
def test_a_supervisor_sends_a_blocked_draft_and_the_reason_is_kept_with_it(line: Line) -> None:
    ticket_id = opened(line)
    (waiting,) = line.drafts(ticket_id)
    event = DraftWritten("wang", waiting.subject, "您好，请联系 13912345678。", draft_id=waiting.id)
    assert line.handle(ticket_id, event) is None

    refused = line.handle(ticket_id, DraftApproved("wang", waiting.id, override="是客户本人的", supervisor=False))
    done = line.handle(ticket_id, DraftApproved("zhao", waiting.id, override="是客户本人的", supervisor=True))

    assert "主管" in (refused or "")
    assert done is None
    (kept,) = line.rows(draft, draft.c.id == waiting.id)
    assert ("approved", "zhao", "是客户本人的") == (kept.state, kept.overridden_by, kept.overridden_because)
    assert ["zhao"] == [each.approver for each in line.rows(outbox)]


def test_a_send_that_failed_gives_the_draft_back_and_it_can_be_approved_again(line: Line) -> None:
    ticket_id = opened(line)
    first = line.approve(ticket_id)
    line.end_send(first.id, "failed")
    line.handle(ticket_id, SendFailed(first.id, first.draft_id, "reply", "550 no such user"))

    second = line.approve(ticket_id, "zhao")

    assert first.draft_id == second.draft_id
    assert first.message_id != second.message_id
    assert ["wang", "zhao"] == [each.approver for each in line.rows(outbox)]


def test_a_ticket_whose_mailbox_left_the_configuration_cannot_be_answered_and_says_so(line: Line) -> None:
    ticket_id = opened(line)
    with line.engine.write() as tx:
        tx.execute(sa.update(ticket_table).values(mailbox="gone"))
    (waiting,) = line.drafts(ticket_id)

    refusal = line.handle(ticket_id, DraftApproved("wang", waiting.id))

    assert "gone" in (refusal or "")
    assert [waiting.id] == [each.id for each in line.drafts(ticket_id)]


# ---- acknowledgements ----


@pytest.mark.rule("002-07")
@pytest.mark.rule("003-09")
def test_an_acknowledgement_goes_out_under_a_standing_approval_with_number_and_time(line: Line) -> None:
    line.give_standing_approval()

    row = line.deliver(letter())

    (sent,) = line.rows(outbox)
    assert ("acknowledgement", "boss", [LI]) == (sent.kind, sent.approver, sent.recipients)
    assert "20261123-0001" in sent.words
    assert "4个工作小时" in sent.words.replace(" ", "")
    assert "auto-replied" == parsed(sent.content)["Auto-Submitted"]
    assert [] == line.drafts(row.ticket_id, "acknowledgement")


def test_without_a_standing_approval_the_acknowledgement_waits(line: Line) -> None:
    row = line.deliver(letter())

    assert [] == line.rows(outbox)
    assert 1 == len(line.drafts(row.ticket_id, "acknowledgement"))


def test_one_changed_character_ends_the_standing_approval(make_app: Callable[..., App], tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(ROOT / "templates", folder)
    line = Line(make_app(shelf=Shelf(ROOT / "rules", folder, ("zh", "en"))))
    line.give_standing_approval()
    changed = folder / "zh" / "acknowledgement.txt"
    changed.write_text(changed.read_text(encoding="utf-8").replace("您", "你", 1), encoding="utf-8")
    assert line.desk.door.shelf.refresh()

    row = line.deliver(letter())

    assert [] == line.rows(outbox)
    assert 1 == len(line.drafts(row.ticket_id, "acknowledgement"))


def test_one_address_gets_one_acknowledgement_in_24_hours(line: Line) -> None:
    line.give_standing_approval()
    line.deliver(letter("一"))
    line.deliver(letter("二"), at=MONDAY + timedelta(hours=1))
    line.deliver(letter("三", sender=EVE), at=MONDAY + timedelta(hours=1))
    line.deliver(letter("四"), at=MONDAY + timedelta(hours=24))

    assert [[LI], [EVE], [LI]] == [each.recipients for each in line.rows(outbox)]
    assert 4 == len(line.tickets())


def test_a_machine_uses_up_nobodys_quota(line: Line) -> None:
    line.give_standing_approval()

    line.deliver(letter("自动回复", auto_submitted="auto-replied"))

    assert [] == line.rows(quota)


def test_a_mail_of_a_mailbox_that_left_the_configuration_becomes_a_ticket_all_the_same(line: Line) -> None:
    line.give_standing_approval()
    row = line.deliver(letter(), Place("gone", "INBOX", 1))

    assert "done" == row.state
    assert [] == line.rows(outbox)


# ---- mails moved ----


def test_a_mail_moves_out_into_a_ticket_of_its_own_and_back(line: Line) -> None:
    first = line.deliver(letter())
    second = line.deliver(letter("回复:洗衣机无法开机", "另外,冰箱也不制冷了"))
    assert first.ticket_id == second.ticket_id

    out = line.desk.move_mail(second.id, None, "wang", MONDAY)

    assert out.refused is None
    moved = line.row(mail, mail.c.id == second.id)
    assert [first.ticket_id, moved.ticket_id] == [each.id for each in line.tickets()]
    assert [second.id] == [each.mail_id for each in line.drafts(moved.ticket_id)]
    assert [] == [each for each in line.drafts(first.ticket_id) if each.mail_id == second.id]
    assert {"answer", "solve"} <= {each.kind for each in line.ticket(moved.ticket_id).promises}

    line.desk.move_mail(second.id, "20261123-0001", "wang", MONDAY)

    assert first.ticket_id == line.row(mail, mail.c.id == second.id).ticket_id
    assert [second.id] == [each.mail_id for each in line.drafts(first.ticket_id)]
    assert [] == line.drafts(moved.ticket_id)
    assert line.journal(moved.ticket_id)[-1] == line.journal(first.ticket_id)[-1] == "moved"


def test_a_mail_moved_into_a_solved_ticket_reopens_it(line: Line) -> None:
    first = line.deliver(letter())
    line.handle(first.ticket_id, Resolved("wang", "已更换", "company", "试机正常"))
    other = line.deliver(letter("一样的问题", sender=EVE))

    line.desk.move_mail(other.id, "20261123-0001", "wang", MONDAY)

    ticket = line.ticket(first.ticket_id)
    assert (State.IN_PROGRESS, None) == (ticket.state, ticket.resolved_at)
    assert {"answer", "solve", "progress"} == {each.kind for each in ticket.promises}


def test_a_held_mail_moves_into_a_ticket(line: Line) -> None:
    first = line.deliver(letter())
    held = line.deliver(letter("自动回复", "我正在休假", auto_submitted="auto-replied"))

    line.desk.move_mail(held.id, "20261123-0001", "wang", MONDAY)

    row = line.row(mail, mail.c.id == held.id)
    assert ("done", first.ticket_id) == (row.state, row.ticket_id)


def test_a_mail_goes_nowhere_when_there_is_no_such_place(line: Line) -> None:
    row = line.deliver(letter())

    for mail_id, number in ((row.id, "20261123-0099"), (row.id, "20261123-0001"), (99, None)):
        with pytest.raises(UserError):
            line.desk.move_mail(mail_id, number, "wang", MONDAY)

    assert row == line.row(mail)


# ---- uncertain sends ----


@pytest.mark.parametrize(("sent", "state"), [(True, "sent"), (False, "queued")])
def test_a_person_ends_an_uncertain_send_once(sent: bool, state: str, line: Line) -> None:
    ticket_id = opened(line)
    row = line.approve(ticket_id)
    line.end_send(row.id, "uncertain")

    assert line.desk.settle(row.id, sent, "wang", MONDAY, "客户来电")
    assert not line.desk.settle(row.id, sent, "wang", MONDAY)

    assert state == line.row(outbox, outbox.c.id == row.id).state
    assert 1 == line.journal(ticket_id).count("settled")


def test_a_send_that_is_certain_or_unknown_is_not_settled(line: Line) -> None:
    row = line.approve(opened(line))

    assert not line.desk.settle(row.id, True, "wang", MONDAY)
    assert not line.desk.settle(99, True, "wang", MONDAY)


# ---- the version guard ----


def test_many_hands_on_one_ticket_lose_nothing(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "TRIES", 50)  # all write at the same moment, which agents do not
    ticket_id = opened(line)

    def note(number: int) -> str | None:
        return line.handle(ticket_id, Noted("wang", f"备注 {number}"))

    with ThreadPoolExecutor(4) as threads:
        refusals = list(threads.map(note, range(20)))

    assert {None} == set(refusals)
    assert 20 == line.journal(ticket_id).count("note")
    assert 21 == line.ticket(ticket_id).version


def test_a_ticket_that_is_never_still_ends_in_a_conflict_and_unchanged(line: Line) -> None:
    ticket_id = opened(line)
    before = line.ticket(ticket_id)

    class Restless(type(line.desk)):  # type: ignore[misc]
        """A desk whose tickets always change between loading and saving."""

        def _load(self, tx, ticket_id, event, now):  # type: ignore[no-untyped-def]
            loaded = super()._load(tx, ticket_id, event, now)
            tx.execute(sa.update(ticket_table).values(version=ticket_table.c.version + 1))
            return loaded

    with pytest.raises(ConflictError):
        Restless(line.desk.door).handle(ticket_id, Taken("wang"), MONDAY)

    assert before == line.ticket(ticket_id)


def test_a_ticket_that_is_not_there_is_a_mistake_of_the_caller(line: Line) -> None:
    with pytest.raises(LookupError):
        line.handle(99, Taken("wang"))
    with pytest.raises(TypeError):
        line.desk.handle(None, Taken("wang"), MONDAY)


def test_what_is_refused_leaves_every_row_as_it_was(line: Line) -> None:
    ticket_id = opened(line)
    before = (line.ticket(ticket_id), line.journal(ticket_id), line.rows(draft))

    assert line.handle(ticket_id, Reopened("wang", "x"))
    assert line.handle(ticket_id, Resolved("wang", " "))

    assert before == (line.ticket(ticket_id), line.journal(ticket_id), line.rows(draft))


def test_the_number_of_a_ticket_is_the_day_where_we_are(line: Line) -> None:
    half_past_midnight = MONDAY.replace(hour=0, minute=30) + timedelta(days=1)

    line.deliver(letter(), at=half_past_midnight)

    with line.engine.read() as tx:
        assert tickets.by_number(tx, "20261124-0001") is not None


# ---- merge and un-merge ----


def test_a_merged_ticket_gives_its_mails_away_and_gets_them_back(line: Line) -> None:
    first = line.deliver(letter())
    second = line.deliver(letter("又一封", "洗衣机还是没有反应,请尽快处理"), at=MONDAY + timedelta(hours=1))
    assert first.ticket_id != second.ticket_id
    one, other = line.ticket(first.ticket_id), line.ticket(second.ticket_id)

    assert line.desk.merge(other.number, one.number, "wang", MONDAY).refused is None

    assert (State.CLOSED, one.number) == (
        line.ticket(second.ticket_id).state,
        line.ticket(second.ticket_id).merged_into,
    )
    with line.desk.door.engine.read() as tx:
        assert {first.id, second.id} == {row.id for row in lists.mails_of(tx, first.ticket_id)}

    assert line.desk.unmerge(other.number, "wang", MONDAY).refused is None

    back = line.ticket(second.ticket_id)
    assert (State.IN_PROGRESS, None) == (back.state, back.merged_into)
    assert {"answer", "solve", "progress"} == {each.kind for each in back.promises}
    with line.desk.door.engine.read() as tx:
        assert {second.id} == {row.id for row in lists.mails_of(tx, second.ticket_id)}


def test_a_mail_to_a_merged_ticket_goes_where_its_mails_are(line: Line) -> None:
    first = line.deliver(letter())
    second = line.deliver(letter("又一封", "洗衣机还是没有反应,请尽快处理"), at=MONDAY + timedelta(hours=1))
    one, other = line.ticket(first.ticket_id), line.ticket(second.ticket_id)
    line.desk.merge(other.number, one.number, "wang", MONDAY)

    third = line.deliver(letter(f"Re: {other.number}", "补充一张照片"))

    assert first.ticket_id == third.ticket_id


def test_tickets_of_two_customers_are_not_merged(line: Line) -> None:
    one = line.ticket(line.deliver(letter()).ticket_id)
    other = line.ticket(line.deliver(letter("另一位", "退货怎么办理", sender=EVE)).ticket_id)

    for number, into in ((other.number, one.number), (one.number, one.number), (one.number, "20000101-0001")):
        with pytest.raises(UserError):
            line.desk.merge(number, into, "wang", MONDAY)
    with pytest.raises(UserError):
        line.desk.unmerge(one.number, "wang", MONDAY)
