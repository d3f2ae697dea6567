"""A supervisor sends a draft in spite of its findings: only they, only with a reason, and never what is final."""

from __future__ import annotations

import pytest

from tests.console.conftest import fields_of, letter

PHONE = "您好，请拨打 13912345678 与我们联系。"
CARD = "您好，证件 11010519491231002X 已核对。"


def blocked_draft(world, text=PHONE):
    number = world.deliver(letter())
    draft = world.draft(number)
    world.browser("xiaozhou").post(f"/drafts/{draft.id}/edit", **fields_of(draft, text=text))
    return number, world.draft(number)


@pytest.mark.rule("000-34")
def test_a_supervisor_sends_it_with_a_reason_that_stands_in_the_journal(world):
    number, draft = blocked_draft(world)
    boss = world.browser("wangjing")

    answer = boss.post(f"/drafts/{draft.id}/override", **fields_of(draft, override="已电话核实，是客户本人的"))

    assert f"/tickets/{number}?done=overridden" == answer.headers["location"]
    assert ["wangjing"] == [each.approver for each in world.sends(number)]
    html = boss.get(answer.headers["location"]).text
    assert all(words in html for words in ("已放行", "破例放行", "已电话核实，是客户本人的", "foreign_phone"))
    kept = world.draft(number)
    assert ("wangjing", "已电话核实，是客户本人的") == (kept.overridden_by, kept.overridden_because)


def test_only_a_supervisor_is_offered_it_and_may_do_it(world):
    number, draft = blocked_draft(world)
    agent, boss = world.browser("xiaozhou"), world.browser("wangjing")

    answer = agent.post(f"/drafts/{draft.id}/override", **fields_of(draft, override="着急"))

    assert 403 == answer.status_code
    assert [] == world.sends(number)
    assert "确认放行" not in agent.get(f"/tickets/{number}").text
    assert "确认放行" in boss.get(f"/tickets/{number}").text


def test_without_a_reason_nothing_is_sent(world):
    number, draft = blocked_draft(world)

    answer = world.browser("wangjing").post(f"/drafts/{draft.id}/override", **fields_of(draft, override="  "))

    assert 409 == answer.status_code
    assert "请写明为什么仍要发送" in answer.text
    assert [] == world.sends(number)


def test_an_identity_card_is_let_pass_by_nobody(world):
    number, draft = blocked_draft(world, CARD)
    boss = world.browser("wangjing")

    answer = boss.post(f"/drafts/{draft.id}/override", **fields_of(draft, override="客户要的"))

    assert 409 == answer.status_code
    assert [] == world.sends(number)
    html = boss.get(f"/tickets/{number}").text
    assert "确认放行" not in html
    assert "主管也不能放行" in html
