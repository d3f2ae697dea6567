"""The list of tickets when words are looked for: tickets of the mails that have them, the newest mail first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from mailbot.console import views
from mailbot.store import lists, search

PAGE = 50  # mails


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for; `before`: the id of a mail, only older ones count. `simplified` is the rule book's."""

    words: str
    before: int | None
    simplified: Mapping[int, int]


def tickets(
    tx: Connection, asked: Asked, wanted: lists.Wanted, now: datetime, zone: ZoneInfo
) -> tuple[list[views.Row], int | None]:
    """A page of tickets, each with a line of the mail it was found by, and where the next page begins (None: nowhere).

    The page is one of mails: two of one ticket are one row, and what else is `wanted` of tickets narrows it further.
    """
    found = search.search(tx, asked.words, PAGE, asked.before, simplified=asked.simplified)
    newest = search.by_ticket(found)
    lines = {each.ticket_number: each.excerpt for each in newest.values()}
    places = {number: place for place, number in enumerate(lines)}
    rows = views.tickets(tx, replace(wanted, among=tuple(newest)), now, zone)
    shown = [replace(row, words=lines[row.number]) for row in sorted(rows, key=lambda row: places[row.number])]
    return shown, found[-1].mail_id if len(found) == PAGE else None
