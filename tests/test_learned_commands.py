"""`mailbot learned`: the list, undo, and the export other programs read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from mailbot import terminal
from mailbot.app import build
from mailbot.clock import Clock
from mailbot.config import load
from mailbot.core.ticket import Corrected
from mailbot.shelf import Shelf
from tests.line import Line, letter
from tests.test_cli import Done, lines, run
from tests.test_ticket_commands import SHOP

ASKED = "送人的台灯,麻烦加张贺卡和礼盒"
Shop = Callable[..., Done]


@pytest.fixture
def learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelf: Shelf, sqlite_model: Path) -> Iterator[Shop]:
    """`mailbot learned ...` where two verdicts of xiaozhou stand: a correction, then a confirmation."""
    (tmp_path / "state").mkdir()
    shutil.copy(sqlite_model, tmp_path / "state" / "mailbot.db")
    (tmp_path / "mailbot.toml").write_text(SHOP, encoding="utf-8")
    monkeypatch.setattr(terminal.screen, "width", 300)
    monkeypatch.setattr(terminal, "build", partial(build, shelf=shelf))
    app = build(load(tmp_path / "mailbot.toml", {}), Clock(), shelf)
    line = Line(app)
    first = line.deliver(letter("礼盒", ASKED)).ticket_id
    line.desk.handle(first, Corrected("xiaozhou", "enquiry", "process", "normal"), app.clock.now())
    second = line.deliver(letter("坏了", "洗衣机坏了,按下去没有反应", "zhao@mail.example")).ticket_id
    said = line.ticket(second)
    line.desk.handle(second, Corrected("xiaozhou", said.category, said.topic, said.priority), app.clock.now())
    yield lambda *words: run(tmp_path, "learned", *words)
    app.close()


def test_the_list_names_what_was_said_before_and_after(learned: Shop) -> None:
    done = learned()

    assert "→ 咨询-" in done.stdout
    assert "xiaozhou" in done.stdout
    assert "2 verdicts" in done.stdout
    (newest, oldest) = lines(learned("--json"))
    assert (2, 1) == (newest["id"], oldest["id"])
    assert newest["said"] == f"{newest['category']}/{newest['topic']}"


def test_what_is_undone_leaves_the_export(learned: Shop) -> None:
    before = [json.loads(line) for line in learned("export").stdout.splitlines()]

    assert 0 == learned("undo", "1").returncode
    after = [json.loads(line) for line in learned("export").stdout.splitlines()]

    assert f"礼盒\n{ASKED}" == before[0]["text"]
    assert {"text", "category", "topic", "at", "agent"} == set(before[0])
    assert before[1:] == after
    assert "undone" in learned().stdout


@pytest.mark.parametrize("words", [("undo", "77"), ("undo", "x"), ("undo",), ("list", "1"), ("forget",)])
def test_what_makes_no_sense_is_told_in_one_line(learned: Shop, words: tuple[str, ...]) -> None:
    done = learned(*words)

    assert 2 == done.returncode
    assert 1 == len(done.stderr.strip().splitlines())


def test_undo_answers_in_json(learned: Shop) -> None:
    assert [{"undone": 2}] == lines(learned("undo", "2", "--json"))
