"""Every mail finds its place: a new ticket, the right old one, a copy's original, or the pile of what is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mailbot.app import App
from mailbot.core import tokens
from mailbot.core.mail import Unreadable
from mailbot.core.ticket import DraftApproved, Resolved, State
from mailbot.desk import ConflictError
from mailbot.store import intake, lists, verify
from mailbot.store.intake import Place
from mailbot.store.tables import mail, outbox
from tests.conftest import MONDAY, OURS
from tests.line import EVE, LI, Line, letter

ORDER = "订单号:20261101888888,"


@pytest.fixture
def line(make_app: Callable[..., App]) -> Line:
    return Line(make_app())


def joined(line: Line, raw: bytes) -> bool:
    """Did the second mail join the first one's ticket?"""
    row = line.deliver(raw)
    assert "done" == row.state
    return 1 == len(line.tickets()) and row.ticket_id == line.tickets()[0].id


# ---- new ----


@pytest.mark.rule("000-07")
def test_a_mail_of_a_person_opens_a_ticket_with_a_draft_and_promises(line: Line) -> None:
    row = line.deliver(letter())

    ticket = line.ticket(row.ticket_id)
    assert ("done", "human", LI) == (row.state, row.kind, row.sender)
    assert ("20261123-0001", LI, "fault") == (ticket.number, ticket.customer, ticket.category)
    assert {"answer", "solve", "progress"} == {each.kind for each in ticket.promises}
    assert [LI] == [each.recipient for each in line.drafts(row.ticket_id)]
    assert ["opened", "acknowledge", "routed"] == line.journal(row.ticket_id)


def test_two_customers_have_two_tickets(line: Line) -> None:
    line.deliver(letter())
    line.deliver(letter(sender=EVE))

    assert [LI, EVE] == [each.customer for each in line.tickets()]


def test_the_new_words_of_a_mail_are_kept_for_lists(line: Line) -> None:
    row = line.deliver(letter(text="主板坏了\r\n\r\n> 旧的内容"))

    assert "主板坏了" == row.words


# ---- follow-ups ----


def test_an_answer_to_our_letter_joins_by_its_token_whoever_answers(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)

    for sender in (LI, EVE):
        assert joined(line, letter("another", "补充说明", sender, in_reply_to=sent.message_id))


def test_a_forged_token_joins_nothing(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)
    forged = tokens.message_id("20261123-0001", "d1v1", "shop.example", b"another key")

    assert sent.message_id != forged
    assert not joined(line, letter("another", "补充说明", EVE, in_reply_to=forged))


def test_a_mail_to_our_signed_address_joins(line: Line) -> None:
    line.deliver(letter())
    signed = tokens.plus_address(OURS, "20261123-0001", line.desk.door.key)

    assert joined(line, letter("another", "补充说明", EVE, to=signed))


def test_an_answer_to_the_customers_own_mail_joins_for_the_same_customer_only(line: Line) -> None:
    first = line.deliver(letter())

    assert joined(line, letter("another", "补充说明", references=first.message_id))
    row = line.deliver(letter("another", "补充说明", EVE, references=first.message_id))
    assert row.ticket_id != first.ticket_id
    assert ["20261123-0001"] == line.links(row.ticket_id)


def test_a_ticket_number_in_the_subject_joins_for_the_same_customer_only(line: Line) -> None:
    first = line.deliver(letter())

    assert joined(line, letter("关于 20261123-0001", "有进展吗"))
    row = line.deliver(letter("关于 20261123-0001", "有进展吗", EVE))
    assert row.ticket_id != first.ticket_id
    assert ["20261123-0001"] == line.links(row.ticket_id)


def test_the_order_number_under_a_fresh_subject_joins_for_the_same_customer(line: Line) -> None:
    line.deliver(letter(text=f"{ORDER}洗衣机无法开机"))

    assert joined(line, letter("新的问题", f"{ORDER}还有异响"))


