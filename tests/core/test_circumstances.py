"""Where, what was tried, how far it reaches, and who writes: quoted, never concluded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.circumstances import account, elderly, extent, place, tried


@pytest.mark.rule("001-02")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("空调装在卧室,昨天开始不制冷", "卧室"),
        ("净水器就放在我家厨房里", "厨房"),
        ("The kettle in my kitchen leaks.", "kitchen"),
        ("电饭煲坏了", None),
        ("昨天在网上下的单", None),
    ],
)
def test_where_it_is(text: str, words: str | None) -> None:
    assert words == place(text)


@pytest.mark.rule("001-02")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("屏幕不亮,我试过断电重启,没用", "我试过断电重启"),
        ("按照说明书操作了三遍还是不行。请尽快处理", "按照说明书操作了三遍还是不行"),
        ("It hums. I have tried another socket, no luck.", "I have tried another socket"),
        ("还没试过重启", None),
        ("要不要试试重置过的密码?", None),
        ("它会自动重启", None),
        ("I have not tried anything yet", None),
    ],
)
def test_what_was_tried(text: str, words: str | None) -> None:
    assert words == tried(text)


@pytest.mark.rule("001-02")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("全家都用不了热水", "全家都"),
        ("买了三台,三台都坏了", "三台都"),
        ("打卡机坏了,整个公司没法打卡", "整个公司"),
        ("All twelve units are dead", "All twelve units"),
        ("冰箱有点响", None),
    ],
)
def test_how_far_it_reaches(text: str, words: str | None) -> None:
    assert words == extent(text)


@pytest.mark.rule("002-14")
@pytest.mark.rule("002-39")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我司上月采购的20台空调", "business"),
        ("我们是经销商,想问下账期", "business"),
        ("Our hotel bought six units in May.", "business"),
        ("我是你们的钻石会员", "vip"),
        ("I am a platinum member and expected better.", "vip"),
        ("经销商说不归他们管", None),
        ("会员积分怎么用?", None),
        ("你们公司什么态度", None),
    ],
)
def test_for_whom_somebody_writes(text: str, kind: str | None) -> None:
    found = account(text)

    assert kind == (found[0] if found else None)


@pytest.mark.rule("000-28")
@pytest.mark.parametrize(
    ("text", "is_old"),
    [
        ("我今年72岁了,不太会用手机", True),
        ("我一个老太太,也不懂这些", True),
        ("年纪大了,眼睛也不好,说明书字太小", True),
        ("I am 78 years old and live alone.", True),
        ("I'm a pensioner", True),
        ("我妈今年72岁,想问下怎么用", False),
        ("这台冰箱用了10年", False),
        ("给家里老人买的血压计", False),
        ("我今年25岁", False),
    ],
)
def test_who_tells_of_high_age_and_who_only_speaks_of_others(text: str, is_old: bool) -> None:
    assert is_old == (elderly(text) is not None)


@given(st.text(max_size=2000))
def test_whatever_is_said_is_quoted(text: str) -> None:
    for words in (place(text), extent(text), elderly(text)):
        assert words is None or words in text
