"""Stories: whole lives of tickets as plain text, read and played line by line; says what really happened.

A line begins at the margin and may own the indented lines below it. What a line can say stands in the two
tables ACTS (acting.py) and CHECKS (expecting.py). Nothing is taken for granted: a line that nobody understands
fails, and so does an expectation that does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailbot.core.errors import UserError
from mailbot.demo.acting import ACTS
from mailbot.demo.expecting import CHECKS
from mailbot.demo.stage import Outcome, Stage, Untold

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story with its indented block."""

    number: int
    text: str
    block: tuple[str, ...] = ()


Tell = Callable[[Line, Outcome], None]


def names() -> list[str]:
    """The stories that are packed with the program."""
    return sorted(path.stem for path in TEXTS.glob("*.txt"))


def load(name: str) -> str:
    """The text of a packed story, or of a story file of one's own."""
    if name.endswith(".txt") and Path(name).is_file():
        return Path(name).read_text(encoding="utf-8", errors="replace")
    if name not in names():
        raise UserError("--story", name, f"there is no such story; known: {', '.join(names())}, or a file.txt")
    return (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def read_story(text: str) -> list[Line]:
    """The lines of a story, without comments; blank lines inside a block stay."""
    lines: list[Line] = []
    block: list[str] = []

    def end() -> None:
        if lines and block:
            last = lines[-1]
            lines[-1] = Line(last.number, last.text, tuple(_outdented(block)))
        block.clear()

    for number, raw in enumerate(text.splitlines(), start=1):
        if raw.startswith((" ", "\t")) or not raw.strip():
            block.append(raw)
        elif not raw.startswith("#"):
            end()
            lines.append(Line(number, raw.strip()))
    end()
    return lines


def play(story: Sequence[Line], stage: Stage, tell: Tell) -> bool:
    """Play every line; True when all went as told. After a failure the rest is still played and told."""
    went_well = True
    for line in story:
        outcome = _play(line, stage)
        tell(line, outcome)
        went_well = went_well and outcome.ok
    return went_well and bool(story)


def _play(line: Line, stage: Stage) -> Outcome:
    for pattern, perform in (*ACTS, *CHECKS):
        found = re.fullmatch(pattern, line.text)
        if found is None:
            continue
        try:
            return perform(stage, found.groupdict(), line.block)
        except Untold as untold:
            return Outcome(False, str(untold))
    return Outcome(False, "nobody understands this line")


def _outdented(block: Sequence[str]) -> list[str]:
    """The block without its margin and without blank lines at its ends."""
    filled = [line for line in block if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    return "\n".join(line[margin:].rstrip() for line in block).strip("\n").split("\n") if filled else []
