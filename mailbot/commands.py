"""The commands about templates, what was set aside, people and the database."""

from __future__ import annotations

import getpass
import sqlite3
import sys
from pathlib import Path
from typing import Annotated

import typer

from mailbot import accounts, documents
from mailbot.app import App
from mailbot.core.errors import UserError
from mailbot.store import intake, keep, lists, people, schema, verify
from mailbot.store.engine import Engine
from mailbot.terminal import (
    As,
    ConfigFile,
    Json,
    local,
    opened,
    print_json,
    print_table,
    read_config,
    require_agent,
    screen,
)


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
            if name not in shelf.automatic():
                raise UserError("templates", name, f"only automatic mails take one: {', '.join(shelf.automatic())}")
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
                row["approved_by"] or _approvable(row["template"] in shelf.automatic()),
            )
            for row in rows
        ]
        print_table(("模板", "语言", "内容指纹", "常设批准"), cells, "没有模板")


def _approvable(automatic: bool) -> str:
    return "尚未批准,自动邮件将作为草稿等待" if automatic else "逐封批准"


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
    action: Annotated[str, typer.Argument(help="list, add, change, disable, password")] = "list",
    name: Annotated[str, typer.Argument(help="For logging in.")] = "",
    display: Annotated[str | None, typer.Option("--display", "--display-name", help="As customers see it.")] = None,
    number: Annotated[str | None, typer.Option(help="工号, in signatures.")] = None,
    role: Annotated[str | None, typer.Option(help=", ".join(people.ROLES))] = None,
    address: Annotated[str | None, typer.Option(help="The agent's own mailbox, for reminders.")] = None,
    department: Annotated[str | None, typer.Option(help="Its code in rules/departments.toml.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="Else it is asked for, or read from a pipe.")] = None,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """The people who may work here."""
    change = accounts.AgentChange(display, number, role, address, department)
    with opened(config) as app:
        now = app.clock.now()
        match action:
            case "list":
                _show_agents(app, as_json)
            case "add":
                _require_department(app, department)
                fresh = accounts.NewAgent(
                    name, display or "", number or "", role or "agent", address or "", department or ""
                )
                accounts.add_agent(app.engine, fresh, _password(password_file), now)
            case "change":
                _require_department(app, department)
                accounts.change_agent(app.engine, name, change)
            case "disable":
                accounts.disable(app.engine, name, now)
            case "password":
                accounts.set_password(app.engine, name, _password(password_file))
            case _:
                raise UserError("agents", action, "known: list, add, change, disable, password")


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
        names = ("name", "display_name", "staff_number", "role", "address", "department", "created_at", "disabled_at")
        for row in rows:
            print_json({name: row._mapping[name] for name in names})
        return
    cells = [
        (
            row.name,
            row.display_name,
            row.staff_number,
            row.role,
            row.department,
            row.address,
            "已停用" if row.disabled_at else "",
        )
        for row in rows
    ]
    titles = ("登录名", "姓名", "工号", "角色", "部门", "邮箱", "")
    print_table(titles, cells, "还没有客服;用 mailbot agents add 添加")


def _require_department(app: App, code: str | None) -> None:
    if code and code not in (known := app.shelf.volume.book.departments):
        raise UserError("--department", code, f"no such department; known: {', '.join(known)}")


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
