"""The two forms of our word on the case: what we offer, and what we decline. Both only draft a mail."""

from __future__ import annotations

import re

import pytest

from tests.console.conftest import form_of, letter, open_drafts, ticket_of

BROKEN = ("热水器不加热", "热水器不加热了，怎么办？订单号：SO20261119000777。")


@pytest.mark.rule("003-16")
@pytest.mark.rule("004-15")
def test_an_offer_drafts_the_mail_with_cause_plans_and_sum_and_waits(world):
    number = world.deliver(letter(*BROKEN))
    agent = world.browser("xiaozhou")

    answer = agent.post(
        f"/tickets/{number}/offer",
        text="加热管老化",
        plans=["repair", "coupon"],
        sum_of=["refund", "coupon"],  # as the form sends them: one for each field, blank ones too
        sums=["", "30"],
        side="company",
    )

    assert f"/tickets/{number}?done=offered" == answer.headers["location"]
    assert "提出方案的草稿等待批准" in agent.get(answer.headers["location"]).text
    assert ("reply", "solution") in open_drafts(world, number)
    assert [] == world.sends(number)
    text = world.draft(number).text
    for words in ("加热管老化", "免费维修", "30 元的优惠券", "这是我们的责任"):
        assert words in text
    after = ticket_of(world, number)
    assert ("xiaozhou", "免费维修 或 赠送一张 30 元的优惠券") == (after.owner, after.plan)


@pytest.mark.rule("003-16")
def test_the_form_shows_the_plans_that_suit_with_what_speaks_for_and_against_them(world):
    number = world.deliver(letter(*BROKEN))
    agent = world.browser("xiaozhou")

    shown = form_of(agent.get(f"/tickets/{number}").text, "offer")
    english = form_of(agent.get(f"/tickets/{number}?lang=en").text, "offer")

    ticket = ticket_of(world, number)
    policy = world.app.shelf.volume.book.policy
    suiting = [plan.code for plan in policy.suiting(ticket.category, ticket.topic)]
    assert suiting == re.findall(r'name="plans" value="(\w+)"', shown)
    assert 0 < len(suiting) < len(policy.plans)
    assert "机器还是您用惯的这一台" in shown
    assert "维修期间有几天用不了" in shown
    assert "金额（最多 50 元）" in shown
    assert re.findall(r'name="sum_of" value="(\w+)"', shown) == [
        plan.code for plan in policy.suiting(ticket.category, ticket.topic) if plan.most is not None
    ]
    assert "a free repair" in english
    assert not re.search(r"[\u4e00-\u9fff]", english)


@pytest.mark.rule("004-22")
@pytest.mark.parametrize(
    ("typed", "why"),
    [("51", "最多 50 元"), ("0", "须大于 0"), ("2.5", "请填整数"), ("1e9", "请填整数"), ("９", "请填整数"), ("9" * 5000, "请填整数")],
)  # fmt: skip
def test_a_sum_that_cannot_be_offered_is_refused_with_everything_kept(world, typed, why):
    number = world.deliver(letter(*BROKEN))

    answer = world.browser("xiaozhou").post(
        f"/tickets/{number}/offer",
        text="加热管<老化>",
        plans=["repair", "coupon"],
        sum_of=["coupon"],
        sums=[typed],
        side="third_party",
    )

    assert 409 == answer.status_code
    assert why in answer.text
    shown = form_of(answer.text, "offer")
    assert " open>" in shown.partition("<summary>")[0]
    assert "加热管&lt;老化&gt;</textarea>" in shown
    ticked = re.findall(r'value="(\w+)"[^>]* checked', shown)
    assert ["repair", "coupon", "third_party"] == ticked
    assert f'inputmode="numeric" value="{typed}"' in shown
    assert ("reply", "solution") not in open_drafts(world, number)
    assert None is ticket_of(world, number).plan


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text": " ", "plans": ["repair"]}, "请写明核实到的原因"),
        ({"text": "加热管老化"}, "请至少选一个方案"),
        ({"text": "加热管老化", "plans": ["resend"]}, "不适用于这类问题"),
        ({"text": "加热管老化", "plans": ["<b>"]}, "没有这个方案:&lt;b&gt;"),
        ({"text": "加热管老化", "plans": ["repair"], "sum_of": ["coupon"], "sums": ["20"]}, "没有选的方案"),
    ],
)
def test_an_offer_that_cannot_stand_is_refused_in_words(world, fields, why):
    number = world.deliver(letter(*BROKEN))

    answer = world.browser("xiaozhou").post(f"/tickets/{number}/offer", **fields)

    assert 409 == answer.status_code
    assert why in answer.text
    assert ("reply", "solution") not in open_drafts(world, number)


