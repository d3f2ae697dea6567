"""A ticket on the terminal: everything about it, in the order an agent asks; strangers' words cannot steer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mailbot import documents
from mailbot.app import App
from mailbot.core.departments import Department
from mailbot.core.journal import (
    JOURNAL_NAMES,
    LEVEL_NAMES,
    MAIL_NAMES,
    STANDING_NAMES,
    WAITING_NAMES,
    zh,
)
from mailbot.core.promises import PRIORITY_NAMES
from mailbot.core.ratings import SCORE_NAMES
from mailbot.core.replies import PART_NAMES
from mailbot.core.rules import RuleBook
from mailbot.core.ticket import SIDE_NAMES, STATE_NAMES, State
from mailbot.store import lists
from mailbot.terminal import local, plain_line, print_json, print_table, screen

_SENDS = {
    "queued": "等待发送",
    "sending": "正在发送",
    "sent": "已发送",
    "failed": "发送失败",
    "uncertain": "是否送达不明",
}


def show_ticket(app: App, ticket_id: int, as_json: bool) -> None:
    """Print it, for people or as JSON."""
    with app.engine.read() as tx:
        row = lists.ticket_row(tx, ticket_id)
        assert row is not None
        whole = documents.whole_ticket(tx, row, app.clock.now())
    if as_json:
        print_json(whole)
        return
    book = app.shelf.volume.book
    page = _Page(app, whole, book)
    for line in page.head():
        screen.print(plain_line(line), markup=False, soft_wrap=True)
    for titles, rows in page.tables():
        if rows:
            screen.print()
            print_table(titles, rows, "")
    for each in whole["drafts"]:
        if each["state"] == "open":
            screen.print(
                f"待审批草稿 {each['id']} {zh(MAIL_NAMES, each['kind'])}: mailbot draft {each['id']}", markup=False
            )


class _Page:
    """The parts of the page, from a ticket's document."""

    def __init__(self, app: App, whole: Mapping[str, Any], book: RuleBook) -> None:
        self.whole, self.book = whole, book
        self.zone = app.config.company.zone

    def head(self) -> list[str]:
        whole = self.whole
        state, priority = STATE_NAMES[State(whole["state"])], PRIORITY_NAMES[whole["priority"]]
        lines = [
            f"工单 {whole['number']}  {state}  {priority}  {self._topic()}",
            f"客户 {whole['customer']}  主题 {whole['subject']}",
            f"负责人 {whole['owner'] or '未领取'}  相关部门 {self._department(whole['department']) or '无'}"
            f"  等待 {zh(WAITING_NAMES, whole['waiting_on'])}",
        ]
        missing = "、".join(PART_NAMES.get(code, code) for code in whole["missing"])
        side = SIDE_NAMES.get(whole["side"], "")
        named = (
            ("还需资料", missing),
            ("处理方案", whole["plan"]),
            ("处理结果", whole["result"]),
            ("责任方", side),
            ("确认方式", whole["proof"]),
            ("满意度", self._score()),
            ("已并入", whole["merged_into"]),
        )
        return lines + [f"{name} {value}" for name, value in named if value]

    def tables(self) -> list[tuple[Sequence[str], list[tuple[object, ...]]]]:
        return [
            (("时限ID", "时限", "状态", "到期", "下次查看", "内容", "依据"), self._promises()),
            (("部门事项ID", "部门", "事项", "期限", "状态", "答复"), self._tasks()),
            (("邮件ID", "时间", "往来", "对方", "内容"), self._letters()),
            (("提醒", "对象", "级别", "内容", "发出"), self._reminders()),
            (("备注", "客服", "", "内容"), self._notes()),
            (("时间", "事项", "经手", "说明"), self._journal()),
        ]

    def _promises(self) -> list[tuple[object, ...]]:
        """What is owed by its due time, then what is settled."""
        promises = sorted(self.whole["promises"], key=lambda each: (each["state"] != "open", each["due_at"]))
        return [
            (
                each["id"],
                each["name"],
                zh(STANDING_NAMES, each["standing"]),
                self._at(each["due_at"]),
                self._at(each["next_at"]) if each["state"] == "open" else "",
                each["about"],
                each["because"] + (f";{each['settled_because']}" if each["settled_because"] else ""),
            )
            for each in promises
        ]

    def _tasks(self) -> list[tuple[object, ...]]:
        return [
            (
                each["id"],
                self._department(each["party"]),
                each["about"],
                self._at(each["due_at"]),
                zh(STANDING_NAMES, each["standing"]),
                each["settled_because"],
            )
            for each in self.whole["promises"]
            if each["kind"] == "department"
        ]

    def _letters(self) -> list[tuple[object, ...]]:
        """What came in and what went out, by time; only what came in has an ID to join or split by."""
        came = [
            (each["received_at"], (each["id"], "来信", each["sender"], each["words"][:60]))
            for each in self.whole["mails"]
        ]
        went = [
            (
                each["sent_at"] or each["approved_at"],
                ("", zh(MAIL_NAMES, each["kind"]), ", ".join(each["recipients"]), self._end_of(each)),
            )
            for each in self.whole["outbox"]
        ]
        both = sorted((*came, *went), key=lambda pair: pair[0])
        return [(cells[0], self._at(at), *cells[1:]) for at, cells in both]

    def _end_of(self, send: Mapping[str, Any]) -> str:
        return f"{_SENDS.get(send['state'], send['state'])},{send['approver']} 批准"

    def _reminders(self) -> list[tuple[object, ...]]:
        return [
            (
                self._at(each["at"]),
                self._audience(each["audience"]),
                zh(LEVEL_NAMES, each["level"]),
                each["text"],
                self._at(each["gathered_at"]) or "待发",
            )
            for each in self.whole["reminders"]
        ]

    def _notes(self) -> list[tuple[object, ...]]:
        return [
            (self._at(each["at"]), each["author"], "客户可见" if each["for_customer"] else "", each["text"])
            for each in self.whole["notes"]
        ]

    def _journal(self) -> list[tuple[object, ...]]:
        return [
            (self._at(each["at"]), zh(JOURNAL_NAMES, each["what"]), each["who"], ";".join(each["reasons"]))
            for each in self.whole["journal"]
        ]

    def _at(self, moment: datetime | None) -> str:
        return local(moment, self.zone)

    def _topic(self) -> str:
        code = f"{self.whole['category']}/{self.whole['topic']}"
        topic = self.book.topics.get((self.whole["category"], self.whole["topic"]))
        category = self.book.categories.get(self.whole["category"], {}).get("zh", "")
        return f"{category}-{topic.name['zh']} ({code})" if topic else code

    def _department(self, code: str) -> str:
        found: Department | None = self.book.departments.get(code)
        if found is None:
            return code
        return f"{found.name['zh']} {found.person}".rstrip()

    def _audience(self, audience: str) -> str:
        kind, _, name = audience.partition(":")
        return {"agent": name, "department": self._department(name)}.get(kind, "主管")

    def _score(self) -> str:
        score = self.whole["score"]
        if score is None:
            return ""
        reason = self.whole["score_reason"]
        return f"{score} 分 {SCORE_NAMES[score]['zh']}" + (f":{reason}" if reason else "")
