"""A day's worth of mail for the demo: customers from several clients, in Chinese and English, and machines.

All people and orders are made up. Ages are minutes before the demo starts, so that some limits are close.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.demo.letters import Letter, write
from mailbot.demo.world import SUPPORT

# A one-pixel PNG stands for the photos that customers send.
PHOTO = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" + "1f15c4890000000d49444154789c6360606060"
    "0000000500010d0a2db40000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail, before it has a date. `code`: the customers' page offers it as an example under this name."""

    age: int  # minutes
    name: str
    address: str
    subject: str
    text: str
    style: str = "gmail"
    charset: str = "utf-8"
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    photo: str = ""
    code: str = ""
    machine: bool = False


_DAY: tuple[Sample, ...] = (
    Sample(
        215,
        "郑凯",
        "zheng.kai@m163.example",
        "申请七天无理由退货",
        "你好,订单 20261118552031 的加湿器昨天收到了,用了一次觉得声音有点大,想七天无理由退货。\n"
        "包装和配件都在,请问退货地址是哪里?运费谁出?\n\n郑凯\n13900000025",
        charset="gb18030",
    ),
    Sample(
        190,
        "Emma Clark",
        "emma.clark@mail.example",
        "Blender does not start",
        "Hello,\n\nThe blender BL-900 I bought in October (order 20261009774512) does not start any more. "
        "The light is on, but nothing happens when I press the button. I cleaned it and tried another socket.\n\n"
        "Can you repair it under warranty?\n\nKind regards\nEmma Clark",
    ),
    Sample(
        172,
        "采购部 何静",
        "he.jing@corp.example",
        "开票资料有误,需要重开发票",
        "您好,\n\n订单 20261102330198 开来的增值税发票,公司名称少了“有限”二字,财务无法入账。\n"
        "请问怎么重开?原来的发票需要寄回吗?\n\n何静\n采购部",
        style="outlook",
    ),
    Sample(
        150,
        "刘洋",
        "liu.yang@qq.example",
        "快递三天没有动了",
        "运单号 SF1390027765412 三天没更新了,一直停在中转站,订单 20261119008812,能帮忙催一下吗?周末之前要用。",
        style="qq",
    ),
    Sample(
        131,
        "黄婷",
        "huang.ting@mail.example",
        "电饭煲外箱压扁,内胆碎了",
        "今天收到的电饭煲,外箱压扁了一大块,打开一看内胆磕掉了一块漆,玻璃盖也碎了,照片见附件。\n"
        "订单号 20261120117730,我希望换一台新的。\n黄婷 13700000042",
        html="<p>今天收到的电饭煲,<b>外箱压扁了一大块</b>,打开一看内胆磕掉了一块漆,玻璃盖也碎了,照片见附件。</p>"
        "<p>订单号 20261120117730,我希望换一台新的。<br>黄婷 13700000042</p>",
        photo="压坏的外箱.png",
    ),
    Sample(
        118,
        "James Wood",
        "j.wood@post.example",
        "How often should I change the filter?",
        "Hi there,\n\nI have the air purifier KJ500. How often should I change the filter, and which one "
        "is compatible with it? The manual does not say.\n\nThanks,\nJames",
    ),
    Sample(
        97,
        "周敏",
        "zhou.min@mail.example",
        "客服态度太差了",
        "昨天下午打热线问维修进度,接电话的客服说话很不耐烦,没听我说完就把电话挂了。\n"
        "我买你们家东西好几年了,第一次遇到这种态度,很失望,希望给个说法。",
    ),
    Sample(
        83,
        "马超",
        "ma.chao@m163.example",
        "答应周五上门维修,没人来",
        "上周你们答应周五上门修洗衣机,我请了半天假在家等,没有人来,也没有电话。\n"
        "订单 20260915660274,到底什么时候能来?请今天给我答复。\n马超 13600000058",
    ),
    Sample(
        70,
        "Sofia Rossi",
        "sofia.rossi@mail.example",
        "Refund for cancelled order",
        "Hello, I cancelled order 20261116402287 last week, but I have not got the refund yet. "
        "Could you please tell me when the money will arrive?\n\nSofia",
    ),
    Sample(
        58,
        "林涛",
        "lin.tao@qq.example",
        "扫地机器人总是报错",
        "扫地机器人 RX-20 最近总是报错 E05,走几步就停,主刷已经清理过了还是一样。序列号 RX20-2611-00873。怎么处理?",
        style="qq",
    ),
    Sample(
        45,
        "郭雪",
        "guo.xue@mail.example",
        "保修期是多久",
        "请问电热水壶的保修期是多久?包装里没有找到保修卡,凭购买记录可以保修吗?",
    ),
    Sample(
        38,
        "郑凯",
        "zheng.kai@m163.example",
        "补充:退货",
        "补充一下,订单 20261118552031 的发票也在,需要一起寄回吗?",
    ),
    Sample(
        31,
        "高翔",
        "gao.xiang@corp.example",
        "企业采购询价:空气净化器 50 台",
        "您好,\n\n我司计划采购空气净化器 50 台,用于办公区,请问批量价格是多少?有没有优惠?\n\n此致\n敬礼\n\n高翔\n行政部",
        style="outlook",
    ),
    Sample(
        22,
        "许晴",
        "xu.qing@mail.example",
        "谢谢师傅",
        "师傅昨天来换了主板,洗衣机一切正常了,态度也很好,感谢你们的帮助!",
    ),
    Sample(
        14,
        "邓磊",
        "deng.lei@post.example",
        "建议",
        "建议遥控器加上背光,晚上根本看不清按键。其他都挺好。",
    ),
)