def test_a_case_without_plans_says_so_instead_of_a_form_that_cannot_be_sent(world):
    number = world.deliver(letter("你好", "随便写写。"))
    assert "other" == ticket_of(world, number).category

    shown = form_of(world.browser("xiaozhou").get(f"/tickets/{number}").text, "offer")

    assert "没有适合这类问题的方案" in shown
    assert "<button" not in shown


@pytest.mark.rule("003-19")
def test_a_declined_wish_is_explained_with_what_is_possible_instead(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    answer = agent.post(
        f"/tickets/{number}/decline", text="全额退款并保留商品", reason="商品完好且已使用", instead="为您办理换货"
    )

    assert f"/tickets/{number}?done=declined" == answer.headers["location"]
    assert "婉拒的草稿等待批准" in agent.get(answer.headers["location"]).text
    assert ("reply", "decline") in open_drafts(world, number)
    assert [] == world.sends(number)
    text = world.draft(number).text
    for words in ("全额退款并保留商品", "商品完好且已使用", "为您办理换货"):
        assert words in text


@pytest.mark.rule("003-19")
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text": "要<全额>退款", "instead": "换货"}, "以及不能满足的原因"),
        ({"text": "要<全额>退款", "reason": "已使用", "instead": "补偿您 900 元"}, "超出补偿标准"),
    ],
)
def test_a_declined_wish_without_its_reason_or_above_the_standard_is_refused_with_everything_kept(world, fields, why):
    number = world.deliver(letter("投诉", "你们的售后服务太差了，我要投诉！"))

    answer = world.browser("xiaozhou").post(f"/tickets/{number}/decline", **fields)

    assert 409 == answer.status_code
    assert why in answer.text
    shown = form_of(answer.text, "decline")
    assert " open>" in shown.partition("<summary>")[0]
    assert "要&lt;全额&gt;退款</textarea>" in shown
    assert f"{fields['instead']}</textarea>" in shown
    assert ("reply", "decline") not in open_drafts(world, number)


def test_the_words_of_every_field_are_given_back_when_the_page_is_out_of_date(world):
    number = world.deliver(letter())

    answer = world.browser("xiaozhou").post(
        f"/tickets/{number}/decline", csrf="old", text="全额退款", reason="已使用<过>", instead="换货"
    )

    assert 403 == answer.status_code
    assert "全额退款\n\n已使用&lt;过&gt;\n\n换货</textarea>" in answer.text


def test_agents_are_told_in_which_language_the_customer_reads(world):
    agent = world.browser("xiaozhou")
    chinese = world.deliver(letter(*BROKEN))
    english = world.deliver(
        letter("Broken heater", "My water heater does not heat any more. What can I do?", sender=("Ann", "ann@mail.example"))
    )  # fmt: skip

    for name in ("offer", "decline"):
        assert "请用中文写成短语" in form_of(agent.get(f"/tickets/{chinese}").text, name)
        assert "请用英文写成短语" in form_of(agent.get(f"/tickets/{english}").text, name)


def test_a_ticket_that_is_done_has_neither_form_and_takes_neither(world):
    number = world.deliver(letter("你好", "随便写写。"))
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/close", reason="广告")
    assert "closed" == ticket_of(world, number).state

    html = agent.get(f"/tickets/{number}").text

    assert "act-offer" not in html
    assert "act-decline" not in html
    late = agent.post(f"/tickets/{number}/decline", text="退款", reason="已使用")
    assert (409, True) == (late.status_code, "请先重新打开" in late.text)
