"""Support mails as they come: Chinese and English, plain and with HTML, new ones and answers; about 6 KB each."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage

SUPPORT = "support@shop.example"

ZH = (
    ("空调不制冷", "上周买的空调不制冷,面板显示 E2,请尽快安排师傅上门。"),
    ("我要退货", "电饭煲我不想要了,还没有拆封,怎么退货?退款多久到账?"),
    ("投诉快递", "我要投诉!热水壶送到时箱子都压扁了,壶身有裂纹,要求换新的。"),
    ("请问怎么清洗滤网", "请问空气净化器的滤网怎么清洗?多久换一次?"),
    ("发票", "需要开一张增值税普通发票,请问怎么申请?"),
)
EN = (
    ("Kettle leaks", "The kettle leaks at the bottom. I would like a replacement, please."),
    ("Where is my parcel", "My parcel was due on Friday. Could you tell me where it is now?"),
)
MORE_ZH = "家里有老人和孩子,天气又冷,每天都要用,真的很不方便。照片和购买记录我都留着,需要的话可以发给你们。"
MORE_EN = "We use it every day and it is not easy to go without. I kept the box and the receipt and can send photos. "


def mixed(count: int) -> Iterator[bytes]:
    """Every number is another customer with another order."""
    for number in range(count):
        yield _mail(number)


def _mail(number: int) -> bytes:
    english = number % 4 == 3
    subject, words = (EN if english else ZH)[number % (2 if english else 5)]
    order = f"2026{number % 12 + 1:02d}{number % 28 + 1:02d}{number:08d}"
    about = f"Order {order}." if english else f"订单号 {order}。"
    text = f"{about}{words}\n\n" + (MORE_EN if english else MORE_ZH) * (1 + number % 5) + "\n"
    if number % 6 == 0:
        text += _history(english)
    mail = EmailMessage(policy=policy.SMTP)
    mail["Received"] = (
        f"from mx{number % 9}.mail.example by mx.shop.example with ESMTPS id Q{number}; Mon, 23 Nov 2026 08:50:00 +0800"
    )
    mail["Received"] = (
        f"from [198.51.100.{number % 200}] by mx{number % 9}.mail.example; Mon, 23 Nov 2026 08:49:58 +0800"
    )
    mail["From"] = f"{'Customer' if english else '客户'} {number} <customer{number}@mail.example>"
    mail["To"] = SUPPORT
    mail["Subject"] = f"{subject} {number}"
    mail["Date"] = "Mon, 23 Nov 2026 08:49:57 +0800"
    mail["Message-ID"] = f"<{number}.bench@mail.example>"
    charset = "gb18030" if number % 5 == 1 and not english else "utf-8"
    mail.set_content(text, charset=charset, cte="quoted-printable" if english else "base64")
    if number % 3:
        rows = "".join(
            f'<div style="font-family:sans-serif;font-size:14px;color:#222">{line}</div>' for line in text.split("\n")
        )
        html = f"<html><head><style>p{{margin:0}}</style></head><body>{rows}</body></html>"
        mail.add_alternative(html, subtype="html", charset=charset, cte="quoted-printable" if english else "base64")
    if number % 12 == 5:
        mail.add_attachment(bytes(range(256)) * 80, maintype="image", subtype="jpeg", filename="photo.jpg")
    return mail.as_bytes()


def _history(english: bool) -> str:
    if english:
        return f"\nOn Sun, 22 Nov 2026 at 10:00, Shop <{SUPPORT}> wrote:\n> Thank you for your order.\n> Kind regards\n"
    head = f'发件人: "示例电器" <{SUPPORT}>\n主题: 订单确认'
    return f"\n------------------ 原始邮件 ------------------\n{head}\n\n感谢您的购买。\n"
