"""The HTML twin of a letter: says the same, presses nothing foreign, and is known again when it comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core import letter_parts, quoting
from mailbot.core.html import to_text
from mailbot.core.letter_html import Letterhead, Written, to_html
from mailbot.core.letter_parts import Choices, Fields, Listing, Paragraph, Tasks
from mailbot.core.notices import reminder_facts
from tests.test_notice_templates import all_told
from tests.test_templates import TEMPLATES, occasions

SITE = "https://desk.shop.example"
HEAD = Letterhead("示例电器", "400-000-0000", SITE)
RATING = f"{SITE}/r/20261123-0001.1.abcdefghijklmnopqrstuvwxyz"
RATINGS = ("5 😀 非常满意", "4 🙂 满意", "3 😐 一般", "2 🙁 不满意", "1 😞 非常不满意")
SIGNATURE = "示例电器客户服务\n客服 小陈，工号 1024\n客服热线 400-000-0000\n工单编号 20261123-0001"
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
INVITATION = "\n".join(
    (
        "尊敬的王女士，您好！",
        "",
        "请打开最符合您感受的一项，在页面上按“提交评价”就可以了：",
        *(f"{words} {RATING}?score={5 - n}" for n, words in enumerate(RATINGS)),
        "",
        f"如果不希望再收到这类回访邮件，请打开 {SITE}/stop/abc",
        "",
        "示例电器客户服务",
        "（这封邮件由系统自动发送，直接回复即可联系到我们。）",
    )
)
PLANS = (
    "尊敬的王女士，您好！\n\n有两种办法可以选。\n\n方案A：更换一台新机\n优点：三天内用上。\n办理时间：3 个工作日。\n\n"
    "方案B：全额退款\n优点：原路退回。\n办理时间：5 个工作日。\n\n麻烦您再补充几点：\n1. 什么时候方便上门？\n2. 地址有没有变？\n\n"
    "需要带上的：\n- 发票\n- 遥控器\n\n" + SIGNATURE
)


class Reader(HTMLParser):
    """What stands in a page: its tags, its links, the words that are shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._silent = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def links(self) -> list[str]:
        return [given["href"] or "" for _, given in self.tags if "href" in given]

    @property
    def seen(self) -> str:
        """All words in order, without blanks."""
        return "".join("".join(self.words).split())


def page_of(text: str, **more: str) -> Reader:
    return Reader(to_html(Written(text, **more), HEAD))


def squeezed(text: str) -> str:
    return "".join(text.split())


# -- What the text is made of --


def test_lines_numbered_from_one_become_a_list_and_keep_their_numbers() -> None:
    assert (
        (Paragraph(("请补充：",)), Listing(1, (("型号",), ("照片", "（整机）"))), Paragraph(("谢谢",))),
    ) == letter_parts.blocks("请补充：\n1. 型号\n2. 照片\n   （整机）\n谢谢", SITE)


def test_a_list_goes_on_behind_a_blank_line() -> None:
    first, second, third = letter_parts.blocks("1. 一\n\n2、二\n\n5) 五", SITE)

    assert (Listing(1, (("一",),)),) == first
    assert (Listing(2, (("二",),)),) == second
    assert (Paragraph(("5) 五",)),) == third


@pytest.mark.parametrize("line", ["1.5 米高", "2026.11.23 到货", "1.", "3. 没有前两项", "-5 度", "—— 小陈"])
def test_a_number_in_a_sentence_is_no_list(line: str) -> None:
    assert ((Paragraph((line,)),),) == letter_parts.blocks(line, SITE)


def test_marked_lines_become_a_list() -> None:
    assert ((Listing(0, (("发票",), ("遥控器",))),),) == letter_parts.blocks("- 发票\n• 遥控器", SITE)


def test_two_lines_of_key_and_value_are_fields_and_one_is_a_sentence() -> None:
    fields = Fields((("订单号：", "2026"), ("快递:", "顺丰")), titled=False)

    assert ((fields,),) == letter_parts.blocks("订单号：2026\n快递: 顺丰", SITE)
    assert ((Paragraph(("另外想和您确认：型号是多少？",)),),) == letter_parts.blocks(
        "另外想和您确认：型号是多少？", SITE
    )


