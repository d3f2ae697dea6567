"""Logs: one event a line, and nobody's whole address or number in it."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.log import masked
from tests.conftest import ROOT


@pytest.mark.rule("001-52")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("550 <li.ming@mail.example> unknown", "550 <l***@mail.example> unknown"),
        ("a@b.example", "a***@b.example"),
        ("电话13800005678。", "电话138***5678。"),
        ("phone 13800005678", "phone 138***5678"),
        ("order 20261101888888 late", "order 202***8888 late"),
        ("card 6222020200001234567", "card 622***4567"),
        ("ticket 20261123-0001", "ticket 20261123-0001"),
        ("uid 4294967295", "uid 4294967295"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_addresses_and_long_numbers_are_masked(text: str, shown: str) -> None:
    assert shown == masked(text)


@given(st.text(max_size=100), st.from_regex(r"[a-z]{2,20}@[a-z]{1,10}\.example", fullmatch=True))
def test_no_whole_address_is_ever_shown(around: str, address: str) -> None:
    assert address not in masked(f"{around} {address} {around}")


@pytest.mark.parametrize("text", ["a" * 200_000, "a@" * 100_000, "1" * 200_000, "a." * 100_000 + "@"])
def test_masking_a_hostile_text_costs_no_time(text: str) -> None:
    before = time.process_time()
    masked(text)

    assert time.process_time() - before < 1


SAY = """
import structlog
from mailbot.log import set_up_log
set_up_log()
log = structlog.get_logger()
log.info("mail taken in", mailbox="support", uid=7, who="li.ming@mail.example")
log.debug("not shown")
try:
    raise ValueError("no such user li.ming@mail.example 13800005678")
except ValueError:
    log.exception("loop step failed")
"""


def test_an_event_is_one_json_line_on_stderr_with_its_constant_words() -> None:
    ended = subprocess.run([sys.executable, "-c", SAY], cwd=ROOT, capture_output=True, text=True, check=True)

    first, second = (json.loads(line) for line in ended.stderr.splitlines())
    assert "" == ended.stdout
    assert ("mail taken in", "info", 7, "l***@mail.example") == (
        first["event"],
        first["level"],
        first["uid"],
        first["who"],
    )
    assert "T" in first["timestamp"]
    assert "ValueError: no such user l***@mail.example 138***5678" in second["exception"]
