"""What agents do all day: approve, edit, reject, write, resolve, correct, move, settle; alone and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mailbot.core.ticket import SendUncertain
from mailbot.store import lists, outbox
from tests.console.conftest import HERE, fields_of, letter, token_of


def state_of(world, number):
    with world.app.engine.read() as tx:
        return next(row for row in lists.tickets(tx) if row.number == number)


def uncertain_send(world, number):
    """Approve, and lose the line in the middle of DATA."""
    draft = world.draft(number)
    world.browser("xiaozhou").post(f"/drafts/{draft.id}/approve", **fields_of(draft))
    now = world.app.clock.now()
    with world.app.engine.write() as tx:
        (claimed,) = outbox.claim(tx, "w", 1, now, world.app.engine.now(tx))
        outbox.mark_data(tx, claimed.id, "w")
        outbox.uncertain(tx, claimed.id, "w", "发送中断")
    world.app.desk.handle(claimed.ticket_id, SendUncertain(claimed.id, "发送中断"), now)
    return claimed.id


def test_a_ticket_page_shows_words_facts_reasons_promises_and_the_draft(world):
    number = world.deliver(letter())

    html = world.browser("xiaozhou").get(f"/tickets/{number}").text

    for words in ("收到的颜色不对", "SO20261119000777", "订单号", "首次回复", "解决问题", "建单", "批准并发送"):
        assert words in html
    assert "工号 1024" in html  # the signature that will be set under it
    assert world.draft(number).text.splitlines()[0] in html


def test_reasons_are_those_of_the_mail_that_set_the_category(world):
    number = world.deliver(
        letter("请问怎么开发票", "请问怎么开发票？需要什么资料？", sender=("王芳", "wang@mail.example"))
    )
    world.deliver(letter(f"Re: 工单 {number}", "公司名称：示例科技有限公司", sender=("王芳", "wang@mail.example")))
    agent = world.browser("xiaozhou")

    assert 2 == len(world.mails(number))
    shown = agent.get(f"/tickets/{number}").text.partition("类别与等级的依据")[2].partition("更正类别")[0]
    assert "发票" in shown
    agent.post(f"/tickets/{number}/correct", topic="complaint/quality", priority="urgent")
    shown = agent.get(f"/tickets/{number}").text.partition("类别与等级的依据")[2].partition("更正类别")[0]
    assert "→ 投诉-产品质量 紧急" in shown


def test_an_in_line_answer_stays_in_sight_and_quoted_history_is_folded(world):
    text = "> 请问订单号是多少？\n订单号是 SO20261119000777\n> 什么颜色？\n应该是白色的\n> 以前的内容"
    number = world.deliver(letter("Re: 退货", text))

    html = world.browser("xiaozhou").get(f"/tickets/{number}").text

    assert '<div class="said">订单号是 SO20261119000777</div>' in html
    assert '<div class="said">应该是白色的</div>' in html
    assert html.index("订单号是 SO2026") < html.index("什么颜色") < html.index("应该是白色的")
    assert 3 == html.count('<details class="quoted">')


@pytest.mark.rule("000-34")
def test_approving_sends_what_was_on_screen_and_records_who(world):
    number = world.deliver(letter())
    draft = world.draft(number)

    answer = world.browser("xiaozhou").post(f"/drafts/{draft.id}/approve", **fields_of(draft))

    assert (303, f"/tickets/{number}?done=approved") == (answer.status_code, answer.headers["location"])
    (send,) = world.sends(number)
    assert ("xiaozhou", "queued", ["li.ming@mail.example"]) == (send.approver, send.state, send.recipients)
    assert send.words.startswith(draft.text.rstrip())
    html = world.browser("xiaozhou").get(answer.headers["location"]).text
    assert "已批准，正在发送" in html
    assert "由 小周 批准" in html


def test_approving_a_changed_text_sends_the_changed_text(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    text = "李明您好！\r\n\r\n退货已经为您登记，请留意后续通知。"

    world.browser("xiaozhou").post(f"/drafts/{draft.id}/approve", **fields_of(draft, text=text))

    (send,) = world.sends(number)
    assert send.words.startswith("李明您好！\n\n退货已经为您登记")
    assert "xiaozhou" == world.draft(number).author


def test_a_blank_text_is_never_taken_for_an_unchanged_one(world):
    number = world.deliver(letter())
    draft = world.draft(number)

    answer = world.browser("xiaozhou").post(f"/drafts/{draft.id}/approve", **fields_of(draft, text="  "))

    assert 409 == answer.status_code
    assert "回复内容为空" in answer.text
    assert [] == world.sends(number)


def test_a_changed_text_that_a_check_stops_is_saved_and_not_sent(world):
    number = world.deliver(letter())
    draft = world.draft(number)

    answer = world.browser("xiaozhou").post(
        f"/drafts/{draft.id}/approve", **fields_of(draft, text="您好，您的订单 [订单号] 已登记。")
    )

    assert 409 == answer.status_code
    assert "没有发出" in answer.text
    assert "须解决" in answer.text
    assert [] == world.sends(number)
    assert "[订单号]" in world.draft(number).text


def test_a_second_approval_is_refused_in_words_and_sends_nothing_more(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    one, two = world.browser("xiaozhou"), world.browser("meili")
    one.post(f"/drafts/{draft.id}/approve", **fields_of(draft))

    answer = two.post(f"/drafts/{draft.id}/approve", **fields_of(draft))

    assert 409 == answer.status_code
    assert "已处理过" in answer.text
    assert 1 == len(world.sends(number))


def test_twenty_approvals_at_once_send_one_mail(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    agents = [world.browser("xiaozhou") for _ in range(4)]
    tokens = [token_of(agent.get("/").text) for agent in agents]

    def approve(n):
        return agents[n % 4].post(f"/drafts/{draft.id}/approve", csrf=tokens[n % 4], **fields_of(draft)).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(approve, range(20)))

    assert 1 == statuses.count(303)
    assert {303, 409} == set(statuses)
    assert 1 == len(world.sends(number))


def test_a_stale_approval_shows_the_new_text_and_keeps_what_the_agent_typed(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    world.browser("meili").post(f"/drafts/{draft.id}/edit", **fields_of(draft, text="美丽写的新内容，请稍等。"))

    answer = world.browser("xiaozhou").post(
        f"/drafts/{draft.id}/approve", **fields_of(draft, text="小周写的内容，马上处理。")
    )

    assert 409 == answer.status_code
    assert "刚被他人修改" in answer.text
    assert "美丽写的新内容" in answer.text
    assert "小周写的内容，马上处理。</textarea>" in answer.text
    assert f'name="version" value="{draft.version + 1}"' in answer.text  # saving again is a decision now
    assert [] == world.sends(number)


def test_an_unchanged_stale_approval_is_refused_too(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    world.browser("meili").post(f"/drafts/{draft.id}/edit", **fields_of(draft, text="美丽写的新内容，请稍等。"))

    answer = world.browser("xiaozhou").post(f"/drafts/{draft.id}/approve", **fields_of(draft))

    assert 409 == answer.status_code
    assert [] == world.sends(number)


def test_words_typed_into_a_draft_that_is_gone_are_kept_as_a_new_reply(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    world.browser("meili").post(f"/drafts/{draft.id}/reject")

    answer = world.browser("xiaozhou").post(f"/drafts/{draft.id}/edit", **fields_of(draft, text="我写了很久的内容"))

    assert 409 == answer.status_code
    assert "我写了很久的内容</textarea>" in answer.text


def test_a_rejected_draft_is_gone_and_its_reason_is_in_the_journal(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    agent = world.browser("xiaozhou")

    answer = agent.post(f"/drafts/{draft.id}/reject", reason="语气不合适")

    assert 303 == answer.status_code
    html = agent.get(f"/tickets/{number}").text
    assert "没有待审批的草稿" in html or "收信确认草稿" in html
    assert "语气不合适" in html
    assert "rejected" == world.draft(number).state


def test_an_agents_own_reply_waits_for_approval_like_any_other(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    answer = agent.post(f"/tickets/{number}/reply", subject="", text="您好，已为您登记退货。")

    assert f"/tickets/{number}?done=written" == answer.headers["location"]
    fresh = world.draft(number)
    assert ("open", "xiaozhou") == (fresh.state, fresh.author)
    assert fresh.subject.startswith("Re:")
    assert fresh.mail_id == world.mails(number)[-1].id
    assert [] == world.sends(number)


def test_take_note_resolve_and_reopen(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    agent.post(f"/tickets/{number}/take")
    agent.post(f"/tickets/{number}/note", text="仓库说周三到货")
    refused = agent.post(f"/tickets/{number}/resolve", result=" ")
    agent.post(f"/tickets/{number}/resolve", result="已换货", side="company", proof="客户确认收到新货")

    assert 409 == refused.status_code
    assert "请写明处理结果" in refused.text
    ticket = state_of(world, number)
    assert ("resolved", "xiaozhou", "已换货") == (ticket.state, ticket.owner, ticket.result)
    html = agent.get(f"/tickets/{number}").text
    assert "仓库说周三到货" in html
    assert "回访" in html
    agent.post(f"/tickets/{number}/reopen", reason="客户来电说没好")
    assert "in_progress" == state_of(world, number).state


def test_a_note_never_reaches_an_outgoing_mail(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/note", text="内部机密九五二七")
    draft = world.draft(number)

    agent.post(f"/drafts/{draft.id}/approve", **fields_of(draft))

    assert "内部机密九五二七" not in world.sends(number)[0].words


@pytest.mark.rule("000-13")
def test_correcting_category_and_priority_redoes_the_draft(world):
    number = world.deliver(letter())
    before = world.draft(number)

    answer = world.browser("xiaozhou").post(f"/tickets/{number}/correct", topic="complaint/quality", priority="urgent")

    assert 303 == answer.status_code
    ticket = state_of(world, number)
    assert ("complaint", "quality", "urgent") == (ticket.category, ticket.topic, ticket.priority)
    assert before.id != world.draft(number).id


def test_a_mail_moves_to_a_ticket_of_its_own_and_back(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    (mail,) = world.mails(number)

    there = agent.post(f"/mails/{mail.id}/move", new="1").headers["location"]
    other = there.removeprefix("/tickets/").partition("?")[0]

    assert other != number
    assert [mail.id] == [row.id for row in world.mails(other)]
    agent.post(f"/mails/{mail.id}/move", to=number)
    assert [mail.id] == [row.id for row in world.mails(number)]
    refused = agent.post(f"/mails/{mail.id}/move", to="20990101-0001")
    assert (409, True) == (refused.status_code, "没有这个工单" in refused.text)
    assert 409 == agent.post(f"/mails/{mail.id}/move").status_code


def test_a_linked_ticket_is_joined_with_one_click(world):
    first = world.deliver(letter())
    second = world.deliver(
        letter("退货的事", "订单 SO20261119000777 的退货办好了吗", sender=("李明家人", "other@mail.example"))
    )
    agent = world.browser("xiaozhou")

    assert first != second
    assert first in agent.get(f"/tickets/{second}").text
    answer = agent.post(f"/tickets/{second}/join", to=first)

    assert f"/tickets/{first}?done=joined" == answer.headers["location"]
    assert 2 == len(world.mails(first))
    assert [] == world.mails(second)


def test_mails_that_were_set_aside_or_held_are_shown_and_can_be_tried_again(world):
    world.deliver(b"")
    raw = letter("自动回复", "我在休假", sender=("", "robot@mail.example")).replace(
        b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version", 1
    )
    world.deliver(raw)
    agent = world.browser("xiaozhou")

    html = agent.get("/aside").text
    assert "无法解析" in html
    assert "robot@mail.example" in html
    answer = agent.post("/mails/2/retry", as_human="1", on="/aside")

    assert "/aside?done=retried" == answer.headers["location"]
    with world.app.engine.read() as tx:
        row = lists.mail_row(tx, 2)
    assert ("stored", True) == (row.state, row.as_human)
    again = agent.post("/mails/2/retry", as_human="1", on="/aside")
    assert 409 == again.status_code


@pytest.mark.parametrize(("sent", "state"), [("1", "sent"), ("0", "queued")])
def test_an_uncertain_send_is_settled_by_a_person_once(world, sent, state):
    number = world.deliver(letter())
    outbox_id = uncertain_send(world, number)
    agent = world.browser("meili")

    assert "是否送达不明" in agent.get("/aside").text
    answer = agent.post(f"/sends/{outbox_id}/settle", sent=sent, on="/aside")

    assert 303 == answer.status_code
    assert state == world.sends(number)[0].state
    token = token_of(agent.get("/").text)
    assert 409 == agent.post(f"/sends/{outbox_id}/settle", sent="0", csrf=token).status_code
    assert 400 == agent.post(f"/sends/{outbox_id}/settle", sent="", csrf=token).status_code


def test_a_recipient_that_is_not_the_customer_is_warned_of(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    with world.app.engine.write() as tx:
        from mailbot.store.tables import draft as table

        tx.execute(table.update().where(table.c.id == draft.id).values(recipient="someone@else.example"))

    html = world.browser("xiaozhou").get(f"/tickets/{number}").text

    assert "收件人与工单客户 li.ming@mail.example 不同" in html


def test_two_agents_who_write_at_once_lose_nothing(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    one, two = world.browser("xiaozhou"), world.browser("meili")

    first = one.post(f"/drafts/{draft.id}/edit", **fields_of(draft, text="第一位的内容"))
    second = two.post(f"/drafts/{draft.id}/edit", **fields_of(draft, text="第二位的内容"))
    third = two.post(f"/drafts/{draft.id}/edit", **fields_of(draft, text="第二位的内容", version=draft.version + 1))

    assert (303, 409, 303) == (first.status_code, second.status_code, third.status_code)
    assert "第二位的内容" == world.draft(number).text


def test_the_whole_console_speaks_english_when_asked(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    agent.get("/?lang=en")

    for path, words in (
        ("/", "Set aside"),
        ("/tickets", "Owner"),
        (f"/tickets/{number}", "Approve and send"),
        ("/aside", "Nothing is set aside"),
    ):
        html = agent.get(path).text
        assert '<html lang="en">' in html
        assert words in html


def test_a_form_from_another_site_cannot_approve(world):
    number = world.deliver(letter())
    draft = world.draft(number)
    agent = world.browser("xiaozhou")

    answer = agent.post(f"/drafts/{draft.id}/approve", headers={"origin": f"{HERE}.evil.example"}, **fields_of(draft))

    assert 403 == answer.status_code
    assert [] == world.sends(number)
