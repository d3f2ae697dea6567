"""Raw bytes to Mail: nothing raises, nothing is invented, what was guessed is said."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.core.charset import decode
from mailbot.core.header import addresses, date_of, message_ids, parameters, text_of
from mailbot.core.mail import Address, Mail, Unreadable, attachment_bytes, parse

ZOO = [path.read_bytes() for path in sorted((Path(__file__).parent.parent / "mails").glob("*.eml"))]
HEAD = b"From: li.ming@mail.example\r\nSubject: x\r\nDate: Fri, 20 Nov 2026 10:00:00 +0800\r\n"
JUNK = [b"\0", b"\r", b"\n", b"\xff", b'"', b"=?", b"?=", b";", b"<", b"--", b"boundary=", b"base64"]


def read(raw: bytes) -> Mail:
    mail = parse(raw)
    assert isinstance(mail, Mail)
    return mail


def mutate(raw: bytes, other: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    out = bytearray(raw)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(5):
            case 0 if at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                del out[at : at + chance.randrange(1, 40)]
            case 2:
                start = chance.randrange(len(other))
                out[at:at] = other[start : start + 200]
            case 3:
                out[at:at] = chance.choice(JUNK)
            case _:
                del out[max(at, len(out) // 3) :]
    return bytes(out)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ZOO), st.sampled_from(ZOO), st.integers(0, 2**32))
def test_no_mutilated_mail_raises_and_no_header_value_breaks_a_line(raw: bytes, other: bytes, seed: int) -> None:
    broken = mutate(raw, other, seed)

    mail = parse(broken)

    if isinstance(mail, Mail):
        assert not any(set("\r\n\0") & set(name + value) for name, value in mail.headers)
        assert mail.text.encode("utf-8") is not None
        assert all(attachment_bytes(broken, one.index) is not None for one in mail.attachments)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_mail_or_unreadable(raw: bytes) -> None:
    assert isinstance(parse(raw), Mail | Unreadable)


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\0\0\0"])
def test_nothing_at_all_is_unreadable(raw: bytes) -> None:
    assert isinstance(parse(raw), Unreadable)


def test_headers_beyond_the_limit_are_unreadable_but_say_who_wrote() -> None:
    mail = parse(HEAD + b"X-Long: " + b"x" * 200_000 + b"\r\n\r\nhello")

    assert isinstance(mail, Unreadable)
    assert Address("", "li.ming@mail.example") == mail.from_
    assert mail.subject == "x"


def test_text_without_any_header_is_still_a_mail() -> None:
    mail = read("你好：空调坏了\r\n订单20261120123456\r\n".encode())

    assert mail.from_ is None
    assert mail.text == "你好：空调坏了\n订单20261120123456"
    assert "no header block" in mail.problems


def test_more_than_a_hundred_parts_are_cut_and_said() -> None:
    part = b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n"
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n" + part * 150 + b"--b--"

    mail = read(raw)

    assert mail.text == "hello"
    assert len(mail.attachments) < 100
    assert "more than 100 parts, the rest not read" in mail.problems


def test_parts_nested_too_deep_are_said_and_do_not_recurse() -> None:
    nest = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(60))

    mail = read(HEAD + nest + b"\r\nhello")

    assert "parts nested deeper than 20, not taken apart" in mail.problems
    assert "hello" in mail.text


def test_an_address_list_of_rubbish_is_read_in_good_time() -> None:
    assert read(b"From: " + b"a," * 45_000 + b"\r\nSubject: x\r\n\r\nhello").from_ is None


def test_a_report_shows_its_status_and_the_returned_message() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/report; report-type=Delivery-Status; boundary=b\r\n\r\n--b\r\n\r\nnot delivered\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <ours@shop.example>\r\n\r\nhi\r\n--b--\r\n"
    )

    mail = read(raw)

    assert mail.report == b"Final-Recipient: rfc822; a@b.example"
    assert mail.returned == b"Message-ID: <ours@shop.example>\r\n\r\nhi"
    assert mail.content_type == "multipart/report; report-type=delivery-status"
    assert mail.text == "not delivered"


def test_the_bytes_of_an_attachment_come_back() -> None:
    photo = bytes(range(256)) * 9
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n"
    raw += (
        b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(photo)
        + b"--b--\r\n"
    )

    (attachment,) = read(raw).attachments

    assert len(photo) == attachment.size
    assert photo == attachment_bytes(raw, attachment.index)
    assert attachment_bytes(raw, 99) is None


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        (b"base64", b"aGVs bG8\r\n", "hello"),  # a blank inside, padding lost
        (b"base64", b"aGVsbG8=\r\naGVsbG8=\r\n", "hellohello"),  # each line encoded on its own
        (b"base64", "空调坏了，请尽快维修".encode(), "空调坏了，请尽快维修"),  # not base64 at all
        (b"quoted-printable", b"a=3Db=\r\nc =ZZ", "a=bc =ZZ"),
        (b"x-uuencode", b"begin 644 x\r\n%:&5L;&\\ \r\n`\r\nend\r\n", "hello"),
        (b"8-bit", b"hello", "hello"),
    ],
)
def test_broken_transfer_encodings_still_give_their_words(encoding: bytes, body: bytes, text: str) -> None:
    raw = (
        HEAD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body
    )

    assert text == read(raw).text


@pytest.mark.parametrize(
    ("label", "codec"),
    [("gb2312", "gb18030"), ("x-gbk", "gbk"), ("iso-gb2312", "gb2312"), ("y", "utf-8"), ("big5", "utf-8"), ("y", "gb18030"),
     ("iso-8859-1", "gbk"), ("us-ascii", "utf-8"), ("utf-8", "gb18030"), ("utf-8", "big5"), ("", "big5")],
)  # fmt: skip
def test_labels_that_lie_are_seen_through(label: str, codec: str) -> None:
    text = (
        "您好，我的空调不能制冷，希望你们尽快派人来。"
        if codec != "big5"
        else "您好，我的冷氣不冷，請儘快派人來維修，謝謝。"
    )

    assert text == decode(text.encode(codec), label)[0]


def test_western_text_stays_western() -> None:
    assert decode("Grüße für Café".encode("latin-1"), "iso-8859-1") == ("Grüße für Café", None)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"Li Ming <li@Mail.Example>", ("Li Ming", "li@mail.example")),
        (b"Li Ming (li@mail.example)", ("Li Ming", "li@mail.example")),
        (b"li@mail.example (Li Ming)", ("Li Ming", "li@mail.example")),
        (b"<li@mail.example", ("", "li@mail.example")),
        (b"Li Ming li@mail.example", ("Li Ming", "li@mail.example")),
        (b'"Li, Ming" <li@mail.example>', ("Li, Ming", "li@mail.example")),
        (b"Li, Ming <li@mail.example>", ("Li, Ming", "li@mail.example")),
        (b"\"'li@mail.example'\" <li@mail.example>", ("", "li@mail.example")),
        (b'"unclosed <li@mail.example>', ("unclosed", "li@mail.example")),
        ("王芳 <wang@例子.example>".encode(), ("王芳", "wang@xn--fsqu00a.example")),
        ("王芳 <wang@mail.example>".encode("gbk"), ("王芳", "wang@mail.example")),
    ],
)
def test_addresses_as_clients_write_them(value: bytes, found: tuple[str, str]) -> None:
    assert ((found,), False) == addresses(value)


def test_members_of_a_group_are_read_and_the_group_is_known() -> None:
    assert addresses(b"Team: a@b.example, C <c@d.example>;") == ((("", "a@b.example"), ("C", "c@d.example")), True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?utf-8?B?56m66LCD?= =?utf-8?B?5Z2P5LqG?=", "空调坏了"),
        (b"=?utf-8?B?56m6?==?utf-8?Q?=E8=B0=83?=", "空调"),
        (b"=?GB2312?B?v9W19w?=", "空调"),
        (b"=?utf-8?q?a_b?= c", "a b c"),
        (b"=?y?q?caf=C3=A9?=", "café"),
        (b"=?utf-8?Q?evil=0D=0ABcc:_x?=", "evil Bcc: x"),
        (b"=?utf-8?B?never closed", "=?utf-8?B?never closed"),
    ],
)
def test_encoded_words_are_read_leniently(value: bytes, text: str) -> None:
    assert text == text_of(value)


@pytest.mark.parametrize(
    "value",
    [
        b"attachment; filename*=utf-8''%E7%85%A7%E7%89%87.jpg",
        b"attachment; filename*=\"utf-8''%E7%85%A7%E7%89%87.jpg\"",
        b"attachment; filename*0*=gbk''%D5%D5; filename*1*=%C6%AC; filename*2=.jpg",
        b'attachment; filename="=?gb18030?B?1dXGrC5qcGc=?="',
        b"attachment; filename==?gb18030?B?1dXGrC5qcGc=?=",
        "attachment; filename=照片.jpg".encode("gbk"),
        b'attachment; filename="%E7%85%A7%E7%89%87.jpg"',
    ],
)
def test_file_names_as_clients_write_them(value: bytes) -> None:
    assert parameters(value)[1]["filename"] == "照片.jpg"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Fri, 99 Nov 2026 10:00", "20 Nov 99999 10:00 +0800", "-1", "2026-13-45"]
)
def test_a_date_that_is_none_is_none(text: str) -> None:
    assert date_of(text) is None


def test_dates_are_aware() -> None:
    assert str(date_of("Fri, 20 Nov 2026 10:12:33 +0800 (CST)").isoformat()) == "2026-11-20T10:12:33+08:00"  # type: ignore[union-attr]
    assert date_of("2026-11-20 10:12:33").tzinfo is not None  # type: ignore[union-attr]


def test_message_ids_are_found_among_garbage() -> None:
    assert message_ids("Your message of Friday <a@b> <c d@e> <a@b>") == ("<a@b>", "<cd@e>")
    assert message_ids("bare@id") == ("<bare@id>",)
    assert message_ids("none") == ()
