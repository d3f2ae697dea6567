"""The forms of a ticket's page: who has it, what is planned, who helps, and what is promised."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from mailbot.core.ticket import PromiseDue
from mailbot.store import lists, people, tickets
from tests.console.conftest import form_of, letter, open_drafts, promises_of, ticket_of

TOMORROW = "2026-11-24T18:00"  # of the wall clock; 10:00 UTC


def notes(world, number):
    with world.app.engine.read() as tx:
        return [(row.text, row.for_customer) for row in lists.notes_of(tx, lists.ticket_id_of(tx, number))]


def told(world, number, minutes):
    """Let the clock look at what is due."""
    world.app.clock.move_to(world.app.clock.now() + timedelta(minutes=minutes))
    now = world.app.clock.now()
    with world.app.engine.read() as tx:
        due = tickets.due_promises(tx, now)
    for promise_id, ticket_id in due:
        world.app.desk.handle(ticket_id, PromiseDue(promise_id), now)


def test_a_note_for_the_customer_is_marked_and_waits_for_the_progress_mail(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    answer = agent.post(f"/tickets/{number}/note", text="已联系仓库，明天发出", for_customer="1")
    agent.post(f"/tickets/{number}/note", text="仓库电话分机 8012")

    assert f"/tickets/{number}?done=news" == answer.headers["location"]
    assert [("已联系仓库，明天发出", True), ("仓库电话分机 8012", False)] == notes(world, number)
    assert ("已联系仓库，明天发出",) == ticket_of(world, number).news
    html = agent.get(f"/tickets/{number}").text
    assert html.index("给客户的进展</strong>") < html.index("已联系仓库") < html.index("内部备注</strong>")


@pytest.mark.rule("001-21")
def test_a_ticket_without_todays_word_for_the_customer_is_flagged(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    assert "今天还没有写给客户的进展" in agent.get(f"/tickets/{number}").text
    assert "今天未写进展" in agent.get("/tickets").text
    agent.post(f"/tickets/{number}/note", text="已联系仓库", for_customer="1")

    assert "今天还没有写给客户的进展" not in agent.get(f"/tickets/{number}").text
    assert "今天未写进展" not in agent.get("/tickets").text


def test_assigning_shows_the_new_owner_and_what_they_owe(world):
    number = world.deliver(letter())
    agent = world.browser("wangjing")

    answer = agent.post(f"/tickets/{number}/assign", to="meili")

    assert f"/tickets/{number}?done=assigned" == answer.headers["location"]
    assert "meili" == ticket_of(world, number).owner
    html = agent.get(f"/tickets/{number}").text
    assert "接手确认" in html
    assert "<dt>负责人</dt><dd>美丽</dd>" in html
    assert 'value="meili"' not in form_of(html, "assign")


def test_nobody_who_left_can_be_given_a_ticket(world):
    from mailbot import accounts

    number = world.deliver(letter())
    accounts.disable(world.app.engine, "meili", world.wall.now())
    agent = world.browser("xiaozhou")

    assert 'value="meili"' not in form_of(agent.get(f"/tickets/{number}").text, "assign")
    assert 400 == agent.post(f"/tickets/{number}/assign", to="meili").status_code
    with world.app.engine.read() as tx:
        assert "meili" not in {each.name for each in people.staff(tx)}


def test_a_plan_with_its_day_becomes_a_promise_that_the_page_explains(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    agent.post(f"/tickets/{number}/plan", text="换新并承担运费", by=TOMORROW)

    assert "换新并承担运费" == ticket_of(world, number).plan
    (owed,) = promises_of(world, number, "pledge")
    assert "2026-11-24T10:00:00+00:00" == owed.due_at.isoformat()
    html = agent.get(f"/tickets/{number}").text
    assert "<dt>处理方案</dt>" in html
    assert "处理方案:“换新并承担运费”" in html


@pytest.mark.parametrize("by", ["tomorrow", "2026-13-40T25:61", "0000-00-00T00:00", "2026-11-24", "9" * 400])
def test_a_time_that_is_none_is_refused_with_everything_kept(world, by):
    number = world.deliver(letter())

    answer = world.browser("xiaozhou").post(f"/tickets/{number}/plan", text="换新<并>承担运费", by=by)

    assert 409 == answer.status_code
    assert "时间填写有误" in answer.text
    shown = form_of(answer.text, "plan")
    assert "换新&lt;并&gt;承担运费</textarea>" in shown
    assert " open>" in shown.partition("<summary>")[0]
    assert None is ticket_of(world, number).plan


@pytest.mark.rule("001-51")
@pytest.mark.rule("004-25")
@pytest.mark.rule("003-12")
def test_departments_have_their_tasks_with_dates_and_the_owner_stays_one(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/take")

    answer = agent.post(
        f"/tickets/{number}/transfer",
        department="after_sales",
        text="检查退货",
        person="赵工程师",
        by=TOMORROW,
        tell="1",
    )
    agent.post(f"/tickets/{number}/transfer", department="finance", text="准备退款")

    assert f"/tickets/{number}?done=transferred_told" == answer.headers["location"]
    assert ("xiaozhou", "department") == (ticket_of(world, number).owner, ticket_of(world, number).waiting_on)
    html = agent.get(f"/tickets/{number}").text
    tasks = html.partition('aria-labelledby="h-tasks"')[2].partition("</section>")[0]
    assert ["售后部", "财务部"] == re.findall(r"<strong>([^<]+)</strong>", tasks)
    assert "11-24 周二 18:00" in tasks
    assert "<dt>负责人</dt><dd>小周</dd>" in html
    assert ("reply", "transfer") in open_drafts(world, number)
    assert "赵工程师" in world.draft(number).text


def test_the_answer_of_a_department_ends_its_task_and_is_a_note(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/transfer", department="after_sales", text="检查退货")
    (task,) = promises_of(world, number, "department")

    empty = agent.post(f"/tickets/{number}/tasks/{task.id}/answer", text=" ")
    answer = agent.post(f"/tickets/{number}/tasks/{task.id}/answer", text="外壳完好，可以退")

    assert (409, True) == (empty.status_code, "请写明部门的答复" in empty.text)
    assert f"/tickets/{number}?done=answered" == answer.headers["location"]
    assert "kept" == promises_of(world, number, "department")[0].state
    assert ("检查退货:外壳完好，可以退", False) in notes(world, number)
    assert "us" == ticket_of(world, number).waiting_on
    again = agent.post(f"/tickets/{number}/tasks/{task.id}/answer", text="又来一次")
    assert 409 == again.status_code


def test_a_department_that_is_none_is_refused_in_words(world):
    number = world.deliver(letter())

    answer = world.browser("xiaozhou").post(f"/tickets/{number}/transfer", department="x", text="帮个忙", tell="")

    assert 409 == answer.status_code
    assert "没有这个部门" in answer.text
    shown = form_of(answer.text, "transfer")
    assert "帮个忙</textarea>" in shown
    assert 'name="tell" value="1" checked' not in shown  # what was unticked stays so


def test_material_is_asked_for_by_facts_and_in_own_words(world):
    number = world.deliver(letter("热水器不加热", "热水器不加热了，怎么办？"))
    agent = world.browser("xiaozhou")

    empty = agent.post(f"/tickets/{number}/material")
    agent.post(f"/tickets/{number}/material", items=["order_number", "photo", "made_up"], text="安装单、保修卡")

    assert 409 == empty.status_code
    assert ("reply", "material") in open_drafts(world, number)
    text = world.draft(number).text
    for words in ("订单编号", "照片", "安装单", "保修卡"):
        assert words in text
    assert {"order_number", "photo"} <= set(ticket_of(world, number).missing)
    assert "made_up" not in text


def test_a_delay_needs_its_new_time_and_drafts_the_mail_that_tells_it(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    without = agent.post(f"/tickets/{number}/delay", text="配件缺货")
    agent.post(f"/tickets/{number}/delay", text="配件缺货", by=TOMORROW)

    assert (409, True) == (without.status_code, "请选择时间" in without.text)
    assert "配件缺货</textarea>" in form_of(without.text, "delay")
    assert "escalated" == ticket_of(world, number).state
    assert ("reply", "delay") in open_drafts(world, number)
    assert "配件缺货" in world.draft(number).text


def test_escalation_objection_and_turns_are_on_record_in_words(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    assert 409 == agent.post(f"/tickets/{number}/escalate", text="").status_code
    agent.post(f"/tickets/{number}/object", text="全额退款", plan="退一半并送配件")
    agent.post(f"/tickets/{number}/waiting", turn="customer")
    agent.post(f"/tickets/{number}/escalate", text="客户要求高于权限")

    after = ticket_of(world, number)
    assert ("escalated", "退一半并送配件", "customer") == (after.state, after.plan, after.waiting_on)
    html = agent.get(f"/tickets/{number}").text
    for words in ("客户不接受原方案:全额退款", "客户要求高于权限", "等待客户", "客户补充材料"):
        assert words in html
    assert 400 == agent.post(f"/tickets/{number}/waiting", turn="the moon").status_code


def test_a_promise_is_ended_by_hand_only_where_that_may_be(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/plan", text="换新", by=TOMORROW)
    (pledge,) = promises_of(world, number, "pledge")
    (answer,) = promises_of(world, number, "answer")

    never = agent.post(f"/tickets/{number}/promises/{answer.id}/end", how="done")
    silent = agent.post(f"/tickets/{number}/promises/{pledge.id}/end", how="drop")
    done = agent.post(f"/tickets/{number}/promises/{pledge.id}/end", how="drop", reason="客户改了主意")

    assert (409, True) == (never.status_code, "不能手工结束" in never.text)
    assert (409, True) == (silent.status_code, "为什么不再需要" in silent.text)
    assert f"/tickets/{number}?done=ended" == done.headers["location"]
    assert "withdrawn" == promises_of(world, number, "pledge")[0].state
    html = agent.get(f"/tickets/{number}").text
    assert "已取消" in html
    assert "客户改了主意" in html
    assert 400 == agent.post(f"/tickets/{number}/promises/{pledge.id}/end", how="burn").status_code


def test_promises_stand_open_ones_first_with_how_they_stand_and_why(world):
    number = world.deliver(letter("漏气！紧急", "热水器有煤气味，请马上派人！"))
    told(world, number, 70)
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/take")

    html = agent.get(f"/tickets/{number}").text
    shown = html.partition('id="h-promises"')[2].partition("</section>")[0]
    opened, _, settled = shown.partition("已了结的时限")
    assert "已超时</span>" in opened
    assert opened.index("首次回复") < opened.index("解决问题")
    assert "紧急 → 首次回复" in opened
    assert "开始处理" in settled
    assert "已开始处理" in settled  # why it ended


def test_reminders_of_a_ticket_are_listed_on_its_page_and_all_on_theirs(world):
    number = world.deliver(letter("漏气！紧急", "热水器有煤气味，请马上派人！"))
    told(world, number, 70)
    agent = world.browser("wangjing")

    html = agent.get("/reminders").text

    assert "主管" in html
    assert "给我的" in html
    assert number in html
    assert "首次回复:已于" in html
    assert 'class="badge"' in agent.get("/").text
    assert "已发提醒" in agent.get(f"/tickets/{number}").text
    assert "给我的" not in world.browser("xiaozhou").get("/reminders").text
