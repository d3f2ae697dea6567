"""The catalogue is whole, and the times are said right."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.console import moments
from mailbot.console.page import HERE
from mailbot.console.words import WORDS, Words, choose
from mailbot.console.words_codes import CODE_WORDS
from mailbot.console.words_customer import CUSTOMER_WORDS
from mailbot.console.words_knowledge import KNOWLEDGE_WORDS
from mailbot.console.words_learned import LEARNED_WORDS
from mailbot.console.words_rating import RATING_WORDS
from mailbot.console.words_ticket import TICKET_WORDS
from mailbot.core.decision import Reminder
from mailbot.core.endings import lacking
from mailbot.core.pledges import What
from mailbot.core.promises import KIND_NAMES, PRIORITY_NAMES, Promise
from mailbot.core.rules import FACTS
from mailbot.core.ticket import SIDE_NAMES, STATE_NAMES, DraftKind, State, Ticket, WaitingOn
from mailbot.documents import Standing

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
KEY = re.compile(r"""\bt\(\s*"([^"]+)"|\bWords\([^()]*\([^()]*\)\)\("([^"]+)"\)|refused="([a-z_.]+)\"""")


def sources():
    return [*HERE.rglob("*.html"), *HERE.rglob("*.py")]


def test_every_word_that_a_page_asks_for_is_in_the_catalogue():
    asked = {key for path in sources() for found in KEY.findall(path.read_text("utf-8")) for key in found if key}

    assert len(asked) > 80
    assert set() == {key for key in asked if not key.endswith(".")} - set(WORDS)


def test_every_word_is_there_in_both_languages_with_the_same_places():
    for key, (zh, en) in WORDS.items():
        assert zh.strip(), key
        assert en.strip(), key
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), key


def test_every_code_of_the_core_has_a_word():
    codes = (
        *(f"state.{code}" for code in STATE_NAMES),
        *(f"priority.{code}" for code in PRIORITY_NAMES),
        *(f"promise.{code}" for code in KIND_NAMES),
        *(f"fact.{code}" for code in FACTS),
        *(f"side.{code}" for code in SIDE_NAMES),
        *(f"{group}.{code}" for group in ("draft", "send") for code in get_args(DraftKind)),
        *(f"waiting.{code}" for code in get_args(WaitingOn)),
        *(f"standing.{code}" for code in get_args(Standing)),
        *(f"pledge.{code}" for code in get_args(What)),
        *(f"level.{code}" for code in get_args(get_type_hints(Reminder)["level"])),
    )

    assert [] == [code for code in codes if code not in WORDS]


def test_chinese_names_of_the_core_are_the_ones_that_agents_see():
    t = Words("zh")

    assert dict(STATE_NAMES) == {code: t.code("state", code) for code in STATE_NAMES}
    assert dict(PRIORITY_NAMES) == {code: t.code("priority", code) for code in PRIORITY_NAMES}
    assert KIND_NAMES == {code: t.code("promise", code) for code in KIND_NAMES}
    assert SIDE_NAMES == {code: t.code("side", code) for code in SIDE_NAMES}


def test_no_two_parts_of_the_catalogue_use_one_key():
    parts = [CODE_WORDS, CUSTOMER_WORDS, KNOWLEDGE_WORDS, LEARNED_WORDS, RATING_WORDS, TICKET_WORDS]
    own = re.findall(r'^    "([^"]+)": \(', (HERE / "words.py").read_text("utf-8"), re.MULTILINE)

    assert len(WORDS) == len(own) + sum(map(len, parts))


def test_no_chinese_name_stands_for_an_english_one():
    mixed = [key for key, (_, en) in WORDS.items() if re.search(r"[\u4e00-\u9fff]", en) and key != "other_language"]

    assert [] == mixed


def test_every_template_that_speaks_of_the_whole_ticket_has_a_word():
    folder = Path(moments.__file__).parents[2] / "templates" / "zh"
    used = {
        name
        for path in (Path(moments.__file__).parents[1] / "core").glob("*.py")
        for name in re.findall(r'DraftWanted\(\s*"(?:reply|revisit)",\s*"([a-z_]+)"', path.read_text("utf-8"))
    }

    assert {"transfer", "delay", "material", "closing"} <= used
    assert [] == [name for name in used if f"template.{name}" not in WORDS or not (folder / f"{name}.txt").exists()]


