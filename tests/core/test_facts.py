"""What a mail tells beside its numbers: wish, trouble, day, product, names; and what it does not tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.facts import Facts, OrderPatterns, extract, read_patterns
from mailbot.core.ids import plain
from mailbot.core.mail import Address, Mail
from mailbot.core.quoting import Body, Segment

RULES = Path(__file__).parents[2] / "rules"
PATTERNS = read_patterns({n: (RULES / n).read_text(encoding="utf-8") for n in ("orders.toml", "products.toml")})


def facts_of(new: str, subject: str = "", signature: str = "", quoted: str = "", display: str = "") -> Facts:
    mail = Mail(
        message_id=None, from_=Address(display, "li.ming@mail.example"), sender=None, reply_to=(), to=(), cc=(), subject=subject,
        date=None, text=new, html=None, attachments=(), in_reply_to=(), references=(), headers=(), report=None, returned=None,
        content_type="text/plain", problems=(),
    )  # fmt: skip
    return extract(mail, Body(new, quoted, signature, (Segment("new", new),)), PATTERNS)


def value(fact):
    return None if fact is None else fact.value


@pytest.mark.rule("000-08")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我要求换货", "要求换货"),
        ("洗衣机坏了，我想换一台", "要求换货"),
        ("请给我退款", "要求退款"),
        ("我要退货退款，太差了", "要求退货退款"),
        ("不想退货,只想换货", "要求换货"),
        ("不需要退款，请尽快补发", "要求补发"),
        ("希望安排师傅上门维修", "要求维修"),
        ("帮我取消订单", "要求取消订单"),
        ("必须赔偿我的损失", "要求赔偿"),
        ("麻烦帮我修改收货地址", "要求修改地址"),
        ("请开发票，抬头是个人", "要求开发票"),
        ("空调保修期多久？", "咨询保修期"),
        ("请问这个怎么使用?", "咨询使用方法"),
        ("什么时候能到？", "咨询物流进度"),
        ("退款多久到账", "咨询退款进度"),
        ("你们的退货政策是什么", "咨询退换货政策"),
        ("这台电视无法开机", "产品无法开机"),
        ("快递三天了还没到", "物流延迟"),
        ("空调漏水", "产品漏水"),
        ("收到时外壳破损", "商品破损"),
        ("客服态度太差", "投诉服务态度"),
        ("I want a refund", "wants a refund"),
        ("Please send me a replacement", "wants a replacement"),
        ("Please cancel my order", "wants to cancel the order"),
        ("How long is the warranty?", "asks about the warranty"),
        ("My TV does not turn on", "product does not turn on"),
        ("The parcel has not arrived", "delivery is late"),
        ("It arrived damaged", "item arrived damaged"),
        ("I do not want a refund. It is broken", "product does not work"),
        ("你好", None),
        ("谢谢,已收到", None),
        ("退款收到了，谢谢", None),
        ("没有异响了", None),
        ("Hello there", None),
        ("Thank you very much", None),
        ("", None),
        ("12345", None),
    ],
)
def test_the_core_demand_is_a_short_phrase(text, expected):
    assert expected == value(facts_of(text).demand)


@pytest.mark.rule("000-11")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("您好，我家空调开机后5分钟有异响，怎么处理", "开机后5分钟有异响"),
        ("空调不制冷。", "空调不制冷"),
        ("开机5分钟后，就有异响。", "开机5分钟后,就有异响"),
        ("冰箱门关不严，一直漏水", "门关不严,一直漏水"),
        ("快递三天没更新", "快递三天没更新"),
        ("The dishwasher leaks from the door.", "The dishwasher leaks from the door"),
        ("Hello, my kettle stopped working yesterday", "my kettle stopped working yesterday"),
        ("如果坏了怎么办", None),
        ("有漏电保护吗", None),
        ("没有异响了", None),
        ("请问保修多久", None),
        ("What if it is broken?", None),
        ("", None),
    ],
)
def test_the_symptom_is_the_clause_as_the_customer_wrote_it(text, expected):
    assert expected == value(facts_of(text).symptom)


def test_a_symptom_is_short():
    long = "这" * 60 + "突然冒烟" + "了" * 60

    assert 40 >= len(value(facts_of(long).symptom))
    assert "冒烟" in value(facts_of(long).symptom)


@pytest.mark.rule("002-16")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("昨天晚上空调漏水", "昨天晚上"),
        ("11月20日开始漏水", "11月20日"),
        ("2026年11月20日漏水", "2026-11-20"),
        ("2026-11-20 出现异响", "2026-11-20"),
        ("上周三下午3点突然黑屏", "上周三下午3点"),
        ("三天前坏了", "三天前"),
        ("我11月1日购买的空调，昨晚漏水", "昨晚"),
        ("今天早上跳闸", "今天早上"),
        ("It broke yesterday evening", "yesterday evening"),
        ("It stopped working on Monday", "on Monday"),
        ("It leaked on Nov 20", "Nov 20"),
        ("今天想问一下保修", None),
        ("11月1日下单的，还没到", None),
        ("请在11月30日前回复", None),
        ("I bought it on Nov 2, 2026", None),
        ("2026年13月40日", None),
        ("没有时间", None),
    ],
)
def test_the_time_is_kept_as_written_unless_it_is_certain(text, expected):
    assert expected == value(facts_of(text).happened_at)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的空调坏了", "空调"),
        ("滚筒洗衣机漏水", "滚筒洗衣机"),
        ("my air fryer is dead", "air fryer"),
        ("在你们店购买的豆浆机坏了", "豆浆机"),
        ("I bought a bread maker from you", "bread maker"),
        ("购买的东西坏了", None),
        ("I received the wrong item", None),
        ("我买的时候没说", None),
        ("你好", None),
    ],
)
def test_a_product_is_one_of_the_catalogue_or_what_was_bought(text, expected):
    assert expected == value(facts_of(text).product)


@pytest.mark.rule("001-50")
@pytest.mark.parametrize(
    ("text", "model", "serial"),
    [
        ("型号KFR-35GW，序列号AB12345678", "KFR-35GW", "AB12345678"),
        ("空调KFR-35GW/BP3 不制冷", "KFR-35GW/BP3", None),
        ("KFR-32GW坏了", "KFR-32GW", None),
        ("型号是 BCD-999X", "BCD-999X", None),
        ("model: ZZ-900", "ZZ-900", None),
        ("SN: 2106A1234567", None, "2106A1234567"),
        ("我是ISO-9001认证", None, None),
        ("型号不知道", None, None),
    ],
)
def test_model_and_serial_are_read_from_the_label(text, model, serial):
    found = facts_of(text)

    assert (model, serial) == (value(found.model), value(found.serial))


@pytest.mark.rule("002-16")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("客服小张说会退", ["客服小张"]),
        ("工号1024的客服不理人", ["工号1024"]),
        ("王经理答应了，李师傅没来", ["王经理", "李师傅"]),
        ("Your agent Amy promised", ["agent Amy"]),
        ("I spoke to Ben yesterday", ["Ben"]),
        ("客服态度差", []),
        ("找你们经理", []),
        ("the agent was rude", []),
    ],
)
def test_people_are_named_people(text, expected):
    assert expected == [who.value for who in facts_of(text).people]


@pytest.mark.rule("000-45")
@pytest.mark.parametrize(
    ("kwargs", "name", "title"),
    [
        ({"new": "您好，我是王女士，空调坏了"}, "王女士", "女士"),
        ({"new": "我叫李明，空调坏了"}, "李明", None),
        ({"new": "免贵姓欧阳"}, "欧阳", None),
        ({"new": "姓名：张晓华\n电话13800138000"}, "张晓华", None),
        ({"new": "空调坏了，请处理。\n\n谢谢\n李明"}, "李明", None),
        ({"new": "空调坏了", "signature": "陈先生\n13800138000"}, "陈先生", "先生"),
        ({"new": "It is broken.\n\nBest regards,\nAnn Smith"}, "Ann Smith", None),
        ({"new": "It is broken.\n\nBest regards, Ann Smith"}, "Ann Smith", None),
        ({"new": "Hello, my name is Ben Carter and it broke"}, "Ben Carter", None),
        ({"new": "I am Mr. Smith from Leeds"}, "Mr Smith", "Mr"),
        ({"new": "This is Mrs Jones."}, "Mrs Jones", "Ms"),
        ({"new": "坏了", "display": "李晓明"}, "李晓明", None),
        ({"new": "坏了", "display": "王女士"}, "王女士", "女士"),
        ({"new": "broken", "display": "Ann Smith"}, "Ann Smith", None),
        ({"new": "坏了", "display": "快乐小鱼"}, None, None),
        ({"new": "坏了", "display": "lm_1988"}, None, None),
        ({"new": "坏了", "display": "云淡风轻"}, None, None),
        ({"new": "broken", "display": "Shop Support"}, None, None),
        ({"new": "broken", "display": "li.ming@mail.example"}, None, None),
        ({"new": "空调坏了，请处理。\n谢谢"}, None, None),
        ({"new": "我是你们的老客户了"}, None, None),
        ({"new": "我是上周买的空调"}, None, None),
        ({"new": "I am very upset"}, None, None),
        ({"new": "I am Writing about my order"}, None, None),
        ({"new": "Please help.\n\nThanks"}, None, None),
        ({"new": "我是11月买的"}, None, None),
    ],
)
def test_a_name_is_taken_only_where_it_is_given_as_one(kwargs, name, title):
    found = facts_of(**kwargs)

    assert (name, title) == (value(found.customer_name), found.customer_title)


def test_own_words_come_before_quoted_ones_which_are_never_sure():
    found = facts_of("订单号22223333还没到", quoted="> 订单号11112222\n> 订单号22223333")

    assert [("22223333", True), ("11112222", False)] == [(f.value, f.sure) for f in found.order_numbers]


def test_the_subject_is_read_too_but_no_cue_reaches_out_of_it():
    found = facts_of("88887777 请查", subject="订单12345678 的订单号")

    assert ["12345678"] == [fact.value for fact in found.order_numbers]


def test_a_phone_of_the_signature_counts_and_an_order_number_there_does_not():
    found = facts_of("空调坏了", signature="李明 13800138000\n订单号12345678")

    assert (["13800138000"], ()) == ([f.value for f in found.phones], found.order_numbers)


def test_a_mail_of_nobody_and_nothing_gives_no_facts():
    mail = Mail(None, None, None, (), (), (), "", None, "", None, (), (), (), (), None, None, "", ())

    assert Facts() == extract(mail, Body("", "", "", ()), OrderPatterns())


WORDS = st.sampled_from(
    [
        "订单号",
        "12345678",
        "13800138000",
        "空调",
        "漏水",
        "昨天",
        "我是",
        "王女士",
        "退款",
        "\n",
        "，",
        "SN:",
        "客服小张",
        "refund",
        "broken",
        "Best regards,\nAnn",
        "2026-11-20",
    ]
)
MIXED = st.lists(WORDS | st.text(max_size=8), max_size=30).map("".join)


@given(MIXED, MIXED, MIXED, MIXED)
def test_no_mail_makes_it_raise_and_nothing_is_invented(new, subject, signature, quoted):
    found = facts_of(new, subject, signature, quoted)

    written = set(plain(f"{new}{subject}{signature}{quoted}"))
    kept = [*found.order_numbers, *found.tracking_numbers, *found.phones, *found.people]
    kept += [fact for fact in (found.product, found.model, found.serial, found.symptom) if fact]
    assert all(set(fact.value) <= written | {" "} for fact in kept)


@given(MIXED, MIXED)
def test_no_number_is_reported_as_two_kinds_from_one_place(new, subject):
    found = facts_of(new, subject)

    orders = {fact.value for fact in found.order_numbers if fact.sure}
    assert not orders & {fact.value for fact in found.phones}


@pytest.mark.parametrize(
    "piece",
    [
        "坏",
        "漏水",
        "我是王",
        "a ",
        "客服小",
        "我叫",
        "Best ",
        "退款",
        "昨天",
        "购买的",
        "\n",
        "2026-",
        "bought a ",
        "The ",
        "。漏水,如果",
    ],
)
def test_hostile_mail_costs_linear_time(piece):
    text = (piece * 200_000)[:200_000]

    assert isinstance(facts_of(text, text, text, text, text), Facts)
