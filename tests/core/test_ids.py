"""Order numbers and their doubles: every row is a line a customer could write."""

from __future__ import annotations

import pickle
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.checksums import day, identity, luhn, s10, ups
from mailbot.core.errors import UserError
from mailbot.core.facts import OrderPatterns, read_orders, read_patterns, read_products
from mailbot.core.ids import claims, plain

RULES = Path(__file__).parents[2] / "rules"
FILES = {name: (RULES / name).read_text(encoding="utf-8") for name in ("orders.toml", "products.toml")}
PATTERNS = read_patterns(FILES)


def numbers(text: str) -> str:
    """o:order t:tracking p:phone s:serial m:model, in the order of the text."""
    marks = {"order": "o", "tracking": "t", "phone": "p", "serial": "s", "model": "m"}
    found = claims(plain(text), PATTERNS)
    return " ".join(f"{marks[claim.kind]}:{claim.value}" for claim in found if claim.kind in marks)


ROWS = [
    # an order cue and an id
    ("订单号:12345678", "o:12345678"),
    ("订单号：12345678。", "o:12345678"),
    ("订单编号 1234567890", "o:1234567890"),
    ("我的订单号是12345678,谢谢", "o:12345678"),
    ("订单号为A1234567", "o:A1234567"),
    ("订单号我记得是 88990011", "o:88990011"),
    ("订单：987654", "o:987654"),
    ("订单 2233445566 还没发货", "o:2233445566"),
    ("订单#55667788", "o:55667788"),
    ("【订单号】12345678", "o:12345678"),
    ("订单号\t12345678", "o:12345678"),
    ("| 订单号 | 12345678 |", "o:12345678"),
    ("订单号(12345678)", "o:12345678"),
    ("订单号“12345678”", "o:12345678"),
    ("订单号:\n12345678", "o:12345678"),
    ("订单ID: 44556677", "o:44556677"),
    ("订单号１２３４５６７８", "o:12345678"),
    ("订\u200b单号:1234\u200b5678", "o:12345678"),
    ("定单号 55443322", "o:55443322"),
    ("Order number: 12345678", "o:12345678"),
    ("order no. 12345678", "o:12345678"),
    ("Order No.: AB-123456", "o:AB-123456"),
    ("order id is 12345678", "o:12345678"),
    ("my order 12345678 has not arrived", "o:12345678"),
    ("Order #1001", "o:1001"),
    ("order (778899)", "o:778899"),
    ("ORDER NUMBER IS 12345678", "o:12345678"),
    ("order reference XK992211", "o:XK992211"),
    ("Re: [order 12345678] question", "o:12345678"),
    ("订单no12345678", "o:12345678"),
    ("order12345678", "o:12345678"),
    # the cue behind the id
    ("12345678这个订单什么时候发", "o:12345678"),
    ("12345678 是我的订单号", "o:12345678"),
    ("99887766(订单号)", "o:99887766"),
    ("1234567890 这笔订单", "o:1234567890"),
    ("12345678 is my order number", "o:12345678"),
    ("55667788该订单", "o:55667788"),
    ("会员12345678 订单号 87654321", "o:87654321"),
    # lists inherit
    ("订单号:11112222、33334444和55556666", "o:11112222 o:33334444 o:55556666"),
    ("订单号11112222/33334444", "o:11112222 o:33334444"),
    ("订单号:11112222，33334444", "o:11112222 o:33334444"),
    ("orders 11112222, 33334444 and 55556666", "o:11112222 o:33334444 o:55556666"),
    ("订单号:\n11112222\n33334444", "o:11112222 o:33334444"),
    ("订单号11112222,电话13800138000", "o:11112222 p:13800138000"),
    ("订单号11112222和13800138000", "o:11112222 p:13800138000"),
    ("快递单号:78901234567890、78901234567891", "t:78901234567890 t:78901234567891"),
    ("订单11112222,价格33334元", "o:11112222"),
    # broken digits, only after a cue
    ("订单号:2026 1123 0000 1234", "o:2026112300001234"),
    ("订单号 202611230000\n123456", "o:202611230000123456"),
    ("订单号:123456 7890123 45678", "o:123456789012345678"),
    ("2026 1123 0000 1234", ""),
    ("订单号:12345678 2件", "o:12345678"),
    ("订单号:12345678 13800138000", "o:12345678 p:13800138000"),
    ("订单号:123456789012 20261120", "o:123456789012"),
    ("order number 1234 5678 9012", "o:123456789012"),
    # shapes without a cue
    ("202611230000123456 一直没到", "o:202611230000123456"),
    ("1234567890123456789", "o:1234567890123456789"),
    ("P123456789012345678 想退", "o:P123456789012345678"),
    ("ORD20261123001 怎么还没发", "o:ORD20261123001"),
    ("ORD-20261123-0001", "o:ORD-20261123-0001"),
    ("SO202611230045", "o:SO202611230045"),
    ("ORD20261399001 hm", ""),
    ("261120-123456789012345", "o:261120-123456789012345"),
    ("261399-123456789012345", ""),
    ("123-1234567-1234567", "o:123-1234567-1234567"),
    ("026-1234567-1234567", "o:026-1234567-1234567"),
    ("关于 #10234 的问题", "o:10234"),
    ("#12 的问题", ""),
    ("颜色 #123456", ""),
    ("color:#112233; font", ""),
    ("background: #102030", ""),
    ("#FF0000", ""),
    ("&#8226; 你好", ""),
    # links and addresses
    ("https://shop.example/o?order_id=998877&x=123456789012345678", "o:998877"),
    ("https://shop.example/item/123456789012345678", ""),
    ("https://shop.example/?orderNo=ABC12345", "o:ABC12345"),
    ("shop.example/orders/123456789012345678", ""),
    ("https://shop.example/?id=12345678 订单号87654321", "o:87654321"),
    ("12345678@qq.example", ""),
    ("我的邮箱13800138000@m163.example", ""),
    ("订单号12345678,邮箱88887777@qq.example", "o:12345678"),
    ("order li12345678@mail.example", ""),
    # foreign cues
    ("金额12345678", ""),
    ("订单金额 12999", ""),
    ("税号 911100001234567890", ""),
    ("纳税人识别号:123456789012345678", ""),
    ("发票号 12345678", ""),
    ("发票号码:123456789012345678", ""),
    ("交易号 2026112322001234567890123456", ""),
    ("支付宝交易号2026112322001234567890123456", ""),
    ("微信支付 4200001234202611231234567890", ""),
    ("IMEI:861234567890123", ""),
    ("IMEI861234567890123", ""),
    ("条码 6901234567892", ""),
    ("条形码：6901234567892", ""),
    ("SKU 1000123456", ""),
    ("商品ID:123456789012", ""),
    ("QQ 1234567890", ""),
    ("QQ:123456789", ""),
    ("我的QQ号是123456789", ""),
    ("邮编 100080", ""),
    ("工单号 20261123-0001", ""),
    ("ticket #12345", ""),
    ("ticket number 123456789", ""),
    ("RMA 12345678", ""),
    ("invoice 12345678", ""),
    ("invoice for order 12345678", "o:12345678"),
    ("尾号 12345", ""),
    ("下单时间 20261120", ""),
    ("下单时间:2026-11-20 10:20:30", ""),
    ("会员号 12345678", ""),
    ("批次号20261101", ""),
    ("版本号 1020304", ""),
    ("取件码 123456", ""),
    ("验证码:123456", ""),
    ("transaction id 987654321098765432", ""),
    ("zip code 94103-1234", ""),
    ("[工单 20261123-0001] 回复", ""),
    ("Re: 20261123-0001", ""),
    ("发票号 12345678,订单号 87654321", "o:87654321"),
    # serials and models
    ("序列号:AB12345678", "s:AB12345678"),
    ("SN: 2106A1234567", "s:2106A1234567"),
    ("S/N 123456789012", "s:123456789012"),
    ("SN123456789012", "s:123456789012"),
    ("serial number is X9Y8Z7W6", "s:X9Y8Z7W6"),
    ("机身号 202601010001234567", "s:202601010001234567"),
    ("型号:KFR-35GW", "m:KFR-35GW"),
    ("型号KFR-35GW/BP3DN8Y", "m:KFR-35GW/BP3DN8Y"),
    ("model BCD-450W", "m:BCD-450W"),
    ("订单号12345678,型号KFR-35GW", "o:12345678 m:KFR-35GW"),
    # identity and bank cards
    ("11010519491231002X", ""),
    ("身份证 11010519491231002X", ""),
    ("本人110105194912310029办理", "o:110105194912310029"),
    ("订单号11010519491231002X", "o:11010519491231002X"),
    ("卡号 6222021234567890123", ""),
    ("退到我的银行卡6222020000000000000", ""),
    ("card number 4111111111111111", ""),
    ("4111111111111111 是我的信用卡", ""),
    ("银行卡 6222 0200 0000 0000 000", ""),
    ("订单号4111111111111111", "o:4111111111111111"),
    # phones
    ("13800138000", "p:13800138000"),
    ("电话:13800138000", "p:13800138000"),
    ("订单 13800138000", "p:13800138000"),
    ("订单号13800138000", "p:13800138000"),
    ("138-0013-8000", "p:13800138000"),
    ("138 0013 8000", "p:13800138000"),
    ("+86 138 0013 8000", "p:13800138000"),
    ("+8613800138000", "p:13800138000"),
    ("86-13800138000", "p:13800138000"),
    ("手机138****8000", ""),
    ("A13800138000", ""),
    ("13800138000-12", ""),
    ("12800138000", ""),
    ("010-88886666", "p:010-88886666"),
    ("(010)88886666", "p:01088886666"),
    ("0571-88886666", "p:0571-88886666"),
    ("座机 01088886666", "p:01088886666"),
    ("电话88886666", "p:88886666"),
    ("400-123-4567", ""),
    ("4001234567", ""),
    ("我打了400 123 4567没人接", ""),
    ("800-810-1234", ""),
    ("+44 20 7946 0958", "p:+442079460958"),
    ("+1 (415) 555-0132", "p:+14155550132"),
    ("call me at 415-555-0132", "p:415-555-0132"),
    ("(415) 555-0132", "p:4155550132"),
    ("手机13800138000,订单12345678", "p:13800138000 o:12345678"),
    ("联系13800138000或13900139000", "p:13800138000 p:13900139000"),
    # tracking
    ("SF1234567890123", "t:SF1234567890123"),
    ("快递单号：SF1234567890123", "t:SF1234567890123"),
    ("订单号SF1234567890123", "t:SF1234567890123"),
    ("YT1234567890123", "t:YT1234567890123"),
    ("JT1234567890123", "t:JT1234567890123"),
    ("JDVA12345678901", "t:JDVA12345678901"),
    ("JD0012345678901-1-1", "t:JD0012345678901-1-1"),
    ("DPK1234567890", "t:DPK1234567890"),
    ("1Z999AA10123456784", "t:1Z999AA10123456784"),
    ("1Z999AA10123456785", ""),
    ("RB123456785GB", "t:RB123456785GB"),
    ("RB123456786GB", ""),
    ("中通78901234567890", "t:78901234567890"),
    ("中通快递,单号78901234567890", "t:78901234567890"),
    ("申通 773012345678901", "t:773012345678901"),
    ("韵达4312345678901", "t:4312345678901"),
    ("顺丰 123456789012", "t:123456789012"),
    ("订单 123456789012", "o:123456789012"),
    ("京东订单123456789012", "o:123456789012"),
    ("单号 123456789012", "t:123456789012"),
    ("123456789012", ""),
    ("123456789012这个快递单号查不到", "t:123456789012"),
    ("tracking number 123456789012", "t:123456789012"),
    ("waybill: 7890123456", "t:7890123456"),
    ("单号:202611230000123456", "o:202611230000123456"),
    ("订单12345678,快递SF1234567890123", "o:12345678 t:SF1234567890123"),
    ("订单号 12345678 快递单号 123456789012", "o:12345678 t:123456789012"),
    ("运单号是 ABC123456789", "t:ABC123456789"),
    ("退货单号 12345678", ""),
    ("顺丰快递 13800138000", "p:13800138000"),
    # days, times, amounts
    ("20261120", ""),
    ("2026-11-20", ""),
    ("订单20261120下的", ""),
    ("订单 12999元", ""),
    ("订单 ¥12999", ""),
    ("order of $12999", ""),
    ("订单 12345.67", ""),
    ("order 10000 pcs", ""),
    ("订单 50000件", ""),
    ("2026-11-20 10:20:30 下的订单", ""),
    ("退款12999.00", ""),
    ("截图1234567890123456789.png", ""),
    ("订单 IMG_20261120.jpg", ""),
    # nothing
    ("border 12345678", ""),
    ("没有任何数字", ""),
    ("订单一直没到", ""),
    ("订单 1234", ""),
    ("order it by 2026", ""),
    ("我等了12345秒", ""),
    ("12345678", ""),
    ("ABCDEFGH12345678", ""),
    ("订单号:" + "1" * 80, ""),
]


