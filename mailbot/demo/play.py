"""`mailbot demo`: the whole world for a person to play in, or one story played to its end on the terminal."""

from __future__ import annotations

import logging
from datetime import datetime

import structlog
from rich.markup import escape

from mailbot.clock import Clock
from mailbot.demo import stories
from mailbot.demo.stage import Outcome, Stage
from mailbot.demo.stories import Line
from mailbot.demo.world import open_world
from mailbot.log import set_up_log
from mailbot.reader import Reader
from mailbot.terminal import plain_line, screen

STORY_BEGINS = datetime.fromisoformat("2026-11-23T09:30:00+08:00")  # a Monday morning, so that stories keep


def play_story(name: str) -> int:
    """Play a packed story; 0 when it went as told, 1 otherwise."""
    _quiet_log()
    story = stories.read_story(stories.load(name))
    reader = Reader()
    try:
        with open_world(Clock(STORY_BEGINS)) as world:
            went_well = stories.play(story, Stage(world, reader), _tell)
    finally:
        reader.close()
    verdict = "[green]it went as told[/]" if went_well else "[red]it did not go as told[/]"
    screen.print(f"story {escape(name)}: {verdict}")
    return 0 if went_well else 1


def _tell(line: Line, outcome: Outcome) -> None:
    mark = "[green]✓[/]" if outcome.ok else "[red]✗[/]"
    screen.print(f"{mark} {escape(plain_line(line.text))}", soft_wrap=True)
    for words in line.block:
        screen.print(f"      [dim]{escape(plain_line(words))}[/]", soft_wrap=True)
    style = "dim" if outcome.ok else "red"
    screen.print(f"    [{style}]→ {escape(plain_line(outcome.happened))}[/]", soft_wrap=True)


def _quiet_log() -> None:
    """Only what is out of order; the story or the page tells the rest."""
    set_up_log()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
