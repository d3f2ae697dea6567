"""`mailbot knowledge`, and what `mailbot check` says of the knowledge base."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from mailbot import terminal
from mailbot.app import App, build
from mailbot.check import Verdict, check
from mailbot.config import Config
from mailbot.shelf import Shelf, rule_files
from mailbot.store import gaps, people
from mailbot.store.gaps import NewGap
from tests.conftest import MONDAY, ROOT
from tests.line import Line, letter
from tests.test_cli import Done, lines, run
from tests.test_ticket_commands import SHOP


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> None:
    """No setting of this machine reaches a test, tables are wide, and rules are read already."""
    for name in [each for each in os.environ if each.startswith("MAILBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setattr(terminal, "build", partial(build, shelf=shelf))


@pytest.fixture
def desk(tmp_path: Path, sqlite_model: Path) -> Iterator[tuple[App, Callable[..., Done]]]:
    """A shop with two questions that nothing answers, and its command line."""
    (tmp_path / "state").mkdir()
    shutil.copy(sqlite_model, tmp_path / "state" / "mailbot.db")
    (tmp_path / "mailbot.toml").write_text(SHOP, encoding="utf-8")
    with terminal.opened(tmp_path / "mailbot.toml") as app:
        line = Line(app)
        known = {"name": "amy", "display_name": "Amy", "staff_number": "1001", "role": "agent"}
        with app.engine.write() as tx:
            people.add(tx, {**known, "password": "", "created_at": MONDAY})
        for number, question in enumerate(("空调能连太阳能吗？", "冰箱门能换方向吗？")):
            row = line.deliver(
                letter(f"申请退货{number}", "收到的颜色不对，要退货。", sender=f"c{number}@mail.example")
            )
            with app.engine.write() as tx:
                gaps.add(tx, NewGap(row.id, row.ticket_id, question, "enquiry", "product_use"), MONDAY)
        yield app, partial(run, tmp_path)


@pytest.mark.rule("003-02")
def test_the_entries_are_listed_with_kind_number_of_answers_and_review(desk: tuple[App, Callable[..., Done]]) -> None:
    _, mailbot = desk

    listed = {each["path"]: each for each in lines(mailbot("knowledge", "--json"))}

    policy = listed["knowledge/zh/after-sales-policy.md"]
    assert ("policy", 13, "2027-06-30", "customers") == tuple(
        policy[key] for key in ("kind", "sections", "review", "for")
    )
    assert "agents" == listed["knowledge/en/compensation-standard.md"]["for"]
    assert "售后服务" in mailbot("knowledge").stdout


@pytest.mark.rule("003-03")
def test_a_search_shows_source_and_sentence(desk: tuple[App, Callable[..., Done]]) -> None:
    _, mailbot = desk

    shown = mailbot("knowledge", "search", "压缩机", "保修").stdout
    (first, *_) = lines(mailbot("knowledge", "search", "压缩机", "保修", "--json"))

    assert shown.startswith("《售后服务政策》第1条")
    assert "《售后服务政策》第1条" == first["source"]
    assert "没有找到“火星”" in mailbot("knowledge", "search", "火星").stdout


@pytest.mark.rule("003-04")
def test_gaps_are_listed_by_topic_and_closed_by_an_agent(desk: tuple[App, Callable[..., Done]]) -> None:
    app, mailbot = desk
    (topic,) = lines(mailbot("knowledge", "gaps", "--json"))
    assert ("enquiry", "product_use", 2) == (topic["category"], topic["topic"], topic["count"])
    assert "产品使用" in mailbot("knowledge", "gaps").stdout

    number = str(topic["examples"][0]["id"])
    assert [{"closed": 1}] == lines(mailbot("knowledge", "close", number, "--as", "amy", "--json"))
    assert "已标记完成 0 条" in mailbot("knowledge", "close", number, "--as", "amy").stdout

    with app.engine.read() as tx:
        (left,) = gaps.open_gaps(tx)
    assert 1 == left.count


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("find",), "known: search, gaps, close"),
        (("search",), "name the words"),
        (("close", "--as", "amy"), "numbers"),
        (("close", "one", "--as", "amy"), "numbers"),
        (("close", "1"), "name the agent"),
        (("close", "1", "--as", "nobody"), "no such agent"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy(
    desk: tuple[App, Callable[..., Done]], words: tuple[str, ...], says: str
) -> None:
    _, mailbot = desk

    done = mailbot("knowledge", *words)

    assert 2 == done.returncode
    assert says in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_no_gaps_are_told_as_such(tmp_path: Path, sqlite_model: Path) -> None:
    (tmp_path / "state").mkdir()
    shutil.copy(sqlite_model, tmp_path / "state" / "mailbot.db")
    (tmp_path / "mailbot.toml").write_text(SHOP, encoding="utf-8")

    assert "都有答案" in run(tmp_path, "knowledge", "gaps").stdout
    assert [] == lines(run(tmp_path, "knowledge", "gaps", "--json"))


def said(config: Config, day: datetime) -> list[Verdict]:
    return [each for each in check(config, day, offline=True) if each.what == "knowledge"]


@pytest.fixture
def own(make_config: Callable[..., Config], tmp_path: Path) -> tuple[Config, Path]:
    """A configuration with rules of its own, and its knowledge folder."""
    shutil.copytree(ROOT / "rules", tmp_path / "own")
    config = make_config()
    paths = dataclasses.replace(config.paths, rules=tmp_path / "own")
    return dataclasses.replace(config, paths=paths), tmp_path / "own" / "knowledge"


@pytest.mark.rule("003-04")
def test_the_check_counts_entries_and_names_those_past_review(own: tuple[Config, Path]) -> None:
    config, folder = own
    path = folder / "zh" / "privacy.md"
    path.write_text(path.read_text(encoding="utf-8").replace("2027-06-30", "2026-06-30"), encoding="utf-8")

    stale, counted = said(config, datetime(2026, 7, 1, 4, tzinfo=UTC))

    assert "warn" == stale.level
    assert stale.text.endswith("privacy.md: Review: 2026-06-30 is past")
    assert ("ok", True) == (counted.level, "48 entries with" in counted.text)


def test_the_check_names_questions_that_two_sections_ask_and_a_language_without_entries(
    own: tuple[Config, Path],
) -> None:
    config, folder = own
    shutil.rmtree(folder / "en")
    path = folder / "zh" / "privacy.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n## 又一条\n问: 整机保修几年\n别的说法。\n", encoding="utf-8")

    found = said(config, datetime(2026, 11, 23, 4, tzinfo=UTC))

    assert any("“整机保修几年” does not lead to its own section" in each.text for each in found)
    assert any("no entries in the language en" in each.text for each in found)


def test_the_check_of_an_empty_folder_tells_what_is_missing(own: tuple[Config, Path]) -> None:
    config, folder = own
    shutil.rmtree(folder)

    (found,) = said(config, datetime(2026, 11, 23, 4, tzinfo=UTC))

    assert ("warn", True) == (found.level, found.text.endswith("no entries"))


def test_the_check_names_a_broken_entry(own: tuple[Config, Path]) -> None:
    config, folder = own
    (folder / "zh" / "new.md").write_text("Title: 新\nKind: policy\n\n没有标题的句子。\n", encoding="utf-8")

    found = list(check(config, datetime(2026, 11, 23, 4, tzinfo=UTC), offline=True))

    assert any(each.level == "bad" and "rules/knowledge/zh/new.md" in each.text for each in found)


def test_an_edited_entry_counts_at_once_and_a_broken_one_not_at_all(tmp_path: Path) -> None:
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shelf = Shelf(tmp_path / "rules", tmp_path / "templates", ("zh", "en"))
    before = shelf.volume.book.version
    path = tmp_path / "rules" / "knowledge" / "zh" / "new.md"

    path.write_text("Title: 火星配送\nKind: logistics\n\n## 火星送吗？\n不送。\n", encoding="utf-8")
    assert shelf.refresh()
    assert "火星配送" == shelf.volume.book.knowledge.search("火星")[0].entry.title
    assert before != shelf.volume.book.version

    path.write_text("火星\n", encoding="utf-8")
    assert not shelf.refresh()
    assert shelf.problem is not None
    assert "火星配送" == shelf.volume.book.knowledge.search("火星")[0].entry.title


def test_drafts_of_editors_beside_an_entry_are_no_entries(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules" / "knowledge", tmp_path / "knowledge")
    (tmp_path / "knowledge" / "zh" / ".#new.md").write_text("half", encoding="utf-8")

    assert not [path for path in rule_files(tmp_path) if "#" in path]