@pytest.mark.rule("000-09")
@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_each_number_is_claimed_as_what_it_is(text, expected):
    assert expected == numbers(text)


def test_a_day_after_an_order_cue_is_only_a_candidate():
    [claim] = [c for c in claims("订单号:20261120", PATTERNS) if c.kind == "order"]

    assert ("20261120", False) == (claim.value, claim.sure)


@pytest.mark.parametrize(
    ("right", "value"),
    [
        (True, luhn("4111111111111111")),
        (False, luhn("4111111111111112")),
        (True, s10("RB123456785GB")),
        (False, s10("RB123456784GB")),
        (True, ups("1Z999AA10123456784")),
        (False, ups("1Z999AA10123456783")),
        (True, identity("11010519491231002X")),
        (False, identity("110105194912310021")),
        (False, identity("110105194913310020")),
        (True, day("2024-02-29")),
        (False, day("2026-02-29")),
        (False, day("20260230")),
    ],
)
def test_check_digits_tell_right_from_wrong(right, value):
    assert right is value


PIECES = st.sampled_from(
    [
        "订单号",
        "订单",
        ":",
        " ",
        "\n",
        "SF",
        "1Z",
        "-",
        "/",
        "和",
        "电话",
        "order ",
        "#",
        "+86",
        "@",
        "www.",
        "?order_id=",
        "138",
        "0013",
    ]
)
MIXED = st.lists(PIECES | st.text("0123456789", max_size=20) | st.text(max_size=6), max_size=30).map("".join)