def test_every_part_of_the_closing_gate_has_a_word():
    blank = Ticket(
        *("1", "support", "li.ming@mail.example", "", "zh", "fault", "quality", "normal", State.PENDING, "us"),
        opened_at=NOW,
        updated_at=NOW,
        promises=(Promise("answer", NOW, ""),),
    )

    assert 4 == len(lacking(blank))
    assert [] == [each for each in lacking(blank) if f"lacks.{each}" not in WORDS]


def test_every_journal_code_that_the_core_writes_has_a_word():
    core = Path(moments.__file__).parents[1] / "core"
    codes = {
        code for path in core.glob("*.py") for code in re.findall(r'Entry\(\s*"([a-z_]+)"', path.read_text("utf-8"))
    }

    assert len(codes) > 10
    assert [] == [code for code in codes if f"entry.{code}" not in WORDS]


@pytest.mark.parametrize(
    ("typed", "zone", "moment"),
    [
        ("2026-11-24T18:00", "Asia/Shanghai", "2026-11-24T10:00:00+00:00"),
        (" 2026-11-24T18:00:00 ", "Asia/Shanghai", "2026-11-24T10:00:00+00:00"),
        ("2026-03-08T02:30", "America/New_York", None),  # the hour that spring skips
        ("2026-11-24", "Asia/Shanghai", None),
        ("0001-01-01T00:00", "Asia/Shanghai", None),
        ("", "Asia/Shanghai", None),
    ],
)
def test_a_field_of_time_is_read_on_the_wall_clock(typed, zone, moment):
    found = moments.from_field(typed, ZoneInfo(zone))

    assert moment == (found.isoformat() if found else None)


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))
def test_a_moment_survives_its_field_to_the_minute(at):
    moment = at.replace(second=0, microsecond=0, tzinfo=UTC)

    assert moment == moments.from_field(moments.field(moment, SHANGHAI), SHANGHAI)


def test_an_unknown_code_stands_for_itself():
    assert "new_code" == Words("en").code("entry", "new_code")


@pytest.mark.parametrize(
    ("left", "zh", "en"),
    [
        (timedelta(hours=3, minutes=20), "还有 3 小时 20 分", "3 h 20 min left"),
        (timedelta(seconds=30), "还有 1 分", "1 min left"),  # never "0 minutes"
        (timedelta(minutes=-12), "已超时 12 分", "12 min overdue"),
        (timedelta(days=2, hours=4, minutes=59), "还有 2 天 4 小时", "2 d 4 h left"),  # the two largest units
        (timedelta(hours=24), "还有 1 天", "1 d left"),
        (timedelta(), "已超时 1 分", "1 min overdue"),
    ],
)
def test_a_countdown_says_how_long_in_the_two_largest_units(left, zh, en):
    assert zh == moments.countdown(NOW + left, NOW, "zh")
    assert en == moments.countdown(NOW + left, NOW, "en")


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        (NOW + timedelta(hours=8, minutes=10), "今天 17:10", "today 17:10"),
        (NOW - timedelta(hours=10), "昨天 23:00", "yesterday 23:00"),
        (NOW + timedelta(days=1), "11-24 周二 09:00", "Tue 24 Nov 09:00"),
        (NOW + timedelta(days=60), "2027-01-22 周五 09:00", "Fri 22 Jan 2027 09:00"),
    ],
)
def test_times_are_on_the_companys_wall_clock(at, zh, en):
    assert zh == moments.short(at, NOW, SHANGHAI, "zh")
    assert en == moments.short(at, NOW, SHANGHAI, "en")


@pytest.mark.parametrize(
    ("asked", "cookie", "accept", "language"),
    [
        ("en", "zh", "zh", "en"),
        (None, "en", "zh", "en"),
        ("xx", None, "en-US,en;q=0.9", "en"),
        (None, None, "fr,de", "zh"),
        (None, "<script>", "", "zh"),
    ],
)
def test_the_language_is_chosen_by_address_then_cookie_then_browser(asked, cookie, accept, language):
    assert language == choose(asked, cookie, accept)
