"""What the shop's customers write: about forty letters of all categories, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailbot.core.mail import Address
from mailbot.core.rules import RuleBook
from mailbot.core.understand import Border, Understood, understand

OURS = "support@shop.example"

# The first mails of a case: subject, words.
FIRST: tuple[tuple[str, str], ...] = (
    ("洗衣机无法开机", "你好,我买的洗衣机按下开关没有反应,无法开机,请尽快处理。订单号 20260103123456。"),
    ("空调不制冷", "上周装的空调开了一个小时还是不制冷,外机也不转,麻烦安排人看一下。"),
    ("电饭煲漏电", "电饭煲漏电,手碰到外壳被电了一下,家里有小孩,非常危险!请马上处理!"),
    ("热水器漏水冒烟", "燃气热水器一直漏水,刚才还冒烟了,闻到煤气味,不敢用,请立即派人!"),
    ("收到的货少螺丝", "书柜收到了,但是配件包里少了四颗螺丝,没法安装,请补发。"),
    ("快递一直没到", "我的订单三天没有物流更新了,说好前天到的,请帮忙查一下到哪了。"),
    ("官网打不开", "你们的官网登录不上去,一直提示系统错误,没法查订单。"),
    ("一点建议", "建议你们的电饭煲说明书字体大一点,老人看不清,另外可以加一个预约的示意图。"),
    ("投诉!质量太差", "我要投诉!空气炸锅收到就是坏的,客服三天都没有回复,必须给个说法。"),
    ("投诉客服态度", "你们客服态度恶劣,我问了两句就不耐烦挂我电话,我要投诉这个客服。"),
    ("货不对板", "收到的和直播间说的完全不一样,颜色尺寸都不对,这不是欺骗消费者吗?投诉!"),
    ("运输损坏", "冰箱送到的时候外壳已经压坏了,玻璃碎了一地,我非常生气,要求赔偿,否则投诉到消协。"),
    ("说好的没有兑现", "你们上次答应周五之前上门,结果没有人来,电话也没有一个,我要投诉,太失望了。"),
    ("预约定时怎么用", "您好,请问这款电饭煲怎么预约定时?说明书上没有找到。"),
    ("保修多久", "请问空调的整机保修期是多久?压缩机呢?需要提供发票吗?"),
    ("开发票", "您好,我想开一张公司抬头的发票,请问需要提供哪些资料?"),
    ("批量采购价格", "我们公司想买三十台净水器,请问有没有团购价?可以开专票吗?"),
    ("查一下物流", "请问我的订单什么时候发货?现在到哪里了?"),
    ("退换流程", "请问退货的流程是怎样的?运费谁出?"),
    ("申请退货", "买的电风扇不合适,没有拆封,想申请七天无理由退货,订单号 20260203998877。"),
    ("换个颜色", "买的水壶颜色不喜欢,想换成白色的,可以吗?订单号 20260211445566。"),
    ("申请维修", "油烟机用了一年多,最近声音特别大,想申请上门维修,地址在城西。"),
    ("退款什么时候到", "我的退货你们已经签收一周了,退款还没有到账,请尽快退款。"),
    ("取消订单", "不想要了,请帮我取消订单 20260218112233,谢谢。"),
    ("修改收货地址", "下单时地址填错了,麻烦帮我把收货地址改成公司地址。"),
    ("保价", "刚买三天就降价两百,申请价格保护,退差价。"),
    (
        "Washing machine does not start",
        "Hello, the washing machine I bought last month does not turn on at all. Please help.",
    ),
    ("Checkout error", "Your website shows an error 500 whenever I try to pay. I cannot place my order."),
    (
        "I want to complain",
        "This is a formal complaint. The kettle arrived broken and nobody has answered me for a week. Unacceptable.",
    ),
    (
        "Warranty question",
        "Could you tell me how long the warranty of the air conditioner is, and what I need to keep?",
    ),
    (
        "Return request",
        "I would like to return the fan I bought last week, it is unopened. My order number is 20260301776655.",
    ),
    ("Where is my refund", "You received my return ten days ago and I still have no refund. Please refund me soon."),
    ("What it costs", "What is the price for twenty units of the water purifier?"),
)

# What else comes in, by what it is about.
MORE: dict[str, tuple[tuple[str, str], ...]] = {
    "supplement": (
        ("回复:您的来信", "补充一下,订单号是 20260105667788,型号 XQG-80,昨天晚上开始这样的。"),
        ("Re: your case", "Here is the order number you asked for: 20260105667788. It began yesterday evening."),
    ),
    "chase": (
        ("回复:您的来信", "请问现在处理到哪一步了?我已经等了很久。"),
        ("Re: your case", "Could you tell me where my case stands? I have been waiting for a while."),
    ),
    "thanks": (("回复:处理结果", "收到了,谢谢你们的帮助!"), ("Re: result", "Thank you for your help!")),
    "good": (("回复:回访", "非常满意,师傅很专业。"), ("回复:回访", "满意"), ("Re: how did we do", "5")),
    "fair": (("回复:回访", "还行,一般吧"), ("Re: how did we do", "3")),
    "bad": (
        ("回复:回访", "不满意,还是响,根本没有修好。"),
        ("Re: how did we do", "Very disappointed, it still does not work."),
        ("回复:回访", "2"),
    ),
    "good_and_asks": (("回复:回访", "很满意!另外请问滤芯多久换一次?"),),
    "broken_again": (("回复:处理结果", "还是老样子,问题没有解决,今天又无法开机了,请再派人来看。"),),
    "stop": (
        ("回复:回访", "不要再给我发回访邮件了,谢谢。"),
        ("Re: how did we do", "Please do not send me any more surveys."),
    ),
    "robot": (("自动回复:您的来信", "您好,我正在休假,回来后会尽快回复您。"),),
    "advert": (("发票代开", "本公司代开各类发票,税点优惠,真实可查,欢迎来电咨询,加微信详谈。"),),
}


@dataclass(frozen=True, slots=True)
class Sort:
    """One letter, understood once; every customer who writes it gets their own name into it."""

    head: str
    words: str
    understood: Understood
    robot: bool = False

    def by(self, customer: str, number: int) -> tuple[bytes, Understood]:
        """The letter as this customer wrote it: its bytes and what mailbot makes of it."""
        message_id = f"<s{number}@mail.example>"
        mail = replace(self.understood.mail, from_=Address("", customer), message_id=message_id)
        return _raw(self.head, self.words, customer, message_id, self.robot), replace(self.understood, mail=mail)


@dataclass(frozen=True, slots=True)
class Letters:
    first: tuple[Sort, ...]
    more: dict[str, tuple[Sort, ...]]


def read_letters(book: RuleBook, border: Border) -> Letters:
    def sort(letter: tuple[str, str], robot: bool = False) -> Sort:
        head, words = letter
        read = understand(_raw(head, words, "someone@mail.example", "<model@mail.example>", robot), book, border)
        assert isinstance(read, Understood)
        return Sort(head, words, read, robot)

    more = {name: tuple(sort(each, name == "robot") for each in letters) for name, letters in MORE.items()}
    return Letters(tuple(sort(each) for each in FIRST), more)


def _raw(head: str, words: str, sender: str, message_id: str, robot: bool) -> bytes:
    lines = [f"From: {sender}", f"To: {OURS}", f"Subject: {head}", f"Message-ID: {message_id}"]
    lines += ["Date: Mon, 05 Jan 2026 09:00:00 +0800", "MIME-Version: 1.0"]
    lines += ["Auto-Submitted: auto-replied"] if robot else []
    lines += ["Content-Type: text/plain; charset=utf-8", "", words, ""]
    return "\r\n".join(lines).encode()