@given(MIXED)
def test_no_span_is_claimed_twice_and_every_value_stands_in_the_text(text):
    text = plain(text)

    found = claims(text, PATTERNS)

    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(text[claim.start : claim.end] == claim.words for claim in found)
    assert all(set(claim.value) <= set(claim.words) for claim in found)


@given(st.text(max_size=400))
def test_no_text_makes_it_raise(text):
    assert isinstance(claims(plain(text), PATTERNS), tuple)


@pytest.mark.parametrize(
    "text",
    [
        "1 " * 10_000,
        "1-" * 10_000,
        "a" * 20_000 + "1",
        "订单号" * 6_000 + "1",
        "@1" * 10_000,
        "+1 " * 6_000,
        "a1." * 6_000,
        "1\n" * 10_000,
    ],
)
def test_hostile_text_costs_linear_time(text):
    assert isinstance(claims(text, PATTERNS), tuple)


def test_the_patterns_survive_a_journey_to_another_process():
    assert PATTERNS == pickle.loads(pickle.dumps(PATTERNS))


def test_without_rule_files_phones_are_found_and_orders_are_not():
    found = claims("订单号 12345678, 13800138000", OrderPatterns())

    assert ["phone"] == [claim.kind for claim in found]
    assert OrderPatterns() == read_patterns({})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[cues", ""),
        ("[cus]", "cus"),
        ("[cues]\norder = 3", "cues.order"),
        ("[cues]\nodrer = []", "cues.odrer"),
        ("cues = 3", "cues"),
        ("[url]\norder_params = [1]", "url.order_params"),
        ("[[shape]]\nname = 'a'\npattern = 'a'", "shape[1].kind"),
        ("[[shape]]\nname = 'a'\nkind = 'x'\npattern = 'a'", "shape[1].kind"),
        ("[[shape]]\nname = 'a'\nkind = 'order'", "shape[1].pattern"),
        ("[[shape]]\nname = 'a'\nkind = 'order'\npattern = '('", "shape[1].pattern"),
        ("[[shape]]\nname = 'a'\nkind = 'order'\npattern = 'a*'", "shape[1].pattern"),
        ("[[shape]]\nname = 'a'\nkind = 'order'\npattern = 'a'\ncheck = 'crc'", "shape[1].check"),
        ("[[shape]]\nname = 'a'\nkind = 'order'\npattern = 'a'\nbefore_phones = 1", "shape[1].before_phones"),
        ("[[shape]]\nkind = 'order'\npattern = 'a'", "shape[1].name"),
        ("[[shape]]\nname = 'a'\nkind = 'order'\npattern = 'a'\nsure = true", "shape[1].sure"),
        ("[shape]", "shape"),
        ("shape = [1]", "shape"),
    ],
)
def test_a_wrong_orders_file_is_refused_with_file_key_and_remedy(text, key):
    with pytest.raises(UserError) as refused:
        read_orders(text, "rules/orders.toml")

    assert ("rules/orders.toml", key, True) == (
        refused.value.where,
        refused.value.key,
        bool(refused.value.remedy),
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[product]]\naliases = ['a']", "product[1].name"),
        ("[[product]]\nname = 1", "product[1].name"),
        ("[[product]]\nname = 'a'\nmodels = 'b'", "product[1].models"),
        ("[[product]]\nname = 'a'\nprice = 1", "product[1].price"),
    ],
)
def test_a_wrong_catalogue_is_refused(text, key):
    with pytest.raises(UserError) as refused:
        read_products(text, "rules/products.toml")

    assert key == refused.value.key
