"""Delivery reports: whom did a mail of ours not reach, why, and which mail was it?"""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.core.bounce import Bounced, recipients, returned_ids
from mailbot.core.mail import Address, Mail

BLANK = Mail(
    message_id=None,
    from_=Address("", "postmaster@mx.example"),
    sender=None,
    reply_to=(),
    to=(Address("", "support@shop.example"),),
    cc=(),
    subject="",
    date=None,
    text="",
    html=None,
    attachments=(),
    in_reply_to=(),
    references=(),
    headers=(),
    report=None,
    returned=None,
    content_type="text/plain",
    problems=(),
)


def report_of(*lines: str) -> Mail:
    return replace(BLANK, report="\r\n".join(("Reporting-MTA: dns; mx.example", "", *lines)).encode())


def test_the_fields_of_a_report_are_read():
    mail = report_of(
        "Final-Recipient: rfc822; li.ming@mail.example",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 <li.ming@mail.example>:",
        "  no such user",
    )

    assert (
        Bounced("li.ming@mail.example", "failed", "5.1.1", "550 5.1.1 <li.ming@mail.example>: no such user"),
    ) == recipients(mail)


def test_each_recipient_has_its_own_fate():
    mail = report_of(
        "Final-Recipient: rfc822; a@x.example",
        "Action: delayed",
        "Status: 4.4.1",
        "",
        "Final-Recipient: rfc822; b@x.example",
        "Action: relayed (to a server without reports)",
        "Status: 2.0.0",
        "",
        "Final-Recipient: rfc822; c@x.example",
        "Action: FAILED",
    )

    assert [("a@x.example", "delayed"), ("b@x.example", "relayed"), ("c@x.example", "failed")] == [
        (one.address, one.action) for one in recipients(mail)
    ]


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("", "4.2.0", "delayed"),
        ("", "2.1.5", "delivered"),
        ("", "5.0.0", "failed"),
        ("", "", "failed"),
        ("deferred?", "4.0.0", "delayed"),
        ("failed", "4.4.7", "failed"),  # tried until the time was over
    ],
)
def test_a_missing_action_is_told_by_the_status(action: str, status: str, expected: str):
    mail = report_of("Final-Recipient: rfc822; a@x.example", f"Action: {action}", f"Status: {status}")

    assert [expected] == [one.action for one in recipients(mail)]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("rfc822; A.b@X.Example", "A.b@x.example"),
        ("rfc822;<a@x.example>", "a@x.example"),
        ("RFC822 ; a@x.example", "a@x.example"),
        ("a@x.example", "a@x.example"),
        (r"utf-8; \x{738B}\x{82B3}@x.example", "王芳@x.example"),
        ("utf-8; 王芳@x.example", "王芳@x.example"),
    ],
)
def test_recipients_are_understood_in_every_spelling(field: str, expected: str):
    assert [expected] == [one.address for one in recipients(report_of(f"Final-Recipient: {field}", "Action: failed"))]


@pytest.mark.parametrize(
    "field", ["x400; /S=a/O=b", "rfc822; nobody", "rfc822; a b@x.example", "rfc822;", ";", "rfc822; @x"]
)
def test_what_is_no_address_is_passed_over(field: str):
    assert () == recipients(report_of(f"Final-Recipient: {field}", "Action: failed"))


def test_the_address_we_wrote_to_goes_before_the_one_it_was_forwarded_to():
    mail = report_of(
        "Original-Recipient: rfc822;li.ming@mail.example",
        "Final-Recipient: rfc822; hidden@inside.example",
        "Action: failed",
    )

    assert ["li.ming@mail.example"] == [one.address for one in recipients(mail)]


def test_a_report_in_gbk_is_read_all_the_same():
    fields = "Final-Recipient: rfc822; a@x.example\nAction: failed\nDiagnostic-Code: smtp; 550 用户不存在\n"

    assert ["550 用户不存在"] == [one.diagnostic for one in recipients(replace(BLANK, report=fields.encode("gb18030")))]


def test_a_spam_complaint_bounces_nobody():
    mail = replace(
        BLANK,
        report=b"Feedback-Type: abuse\nOriginal-Rcpt-To: a@x.example\n",
        text="无法投递 <a@x.example>: 退信",
    )

    assert () == recipients(mail)


def test_the_header_of_exim_and_gmail_names_the_failed():
    mail = replace(
        BLANK,
        headers=(("X-Failed-Recipients", "a@x.example, b@x.example"),),
        text="The following address(es) failed:\n\n  a@x.example\n    Unrouteable address\n  b@x.example\n    552 5.2.2 full\n",
    )

    assert (
        Bounced("a@x.example", "failed", "", "Unrouteable address"),
        Bounced("b@x.example", "failed", "5.2.2", "552 5.2.2 full"),
    ) == recipients(mail)