def test_a_plan_and_what_is_told_of_it_stand_together() -> None:
    blocks = letter_parts.blocks("方案A：换货\n优点：快\n方案B：退款\n优点：省事", SITE)

    assert ((Fields((("方案A：", "换货"), ("优点：", "快")), titled=True),
             Fields((("方案B：", "退款"), ("优点：", "省事")), titled=True)),) == blocks  # fmt: skip


def test_short_words_with_an_address_of_ours_are_choices() -> None:
    text = f"5 好 {SITE}/r/a?score=5\n1 不好 {SITE}/r/a?score=1"

    assert ((Choices((("5 好", f"{SITE}/r/a?score=5"), ("1 不好", f"{SITE}/r/a?score=1"))),),) == letter_parts.blocks(
        text, SITE
    )
    assert isinstance(letter_parts.blocks(text, "https://other.example")[0][0], Paragraph)
    assert isinstance(letter_parts.blocks(f"请打开 {SITE}/r/a", SITE)[0][0], Paragraph)


def test_a_grade_and_an_address_are_a_task() -> None:
    assert ((Tasks((("【紧急】还没有答复（故障）", f"{SITE}/tickets/1"),)),),) == letter_parts.blocks(
        f"【紧急】还没有答复（故障） {SITE}/tickets/1", SITE
    )


def test_the_signature_is_the_one_given_or_a_short_last_block_that_names_us() -> None:
    assert ("您好", "小陈\n敬上") == letter_parts.parted("您好\n\n小陈\n敬上", "示例电器", "小陈\n敬上")
    assert ("您好", SIGNATURE) == letter_parts.parted(f"您好\n\n{SIGNATURE}\n", "示例电器")
    assert ("您好\n\n小陈\n敬上", "") == letter_parts.parted("您好\n\n小陈\n敬上", "示例电器")
    assert (SIGNATURE, "") == letter_parts.parted(SIGNATURE, "示例电器")
    assert (f"您好\n\n{SIGNATURE}", "") == letter_parts.parted(f"您好\n\n{SIGNATURE}", "")


# -- How it looks --


def test_five_ratings_are_five_things_to_press_in_both_parts() -> None:
    page = page_of(INVITATION)

    assert [f"{RATING}?score={n}" for n in (5, 4, 3, 2, 1)] + [f"{SITE}/stop/abc"] == page.links
    shown = re.findall(r'<a href="[^"]*" style="display:block[^"]*">([^<]*)</a>', to_html(Written(INVITATION), HEAD))
    assert list(RATINGS) == shown


def test_plans_stand_in_frames_under_their_names() -> None:
    html = to_html(Written(PLANS), HEAD)

    assert html.count('<td class="line"') == 2
    assert "<strong>方案A：更换一台新机</strong>" in html
    assert ">优点：</span>三天内用上。" in html


def test_only_a_grave_reminder_is_red() -> None:
    text = f"【紧急】答复 {SITE}/tickets/1\n【一般】回访 {SITE}/tickets/2"

    html = to_html(Written(text), HEAD)

    assert '<strong class="grade" style="color:#d93025">【紧急】</strong>答复' in html
    assert "<strong>【一般】</strong>回访" in html


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-CN"), ("en", "en"), ('en"><script>', "en&quot;&gt;")])
def test_the_page_says_its_language(language: str, tag: str) -> None:
    html = to_html(Written("您好", language), HEAD)

    assert html.startswith(f'<!DOCTYPE html>\n<html lang="{tag}')
    assert "<script" not in html


def test_blanks_in_a_row_stay_and_line_ends_too() -> None:
    assert "一&nbsp;" not in to_html(Written("一 二"), HEAD)
    assert "一 &nbsp;二<br>\n三" in to_html(Written("一  二\n三"), HEAD)


@BOTH
def test_an_ordinary_letter_is_small(language: str) -> None:
    texts = [TEMPLATES.render(name, language, facts).text for name, facts in occasions(language)][::40]
    texts += [rendered.text for *_, rendered in all_told(language)][::40]
    sizes = [
        len(to_html(Written(f"{text}\n\n{SIGNATURE}", language, "", "王女士 写道：", "话" * 500), HEAD).encode())
        for text in texts
    ]

    assert max(sizes) < 12_000


# -- What can be pressed, and what cannot --


@pytest.mark.parametrize(
    "address",
    [
        "https://desk.shop.example@evil.example/x", "https://desk.shop.example.evil.example/", "http://desk.shop.example/r",
        "https://desk.shop.exampleevil/", "https://desk.shop.example:8443/r", "javascript:alert(1)", "https://evil.example/x",
    ],
)  # fmt: skip
def test_an_address_that_is_not_ours_is_words(address: str) -> None:
    assert [] == page_of(f"请看 {address} 。").links


