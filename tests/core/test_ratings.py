"""Answers to the question whether the customer is satisfied, as people write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.ratings import LONGEST_REASON, SCORE_NAMES, THREE_NAMES, opts_out, read_rating, three

VERY_SATISFIED = (
    "五星好评",
    "非常满意,小陈很耐心",
    "五颗星",
    "excellent service",
    "很满意",
    "非常好",
    "非常滿意,謝謝師傅",
    "打五分",
    "10分",
    "5/5",
    "5 stars",
    "100分",
    "⭐⭐⭐⭐⭐",
    "Very satisfied, thank you!",
    "Great job, thanks",
    "couldn't be happier",
    "五分好评,师傅很专业",
    "5",
    "我给5星",
    "没得挑,完美",
    "好极了",
    "太棒了",
    "满意得不得了",
    "不能更满意了",
    "1 very satisfied",
    "Perfect!",
    "Absolutely fantastic support",
    "Very happy! Please pass my thanks to Chen.",
    "十分满意",
    "5️⃣",
    "超级满意!!!",
    "rating: 5",
    "服务很专业,非常满意!",
    "对处理过程和结果都非常满意",
    "完美解决,五星",
    "给你们点赞",
    "非常滿意!五顆星",
    "I am very satisfied with the service.",
    "Very good service",
    "10/10",
    "Five stars",
    "5 out of 5, quick repair",
    "5 - excellent",
    "Rating: 5. Keep it up!",
    "Best service I ever had",
    "loved it",
    "❤️",
    "👍👍👍",
    "打十分",
    "1到5分的话,我给5分",
    "十分满意,感谢",
    "没有比这更满意的了",
    "感谢,很棒",
    "满意度5",
    "非常满意 5",
)
SATISFIED = (
    "可以",
    "可以,谢谢",
    "满意,没有其他需要帮忙的",
    "已经好了,没有其他问题了,谢谢",
    "是的,满意",
    "Yes, satisfied",
    "Yes, it works",
    "满意",
    "４",
    "all good thanks",
    "没有不满意的地方",
    "没什么不满意",
    "挺好的就是慢了点",
    "👍",
    "😊",
    "Fine.",
    "解决了,谢谢",
    "2台都修好了",
    "满意。另外发票什么时候寄?",
    "感觉还不错",
    "滿意",
    "沒有不滿意的地方",
    "给4分,就是有点慢",
    "8/10",
    "4 out of 5",
    "★★★★☆",
    "satisfied",
    "not bad",
    "It works now, thank you",
    "no complaints",
    "I am not dissatisfied",
    "不响了,谢谢",
    "空调现在正常了",
    "4,师傅来晚了",
    "选4",
    "4分",
    "还算满意",
    "比较满意",
    "基本满意",
    "总体满意,继续加油",
    "处理得不错",
    "问题解决了",
    "已经修好了,运转正常",
    "蛮好的",
    "一开始不满意,后来处理得挺好,满意",
    "1. 满意\n2. 发票请尽快寄",
    "Good.",
    "Happy with the result",
    "All sorted now, cheers",
    "Everything works fine now",
    "Satisfied. Could you also send me the invoice?",
    "没问题了",
    "師傅很專業",
    "④",
    "不错👍",
    "满意吧",
    "满意满意",
    "很好",
    "可以的",
    "还不错,谢谢小周",
    "对处理结果满意",
    "都挺满意的",
    "没有任何问题,满意",
    "一切都好,谢谢",
    "满意,希望以后继续保持",
    "满意,不需要其他帮助了",
    "满意,另外我还想买一台,多少钱?",
    "可以,挺满意",
    "退款已收到,谢谢",
    "已收到退款,满意",
    "师傅昨天来修好了,现在不漏水了",
    "谢谢,都解决了",
    "没什么不满意的,就是等得久了点",
    "满意。",
    "滿意,謝謝您",
    "Pretty good overall",
    "good job",
    "Quite happy, though it took a while",
    "Fixed, thanks!",
    "Problem solved. Thanks",
    "I would rate it 4",
    "4/5 because of the delay",
    "can't complain",
    "No problems since the repair",
    "no issues at all",
    "Everything is fine, thank you",
    "all ok",
    "👌",
    "Satisfied 😊",
    "给八分,满分十分",
    "我打4分(满分5分)",
    "总的来说还是满意的",
    "小陈态度很好,问题也解决了",
    "修好了,就是有点慢",
    "非常感谢,问题已解决",
    "没毛病",
    "ok, works fine",
    "It's fine",
    "4星,小瑕疵",
    "满意度:4",
    "4 满意",
)
NEUTRAL = (
    "说得过去",
    "还行",
    "一般吧",
    "凑合",
    "3 - took too long",
    "could be better",
    "還可以",
    "60分",
    "so-so",
    "It was okay.",
    "3。价格有点贵",
    "3",
    "三分",
    "马马虎虎",
    "中规中矩",
    "勉强满意",
    "说不上不满意",
    "不好不坏",
    "还过得去",
    "average",
    "Neutral",
    "meh",
    "ok but slow",
    "有点慢",
    "2分产品,5分服务",
    "还好吧",
    "普普通通",
    "不算满意也不算不满意",
    "普通",
    "6/10",
    "neither good nor bad",
    "😐",
    "3颗星吧",
    "中评",
    "问题解决了,但是师傅态度很差",
    "OK service",
)
DISSATISFIED = (
    "没有,还是响",
    "没解决",
    "没好",
    "差",
    "不,不满意",
    "No, it is not solved",
    "No, still leaking",
    "还是有响声",
    "声音还在",
    "不满意,还是响",
    "2",
    "2分",
    "不太满意",
    "谈不上满意",
    "不是很满意",
    "问题还没解决",
    "又坏了",
    "不满",
    "不满意",
    "機器還是會響,沒修好",
    "還是不行",
    "👎",
    "not satisfied",
    "dissatisfied, the noise is back",
    "still not working",
    "It broke again yesterday",
    "The problem is not solved",
    "I am not really satisfied because nobody called me",
    "空调不制冷",
    "洗衣机还在漏水",
    "修了两次还是老样子",
    "怎么又坏了?",
    "对你们的处理结果不满意",
    "不满意,我要退款",
    "2 还是响",
    "不好",
    "不怎么样",
    "没修好",
    "态度很好,但是问题没解决",
    "师傅态度不错,不过机器还是漏水",
    "没让我满意",
    "不尽如人意",
    "失望",
    "以前很满意,这次不满意",
    "Unhappy. Still waiting for the refund.",
    "The machine is still leaking",
    "No improvement",
    "same problem again",
    "poor communication",
    "太慢了",
    "不滿意,拖太久",
    "score 2 because nobody came",
    "不太好,师傅没来",
    "我不觉得满意",
    "没有很满意",
    "没有你们说的那么好,问题依旧",
    "一般,问题没有彻底解决",
    "处理太慢,等了两个星期",
    "服务态度恶劣",
    "换了新的,还是一样的问题",
    "修完第二天又漏水了",
    "问题依然存在",
    "到现在还没收到退款",
    "不滿意,還是漏水",
    "I'm not satisfied. The fridge still makes noise.",
    "Not good enough",
    "not very happy with the repair",
    "Disappointed",
    "It doesn't work",
    "it is not fixed",
    "hasn't been fixed yet",
    "4/10",
    "2, still noisy",
    "2星,太慢",
    "不满意!!!",
    "不满意啊",
    "說實話不太滿意",
    "不满意,要求退款",
    "洗衣机还是不转",
    "没达到预期",
    "有点失望",
    "有点不满意",
    "很遗憾,没有解决",
    "It's not fine",
    "worse than before",
    "still waiting for the technician",
    "两分",
)
VERY_DISSATISFIED = (
    "very disappointed",
    "差评",
    "not happy at all",
    "很不满意",
    "非常不满意,三天没人理我",
    "一点都不满意",
    "1星",
    "0分",
    "😡",
    "extremely unhappy with this",
    "太差了",
    "垃圾服务",
    "1",
    "一星都不想给,太差了",
    "没有一点满意的地方",
    "失望透顶",
    "Terrible experience",
    "Worst service ever",
    "非常失望",
    "服务太敷衍",
    "气死我了,什么破服务",
    "非常不好",
    "Absolutely terrible, never again",
    "1 - nobody came",
    "👎👎👎",
    "一星",
)
NO_RATING = (
    "好",
    "嗯",
    "Yes",
    "订单20261105889213",
    "下午3点",
    "11月5日",
    "谢谢",
    "收到,谢谢!",
    "Thank you",
    "Thanks, received.",
    "ok, thanks",
    "好的",
    "请问发票什么时候寄?",
    "我想换个收货地址",
    "希望给我一个满意的答复",
    "怎样你们才能让我满意?",
    "3 days later",
    "I ordered 2 pieces",
    "周三下午2点到4点在家",
    "电话13800138000",
    "如果又坏了怎么办?",
    "什么时候能解决?",
    "最近在出差,下周再回复您",
    "十分钟后联系我",
    "谢谢😊",
    "",
    "。。。",
    "Thank you very much for your help",
    "Thank you for your email, I will answer next week",
    "I am out of office until Friday",
    "When will the invoice arrive?",
    "Please change my address",
    "Received, thank you!",
    "好的,谢谢您",
    "已收到",
    "辛苦了",
    "谢谢您的耐心解答",
    "我的订单2026112312345什么时候发货?",
    "2026年11月5日买的",
    "地址是5栋2单元301",
    "麻烦5号之前寄发票",
    "这款和那款一样吗?",
    "3台都要开发票",
    "我周一到周五9点在家",
    "我家门牌是4号",
    "12:30以后方便",
    "不知道怎么评价",
    "满意度调查在哪里填?",
)
RATED = tuple(
    (text, score)
    for score, texts in ((5, VERY_SATISFIED), (4, SATISFIED), (3, NEUTRAL), (2, DISSATISFIED), (1, VERY_DISSATISFIED))
    for text in texts
)


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(RATED) >= 120
    assert len(NO_RATING) >= 30


@pytest.mark.rule("001-31", "002-33", "002-46", "003-26")
@pytest.mark.parametrize(("text", "score"), RATED)
def test_a_rating_is_understood(text: str, score: int) -> None:
    rating = read_rating(text)

    assert rating is not None
    assert score == rating.score
    assert rating.evidence


@pytest.mark.parametrize("text", NO_RATING)
def test_thanks_questions_and_other_numbers_are_no_rating(text: str) -> None:
    assert read_rating(text) is None


@pytest.mark.rule("002-46")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("满意", ""),
        ("2", ""),
        ("very disappointed", ""),
        ("不满意,还是响", "还是响"),
        ("不滿意,還是會漏水", "還是會漏水"),  # as written
        ("又坏了", "又坏了"),
        ("问题还没解决", "问题还没解决"),
        ("空调不制冷", "空调不制冷"),
        ("非常满意,小陈很耐心", "小陈很耐心"),
        ("挺好的就是慢了点", "慢了点"),
        ("3 - took too long", "took too long"),
        ("2 还是响", "还是响"),
        ("4分,因为师傅来晚了", "师傅来晚了"),
        ("不满意。\n等了两个星期,\n没人联系我。", "等了两个星期，没人联系我"),
        ("Unhappy. Still waiting for the refund.", "Still waiting for the refund"),
        ("您好,非常满意,谢谢!", ""),
        ("解决了,谢谢", ""),
        ("满意。另外发票什么时候寄?", ""),
        ("不满意,我要退款", "我要退款"),
    ],
)
def test_the_reason_is_what_the_customer_wrote_beyond_the_rating(text: str, reason: str) -> None:
    rating = read_rating(text)

    assert rating is not None
    assert reason == rating.reason


def test_a_long_reason_is_cut_to_one_line() -> None:
    rating = read_rating("不满意," + "第三次上门师傅拧坏了面板\n" * 60)

    assert rating is not None
    assert LONGEST_REASON == len(rating.reason)
    assert "\n" not in rating.reason


@pytest.mark.parametrize(
    "text",
    [
        "满意。另外发票什么时候寄?",
        "满意,另外我还想买一台,多少钱?",
        "Satisfied. Could you also send me the invoice?",
        "不满意,我要退款",
        "5分。请问保修到哪天?",
        "4, but I need a new hose",
        "五星,但是昨天又坏了",  # a good rating of a problem that is back
    ],
)
def test_a_rating_that_also_asks_for_something_says_so(text: str) -> None:
    rating = read_rating(text)

    assert rating is not None
    assert rating.more


@pytest.mark.parametrize(
    "text",
    [
        "满意",
        "满意,希望以后继续保持",
        "满意,不需要其他帮助了",
        "很满意,请转达对小陈的感谢",
        "Very happy! Please pass my thanks to Chen.",
        "不满意,怎么又坏了?",
        "5. Keep it up!",
    ],
)
def test_praise_and_the_complaint_itself_ask_for_nothing_new(text: str) -> None:
    rating = read_rating(text)

    assert rating is not None
    assert not rating.more


def test_words_are_believed_where_the_number_says_the_opposite() -> None:
    turned, usual = read_rating("1,非常满意"), read_rating("5,非常不满意,一直没修好")

    assert turned is not None
    assert usual is not None
    assert (5, 1) == (turned.score, usual.score)


def test_a_problem_that_is_still_there_outweighs_kind_words() -> None:
    rating = read_rating("小陈态度很好,很专业,但是机器还是漏水。")

    assert rating is not None
    assert 2 == rating.score
    assert "机器还是漏水" in rating.reason


@pytest.mark.parametrize(
    "text",
    [
        "不要再发回访了",
        "请不要再发这种邮件",
        "別再打擾我",
        "别再打扰我",
        "退订",
        "怎么退订?",
        "unsubscribe",
        "please stop sending surveys",
        "不要再给我发邮件了",
        "不想再收到这类邮件",
        "不用回访了",
        "取消回访",
        "别发了",
        "Do not email me again",
        "don't send me any more surveys",
        "no more surveys please",
        "Please remove me from your list",
        "stop emailing me",
        "opt out",
        "請不要再發這種郵件",
        "不需要再回访",
        "停止发送问卷",
        "拒收",
        "以后别联系我了",
        "Stop these mails",
        "我不希望再收到满意度调查",
        "满意,但是不要再回访了",
    ],
)
def test_who_wants_no_more_of_these_mails_is_understood(text: str) -> None:
    assert opts_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "不要再坏了",
        "不要再发错货了",
        "我要退订单",
        "满意",
        "不要发快递,发邮政",
        "please don't send the wrong part again",
        "please stop the noise",
        "别再漏水了",
        "请联系我",
        "不要打电话,请发邮件给我",
        "不用给我发票了",
        "请发邮件给我",
        "我没有退订",
        "Please email me the invoice",
        "it stopped again",
        "不要让我再等了",
        "请不要再发同样的错误产品",
        "Don't contact the courier, contact me",
        "不满意,不要再推脱",
    ],
)
def test_other_wishes_do_not_end_the_revisits(text: str) -> None:
    assert not opts_out(text)


@pytest.mark.rule("002-46", "003-26")
def test_five_points_stand_under_the_three_of_the_record() -> None:
    assert ["不满意", "不满意", "一般", "满意", "满意"] == [THREE_NAMES[three(score)] for score in range(1, 6)]
    assert {1, 2, 3, 4, 5} == set(SCORE_NAMES)
    assert ("非常满意", "非常不满意") == (SCORE_NAMES[5]["zh"], SCORE_NAMES[1]["zh"])


WORDS = st.sampled_from(
    [
        "满意",
        "不",
        "没有",
        "很",
        "还是",
        "坏了",
        "2",
        "5分",
        "not ",
        "satisfied ",
        "still ",
        "1",
        "/5",
        "。",
        ",",
        "\n",
        "?",
        "👍",
        "星",
    ]
)


@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map("".join)))
def test_no_text_raises_and_what_is_found_is_quoted(text: str) -> None:
    rating = read_rating(text)
    opts_out(text)

    if rating is not None:
        assert 1 <= rating.score <= 5
        assert "\n" not in rating.reason
        assert len(rating.reason) <= LONGEST_REASON
        assert rating.evidence in " ".join(text.split())


@pytest.mark.parametrize(
    "unit",
    [
        "不",
        "满意",
        "满意,",
        "不满意",
        "还是",
        "not ",
        "still ",
        "1 ",
        "5分",
        "没有",
        "stop sending ",
        "不要再给我",
        "\n",
        "(",
        "1.\n",
        "⭐ ",
        "it is ",
    ],
)
def test_hostile_text_takes_no_time(unit: str) -> None:
    text = unit * 200_000
    start = time.perf_counter()

    read_rating(text)
    opts_out(text)

    assert time.perf_counter() - start < 1
