"""Which rules have a test? `python -m tests.rules [RANGE...] [--missing]`, or `make rules`.

A rule is shown by each test that carries its number, @pytest.mark.rule("000-36"); a test counts once, however many
parameters it has. pytest collects the tests and runs none. With --missing: only what no test shows, and exit
status 1 when there is something.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import textwrap
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SAID_NOT_TO_RUN = ("skip", "xfail")  # skipif depends on the machine, and CI lets nothing skip

Shown = Mapping[str, frozenset[str]]  # rule -> the tests that carry its number


@dataclass(frozen=True, slots=True)
class Rule:
    """A statement about mailbot. `na`: why it cannot hold for mail, or ""; then `equivalent` stands in its place."""

    number: str
    text: str
    na: str = ""
    equivalent: str = ""
    cut: bool = False
    derived: bool = False


def read_rules() -> dict[str, Rule]:
    """tests/rules.toml by number, in its order."""
    document = tomllib.loads((TESTS / "rules.toml").read_text(encoding="utf-8"))
    return {number: Rule(number, **fields) for number, fields in document["rules"].items()}


def select(ranges: Sequence[str], rules: Mapping[str, Rule]) -> list[Rule]:
    """ "000-36", "000-36..000-43" or "000", a whole document; all where nothing is named. ValueError: no such rule."""
    ends = {*rules, *(number[:3] for number in rules)}
    chosen: set[str] = set()
    for one in ranges or ("000..004",):
        first, _, last = one.partition("..")
        last = last or first
        # A document's number stands before those of its rules, and "~" behind them.
        found = {number for number in rules if first <= number <= f"{last}~"}
        if not found or not {first, last} <= ends:
            raise ValueError(f"{one}: no such rule; write 000-36, 000-36..000-43 or 000")
        chosen |= found
    return [rule for number, rule in rules.items() if number in chosen]


def marked(items: Iterable[pytest.Item]) -> Shown:
    """The rules that these tests carry, wherever the marker stands: test, parameter, class or module."""
    shown: dict[str, set[str]] = {}
    for item in items:
        if any(item.get_closest_marker(name) for name in SAID_NOT_TO_RUN):
            continue
        for mark in item.iter_markers("rule"):
            shown.setdefault(str(mark.args[0]), set()).add(item.nodeid.partition("[")[0])
    return {number: frozenset(tests) for number, tests in shown.items()}


class _Seen:
    """A plugin of pytest that remembers what was collected, and what could not be."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []
        self.broken: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.items = list(items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(report.nodeid)


def collect(folder: Path = TESTS) -> tuple[Shown, tuple[str, ...]]:
    """What the tests in a folder show, and the files that cannot be imported. Takes some seconds."""
    seen = _Seen()
    options = ["--collect-only", "--continue-on-collection-errors", "-q", "-p", "no:cacheprovider"]
    where = ["-c", str(TESTS.parent / "pyproject.toml"), "--rootdir", str(folder.parent), str(folder)]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        ended = pytest.main([*options, *where], plugins=[seen])
    if ended in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise RuntimeError(said.getvalue())
    return marked(seen.items), tuple(seen.broken)


def missing(chosen: Iterable[Rule], shown: Shown) -> list[Rule]:
    """The rules that hold for mail and have no test."""
    return [rule for rule in chosen if not rule.na and rule.number not in shown]


def report(chosen: Sequence[Rule], shown: Shown, only_missing: bool = False) -> str:
    """A line for each rule, then the sum, then what is missing."""
    gaps = missing(chosen, shown)
    counted = sum(rule.number in shown for rule in chosen)
    without = len(chosen) - counted - len(gaps)
    lines = ["rule    tests  statement", *(_line(rule, shown) for rule in (gaps if only_missing else chosen)), ""]
    lines.append(f"rules: {len(chosen)}; shown by tests: {counted}; no part of mail: {without}; missing: {len(gaps)}")
    lines += textwrap.wrap(" ".join(rule.number for rule in gaps), 120)
    return "\n".join(lines)


def _line(rule: Rule, shown: Shown) -> str:
    tests = len(shown.get(rule.number, ()))
    count = str(tests) if tests else "n/a" if rule.na else "none"
    text = rule.text
    if rule.na:
        instead = f"; instead: {rule.equivalent}" if rule.equivalent else ""
        text += f" (no part of mail: {rule.na}{instead})"
    return f"{rule.number}  {count:>5}  {text}"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.rules", description="Which rules have a test?")
    parser.add_argument(
        "ranges", nargs="*", metavar="RANGE", help="000-36, 000-36..000-43 or 000; all if none is named"
    )
    parser.add_argument("--missing", action="store_true", help="only what no test shows; exit status 1 if there is any")
    wanted = parser.parse_args(words)
    try:
        chosen = select(wanted.ranges, read_rules())
    except ValueError as wrong:
        parser.error(str(wrong))
    shown, broken = collect()
    print(report(chosen, shown, wanted.missing))
    for file in broken:
        print(f"{file}: cannot be imported, its tests are not counted", file=sys.stderr)
    return 1 if broken or (wanted.missing and missing(chosen, shown)) else 0


if __name__ == "__main__":
    sys.exit(main())
