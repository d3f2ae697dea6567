"""New words, quoted history, signature: no customer word may be hidden."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.core.quoting import split

BLOCK = "发件人: 示例电器 <support@shop.example>\n发送时间: 2026年11月19日 16:38\n收件人: 李明\n主题: 空调\n"
LINES = ["> 旧", ">> 更旧", ">", "", "订单20261120123456", "在 2026-11-19 16:38:00，\"x\" <a@b.example> 写道：", "-- ", "此致",
         "发件人: a <a@b.example>", "主题: x", "收件人: y", "------------------ 原始邮件 ------------------", "发自我的iPhone",
         "----------", "见下面红字", "【答】是", "On Nov 8, 2026, at 1:38 AM, X <a@b.example> wrote:", "本邮件及附件含有秘密"]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=30))
def test_segments_joined_are_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)

    assert text == "\n".join(segment.text for segment in split(text).segments)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["> 旧的话", "新的话", "", "> 问题？", "请答复"]), min_size=2, max_size=30))
def test_every_unmarked_line_between_marked_lines_is_new(lines: list[str]) -> None:
    body = split("\n".join(["> 首", "> 行", *lines, "> 末", "> 行"]))

    assert sum(line in ("新的话", "请答复") for line in lines) == sum(
        line in ("新的话", "请答复") for line in body.new.split("\n")
    )


@pytest.mark.parametrize(
    "frame",
    [
        BLOCK,
        "------------------ 原始邮件 ------------------\n" + BLOCK,
        "------------------------------------------------------------------\n" + BLOCK.replace("主题", "主　题"),
        "-----Original Message-----\nFrom: S <s@shop.example>\nSent: Monday, November 16, 2026 5:00 PM\nTo: L\nSubject: x\n",
        "*From:* S <s@shop.example>\n*Sent:* Monday\n*To:* L\n*Subject:* x\n",
        "寄件者: 示例\n寄件日期: 2026年11月19日\n收件者: 陳\n主旨: 冷氣\n",
        "-----邮件原件-----\n" + BLOCK.replace("示例电器 <support@shop.example>", "support@shop.example 代表 示例电器"),
        '在 2026-11-08 01:38:00，"示例" <s@shop.example> 写道：\n',
        "示例 <s@shop.example> 於 2026年11月8日 週二\n下午6:19寫道：\n",
        "On Sun, Nov 8, 2026 at 1:38 AM Example Appliances <s@shop.example>\nwrote:\n",
    ],
)
def test_below_new_words_an_unmarked_history_is_quoted(frame: str) -> None:
    body = split(f"空调还是坏的。\n\n{frame}\n您好，请提供订单号。")

    assert body.new == "空调还是坏的。"
    assert "您好，请提供订单号。" in body.quoted


def test_with_nothing_above_the_words_below_a_block_stay_new() -> None:
    assert split(f"\n{BLOCK}\n空调还是坏的。").new == "空调还是坏的。"


def test_an_announced_inline_answer_keeps_the_history_new() -> None:
    assert "订单号？ 20261120123456" in split(f"见下方红色字\n\n{BLOCK}\n订单号？ 20261120123456").new


def test_an_answer_mark_in_the_history_is_new() -> None:
    body = split(f"已填。\n\n{BLOCK}\n订单号？\n\n[我: 20261120123456]\n\n谢谢")

    assert "[我: 20261120123456]" in body.new
    assert "谢谢" in body.quoted


def test_known_originals_bring_out_what_is_not_ours() -> None:
    ours = "您好，请告诉我们订单号。\n方便的上门时间是什么？\n示例电器客服"
    text = (
        f"已填。\n\n{BLOCK}\n您好，请告诉我们订单号。\n20261120123456\n方便的上门时间是什么？\n周六上午\n示例电器客服"
    )

    body = split(text, (ours,))

    assert body.new == "已填。\n\n20261120123456\n周六上午"


def test_announced_answers_between_unmarked_lines_are_told_from_ours() -> None:
    ours = "您好，请告诉我们订单号。\n方便的上门时间是什么？\n示例电器客服"
    text = f"我在下面逐条回答。\n\n{BLOCK}\n您好，请告诉我们订单号。\n20261120123456\n方便的上门时间是什么？\n周六上午"

    body = split(text, (ours,))

    assert body.new == "我在下面逐条回答。\n\n20261120123456\n周六上午"


def test_words_above_the_history_are_new_even_if_they_repeat_ours() -> None:
    body = split(f"方便的上门时间是什么？\n\n{BLOCK}\n方便的上门时间是什么？", ("方便的上门时间是什么？",))

    assert body.new == "方便的上门时间是什么？"


def test_foreign_originals_change_nothing() -> None:
    text = f"已填。\n\n{BLOCK}\n您好。\n周六"

    assert split(text) == split(text, ("完全不同的一封邮件",))


@pytest.mark.parametrize(
    "text",
    [
        "客服在 11 月 8 日写道：\n会给我退款，到现在没有。",
        "发件人：仓库\n收件人：李明\n日期：2026-11-18\n外箱压扁了。",
        "坏了 >_<\n>_<\n请换货",
        "空调：\n>30度就停机\n请修",
        "麻烦退货。\n此致\n敬礼\n请尽快把 20261120123456 的款退给我。",
        "型号：A1\n------\n订单号 20261120123456",
        "发自我的iPhone",
    ],
)
def test_what_is_not_sure_stays_new(text: str) -> None:
    assert text == split(text).new


@pytest.mark.parametrize(
    "line",
    [
        "发自我的iPhone",
        "发自我的小米手机",
        "来自我的华为手机",
        "发自网易邮箱大师",
        "来自QQ邮箱手机客户端",
        "Sent from my iPhone",
        "Get Outlook for Android",
        "从 Windows 版邮件发送",
    ],
)
def test_the_line_of_a_program_is_a_signature(line: str) -> None:
    body = split(f"坏了\n{line}")

    assert ("坏了", line) == (body.new, body.signature)


def test_a_signature_keeps_its_phone_readable() -> None:
    body = split("请回电。\n\n祝好\n孙丽\n某某贸易有限公司\n电话：021-55550123")

    assert body.new == "请回电。"
    assert "021-55550123" in body.signature


@pytest.mark.parametrize(
    "text",
    [
        "a" * 120_000,
        " " * 120_000,
        "\n" * 40_000,
        "-" * 60_000,
        "在" * 120_000 + "写道：",
        BLOCK * 500,
        "发件人: x\n" * 3000,
    ],
    ids=["line", "blanks", "blank lines", "dashes", "attribution", "blocks", "labels"],
)
def test_hostile_text_is_taken_apart_in_good_time(text: str) -> None:
    start = time.perf_counter()
    split(text)

    assert time.perf_counter() - start < 0.5  # 50 ms on a free machine
