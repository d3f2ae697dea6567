"""The commands about drafts: list them, show one, decide about one, say which times it promises."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.engine import Row

from mailbot import documents
from mailbot.app import App
from mailbot.core.errors import UserError
from mailbot.core.journal import MAIL_NAMES, PLEDGE_NAMES, zh
from mailbot.core.pledges import Pledge
from mailbot.core.promises import PRIORITY_NAMES, clock_words
from mailbot.core.ticket import DraftApproved, DraftRejected, DraftWritten, PledgesSet
from mailbot.store import lists, tickets
from mailbot.terminal import (
    As,
    ConfigFile,
    Json,
    act,
    deadline,
    local,
    opened,
    plain_line,
    print_json,
    print_table,
    require_agent,
    screen,
)

_STATES = {"open": "待审批", "approved": "已批准", "rejected": "已退回", "superseded": "已被取代"}


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
                zh(MAIL_NAMES, row.kind),
                PRIORITY_NAMES[row.priority],
                local(row.next_due, zone),
                "需处理" if row.blocked else f"{len(row.findings)} 条意见" if row.findings else "",
                row.recipient,
                row.subject[:40],
            )
            for row in rows
        ]
        print_table(("草稿", "工单", "种类", "等级", "最近时限", "审核", "收件人", "主题"), cells, "没有待审批的草稿")


def draft(
    draft_id: Annotated[int, typer.Argument(metavar="ID")],
    action: Annotated[str, typer.Argument(help="show, approve, edit, reject, pledges")] = "show",
    text: Annotated[str, typer.Argument(help="For edit: the new text, - is standard input; for reject: why.")] = "",
    subject: Annotated[str, typer.Option(help="For edit: a new subject.")] = "",
    keep: Annotated[str, typer.Option(metavar="1,3", help="For pledges: only these are promised; or none.")] = "",
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="WORDS=TIME", help="For pledges: this is promised too; N=TIME moves number N."),
    ] = None,
    override: Annotated[
        str, typer.Option(metavar="REASON", help="For approve: a supervisor sends it in spite of what blocks it.")
    ] = "",
    agent: As = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show a draft with the times it promises, or decide about it."""
    with opened(config) as app:
        with app.engine.read() as tx:
            row = tickets.draft_row(tx, draft_id)
        if row is None:
            raise UserError("draft", str(draft_id), "no such draft; list them with: mailbot drafts")
        if action == "show":
            _show_draft(app, row, as_json)
            return
        require_agent(app, agent, *(("supervisor", "admin") if override else ()))
        match action:
            case "approve":
                given = DraftApproved(agent, draft_id, row.version, override=override, supervisor=bool(override))
                act(app, row.ticket_id, given)
            case "edit":
                words = sys.stdin.read() if text == "-" else text
                event = DraftWritten(agent, subject or row.subject, words, row.mail_id, draft_id, row.version)
                act(app, row.ticket_id, event)
            case "reject":
                act(app, row.ticket_id, DraftRejected(agent, draft_id, text))
            case "pledges":
                pledges = _pledges(app, row, agent, keep, change or ())
                act(app, row.ticket_id, PledgesSet(agent, draft_id, pledges, row.version))
            case _:
                raise UserError("draft", action, "known: show, approve, edit, reject, pledges")
        with app.engine.read() as tx:
            row = tickets.draft_row(tx, draft_id)
        assert row is not None
        if as_json or action == "pledges":
            _show_draft(app, row, as_json)


def _pledges(app: App, row: Row[Any], agent: str, keep: str, changes: Sequence[str]) -> tuple[Pledge, ...]:
    """What the agent wants the draft to promise: those found, fewer, moved, or others."""
    found = tickets.read_pledges(row.pledges)
    if not keep and not changes:
        raise UserError("pledges", "", 'say which are promised: --keep 1,3, --keep none, --set "2=17:30"')
    chosen = dict(enumerate(found, 1))
    if keep:
        chosen = {number: chosen[number] for number in _numbers(keep, len(found))}
    for change in changes:
        words, is_pair, time = change.rpartition("=")
        words = " ".join(words.split())
        if not is_pair or not words:
            raise UserError("--set", change, 'write WORDS=TIME, such as "工程师上门=2026-11-24 17:30"')
        due = deadline("--set", time, app.config.company.zone, app.clock.now())
        number = int(words) if words.isascii() and words.isdigit() else 0
        if number > len(found):
            raise UserError("--set", change, f"this draft promises {len(found)} times; see: mailbot draft {row.id}")
        before = found[number - 1] if number else Pledge(words[:60], due, "other", "")
        chosen[number or 1000 + len(chosen)] = _moved(app, row, agent, before, due)
    return tuple(chosen[number] for number in sorted(chosen))


def _moved(app: App, row: Row[Any], agent: str, before: Pledge, due: datetime) -> Pledge:
    with app.engine.read() as tx:
        mailbox = lists.ticket_row(tx, row.ticket_id)
    hours = app.config.hours_of(mailbox.mailbox if mailbox else None)
    because = f"{agent} 确定的回信承诺:“{before.words}” → {clock_words(due, hours)}"
    return Pledge(before.words, due, before.what, because)


def _numbers(keep: str, most: int) -> list[int]:
    """ "1,3" as numbers of the draft's pledges; "none" is none."""
    if keep.strip() == "none":
        return []
    numbers = [part.strip() for part in keep.split(",")]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part[:9]) <= most for part in numbers):
        raise UserError("--keep", keep, f"write numbers of this draft's {most} promises, such as 1,3, or none")
    return sorted({int(part) for part in numbers})


def _show_draft(app: App, row: Row[Any], as_json: bool) -> None:
    if as_json:
        print_json(documents.draft(row))
        return
    screen.print(
        plain_line(
            f"草稿 {row.id} ({_STATES.get(row.state, row.state)})  {zh(MAIL_NAMES, row.kind)}  致 {row.recipient}"
        ),
        markup=False,
    )
    screen.print(plain_line(f"主题: {row.subject}") + "\n", markup=False)
    for line in row.text.splitlines():
        screen.print(plain_line(line), markup=False)
    for finding in row.findings:
        screen.print(f"[{finding['level']}] {finding['message']}", markup=False)
    _show_pledges(app, row)


def _show_pledges(app: App, row: Row[Any]) -> None:
    """The times that become promises once it is sent."""
    found = tickets.read_pledges(row.pledges)
    if not found and not row.pledges_by:
        return
    who = f"由 {row.pledges_by} 确定" if row.pledges_by else "从正文读出,批准时按批准的时间重新计算"
    screen.print(f"\n这封信承诺的时间({who}),发出后作为时限跟踪:", markup=False)
    zone = app.config.company.zone
    cells = [
        (number, local(each.due_at, zone), zh(PLEDGE_NAMES, each.what), each.words, each.because)
        for number, each in enumerate(found, 1)
    ]
    print_table(("", "到期", "事项", "原文", "依据"), cells, "没有作为时限跟踪的承诺")
