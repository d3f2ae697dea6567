"""`mailbot customer`: what is known of one customer, all of it as one document, or erased for good (000-10)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.engine import Connection

from mailbot import documents
from mailbot.app import App
from mailbot.core.errors import UserError
from mailbot.core.journal import ACCOUNT_NAMES, zh
from mailbot.core.mail import Mail, parse
from mailbot.core.ticket import STATE_NAMES, State
from mailbot.store import customers, erasing, intake, lists, verdicts
from mailbot.store.customers import Customer, Flags
from mailbot.terminal import (
    As,
    ConfigFile,
    Json,
    local,
    opened,
    plain_line,
    print_json,
    print_table,
    require_agent,
    screen,
)

ACTIONS = ("show", "export", "erase")

CUSTOMER_HELP = """One customer's file: show it, export it, erase it.

show: tickets, ratings, orders and flags. export: one JSON document with everything kept of them, mails included.
erase: personal data are replaced for good, figures of reports stay; their tickets must be closed. Needs a supervisor.
Copies in the mailbox on the server and in backups are not touched."""


def customer(
    action: Annotated[str, typer.Argument(metavar="show|export|erase")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The customer's mail address.")],
    agent: As = "",
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    if action not in ACTIONS:
        raise UserError("customer", action, f"known: {', '.join(ACTIONS)}")
    if "@" not in address:
        raise UserError("customer", address, "write the customer's whole mail address")
    if as_json and action == "erase" and not yes:
        raise UserError("customer", "erase", "with --json nobody can be asked; add --yes")
    with opened(config) as app:
        if action == "show":
            _show(app, address, as_json)
        elif action == "export":
            _export(app, address)
        else:
            _erase(app, address, agent, yes, as_json)


def _unknown(address: str) -> UserError:
    return UserError("customer", address, "nobody with this address has written; look with: mailbot tickets --search")


# ---- show ----


def _show(app: App, address: str, as_json: bool) -> None:
    with app.engine.read() as tx:
        file = customers.read(tx, address)
    if file is None:
        raise _unknown(address)
    if as_json:
        print_json(_summary(file))
        return
    zone = app.config.company.zone
    for title, words in (
        ("客户", file.address),
        ("称呼", "、".join(file.names)),
        ("电话", "、".join(file.phones)),
        ("标记", _flag_words(file.flags)),
        ("说明", file.flags.note),
        ("来信", f"{file.mails}  首次 {local(file.first_at, zone)}  最近 {local(file.last_at, zone)}"),
        ("回访", f"{local(file.flags.no_revisit_at, zone)} 起不愿收到" if file.flags.no_revisit_at else ""),
        ("订单", "、".join(each.number for each in file.orders)),
    ):
        if words:
            screen.print(plain_line(f"{title}  {words}"), markup=False)
    cells = [
        (
            each.number,
            STATE_NAMES[State(each.state)],
            f"{each.category}/{each.topic}",
            local(each.opened_at, zone),
            local(each.closed_at, zone),
            each.subject[:40],
        )
        for each in file.tickets
    ]
    print_table(("工单", "处理进度", "类型", "建单", "关闭", "主题"), cells, "没有工单")
    if file.ratings:
        rated = [(each.number, each.score, local(each.at, zone), each.reason) for each in file.ratings]
        print_table(("工单", "评分", "时间", "原因"), rated, "")


def _flag_words(flags: Flags) -> str:
    said = [zh(ACCOUNT_NAMES, flags.account)] if flags.account else []
    if flags.elderly is not None:
        said.append("年长客户" if flags.elderly else "非年长客户")
    if said and flags.changed_by:
        said.append(f"({flags.changed_by} 标记)")
    return " ".join(said)


def _summary(file: Customer) -> dict[str, Any]:
    return {
        "address": file.address,
        "names": list(file.names),
        "phones": list(file.phones),
        "flags": asdict(file.flags),
        "mails": file.mails,
        "first_at": file.first_at,
        "last_at": file.last_at,
        "written_at": file.written_at,
        "tickets": [{name: value for name, value in asdict(each).items() if name != "id"} for each in file.tickets],
        "ratings": [asdict(each) for each in file.ratings],
        "orders": [asdict(each) for each in file.orders],
    }


# ---- export ----


def _export(app: App, address: str) -> None:
    """JSON whether asked for or not: whoever asks for their data gets them in a form that programs read."""
    with app.engine.read() as tx:
        held = erasing.held(tx, address)
        flags = customers.flags(tx, address)
        if not held.tickets and not held.mails and flags is None:
            raise _unknown(address)
        now = app.clock.now()
        document = {
            "address": held.address,
            "exported_at": now,
            "flags": asdict(flags) if flags is not None else None,
            "tickets": [_ticket(tx, row, now) for row in held.tickets],
            "other_mails": [_mail(tx, each) for each in held.mail_ids if each not in _of_tickets(held)],
        }
    print_json(document)


def _of_tickets(held: erasing.Held) -> set[int]:
    own = set(held.ticket_ids)
    return {row.id for row in held.mails if row.ticket_id in own}


def _ticket(tx: Connection, row: Any, now: datetime) -> dict[str, Any]:
    whole = documents.whole_ticket(tx, row, now)
    del whole["linked"]  # other people's tickets
    whole["mails"] = [_mail(tx, each.id) for each in lists.mails_of(tx, row.id)]
    whole["outbox"] = [{**documents.send(each), "text": each.words} for each in lists.sends_of(tx, row.id)]
    whole["verdicts"] = [
        {name: each._mapping[name] for name in ("at", "agent", "category", "topic", "priority")}
        for each in verdicts.of_ticket(tx, row.id)
    ]
    return whole


def _mail(tx: Connection, mail_id: int) -> dict[str, Any]:
    """A mail with its whole text, as its sender wrote it."""
    row = lists.mail_row(tx, mail_id)
    assert row is not None
    mail = parse(intake.content(tx, mail_id) or b"")
    files = [each.filename for each in mail.attachments] if isinstance(mail, Mail) else []
    return {**documents.mail(row), "text": mail.text if isinstance(mail, Mail) else row.words, "attachments": files}


# ---- erase ----


def _erase(app: App, address: str, agent: str, yes: bool, as_json: bool) -> None:
    require_agent(app, agent, "supervisor", "admin")
    with app.engine.read() as tx:
        held = erasing.held(tx, address)
        why = erasing.refusal(tx, held)
        if not held.tickets and not held.mails and customers.flags(tx, address) is None:
            raise _unknown(address)
    if why:
        raise UserError("customer", held.address, why)
    asked = f"Erase {held.address}: {len(held.tickets)} tickets, {len(held.mails)} mails? This cannot be undone."
    if not yes:
        typer.confirm(asked, abort=True)
    done = erasing.erase(app.engine, address, agent, app.clock.now())
    if isinstance(done, str):  # something came while the question stood there
        raise UserError("customer", held.address, done)
    document = {"tickets": done.tickets, "mails": done.mails, "letters": done.letters, "now_called": done.pseudonym}
    if as_json:
        print_json({"erased": held.address, **document})
    else:
        words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in document.items())
        screen.print(f"erased: {words}", markup=False)
