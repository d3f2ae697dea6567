"""How a ticket ends on its page: resolved, revisited, closed through the gate, merged; and its whole record."""

from __future__ import annotations

import re

import pytest

from mailbot.core.ticket import Sent
from tests.console.conftest import fields_of, form_of, letter, open_drafts, promises_of, ticket_of


def answered(world, agent, number):
    """An approved reply has reached the customer."""
    draft = world.draft(number)
    agent.post(f"/drafts/{draft.id}/approve", **fields_of(draft))
    (send,) = world.sends(number)
    now = world.app.clock.now()
    world.app.desk.handle(send.ticket_id, Sent(send.id, "reply", False, "250 ok", send.approved_at), now)


def test_a_revisit_by_telephone_is_recorded_with_the_customers_word(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    answered(world, agent, number)
    agent.post(f"/tickets/{number}/resolve", result="已退货", side="none", proof="退款到账")
    (revisit,) = promises_of(world, number, "revisit")

    silent = agent.post(f"/tickets/{number}/promises/{revisit.id}/end", how="done")
    agent.post(f"/tickets/{number}/promises/{revisit.id}/end", how="done", reason="电话回访，客户满意")

    assert (409, True) == (silent.status_code, "请写明客户的反馈" in silent.text)
    assert "电话回访，客户满意" in agent.get(f"/tickets/{number}").text
    gate = form_of(agent.get(f"/tickets/{number}").text, "close")
    assert "可以关闭" in gate
    agent.post(f"/tickets/{number}/close")
    assert "closed" == ticket_of(world, number).state


@pytest.mark.rule("002-21")
@pytest.mark.rule("000-42")
def test_resolving_asks_for_side_and_proof_and_remembers_what_was_typed(world):
    number = world.deliver(
        letter("新买的水壶坏了", "新买的水壶不通电，要求换新。", sender=("王芳", "wang@mail.example"))
    )
    agent = world.browser("xiaozhou")

    no_side = agent.post(f"/tickets/{number}/resolve", result="已换新水壶")
    no_proof = agent.post(f"/tickets/{number}/resolve", result="已换新水壶", side="company")
    done = agent.post(f"/tickets/{number}/resolve", result="已换新水壶", side="company", proof="客户收到并试用正常")

    assert ("请选择责任方" in no_side.text, "怎样确认" in no_proof.text) == (True, True)
    kept = form_of(no_proof.text, "resolve")
    assert "已换新水壶</textarea>" in kept
    assert 'value="company" checked' in kept
    assert f"/tickets/{number}?done=resolved" == done.headers["location"]
    html = agent.get(f"/tickets/{number}").text
    for words in ("已换新水壶", "<dt>责任方</dt><dd>企业</dd>", "客户收到并试用正常"):
        assert words in html


def test_the_closing_gate_says_what_it_still_lacks(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    before = form_of(agent.get(f"/tickets/{number}").text, "close")
    agent.post(f"/tickets/{number}/resolve", result="已退货", side="none", proof="退款到账")
    after = form_of(agent.get(f"/tickets/{number}").text, "close")
    refused = agent.post(f"/tickets/{number}/close", reason="完成")

    assert "还缺：处理、来信的答复、结果、回访。" in before
    assert "还缺：来信的答复、回访。" in after
    assert "<button" not in after
    assert (409, True) == (refused.status_code, "还缺:来信的答复、有回访" in refused.text)


def test_what_is_no_customers_case_is_closed_with_a_reason(world):
    number = world.deliver(letter("合作", "我们是一家广告公司，想和贵司合作推广。"))
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/correct", topic="other/general", priority="normal")
    assert "other" == ticket_of(world, number).category

    assert 409 == agent.post(f"/tickets/{number}/close").status_code
    agent.post(f"/tickets/{number}/close", reason="推销")

    assert "closed" == ticket_of(world, number).state


def test_two_tickets_of_one_customer_are_merged_and_taken_apart_again(world):
    one = world.deliver(letter(text="订单号:20261101888888,洗衣机无法开机"))
    two = world.deliver(letter("另一件事", "订单号:20261101777777,请问发票什么时候寄？"))
    agent = world.browser("xiaozhou")
    assert one != two

    wrong = agent.post(f"/tickets/{two}/merge", to="20990101-0001")
    answer = agent.post(f"/tickets/{two}/merge", to=f" {one} ")

    assert (409, True) == (wrong.status_code, "没有这个工单" in wrong.text)
    assert 'value="20990101-0001"' in form_of(wrong.text, "merge")
    assert f"/tickets/{one}?done=merged" == answer.headers["location"]
    assert (2, 0) == (len(world.mails(one)), len(world.mails(two)))
    html = agent.get(f"/tickets/{two}").text
    assert f'已并入 <a href="/tickets/{one}">' in html
    assert "act-plan" not in html
    back = agent.post(f"/tickets/{two}/unmerge")
    assert f"/tickets/{two}?done=unmerged" == back.headers["location"]
    assert (1, 1) == (len(world.mails(one)), len(world.mails(two)))
    assert 409 == agent.post(f"/tickets/{two}/unmerge").status_code


def test_an_adopted_suggestion_drafts_the_word_to_the_customer(world):
    number = world.deliver(letter("一个建议", "建议增加夜间静音模式。"))
    agent = world.browser("xiaozhou")

    answer = agent.post(f"/tickets/{number}/adopt", text="增加夜间静音模式", launch="下个月")

    assert f"/tickets/{number}?done=adopted" == answer.headers["location"]
    assert ("reply", "suggestion_adopted") in open_drafts(world, number)
    assert "夜间静音模式" in world.draft(number).text


@pytest.mark.rule("001-19")
@pytest.mark.rule("001-20")
@pytest.mark.rule("001-33")
def test_the_page_holds_the_whole_record_words_steps_and_evidence(world):
    number = world.deliver(letter(files=(("故障.png", b"picture"),)))
    agent = world.browser("xiaozhou")
    draft = world.draft(number)
    agent.post(f"/tickets/{number}/note", text="更换进水阀，旧件编号 V-1203")
    agent.post(f"/drafts/{draft.id}/approve", **fields_of(draft))
    agent.post(f"/tickets/{number}/plan", text="换阀")

    html = agent.get(f"/tickets/{number}").text

    assert "故障.png" in html
    assert "更换进水阀，旧件编号 V-1203" in html
    journal = html.partition('class="card journal"')[2]
    for words in ("建单", "添加备注", "批准回复", "处理方案"):
        assert f"<strong>{words}</strong>" in journal
    (evidence,) = re.findall(r'href="(/mails/\d+/attachments/\d+)"', html)
    assert b"picture" == agent.get(evidence).content
