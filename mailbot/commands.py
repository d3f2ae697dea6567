"""The commands about tickets, drafts, templates, what was set aside, people and the database."""

from __future__ import annotations

import getpass
import sqlite3
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.engine import Row

from mailbot import accounts, documents
from mailbot.app import App
from mailbot.check import AUTOMATIC
from mailbot.core.errors import UserError
from mailbot.core.promises import KIND_NAMES, PRIORITY_NAMES
from mailbot.core.ticket import (
    STATE_NAMES,
    DraftApproved,
    DraftRejected,
    DraftWritten,
    Noted,
    Reopened,
    Resolved,
    State,
    Taken,
)
from mailbot.store import intake, keep, lists, people, schema, tickets, verify
from mailbot.store.engine import Engine
from mailbot.terminal import (
    As,
    ConfigFile,
    Json,
    act,
    local,
    opened,
    plain_line,
    print_json,
    print_table,
    read_config,
    require_agent,
    screen,
)


def list_tickets(
    state: Annotated[list[str] | None, typer.Option(help="Only these states; may be given more than once.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this agent's.")] = None,
    limit: int = 200,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List tickets, what is due next first."""
    states = tuple(state or ())
    if unknown := set(states) - {each.value for each in State}:
        raise UserError("--state", min(unknown), f"known: {', '.join(State)}")
    with opened(config) as app:
        with app.engine.read() as tx:
            rows = lists.tickets(tx, states, owner, limit)
        if as_json:
            for row in rows:
                print_json(documents.ticket(row))
            return
        zone = app.config.company.zone
        cells = [
            (
                row.number,
                STATE_NAMES[State(row.state)],
                PRIORITY_NAMES[row.priority],
                local(row.next_due, zone),
                row.owner,
                row.customer,
                row.subject[:40],
            )
            for row in rows
        ]
        print_table(("工单", "进度", "等级", "最近时限", "负责人", "客户", "主题"), cells, "没有工单")


def ticket(
    number: str,
    action: Annotated[str, typer.Argument(help="show, take, note, resolve, reopen, reply, join")] = "show",
    text: Annotated[str, typer.Argument(help="For note, resolve, reopen, reply; for join: ID of the mail.")] = "",
    agent: As = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show a ticket, or do something to it."""
    with opened(config) as app:
        with app.engine.read() as tx:
            ticket_id = lists.ticket_id_of(tx, number)
        if ticket_id is None:
            raise UserError("ticket", number, "no such ticket; list them with: mailbot tickets")
        if action == "show":
            _show_ticket(app, ticket_id, as_json)
            return
        require_agent(app, agent)
        if action == "join":
            if not text.isdigit():
                raise UserError("join", text, "name the ID of the mail to join to this ticket")
            app.desk.move_mail(int(text), number, agent, app.clock.now())
        else:
            act(app, ticket_id, _ticket_event(action, agent, text))
        if as_json:
            _show_ticket(app, ticket_id, as_json)


def _ticket_event(action: str, agent: str, text: str) -> Taken | Noted | Resolved | Reopened | DraftWritten:
    match action:
        case "take":
            return Taken(agent)
        case "note":
            return Noted(agent, text)
        case "resolve":
            return Resolved(agent, text)
        case "reopen":
            return Reopened(agent, text)
        case "reply":
            return DraftWritten(agent, "", sys.stdin.read() if text == "-" else text)
    raise UserError("ticket", action, "known: show, take, note, resolve, reopen, reply, join")


def list_drafts(limit: int = 200, config: ConfigFile = None, as_json: Json = False) -> None:
    """List the drafts that wait for a person, what is due next first."""
    with opened(config) as app:
        with app.engine.read() as tx:
            rows = lists.open_drafts(tx, limit)
        if as_json:
            for row in rows:
                print_json(documents.draft(row))
            return
        zone = app.config.company.zone
        cells = [
            (
                row.id,
                row.number,
                PRIORITY_NAMES[row.priority],
                local(row.next_due, zone),
                "需处理" if row.blocked else f"{len(row.findings)} 条意见" if row.findings else "",
                row.recipient,
                row.subject[:40],
            )
            for row in rows
        ]
        print_table(("草稿", "工单", "等级", "最近时限", "审核", "收件人", "主题"), cells, "没有待审批的草稿")


def draft(
    draft_id: Annotated[int, typer.Argument(metavar="ID")],
    action: Annotated[str, typer.Argument(help="show, approve, edit, reject")] = "show",
    text: Annotated[str, typer.Argument(help="For edit: the new text, - is standard input; for reject: why.")] = "",
    subject: Annotated[str, typer.Option(help="For edit: a new subject.")] = "",
    agent: As = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show a draft, or decide about it."""
    with opened(config) as app:
        with app.engine.read() as tx:
            row = tickets.draft_row(tx, draft_id)
        if row is None:
            raise UserError("draft", str(draft_id), "no such draft; list them with: mailbot drafts")
        if action == "show":
            _show_draft(row, as_json)
            return
        require_agent(app, agent)
        match action:
            case "approve":
                act(app, row.ticket_id, DraftApproved(agent, draft_id, row.version))
            case "edit":
                words = sys.stdin.read() if text == "-" else text
                event = DraftWritten(agent, subject or row.subject, words, row.mail_id, draft_id, row.version)
                act(app, row.ticket_id, event)
            case "reject":
                act(app, row.ticket_id, DraftRejected(agent, draft_id, text))
            case _:
                raise UserError("draft", action, "known: show, approve, edit, reject")
        if as_json:
            with app.engine.read() as tx:
                row = tickets.draft_row(tx, draft_id)
            print_json(documents.draft(row) if row else None)


def templates(
    action: Annotated[str, typer.Argument(help="list, approve")] = "list",
    name: Annotated[str, typer.Argument(help="The template to approve.")] = "",
    agent: As = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List templates with their standing approvals, or give one."""
    with opened(config) as app:
        shelf = app.shelf.volume.templates
        if action == "approve":
            if name not in AUTOMATIC:
                raise UserError("templates", name, f"only automatic mails take one: {', '.join(AUTOMATIC)}")
            require_agent(app, agent, "supervisor", "admin")
            with app.engine.write() as tx:
                for language in shelf.languages:
                    digest = shelf.text_hash(name, language)
                    keep.approve_template(tx, name, language, digest, agent, app.clock.now())
        elif action != "list":
            raise UserError("templates", action, "known: list, approve")
        rows = []
        with app.engine.read() as tx:
            for each in shelf.names():
                for language in shelf.languages:
                    digest = shelf.text_hash(each, language)
                    by = keep.standing_approver(tx, each, language, digest)
                    rows.append({"template": each, "language": language, "sha256": digest, "approved_by": by})
        if as_json:
            for row in rows:
                print_json(row)
            return
        cells = [
            (
                row["template"],
                row["language"],
                (row["sha256"] or "")[:12],
                row["approved_by"] or _approvable(row),
            )
            for row in rows
        ]
        print_table(("模板", "语言", "内容指纹", "常设批准"), cells, "没有模板")


def _approvable(row: dict[str, Any]) -> str:
    return "尚未批准,自动邮件将作为草稿等待" if row["template"] in AUTOMATIC else "逐封批准"


def aside(
    action: Annotated[str, typer.Argument(help="list, retry, human, sent, resend")] = "list",
    number: Annotated[int, typer.Argument(metavar="ID", help="Of the mail; for sent and resend: of the send.")] = 0,
    agent: As = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """What was set aside, held back or left uncertain; try again, or say how it is."""
    with opened(config) as app:
        match action:
            case "list":
                _show_aside(app, as_json)
            case "retry" | "human":
                with app.engine.write() as tx:
                    if not intake.try_again(tx, number, as_human=action == "human"):
                        raise UserError("aside", str(number), "no such mail is set aside or held")
            case "sent" | "resend":
                require_agent(app, agent)
                if not app.desk.settle(number, action == "sent", agent, app.clock.now()):
                    raise UserError("aside", str(number), "no such send is uncertain")
            case _:
                raise UserError("aside", action, "known: list, retry, human, sent, resend")


def agents(
    action: Annotated[str, typer.Argument(help="list, add, disable, password")] = "list",
    name: Annotated[str, typer.Argument(help="For logging in.")] = "",
    display_name: Annotated[str, typer.Option("--display-name", help="As customers see it.")] = "",
    staff_number: Annotated[str, typer.Option("--number", help="工号, in signatures.")] = "",
    role: Annotated[str, typer.Option(help=", ".join(people.ROLES))] = "agent",
    password_file: Annotated[Path | None, typer.Option(help="Else it is asked for, or read from a pipe.")] = None,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """The people who may work here."""
    with opened(config) as app:
        now = app.clock.now()
        match action:
            case "list":
                _show_agents(app, as_json)
            case "add":
                fresh = accounts.NewAgent(name, display_name, staff_number, role)
                accounts.add_agent(app.engine, fresh, _password(password_file), now)
            case "disable":
                accounts.disable(app.engine, name, now)
            case "password":
                accounts.set_password(app.engine, name, _password(password_file))
            case _:
                raise UserError("agents", action, "known: list, add, disable, password")


def db(
    action: Annotated[str, typer.Argument(help="upgrade, backup, verify")],
    file: Annotated[Path | None, typer.Argument(help="For backup: where to.")] = None,
    config: ConfigFile = None,
) -> None:
    """The database: bring its schema up to date, copy it, look whether all is there."""
    settings = read_config(config)
    engine = Engine(settings.database.url, settings.base)
    try:
        match action:
            case "upgrade":
                changed = schema.upgrade(engine)
                screen.print(f"schema {schema.HEAD}" + ("" if changed else ", already there"))
            case "backup":
                _backup(engine, file)
            case "verify":
                schema.require_head(engine)
                _verify(engine)
            case _:
                raise UserError("db", action, "known: upgrade, backup, verify")
    finally:
        engine.dispose()


def _show_ticket(app: App, ticket_id: int, as_json: bool) -> None:
    with app.engine.read() as tx:
        row = lists.ticket_row(tx, ticket_id)
        assert row is not None
        whole = documents.whole_ticket(tx, row)
    if as_json:
        print_json(whole)
        return
    zone = app.config.company.zone
    state, priority = STATE_NAMES[State(row.state)], PRIORITY_NAMES[row.priority]
    screen.print(f"工单 {row.number}  {state}  {priority}  {row.category}/{row.topic}", markup=False)
    screen.print(plain_line(f"客户 {row.customer}  主题 {row.subject}"), markup=False)
    promises = [
        (
            KIND_NAMES.get(each["kind"], each["kind"]),
            each["state"],
            local(each["due_at"], zone),
            each["because"],
        )
        for each in whole["promises"]
    ]
    print_table(("时限", "状态", "到期", "依据"), promises, "没有时限")
    journal = [
        (local(each["at"], zone), each["what"], each["who"], ";".join(each["reasons"])) for each in whole["journal"]
    ]
    print_table(("时间", "事项", "经手", "说明"), journal, "没有记录")
    for each in whole["drafts"]:
        if each["state"] == "open":
            screen.print(f"待审批草稿 {each['id']}: mailbot draft {each['id']}", markup=False)


def _show_draft(row: Row[Any], as_json: bool) -> None:
    if as_json:
        print_json(documents.draft(row))
        return
    screen.print(plain_line(f"草稿 {row.id} ({row.state})  致 {row.recipient}"), markup=False)
    screen.print(plain_line(f"主题: {row.subject}") + "\n", markup=False)
    for line in row.text.splitlines():
        screen.print(plain_line(line), markup=False)
    for finding in row.findings:
        screen.print(f"[{finding['level']}] {finding['message']}", markup=False)


def _show_aside(app: App, as_json: bool) -> None:
    with app.engine.read() as tx:
        mails = lists.mails_in(tx, ("aside", "held"))
        sends = lists.sends_in(tx, ("uncertain", "failed"))
    if as_json:
        for mail in mails:
            print_json({"mail": documents.mail(mail)})
        for send in sends:
            print_json({"send": {**documents.send(send), "ticket": send.number}})
        return
    zone = app.config.company.zone
    names = {"aside": "搁置", "held": "留存"}
    cells = [
        (
            each.id,
            names[each.state],
            local(each.received_at, zone),
            each.sender,
            each.subject[:40],
            each.why[:60],
        )
        for each in mails
    ]
    print_table(("邮件", "状态", "收到", "发件人", "主题", "原因"), cells, "没有搁置或留存的邮件")
    rows = [(each.id, each.state, each.number, ", ".join(each.recipients), each.last_result[:60]) for each in sends]
    if rows:
        print_table(("发送", "状态", "工单", "收件人", "结果"), rows, "")


def _show_agents(app: App, as_json: bool) -> None:
    with app.engine.read() as tx:
        rows = people.everyone(tx)
    if as_json:
        for row in rows:
            names = ("name", "display_name", "staff_number", "role", "created_at", "disabled_at")
            print_json({name: row._mapping[name] for name in names})
        return
    cells = [
        (row.name, row.display_name, row.staff_number, row.role, "已停用" if row.disabled_at else "") for row in rows
    ]
    print_table(("登录名", "姓名", "工号", "角色", ""), cells, "还没有客服;用 mailbot agents add 添加")


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UserError(str(file), "", f"cannot be read: {error.strerror}") from None
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().strip()


def _backup(engine: Engine, file: Path | None) -> None:
    if not engine.is_sqlite:
        raise UserError("db backup", "", "for PostgreSQL use pg_dump, which copies a running database consistently")
    if file is None or file.exists():
        raise UserError("db backup", str(file or "FILE"), "name a file that does not exist yet")
    with engine.read() as tx:
        tx.rollback()
        tx.exec_driver_sql("VACUUM INTO ?", (str(file),))
    with sqlite3.connect(file) as copy:
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise UserError(str(file), "", f"the copy is damaged: {verdict}")
    screen.print(f"{file}: written and verified")


def _verify(engine: Engine) -> None:
    """Conservation: every mail is somewhere, every byte is what it was."""
    with engine.read() as tx:
        faults = verify.faults(tx)
        counts = verify.counts(tx)
    screen.print(", ".join(f"{name} {count}" for name, count in counts.items()))
    for fault in faults:
        screen.print(fault, markup=False)
    if faults:
        raise typer.Exit(1)
