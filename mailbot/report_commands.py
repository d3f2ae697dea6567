"""The command that looks back: the weekly and monthly review."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import typer

from mailbot.core.errors import UserError
from mailbot.core.period import Kind, Period, last_whole, period_of
from mailbot.core.problems import LEAST
from mailbot.reports import review, review_tables
from mailbot.terminal import ConfigFile, opened, plain_line, print_json, print_table, screen

KINDS = ("week", "month")
FORMATS = ("table", "json", "csv")


def report(
    kind: Annotated[str, typer.Argument(metavar="week|month")],
    of: Annotated[str, typer.Option("--of", metavar="DATE", help="Any day of it; default: the last whole one.")] = "",
    form: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    least: Annotated[int, typer.Option("--least", metavar="N", help="Tickets that make a problem common.")] = LEAST,
    config: ConfigFile = None,
) -> None:
    """The review of a week or a month: what came in, how it was answered, what to improve."""
    if kind not in KINDS:
        raise UserError("report", kind, f"known: {', '.join(KINDS)}")
    if form not in FORMATS:
        raise UserError("--format", form, f"known: {', '.join(FORMATS)}")
    if least < 1:
        raise UserError("--least", str(least), "write a number from 1 on")
    with opened(config) as app:
        now = app.clock.now()
        period = wanted_period(cast(Kind, kind), of, now, app.config.company.zone)
        found = review.review(app.engine, app.config, app.shelf.volume.book, period, now, least)
    if form == "json":
        print_json(review.document(found))
    elif form == "csv":
        sys.stdout.write("\ufeff" + review.csv_text(found))  # by this mark spreadsheets know UTF-8
    else:
        _show(found)


def wanted_period(kind: Kind, of: str, now: datetime, zone: ZoneInfo) -> Period:
    """The week or month of this date, "2026-11-23"; without one the last that is over."""
    if not of:
        return last_whole(kind, now, zone)
    try:
        period = period_of(kind, date.fromisoformat(of.strip()), zone)
        _ = period.before  # the calendar has a first day too
    except (ValueError, OverflowError):
        raise UserError("--of", of, "write a date such as 2026-11-23") from None
    if period.begin > now:
        raise UserError("--of", of, f"this {kind} has not begun; name a day up to {now.astimezone(zone).date()}")
    return period


def _show(found: review.Review) -> None:
    screen.print(review_tables.heading(found), style="bold", markup=False)
    for section in review_tables.sections(found):
        screen.print(f"\n{section.title}", style="bold", markup=False)
        print_table(section.columns, section.rows, section.empty)
        for note in section.notes:
            screen.print(plain_line(note), markup=False)