def test_the_order_number_in_another_customers_mail_only_links(line: Line) -> None:
    first = line.deliver(letter(text=f"{ORDER}洗衣机无法开机"))

    row = line.deliver(letter("我也想问", f"{ORDER}什么时候发货?", EVE))

    assert row.ticket_id != first.ticket_id
    assert ["20261123-0001"] == line.links(row.ticket_id)
    assert ["20261123-0002"] == line.links(first.ticket_id)
    (draft,) = line.drafts(row.ticket_id)
    assert EVE == draft.recipient
    assert LI not in draft.text


def test_the_order_number_of_a_ticket_closed_long_ago_opens_a_new_one_that_is_linked(line: Line) -> None:
    first = line.deliver(letter(text=f"{ORDER}洗衣机无法开机"))
    line.handle(first.ticket_id, Resolved("wang", "已更换", "company", "试机正常"))

    row = line.deliver(letter("新的问题", f"{ORDER}还有异响"), at=MONDAY + timedelta(days=31))

    assert row.ticket_id != first.ticket_id
    assert ["20261123-0001"] == line.links(row.ticket_id)


def test_an_answer_under_the_same_subject_joins_for_the_same_customer_only(line: Line) -> None:
    line.deliver(letter("洗衣机无法开机"))

    assert joined(line, letter("回复:洗衣机无法开机", "补充说明"))
    row = line.deliver(letter("回复:洗衣机无法开机", "补充说明", EVE))
    assert 2 == len(line.tickets())
    assert [] == line.links(row.ticket_id)


def test_a_subject_that_merely_looks_alike_joins_nothing(line: Line) -> None:
    line.deliver(letter("洗衣机无法开机"))

    row = line.deliver(letter("洗衣机无法开机", "另一台也坏了"), at=MONDAY + timedelta(minutes=11))

    assert 2 == len(line.tickets())
    assert [] == line.links(row.ticket_id)


@pytest.mark.rule("002-12")
def test_mails_that_follow_within_minutes_are_one_ticket_with_one_draft_that_answers_all(line: Line) -> None:
    first = line.deliver(letter(text="洗衣机无法开机,怎么办?"))

    second = line.deliver(letter("还有", "另外请问发票怎么开?"), at=MONDAY + timedelta(minutes=3))
    third = line.deliver(letter("忘了说", ORDER), at=MONDAY + timedelta(minutes=5))

    assert {first.ticket_id} == {second.ticket_id, third.ticket_id}
    (draft,) = line.drafts(first.ticket_id)
    assert third.id == draft.mail_id
    assert "无法开机" in draft.text
    assert "发票" in draft.text
    assert "20261101" in draft.text


def test_another_order_within_minutes_is_another_case(line: Line) -> None:
    line.deliver(letter(text=f"{ORDER}洗衣机无法开机"))

    assert not joined(line, letter("发错了", "订单20261102999999的风扇发错颜色了"))


def test_what_was_answered_is_not_answered_again(line: Line) -> None:
    first = line.deliver(letter(text="洗衣机无法开机,怎么办?"))
    line.handle(first.ticket_id, DraftApproved("wang", line.drafts(first.ticket_id)[0].id))

    line.deliver(letter("回复:洗衣机无法开机", "那保修期是多久?"), at=MONDAY + timedelta(hours=2))

    (draft,) = (each for each in line.drafts(first.ticket_id) if each.state == "open")
    assert "无法开机" not in draft.text.replace("Re: 洗衣机无法开机", "")


def test_a_follow_up_supersedes_the_draft_and_keeps_the_first_promise(line: Line) -> None:
    first = line.deliver(letter())
    before = line.ticket(first.ticket_id)

    line.deliver(letter("回复:洗衣机无法开机", "订单号是20261101888888"), at=MONDAY + timedelta(hours=1))

    after = line.ticket(first.ticket_id)
    assert before.promises == after.promises
    replies = [each.id for each in after.drafts if each.kind == "reply"]
    assert 1 == len(replies)
    assert replies != [each.id for each in before.drafts if each.kind == "reply"]
    assert ("order_number", "20261101888888") in after.facts


@pytest.mark.rule("001-32")
def test_a_customer_who_is_not_content_reopens_the_ticket(line: Line) -> None:
    first = line.deliver(letter())
    line.handle(first.ticket_id, Resolved("wang", "已更换", "company", "试机正常"))

    line.deliver(letter("回复:洗衣机无法开机", "问题还是没有解决,仍然无法开机"))

    assert State.IN_PROGRESS == line.ticket(first.ticket_id).state


