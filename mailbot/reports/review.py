"""The weekly or monthly review: reckoned, as a document, and as lines for a spreadsheet (001-34)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from mailbot.config import Config
from mailbot.core.figures import Count, FirstAnswer, Flow, Outcome, Share, Spread, Summary
from mailbot.core.period import Period
from mailbot.core.problems import LEAST, Problem, common_problems
from mailbot.core.promises import KIND_NAMES, PRIORITY_NAMES
from mailbot.core.ratings import SCORE_NAMES
from mailbot.core.rules import RuleBook
from mailbot.core.summary import summarise
from mailbot.reports.review_words import KIND_NAMES_EN, say
from mailbot.store import cases
from mailbot.store.engine import Engine

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Review:
    """The figures of a period, its common problems, and what is needed to name things in one language."""

    summary: Summary
    problems: tuple[Problem, ...]
    book: RuleBook
    language: str  # "zh" or "en"

    def category(self, code: str) -> str:
        return self.book.categories.get(code, {}).get(self.language, code)

    def topic(self, category: str, code: str) -> str:
        known = self.book.topics.get((category, code))
        return known.name[self.language] if known else code

    def department(self, code: str) -> str:
        known = self.book.departments.get(code)
        return known.name[self.language] if known else code

    def priority(self, code: str) -> str:
        return PRIORITY_NAMES.get(code, code) if self.language == "zh" else code

    def kind(self, code: str) -> str:
        return (KIND_NAMES if self.language == "zh" else KIND_NAMES_EN).get(code, code)

    def say(self, code: str, **given: object) -> str:
        return say(code, self.language, **given)


def review(engine: Engine, config: Config, book: RuleBook, period: Period, now: datetime, least: int = LEAST) -> Review:
    """Read what happened in the period and in the one before it, and reckon."""
    with engine.read() as tx:
        found = cases.records(tx, period)
    return Review(
        summary=summarise(found, period, book.limits, config.hours_of, now),
        problems=common_problems(found.cases, period, book, least),
        book=book,
        language="zh" if config.company.languages[0] == "zh" else "en",
    )


# ---- as a document ----


def document(of: Review) -> dict[str, Any]:
    """What `--format json` prints. Times in hours, two decimals; what cannot be measured is null."""
    figures = of.summary
    period, rated = figures.period, figures.satisfaction
    return {
        "period": {
            "kind": period.kind,
            "name": period.name,
            "whole": figures.whole,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "begin": period.begin,
            "until": period.until,
        },
        "tickets": {name: _count(count) for name, count in flow_counts(figures.flow)},
        "categories": [_share(of, each) for each in figures.categories],
        "topics": [_share(of, each) for each in figures.topics],
        "first_answer": [_answer(of, each) for each in figures.answers],
        "handling": {
            "clock": _spread(figures.handling.clock),
            "working": _spread(figures.handling.working),
            "before": {
                "clock": _spread(figures.handling_before.clock),
                "working": _spread(figures.handling_before.working),
            },
        },
        "promises": [
            {"kind": each.kind, "name": of.kind(each.kind), "owed_to": each.owed_to, **_outcome(each.outcome)}
            for each in figures.promises
        ],
        "satisfaction": {
            "ratings": _count(rated.ratings),
            "scores": {str(score): number for score, number in zip(SCORE_NAMES, rated.scores, strict=True)},
            "percent_satisfied": rated.percent_satisfied,
            "percent_satisfied_before": rated.percent_before,
            "very_satisfied": [asdict(each) for each in rated.very_satisfied],
            "very_dissatisfied": [asdict(each) for each in rated.very_dissatisfied],
        },
        "problems": [_problem(of, each) for each in of.problems],
    }


def flow_counts(flow: Flow) -> tuple[tuple[str, Count], ...]:
    names = ("opened", "merged", "resolved", "reopened", "closed", "open_at_end")
    return tuple((name, getattr(flow, name)) for name in names)


def _count(count: Count) -> dict[str, int]:
    return {"now": count.now, "before": count.before, "change": count.change}


def _share(of: Review, share: Share) -> dict[str, Any]:
    name = of.topic(share.category, share.topic) if share.topic else of.category(share.category)
    codes = {"category": share.category} | ({"topic": share.topic} if share.topic else {})
    return {**codes, "name": name, **_count(share.count), "percent": share.percent}


def _answer(of: Review, answer: FirstAnswer) -> dict[str, Any]:
    return {
        "priority": answer.priority,
        "standard": answer.standard.words(of.language) if answer.standard else None,
        "never_beyond": answer.cap.words(of.language),
        "exceptions": answer.exceptions,
        **_outcome(answer.promises),
        **_spread(answer.time),
        "before": _spread(answer.before),
        "waiting": answer.waiting,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {**asdict(outcome), "percent_kept": outcome.percent_kept}


def _spread(spread: Spread) -> dict[str, Any]:
    return {
        "measured": spread.measured,
        "median_hours": hours(spread.median),
        "p90_hours": hours(spread.ninth),
    }


def _problem(of: Review, problem: Problem) -> dict[str, Any]:
    return {
        "category": problem.category,
        "topic": problem.topic,
        "side": problem.side or None,
        "name": of.topic(problem.category, problem.topic),
        **_count(problem.count),
        "percent": problem.percent,
        "frequent": problem.frequent,
        "doubled": problem.doubled,
        "department": problem.department,
        "department_name": of.department(problem.department),
        "sides": {side or "unsettled": number for side, number in problem.sides},
        "examples": list(problem.examples),
        "proposal": {"zh": problem.proposal_zh, "en": problem.proposal_en},
    }


def hours(time: timedelta | None) -> float | None:
    return None if time is None else round(time.total_seconds() / 3600, 2)


# ---- as a table for spreadsheets ----


def csv_text(of: Review) -> str:
    """One figure a line: section, item, figure, value, and its value in the period before where it is known."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(("section", "item", "figure", "value", "before"))
    for line in _lines(document(of)):
        writer.writerow([harmless(cell) for cell in line])
    return target.getvalue()


def harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers are our own."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _lines(whole: Mapping[str, Any]) -> Iterable[tuple[Cell, ...]]:
    period = whole["period"]
    for name in ("kind", "name", "first", "last"):
        yield "period", "", name, period[name], None
    yield "period", "", "whole", "yes" if period["whole"] else "no", None
    for name, count in whole["tickets"].items():
        yield "tickets", "", name, count["now"], count["before"]
    for section in ("categories", "topics"):
        for each in whole[section]:
            item = each["category"] + (f"/{each['topic']}" if "topic" in each else "")
            yield section, item, "name", each["name"], None
            yield section, item, "opened", each["now"], each["before"]
            yield section, item, "percent", each["percent"], None
    for each in whole["first_answer"]:
        plain = {name: value for name, value in each.items() if name not in ("priority", "before")}
        for name, value in plain.items():
            yield "first_answer", each["priority"], name, value, each["before"].get(name)
    for clock in ("clock", "working"):
        for name, value in whole["handling"][clock].items():
            yield "handling", clock, name, value, whole["handling"]["before"][clock][name]
    for each in whole["promises"]:
        for name in ("name", "owed_to", "due", "kept", "broken", "withdrawn", "undecided", "percent_kept"):
            yield "promises", each["kind"], name, each[name], None
    yield from _rating_lines(whole["satisfaction"])
    for each in whole["problems"]:
        item = f"{each['category']}/{each['topic']}" + (f"/{each['side']}" if each["side"] else "")
        yield "problems", item, "tickets", each["now"], each["before"]
        yield "problems", item, "percent", each["percent"], None
        yield "problems", item, "department", each["department_name"], None
        for side, number in each["sides"].items():
            yield "problems", item, f"side {side}", number, None
        yield "problems", item, "examples", " ".join(each["examples"]), None
        for language, proposal in each["proposal"].items():
            yield "problems", item, f"proposal {language}", proposal, None


def _rating_lines(rated: Mapping[str, Any]) -> Iterable[tuple[Cell, ...]]:
    yield "satisfaction", "", "ratings", rated["ratings"]["now"], rated["ratings"]["before"]
    for score, number in rated["scores"].items():
        yield "satisfaction", "", f"score {score}", number, None
    yield "satisfaction", "", "percent_satisfied", rated["percent_satisfied"], rated["percent_satisfied_before"]
    for end in ("very_satisfied", "very_dissatisfied"):
        for voice in rated[end]:
            yield "satisfaction", voice["number"], end, voice["reason"], None
