"""The commands about tickets: list them, show one, act on one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer

from mailbot import documents
from mailbot.app import App
from mailbot.core.decision import Decision
from mailbot.core.errors import UserError
from mailbot.core.journal import JOURNAL_NAMES, MAIL_NAMES, STANDING_NAMES, WAITING_NAMES, zh
from mailbot.core.promises import KIND_NAMES, PRIORITY_NAMES
from mailbot.core.ticket import SIDE_NAMES, STATE_NAMES, State
from mailbot.store import lists, search
from mailbot.terminal import As, ConfigFile, Json, local, opened, plain_line, print_json, print_table, screen, span
from mailbot.ticket_acts import Asked, Options, help_lines, perform
from mailbot.ticket_page import show_ticket

TICKET_HELP = f"""Show a ticket, or do something to it (then --as names who does).

\b
Actions:
{help_lines()}

TIME is 17:30 (today), "2026-11-24 17:30" or ISO 8601 with its zone. IDs stand on the ticket's page.
"""


def list_tickets(
    state: Annotated[list[str] | None, typer.Option(help="Only these states; may be given more than once.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this agent's.")] = None,
    waiting_on: Annotated[str, typer.Option(help="Whose turn it is: us, customer, department.")] = "",
    department: Annotated[str, typer.Option(help="Its code: it has to help, or owes us an answer.")] = "",
    due_within: Annotated[
        str, typer.Option(metavar="SPAN", help="Owing something within 90min, 2h, 3d; or overdue.")
    ] = "",
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those with a promise whose time has passed.")
    ] = False,
    words: Annotated[
        str, typer.Option("--search", metavar="WORDS", help="Only those with a mail that says this, newest mail first.")
    ] = "",
    limit: int = 200,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List tickets, what is due next first. A search also knows numbers of tickets and orders."""
    states = tuple(state or ())
    if unknown := set(states) - {each.value for each in State}:
        raise UserError("--state", min(unknown), f"known: {', '.join(State)}")
    if waiting_on and waiting_on not in WAITING_NAMES:
        raise UserError("--waiting-on", waiting_on, f"known: {', '.join(WAITING_NAMES)}")
    ahead = span("--due-within", due_within) if due_within else None
    with opened(config) as app:
        if department and department not in (known := app.shelf.volume.book.departments):
            raise UserError("--department", department, f"no such department; known: {', '.join(known)}")
        now = app.clock.now()
        due_by = now if overdue else now + ahead if ahead is not None else None
        wanted = lists.Wanted(states, owner, waiting_on, department, due_by, limit)
        found = _listed(app, wanted, words.strip(), now)
        if as_json:
            for each in found:
                print_json(each)
            return
        cells = [_cells(app, each) for each in found]
        titles = ("工单", "进度", "下一时限", "负责", "等待", "客户与主题")
        print_table(titles, cells, "没有工单")


def _listed(app: App, wanted: lists.Wanted, words: str, now: datetime) -> list[dict[str, Any]]:
    """The tickets as documents; where words were looked for, each with the line of its newest mail that has them."""
    lines: dict[int, str] = {}
    with app.engine.read() as tx:
        if words:
            mails = search.search(
                tx, words, min(wanted.limit, lists.AT_ONCE), simplified=app.shelf.volume.book.simplified
            )
            lines = {ticket_id: each.excerpt for ticket_id, each in search.by_ticket(mails).items()}
            wanted = replace(wanted, among=tuple(lines))
        rows = lists.wanted_tickets(tx, wanted)
        owed = lists.next_promises(tx, [row.id for row in rows])
    if words:
        places = {ticket_id: place for place, ticket_id in enumerate(lines)}
        rows = sorted(rows, key=lambda row: places[row.id])
    said = {row.id: {"excerpt": lines[row.id]} if words else {} for row in rows}
    return [{**documents.ticket(row, owed.get(row.id), now), **said[row.id]} for row in rows]


