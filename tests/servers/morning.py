"""A day's mail for a support mailbox: two hundred mails of which we know who wrote them and where they belong."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from email.header import Header
from pathlib import Path
from typing import Literal

MAILS = Path(__file__).parent.parent / "mails"
SUPPORT = "support@shop.example"

Part = Literal["new", "joins", "stranger", "copy", "zoo", "robot"]


@dataclass(frozen=True)
class Delivery:
    """One mail, what it is, and for a follow-up, a copy or a stranger: the subject of the ticket it speaks of."""

    raw: bytes
    part: Part
    subject: str
    about: str = ""


# (subject, text); {order} and {n} make each another mail.
ZH = (
    ("空调不制冷 {n}", "您好,订单号 {order},上周买的空调不制冷,面板显示 E2,请尽快安排师傅上门。张先生"),
    ("我要退货 {n}", "订单 {order} 的电饭煲我不想要了,还没有拆封,怎么退货?"),
    ("投诉快递 {n}", "我要投诉!订单号 {order} 的热水壶送到时箱子都压扁了,壶身有裂纹,要求换新的。"),
    ("请问怎么清洗滤网 {n}", "你好,订单号 {order},请问空气净化器的滤网怎么清洗?多久换一次?"),
    ("发票 {n}", "订单 {order} 需要开一张增值税普通发票,请问怎么申请?"),
)
EN = (
    ("Kettle leaks {n}", "Hello, the kettle from order {order} leaks at the bottom. I would like a replacement."),
    ("Where is my parcel {n}", "Hi, order {order} was due on Friday. Could you tell me where it is?"),
)
NEW_ZH, NEW_EN, JOINS, BY_ORDER, STRANGERS, COPIES, SAME_ID, NO_ID = 64, 20, 12, 8, 5, 10, 4, 3


def order_of(number: int) -> str:
    return f"202611{number % 28 + 1:02d}{310000 + 7 * number:06d}"


def compose(sender: str, subject: str, text: str, message_id: str, *more: str) -> bytes:
    lines = [
        f"From: {sender}",
        f"To: {SUPPORT}",
        f"Subject: {_encoded(subject)}",
        "Date: Mon, 23 Nov 2026 08:30:00 +0800",
        *([f"Message-ID: {message_id}"] if message_id else []),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        *more,
    ]
    return ("\r\n".join(lines) + f"\r\n\r\n{text}\r\n").encode()


def _encoded(subject: str) -> str:
    return subject if subject.isascii() else Header(subject, "utf-8").encode()


def customer(number: int) -> str:
    return f"customer{number}@{('mail', 'qq', 'm163')[number % 3]}.example"


def first_id(number: int) -> str:
    return f"<first-{number}@mail.example>"


def _new(number: int) -> Delivery:
    several = ZH if number < NEW_ZH else EN
    subject, text = (part.format(n=number, order=order_of(number)) for part in several[number % len(several)])
    return Delivery(compose(customer(number), subject, text, first_id(number)), "new", subject)


def two_hundred() -> list[Delivery]:
    """Follow-ups come after what they follow."""
    new = [_new(number) for number in range(NEW_ZH + NEW_EN)]
    mails = list(new)
    for number in range(JOINS):
        headers = (f"In-Reply-To: {first_id(number)}", f"References: {first_id(number)}")
        raw = compose(
            customer(number), f"Re: {new[number].subject}", "补充:请下午来。", f"<more-{number}@mail.example>", *headers
        )
        mails.append(Delivery(raw, "joins", f"Re: {new[number].subject}", new[number].subject))
    for number in range(20, 20 + BY_ORDER):
        text = f"您好,订单号 {order_of(number)} 现在怎么样了?"
        raw = compose(customer(number), f"又是我 {number}", text, f"<again-{number}@mail.example>")
        mails.append(Delivery(raw, "joins", f"又是我 {number}", new[number].subject))
    for number in range(40, 40 + STRANGERS):
        text = f"订单号 {order_of(number)} 的货请改送到另一个地址。"
        raw = compose(f"stranger{number}@other.example", f"改地址 {number}", text, f"<other-{number}@other.example>")
        mails.append(Delivery(raw, "stranger", f"改地址 {number}", new[number].subject))
    for number in range(COPIES):
        again = b"Received: from relay.example by mx.shop.example; Mon, 23 Nov 2026 08:31:00 +0800\r\n"
        mails.append(Delivery(again + new[number].raw, "copy", new[number].subject, new[number].subject))
    for number in range(SAME_ID):
        subject, text = f"同一编号 {number}", f"第 {number} 个问题:说明书在哪里下载?"
        raw = compose(f"same{number}@mail.example", subject, text, f"<0-{number % 2}@broken.example>")
        mails.append(Delivery(raw, "new", subject))
    for number in range(NO_ID):
        subject = f"没有编号 {number}"
        mails.append(Delivery(compose(f"noid{number}@mail.example", subject, "请问保修期多久?", ""), "new", subject))
    mails += _zoo()
    mails += [_robot(number) for number in range(200 - len(mails))]
    assert 200 == len(mails)
    return mails


def _zoo() -> list[Delivery]:
    """Every mail of the zoo that is a person's or a machine's without doubt."""
    found = []
    for path in sorted(MAILS.glob("*.toml")):
        kind = tomllib.loads(path.read_text(encoding="utf-8")).get("automail", {}).get("kind")
        if kind in ("human", "auto_reply", "bounce", "bulk"):
            raw = path.with_suffix(".eml").read_bytes()
            found.append(Delivery(raw, "zoo" if kind == "human" else "robot", path.stem))
    return found[:60]


def _robot(number: int) -> Delivery:
    marks = ("Auto-Submitted: auto-replied", "List-Unsubscribe: <https://news.example/u>", "X-QQ-AUTO-REPLY: true")
    subject = f"自动回复: 您的来信 {number}" if number % 3 != 1 else f"本周特价 {number}"
    raw = compose(
        f"robot{number}@mail.example", subject, "这是自动发送的。", f"<robot-{number}@mail.example>", marks[number % 3]
    )
    return Delivery(raw, "robot", subject)