def test_thanks_do_not_reopen_the_ticket(line: Line) -> None:
    first = line.deliver(letter())
    line.handle(first.ticket_id, Resolved("wang", "已更换", "company", "试机正常"))

    line.deliver(letter("回复:洗衣机无法开机", "谢谢,问题已经解决了!"))

    assert State.RESOLVED == line.ticket(first.ticket_id).state


# ---- copies, doubled and missing Message-IDs ----


def test_the_same_mail_in_another_folder_is_a_copy(line: Line) -> None:
    first = line.deliver(letter())

    copy = line.deliver(b"Received: from a by b\r\n" + letter(), Place("support", "INBOX", 8))

    assert ("done", first.id, None) == (copy.state, copy.copy_of, copy.ticket_id)
    assert 1 == len(line.tickets())


def test_two_different_mails_with_one_message_id_are_both_received(line: Line) -> None:
    first = line.deliver(letter("一", "洗衣机无法开机", LI, "<same@mail.example>"))
    second = line.deliver(letter("二", "冰箱不制冷", EVE, "<same@mail.example>"))

    assert (None, None) == (first.copy_of, second.copy_of)
    assert [LI, EVE] == [each.customer for each in line.tickets()]


def test_a_mail_without_message_id_is_received_and_answered(line: Line) -> None:
    row = line.deliver(letter(message_id=None))

    assert row.message_id is None
    assert line.approve(row.ticket_id).message_id


# ---- machines ----


