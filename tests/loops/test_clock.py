"""clock: what has fallen due is told to its ticket, once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from mailbot.app import build
from mailbot.clock import Clock as Time
from mailbot.config import Config
from mailbot.demo.servers import MailWorld
from mailbot.loops.clock import Clock
from mailbot.store.tables import journal
from tests.conftest import MONDAY, ROOT
from tests.loops.line import SUPPORT, Line, letter, mailbox, on_sqlite


def clock_of(line: Line) -> Clock:
    return Clock(line.app.engine, line.app.desk, line.app.clock)


def complaint(line: Line, world: MailWorld) -> int:
    world.deliver(SUPPORT, letter(1, "我要投诉!空气炸锅收到就是坏的,客服三天都没有回复,必须给个说法。"))
    line.take_in()
    (row,) = line.tickets()
    return int(row.id)


def test_a_promise_that_falls_due_escalates_its_ticket_once(line: Line, world: MailWorld) -> None:
    ticket_id = complaint(line, world)
    clock = clock_of(line)
    assert 0 == clock.promises()

    line.app.clock.move_to(MONDAY + timedelta(hours=24))
    while clock.promises():  # a pass does one step of each promise
        pass
    assert 0 == clock.promises()

    (row,) = line.tickets()
    assert "escalated" == row.state
    assert "overdue" in line.journal(ticket_id)
    assert ("answer", "open") in line.promises(ticket_id)  # late, and still owed


def test_what_was_answered_in_time_is_not_told(line: Line, world: MailWorld) -> None:
    ticket_id = complaint(line, world)
    line.approve(*(row.id for row in line.drafts()))
    line.post.step()

    line.app.clock.move_to(MONDAY + timedelta(hours=5))
    clock_of(line).promises()

    assert ("answer", "kept") in line.promises(ticket_id)
    told = [reason for row in line.rows(journal) for reason in row.reasons]
    assert not any("首次回复已超时" in reason for reason in told)


@on_sqlite
def test_a_late_answer_ends_a_broken_promise(line: Line, world: MailWorld) -> None:
    ticket_id = complaint(line, world)
    line.app.clock.move_to(MONDAY + timedelta(hours=24))
    clock_of(line).promises()

    line.approve(*(row.id for row in line.drafts()))
    line.post.step()

    assert ("answer", "broken") in line.promises(ticket_id)


@on_sqlite
def test_step_does_what_is_due_and_asks_to_be_called_again(line: Line, world: MailWorld) -> None:
    complaint(line, world)
    clock = clock_of(line)
    clock._scheduler.jobs[0].next_run -= timedelta(seconds=5)  # schedule goes by the machine's clock
    line.app.clock.move_to(MONDAY + timedelta(hours=24))

    assert clock.step() > 0

    assert "escalated" == line.tickets()[0].state


def test_an_edit_of_the_rules_is_taken_over_and_a_broken_one_is_not(
    make_config: Callable[..., Config], world: MailWorld, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    config = make_config(mailbox=[mailbox(world)])
    app = build(replace(config, paths=replace(config.paths, templates=tmp_path / "templates")), Time(MONDAY))
    before = app.shelf.volume
    file = tmp_path / "templates" / "zh" / "enquiry.txt"
    good = file.read_text(encoding="utf-8")

    file.write_text(good.replace("您好", "您好呀"), encoding="utf-8")
    assert app.shelf.refresh()
    assert app.shelf.volume is not before
    taken = app.shelf.volume

    file.write_text(good + "{% block nowhere %}", encoding="utf-8")
    assert not app.shelf.refresh()
    assert app.shelf.volume is taken
    assert app.shelf.problem is not None
    app.close()