_FEW: tuple[Sample, ...] = (
    Sample(
        9,
        "吴刚",
        "wu.gang@mail.example",
        "电暖器冒烟了!!",
        "电暖器 NQ-18 刚开了十分钟就冒烟,插头烫手,有一股焦味,家里有老人和孩子,非常害怕!\n"
        "订单 20261121903345,请马上联系我:13500000066",
        code="smoke",
    ),
    Sample(
        6,
        "宋佳",
        "song.jia@qq.example",
        "第三次了!!!我要投诉",
        "同一台洗碗机修了三次还是漏水!每次都说修好了,用两天又漏!你们到底有没有人负责?!\n"
        "订单 20260820118846,今天必须给我一个说法,不然我就去 12315 投诉,再发到网上让大家都看看!!!",
        style="qq",
        code="angry",
    ),
    Sample(
        4,
        "李明",
        "li.ming@mail.example",
        "空气净化器滤芯多久换一次?",
        "您好,我上个月买了一台空气净化器 KJ500,请问滤芯多久更换一次?平时需要清洗吗?\n\n谢谢\n李明",
        code="enquiry",
    ),
    Sample(
        3,
        "Anna Berg",
        "anna.berg@post.example",
        "Parcel arrived damaged",
        "Hello,\n\nmy parcel (order 20261117283390) arrived crushed and the glass jug is broken. "
        "I would like a replacement, please.\n\nAnna Berg",
        code="english",
    ),
    Sample(
        26,
        "赵强",
        "zhao.qiang@qq.example",
        "自动回复: 您的订单已发货",
        "这是来自邮箱的自动回复邮件。\n\n您好,我正在休假,无法及时回复您的邮件。",
        headers=(("X-QQ-AUTO-REPLY", "true"), ("Auto-Submitted", "auto-replied")),
        code="auto_reply",
        machine=True,
    ),
    Sample(
        64,
        "家居周刊",
        "news@weekly.example",
        "本周精选:冬季家电大促,全场五折起",
        "亲爱的用户,本周为您精选十款家电,满 300 减 50,立即抢购!退订请点击页尾链接。",
        headers=(("List-Unsubscribe", "<https://weekly.example/leave>"), ("Precedence", "bulk")),
        code="newsletter",
        machine=True,
    ),
    Sample(
        105,
        "Mail Delivery System",
        "mailer-daemon@mx.post.example",
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.post.example.\n\n<nobody@post.example>: user unknown",
        headers=(("Auto-Submitted", "auto-replied"),),
        machine=True,
    ),
)

DAY: tuple[Sample, ...] = tuple(sorted((*_DAY, *_FEW), key=lambda sample: -sample.age))
EXAMPLES: dict[str, Sample] = {sample.code: sample for sample in _FEW if sample.code}


def letter(sample: Sample, now: datetime) -> bytes:
    """The bytes of a sample that is written now."""
    photos = ((sample.photo, "image/png", PHOTO),) if sample.photo else ()
    return write(
        Letter(
            sender=(sample.name, sample.address),
            to=SUPPORT,
            subject=sample.subject,
            text=sample.text,
            date=now,
            style=sample.style,
            charset=sample.charset,
            html=sample.html,
            headers=sample.headers,
            files=photos,
        )
    )


def the_day(now: datetime) -> list[tuple[datetime, bytes]]:
    """Every mail of the day with the moment it came in, oldest first. `now` is in local time."""
    moments = [(now - timedelta(minutes=sample.age), sample) for sample in DAY]
    return [(moment, letter(sample, moment)) for moment, sample in moments]


def customers() -> list[tuple[str, str]]:
    """(name, address) of every person who wrote, the newest first."""
    people = {sample.address: sample.name for sample in reversed(DAY) if not sample.machine}
    return [(name, address) for address, name in people.items()]