def _cells(app: App, found: dict[str, Any]) -> tuple[object, ...]:
    zone, owed = app.config.company.zone, found["next_promise"]
    due = f"{local(owed['due_at'], zone)} {owed['name']} {zh(STANDING_NAMES, owed['standing'])}" if owed else ""
    return (
        found["number"],
        f"{STATE_NAMES[State(found['state'])]} {PRIORITY_NAMES[found['priority']]}",
        due,
        found["owner"],
        zh(WAITING_NAMES, found["waiting_on"]),
        f"{found['customer']} {found['subject'][:40]}" + (f" · {found['excerpt']}" if "excerpt" in found else ""),
    )


def ticket(
    number: str,
    action: Annotated[str, typer.Argument(help="See above.")] = "show",
    words: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]", help="Of the action.")] = None,
    to: Annotated[str, typer.Option(metavar="AGENT", help="For assign.")] = "",
    for_customer: Annotated[
        bool, typer.Option("--for-customer", help="For note: told in today's progress mail.")
    ] = False,
    by: Annotated[str, typer.Option(metavar="TIME", help="For plan, transfer, delay.")] = "",
    department: Annotated[str, typer.Option(metavar="CODE", help="For transfer; as in rules/departments.toml.")] = "",
    person: Annotated[
        str, typer.Option(metavar="NAME", help="For transfer: whom the customer may expect, 赵工程师.")
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="For transfer: no mail to the customer.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="For end: not owed any more, instead of done.")] = False,
    plan: Annotated[str, typer.Option(help="For object: the plan instead.")] = "",
    side: Annotated[str, typer.Option(help=f"For resolve, who was responsible: {', '.join(SIDE_NAMES)}.")] = "",
    proof: Annotated[str, typer.Option(help="For resolve: how we know that it works.")] = "",
    plans: Annotated[
        str, typer.Option(metavar="CODES", help="For offer: as in rules/policy.toml, a sum behind =: repair,coupon=50.")
    ] = "",
    because: Annotated[str, typer.Option(metavar="REASON", help="For decline, as the customer is told.")] = "",
    instead: Annotated[str, typer.Option(metavar="WORDS", help="For decline: what is possible.")] = "",
    launch: Annotated[str, typer.Option(metavar="WORDS", help="For adopt: when it comes.")] = "",
    topic: Annotated[str, typer.Option(metavar="CATEGORY/TOPIC", help="For correct.")] = "",
    priority: Annotated[str, typer.Option(help=f"For correct: {', '.join(PRIORITY_NAMES)}.")] = "",
    agent: As = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    options = Options(
        *(to, for_customer, by, department, person, quiet, drop, plan, side, proof, launch, topic, priority),
        *(plans, because, instead),
    )
    with opened(config) as app:
        with app.engine.read() as tx:
            ticket_id = lists.ticket_id_of(tx, number)
            row = lists.ticket_row(tx, ticket_id) if ticket_id is not None else None
        if row is None:
            raise UserError("ticket", number, "no such ticket; list them with: mailbot tickets")
        if action == "show":
            if words or options.given():
                raise UserError("show", " ".join(words or options.given()), "name an action before it: see --help")
            show_ticket(app, row.id, as_json)
            return
        decision = perform(Asked(app, row, action, agent, tuple(words or ()), options))
        if as_json:
            show_ticket(app, row.id, as_json)
        else:
            _say(app, decision)


def _say(app: App, decision: Decision) -> None:
    """What was done, what is owed now, and the drafts that wait for a person."""
    done = decision.ticket
    zone = app.config.company.zone
    lines = [f"{done.number} {STATE_NAMES[done.state]} 负责人 {done.owner or '未领取'}"]
    for entry in decision.journal:
        lines.append(f"  {':'.join((zh(JOURNAL_NAMES, entry.what), *entry.reasons[:1]))}")
    for owed in decision.promised:
        lines.append(f"  时限 {KIND_NAMES[owed.kind]} {local(owed.due_at, zone)} {owed.because}")
    with app.engine.read() as tx:
        drafts = [row for row in lists.drafts_of(tx, done.id or 0) if row.state == "open"]
    for row in drafts:
        lines.append(f"  待审批草稿 {row.id} {zh(MAIL_NAMES, row.kind)}: mailbot draft {row.id}")
    for line in lines:
        screen.print(plain_line(line), markup=False, soft_wrap=True)
