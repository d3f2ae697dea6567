"""Whole lives of tickets, played on a real IMAP server, a real SMTP server and real databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from mailbot.clock import Clock
from mailbot.core.errors import UserError
from mailbot.demo import stories
from mailbot.demo.play import STORY_BEGINS
from mailbot.demo.stage import Outcome, Stage
from mailbot.demo.stories import Line
from mailbot.demo.world import open_shelf, open_world
from mailbot.reader import Reader
from mailbot.shelf import Shelf

HERE = Path(__file__).parent
STORIES = {
    **{name: stories.load(name) for name in stories.names()},
    **{path.stem: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.txt")) if path.stem != "wrong"},
}
RULES = re.compile(r"# rules:((?: \d{3}-\d\d)+)")


def told(name: str, database: str) -> ParameterSet:
    """The story's name and its database, marked with the rules that its first line says it shows."""
    found = RULES.fullmatch(STORIES[name].split("\n", 1)[0])
    return pytest.param(name, database, marks=[pytest.mark.rule(each) for each in found[1].split()] if found else [])


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One child process that reads the mails of all stories."""
    shared = Reader()
    yield shared
    shared.close()


@pytest.fixture(scope="module")
def desk_shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """The demo's rules and templates, read once for all stories."""
    return open_shelf(tmp_path_factory.mktemp("shelf"))


@pytest.mark.parametrize(
    ("name", "database_url"),
    [told(name, each) for name in STORIES for each in ("sqlite", "postgresql")],
    indirect=["database_url"],
)
def test_a_story_goes_as_told(name: str, database_url: str, reader: Reader, desk_shelf: Shelf) -> None:
    faults: list[str] = []

    def note(line: Line, outcome: Outcome) -> None:
        if not outcome.ok:
            faults.append(f"line {line.number}: {line.text}: {outcome.happened}")

    with open_world(Clock(STORY_BEGINS), database_url=database_url, shelf=desk_shelf) as world:
        went_well = stories.play(stories.read_story(STORIES[name]), Stage(world, reader), note)

    assert [] == faults
    assert went_well


def test_a_story_that_is_wrong_fails_in_every_wrong_line(reader: Reader) -> None:
    story = stories.read_story((HERE / "wrong.txt").read_text(encoding="utf-8"))
    held: list[str] = []

    def note(line: Line, outcome: Outcome) -> None:
        if outcome.ok:
            held.append(line.text)

    with open_world(Clock(STORY_BEGINS)) as world:
        went_well = stories.play(story, Stage(world, reader), note)

    assert not went_well
    assert [story[0].text] == held


def test_an_empty_story_is_no_story_that_went_well(reader: Reader) -> None:
    with open_world(Clock(STORY_BEGINS)) as world:
        assert not stories.play([], Stage(world, reader), lambda line, outcome: None)


def test_an_unknown_story_names_the_known_ones() -> None:
    with pytest.raises(UserError, match="again, complaint, enquiry, holiday, progress, robots, transfer"):
        stories.load("../../secret")


def test_a_block_keeps_its_inner_margin_and_blank_lines() -> None:
    story = stories.read_story("# a comment\nmail\n    one\n\n      two\nexpect\n")

    assert [Line(2, "mail", ("one", "", "  two")), Line(6, "expect")] == story
