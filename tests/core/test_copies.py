"""Is a mail the same as one we have? Never because of its Message-ID alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.copies import fingerprint

HEAD = (
    b"From: li.ming@mail.example\r\nTo: support@shop.example\r\nSubject: a\r\n b\r\n"
    b"Date: Mon, 23 Nov 2026 09:00:00 +0800\r\nMessage-ID: <1@mail.example>\r\n"
)
MAIL = HEAD + b"\r\nwords\r\n"


@pytest.mark.parametrize(
    "trace",
    [
        b"Received: from a by b; Mon, 23 Nov 2026 09:00:01 +0800\r\n",
        b"Delivered-To: support@shop.example\r\nX-Spam-Score: 0.1\r\n",
        b"Return-Path: <li.ming@mail.example>\r\n",
        b"Received: from a\r\n\tby b\r\n",
        b"Authentication-Results: mx.shop.example; spf=pass\r\n",
    ],
)
def test_what_a_delivery_adds_makes_no_other_mail(trace: bytes) -> None:
    assert fingerprint(MAIL) == fingerprint(trace + MAIL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"words", b"other words"),
        (b"Subject: a", b"Subject: b"),
        (b"\r\n b\r\n", b"\r\n c\r\n"),  # a continuation line belongs to its field
        (b"09:00:00", b"09:00:01"),
        (b"li.ming@", b"eve@"),
    ],
)
def test_two_mails_with_one_message_id_are_two_mails(old: bytes, new: bytes) -> None:
    assert fingerprint(MAIL) != fingerprint(MAIL.replace(old, new, 1))


def test_without_date_and_message_id_nothing_is_taken_for_a_copy_but_the_same_bytes() -> None:
    bare = b"From: li.ming@mail.example\r\n\r\nwords\r\n"

    assert fingerprint(bare) == fingerprint(bare)
    assert fingerprint(bare) != fingerprint(b"Received: from a\r\n" + bare)


@given(st.binary(max_size=2000))
def test_any_bytes_have_a_fingerprint(raw: bytes) -> None:
    assert 64 == len(fingerprint(raw))


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_different_bodies_are_different_mails(one: bytes, other: bytes) -> None:
    assert (one == other) == (fingerprint(HEAD + b"\r\n" + one) == fingerprint(HEAD + b"\r\n" + other))
