"""Tickets and drafts from the command line: every action done well and refused, and all that is shown."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from mailbot import terminal
from mailbot.app import App, build
from mailbot.clock import Clock
from mailbot.config import load
from mailbot.core.errors import UserError
from mailbot.core.journal import JOURNAL_NAMES
from mailbot.core.promises import KIND_NAMES
from mailbot.core.ticket import Event, Rated, Sent, Transferred
from mailbot.loops.clock import Clock as ClockLoop
from mailbot.shelf import Shelf
from mailbot.store import lists, people
from mailbot.store.tables import ticket as ticket_table
from mailbot.terminal import deadline, span
from mailbot.ticket_acts import ACTS
from tests.conftest import MONDAY, OURS, ROOT
from tests.line import Line, letter
from tests.test_cli import Done, lines, run

SHOP = f"""
[company]
name = "示例电器"

[[mailbox]]
name = "support"
address = "{OURS}"
provider = "generic"
password = "nobody listens"
imap = {{ host = "127.0.0.1", port = 1, security = "none" }}
smtp = {{ host = "127.0.0.1", port = 1, security = "none" }}
"""
URGENT = "你好,刚买的空调插头冒烟,有烧焦味,吓死人了,请马上处理。"


@dataclass
class Desk:
    """A shop without a mail server: mails are handed in, agents type commands, time goes on when a test says so."""

    folder: Path
    app: App
    line: Line

    def __call__(self, *words: str, stdin: str = "") -> Done:
        return run(self.folder, *words, stdin=stdin)

    def comes(self, text: str = "", subject: str = "洗衣机无法开机", ago: int = 0, **more: str) -> str:
        """A mail came in some minutes ago; the number of its ticket."""
        now = datetime.now(UTC) - timedelta(minutes=ago)
        raw = letter(subject, text or "你好,我买的洗衣机按下开关没有反应,无法开机,请尽快处理。", **more)
        row = self.line.deliver(raw, at=now)
        return self.number(row.ticket_id)

    def number(self, ticket_id: int) -> str:
        with self.app.engine.read() as tx:
            return str(tx.execute(sa.select(ticket_table.c.number).where(ticket_table.c.id == ticket_id)).scalar_one())

    def id_of(self, number: str) -> int:
        with self.app.engine.read() as tx:
            query = sa.select(ticket_table.c.id).where(ticket_table.c.number == number)
            return int(tx.execute(query).scalar_one())

    def tell(self, number: str, event: Event, at: datetime | None = None) -> None:
        decision = self.app.desk.handle(self.id_of(number), event, at or datetime.now(UTC))
        assert decision.refused is None, decision.refused

    def until(self, at: datetime) -> None:
        """The clock does all that is due by then."""
        clock = ClockLoop(self.app.engine, self.app.desk, Clock(at))
        while clock.promises():
            pass

    def ticket(self, number: str) -> dict[str, Any]:
        found: dict[str, Any]
        (found,) = lines(self("ticket", number, "--json"))
        return found

    def act(self, number: str, *words: str) -> dict[str, Any]:
        found: dict[str, Any]
        (found,) = lines(self("ticket", number, *words, "--as", "amy", "--json"))
        return found

    def owed(self, number: str, kind: str) -> dict[str, Any]:
        found: dict[str, Any]
        (found,) = [each for each in self.ticket(number)["promises"] if (each["kind"], each["state"]) == (kind, "open")]
        return found


def opened(folder: Path, model: Path, shelf: Shelf) -> Desk:
    (folder / "state").mkdir()
    shutil.copy(model, folder / "state" / "mailbot.db")
    (folder / "mailbot.toml").write_text(SHOP, encoding="utf-8")
    app = build(load(folder / "mailbot.toml", {}), Clock(), shelf)
    with app.engine.write() as tx:
        for name, role in (("amy", "agent"), ("bob", "agent"), ("sue", "supervisor"), ("old", "agent")):
            known = {"name": name, "display_name": name.title(), "staff_number": "1001", "role": role}
            no_login = {"password": "", "created_at": app.clock.now()}  # a real hash takes a tenth of a second
            agent_id = people.add(tx, {**known, **no_login})
        people.disable(tx, agent_id, app.clock.now())
    return Desk(folder, app, Line(app))


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> None:
    """No setting of this machine reaches a test, tables are wide, and commands find rules and templates read."""
    for name in [each for each in os.environ if each.startswith("MAILBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(terminal, "build", partial(build, shelf=shelf))


@pytest.fixture
def desk(tmp_path: Path, sqlite_model: Path, shelf: Shelf) -> Iterator[Desk]:
    made = opened(tmp_path, sqlite_model, shelf)
    yield made
    made.app.close()


@pytest.fixture(scope="module")
def quiet_desk(tmp_path_factory: pytest.TempPathFactory, sqlite_model: Path, shelf: Shelf) -> Iterator[Desk]:
    """One ticket, for commands that are refused."""
    made = opened(tmp_path_factory.mktemp("quiet"), sqlite_model, shelf)
    made.comes()
    yield made
    made.app.close()


REFUSED = [
    (("dance",), "known: show, take, assign"),
    (("show", "me"), "name an action"),
    (("take", "it"), "too many words; write: mailbot ticket NUMBER take"),
    (("note", "x", "--quiet"), "--quiet: is no option of this action; write: mailbot ticket NUMBER note"),
    (("assign",), "--to: is missing"),
    (("assign", "--to", "zoe"), "--to: zoe: no such agent"),
    (("assign", "--to", "old"), "--to: old: may not work here any more"),
    (("correct",), "say what to correct"),
    (("correct", "--topic", "fault/dancing"), "known: fault/"),
    (("correct", "--topic", "dancing"), "write CATEGORY/TOPIC"),
    (("correct", "--priority", "soon"), "known: urgent, important, normal"),
    (("note",), "something is missing"),
    (("note", " "), "备注内容为空"),
    (("plan", "换主板", "--by", "soon"), "write a time such as"),
    (("plan", "换主板", "--by", "2020-01-01 10:00"), "has passed"),
    (("plan", "换主板", "--by", "2099-01-01"), "add the time of day"),
    (("transfer", "看主板"), "--department: is missing"),
    (("transfer", "看主板", "--department", "garden"), "known: service, product, logistics"),
    (("done", "1"), "something is missing"),
    (("done", "one", "已换"), "name the ID of a promise, a number"),
    (("done", "999", "已换"), "no such open promise; see their IDs with: mailbot ticket 2"),
    (("done", "1", "已换"), "没有这项部门事项"),
    (("end", "1"), "不能手工结束"),
    (("delay", "缺货"), "--by: is missing"),
    (("material", "、,"), "请写明需要客户补充什么"),
    (("wait", "godot"), "known: us, customer, department"),
    (("wait", "department"), "请先转交"),
    (("escalate", " "), "请写明升级的原因"),
    (("object", " "), "请写明客户的诉求"),
    (("reply", " "), "回复内容为空"),
    (("resolve", "已更换主板"), "请选择责任方"),
    (("resolve", "已更换主板"), "--side company|third_party|customer|none"),
    (("resolve", "已更换主板", "--side", "moon"), "known: company 企业"),
    (("resolve", "已更换主板", "--side", "company"), "请写明怎样确认"),
    (("close",), "只有已解决的工单可以关闭"),
    (("reopen", "又响了"), "无需重新打开"),
    (("adopt", " "), "请写明采纳了什么建议"),
    (("join", "abc"), "name the ID of the mail"),
    (("join", "999999"), "no such mail"),
    (("split", "999999"), "no such mail in this ticket"),
    (("split", "1"), "the only mail of this ticket"),
    (("merge", "20200101-0001"), "没有这个工单"),
    (("unmerge",), "没有并入"),
]


@pytest.mark.parametrize(("words", "says"), REFUSED, ids=[f"{' '.join(each[0])}-{n}" for n, each in enumerate(REFUSED)])
def test_a_wrong_action_is_one_line_with_its_remedy_and_changes_nothing(
    quiet_desk: Desk, words: tuple[str, ...], says: str
) -> None:
    with quiet_desk.app.engine.read() as tx:
        before = tx.execute(sa.select(ticket_table)).all()

    done = quiet_desk("ticket", before[0].number, *words, "--as", "amy")

    with quiet_desk.app.engine.read() as tx:
        assert before == tx.execute(sa.select(ticket_table)).all()
    assert (2, "") == (done.returncode, done.stdout)
    assert says in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_nobody_acts_without_a_name(quiet_desk: Desk) -> None:
    number = quiet_desk.number(1)

    nameless = quiet_desk("ticket", number, "take")
    unknown = quiet_desk("ticket", number, "take", "--as", "zoe")

    assert "--as: name the agent" in nameless.stderr
    assert "--as: zoe: no such agent" in unknown.stderr
    assert None is quiet_desk.ticket(number)["owner"]


def test_help_has_a_line_for_every_action(quiet_desk: Desk) -> None:
    told = quiet_desk("ticket", "--help").stdout

    assert [] == [name for name in ("show", *ACTS) if f"    {name}" not in told]
    assert [] == [each.help for each in ACTS.values() if each.help not in told]


# ---- each action, done well ----


@pytest.mark.rule("001-13")
@pytest.mark.rule("001-16")
def test_a_ticket_that_is_assigned_shows_owner_deadline_and_what_is_needed_until_the_owner_confirms(desk: Desk) -> None:
    number = desk.comes()

    desk.act(number, "assign", "--to", "bob")
    given = desk("ticket", number).stdout
    waits = desk.owed(number, "confirm")
    (taken,) = lines(desk("ticket", number, "take", "--as", "bob", "--json"))
    again = desk("ticket", number, "assign", "--to", "bob", "--as", "amy")

    assert "负责人 bob" in given
    assert "还需资料 型号、发生时间、电话" in given
    assert all(name in given for name in ("首次回复", "解决问题", "接手确认", "初步方案"))
    assert datetime.fromisoformat(waits["due_at"]) > datetime.now(UTC)
    assert "in_progress" == taken["state"]
    assert ["kept"] == [each["state"] for each in taken["promises"] if each["kind"] == "confirm"]
    assert "已经是负责人" in again.stderr


@pytest.mark.rule("001-19")
def test_the_whole_way_of_a_ticket_stands_on_its_page(desk: Desk) -> None:
    number = desk.comes()
    desk.act(number, "take")
    desk.act(number, "note", "更换主板,部件号 KFR-35-PCB2")
    desk.act(number, "note", "已联系维修团队,预计明日上门", "--for-customer")
    desk.act(number, "plan", "明日上门更换主板", "--by", "2099-01-01 17:30")
    draft = desk.act(number, "reply", "您好,工程师会在24小时内联系您。")["drafts"][-1]
    desk("draft", str(draft["id"]), "approve", "--as", "amy")

    page = desk("ticket", number).stdout

    told = ("建单", "领取", "添加备注", "给客户的进展", "处理方案", "撰写回复", "批准回复")
    assert [] == [name for name in told if name not in page]
    assert "部件号 KFR-35-PCB2" in page
    assert ["客户可见"] == [line.split()[3] for line in page.splitlines() if "预计明日上门" in line]
    assert "等待发送,amy 批准" in page
    assert [False, True] == [each["for_customer"] for each in desk.ticket(number)["notes"]]


@pytest.mark.rule("001-42")
def test_a_plan_is_shown_with_the_time_it_is_to_be_done_by(desk: Desk) -> None:
    number = desk.comes()
    desk.act(number, "take")

    desk.act(number, "plan", "更换主板", "--by", "2099-01-01 17:30")
    whole, page = desk.ticket(number), desk("ticket", number).stdout

    assert "处理方案 更换主板" in page
    assert "2099-01-01T09:30:00+00:00" == desk.owed(number, "pledge")["due_at"]
    assert ["kept"] == [each["state"] for each in whole["promises"] if each["kind"] == "plan"]


@pytest.mark.rule("001-15")
@pytest.mark.rule("001-51")
@pytest.mark.rule("002-22")
def test_several_departments_have_a_task_and_a_date_each_and_one_owner_stays(desk: Desk) -> None:
    number = desk.comes()
    desk.act(number, "take")

    told = ("--department", "technical", "--person", "赵工程师", "--by", "2099-01-05 12:00")
    first = desk.act(number, "transfer", "检测主板", *told)
    desk.act(number, "transfer", "准备备件", "--department", "logistics", "--quiet")
    page = desk("ticket", number).stdout
    task = desk.ticket(number)["promises"][-2]
    done = desk.act(number, "done", str(task["id"]), "主板已", "损坏")

    assert ("amy", "department") == (done["owner"], done["waiting_on"])
    rows = [line.split() for line in page.splitlines() if line.startswith(str(task["id"])) or "准备备件" in line]
    assert any("技术部" == row[1] and row[2].startswith("检测主板") for row in rows)
    assert any(["物流部", "准备备件"] == row[1:3] for row in rows)
    assert "赵工程师" in first["drafts"][-1]["text"]
    assert 1 == sum("transfer" == each["template"] for each in done["drafts"])
    assert {"department:technical", "department:logistics"} <= {each["audience"] for each in done["reminders"]}
    assert [("检测主板（赵工程师）", "kept", "主板已 损坏"), ("准备备件", "open", "")] == [
        (each["about"], each["state"], each["settled_because"])
        for each in done["promises"]
        if each["kind"] == "department"
    ]


def test_a_promise_is_ended_as_done_or_dropped_with_a_reason(desk: Desk) -> None:
    number = desk.comes()
    desk.act(number, "plan", "换主板", "--by", "2099-01-01 17:30")
    first = str(desk.owed(number, "pledge")["id"])

    reasonless = desk("ticket", number, "end", first, "--drop", "--as", "amy")
    desk.act(number, "end", first, "已经换好")
    desk.act(number, "plan", "再换面板", "--by", "2099-01-02 17:30")
    second = str(desk.owed(number, "pledge")["id"])
    whole = desk.act(number, "end", second, "客户改为退货", "--drop")

    assert "请写明为什么不再需要" in reasonless.stderr
    assert [("kept", "已经换好"), ("withdrawn", "客户改为退货")] == [
        (each["state"], each["settled_because"]) for each in whole["promises"] if each["kind"] == "pledge"
    ]


@pytest.mark.rule("001-22")
@pytest.mark.rule("001-23")
def test_a_delay_escalates_and_drafts_the_mail_that_tells_the_customer(desk: Desk) -> None:
    number = desk.comes()

    whole = desk.act(number, "delay", "主板缺货", "--by", "2099-01-05 12:00")

    assert "escalated" == whole["state"]
    assert "主板缺货" in whole["drafts"][-1]["text"]
    assert ("delay", "open") == (whole["drafts"][-1]["template"], whole["drafts"][-1]["state"])
    assert "supervisors" in {each["audience"] for each in whole["reminders"]}


@pytest.mark.rule("002-27")
def test_material_is_asked_for_item_by_item_and_waited_for(desk: Desk) -> None:
    number = desk.comes()

    whole = desk.act(number, "material", "serial、购买凭证,保修卡")
    waiting = desk.act(number, "wait", "customer")
    back = desk.act(number, "wait", "us")

    assert all(word in whole["drafts"][-1]["text"] for word in ("序列号", "购买凭证", "保修卡"))
    assert ("customer", "us") == (waiting["waiting_on"], back["waiting_on"])
    assert ["withdrawn"] == [each["state"] for each in back["promises"] if each["kind"] == "material"]


@pytest.mark.rule("001-22")
def test_an_escalation_carries_its_reason_to_the_supervisors(desk: Desk) -> None:
    number = desk.comes()

    whole = desk.act(number, "escalate", "客户要求当天上门")

    assert "escalated" == whole["state"]
    assert ["客户要求当天上门"] == whole["journal"][-1]["reasons"]
    assert ["supervisors"] == [each["audience"] for each in whole["reminders"] if each["level"] == "escalated"]


@pytest.mark.rule("002-29")
def test_an_objection_changes_the_plan_or_goes_to_the_supervisors_with_the_final_opinion(desk: Desk) -> None:
    number = desk.comes()
    desk.act(number, "plan", "维修主板")

    agreed = desk.act(number, "object", "整机更换", "--plan", "更换整机")
    insisted = desk.act(number, "object", "退一赔三")

    assert ("in_progress", "更换整机") == (agreed["state"], agreed["plan"])
    assert "escalated" == insisted["state"]
    assert "客户坚持要求退一赔三,将升级至主管处理" in desk("ticket", number).stdout


def test_a_resolved_ticket_shows_result_side_proof_and_closes_only_after_the_revisit(desk: Desk) -> None:
    number = desk.comes()
    desk.act(number, "take")
    desk.tell(number, Sent(1, "reply", False, "250 ok", datetime.now(UTC)))

    desk.act(number, "resolve", "已更换主板", "--side", "企业", "--proof", "试机正常")
    early = desk("ticket", number, "close", "--as", "amy")
    page = desk("ticket", number).stdout
    now = datetime.now(UTC)
    desk.tell(number, Sent(1, "revisit", False, "250 ok", now, "revisit_invitation"))
    closed = desk.act(number, "close")
    opened_again = desk.act(number, "reopen", "客户来电说又响了")

    assert all(line in page for line in ("处理结果 已更换主板", "责任方 企业", "确认方式 试机正常"))
    assert "还缺:有回访,不能关闭" in early.stderr
    assert ("closed", "in_progress") == (closed["state"], opened_again["state"])
    assert ["客户来电说又响了"] == opened_again["journal"][-1]["reasons"]


def test_a_rating_is_shown_with_its_reason(desk: Desk) -> None:
    number = desk.comes()
    desk.act(number, "resolve", "已更换主板", "--side", "company", "--proof", "试机正常")

    desk.tell(number, Rated(4, "上门很快", "link"))
    whole, page = desk.ticket(number), desk("ticket", number).stdout

    assert "满意度 4 分 满意:上门很快" in page
    assert [(4, "上门很快", "link")] == [(each["score"], each["reason"], each["how"]) for each in whole["ratings"]]


def test_what_is_no_customers_case_is_closed_with_its_reason(desk: Desk) -> None:
    number = desk.comes()
    desk.act(number, "correct", "--topic", "other/none", "--priority", "normal")

    reasonless = desk("ticket", number, "close", "--as", "amy")
    closed = desk.act(number, "close", "供应商的广告")

    assert "请写明为什么无需处理" in reasonless.stderr
    assert ("closed", "other", "normal") == (closed["state"], closed["category"], closed["priority"])
    assert "供应商的广告" in closed["journal"][-1]["reasons"]


@pytest.mark.rule("004-20")
@pytest.mark.rule("003-18")
def test_a_solution_is_offered_with_its_plans_and_a_wish_declined_with_its_reason(desk: Desk) -> None:
    number = desk.comes()
    plans = [plan.code for plan in desk.app.shelf.volume.book.policy.suiting("fault", "malfunction")][:2]

    unknown = desk("ticket", number, "offer", "主板老化", "--plans", "wizardry", "--as", "amy")
    offered = desk.act(number, "offer", "主板老化", "--plans", ",".join(plans))
    declined = desk.act(number, "decline", "整机免费换新", "--because", "已超过换货期限", "--instead", "免费维修")

    assert (2, True) == (unknown.returncode, all(code in unknown.stderr for code in plans))
    assert "主板老化" in offered["drafts"][-1]["text"]
    assert ("decline", True) == (
        declined["drafts"][-1]["template"],
        "已超过换货期限" in declined["drafts"][-1]["text"],
    )


@pytest.mark.rule("002-35")
def test_an_adopted_suggestion_is_told_to_the_customer(desk: Desk) -> None:
    number = desk.comes("你好,建议你们的空调增加一个静音模式,晚上睡觉会更舒服。", subject="一个建议")

    whole = desk.act(number, "adopt", "静音模式", "--launch", "2099年春季")

    assert "suggestion_adopted" == whole["drafts"][-1]["template"]
    assert all(word in whole["drafts"][-1]["text"] for word in ("静音模式", "2099年春季"))


def test_two_tickets_become_one_and_two_again(desk: Desk) -> None:
    first = desk.comes(ago=30)
    second = desk.comes("你好,洗衣机还是无法开机,另外排水也不通。", subject="洗衣机排水不通")
    other = desk.comes(sender="wang.fang@mail.example", subject="洗衣机漏水", text="你好,洗衣机漏水,请处理。")

    foreign = desk("ticket", second, "merge", other, "--as", "amy")
    merged = desk.act(second, "merge", first)
    joined = desk.ticket(first)
    page = desk("ticket", second).stdout
    back = desk.act(second, "unmerge")

    assert "客户不同" in foreign.stderr
    assert ("closed", first) == (merged["state"], merged["merged_into"])
    assert f"已并入 {first}" in page
    assert (2, 0) == (len(joined["mails"]), len(merged["mails"]))
    assert ("in_progress", None, 1) == (back["state"], back["merged_into"], len(back["mails"]))


def test_a_mail_is_split_off_and_joined_again(desk: Desk) -> None:
    number = desk.comes(message_id="<one@mail.example>")
    assert number == desk.comes(
        "另外,我还想问一下发票怎么开?", subject="Re: 洗衣机无法开机", in_reply_to="<one@mail.example>"
    )
    mail = str(desk.ticket(number)["mails"][-1]["id"])

    split = desk("ticket", number, "split", mail, "--as", "amy")
    new = split.stdout.split()[0]
    alone = desk.ticket(new)
    joined = desk.act(number, "join", mail)

    assert 0 == split.returncode, split.stderr
    assert number != new
    assert [mail] == [str(each["id"]) for each in alone["mails"]]
    assert 2 == len(joined["mails"])


def test_an_action_says_what_is_owed_now_and_which_drafts_wait(desk: Desk) -> None:
    number = desk.comes()

    taken = desk("ticket", number, "take", "--as", "amy").stdout
    written = desk("ticket", number, "reply", "-", "--as", "amy", stdin="您好,已为您安排维修。\n").stdout
    (draft,) = [each for each in desk.ticket(number)["drafts"] if (each["kind"], each["state"]) == ("reply", "open")]

    assert f"{number} 处理中 负责人 amy" in taken
    assert "时限 初步方案" in taken
    assert f"待审批草稿 {draft['id']} 回复: mailbot draft {draft['id']}" in written
    assert "您好,已为您安排维修。" in draft["text"]


def test_a_narrow_terminal_cuts_nothing_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.comes()
    monkeypatch.setenv("COLUMNS", "90")

    page = desk("ticket", number).stdout

    told = "".join(page.split())
    assert "\u2026" not in page
    assert all(word in told for word in ("重要→首次回复", "09:00–12:00", "每个工作日"))


# ---- what a draft promises ----


@pytest.mark.rule("000-34")
def test_an_agent_sees_the_times_that_a_draft_promises_and_says_which_are_meant(desk: Desk) -> None:
    number = desk.comes()
    text = "您好,工程师会在24小时内联系您。我们会在48小时内给您答复。"
    draft = str(desk.act(number, "reply", text)["drafts"][-1]["id"])

    seen = desk("draft", draft).stdout
    kept = desk("draft", draft, "pledges", "--keep", "2", "--as", "amy")
    (changed,) = lines(
        desk(
            "draft",
            draft,
            "pledges",
            "--set",
            "1=2099-01-05 12:00",
            "--set",
            "上门=2099-01-06 09:00",
            "--as",
            "bob",
            "--json",
        )
    )
    (none,) = lines(desk("draft", draft, "pledges", "--keep", "none", "--as", "amy", "--json"))

    assert all(word in seen for word in ("这封信承诺的时间", "联系", "24小时内联系您", "48小时内给您答复"))
    assert "由 amy 确定" in kept.stdout
    assert "24小时内" not in kept.stdout.split("这封信承诺的时间")[1]
    assert [("answer", "2099-01-05T04:00:00+00:00"), ("other", "2099-01-06T01:00:00+00:00")] == [
        (each["what"], each["due_at"]) for each in changed["pledges"]
    ]
    assert ("bob", []) == (changed["pledges_by"], none["pledges"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "say which are promised"),
        (("--keep", "2"), "write numbers of this draft's 1 promises"),
        (("--keep", "one"), "write numbers"),
        (("--set", "明天上门"), "write WORDS=TIME"),
        (("--set", "2=2099-01-05 12:00"), "this draft promises 1 times"),
        (("--set", "上门=2020-01-05 12:00"), "has passed"),
        (("--set", "上门=soon"), "write a time such as"),
    ],
)
def test_a_wrong_promise_is_refused(quiet_desk: Desk, words: tuple[str, ...], says: str) -> None:
    number = quiet_desk.number(1)
    draft = quiet_desk.act(number, "reply", "您好,工程师会在24小时内联系您。")["drafts"][-1]

    done = quiet_desk("draft", str(draft["id"]), "pledges", *words, "--as", "amy")

    assert 2 == done.returncode
    assert says in done.stderr
    assert draft == quiet_desk.ticket(number)["drafts"][-1]


@pytest.mark.rule("000-34")
def test_a_blocked_draft_goes_out_on_a_supervisors_word_and_reason_alone(desk: Desk) -> None:
    number = desk.comes()
    draft = str(desk.act(number, "reply", "您好，请拨打 13912345678 与我们联系。")["drafts"][-1]["id"])

    agent = desk("draft", draft, "approve", "--as", "amy", "--override", "是客户本人的")
    silent = desk("draft", draft, "approve", "--as", "sue")
    (done,) = lines(desk("draft", draft, "approve", "--as", "sue", "--override", "是客户本人的", "--json"))

    assert (2, 2) == (agent.returncode, silent.returncode)
    assert "supervisor" in agent.stderr
    assert ("approved", "sue", "是客户本人的") == (done["state"], done["overridden_by"], done["overridden_because"])


# ---- lists ----


def test_a_promise_is_shown_as_due_soon_and_then_as_overdue(desk: Desk) -> None:
    number = desk.comes(URGENT, subject="空调冒烟")
    start = datetime.now(UTC)

    desk.until(start + timedelta(minutes=50))
    soon = {each["kind"]: each["standing"] for each in desk.ticket(number)["promises"]}
    page = desk("ticket", number).stdout
    desk.until(start + timedelta(minutes=61))
    late = {each["kind"]: each["standing"] for each in desk.ticket(number)["promises"]}

    assert ("soon", "open") == (soon["answer"], soon["solve"])
    assert "即将到期" in page
    assert "最后提醒" in page
    assert "overdue" == late["answer"]
    assert "已超时" in desk("ticket", number).stdout


def test_tickets_are_listed_by_what_is_due_overdue_waited_for_and_whose_department_it_is(desk: Desk) -> None:
    calm = desk.comes(
        "你好,我想咨询一下这款洗衣机怎么设置童锁?谢谢。", subject="童锁怎么设置", sender="wang.fang@mail.example"
    )
    urgent = desk.comes(URGENT, subject="空调冒烟", ago=61)
    late = desk.comes("你好,洗衣机排水管漏水,请处理。", subject="洗衣机漏水", sender="zhao@mail.example")
    desk.act(late, "transfer", "查备件", "--department", "production", "--quiet")

    def numbers(*words: str) -> set[str]:
        return {each["number"] for each in lines(desk("tickets", *words, "--json"))}

    def due_at(promise: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(promise["due_at"])

    assert {urgent} == numbers("--overdue")
    assert urgent in numbers("--due-within", "2h")
    assert {calm, urgent, late} == numbers("--due-within", "9d")
    assert {late} == numbers("--waiting-on", "department")
    assert {late} == numbers("--department", "production")
    assert set() == numbers("--department", "finance", "--overdue")
    (found,) = lines(desk("tickets", "--overdue", "--json"))
    assert ("首次回复", "overdue") == tuple(desk.owed(urgent, "answer")[key] for key in ("name", "standing"))
    first = min((each for each in desk.ticket(urgent)["promises"] if each["state"] == "open"), key=due_at)
    assert first["kind"] in {"answer", "progress"}  # a mail of shortly before 17:00 owes that day's news first
    assert (first["kind"], KIND_NAMES[first["kind"]], "overdue") == tuple(
        found["next_promise"][key] for key in ("kind", "name", "standing")
    )
    assert found["next_due"] == found["next_promise"]["due_at"] == first["due_at"]
    table = desk("tickets").stdout
    assert all(word in table for word in (KIND_NAMES[first["kind"]], "已超时", "其他部门"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--due-within", "soon"), "write a span of time such as 90min, 2h or 3d"),
        (("--waiting-on", "godot"), "known: us, customer, department"),
        (("--department", "garden"), "no such department; known: service"),
    ],
)
def test_a_wrong_filter_is_refused(quiet_desk: Desk, words: tuple[str, ...], says: str) -> None:
    done = quiet_desk("tickets", *words)

    assert 2 == done.returncode
    assert says in done.stderr


def test_lists_are_narrowed_alike_on_both_databases(make_app: Callable[..., App]) -> None:
    line = Line(make_app())
    urgent = line.deliver(letter("空调冒烟", URGENT)).ticket_id
    calm = line.deliver(letter("怎么设置童锁", "你好,请问洗衣机怎么设置童锁?", "wang.fang@mail.example")).ticket_id
    assert None is line.handle(calm, Transferred("amy", "production", "查备件", tell=False))

    def found(**wanted: Any) -> list[int]:
        with line.engine.read() as tx:
            return [row.id for row in lists.wanted_tickets(tx, lists.Wanted(**wanted))]

    with line.engine.read() as tx:
        owed = lists.next_promises(tx, [urgent, calm, 999_999])
    assert [urgent, calm] == found()
    assert [urgent] == found(due_by=MONDAY + timedelta(hours=1))
    assert [] == found(due_by=MONDAY + timedelta(minutes=59))
    assert [calm] == found(department="production")
    assert [calm] == found(waiting_on="department")
    assert [calm] == found(owner="amy", states=("in_progress",))
    assert {urgent: "answer", calm: "progress"} == {key: row.kind for key, row in owed.items()}


# ---- times and names ----

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17:30", "2026-11-23T17:30+08:00"),
        ("9:05", "2026-11-23T09:05+08:00"),
        ("17\uff1a30", "2026-11-23T17:30+08:00"),
        ("2026-11-24 08:00", "2026-11-24T08:00+08:00"),
        ("2026-11-24T08:00", "2026-11-24T08:00+08:00"),
        ("2026-11-24T08:00Z", "2026-11-24T16:00+08:00"),
        ("2026-11-24T08:00-05:00", "2026-11-24T21:00+08:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, expected: str) -> None:
    assert datetime.fromisoformat(expected) == deadline("--by", text, SHANGHAI, AT)


@pytest.mark.parametrize("text", ["", "25:00", "24:00", "17:60", "noon", "2026-13-01 10:00", "08:59", "2026-11-24"])
def test_a_time_that_is_none_or_past_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        deadline("--by", text, SHANGHAI, AT)


@pytest.mark.parametrize(("text", "minutes"), [("90min", 90), ("2h", 120), ("2 h", 120), ("3d", 4320), ("45m", 45)])
def test_a_span_of_time_is_read(text: str, minutes: int) -> None:
    assert timedelta(minutes=minutes) == span("--due-within", text)


def test_every_code_of_the_journal_has_its_name() -> None:
    codes = set()
    for file in (ROOT / "mailbot").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Entry" and node.args:
                names = ast.walk(node.args[0])
                codes |= {
                    each.value for each in names if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }

    assert len(codes) > 30
    assert set() == codes - JOURNAL_NAMES.keys()
    assert set() == JOURNAL_NAMES.keys() - codes


# ---- the documents ----

READMES = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")]


@pytest.mark.parametrize("text", READMES, ids=["en", "zh"])
def test_the_readme_names_every_action_and_its_examples_are_written_as_they_should_be(text: str) -> None:
    examples = [shlex.split(line, comments=True) for line in text.splitlines() if line.startswith("mailbot ticket ")]
    options = {words[3]: {word[2:].replace("-", "_") for word in words if word.startswith("--")} for words in examples}

    assert len(examples) > 2
    assert [] == [name for name in ACTS if f"`{name}`" not in text]
    assert [] == [name for name, given in options.items() if not given <= {*ACTS[name].options, "as"}]
    assert [] == [name for name, given in options.items() if not {*ACTS[name].needs, "as"} <= given]


def test_the_reference_names_every_kind_and_key_of_the_promises() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    keys = set(re.findall(r"^(\w+) =", (ROOT / "rules" / "promises.toml").read_text(encoding="utf-8"), re.MULTILINE))

    assert [] == [code for code, name in KIND_NAMES.items() if f"| `{code}` | {name} |" not in reference]
    assert [] == [key for key in sorted(keys) if f"`{key}`" not in reference]
