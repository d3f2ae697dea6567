"""What may be offered and how much: the owner's file read strictly, sums measured, harsh words shown to agents."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.errors import UserError
from mailbot.core.policy import Policy, read_policy
from mailbot.core.review import Context, DraftText, review
from mailbot.core.rules import CATEGORIES, RuleBook
from mailbot.core.sums import numeral, sums
from mailbot.core.tone import harsh_words
from tests.conftest import ROOT

COUPON = """
[coupon]
name = { zh = "赠送一张优惠券", en = "a coupon" }
with_sum = { zh = "赠送一张 {sum} 元的优惠券", en = "a coupon worth {sum} yuan" }
words = { zh = ["优惠券"], en = ["coupon"] }
for = ["complaint"]
pros = { zh = "当天到账。", en = "it is there on the same day." }
cons = { zh = "下次购买才能用", en = "for your next purchase only" }
time = { zh = "1 个工作日内", en = "within 1 working day" }
basis = { zh = "公司《售后服务政策》规定，可以赠券", en = "our policy allows it" }
most = 50
[coupon.steps]
zh = ["确认账户"]
en = ["tell us your account"]
"""
CUSTOMER = "li.ming@mail.example"


def found(text: str, policy: Policy, language: str = "zh") -> list[tuple[str, str]]:
    draft = DraftText("Re: question", text, (CUSTOMER,))
    context = Context(CUSTOMER, CUSTOMER, language=language, policy=policy)
    return [(each.check, each.level) for each in review(draft, context)]


# ---- the file ----


@pytest.mark.rule("003-16")
@pytest.mark.rule("004-22")
def test_a_plan_is_read_with_its_words_and_its_limit() -> None:
    (plan,) = read_policy(COUPON, CATEGORIES).plans.values()

    assert ("coupon", 50, ("complaint",), ("优惠券", "coupon")) == (plan.code, plan.most, plan.for_, plan.words)
    assert ("当天到账", "it is there on the same day") == plan.pros  # the template sets the full stop
    assert ("赠送一张优惠券", "a coupon worth 30 yuan") == (plan.called(0), plan.called(1, 30))
    assert plan.suits("complaint", "quality")
    assert not plan.suits("enquiry", "policy")


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ('name = { zh = "赠送一张优惠券", en = "a coupon" }\n', "", "coupon.name", "missing"),
        (', en = "a coupon" }', " }", "coupon.name.en", "missing"),
        ('"当天到账。"', '" "', "coupon.pros.zh", "write a text"),
        ('"当天到账。"', f'"{"长" * 201}"', "coupon.pros.zh", "one line"),
        ('["complaint"]', '["complaints"]', "coupon.for", "no category and no topic"),
        ('for = ["complaint"]\n', "", "coupon.for", "missing"),
        ("most = 50", "most = 50.5", "coupon.most", "whole number"),
        ("most = 50", "most = -1", "coupon.most", "whole number"),
        ("most = 50", 'most = "50"', "coupon.most", "a number"),
        ("most = 50\n", "", "coupon.with_sum", "add most"),
        ("{sum} 元", "50 元", "coupon.with_sum.zh", "{sum}"),
        ("{sum} yuan", "{sum} {sum} yuan", "coupon.with_sum.en", "{sum}"),
        ("most = 50", "least = 5\nmost = 50", "coupon.least", "unknown key"),
        ('zh = ["优惠券"], en = ["coupon"]', "zh = [], en = []", "coupon.words", "missing"),
        ('en = ["tell us your account"]', "en = []", "coupon.steps", "in each"),
        ("[coupon]", "[Coupon]", "Coupon", "small letters"),
        (COUPON, "", "", "no plan"),
        (COUPON, "[", "", "TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_key_and_remedy(old: str, new: str, key: str, remedy: str) -> None:
    assert old in COUPON

    with pytest.raises(UserError) as raised:
        read_policy(COUPON.replace(old, new, 1), CATEGORIES)

    assert ("rules/policy.toml", key) == (raised.value.where, raised.value.key)
    assert remedy.split(" ")[0] in raised.value.remedy


@pytest.mark.rule("004-16")
@pytest.mark.rule("004-17")
@pytest.mark.rule("004-18")
@pytest.mark.parametrize(
    ("category", "topic", "codes"),
    [
        ("complaint", "quality", {"repair", "exchange", "refund", "coupon"}),
        ("complaint", "logistics_late", {"resend", "freight", "coupon"}),
        ("complaint", "attitude", {"apology", "apology_gift"}),
        ("fault", "malfunction", {"repair", "exchange", "return", "guidance"}),
    ],
)
def test_the_packaged_policy_has_what_each_kind_of_case_needs(
    category: str, topic: str, codes: set[str], book: RuleBook
) -> None:
    assert codes <= {plan.code for plan in book.policy.suiting(category, topic)}


def test_every_category_that_wants_a_solution_has_plans(book: RuleBook) -> None:
    wanting = [key for key in book.topics if key[0] in ("fault", "complaint") and key[1] != "suggestion"]

    assert [] == [key for key in wanting if not book.policy.suiting(*key)]


def test_the_packaged_file_says_that_it_is_a_sample() -> None:
    head = (ROOT / "rules" / "policy.toml").read_text(encoding="utf-8")[:400]

    assert "SAMPLES" in head


def test_the_plans_in_an_agents_own_words_are_recognised(book: RuleBook) -> None:
    named = {plan.code for plan in book.policy.named_in("给客户换货,另送一张代金券;or a REFUND")}

    assert {"exchange", "coupon", "refund"} <= named


# ---- sums ----


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("补偿50元", [50]),
        ("¥1,299.50", [1300]),
        ("1,000 yuan and 20 RMB", [1000, 20]),
        ("两百块钱", [200]),
        ("一千二百元", [1200]),
        ("1.5万元", [15_000]),
        ("5千元", [5000]),
        ("$300", [300]),
        ("CNY 80", [80]),
        ("换一块主板，再换两块屏", []),
        ("元旦放假 3 天，更换 2 元件", []),
        ("订单 20261101000123，4 个工作小时", []),
    ],
)
def test_sums_are_read_in_figures_and_in_words(text: str, amounts: list[int]) -> None:
    assert amounts == [each.amount for each in sums(text)]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("十", 10),
        ("二十五", 25),
        ("一百零五", 105),
        ("五百五", 550),
        ("一千二百", 1200),
        ("两万", 20_000),
        ("三万五千", 35_000),
    ],
)
def test_chinese_numerals(words: str, number: int) -> None:
    assert number == numeral(words)


TOO_MUCH = [
    "为表歉意，我们补偿您500元。",
    "我们可以赔偿您 1,000 元，您看这样可以吗？",
    "送您一张200元优惠券。",
    "给您一张面值三百元的代金券。",
    "补偿金额：¥800。",
    "我们同意您提出的5000元赔偿。",
    "运费我们来承担，给您补贴运费100元。",
    "我们给您退款8000元。",
    "We will compensate you with 500 yuan.",
    "Please accept a coupon worth RMB 300.",
    "按您要求的，赔付一万元。",
    "给您补偿，一共500元。",
]
WITHIN = [
    "为表歉意，我们补偿您100元。",
    "送您一张50元优惠券。",
    "送您一张满300元可用的30元优惠券。",
    "您希望赔偿5000元，很抱歉，我们做不到。",
    "我们无法为您补偿5000元。",
    "您购买的6999元的空调，我们为您免费维修。",
    "我们给您退款1299元。",
    "运费20元由我们承担。",
    "您信中提到“赔我一万元”，我们理解您的心情。",
    "You asked for compensation of 5000 yuan.",
    "We refund 1,299 yuan to your card.",
    "We are unable to offer compensation of 5000 yuan; we can offer a coupon worth 50 yuan.",
    "原价6999元的商品，退款以实付为准。",
    "换一块主板，再补偿您两百元。",
]  # fmt: skip


@pytest.mark.rule("004-22")
@pytest.mark.parametrize("text", TOO_MUCH)
def test_a_sum_above_the_standard_blocks_a_draft(text: str, book: RuleBook) -> None:
    assert ("compensation", "block") in found(text, book.policy)


@pytest.mark.rule("004-22")
@pytest.mark.parametrize("text", WITHIN)
def test_a_sum_within_the_standard_or_of_something_else_passes(text: str, book: RuleBook) -> None:
    assert "compensation" not in dict(found(text, book.policy))


def test_the_finding_says_how_much_is_allowed(book: RuleBook) -> None:
    (found_,) = book.policy.too_much("送您一张200元优惠券")

    assert ("coupon", 200, 50) == (found_.plan.code, found_.amount, found_.plan.most)


def test_without_a_policy_no_sum_is_judged() -> None:
    draft = DraftText("Re: question", "我们补偿您500元。", (CUSTOMER,))

    assert () == review(draft, Context(CUSTOMER, CUSTOMER))


# ---- tone ----

HARSH = [
    "这不归我们管，您再等等。",
    "这不是我们的问题。",
    "这件事与我们无关。",
    "请您自行联系快递公司。",
    "您自己去找厂家吧。",
    "不清楚，您问别人。",
    "我们也没办法。",
    "规定就是这样。",
    "对此我们爱莫能助。",
    "您自己没看清说明。",
    "是您自己弄坏的。",
    "您说的不对，系统显示已签收。",
    "您误会了，我们没有错。",
    "我们早就跟您说过了。",
    "您怎么不早说呢。",
    "催也没用，等着吧。",
    "别激动，小事而已。",
    "其他客户都没有这个问题。",
    "就您一个人有问题。",
    "This is not our problem.",
    "There is nothing more we can do.",
    "As I already told you, the parcel is late.",
    "You should have read the manual.",
    "Please calm down.",
    "You are mistaken, it was delivered.",
    "Nobody else has complained.",
    "That is just our policy.",
    "Please contact the courier yourself.",
]
KIND = [
    "这件事由我们负责跟进到底，请您放心。",
    "我们马上联系快递公司，今天18点前告诉您结果。",
    "您可以联系快递员约一个方便的时间，我们也会继续跟进。",
    "如果您没办法到场，可以请家人代收。",
    "请问有没有办法拍一张照片发来？",
    "原因是仓库漏发，责任在我们，非常抱歉。",
    "按照《售后服务政策》，签收 7 天内支持退货。",
    "您反映的情况我们核实过了，确实是配送晚了两天。",
    "您不用自己联系厂家，我们来办。",
    "我们不清楚您用的是哪个型号，麻烦您看一下机身铭牌。",
    "说明书第 3 页有图示，我们也附在邮件里了。",
    "您提到客服说“这不归我们管”，我们已经找当时的同事核实。",
    "接下来由我们出面去办，您不用再找别人，也无需自行联系快递。",
    "You do not need to contact the courier yourself.",
    "您先别着急，我们马上查。",
    "不但免费维修，还为您延长保修。",
    "这种噪音是正常的运转声，附上一段录音供您对照。",
    "This is our responsibility, and we are sorry.",
    "You should have received our e-mail by now.",
    "As we wrote yesterday, the parcel leaves today.",
    "Please let us know if there is anything else we can do.",
    "We can deal with it for you today.",
    "The policy allows a return within 7 days.",
    "If you cannot read the type plate, a photo is fine.",
]


@pytest.mark.rule("001-49")
@pytest.mark.parametrize("text", HARSH)
def test_words_that_push_the_customer_away_are_shown(text: str) -> None:
    assert list(harsh_words(text))


@pytest.mark.rule("001-49")
@pytest.mark.parametrize("text", KIND)
def test_patient_and_plain_words_are_left_alone(text: str) -> None:
    assert [] == list(harsh_words(text))


@pytest.mark.rule("004-08")
@pytest.mark.parametrize(
    "text",
    [
        "我们非常理解您的心情，但是订单已经发出。",
        "我们很理解您的感受。不过这需要时间。",
        "遇到这样的事确实让人生气。但我们也按流程办了。",
        "非常抱歉给您带来不便，但是这是规定的时间。",
        "换作我们也会着急，可是仓库已经下班。",
        "We understand how you feel, but the parcel has left.",
        "That must have been frustrating. However, it takes three days.",
        "We are sorry, but the return period is over.",
    ],
)
def test_sympathy_is_not_taken_back_by_a_but(text: str) -> None:
    assert any(code == "weakened" for code, _ in harsh_words(text))


@pytest.mark.rule("004-08")
@pytest.mark.parametrize(
    "text",
    [
        "我们非常理解您的心情，马上为您处理。",
        "理解您的着急。我们不但催了快递，还为您申请了补偿。",
        "抱歉让您久等了。我们会跟进，直到您满意。",
        "包裹今天发出，不过物流信息要晚一点更新。",
        "如果明天送到，那就再好不过了。抱歉让您久等。",
        "We understand how you feel, and we act on it today.",
        "The parcel left today, but the tracking takes an hour.",
        "We are sorry. We not only replace it but also extend the warranty.",
    ],
)
def test_sympathy_that_stands_is_left_alone(text: str) -> None:
    assert [] == list(harsh_words(text))


def test_harsh_words_are_a_warning_and_the_agent_decides(book: RuleBook) -> None:
    assert ("shirking", "warn") in found("这不归我们管，您再等等。", book.policy)


@pytest.mark.rule("001-49")
def test_no_template_and_no_golden_reply_of_ours_is_harsh_or_too_generous(book: RuleBook) -> None:
    files = [*sorted((ROOT / "templates").rglob("*.txt")), *sorted((ROOT / "tests" / "mails").glob("*.reply.txt"))]
    assert len(files) > 100

    for path in files:
        text = re.sub(r"\{[%{].*?[%}]\}", " ", path.read_text(encoding="utf-8"))

        assert [] == list(harsh_words(text)), path.name
        assert () == book.policy.too_much(text), path.name


@given(
    st.text(alphabet="您你我们不是没有办法但抱歉理解心情补偿元五百千万0123456789,.。，“”>¥ \nbutsorry", max_size=400)
)
def test_any_text_is_read_without_an_error(text: str) -> None:
    policy = read_policy(COUPON, CATEGORIES)

    assert all(each.amount > 50 for each in policy.too_much(text))
    assert all(code and words is not None for code, words in harsh_words(text))


@pytest.mark.parametrize("unit", ["您", "五百", "1,", "补偿", "抱歉，", "我们也", "“", "满9元", "you ", "¥1", "，"])
def test_a_hostile_text_costs_little(unit: str, book: RuleBook) -> None:
    text = unit * (60_000 // len(unit))

    assert len(book.policy.too_much(text)) <= 10
    assert all(len(words) <= 120 for _, words in harsh_words(text))