def report(returned: str, address: str = LI, action: str = "failed") -> bytes:
    """A delivery report (RFC 3464) about a letter of ours."""
    status = "5.1.1" if action == "failed" else "4.4.1"
    lines = [
        "From: Mail Delivery System <mailer-daemon@mx.mail.example>",
        f"To: {OURS}",
        "Subject: Undelivered Mail Returned to Sender",
        "Return-Path: <>",
        "Date: Mon, 23 Nov 2026 09:05:00 +0800",
        f"Message-ID: <report-{action}@mx.mail.example>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "Your message could not be delivered.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.mail.example",
        "",
        f"Final-Recipient: rfc822; {address}",
        f"Action: {action}",
        f"Status: {status}",
        "",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {returned}",
        f"From: {OURS}",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def test_a_bounce_of_our_reply_lands_on_its_ticket_and_the_answer_is_owed_again(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)

    row = line.deliver(report(sent.message_id))

    assert ("done", "bounce", first.ticket_id) == (row.state, row.kind, row.ticket_id)
    assert [LI] == line.row(outbox, outbox.c.id == sent.id).bounced
    assert "bounced" in line.journal(first.ticket_id)
    assert "answer" in {each.kind for each in line.ticket(first.ticket_id).promises}
    assert 1 == len(line.tickets())


def test_a_report_of_a_delay_is_only_noted(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)

    line.deliver(report(sent.message_id, action="delayed"))

    assert "report" in line.journal(first.ticket_id)
    assert line.row(outbox, outbox.c.id == sent.id).bounced is None


def test_a_report_about_an_address_we_never_wrote_to_fails_nothing(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)

    line.deliver(report(sent.message_id, EVE))

    assert "bounced" not in line.journal(first.ticket_id)


@pytest.mark.parametrize("returned", ["<unknown@elsewhere.example>", "<20261123-0001.d1v1.aaaa@shop.example>"])
def test_a_bounce_of_what_we_did_not_send_is_held(returned: str, line: Line) -> None:
    line.deliver(letter())

    row = line.deliver(report(returned))

    assert ("held", None) == (row.state, row.ticket_id)
    assert 1 == len(line.tickets())


def test_an_automatic_reply_to_our_letter_is_kept_on_its_ticket_and_changes_nothing(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)
    line.handle(first.ticket_id, Resolved("wang", "已更换", "company", "试机正常"))

    before = line.drafts(first.ticket_id)

    row = line.deliver(letter("自动回复", "我正在休假", in_reply_to=sent.message_id, auto_submitted="auto-replied"))

    assert ("auto_reply", first.ticket_id) == (row.kind, row.ticket_id)
    assert State.RESOLVED == line.ticket(first.ticket_id).state
    assert before == line.drafts(first.ticket_id)


@pytest.mark.parametrize(
    "headers",
    [
        {"auto_submitted": "auto-replied"},
        {"list_unsubscribe": "<https://list.example/u>", "precedence": "bulk"},
    ],
)
def test_a_machine_that_belongs_to_no_ticket_is_held_even_when_it_names_an_order(
    headers: dict[str, str], line: Line
) -> None:
    line.deliver(letter(text=f"{ORDER}洗衣机无法开机"))

    row = line.deliver(letter("通知", f"{ORDER}已发货", **headers))

    assert ("held", None) == (row.state, row.ticket_id)
    assert row.why


def test_what_is_held_becomes_a_ticket_when_a_person_says_that_a_person_wrote_it(line: Line) -> None:
    held = line.deliver(letter("自动回复", "洗衣机无法开机", auto_submitted="auto-replied"))
    with line.engine.write() as tx:
        assert intake.try_again(tx, held.id, as_human=True)

    line.work()

    row = line.row(mail, mail.c.id == held.id)
    assert ("done", "human") == (row.state, row.kind)
    assert [] == line.drafts(row.ticket_id, "acknowledgement")
    assert 1 == len(line.drafts(row.ticket_id))


def test_our_own_mail_that_comes_back_is_held(line: Line) -> None:
    row = line.deliver(letter(sender=OURS))

    assert "held" == row.state
    assert [] == line.tickets()


def test_an_unreadable_mail_is_set_aside_with_what_is_known_of_it(line: Line) -> None:
    line.hand_in(b"\x00\x00")
    (claimed,) = line.claim()
    with line.engine.write() as tx:
        line.reception.receive(tx, claimed, Unreadable("leer", "Betreff"), "w1", MONDAY)

    row = line.row(mail)
    assert ("aside", "unreadable", "leer", "Betreff") == (row.state, row.kind, row.why, row.subject)


def test_a_mail_whose_sender_nobody_can_answer_is_held(line: Line) -> None:
    row = line.deliver(letter(sender="undisclosed-recipients:;"))

    assert ("held", None) == (row.state, row.ticket_id)


# ---- who was faster ----


def test_a_worker_who_lost_the_claim_undoes_everything(line: Line) -> None:
    line.hand_in(letter())
    (slow,) = line.claim("slow")
    with line.engine.write() as tx:
        intake.give_back(tx, [slow.id], "slow", blamed=False)
    (fast,) = line.claim("fast")
    line.receive(fast, "fast")

    with pytest.raises(ConflictError):
        line.receive(replace(slow), "slow")

    assert 1 == len(line.tickets())
    assert line.row(mail).ticket_id == line.tickets()[0].id


def test_an_answer_proves_that_an_uncertain_letter_arrived(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)
    line.end_send(sent.id, "uncertain")

    line.deliver(letter("回复", "收到,订单号是20261101888888", in_reply_to=sent.message_id))

    assert "sent" == line.row(outbox, outbox.c.id == sent.id).state
    assert "settled" in line.journal(first.ticket_id)


def test_no_mail_is_nowhere(line: Line) -> None:
    line.deliver(letter())
    line.deliver(letter("通知", "促销", precedence="bulk", list_id="<a.list.example>"))
    line.deliver(letter())

    with line.engine.read() as tx:
        assert [] == verify.faults(tx)
        assert 1 == len(lists.mails_in(tx, ("held",)))


def test_a_bounce_that_changed_the_case_of_our_message_id_finds_its_send(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)

    row = line.deliver(report(sent.message_id.upper()))

    assert first.ticket_id == row.ticket_id


def test_an_answer_that_changed_the_case_of_our_message_id_proves_its_arrival_too(line: Line) -> None:
    first = line.deliver(letter())
    sent = line.approve(first.ticket_id)
    line.end_send(sent.id, "uncertain")

    line.deliver(letter("回复", "收到", EVE, in_reply_to=sent.message_id.upper()))

    assert "sent" == line.row(outbox, outbox.c.id == sent.id).state
