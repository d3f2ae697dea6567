"""The set phrases of programs, and the people who use or quote the same words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.core.phrases import auto_body, auto_subject, is_bounce_subject


@pytest.mark.parametrize(
    "subject",
    [
        "自动回复: 关于退款",
        "自动回复:关于退款",
        "自动回复",
        "[外部邮件] 自动回复：关于退款",
        "【自动回复】您的来信",
        "自動回覆: 退款",
        "自动答复: 报价",
        "来自li.ming@mail.example的自动回复 ",
        "系统退信/Systems bounce",
        "退信：请核对地址",
        "已读: 报价单",
        "Out of Office: re your mail",
        "Out of office",
        "Out of Office AutoReply: order",
        "Automatic reply: order",
        "Auto: order",
        "Abwesenheitsnotiz: Bestellung",
        "Automatische Antwort: Bestellung",
        "自動返信: ご注文",
    ],
)
def test_subjects_that_only_programs_write(subject: str):
    assert auto_subject(subject) is not None


@pytest.mark.parametrize(
    "subject",
    [
        "Re: 自动回复: 关于退款",
        "回复: 自动回复: 关于退款",
        "[工单] Re: 自动回复: 关于退款",
        "[a] [b] 自动回复: 关于退款",
        "自动回复怎么关闭",
        "自动回复三次了没人处理",
        "退信息费",
        "已读说明书还是不会用",
        "Out of office chairs?",
        "Automatic reply does not work",
        "autoclave broken",
        "我总收到自动回复：没用",
    ],
)
def test_subjects_of_people_who_use_the_same_words(subject: str):
    assert auto_subject(subject) is None


@pytest.mark.parametrize(
    "text",
    [
        "这是来自QQ邮箱的自动回复邮件。\n您好，我会尽快回复。",
        "这是来自QQ邮箱的假期自动回复邮件。",
        "您好！\n这是一封自动回复邮件，我出差了。",
        "您好，这是自动回复。",
        "您好，您的邮件已收到，我会尽快回复。",
        "您的邮件我已收到，会尽快给您回复，谢谢！",
        "此邮件由系统自动发送，请勿回复。",
        "請勿直接回覆此郵件。",
        "Hello,\nThis is an automatic reply, I am away.",
        "Thank you. This is an automated message.",
        "Diese E-Mail wurde automatisch generiert.",
        "このメールは自動返信です。",
    ],
)
def test_bodies_that_begin_with_a_set_phrase_of_programs(text: str):
    assert auto_body(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "已收到您的邮件，方案同意，周三来修吧。",
        "您的邮件已收到，我会尽快回复，另外请问退款几天到账？订单号 20261101001",
        "我只收到“这是一封自动回复邮件”，请找真人处理。",
        "每次都说这是来自系统的自动回复邮件，太敷衍了。",
        "> 这是来自QQ邮箱的自动回复邮件。\n你们什么时候修？",
        "什么时候修？\n\n在 2026年11月23日，客服 写道：\n> x\n这是一封自动回复邮件。",
        "什么时候修？\n------------------ 原始邮件 ------------------\n发件人: 客服\n这是一封自动回复邮件。",
        "我目前出差，无法及时回复邮件，请打电话联系我上门时间。",
        "I got three of your automatic replies. This is no help.",
        "字" * 600 + "\n这是一封自动回复邮件。",
    ],
)
def test_people_who_quote_or_resemble_such_phrases_stay_people(text: str):
    assert auto_body(text) is None


@pytest.mark.parametrize(
    "subject",
    ["系统退信/Systems bounce", "[SPAM] 退信通知", "Undeliverable: order", "未送达: 报价", "failure notice"],
)
def test_subjects_of_bounces_are_known(subject: str):
    assert is_bounce_subject(subject)


@pytest.mark.parametrize("subject", ["Re: Undeliverable: order", "未送达的包裹", "退货", "delivery failed again"])
def test_subjects_of_parcels_are_not(subject: str):
    assert not is_bounce_subject(subject)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=700), st.sampled_from(["Re: ", "回复：", "Fw: ", "答复: "]))
def test_no_subject_after_a_reply_prefix_is_a_programs(words: str, prefix: str):
    assert auto_subject(prefix + "自动回复: " + words) is None


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="请问怎么修您好邮件收到回复\n ，。abc", max_size=511))
def test_words_without_the_word_for_automatic_are_a_persons(words: str):
    assert auto_body("我想" + words) is None
