"""The review as tables for the terminal, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mailbot.core.figures import Share, Voice, percent
from mailbot.core.ratings import SCORE_NAMES
from mailbot.reports.review import Cell, Review, flow_counts


@dataclass(frozen=True, slots=True)
class Section:
    """One table with its heading; `empty` stands where there are no rows, `notes` below it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    notes: tuple[str, ...] = ()


def heading(of: Review) -> str:
    period = of.summary.period
    head = of.say(period.kind, name=period.name, first=period.first, last=period.last)
    return head if of.summary.whole else f"{head} {of.say('running')}"


def sections(of: Review) -> tuple[Section, ...]:
    """The tables in order, none wider than 80 cells for numbers of the usual size."""
    return (
        _tickets(of),
        _topics(of),
        _first_answers(of),
        _handling(of),
        _promises(of),
        _ratings(of),
        *_voices(of),
        _problems(of),
    )


def _tickets(of: Review) -> Section:
    rows = tuple(
        (of.say(name), count.now, count.before, _change(count.change)) for name, count in flow_counts(of.summary.flow)
    )
    return Section(of.say("tickets"), _columns(of, "tickets_columns"), rows)


def _topics(of: Review) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for category in of.summary.categories:
        rows.append((of.category(category.category), *_share_cells(category)))
        inner = (each for each in of.summary.topics if each.category == category.category)
        rows += [(f"  {of.topic(each.category, each.topic)}", *_share_cells(each)) for each in inner]
    return Section(of.say("topics"), _columns(of, "topics_columns"), tuple(rows), of.say("no_tickets"))


def _share_cells(share: Share) -> tuple[Cell, ...]:
    return share.count.now, _percent(share.percent), share.count.before, _change(share.count.change)


def _first_answers(of: Review) -> Section:
    rows = tuple(
        (
            of.priority(each.priority),
            (each.standard.words(of.language) if each.standard else "-") + ("*" if each.exceptions else ""),
            *(each.promises.due, each.promises.kept, each.promises.broken, each.promises.withdrawn),
            *(_time(of, each.time.median), _time(of, each.time.ninth), each.waiting),
        )
        for each in of.summary.answers
    )
    notes = [of.say("cap", cap=of.summary.answers[0].cap.words(of.language)), of.say("answers_note")]
    if any(each.exceptions for each in of.summary.answers):
        notes.append(of.say("exceptions"))
    return Section(of.say("answers"), _columns(of, "answers_columns"), rows, notes=tuple(notes))


def _handling(of: Review) -> Section:
    now, before = of.summary.handling, of.summary.handling_before
    rows = tuple(
        (of.say(name), this.measured, _time(of, this.median), _time(of, this.ninth), _time(of, earlier.median))
        for name, this, earlier in (("clock", now.clock, before.clock), ("working", now.working, before.working))
    )
    rows = rows if now.clock.measured else ()
    return Section(of.say("handling"), _columns(of, "handling_columns"), rows, of.say("none_resolved"))


def _promises(of: Review) -> Section:
    rows = tuple(
        (
            of.kind(each.kind),
            of.say(f"owed_to_{each.owed_to}"),
            *(each.outcome.due, each.outcome.kept, each.outcome.broken, each.outcome.withdrawn),
            *(each.outcome.undecided, _percent(each.outcome.percent_kept)),
        )
        for each in of.summary.promises
    )
    return Section(of.say("promises"), _columns(of, "promises_columns"), rows, of.say("none_due"))


def _ratings(of: Review) -> Section:
    rated = of.summary.satisfaction
    whole = rated.ratings.now
    rows = tuple(
        (SCORE_NAMES[score][of.language], number, _percent(percent(number, whole)))
        for score, number in zip(SCORE_NAMES, rated.scores, strict=True)
    )
    note = of.say(
        "satisfied",
        rate=_percent(rated.percent_satisfied),
        before=_percent(rated.percent_before),
        number=rated.ratings.now,
        earlier=rated.ratings.before,
    )
    rows = rows if whole else ()
    return Section(of.say("ratings"), _columns(of, "ratings_columns"), rows, of.say("no_ratings"), (note,))


def _voices(of: Review) -> Iterable[Section]:
    rated = of.summary.satisfaction
    ends: tuple[tuple[str, Sequence[Voice]], ...] = (
        ("very_satisfied", rated.very_satisfied),
        ("very_dissatisfied", rated.very_dissatisfied),
    )
    for name, voices in ends:
        rows = tuple((each.number, each.reason) for each in voices)
        yield Section(of.say(name), _columns(of, "voices_columns"), rows, of.say("no_reasons"))


def _problems(of: Review) -> Section:
    rows = tuple(
        (
            problem.proposal_zh if of.language == "zh" else problem.proposal_en,
            " ".join(problem.examples),
        )
        for problem in of.problems
    )
    return Section(of.say("problems"), _columns(of, "problems_columns"), rows, of.say("no_problems"))


def _columns(of: Review, code: str) -> tuple[str, ...]:
    return tuple(of.say(code).split("|"))


def _change(number: int) -> str:
    return f"{number:+d}" if number else "0"


def _percent(number: float | None) -> str:
    return "-" if number is None else f"{number:.1f}%"


def _time(of: Review, time: timedelta | None) -> str:
    """Minutes below an hour, else hours with one decimal."""
    if time is None:
        return "-"
    minutes = time.total_seconds() / 60
    return of.say("minutes", n=round(minutes)) if minutes < 59.5 else of.say("hours", n=f"{minutes / 60:.1f}")
