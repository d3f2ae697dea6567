"""Who wrote this mail, and may we answer? The table of docs/automail.md, row by row, and what holds for every mail."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.core.automail import Own, judge
from mailbot.core.mail import Address, Attachment, Mail, Unreadable

OUR_ID = "<20261123-0001.abcd.ours@shop.example>"
OWN = Own(frozenset({"support@shop.example"}), lambda message_id: ".ours@" in message_id)
PLAIN = Mail(
    message_id="<1@mail.example>",
    from_=Address("李明", "li.ming@mail.example"),
    sender=None,
    reply_to=(),
    to=(Address("", "support@shop.example"),),
    cc=(),
    subject="电饭煲不加热",
    date=None,
    text="你好，电饭煲不加热了，怎么报修？",
    html=None,
    attachments=(),
    in_reply_to=(),
    references=(),
    headers=(("From", "李明 <li.ming@mail.example>"),),
    report=None,
    returned=None,
    content_type="text/plain",
    problems=(),
)


def with_header(name: str, value: str) -> Mail:
    return replace(PLAIN, headers=((name, value), *PLAIN.headers))


def test_an_ordinary_mail_may_be_acknowledged_and_answered():
    found = judge(PLAIN, OWN)

    assert ("human", True, "yes", 16) == (found.kind, found.may_acknowledge, found.may_answer, found.row)


def test_what_cannot_be_read_gets_no_answer():
    found = judge(Unreadable("邮件为空"), OWN)

    assert ("unreadable", False, "no", 1) == (found.kind, found.may_acknowledge, found.may_answer, found.row)
    assert "邮件为空" in found.reason


def test_a_mail_from_nobody_gets_no_answer():
    found = judge(replace(PLAIN, from_=None), OWN)

    assert ("unreadable", "no", 1) == (found.kind, found.may_answer, found.row)


def test_a_report_from_nobody_is_still_a_bounce():
    report = b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"

    found = judge(replace(PLAIN, from_=None, report=report, content_type="multipart/report"), OWN)

    assert ("bounce", ["a@b.example"]) == (found.kind, [one.address for one in found.bounced])


@pytest.mark.parametrize("sender", ["MAILER-DAEMON", "MAILER-DAEMON (Mail System)", "Mailer-Daemon <>"])
def test_a_daemon_without_a_domain_is_still_a_daemon(sender: str):
    mail = replace(PLAIN, from_=None, headers=(("From", sender),), text="<a@b.example>:\nunable to deliver")

    assert ("bounce", ["a@b.example"]) == (
        judge(mail, OWN).kind,
        [one.address for one in judge(mail, OWN).bounced],
    )


@pytest.mark.parametrize(
    "mail",
    [
        replace(PLAIN, from_=Address("", "Support@shop.example")),
        replace(PLAIN, from_=Address("", "support+20261123-0001.sig@shop.example")),
        replace(PLAIN, reply_to=(Address("", "support@shop.example"),)),
        replace(PLAIN, message_id=OUR_ID),
        with_header("X-Mailbot-Loop", OUR_ID),
        replace(PLAIN, headers=(("Received", "from a by b"),) * 51),
    ],
    ids=["from us", "from our plus address", "reply to us", "our Message-ID", "our loop mark", "51 hops"],
)
def test_what_comes_back_from_ourselves_is_a_loop(mail: Mail):
    found = judge(mail, OWN)

    assert ("loop", False, "no", 2) == (found.kind, found.may_acknowledge, found.may_answer, found.row)


def test_fifty_hops_are_no_loop():
    assert "human" == judge(replace(PLAIN, headers=(("Received", "from a by b"),) * 50), OWN).kind


def test_a_forged_loop_mark_costs_the_acknowledgement_and_nothing_else():
    found = judge(with_header("X-Mailbot-Loop", "<20261123-0001.abcd.forged@shop.example>"), OWN)

    assert ("human", False, "yes") == (found.kind, found.may_acknowledge, found.may_answer)


def test_other_mailbot_headers_in_incoming_mail_mean_nothing():
    mail = replace(PLAIN, headers=(("X-Mailbot-Kind", "bounce"), ("X-Mailbot-Approved", "yes")))

    assert judge(PLAIN, OWN) == judge(mail, OWN)


@pytest.mark.parametrize(
    "mail",
    [
        replace(PLAIN, content_type="multipart/report; report-type=delivery-status"),
        replace(PLAIN, attachments=(Attachment(1, "", "message/delivery-status", 9, False),)),
        replace(PLAIN, content_type="multipart/report; report-type=feedback-report"),
        replace(PLAIN, from_=Address("", "MAILER-DAEMON@mx.example")),
        replace(PLAIN, from_=Address("", "postmaster@mx.example")),
        replace(PLAIN, from_=Address("", "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example")),
        with_header("X-Failed-Recipients", "a@b.example"),
        with_header("Return-Path", "<>"),
        with_header("Return-Path", "<MAILER-DAEMON>"),
    ],
)
def test_reports_and_daemons_are_bounces(mail: Mail):
    found = judge(mail, OWN)

    assert ("bounce", False, "no", 3) == (found.kind, found.may_acknowledge, found.may_answer, found.row)


def test_a_bounce_that_calls_itself_auto_replied_stays_a_bounce():
    mail = replace(
        PLAIN,
        content_type="multipart/report; report-type=delivery-status",
        headers=(("Return-Path", "<>"), ("Auto-Submitted", "auto-replied")),
    )

    assert "bounce" == judge(mail, OWN).kind


def test_an_auto_reply_with_an_empty_return_path_is_no_bounce():
    oof = replace(PLAIN, headers=(("Return-Path", "<>"), ("Auto-Submitted", "auto-replied")))
    by_words = replace(with_header("Return-Path", "<>"), subject="自动回复: 关于维修")

    assert ["auto_reply", "auto_reply"] == [judge(oof, OWN).kind, judge(by_words, OWN).kind]


def test_a_bounce_says_which_of_our_mails_came_back():
    returned = b"From: support@shop.example\r\nMessage-ID:\r\n " + OUR_ID.encode() + b"\r\n\r\nMessage-ID: <x@y>"
    mail = replace(PLAIN, content_type="multipart/report", returned=returned, in_reply_to=("<z@z.example>",))

    found = judge(mail, OWN)

    assert OUR_ID == found.returned_message_id
    assert "与我们发出的邮件对应" in found.reason


def test_a_bounce_without_a_mail_of_ours_says_that_it_proves_nothing():
    mail = replace(
        PLAIN,
        from_=Address("", "postmaster@evil.test"),
        subject="退信通知",
        text="收件人：support@shop.example 被退回",
    )

    found = judge(mail, OWN)

    assert ("bounce", (), None) == (found.kind, found.bounced, found.returned_message_id)
    assert "请勿使用" in found.reason


def test_a_bounce_in_words_is_known_by_its_subject_where_the_envelope_is_lost():
    mail = replace(PLAIN, subject="系统退信/Systems bounce", text="您的邮件被退回\n收件人：a@x.example\n")

    assert ("bounce", ["a@x.example"]) == (
        judge(mail, OWN).kind,
        [one.address for one in judge(mail, OWN).bounced],
    )


@pytest.mark.parametrize(
    "subject", ["未送达：快递显示已签收", "Delivery failed: the courier never came", "退货包裹无法投递"]
)
def test_a_customer_whose_parcel_did_not_arrive_is_no_bounce(subject: str):
    mail = replace(PLAIN, subject=subject, text="包裹未送达，请核实。\n\nli.ming@mail.example\n")
    with_envelope = replace(
        mail, headers=(("Return-Path", "<li.ming@mail.example>"),), text="未送达\n收件人：a@x.example"
    )

    assert ["human", "human"] == [judge(mail, OWN).kind, judge(with_envelope, OWN).kind]


def test_a_delay_and_a_success_are_called_by_their_names():
    fields = b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.example\nAction: %s\nStatus: %s\n"
    delay = replace(PLAIN, content_type="multipart/report", report=fields % (b"delayed", b"4.4.1"))
    success = replace(PLAIN, content_type="multipart/report", report=fields % (b"relayed", b"2.0.0"))

    assert judge(delay, OWN).reason.startswith("延迟通知")
    assert judge(success, OWN).reason.startswith("送达报告")


def test_a_read_receipt_is_an_auto_reply():
    mail = replace(
        PLAIN, content_type="multipart/report; report-type=disposition-notification", report=b"Disposition: x"
    )

    found = judge(mail, OWN)

    assert ("auto_reply", "no", 3, ()) == (found.kind, found.may_answer, found.row, found.bounced)


@pytest.mark.parametrize(
    "value",
    ["auto-replied", "auto-generated", "Auto-Replied; owner=x@y", "auto-notified (vacation)", "", "yes"],
)
def test_auto_submitted_other_than_no_is_an_auto_reply(value: str):
    found = judge(with_header("Auto-Submitted", value), OWN)

    assert ("auto_reply", False, "warn", 4) == (
        found.kind,
        found.may_acknowledge,
        found.may_answer,
        found.row,
    )


@pytest.mark.parametrize("value", ["no", "No", " no ; x=y", "no (a person)"])
def test_auto_submitted_no_is_a_person(value: str):
    assert 16 == judge(with_header("Auto-Submitted", value), OWN).row


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-QQ-AUTO-REPLY", "true"),
        ("X-QQ-HolidayReply", "true"),
        ("X-Autoreply", "yes"),
        ("x-autorespond", "vacation"),
        ("X-Vacation", ""),
        ("X-FC-MachineGenerated", "true"),
        ("Precedence", "auto_reply"),
        ("X-Precedence", "Auto-Reply"),
    ],
)
def test_headers_of_auto_responders_are_known(name: str, value: str):
    assert ("auto_reply", 5) == (
        judge(with_header(name, value), OWN).kind,
        judge(with_header(name, value), OWN).row,
    )


def test_a_mail_forwarded_by_qq_is_a_persons():
    mail = replace(PLAIN, headers=(("X-QQ-AUTO-FWD", "true"), ("Return-Path", "<1+auto_=a=b@qq.example>")))

    found = judge(mail, OWN)

    assert ("human", False, 6) == (found.kind, found.may_acknowledge, found.row)


def test_the_envelope_of_qqs_robot_is_known():
    found = judge(with_header("Return-Path", "<123+auto_=support=shop.example@qq.example>"), OWN)

    assert ("auto_reply", 7) == (found.kind, found.row)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Precedence", "Bulk"),
        ("List-Id", "<a.b>"),
        ("List-Unsubscribe", "<mailto:x@y>"),
        ("Feedback-ID", "1:a"),
    ],
)
def test_mail_for_many_is_bulk(name: str, value: str):
    found = judge(with_header(name, value), OWN)

    assert ("bulk", False, "warn", 8) == (found.kind, found.may_acknowledge, found.may_answer, found.row)


def test_set_phrases_in_subject_or_body_are_an_auto_reply():
    by_subject = judge(replace(PLAIN, subject="自动回复: 关于退款"), OWN)
    by_body = judge(replace(PLAIN, text="您好，这是自动回复。"), OWN)

    assert ("auto_reply", False, "warn", 9) == (
        by_subject.kind,
        by_subject.may_acknowledge,
        by_subject.may_answer,
        by_subject.row,
    )
    assert ("auto_reply", 9) == (by_body.kind, by_body.row)


@pytest.mark.parametrize("value", ["All", "OOF, AutoReply", "DR, NDR, RN, NRN, OOF, AutoReply"])
def test_who_asks_for_no_auto_reply_is_still_a_person(value: str):
    found = judge(with_header("X-Auto-Response-Suppress", value), OWN)

    assert ("human", False, "yes", 10) == (found.kind, found.may_acknowledge, found.may_answer, found.row)


def test_suppressing_only_delivery_receipts_changes_nothing():
    assert 16 == judge(with_header("X-Auto-Response-Suppress", "DR, NRN"), OWN).row


@pytest.mark.parametrize(
    "local",
    [
        "no-reply",
        "noreply",
        "do-not-reply",
        "DoNotReply",
        "bounce",
        "bounces+12",
        "owner-list",
        "list-request",
        "shop-noreply",
    ],
)
def test_addresses_that_take_no_answer_get_no_acknowledgement(local: str):
    found = judge(replace(PLAIN, from_=Address("", f"{local}@mail.example")), OWN)

    assert ("human", False, "warn", 11) == (found.kind, found.may_acknowledge, found.may_answer, found.row)


@pytest.mark.parametrize("local", ["norely", "replyno", "bouncer", "owner", "li.noreplyable"])
def test_addresses_that_only_look_alike_are_answered(local: str):
    assert 16 == judge(replace(PLAIN, from_=Address("", f"{local}@mail.example")), OWN).row


def test_an_answer_to_another_domain_needs_an_agent():
    mail = replace(PLAIN, reply_to=(Address("", "x@elsewhere.example"),))

    found = judge(mail, OWN)

    assert ("human", False, "warn", 14) == (found.kind, found.may_acknowledge, found.may_answer, found.row)
    assert "elsewhere.example" in found.reason
    assert "mail.example" in found.reason


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("<x@elsewhere.example>", 14),
        ("<li.ming@mail.example>", 16),
        ("<bounce-1@out.mail.example>", 16),
        ("<SRS0=ab12=7X=mail.example=li.ming@forwarder.example>", 16),
        ("<SRS0=ab12=7X=evil.test=li.ming@forwarder.example>", 14),
        ("<0102@ap-1.amazonses.com>", 16),
    ],
)
def test_the_envelope_must_belong_to_the_writers_domain(path: str, row: int):
    assert row == judge(with_header("Return-Path", path), OWN).row


def test_blind_copies_are_not_acknowledged():
    found = judge(replace(PLAIN, to=(Address("", "other@mail.example"),)), OWN)

    assert ("human", False, "yes", 15) == (found.kind, found.may_acknowledge, found.may_answer, found.row)


@pytest.mark.parametrize("address", ["SUPPORT@shop.example", "support+20261123-0001.sig@shop.example"])
def test_mail_to_us_in_any_spelling_is_addressed_to_us(address: str):
    assert 16 == judge(replace(PLAIN, to=(), cc=(Address("", address),)), OWN).row


NAMES = st.sampled_from(
    [
        "Auto-Submitted", "Return-Path", "Sender", "Precedence", "X-Mailbot-Loop", "X-QQ-AUTO-FWD", "X-Failed-Recipients",
        "X-Auto-Response-Suppress", "List-Id", "Received", "X-QQ-AUTO-REPLY", "Subject",
    ]
)  # fmt: skip
VALUES = st.text(max_size=60) | st.sampled_from(["<>", "no", "auto-replied", "<a+auto_=b@c>", "bulk", "OOF", OUR_ID])
ADDRESSES = st.builds(
    Address, st.text(max_size=5), st.sampled_from(["a@b.example", "a", "@", "support@shop.example", "x@"])
)
MAILS = st.builds(
    replace,
    st.just(PLAIN),
    from_=st.none() | ADDRESSES,
    reply_to=st.lists(ADDRESSES, max_size=2).map(tuple),
    to=st.lists(ADDRESSES, max_size=2).map(tuple),
    subject=st.text(max_size=80),
    text=st.text(max_size=600),
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=6).map(tuple),
    report=st.none() | st.binary(max_size=200),
    returned=st.none() | st.binary(max_size=200),
    content_type=st.sampled_from(
        ["text/plain", "multipart/report", "multipart/report; report-type=disposition-notification"]
    ),
)


@settings(max_examples=300, deadline=None)
@given(MAILS)
def test_every_mail_gets_a_verdict_and_only_row_16_an_acknowledgement(mail: Mail):
    found = judge(mail, OWN)

    assert found.may_acknowledge == (found.row == 16)
    assert found.kind in ("bounce", "auto_reply", "bulk", "loop", "unreadable") or found.may_answer != "no"
    assert (found.row <= 3) == (found.may_answer == "no")
    assert found.reason


@settings(max_examples=150, deadline=None)
@given(MAILS, st.text(max_size=20).filter(lambda value: not value.strip().lower().startswith("no")))
def test_no_mail_that_is_auto_submitted_is_ever_acknowledged(mail: Mail, value: str):
    found = judge(replace(mail, headers=(*mail.headers, ("Auto-Submitted", value))), OWN)

    assert not found.may_acknowledge
    assert "human" != found.kind


@settings(max_examples=150, deadline=None)
@given(MAILS, st.text(max_size=40))
def test_a_mark_we_did_not_sign_never_makes_a_mail_less_than_it_is(mail: Mail, value: str):
    plain = replace(mail, headers=tuple(header for header in mail.headers if header[0] != "X-Mailbot-Loop"))
    marked = replace(plain, headers=(*plain.headers, ("X-Mailbot-Loop", value)))

    assert judge(plain, OWN).kind == judge(marked, OWN).kind
    assert judge(plain, OWN).may_answer == "no" or judge(marked, OWN).may_answer != "no"


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "@",
        "<",
        "a@a.",
        "收件人：",
        "\n",
        "这是自动",
        "“",
        "-",
        "原因",
        "delivery ",
        ". ",
        "在 写",
        " ",
        "退信:a@b ",
    ],
)
def test_hostile_repetition_is_judged_in_bounded_time(piece: str):
    long = piece * 300_000
    headers = tuple((name, long[:100_000]) for name in ("Return-Path", "Auto-Submitted", "X-Failed-Recipients"))
    bounce = replace(PLAIN, from_=Address("", "postmaster@x.example"), subject=long, text=long, headers=headers)
    human = replace(PLAIN, subject=long, text=long)

    start = time.perf_counter()
    judge(bounce, OWN)
    judge(replace(bounce, report=long.encode(), returned=long.encode()), OWN)
    judge(human, OWN)

    assert time.perf_counter() - start < 2
