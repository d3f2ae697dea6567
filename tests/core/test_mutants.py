"""Mails of the zoo, damaged: none raises, none takes long, none leaves text that cannot be written down.

2,000 in each run; all 20,000 with MAILBOT_FULL=1.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

import pytest

from mailbot.core.rules import RuleBook
from mailbot.core.understand import Border, Understood, understand
from tests.conftest import MAILS, THOROUGH

ALL, FEW = 20_000, 1_000 if THOROUGH else 400
SLOWEST_SECONDS = 2.0
PARTS = 8  # so that several workers share them, and a failure names its part

NASTY = (
    b"\x00", b"\r", b"\n\n", b"\r\n\r\n", b"\x1b$B", b"\xff\xfe", b"\xed\xa0\x80", b"=?utf-8?B?", b"?=", b"=?gb2312?Q?=FF",
    b"Content-Type: multipart/mixed; boundary=x\r\n", b"Content-Transfer-Encoding: base64\r\n", b"charset=utf-7",
    b"charset=\"hz-gb-2312\"", b"--", b"<" * 300, b">" * 300, b"(" * 300, b"Re: " * 300, b"Date: Fri, 99 Foo 99999 99:99:99 +9999\r\n",
    b"From: <>\r\n", b"From: a@b, c@d, e@\r\n", b"References: " + b"<a@b> " * 200, b"message/rfc822", b"&#x110000;", b"&#0;",
    b"9" * 400, b"a" * 3000, "订单号".encode() * 50, "😀".encode("utf-16"), b"<div>" * 200, b"<!--", b"\xe2\x80\xae", b"=\r\n",
)  # fmt: skip


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Damaged mails; the same for the same seed, whatever the order of the folder."""
    chance = random.Random(seed)
    names = sorted(path.stem for path in MAILS.glob("*.eml"))
    raws = {name: (MAILS / f"{name}.eml").read_bytes() for name in names}
    for _ in range(count):
        name = chance.choice(names)
        raw = bytearray(raws[name])
        for _ in range(chance.randint(1, 6)):
            raw = chance.choice(DAMAGES)(chance, raw, raws[chance.choice(names)])
        yield name, bytes(raw[:400_000])


def _flip(chance: random.Random, raw: bytearray, _other: bytes) -> bytearray:
    for _ in range(chance.randint(1, 20)):
        if raw:
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    return raw


def _cut(chance: random.Random, raw: bytearray, _other: bytes) -> bytearray:
    start, end = sorted((chance.randint(0, len(raw)), chance.randint(0, len(raw))))
    return raw[:start] + raw[end:] if end - start < len(raw) / 2 else raw[:end]


def _put_in(chance: random.Random, raw: bytearray, _other: bytes) -> bytearray:
    at = chance.randint(0, len(raw))
    return raw[:at] + chance.choice(NASTY) + raw[at:]


def _repeat(chance: random.Random, raw: bytearray, _other: bytes) -> bytearray:
    start = chance.randint(0, len(raw))
    piece = raw[start : start + chance.randint(1, 400)]
    return raw[:start] + piece * chance.randint(2, 60) + raw[start:]


def _cross(chance: random.Random, raw: bytearray, other: bytes) -> bytearray:
    return raw[: chance.randint(0, len(raw))] + other[chance.randint(0, len(other)) :]


def _swap_lines(chance: random.Random, raw: bytearray, _other: bytes) -> bytearray:
    lines = bytes(raw).split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return bytearray(b"\n".join(lines))


Damage = Callable[[random.Random, bytearray, bytes], bytearray]
DAMAGES: tuple[Damage, ...] = (_flip, _cut, _put_in, _put_in, _repeat, _cross, _swap_lines)


def check(raw: bytes, book: RuleBook, border: Border) -> float:
    """Seconds that this mail took. Its texts must be text: lone surrogates cannot be shown or stored."""
    before = time.process_time()
    found = understand(raw, book, border)
    took = time.process_time() - before
    if isinstance(found, Understood):
        said = (found.mail.subject, found.mail.text, found.sender, asdict(found.facts), asdict(found.triage))
        json.dumps(said, ensure_ascii=False).encode("utf-8")
        assert found.mail.date is None or found.mail.date.tzinfo is not None
        assert "\n" not in found.mail.subject
    return took


@pytest.mark.parametrize("part", range(PARTS))
def test_no_damaged_mail_raises_or_takes_long(part: int, book: RuleBook, border: Border) -> None:
    count = (ALL if os.environ.get("MAILBOT_FULL") else FEW) // PARTS

    slowest = max((check(raw, book, border), name) for name, raw in mutants(part, count))

    assert slowest[0] < SLOWEST_SECONDS, slowest
