"""What a mail is about, how urgent, in what mood: tables of mails with what a careful person would say."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.core.facts import Fact, Facts
from mailbot.core.mail import Address, Attachment, Mail
from mailbot.core.quoting import split
from mailbot.core.rules import match, read_book
from mailbot.core.triage import Triage, confidence, triage

ROOT = Path(__file__).parents[2] / "rules"
BOOK = read_book(
    {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in sorted(ROOT.rglob("*"))
        if path.suffix in {".toml", ".md"}
    }
)
LABELLED = tomllib.loads((Path(__file__).parent / "labelled.toml").read_text("utf-8"))


def mail(text: str, subject: str = "", attachments: tuple[Attachment, ...] = ()) -> Mail:
    return Mail(
        message_id=None,
        from_=Address("", "li.ming@mail.example"),
        sender=None,
        reply_to=(),
        to=(),
        cc=(),
        subject=subject,
        date=None,
        text=text,
        html=None,
        attachments=attachments,
        in_reply_to=(),
        references=(),
        headers=(),
        report=None,
        returned=None,
        content_type="text/plain",
        problems=(),
    )


def judged(text: str, subject: str = "", facts: Facts | None = None) -> Triage:
    return triage(mail(text, subject), split(text), facts or Facts(), BOOK)


@pytest.mark.rule("000-13")
def test_nine_of_ten_labelled_mails_find_their_topic():
    rows = [(key, text) for key, texts in LABELLED.items() for text in texts]
    examples = {example.text for example in BOOK.examples}

    found = [(key, f"{got.category}/{got.topic}") for key, text in rows for got in (judged(text),)]
    right = sum(expected == got for expected, got in found)

    assert len(rows) >= 100
    assert examples.isdisjoint(text for _, text in rows)
    assert set(LABELLED) == {topic.key for topic in BOOK.topics.values()}
    assert right / len(rows) >= 0.9


URGENT = [
    "插座冒火星,请赶快处理",
    "热水器漏电,洗澡的时候被电了一下",
    "充电宝昨晚自燃了,床单烧了个洞",
    "電池鼓包了,很危險",
    "机器后面有股糊味,已经拔了插头",
    "闻到一股烧焦的味道,还能用吗?",
    "摸外壳的时候手麻,感觉漏电了",
    "燃气灶漏气,屋里一股煤气味",
    "锅盖炸裂,把手烫伤了",
    "孩子被玩具的尖角划伤了,流血了",
    "吃了你们的坚果全家拉肚子去医院",
    "用了面霜之后脸上过敏红肿",
    "充电器的插头烧黑了",
    "打开开关就冒烟",
    "洗衣机一启动就跳闸还冒火花",
    "电热毯着火了!",
    "请问机身发烫还有焦味,正常吗?",
    "吹风机差点起火,吓死人",
    "孩子摸到机壳被电到,幸好没事",
    "The charger caught fire last night.",
    "There is a burning smell from the back of the TV.",
    "I got an electric shock when I touched the tap.",
    "The battery is swollen and hot.",
    "Smoke came out of the motor.",
    "My daughter was injured by the broken glass and had to go to hospital.",
    "Sparks fly from the plug whenever I switch it on.",
    "再不处理我就打12315",
    "我已经委托律师,会向法院起诉",
    "请尽快答复,否则我会走法律途径",
    "My lawyer will contact you about this order.",
    "If this is not settled by Friday I will take legal action.",
    "我会联系媒体曝光这件事",
    "已经录了视频,准备发到抖音上让大家看看",
    "I will go public and contact a journalist.",
    "我们的收银系统瘫痪,店里无法营业",
    "整个公司断网,你们的路由器宕机了",
    "生产线停了,你们的控制柜报警",
    "Our production line is down because of your controller.",
    "因为你们的机器我们损失了十几万",
    "漏水把楼下天花板泡坏了,家里地板全被淹",
    "We lost 25,000 dollars because of the outage.",
    "强烈投诉!你们的服务太恶劣",
    "I am making a formal complaint about this order.",
    "客服答应周五送到没有兑现,害我白跑一趟还误工一天",
    "紧急报修,冷库停机",
]
NOT_URGENT = [
    ("请问这款热水器有漏电保护吗?", "normal"),
    ("插座着火会自动断电吗?", "normal"),
    ("這款電熱毯會不會漏電?", "normal"),
    ("充电的时候会起火吗,安全吗", "normal"),
    ("电池有没有防爆设计?", "normal"),
    ("如果短路,空开会跳吗?", "normal"),
    ("担心漏电,想问下有没有接地", "normal"),
    ("请问儿童座椅会夹伤手吗", "normal"),
    ("敏感肌肤用了会过敏吗?", "normal"),
    ("你们卖打火机吗,多少钱", "normal"),
    ("燃气灶打不着火,换了电池也不行", "important"),
    ("这款型号停产了吗?", "normal"),
    ("你们有没有消防认证证书?", "normal"),
    ("买了你家带电池的玩具,电池怎么装?", "normal"),
    ("我住院了没法签收,能改到下周送货吗", "normal"),
    ("Does it have electric shock protection?", "normal"),
    ("Is it safe? Could it catch fire if I leave it on?", "normal"),
    ("Is there a smoke detector in the set?", "normal"),
    ("I need an invoice for my hospital order.", "normal"),
    ("I saw your chair on social media. How much is it?", "normal"),
    ("I am a lawyer and need a VAT invoice for my office.", "normal"),
    ("如何投诉?投诉电话是多少", "normal"),
    ("请问保修期多久", "normal"),
    ("快递到哪了", "normal"),
    ("建议把字印大一点", "normal"),
    ("谢谢,已经修好了", "normal"),
    ("非常满意", "normal"),
    ("您好", "normal"),
    ("电视没有声音", "important"),
    ("我要退货", "important"),
    ("退款什么时候到账", "important"),
    ("收到的杯子有划痕", "important"),
    ("帮我改一下收货地址", "important"),
    ("外箱压扁,杯子碎了", "important"),
    ("发了三封邮件没有人回复", "important"),
    ("修完第二天又坏了", "important"),
    ("Where is my parcel?", "normal"),
    ("The kettle does not heat any more.", "important"),
    ("Please cancel my order.", "important"),
    ("The box was crushed and two plates are broken.", "important"),
]


@pytest.mark.rule("000-14")
@pytest.mark.rule("000-15")
@pytest.mark.rule("000-16")
@pytest.mark.rule("000-20")
@pytest.mark.rule("002-17")
@pytest.mark.parametrize("text", URGENT)
def test_danger_law_press_outage_loss_and_strong_complaints_are_urgent(text):
    found = judged(text)

    assert "urgent" == found.priority
    assert any(reason.startswith("紧急") for reason in found.reasons)


@pytest.mark.rule("000-17")
@pytest.mark.rule("000-18")
@pytest.mark.rule("000-19")
@pytest.mark.rule("002-18")
@pytest.mark.rule("002-19")
@pytest.mark.parametrize(("text", "expected"), NOT_URGENT)
def test_questions_about_danger_and_everyday_mail_are_not_urgent(text, expected):
    assert expected == judged(text).priority


@pytest.mark.rule("001-03")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请问保修期多久?谢谢", "calm"),
        ("您好,机器不制冷,麻烦看一下", "calm"),
        ("不着急,方便的时候回复就行", "calm"),
        ("Could you tell me when it ships? Thanks.", "calm"),
        ("如何投诉?", "calm"),
        ("这是第三次联系你们了,还是没有结果", "upset"),
        ("天天催你们也没用", "upset"),
        ("真的很失望", "upset"),
        ("到底什么时候能处理好?", "upset"),
        ("I am disappointed with the delay.", "upset"),
        ("This is my third email about it.", "upset"),
        ("真無奈,等了兩週還沒有人回覆", "upset"),
        ("骗子公司!!!", "angry"),
        ("再不解决我就去12315投诉", "angry"),
        ("气死我了,太过分了", "angry"),
        ("你们必须给我一个说法", "angry"),
        ("忍无可忍,黑心商家", "angry"),
        ("贵司这处理速度,真是让我大开眼界,堪称教科书级,佩服你们", "angry"),
        ("This is outrageous. You are a bunch of liars.", "angry"),
        ("I am furious and fed up.", "angry"),
    ],
)
def test_mood_comes_from_words_repetition_and_shouting(text, expected):
    assert expected == judged(text).mood


def test_an_angry_complaint_is_urgent_and_says_why():
    found = judged("你们的快递态度差,气死我了,岂有此理")

    assert ("complaint", "urgent", "angry") == (found.category, found.priority, found.mood)
    assert "紧急-强烈投诉: 投诉且情绪激动" in found.reasons


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("水壶坏了", "fault"),
        ("水壶坏了,我要退货", "request"),
        ("水壶坏了,换一个新的给我", "request"),
        ("水壶坏了,我要投诉你们", "complaint"),
        ("不是要投诉,只是水壶坏了问问怎么办", "fault"),
        ("发票抬头写错了,帮我改一下", "request"),
        ("请给我开发票", "enquiry"),
        ("昨天刚买就降价了,退差价", "request"),
        ("The kettle is broken", "fault"),
        ("The kettle is broken, I want to return it", "request"),
    ],
)
def test_the_action_the_customer_wants_decides(text, expected):
    assert expected == judged(text).category


@pytest.mark.rule("000-06")
@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("回复: 满意度回访 工单 20261123-0001", "满意", "rating"),
        ("Re: 服务回访", "不太满意,等太久了", "rating"),
        ("回复: 回访", "还是不行", "still_broken"),
        ("回复: 回访", "已经好了,谢谢师傅", "thanks"),
        ("Re: How did we do?", "5 stars", "rating"),
    ],
)
def test_the_answer_to_a_revisit_is_filed_under_revisit(subject, text, expected):
    found = judged(text, subject)

    assert ("revisit", expected) == (found.category, found.topic)


def test_quoted_history_says_nothing():
    text = "好的,谢谢\n\n在 2026/11/20 10:00, 客服 写道:\n> 您可以申请退货退款,或者投诉\n> 漏电请断电"

    found = judged(text)

    assert ("revisit", "thanks", "normal") == (found.category, found.topic, found.priority)


@pytest.mark.parametrize(
    "text",
    [
        "请问你们能代开发票吗?",
        "你们的推广短信太多了,怎么退订",
        "优惠活动什么时候开始?加微信可以吗",
        "我公司想批量采购,价格优惠吗",
        "How do I unsubscribe from your newsletter?",
        "Our factory uses your pumps, two are leaking.",
    ],
)
def test_a_customer_is_never_taken_for_spam(text):
    assert "spam" != judged(text).topic


def test_spam_is_no_alarm():
    found = judged("常年代开发票,点数优惠,验证后付款,否则律师函,仲裁代理")

    assert ("spam", "normal") == (found.topic, found.priority)


@pytest.mark.rule("000-09")
@pytest.mark.rule("001-04")
def test_missing_is_what_the_topic_requires_and_the_mail_lacks():
    text = "外箱压扁了,里面的杯子碎了,快递太暴力"
    photo = Attachment(0, "1.jpg", "image/jpeg", 10, inline=True)
    facts = Facts(order_numbers=(Fact("20261118001234", "20261118001234"),))

    assert ("order_number", "photo", "demand") == judged(text).missing
    assert ("demand",) == triage(mail(text, "", (photo,)), split(text), facts, BOOK).missing


def test_nothing_is_invented_for_an_empty_mail():
    found = judged("")

    assert ("other", "none", "normal", "calm") == (found.category, found.topic, found.priority, found.mood)
    assert () == found.missing
    assert found.runner_up is None
    assert found.confidence < 0.5


def test_confidence_falls_with_a_rival_and_is_low_for_a_mere_question():
    plain = confidence(match("", "我要退货", BOOK))
    mixed = confidence(match("", "我要退货,请问还有什么优惠活动吗", BOOK))
    cue = confidence(match("", "请问是不是这样?", BOOK))

    assert 1 >= plain > mixed > cue > 0


def test_the_runner_up_is_named():
    assert "fault/malfunction" == judged("水壶坏了,我要退货").runner_up


@pytest.mark.parametrize("text", ["退货" * 30_000, "\0\ud800" * 50, "️⃣" * 500, "漏电" * 10_000])
def test_odd_text_is_judged_like_any_other(text):
    assert 0 <= judged(text).confidence <= 1


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=120), st.text(max_size=400))
def test_triage_never_raises_and_answers_the_same_twice(subject, text):
    first, second = judged(text, subject), judged(text, subject)

    assert first == second
    assert pickle.loads(pickle.dumps(first)) == first