def test_our_own_links_can_be_pressed_and_the_customers_cannot() -> None:
    text = f"请打开 {SITE}/r/abc?score=5&lang=zh。\n谢谢 <b>您</b>"

    html = to_html(Written(text, attribution="王 写道：", quoted=f"看这里 {SITE}/x"), HEAD)

    assert f'<a href="{SITE}/r/abc?score=5&amp;lang=zh">' in html
    assert "&lt;b&gt;您&lt;/b&gt;" in html
    assert 1 == html.count("<a ")


def test_without_a_site_nothing_can_be_pressed() -> None:
    assert [] == Reader(to_html(Written(INVITATION), Letterhead("示例电器"))).links


@pytest.mark.parametrize(
    ("hotline", "links"),
    [("400-000-0000", ["tel:4000000000"]), ("+86 10 0000 0000", ["tel:+861000000000"]), ("请加微信", []), ("", [])],
)
def test_the_hotline_can_be_called(hotline: str, links: list[str]) -> None:
    page = Reader(to_html(Written(f"请拨打 {hotline}。"), replace(HEAD, hotline=hotline)))

    assert links == page.links
    assert f"请拨打{squeezed(hotline)}。" == page.seen


HOSTILE = st.lists(
    st.sampled_from(
        ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><a href="https://evil.example">', "]]>", "-->",
         "<!--[if mso]>", "</style>", "</blockquote>", "\n", "\n\n", "> ", ">> ", "1. ", "- ", "键：值\n", "  ", "400-000-0000",
         f"{SITE}/r/a", "https://evil.example/", "javascript:alert(1)", "&lt;", "\u202e", "【紧急】", "示例电器", "'", "`"]
    )
    | st.text(max_size=8),
    max_size=30,
).map("".join)  # fmt: skip
TAGS = {"html", "head", "meta", "style", "body", "div", "p", "br", "ol", "ul", "li", "table", "tr", "td", "a", "strong",
        "span", "blockquote"}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "name", "content", "style", "class", "href", "start", "role", "width", "height",
              "cellpadding", "cellspacing", "bgcolor", "type"}  # fmt: skip


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_words_become_markup_and_nothing_foreign_can_be_pressed(text: str, author: str, quoted: str) -> None:
    page = page_of(text, attribution=f"{author} 写道：", quoted=quoted)

    assert {tag for tag, _ in page.tags} <= TAGS
    assert {name for _, given in page.tags for name in given} <= ATTRIBUTES
    assert all(link.startswith((f"{SITE}/", "tel:4000000000")) for link in page.links)
    assert not re.search(r"(?i)url\(|@import|expression", "".join(given.get("style") or "" for _, given in page.tags))


LETTERS = st.text(
    st.characters(categories=("L", "P", "Zs", "S"), exclude_characters="-–•·●▪*>\xa0") | st.just("\n"), max_size=200
)


@given(LETTERS)
def test_every_word_of_the_text_is_shown_in_its_order(text: str) -> None:
    assert squeezed(text) == page_of(text).seen


@given(HOSTILE)
def test_quoted_words_are_shown_to_the_last(quoted: str) -> None:
    page = page_of("您好", attribution="王写道：", quoted=quoted)

    assert squeezed(quoted).replace(">", "") == page.seen.removeprefix("您好王写道：").replace(">", "")


def test_quotes_in_the_quotation_get_bars_of_their_own() -> None:
    html = to_html(
        Written("您好", attribution="唐军 写道：", quoted="漏水了\n> 更早\n> > 最早\n>>>>>>> 再早\n后来"), HEAD
    )

    assert 3 == html.count("<blockquote") == html.count("</blockquote>")
    assert "&gt; 更早" not in html
    assert "&gt;&gt;&gt;&gt;&gt; 再早" in html  # too deep for bars
    assert "&gt;_&lt;" in to_html(Written("您好", attribution="唐军 写道：", quoted=">_<"), HEAD)


def test_a_hundred_thousand_marks_are_words() -> None:
    hostile = "> " * 50_000 + "\n" + "1. " * 30_000 + "键：" * 30_000 + "http://" * 10_000 + "【" * 10_000

    assert "&gt;" in to_html(Written(hostile, attribution="王 写道：", quoted=hostile), HEAD)


