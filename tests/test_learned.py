"""From an agent's click to the next mail: verdict rows, the model that follows them, and the way back; both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zlib import crc32

import pytest
import sqlalchemy as sa

from mailbot.app import App
from mailbot.core.rules import RuleBook
from mailbot.core.ticket import Corrected
from mailbot.core.understand import Border, Understood, understand
from mailbot.learned import Learned
from mailbot.store import intake, verdicts
from mailbot.store.intake import Incoming
from mailbot.store.tables import mail, verdict
from mailbot.store.verdicts import NewVerdict
from tests.conftest import MONDAY, ROOT
from tests.line import INBOX, Line, letter

THINGS = ("台灯", "水杯", "背包", "雨伞", "毛毯", "闹钟", "风扇", "鼠标", "耳机", "花瓶")
FAULT = "fault/malfunction"
GIFT = "enquiry/process"  # where this company files wishes for gift wrapping; the packaged rules do not know them
ASKS = ("{}能帮我包成礼物吗,要有蝴蝶结", "送人的{},麻烦加张贺卡和礼盒", "想给{}配个礼盒,卡片写生日快乐")
NEW = letter("围巾", "这条围巾要送朋友,能不能包个礼盒,再放一张卡片", "wang.fang@mail.example")


@pytest.fixture
def line(make_app: Callable[..., App]) -> Line:
    return Line(make_app())


def taught(line: Line, key: str, *texts: str, agent: str = "xiaozhou") -> list[int]:
    """Mails that came in and were judged by an agent; ids of their tickets."""
    found = []
    for text in texts:
        came = line.deliver(letter("来信", text, f"c{crc32(text.encode())}@mail.example"))
        found.append(came.ticket_id)
        judge(line, came.ticket_id, key, agent)
    return found


def judge(line: Line, ticket_id: int, key: str, agent: str = "xiaozhou") -> Any:
    category, _, topic = key.partition("/")
    ticket = line.ticket(ticket_id)
    event = Corrected(agent, category, topic, ticket.priority)  # type: ignore[arg-type]
    return line.desk.handle(ticket_id, event, MONDAY)


def company(line: Line) -> None:
    """Fifty-two verdicts: thirty on gifts, the rest confirmations of what the rules said."""
    gifts = [(ask.format(thing), GIFT) for thing in THINGS for ask in ASKS]
    faults = [f"{thing}{words}" for thing in THINGS for words in ("坏了,按下去没有反应", "刚用两天就坏了,没有反应")]
    faults += ["一号机器坏了,没有反应", "二号机器坏了,没有反应"]
    both = [each for n, gift in enumerate(gifts) for each in (gift, *((w, FAULT) for w in faults[n : n + 1]))]
    ticket_id = line.deliver(letter("来信", "你好", "zhou@mail.example")).ticket_id
    first = 1000
    with line.engine.write() as tx:
        found = [Incoming(first + n, MONDAY, 9, f"Subject: {n}\r\n\r\n{n}".encode()) for n in range(len(both))]
        intake.take_in(tx, INBOX, found, first + len(both), MONDAY)
        for n, (text, key) in enumerate(both):
            done = {"state": "done", "kind": "human", "words": text, "ticket_id": ticket_id}
            put = sa.update(mail).where(mail.c.uid == first + n).values(done).returning(mail.c.id)
            category, _, topic = key.partition("/")
            new = NewVerdict(tx.execute(put).scalar_one(), ticket_id, "amy", category, topic, "normal", "other", "none")
            verdicts.add(tx, new, MONDAY)


def learned(line: Line) -> Learned:
    found = line.desk.door.learned
    assert found is not None
    return found


def rows(line: Line) -> list[Any]:
    return line.rows(verdict)


@pytest.mark.rule("000-13")
def test_a_correction_and_a_confirmation_are_both_kept_as_verdicts(line: Line) -> None:
    (ticket_id,) = taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒")
    before = line.ticket(ticket_id)
    other = line.deliver(letter("坏了", "洗衣机坏了,按下去没有反应", "zhao@mail.example")).ticket_id
    drafts = line.drafts(other)
    said = line.ticket(other)

    judge(line, other, f"{said.category}/{said.topic}")

    first, second = rows(line)
    assert (GIFT, "xiaozhou", ticket_id) == (f"{first.category}/{first.topic}", first.agent, first.ticket_id)
    assert GIFT != f"{first.said_category}/{first.said_topic}"
    assert (second.category, second.topic) == (second.said_category, second.said_topic)
    assert [draft.id for draft in drafts] == [draft.id for draft in line.drafts(other)]  # nothing is redone
    assert ["confirmed"] == line.journal(other)[-1:]
    assert 1.0 == line.ticket(other).confidence == before.confidence


def test_a_button_pressed_twice_is_one_verdict(line: Line) -> None:
    (ticket_id,) = taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒")

    judge(line, ticket_id, GIFT)

    assert 1 == len(rows(line))


def test_a_refused_correction_is_no_verdict(line: Line) -> None:
    (ticket_id,) = taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒")

    assert judge(line, ticket_id, "request/gone").refused
    assert 1 == len(rows(line))


@pytest.mark.rule("000-13")
def test_the_next_mail_is_taken_for_what_agents_said_without_a_restart(line: Line) -> None:
    assert GIFT != _key(line, letter("围巾", "这条围巾要送我,能不能包个礼盒,再放一张卡片", "chen@mail.example"))
    company(line)
    assert learned(line).refresh(MONDAY)

    ticket_id = line.deliver(NEW).ticket_id

    ticket = line.ticket(ticket_id)
    assert GIFT == f"{ticket.category}/{ticket.topic}"
    assert ticket.confidence < 0.5  # rules and learner disagree: a person looks
    standing = learned(line).standings()[0]
    assert (GIFT, 30, True) == (standing.key, standing.seen, standing.trusted)
    assert standing.learner_right > standing.rules_right


def test_undone_verdicts_are_unlearned(line: Line) -> None:
    company(line)
    learned(line).refresh(MONDAY)
    with line.engine.write() as tx:
        gifts = [row.id for row in verdicts.listed(tx) if f"{row.category}/{row.topic}" == GIFT]
        assert all(verdicts.undo(tx, each, MONDAY) for each in gifts)
        assert not verdicts.undo(tx, gifts[0], MONDAY)

    assert learned(line).refresh(MONDAY)

    assert GIFT != _key(line, NEW)
    assert [22] == [each.seen for each in learned(line).standings()]


def test_the_model_follows_one_verdict_at_a_time_and_is_whole_again_at_night(line: Line) -> None:
    taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒")
    assert learned(line).refresh(MONDAY)
    assert not learned(line).refresh(MONDAY)

    taught(line, GIFT, "送人的水杯,麻烦加张贺卡和礼盒")

    assert learned(line).refresh(MONDAY)
    assert [2] == [each.seen for each in learned(line).standings()]
    assert not learned(line).refresh(MONDAY + timedelta(hours=2))
    assert learned(line).refresh(MONDAY + timedelta(days=1))
    assert not learned(line).refresh(MONDAY + timedelta(days=2))


def test_a_second_word_on_a_mail_takes_the_place_of_the_first(line: Line) -> None:
    (ticket_id,) = taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒")
    learned(line).refresh(MONDAY)

    judge(line, ticket_id, "enquiry/price")
    learned(line).refresh(MONDAY)

    assert ["enquiry/price"] == [each.key for each in learned(line).standings()]


def test_erasing_a_mail_takes_its_verdict_out_of_the_model(line: Line) -> None:
    taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒", "送人的水杯,麻烦加张贺卡和礼盒")
    learned(line).refresh(MONDAY)

    with line.engine.write() as tx:
        assert 1 == verdicts.forget(tx, [rows(line)[0].mail_id])

    assert learned(line).refresh(MONDAY)
    assert [1] == [each.seen for each in learned(line).standings()]


def test_with_the_last_verdict_gone_nothing_is_left_of_the_model(line: Line) -> None:
    taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒")
    learned(line).refresh(MONDAY)
    with line.engine.write() as tx:
        verdicts.undo(tx, rows(line)[0].id, MONDAY)

    assert learned(line).refresh(MONDAY)
    assert () == learned(line).standings()


def test_a_follow_up_and_a_robots_mail_are_judged_by_the_rules_alone(line: Line, border: Border) -> None:
    company(line)
    learned(line).refresh(MONDAY)
    read = understand(NEW, line.app.shelf.volume.book, border)
    assert isinstance(read, Understood)
    robot = replace(read, automail=replace(read.automail, kind="bulk"))

    assert read.triage != learned(line).opinion(read).triage
    assert robot == learned(line).opinion(robot)


@pytest.mark.rule("000-14")
def test_danger_stays_urgent_whatever_was_learned(line: Line) -> None:
    company(line)
    learned(line).refresh(MONDAY)

    ticket_id = line.deliver(
        letter("礼盒", "礼物围巾的礼盒卡片灯冒烟了,有烧焦味,包礼盒送朋友的", "li.na@mail.example")
    ).ticket_id

    assert "urgent" == line.ticket(ticket_id).priority


def test_the_reasons_for_a_mail_are_words_with_weight_a_runner_up_and_who_agrees(line: Line) -> None:
    before = learned(line).why("", "我要投诉你们,客服态度太差", "complaint/attitude")
    company(line)
    learned(line).refresh(MONDAY)

    after = learned(line).why("围巾", "这条围巾要送朋友,能不能包个礼盒,再放一张卡片", GIFT)

    assert ("complaint/attitude", None) == (before.rules, before.agree)
    assert 1 <= len(before.evidence) <= 3
    assert before.evidence[0].weight > 0
    assert not before.evidence[0].learned
    assert (GIFT, False) == (after.learner, after.agree)
    assert any(each.learned for each in after.evidence)
    assert after.runner_up not in (None, GIFT)


NOTHING_LOADED = """
import sys, tempfile
from datetime import datetime, UTC
from pathlib import Path
from mailbot.app import build
from mailbot.config import read
from mailbot.core.understand import understand
with tempfile.TemporaryDirectory() as folder:
    box = {"name": "support", "address": "support@shop.example", "provider": "generic", "username": "s", "password": "p"}
    end = {"host": "127.0.0.1", "port": 1, "security": "none"}
    table = {"company": {"name": "x"}, "paths": {"state": folder}, "mailbox": [{**box, "imap": end, "smtp": end}],
             "database": {"url": f"sqlite:///{folder}/m.db"}}
    app = build(read(table, {}, "test", Path(folder)))
    learned, book = app.desk.door.learned, app.shelf.volume.book
    assert not learned.refresh(datetime.now(UTC))
    read = understand(b"From: a@mail.example\\r\\nSubject: hello\\r\\n\\r\\nbroken\\r\\n", book, app.desk.door.border("support"))
    assert learned.opinion(read) is read
    app.close()