@pytest.mark.parametrize(
    ("text", "address", "status"),
    [
        (
            "This is the qmail-send program. I was unable to deliver your mail.\n\n<a@x.example>:\nNo mailbox here. (#5.1.1)\n",
            "a@x.example",
            "5.1.1",
        ),
        (
            "Your mail could not be delivered.\n\n<a@x.example>: host mx.x.example said: 550 5.7.1 refused\n",
            "a@x.example",
            "5.7.1",
        ),
        (
            "Delivery has failed to these recipients or groups:\n\nAnn (a@x.example)\n550 5.2.2 full\n",
            "a@x.example",
            "5.2.2",
        ),
        ("传递到这些收件人或组时失败:\n\n何静 (a@x.example)\n收件人的邮箱已满。\n", "a@x.example", ""),
        (
            "Your message did not reach some of the intended recipients.\n\n  'a@x.example' on 23.11.2026 10:00\n",
            "a@x.example",
            "",
        ),
        (
            "抱歉，您的邮件被退回来了\n收件人：a@x.example\n退信原因：550 5.1.1 用户不存在\n",
            "a@x.example",
            "5.1.1",
        ),
        (
            "很抱歉，您的邮件未能送达。\n收件人：\n   a@x.example\n退信原因：\n  552 5.2.2 空间已满\n",
            "a@x.example",
            "5.2.2",
        ),
        ("收件人邮件地址（a@x.example）不存在，邮件无法送达。", "a@x.example", ""),
        ("您发送到a@x.example的邮件被退回：对方拒收。", "a@x.example", ""),
        ("無法投遞以下郵件\n收件者: a@x.example\n", "a@x.example", ""),
        ("Die E-Mail konnte nicht zugestellt werden.\n\n<a@x.example>: unbekannt\n", "a@x.example", ""),
    ],
    ids=[
        "qmail",
        "postfix",
        "exchange",
        "exchange zh",
        "old exchange",
        "qq",
        "163",
        "exmail",
        "aliyun",
        "traditional",
        "german",
    ],
)
def test_bounces_in_words_are_read(text: str, address: str, status: str):
    found = recipients(replace(BLANK, text=text))

    assert [(address, "failed", status)] == [(one.address, one.action, one.status) for one in found]


@pytest.mark.parametrize(
    "text",
    [
        "Your mail has not yet been delivered.\n\n  a@x.example\n    timed out\n",
        "您的邮件投递延迟，系统仍在尝试。\n收件人：a@x.example\n",
    ],
)
def test_a_delay_in_words_is_no_failure(text: str):
    assert [("a@x.example", "delayed")] == [(one.address, one.action) for one in recipients(replace(BLANK, text=text))]


def test_the_copy_of_our_mail_bounces_nobody():
    text = "failure notice\n<a@x.example>:\ngone\n--- Below this line is a copy of the message.\nTo: b@x.example\n<c@x.example>:\n"

    assert ["a@x.example"] == [one.address for one in recipients(replace(BLANK, text=text))]


@pytest.mark.parametrize(
    "text",
    [
        "收件人：a@x.example\n请尽快安排维修。",
        "Please write to a@x.example",
        "您的邮箱空间不足，邮件被退回，请联系 admin@evil.test 或登录验证。",
    ],
)
def test_addresses_without_a_failure_or_a_place_bounce_nobody(text: str):
    assert () == recipients(replace(BLANK, text=text))


def test_the_returned_message_is_asked_before_mere_references():
    mail = replace(
        BLANK,
        returned=b"Received: from a\r\nMessage-Id: <ours@shop.example>\r\n\r\nMessage-ID: <inner@x.example>\r\n",
        report=b"X-Original-Message-ID: <envelope@shop.example>\n\nFinal-Recipient: rfc822; a@x.example\n",
        text="gone\n> Message-ID: <text@shop.example>\n",
        in_reply_to=("<parent@shop.example>",),
        references=("<old@shop.example>", "<new@shop.example>"),
    )

    assert (
        "<ours@shop.example>",
        "<envelope@shop.example>",
        "<text@shop.example>",
        "<parent@shop.example>",
        "<new@shop.example>",
        "<old@shop.example>",
    ) == returned_ids(mail)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.binary(max_size=200), st.text(max_size=300), st.text(max_size=60))
def test_no_report_is_odd_enough_to_raise(report: bytes, returned: bytes, text: str, failed: str):
    mail = replace(
        BLANK,
        report=b"Final-Recipient: rfc822;" + report,
        returned=b"Message-ID: " + returned,
        text="退信\n收件人：" + text,
        headers=(("X-Failed-Recipients", failed),),
    )

    for one in (
        *recipients(mail),
        *recipients(replace(mail, report=None)),
        *recipients(replace(mail, report=None, headers=())),
    ):
        assert "@" in one.address
        assert not any(letter.isspace() for letter in one.address)
    assert all(found.startswith("<") and found.endswith(">") for found in returned_ids(mail))


def test_ten_thousand_recipients_are_cut_short():
    block = "Final-Recipient: rfc822; a{0}@x.example\nAction: failed\n\n"
    mail = replace(BLANK, report="".join(block.format(number) for number in range(10_000)).encode())

    start = time.perf_counter()
    found = recipients(mail)

    assert len(found) <= 100
    assert time.perf_counter() - start < 1
