"""`mailbot learned`: what agents taught, verdict by verdict; undo one, or carry all of them away."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mailbot.app import App
from mailbot.core.errors import UserError
from mailbot.core.learning import RIPE, RIPE_CLASS, name_of
from mailbot.core.triage import PRIORITY_NAMES
from mailbot.store import verdicts
from mailbot.terminal import ConfigFile, Json, local, opened, plain_line, print_json, print_table, screen

ACTIONS = ("list", "undo", "export")
EXPORTED = 1_000_000  # as good as all
_SHOWN = 40  # characters of a mail in the list

LEARNED_HELP = """What agents' corrections and confirmations have taught; undo one, export all.

list: the newest verdicts. undo ID: nothing is learned from this one any more; the ticket stays as it is.
export: every standing verdict as a line of JSON: text, category, topic, at, agent."""


def learned(
    action: Annotated[str, typer.Argument(metavar="[list|undo|export]")] = "list",
    verdict: Annotated[str, typer.Argument(metavar="[ID]", help="For undo.")] = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    if action not in ACTIONS:
        raise UserError("learned", action, f"known: {', '.join(ACTIONS)}")
    if (action == "undo") != bool(verdict):
        raise UserError("learned", action, "write mailbot learned undo ID; list the ids with: mailbot learned")
    with opened(config) as app:
        if action == "undo":
            _undo(app, verdict, as_json)
        elif action == "export":
            _export(app)
        else:
            _list(app, as_json)


def _list(app: App, as_json: bool) -> None:
    with app.engine.read() as tx:
        rows = verdicts.listed(tx)
    if as_json:
        for row in rows:
            print_json(_document(row))
        return
    book, zone = app.shelf.volume.book, app.config.company.zone
    lines = []
    for row in rows:
        said, key = f"{row.said_category}/{row.said_topic}", f"{row.category}/{row.topic}"
        name = name_of(key, book) if said == key else f"{name_of(said, book)} → {name_of(key, book)}"
        words = plain_line(f"{row.subject} {row.words}").strip()[:_SHOWN]
        state = "undone" if row.undone_at else ""
        priority = PRIORITY_NAMES.get(row.priority, row.priority)
        lines.append((row.id, local(row.at, zone), row.number, row.agent, f"{name} {priority}", words, state))
    print_table(("id", "at", "ticket", "agent", "verdict", "mail", ""), lines, "nothing was learned yet")
    standing = sum(row.undone_at is None for row in rows)
    screen.print(
        f"{standing} verdicts; the rules have the last word until there are {RIPE}, {RIPE_CLASS} of them in the class",
        markup=False,
    )


def _undo(app: App, verdict: str, as_json: bool) -> None:
    number = int(verdict) if verdict.isascii() and verdict.isdigit() and len(verdict) < 16 else 0
    with app.engine.write() as tx:
        done = verdicts.undo(tx, number, app.clock.now())
    if not done:
        raise UserError("learned", verdict, "no such verdict, or it is undone already; list them: mailbot learned")
    if as_json:
        print_json({"undone": number})
    else:
        screen.print(f"undone: {number}")


def _export(app: App) -> None:
    """JSON lines whether asked for or not: they are what other programs read."""
    with app.engine.read() as tx:
        for row in reversed(verdicts.listed(tx, EXPORTED)):
            if row.undone_at is None:
                found = _document(row)
                print_json({name: found[name] for name in ("text", "category", "topic", "at", "agent")})


def _document(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "ticket": row.number,
        "at": row.at,
        "agent": row.agent,
        "category": row.category,
        "topic": row.topic,
        "priority": row.priority,
        "said": f"{row.said_category}/{row.said_topic}",
        "text": f"{row.subject}\n{row.words}".strip(),
        "undone_at": row.undone_at,
    }