print(sorted({"numpy", "mailbot.learner"} & set(sys.modules)))
"""


def test_with_no_correction_nothing_of_the_model_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", NOTHING_LOADED], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip().splitlines()[-1]


def test_without_the_extra_verdicts_are_kept_and_the_rules_decide(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailbot.learned.EXTRA", "no_such_package")
    taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒")

    assert not learned(line).refresh(MONDAY)
    assert 1 == len(rows(line))
    assert () == learned(line).standings()


def test_the_oldest_verdicts_fall_out_of_the_model(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "MOST_LESSONS", 2)
    for thing in THINGS[:4]:
        taught(line, GIFT, f"送人的{thing},麻烦加张贺卡和礼盒")
        learned(line).refresh(MONDAY)

    learned(line).refresh(MONDAY + timedelta(days=1))

    assert [2] == [each.seen for each in learned(line).standings()]


def _key(line: Line, raw: bytes) -> str:
    ticket = line.ticket(line.deliver(raw).ticket_id)
    return f"{ticket.category}/{ticket.topic}"


def test_an_edit_of_the_rules_trains_it_anew(line: Line, book: RuleBook) -> None:
    taught(line, GIFT, "送人的台灯,麻烦加张贺卡和礼盒")
    learned(line).refresh(MONDAY)
    shelf = line.app.shelf

    edited = Learned(line.engine, shelf, line.app.config.company.zone)
    edited.refresh(MONDAY)
    edited._version = "of yesterday"

    assert edited.refresh(MONDAY)
    assert book.version == edited._version
