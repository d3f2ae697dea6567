"""Letters become messages that every reader takes for what they are."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.letter_html import Letterhead
from mailbot.core.mail import Address
from mailbot.core.reply import (
    Composed,
    Letter,
    Quote,
    Refused,
    bare_subject,
    compose,
    reply_subject,
    thread_references,
)

SHANGHAI = timezone(timedelta(hours=8))
LETTER = Letter(
    from_=Address("示例电器客户服务", "support@shop.example"),
    to=(Address("王女士", "wang@mail.example"),),
    subject="Re: 空调有异响",
    text="尊敬的王女士，您好！\n\n请告诉我们：\n1. 什么时候开始的？\n2. 是否一直有？\n\n感谢您的来信。",
    message_id="<20261123-0001.a.b@shop.example>",
    date=datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI),
    parent_id="<parent@mail.example>",
    references=("<first@mail.example>",),
)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=300)
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=80)
IDS = st.integers(1, 400).map(lambda n: f"<{'x' * n}@mail.example>")


def composed(letter: Letter) -> Composed:
    made = compose(letter)
    assert isinstance(made, Composed)
    return made


def parsed(letter: Letter) -> EmailMessage:
    return message_from_bytes(composed(letter).raw, policy=policy.default)


def plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.rule("000-35")
def test_a_reply_stands_in_the_customers_thread() -> None:
    message = parsed(LETTER)

    assert message["In-Reply-To"] == "<parent@mail.example>"
    assert message["References"] == "<first@mail.example> <parent@mail.example>"
    assert message["Subject"] == "Re: 空调有异响"
    assert message["Message-ID"] == "<20261123-0001.a.b@shop.example>"
    assert message["Date"] == "Mon, 23 Nov 2026 10:00:00 +0800"
    assert message["From"] == "示例电器客户服务 <support@shop.example>"
    assert message["To"] == "王女士 <wang@mail.example>"


def test_an_approved_reply_bears_no_mark_of_automatic_mail() -> None:
    message = parsed(LETTER)

    assert message["Auto-Submitted"] is None
    assert message["Precedence"] is None
    assert message["X-Auto-Response-Suppress"] is None


def test_an_automatic_letter_says_so() -> None:
    message = parsed(replace(LETTER, automatic=True))

    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Precedence"] == "auto_reply"
    assert message["X-Auto-Response-Suppress"] == "All"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("空调有异响", "Re: 空调有异响"),
        ("Re: 空调有异响", "Re: 空调有异响"),
        ("RE：回复: 答复：Re[3]: 空调", "Re: 空调"),
        ("回复： 空调", "Re: 空调"),
        ("转发: 空调", "Re: 转发: 空调"),
        ("Rex: a dog", "Re: Rex: a dog"),
        ("[售后] 回复: 空调", "Re: [售后] 回复: 空调"),
        ("", "Re:"),
    ],
)
def test_the_reply_mark_stands_once(subject: str, expected: str) -> None:
    assert expected == reply_subject(subject)
    assert expected == reply_subject(expected)


def test_a_subject_without_reply_mark_is_left_alone() -> None:
    assert parsed(replace(LETTER, subject="自动回复：空调"))["Subject"] == "自动回复：空调"
    assert bare_subject("回复：空调") == "空调"


def test_piled_up_marks_of_an_agents_subject_become_one() -> None:
    assert parsed(replace(LETTER, subject="Re: 回复：空调"))["Subject"] == "Re: 空调"


def test_the_text_and_its_twin_say_the_same() -> None:
    message = parsed(LETTER)
    page = message.get_body(("html",))

    assert plain(message) == LETTER.text + "\n"
    assert page is not None
    html = page.get_content()
    assert "<ol" in html
    assert ">什么时候开始的？</li>" in html
    assert "http" not in html
    assert '<html lang="zh-CN">' in html
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in message.iter_parts()]


def test_the_twin_knows_the_letters_head_its_signature_and_its_quotation() -> None:
    text = "您好：https://desk.shop.example/r/abc\n\n致电 400-000-0000。\n\n小陈\n示例电器客户服务"
    letter = replace(
        LETTER,
        text=text,
        signature="小陈\n示例电器客户服务",
        head=Letterhead("示例电器", "400-000-0000", "https://desk.shop.example"),
        quote=Quote("王女士", None, "看 https://desk.shop.example/x"),
    )

    page = parsed(letter).get_body(("html",))

    assert page is not None
    html = page.get_content()
    assert ["https://desk.shop.example/r/abc", "tel:4000000000"] == re.findall('href="([^"]*)"', html)
    assert "<strong>小陈</strong>" in html
    assert html.index("王女士 写道：") < html.index("<blockquote") < html.index("desk.shop.example/x")


def test_a_quotation_of_nothing_that_can_be_shown_is_still_a_quotation() -> None:
    made = composed(replace(LETTER, quote=Quote("王", None, "\x01")))

    assert made.text.endswith("\n\n王 写道：\n>\n")


@pytest.mark.parametrize("hostile", ["a\r\nBcc: x@y.test", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\x85b", "a\x0bb"])
@pytest.mark.parametrize("field", ["subject", "from_", "to", "cc", "reply_to"])
def test_a_line_break_in_a_header_is_refused(hostile: str, field: str) -> None:
    address = Address(hostile, "wang@mail.example")
    value = {"subject": hostile, "from_": address, "to": (address,), "cc": (address,), "reply_to": address}[field]

    refused = compose(replace(LETTER, **{field: value}))  # type: ignore[arg-type]

    assert isinstance(refused, Refused)
    assert "换行" in refused.reason


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b",
        "a b@c.example",
        "a@b@c.example>",
        "a<b@c.example",
        "a@b c",
        "a,b@c.example",
        "a\n@c.example",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    assert isinstance(compose(replace(LETTER, to=(Address("", address),))), Refused)


def test_nobody_to_write_to_is_refused() -> None:
    assert compose(replace(LETTER, to=())) == Refused("To", "没有收件人")


def test_a_message_id_that_is_none_is_refused() -> None:
    assert isinstance(compose(replace(LETTER, message_id="<a b@c>\r\nX: y")), Refused)


def test_a_text_without_end_is_refused() -> None:
    assert isinstance(compose(replace(LETTER, text="长" * 100_000)), Refused)


def test_domains_become_a_labels_and_local_parts_are_flagged() -> None:
    domain = composed(replace(LETTER, to=(Address("", "wang@例子.test"),)))
    local = composed(replace(LETTER, to=(Address("", "王@mail.example"),)))

    assert domain.recipients == ("wang@xn--fsqu00a.test",)
    assert not domain.smtputf8
    assert local.smtputf8
    assert "王@mail.example".encode() in local.raw


def test_a_domain_that_cannot_be_converted_is_refused() -> None:
    assert isinstance(compose(replace(LETTER, to=(Address("", "a@" + "例" * 70 + ".test"),))), Refused)


def test_a_quoted_local_part_stays_quoted() -> None:
    assert parsed(replace(LETTER, to=(Address("", '"a b"@mail.example'),)))["To"].addresses[0].username == "a b"


def test_everybody_gets_the_letter_once() -> None:
    both = (Address("", "a@mail.example"), Address("A", "a@mail.example"))

    assert composed(replace(LETTER, to=both, cc=both)).recipients == ("a@mail.example",)


def test_the_customers_mail_is_quoted_like_a_mail_client_does() -> None:
    quote = Quote("王女士", datetime(2026, 11, 23, 1, 0, tzinfo=UTC), "空调有异响\r\n\r\n请尽快处理")

    text = plain(parsed(replace(LETTER, quote=quote)))

    assert text.endswith("在 2026年11月23日 09:00，王女士 写道：\n> 空调有异响\n>\n> 请尽快处理\n")


def test_an_english_quotation_and_one_without_a_date() -> None:
    english = replace(LETTER, language="en", quote=Quote("Ann", LETTER.date, "It hums"))

    assert "On 2026-11-23 10:00, Ann wrote:\n> It hums\n" in plain(parsed(english))
    assert "Ann wrote:\n" in composed(replace(english, quote=Quote("Ann", None, "x"))).text
    assert "Ann 写道：\n" in composed(replace(english, language="zh", quote=Quote("Ann", None, "x"))).text
    assert "wrote" not in composed(replace(english, quote=Quote("Ann", None, " \n"))).text


def test_a_huge_quotation_is_cut_at_a_line() -> None:
    text = composed(replace(LETTER, quote=Quote("王", None, "很长的一行\n" * 5000))).text

    assert len(text.encode()) < 35_000
    assert text.endswith("> 很长的一行\n> ……\n")


def test_a_parent_without_a_usable_id_is_left_out() -> None:
    message = parsed(replace(LETTER, parent_id="not an id", references=("<a@b>", "junk", "<" + "y" * 2000 + ">")))

    assert message["In-Reply-To"] is None
    assert message["References"] == "<a@b>"


def test_a_first_letter_of_ours_has_no_thread() -> None:
    message = parsed(replace(LETTER, parent_id=None, references=()))

    assert message["References"] is None


def test_the_first_and_the_last_reference_stay() -> None:
    many = tuple(f"<{n}.{'x' * 60}@mail.example>" for n in range(60))

    kept = thread_references("<parent@mail.example>", many)

    assert kept[0] == many[0]
    assert kept[-1] == "<parent@mail.example>"
    assert kept[1:-1] == many[-len(kept) + 2 :]
    assert len(kept) > 10


def test_two_giant_references_leave_the_parent() -> None:
    giant = f"<{'x' * 880}@b>"

    assert thread_references("<p" + "y" * 880 + "@b>", (giant,)) == ("<p" + "y" * 880 + "@b>",)


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert composed(LETTER).raw == composed(LETTER).raw


@given(TEXTS, st.booleans())
def test_any_subject_and_text_come_back_the_same(words: str, automatic: bool) -> None:
    letter = replace(LETTER, subject=f"答 {words}", text=f"答 {words}", automatic=automatic)

    message = parsed(letter)

    assert f"答 {words}".strip() == message["Subject"]
    assert f"答 {words}\n" == plain(message)


@given(NAMES)
def test_any_name_comes_back_the_same_and_breaks_no_line(name: str) -> None:
    raw = composed(replace(LETTER, to=(Address(name, "wang@mail.example"),))).raw

    # Read by RFC 2047's letter: policy.default of Python 3.11 puts a blank between two encoded words of a name.
    shown, address = parseaddr(message_from_bytes(raw)["To"].replace("\r\n", ""))
    assert address == "wang@mail.example"
    assert name.split() == str(make_header(decode_header(shown))).split()


@given(st.text(max_size=200), st.text(max_size=100), st.text(max_size=60))
def test_no_hostile_value_adds_a_header(subject: str, name: str, address: str) -> None:
    made = compose(replace(LETTER, subject=subject, to=(Address(name, "a@b.example"), Address("", address))))

    if isinstance(made, Composed):
        names = message_from_bytes(made.raw).keys()
        expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "In-Reply-To",
            "References",
            "Content-Type",
            "MIME-Version",
        ]
        assert sorted(expected) == sorted(names)


@given(st.lists(IDS, max_size=40), IDS)
def test_references_never_grow_beyond_what_relays_take(references: list[str], parent: str) -> None:
    raw = composed(replace(LETTER, parent_id=parent, references=tuple(references))).raw

    found = re.search(rb"^References: (.*(?:\r\n .*)*)", raw, re.MULTILINE)
    assert found is not None
    assert len(found[0]) <= 1600


@given(st.text(max_size=400), st.integers(1, 30))
def test_only_crlf_and_short_lines_go_on_the_wire(words: str, times: int) -> None:
    raw = composed(replace(LETTER, text=words * times, quote=Quote("王", None, words * times))).raw

    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\0" not in raw
