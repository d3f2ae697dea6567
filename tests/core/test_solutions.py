"""A solution offered within the policy, a wish declined: what is refused, what is drafted, and how it reads."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations

import pytest

from mailbot.core.decide import decide
from mailbot.core.decision import Decision
from mailbot.core.notices import notice_facts
from mailbot.core.office import Office
from mailbot.core.pledges import pledges
from mailbot.core.promises import Promise
from mailbot.core.review import Context, DraftText, known_values, review
from mailbot.core.ticket import Declined, Event, Planned, SolutionOffered, State, Ticket
from mailbot.templates import Rendered
from tests.core.events import NOW, applied, sent, ticket
from tests.core.test_notices import ENGLISH, OCCASION, TICKET
from tests.test_templates import TEMPLATES, UNNATURAL

BOTH = pytest.mark.parametrize("language", ["zh", "en"])
ENGLISH_TICKET = replace(
    TICKET,
    subject="Rattling",
    language="en",
    facts=(("name", "Ms Wang"), ("symptom", "it rattles on every spin"), ("order_number", "20261101000123")),
)
TICKETS = {"zh": TICKET, "en": ENGLISH_TICKET}
CAUSES = {"zh": "启动电容损坏", "en": "a worn bearing"}
REPAIR = SolutionOffered("wang", "启动电容损坏", ("repair",), side="company")


def mail(given: Ticket, event: Event, office: Office, hotline: str = OCCASION.hotline) -> Rendered:
    """The mail that this event drafts for this ticket."""
    decision = decide(given, event, office, NOW)
    assert decision.refused is None, decision.refused
    (wanted,) = decision.drafts
    assert wanted.template is not None
    occasion = replace(OCCASION if given.language == "zh" else ENGLISH, hotline=hotline)
    return TEMPLATES.render(wanted.template, given.language, notice_facts(given, occasion, dict(wanted.more)))


def offered(office: Office, **over: object) -> Decision:
    return decide(ticket(), replace(REPAIR, **over), office, NOW)  # type: ignore[arg-type]


# ---- what may be offered ----


@pytest.mark.rule("003-16")
@pytest.mark.rule("004-15")
def test_an_offer_is_drafted_on_record_and_waits_for_the_customer(office: Office) -> None:
    decision = offered(office)

    assert ("免费维修", "wang", State.IN_PROGRESS) == (
        decision.ticket.plan,
        decision.ticket.owner,
        decision.ticket.state,
    )
    (wanted,) = decision.drafts
    assert ("reply", "solution", True) == (wanted.kind, wanted.template, wanted.asks)
    assert ["offered"] == [each.what for each in decision.journal]
    assert ("原因:启动电容损坏", "方案:免费维修", "责任方:企业") == decision.journal[0].reasons
    assert [5] == [each.draft_id for each in decision.ended]  # the machine's draft that nobody touched


@pytest.mark.rule("003-16")
def test_what_the_policy_does_not_allow_here_is_refused_with_what_it_does(office: Office) -> None:
    decision = offered(office, plans=("resend",))

    assert decision.refused is not None
    assert "“重新发货”不适用于这类问题" in decision.refused
    assert "免费维修(repair)" in decision.refused
    assert "resend" not in decision.refused
    assert decision.ticket == ticket()


@pytest.mark.rule("004-22")
@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"plans": ("magic",)}, "政策里没有这个方案:magic"),
        ({"plans": ()}, "请至少选一个方案"),
        ({"plans": ("repair", "exchange", "return", "parts", "coupon")}, "最多给客户 4 个"),
        ({"cause": " 。"}, "请写明核实到的原因"),
        ({"cause": "包裹丢失,我们补偿您 900 元"}, "超出补偿标准"),
        ({"side": "supplier"}, "责任方不对"),
        ({"plans": ("coupon",), "sums": (("coupon", 51),)}, "51 元超出补偿标准:“赠送一张优惠券”最多 50 元"),
        ({"plans": ("coupon",), "sums": (("coupon", 0),)}, "须大于 0"),
        ({"sums": (("repair", 50),)}, "不带金额"),
        ({"sums": (("coupon", 50),)}, "没有选的方案"),
    ],
)
def test_an_offer_that_cannot_stand_is_refused_with_its_reason(
    over: dict[str, object], words: str, office: Office
) -> None:
    decision = offered(office, **over)

    assert words in str(decision.refused)
    assert () == decision.drafts


@pytest.mark.rule("004-22")
def test_a_sum_within_the_standard_is_offered(office: Office) -> None:
    assert "赠送一张 50 元的优惠券" == offered(office, plans=("coupon",), sums=(("coupon", 50),)).ticket.plan


@pytest.mark.rule("004-22")
@pytest.mark.parametrize(
    ("plan", "allowed"),
    [("补偿客户 500 元", False), ("送优惠券 300 元", False), ("compensate 900 yuan", False), ("退款 9000 元", False),
     ("补偿客户 100 元", True), ("更换 6999 元的主机", True), ("退款 1299 元", True)],
)  # fmt: skip
def test_a_plan_in_an_agents_own_words_keeps_to_the_standard_too(plan: str, allowed: bool, office: Office) -> None:
    decision = decide(ticket(), Planned("wang", plan), office, NOW)

    assert allowed == (decision.refused is None)


@pytest.mark.rule("001-17")
def test_the_plan_promise_is_kept_when_the_offer_has_gone_out(office: Office) -> None:
    owing = ticket(promises=(Promise("plan", NOW, "依据", id=4), *ticket().promises))
    decision = decide(owing, REPAIR, office, NOW)
    assert 4 not in {each.promise_id for each in decision.settled}

    asking = applied(owing, decision)
    for template in ("solution", None):  # None: the agent changed the words
        out = decide(asking, replace(sent(asks=True), template=template), office, NOW)

        assert (4, "kept") in {(each.promise_id, each.state) for each in out.settled}
        assert "customer" == out.ticket.waiting_on
        assert ["material"] == [each.kind for each in out.promised]


def test_a_question_without_a_plan_does_not_keep_the_plan_promise(office: Office) -> None:
    owing = ticket(promises=(Promise("plan", NOW, "依据", id=4), *ticket().promises))

    out = decide(owing, sent(asks=True), office, NOW)

    assert 4 not in {each.promise_id for each in out.settled}


# ---- how it reads ----


@pytest.mark.rule("003-17")
@pytest.mark.rule("003-22")
@pytest.mark.rule("004-19")
@pytest.mark.rule("004-21")
@pytest.mark.rule("004-23")
@pytest.mark.rule("002-28")
def test_one_plan_is_explained_with_cause_basis_time_and_steps_and_acceptance_is_asked(office: Office) -> None:
    text = mail(TICKET, REPAIR, office).text

    assert "经过核实，我们确认是启动电容损坏。这是我们的责任" in text
    assert (
        "公司《售后服务政策》规定，保修期内出现非人为故障的，免费维修。根据这一规定，我们可以为您免费维修，您看这样可以吗？"
        in text
    )
    assert "办理时间：收到您寄回的产品后 5 个工作日内修好寄出。" in text
    assert re.search(r"需要您配合的有这几件事：\n1\. .+；\n2\. .+；\n3\. .+。\n", text)


@pytest.mark.rule("003-18")
@pytest.mark.rule("004-20")
def test_several_plans_are_offered_with_pros_and_cons_and_the_choice_is_asked(office: Office) -> None:
    text = mail(TICKET, replace(REPAIR, plans=("repair", "exchange")), office).text

    assert "有两种办法可以选" in text
    for part in (
        "方案A：免费维修\n优点：",
        "方案B：更换同款新品\n优点：",
        "\n不足：",
        "\n办理时间：",
        "\n需要您配合：",
        "\n依据：",
    ):
        assert part in text
    assert "您更倾向于方案A（免费维修）还是方案B（更换同款新品）？" in text


@pytest.mark.rule("004-17")
@pytest.mark.rule("004-23")
def test_a_late_parcel_is_sent_anew_within_24_hours_with_its_number(office: Office) -> None:
    late = replace(TICKET, category="complaint", topic="logistics_late")

    text = mail(late, SolutionOffered("wang", "包裹在中转站滞留", ("resend",), side="third_party"), office).text

    assert "24 小时内安排发货，物流单号同步发给您" in text
    assert "接下来由我们出面去办，您不用再找别人" in text


@pytest.mark.rule("003-19")
def test_a_declined_wish_is_explained_and_followed_by_what_is_possible(office: Office) -> None:
    event = Declined("wang", "客户要求赔偿 5000 元。", "因为超出公司的补偿标准", "免费更换同款新品")

    text = mail(TICKET, event, office).text

    assert "您希望赔偿 5000 元（工单" in text
    assert "原因是：超出公司的补偿标准。" in text
    assert "我们能为您做的是：免费更换同款新品。您看这样可以吗？" in text
    assert "我们请主管再看一遍" in text
    assert not re.search("但是|不过|规定就是|无法满足", text)


@pytest.mark.rule("003-19")
@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Declined("wang", "", "过了期限"), "请写明客户的要求"),
        (Declined("wang", "全额退款", " "), "不能满足的原因"),
        (Declined("wang", "全额退款", "过了期限", "补偿您 900 元"), "超出补偿标准"),
    ],
)
def test_a_decline_without_its_reason_is_refused(event: Declined, words: str, office: Office) -> None:
    assert words in str(decide(ticket(), event, office, NOW).refused)


@pytest.mark.rule("003-19")
def test_a_decline_waits_for_the_customer_only_where_it_offers_something(office: Office) -> None:
    bare, other = (
        decide(ticket(), Declined("wang", "全额退款", "过了期限", alternative), office, NOW).drafts[0]
        for alternative in ("", "免费维修")
    )

    assert (False, True) == (bare.asks, other.asks)
    assert ("reply", "decline") == (bare.kind, bare.template)


def events(language: str, given: Ticket, office: Office) -> list[Event]:
    """One plan, two, three of everything that may be offered, with every side; and declines."""
    plans = office.book.policy.suiting(given.category, given.topic)
    sides = ("", "company", "third_party", "customer", "none")
    found: list[Event] = []
    for count in (1, 2, 3):
        for number, chosen in enumerate(list(combinations(plans, count))[:25]):
            amounts = tuple((plan.code, plan.most) for plan in chosen if plan.most and number % 2)
            codes = tuple(plan.code for plan in chosen)
            found.append(SolutionOffered("wang", CAUSES[language], codes, amounts, sides[number % 5]))  # type: ignore[arg-type]
    wish, reason, other = ("全额退款", "签收已超过七天", "免费维修") if language == "zh" else (
        "a full refund", "the 7 days for returns are over", "a free repair"
    )  # fmt: skip
    return [*found, Declined("wang", wish, reason), Declined("wang", wish, reason, other)]


@BOTH
@pytest.mark.rule("001-49")
def test_every_offer_and_decline_reads_naturally_and_passes_the_review(language: str, office: Office) -> None:
    full = TICKETS[language]
    topics = (("fault", "malfunction"), ("complaint", "quality"), ("complaint", "attitude"), ("complaint", "logistics_late"),
              ("request", "refund"), ("request", "compensation"), ("enquiry", "product_use"))  # fmt: skip
    allowed = known_values(["订单20261101000123 400-000-0000 20261105-0001"])
    for category, topic in topics:
        for facts, subject, hotline in ((full.facts, full.subject, "400-000-0000"), ((), "", "")):
            given = replace(full, category=category, topic=topic, facts=facts, subject=subject)  # type: ignore[arg-type]
            for event in events(language, given, office):
                rendered = mail(given, event, office, hotline)
                text = re.sub(r"：\n1\. ", "：X ", rendered.text)
                draft = DraftText(rendered.subject, rendered.text, (given.customer,))
                context = Context(given.customer, given.customer, (), language, allowed, policy=office.book.policy)

                assert not UNNATURAL.search(text), f"{UNNATURAL.search(text)} {event}\n{rendered.text}"
                assert not re.search(r"[?;,.”)][A-Za-z]", rendered.text), rendered.text
                assert "\n\n\n" not in rendered.text
                assert given.number in rendered.subject + rendered.text
                assert () == review(draft, context), rendered.text


def test_a_time_that_counts_from_the_customers_word_is_no_pledge_yet(office: Office) -> None:
    for plan in office.book.policy.plans.values():
        for side in (0, 1):
            assert () == pledges(
                f"{('办理时间：', 'How long it takes: ')[side]}{plan.time[side]}。", NOW, office.hours
            ), plan.code