# -- It comes back, quoted by a reader that writes HTML --

ANSWERS = "可以，请按方案A办理。"


def by_bar(page: str) -> str:
    return f"<div>{ANSWERS}</div><div>在 2026年11月24日周二 10:00，示例电器 &lt;support@shop.example&gt; 写道：<br></div><blockquote>{page}</blockquote>"


def by_head(page: str) -> str:
    head = (
        "<b>发件人:</b> 示例电器 &lt;support@shop.example&gt;<br><b>发送时间:</b> 2026年11月24日 10:00<br>"
        "<b>收件人:</b> li.ming@mail.example<br><b>主题:</b> Re: 洗衣机"
    )
    return f"<p class=MsoNormal>{ANSWERS}</p><hr><div><p class=MsoNormal>{head}</p></div><div>{page}</div>"


def by_divider(page: str) -> str:
    head = (
        '<div>发件人: "示例电器"&lt;support@shop.example&gt;</div><div>主题: Re: 洗衣机</div><div>收件人: li.ming</div>'
    )
    return f"<div>{ANSWERS}</div><div>------------------ 原始邮件 ------------------</div>{head}<div><br></div>{page}"


def bodies(text: str) -> Iterator[str]:
    written = Written(text, attribution="在 2026年11月23日 09:00，李明 写道：", quoted="洗衣机太响了\n> 更早的话")
    for quote in (by_bar, by_head, by_divider):
        yield to_text(quote(to_html(written, HEAD)))


@pytest.mark.parametrize("text", [INVITATION, PLANS])
def test_an_answer_in_html_below_our_page_is_the_customers_words_alone(text: str) -> None:
    for body in bodies(text):
        assert quoting.split(body, (text,)).new == ANSWERS, body
        assert quoting.split(body).new == ANSWERS, body


@BOTH
def test_no_line_of_any_letter_of_ours_comes_back_as_the_customers(language: str) -> None:
    texts = {TEMPLATES.render(name, language, facts).text for name, facts in occasions(language)}
    texts |= {rendered.text for *_, rendered in all_told(language)}
    for text in sorted(texts)[::60]:
        for body in bodies(f"{text}\n\n{SIGNATURE}"):
            assert quoting.split(body, (f"{text}\n\n{SIGNATURE}",)).new == ANSWERS, body


@pytest.mark.parametrize(
    "button",
    ["{words} <{address}>", "{words}<{address}>", "[{words}]({address})", "*{words}*", "- {words} ({address})"],
)
def test_our_buttons_as_clients_write_them_in_plain_text_are_no_rating(button: str) -> None:
    lines = INVITATION.split("\n")
    for n, words in enumerate(RATINGS):
        lines[3 + n] = button.format(words=words, address=f"{RATING}?score={5 - n}")
    quoted = "\n".join(f"> {line}".rstrip() for line in lines)

    body = quoting.split(
        f"{ANSWERS}\n\n在 2026年11月24日 10:00，示例电器 <support@shop.example> 写道：\n{quoted}", (INVITATION,)
    )

    assert body.new == ANSWERS


def test_words_between_the_quoted_lines_are_still_the_customers() -> None:
    page = to_html(Written(PLANS), HEAD)
    by_hand = page.replace("什么时候方便上门？</li>", "什么时候方便上门？<br>周六上午</li>").replace(
        "地址有没有变？</li>", "地址有没有变？</li></ol><div>- 没有变</div><ol>"
    )

    new = quoting.split(to_text(by_bar(by_hand)), (PLANS,)).new

    assert [ANSWERS, "周六上午", "- 没有变"] == [line.removeprefix("> ") for line in new.split("\n")]


def test_an_address_that_the_customer_adds_to_our_line_is_not_lost() -> None:
    body = by_bar(to_html(Written(PLANS), HEAD)).replace("发票", "发票 https://photos.mail.example/1")

    assert "https://photos.mail.example/1" in quoting.split(to_text(body), (PLANS,)).new


def test_a_reminder_is_a_list_of_tasks() -> None:
    facts = reminder_facts(
        "示例电器", "zh", {"reminder_lines": (f"【紧急】答复（故障） {SITE}/tickets/1",), "count": 1}
    )

    page = page_of(TEMPLATES.render("reminder", "zh", facts).text)

    assert [f"{SITE}/tickets/1"] == page.links
