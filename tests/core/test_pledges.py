"""Times promised in our own text are found with their due time; what is no promise is left alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.hours import Hours
from mailbot.core.pledges import MAX_WORDS, Pledge, findings, pledges
from mailbot.core.promises import Limit
from mailbot.core.wording import due_text, within
from tests.test_templates import TEMPLATES, occasions

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
CHINA = Hours(SHANGHAI, "CN", ((time(9), time(12)), (time(13), time(18))))
AMERICA = Hours(NEW_YORK, "US", ((time(9), time(17)),))
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=SHANGHAI)
FRIDAY_NIGHT = datetime(2026, 11, 27, 19, 0, tzinfo=SHANGHAI)
NEW_YEARS_EVE = datetime(2026, 12, 30, 10, 0, tzinfo=SHANGHAI)


def local(text: str, year: int = 2026) -> datetime:
    return datetime.fromisoformat(f"{year}-{text}").replace(tzinfo=SHANGHAI)


# Said on Monday, 23 November 2026, 10:00.
CHINESE = [
    ("工程师会在24小时内联系您", "11-24 10:00", "contact"),
    ("工程师会在 24 小时内联系您", "11-24 10:00", "contact"),
    ("工程师会在２４小时内联系您", "11-24 10:00", "contact"),  # full-width digits
    ("工程师会在二十四小时内联系您", "11-24 10:00", "contact"),
    ("四十八小时之内给您答复", "11-25 10:00", "answer"),
    ("七十二个小时以内一定给您答复", "11-26 10:00", "answer"),
    ("今天18点前发货", "11-23 18:00", "ship"),
    ("今天18:00前发货", "11-23 18:00", "ship"),
    ("今天１８：００前发货", "11-23 18:00", "ship"),
    ("今天下午6点前发货", "11-23 18:00", "ship"),
    ("今天6点前发货", "11-23 18:00", "ship"),  # six in the morning has passed
    ("预计48小时内反馈结果", "11-25 10:00", "answer"),
    ("已联系技术部门，预计48小时内反馈结果", "11-25 10:00", "answer"),
    ("会在4个工作小时内回复", "11-23 15:00", "answer"),
    ("我们会在４个工作小时内回复您", "11-23 15:00", "answer"),
    ("8个工作小时内答复您", "11-24 10:00", "answer"),
    ("90个工作分钟内答复您", "11-23 11:30", "answer"),
    ("3个工作日内退款到账", "11-26 18:00", "refund"),
    ("三个工作日内为您退款", "11-26 18:00", "refund"),
    ("3-5个工作日内退款到账", "11-30 18:00", "refund"),
    ("3至5个工作日内退款到您的账户", "11-30 18:00", "refund"),
    ("两个工作日内安排补发", "11-25 18:00", "ship"),
    ("1个工作日内给您准确的答复", "11-24 18:00", "answer"),
    ("明天上午联系您", "11-24 12:00", "contact"),
    ("明天下午联系您", "11-24 18:00", "contact"),
    ("明早给您回电", "11-24 12:00", "contact"),
    ("明天上午10点给您致电", "11-24 10:00", "contact"),
    ("明天上午10点半工程师上门", "11-24 10:30", "visit"),
    ("明天下午三点前给您回电", "11-24 15:00", "contact"),
    ("明天3点前给您回电", "11-24 15:00", "contact"),  # nobody is there at three in the morning
    ("后天中午12点前答复您", "11-25 12:00", "answer"),
    ("工程师明天下午2点到4点上门检修", "11-24 16:00", "visit"),  # the end of what was named
    ("11月25日14:00-16:00工程师上门", "11-25 16:00", "visit"),
    ("下周一前给您答复", "11-30 18:00", "answer"),
    ("下周三上午工程师上门", "12-02 12:00", "visit"),
    ("本周五18:00前完成维修", "11-27 18:00", "other"),
    ("周五前给您答复", "11-27 18:00", "answer"),
    ("星期五前给您答复", "11-27 18:00", "answer"),
    ("礼拜五下班前给您答复", "11-27 18:00", "answer"),
    ("周三之前寄出", "11-25 18:00", "ship"),
    ("我们周四会把新机寄出", "11-26 18:00", "ship"),
    ("周一前给您答复", "11-23 18:00", "answer"),  # today is Monday
    ("月底前退款", "11-30 18:00", "refund"),
    ("本月底前退款", "11-30 18:00", "refund"),
    ("12月底前为您更换", "12-31 18:00", "other"),
    ("年底前为您更换", "12-31 18:00", "other"),
    ("本周内给您答复", "11-27 18:00", "answer"),
    ("下周内安排工程师上门", "12-04 18:00", "visit"),
    ("周末前给您答复", "11-27 18:00", "answer"),
    ("两天内给您答复", "11-25 10:00", "answer"),
    ("2天内给您答复", "11-25 10:00", "answer"),
    ("两三天内给您答复", "11-26 10:00", "answer"),
    ("一周内为您更换", "11-30 10:00", "other"),
    ("半小时内给您回电", "11-23 10:30", "contact"),
    ("半个小时内给您回电", "11-23 10:30", "contact"),
    ("一个半小时内给您回电", "11-23 11:30", "contact"),
    ("1.5小时内给您回电", "11-23 11:30", "contact"),
    ("30分钟内给您回电", "11-23 10:30", "contact"),
    ("24h内给您回复", "11-24 10:00", "answer"),
    ("两小时后给您回电", "11-23 12:00", "contact"),
    ("今天内给您答复", "11-23 18:00", "answer"),
    ("今天下班前给您答复", "11-23 18:00", "answer"),
    ("我们今天就把配件寄出", "11-23 18:00", "ship"),
    ("今晚8点前给您回电", "11-23 20:00", "contact"),
    ("下个工作日给您答复会附上照片", "11-24 18:00", "answer"),
    ("最迟在11月24日（周二）13:00前答复您", "11-24 13:00", "answer"),
    ("我们会在11月30日前寄出", "11-30 18:00", "ship"),
    ("2026年12月1日前退款到账", "12-01 18:00", "refund"),
    ("2026-12-01 前退款到账", "12-01 18:00", "refund"),
    ("25日前退款到账", "11-25 18:00", "refund"),
    ("十二月一日前退款到账", "12-01 18:00", "refund"),
    ("明天（11月24日）18:00前发货", "11-24 18:00", "ship"),
    ("周五（11月27日）前发货", "11-27 18:00", "ship"),
    ("不超过24小时给您答复", "11-24 10:00", "answer"),
    ("预计需要3个工作日完成维修", "11-26 18:00", "other"),
    ("预计回复时间：48小时内", "11-25 10:00", "answer"),
    ("请您放心，24小时内一定给您答复", "11-24 10:00", "answer"),
    ("请放心24小时内会联系您", "11-24 10:00", "contact"),
    ("请您保持电话畅通，工程师会在24小时内联系您", "11-24 10:00", "contact"),
    ("24小时内，我们会联系您", "11-24 10:00", "contact"),
    ("我们会联系您，最迟明天上午", "11-24 12:00", "contact"),
    ("24小时内安排发货，物流单号同步给您", "11-24 10:00", "ship"),
    ("如果问题依旧，我们将安排售后工程师在24小时内与您联系", "11-24 10:00", "contact"),
    ("预计4个工作小时内给您回复，可以吗？", "11-23 15:00", "answer"),
    ("我们会请财务同事核对，在24小时内把办理方式和进度告诉您", "11-24 10:00", "answer"),
    ("24小时内把退款结果告知您", "11-24 10:00", "answer"),
    ("24小时内把退款方案发送给您", "11-24 10:00", "answer"),
    ("技术支持团队会在24小时内联系您", "11-24 10:00", "contact"),
    ("您的保修申请我们会在24小时内处理", "11-24 10:00", "other"),
    ("不晚于周五给您答复", "11-27 18:00", "answer"),
    ("周五前给您答复，不会耽误您使用", "11-27 18:00", "answer"),
    ("24小时内联系您确认上门时间", "11-24 10:00", "contact"),
    ("您提到的“昨天没人来”，我们会在24小时内给您答复", "11-24 10:00", "answer"),
    ("我们核对之后，会在4个工作小时内把处理办法回复给您", "11-23 15:00", "answer"),
    ("在24小时内给您答复，也就是11月24日（周二）10:00前", "11-24 10:00", "answer"),
    ("24小时内（11月24日10:00前）回复您", "11-24 10:00", "answer"),
    ("争取今天，最迟明天上午联系您", "11-24 12:00", "contact"),
    ("我们已为您安排，24小时内工程师上门", "11-24 10:00", "visit"),
]
ENGLISH = [
    ("We will contact you by Friday.", "11-27 18:00", "contact"),
    ("We’ll contact you by Friday.", "11-27 18:00", "contact"),
    ("I'll call you by Friday.", "11-27 18:00", "contact"),
    ("We will reply within 24 hours.", "11-24 10:00", "answer"),
    ("We will reply within twenty-four hours.", "11-24 10:00", "answer"),
    ("We will reply within 2 working days.", "11-25 18:00", "answer"),
    ("We will reply within two business days.", "11-25 18:00", "answer"),
    ("We will refund you within 3-5 working days.", "11-30 18:00", "refund"),
    ("We will refund you within 3 to 5 working days.", "11-30 18:00", "refund"),
    ("Your parcel will be shipped by 18:00 today.", "11-23 18:00", "ship"),
    ("We will ship it today.", "11-23 18:00", "ship"),
    ("We will call you tomorrow morning.", "11-24 12:00", "contact"),
    ("We will call you tomorrow afternoon.", "11-24 18:00", "contact"),
    ("We will call you tomorrow at 10:30.", "11-24 10:30", "contact"),
    ("We will call you tomorrow by noon.", "11-24 12:00", "contact"),
    ("We will call you by noon tomorrow.", "11-24 12:00", "contact"),
    ("We will answer you by 13:00 on Monday, 23 Nov.", "11-23 13:00", "answer"),
    ("We will get back to you before the end of the week.", "11-27 18:00", "answer"),
    ("We will get back to you this week.", "11-27 18:00", "answer"),
    ("We will get back to you by the end of next week.", "12-04 18:00", "answer"),
    ("We will get back to you by the end of the month.", "11-30 18:00", "answer"),
    ("We will let you know in the next 48 hours.", "11-25 10:00", "answer"),
    ("Your refund will arrive no later than 5 December.", "12-05 18:00", "refund"),
    ("We will deliver it by December 5th, 2026.", "12-05 18:00", "ship"),
    ("We will deliver it by 5 December 2026.", "12-05 18:00", "ship"),
    ("We will deliver it by the close of business on Wednesday.", "11-25 18:00", "ship"),
    ("An engineer will visit you on Friday afternoon.", "11-27 18:00", "visit"),
    ("An engineer will visit you on Friday between 9 and 11:00.", "11-27 11:00", "visit"),
    ("The technician will come on Wednesday by 5 pm.", "11-25 17:00", "visit"),
    ("A replacement will be sent to you by Thursday.", "11-26 18:00", "ship"),
    ("We will send you the replacement by Thursday.", "11-26 18:00", "ship"),
    ("We will replace it within 7 days.", "11-30 10:00", "other"),
    ("We will repair it within a week.", "11-30 10:00", "other"),
    ("We will call you within half an hour.", "11-23 10:30", "contact"),
    ("We will call you within an hour.", "11-23 11:00", "contact"),
    ("We will call you in 2 hours.", "11-23 12:00", "contact"),
    ("We expect to reply to you within 1 hour.", "11-23 11:00", "answer"),
    ("You will hear from us within 4 working hours.", "11-23 15:00", "answer"),
    ("You will hear from us, with the date, within 4 working hours.", "11-23 15:00", "answer"),
    ("You can expect our reply by Wednesday.", "11-25 18:00", "answer"),
    ("We check them at once and tell you the result within 4 working hours.", "11-23 15:00", "answer"),
    ("If it is, a service engineer will contact you within 24 hours to agree on a date.", "11-24 10:00", "contact"),
    ("We are treating this as urgent and will contact you within 1 hour.", "11-23 11:00", "contact"),
    ("Within 24 hours, we will contact you.", "11-24 10:00", "contact"),
    ("We will answer you within 24 hours, that is by 10:00 on Tuesday, 24 Nov.", "11-24 10:00", "answer"),
    ("We will answer you by the next working day.", "11-24 18:00", "answer"),
    ("We will answer you next Monday.", "11-30 18:00", "answer"),
    ("We have asked our after-sales team about this and will contact\nyou by Friday.", "11-27 18:00", "contact"),
]


@pytest.mark.rule("000-40")
@pytest.mark.rule("000-54")
@pytest.mark.rule("004-13")
@pytest.mark.rule("004-23")
@pytest.mark.rule("004-26")
@pytest.mark.parametrize(("text", "due", "what"), CHINESE + ENGLISH)
def test_a_time_we_promise_is_found(text: str, due: str, what: str) -> None:
    found = pledges(text, MONDAY, CHINA)

    assert [(local(due), what)] == [(each.due_at, each.what) for each in found]


NONE = [
    # The customer is asked to do something.
    "请您在3天内寄回", "请在3天内把商品寄回", "请您今天18点前回复我们", "麻烦您在周五前把照片发给我们",
    "请把照片发给我们，最迟周五前", "烦请您24小时内提供订单号", "您可以在7天内联系我们", "您需要在48小时内确认",
    "请于11月27日前补充发票信息", "请您24小时内不要通电", "您在3天内寄回即可", "建议您明天上午再试一次并反馈给我们",
    "Please return it within 14 days.", "Please call us by Friday.", "Could you send us the photos by Friday?",
    "You can return it within 14 days.", "You need to reply by Friday.", "Send us the photos by Friday.",
    "Let us know by Friday.", "Contact us within 24 hours.", "We need your reply by Friday.",
    "Just reply to this e-mail by Friday.",
    # Words of the customer.
    "您提到的“昨天18点前会给您发货”", "您提到的“工程师会在24小时内联系您”，我们已经记录", "您说工程师24小时内联系您，我们已经记录",
    "您反映“客服承诺24小时内回复”", "You wrote: “you will call me by Friday”.", 'You told us: "We will ship it by Friday".',
    "You mentioned that we would call by Friday.", "> 我们会在24小时内联系您", "「24小时内发货」是您看到的说明",
    # What is past.
    "昨天18点前已发货", "我们昨天联系了物流", "已在24小时内处理完毕", "我们已于11月20日寄出", "上周五前发货的订单", "原定周五前发货",
    "我们承诺过24小时内回复", "The parcel was shipped on 20 November.", "We promised to call you by Friday.",
    "We should have called you by Friday.", "It was supposed to arrive by Friday.", "We shipped it yesterday.",
    # Rules for everybody.
    "7天内出现非人为故障，支持换货", "7天内出现故障，我们会为您更换", "收货后7天内可以退货", "整机保修6年", "支持7天无理由退货",
    "15天内可以更换", "每天18点前的订单当天发货", "工作日18点前发货", "保修期内免费维修", "一年内免费维修享受保修",
    "Orders placed before 16:00 ship the same day.", "We usually ship within 24 hours.",
    "The warranty covers repairs within 2 years.", "We reply to every mail by Friday as a rule.",
    # Opening hours, and times that are nobody's promise.
    "营业时间9:00-18:00", "客服热线每天9:00-18:00", "周一至周五9:00-18:00为您服务", "Our opening hours are 9:00 to 18:00.",
    "等待5分钟后重新开机", "关闭电源，静置30分钟后再试", "Switch it off, wait 5 minutes and switch it on again.",
    "24小时客服热线", "7×24小时为您服务", "第3天仍未恢复", "工单编号是 20261123-0001", "在查明原因之前，请先停止使用",
    "我们会为您核对当前的价格",
    # What depends on something to come.
    "如果您在7天内寄回，我们会为您更换", "如24小时内未收到回复，请致电", "若明天上午没有恢复，我们会联系您", "收到退货后3个工作日内退款",
    "收到您的照片后，我们会在24小时内回复您", "我们收到后马上核对，会在4个工作小时内把结果回复给您", "自签收之日起7天内为您更换",
    "If you return it within 14 days, we will refund you.", "Once we receive it, we will refund you within 3 days.",
    "We will refund you within 3 days of receipt.", "After we get the parcel we will refund you within 3 days.",
    # Denials.
    "无法在24小时内联系您", "很抱歉，我们不能在周五前发货", "恐怕来不及在今天18点前发货", "24小时内无法给您答复", "不保证周五前送达",
    "We cannot reply by Friday.", "We can't ship it by Friday.", "We will not be able to call you by Friday.",
    "We are unable to ship within 24 hours.", "Today we have no new result to tell you.",
    # Questions about a time.
    "您看明天上午上门是否方便？", "明天上午联系您方便吗？", "Shall we call you tomorrow morning?",
]  # fmt: skip


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_promise_of_ours_is_left_alone(text: str) -> None:
    assert () == pledges(text, MONDAY, CHINA)


@pytest.mark.parametrize(
    ("text", "now", "due"),
    [
        ("周五前答复您", FRIDAY, local("11-27 18:00")),  # said on Friday: today
        ("周五前答复您", FRIDAY_NIGHT, local("12-04 18:00")),  # after closing: the next
        ("We will call you by Friday.", FRIDAY_NIGHT, local("12-04 18:00")),
        ("本周内答复您", FRIDAY_NIGHT, local("11-29 18:00")),
        ("今天答复您，我们会尽力", FRIDAY_NIGHT, local("11-27 23:59")),
        ("1个工作日内答复您", FRIDAY, local("11-30 18:00")),
        ("4个工作小时内答复您", FRIDAY, local("11-30 10:00")),
        ("1月5日前答复您", NEW_YEARS_EVE, local("01-05 18:00", 2027)),  # the year changes
        ("We will answer you by 5 January.", NEW_YEARS_EVE, local("01-05 18:00", 2027)),
        ("5日前退款到账", NEW_YEARS_EVE, local("01-05 18:00", 2027)),
        ("下周一前答复您", NEW_YEARS_EVE, local("01-04 18:00", 2027)),
        ("10月8日（周四）13:00前答复您", datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI), local("10-08 13:00")),
        ("3个工作日内答复您", datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI), local("10-10 18:00")),  # over National Day
        ("今天24点前答复您", MONDAY, local("11-24 00:00")),
        ("今天9点前答复您", MONDAY, local("11-23 21:00")),  # nine in the morning has passed
    ],
)
def test_what_a_day_means_depends_on_the_day_it_is_said(text: str, now: datetime, due: datetime) -> None:
    assert [due] == [each.due_at for each in pledges(text, now, CHINA)]


def test_a_date_with_its_weekday_that_has_just_passed_is_past_and_not_next_year() -> None:
    (found,) = pledges("我们会在11月20日（周五）前发货", MONDAY, CHINA)

    assert local("11-20 18:00") == found.due_at
    assert ["pledge_past"] == [each.check for each in findings((found,), MONDAY, CHINA, None)]


def test_several_promises_of_one_text_are_all_found_in_their_order() -> None:
    text = "您好！今天18点前发货，3天内送达。\n工程师会在11月27日上午上门；退款3个工作日内到账。\nWe will call you by Friday."

    found = pledges(text, MONDAY, CHINA)

    assert ["ship", "ship", "visit", "refund", "contact"] == [each.what for each in found]
    assert [local("11-23 18:00"), local("11-26 10:00"), local("11-27 12:00"), local("11-26 18:00"),
            local("11-27 18:00")] == [each.due_at for each in found]  # fmt: skip


def test_the_same_time_said_twice_is_one_promise_with_the_explicit_date() -> None:
    text = "我们会在4个工作小时内答复您，也就是11月24日（周二）13:00前。"

    (found,) = pledges(text, MONDAY, CHINA)

    assert local("11-24 13:00") == found.due_at
    assert "11月24日（周二）13:00前" in found.words


@pytest.mark.rule("000-54")
def test_a_promise_says_its_words_and_explains_its_time() -> None:
    text = "您好！\n如果问题依旧，工程师会在24小时内联系您，请保持电话畅通。"

    (found,) = pledges(text, MONDAY, CHINA)

    expected = Pledge(
        "工程师会在24小时内联系您",
        local("11-24 10:00"),
        "contact",
        "回信承诺：“工程师会在24小时内联系您” → 11-24 周二 10:00",
    )
    assert expected == found


def test_words_stay_one_short_line_that_holds_the_time() -> None:
    long = "我们会请负责这一类产品的资深工程师和仓库的同事一起仔细核对您这台机器从出厂到现在的全部记录并且一项一项比对之后在24小时内回复您"

    (found,) = pledges(long, MONDAY, CHINA)

    assert len(found.words) <= MAX_WORDS
    assert "24小时内" in found.words
    assert "\n" not in found.words


def test_times_are_of_the_company_s_zone() -> None:
    now = datetime(2026, 10, 30, 14, 0, tzinfo=UTC)  # Friday 10:00 in New York, two days before its clocks change

    found = pledges("We will reply by 17:00 on Monday. We will call you within 72 hours.", now, AMERICA)

    assert [datetime(2026, 11, 2, 22, 0, tzinfo=UTC), datetime(2026, 11, 2, 14, 0, tzinfo=UTC)] == [
        each.due_at for each in found
    ]


# -- Read back what we write --

MINUTE = timedelta(minutes=1)
moments = st.datetimes(datetime(2025, 1, 2), datetime(2026, 12, 20)).map(lambda each: each.replace(tzinfo=SHANGHAI))


@given(now=moments, minutes=st.integers(1, 300 * 24 * 60), language=st.sampled_from(["zh", "en"]))
def test_every_date_that_we_write_is_read_back(now: datetime, minutes: int, language: str) -> None:
    due = (now + minutes * MINUTE).replace(second=0, microsecond=0)
    words = due_text(due, language)

    text = f"我们会在{words}答复您。" if language == "zh" else f"We will answer you {words}."

    assert [due] == [each.due_at for each in pledges(text, now, CHINA)]


@given(
    now=moments,
    hours=st.one_of(st.integers(1, 200), st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.5, 2.25])),
    working=st.booleans(),
    language=st.sampled_from(["zh", "en"]),
)
def test_every_length_that_we_write_is_read_back(now: datetime, hours: float, working: bool, language: str) -> None:
    working = working and hours >= 1  # within() does not say that minutes are working minutes
    words = within(hours, working, language)

    text = f"我们会在{words}答复您。" if language == "zh" else f"We will answer you {words}."

    amount = timedelta(minutes=round(hours * 60))
    due = CHINA.add_working(now, amount) if working else now + amount
    assert [due] == [each.due_at for each in pledges(text, now, CHINA)]


limits = st.one_of(
    st.builds(Limit, st.integers(1, 5000), st.sampled_from(["clock", "working"])),
    st.builds(Limit, st.integers(1, 90), st.just("working_days")),
)


@given(now=moments, limit=limits, language=st.sampled_from(["zh", "en"]))
def test_every_limit_that_we_tell_is_read_back(now: datetime, limit: Limit, language: str) -> None:
    words = limit.words(language)

    text = f"我们会在{words}内答复您。" if language == "zh" else f"We will answer you within {words}."

    assert [limit.due(now, CHINA)] == [each.due_at for each in pledges(text, now, CHINA)]


@given(now=moments, hours=st.integers(1, 200), language=st.sampled_from(["zh", "en"]))
def test_the_acknowledgement_s_two_times_are_one_promise(now: datetime, hours: int, language: str) -> None:
    due = (now + timedelta(hours=hours)).replace(second=0, microsecond=0)

    length, date = within(hours, False, language), due_text(due, language)
    text = (
        f"我们会在{length}答复您，也就是{date}。"
        if language == "zh"
        else f"We will answer you {length}, that is {date}."
    )

    assert [due] == [each.due_at for each in pledges(text, now, CHINA)]


# -- Our own templates --

WAITS_FOR_CUSTOMER = re.compile(r"收到后马上核对")


@pytest.mark.rule("000-54")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_draft_of_ours_promises_exactly_what_it_says(language: str) -> None:
    written = {within(4, True, language), within(24, False, language)}
    for name, facts in islice(occasions(language), 0, None, 5):  # 5 and 12 have no common factor: all are met
        text = TEMPLATES.render(name, language, facts).text
        if WAITS_FOR_CUSTOMER.search(text):
            continue

        found = pledges(text, MONDAY, CHINA)

        expected = [words for words in written if words in text]  # said twice, it is one promise
        assert len(expected) == len(found), f"{name}: {found}\n{text}"
        assert all(any(words in " ".join(each.words.split()) for words in expected) for each in found)


# -- Findings --


def pledge(due: datetime) -> Pledge:
    return Pledge("我们会联系您", due.astimezone(UTC), "contact", "回信承诺")


def codes(due: datetime, solve_due: datetime | None = None) -> list[tuple[str, str]]:
    return [(each.check, each.level) for each in findings((pledge(due),), MONDAY, CHINA, solve_due)]


@pytest.mark.parametrize(
    ("due", "solve_due", "expected"),
    [
        ("11-24 10:00", None, []),
        ("11-24 10:00", "11-26 18:00", []),
        ("11-26 18:00", "11-26 18:00", []),  # exactly at the limit, exactly at closing
        ("11-24 12:00", None, []),  # lunch begins
        ("11-23 10:15", None, []),
        ("11-23 10:14", None, [("pledge_near", "warn")]),
        ("11-23 10:00", None, [("pledge_past", "block")]),
        ("11-20 18:00", "11-19 18:00", [("pledge_past", "block")]),  # what is past says no more
        ("11-24 12:30", None, [("pledge_closed", "warn")]),
        ("11-23 22:00", None, [("pledge_closed", "warn")]),
        ("11-28 10:00", None, [("pledge_closed", "warn")]),  # Saturday
        ("11-27 18:00", "11-26 18:00", [("pledge_late", "warn")]),
        ("11-28 10:00", "11-26 18:00", [("pledge_closed", "warn"), ("pledge_late", "warn")]),
    ],
)
def test_a_promise_outside_our_limits_is_a_finding(due: str, solve_due: str | None, expected: list[object]) -> None:
    assert expected == codes(local(due), local(solve_due) if solve_due else None)


def test_a_promise_of_next_year_is_asked_about() -> None:
    assert [("pledge_late", "warn")] == codes(local("11-22 10:00", 2027))


def test_findings_say_in_chinese_what_to_do_and_show_the_words() -> None:
    (finding,) = findings((pledge(local("11-20 18:00")),), MONDAY, CHINA, None)

    assert finding.message.startswith("承诺的时间已经过去（11-20 周五 18:00）")
    assert finding.excerpt == "我们会联系您"


# -- Whatever the text --

PIECES = st.sampled_from(
    [
        "我们会",
        "在",
        "24小时内",
        "联系您",
        "明天",
        "上午",
        "周五",
        "前",
        "11月31日",
        "2月29日",
        "（",
        "）",
        "，",
        "。",
        "\n",
        "请您",
        "“",
        "”",
        "13:00",
        "99:99",
        "24点",
        "三十二号",
        "by",
        "Friday",
        "within",
        "2",
        "working",
        "days",
        "We",
        "will",
        "call",
        "0小时内",
        "半",
        "个",
        "工作日",
        "31",
        "Feb",
        "tomorrow",
        "at",
        "noon",
        ">",
        "不能",
        "预计",
        "99999小时内",
        "25:00",
        "…",
        "'",
        '"',
        "12月底",
        "13月底",
    ]
)
texts = st.one_of(
    st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join), st.lists(PIECES, max_size=25).map(" ".join)
)


@given(
    text=texts, now=st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), hours=st.sampled_from([CHINA, AMERICA])
)
def test_no_text_raises_and_every_time_is_aware_utc(text: str, now: datetime, hours: Hours) -> None:
    moment = now.replace(tzinfo=UTC)

    found = pledges(text, moment, hours)

    assert found == pledges(text, moment, hours)
    for each in found:
        assert each.due_at.tzinfo is UTC
        assert 0 < len(each.words) <= MAX_WORDS
        assert "\n" not in each.words
    findings(found, moment, hours, moment)


@pytest.mark.parametrize(
    "piece",
    ["3个工作日内退款", "9999个工作小时内", "今天", "今天18点前", "“", "一", "1", "周", "请", "by ", "within 24 hours ", "end of ",
     "a", " ", "\n", ",", "(", "。", "'", "收到", "We will call you by Friday, ", "11月24日（周二）", "1-", "1:", "您", "> "],
)  # fmt: skip
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    def cost(size: int) -> float:
        text, began = (piece * size)[:size], process_time()
        pledges(text, MONDAY, CHINA)
        return process_time() - began

    assert cost(16_000) < 12 * cost(4_000) + 0.2  # four times the text; 16 times the cost would be its square
