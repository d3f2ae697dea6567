"""How a draft is written: blanks left open, tone, words for the elderly, typos, doubled words, punctuation, script.

What stands between quotation marks is the customer's, and is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.core.checks import NEAR, Typo, fold
from mailbot.core.language import detect
from mailbot.core.review_facts import MAX_READ, Context, DraftText, Finding, around, plain, written
from mailbot.core.tone import MESSAGES, harsh_words, unquoted

_BLANKS = (
    "姓名|姓氏|称呼|先生/女士|订单号|订单编号|单号|物流单号|快递单号|产品|产品名称|产品型号|型号|故障|具体故障描述|问题|问题描述|"
    "问题简述|问题核心|具体问题|具体信息|具体原因|具体方案|具体时间|具体权益|时间|日期|金额|部门|相关部门|负责人|负责人姓氏|"
    "企业名称|公司名称|工号|客服工号|客服姓名|诉求|建议|方案|方案A|方案B|结果说明|上线时间|地址|电话|手机号|链接|"
    "name|your name|customer name|order number|order no|product|model|date|time|amount|company|company name|"
    "agent|agent name|phone|address|link|department|insert[^\\]\\n]{0,20}"
)
# Forms a person leaves to be filled in. Each alternative is bounded, so that a hostile draft costs nothing.
_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{%|%\}|"
    rf"[\[［【<＜](?:{_BLANKS})[\]］】>＞]|"
    r"[\[［][\u4e00-\u9fff]{1,12}[\]］]|"
    r"(?<![A-Za-z0-9Ｘ×])[XxＸ×]{3,}(?![A-Za-z0-9Ｘ×])|"
    r"(?<![A-Za-z0-9])[XＸ×]{1,2}(?=\s?(?:先生|女士|月|日|天|元|小时|部门|工程师|同事))|"
    r"某某|[*＊](?=先生|女士|同事)|先生/女士|女士/先生|_{3,}|＿{2,}|待填|待补充|\bTODO\b|\bTBD\b",
    re.IGNORECASE,
)


def placeholders(draft: DraftText, context: Context) -> Iterator[Finding]:
    own_words = plain(context.customer_words)
    for text in (draft.subject, draft.text):
        for found in _PLACEHOLDER.finditer(plain(text)):
            if found[0] not in own_words:  # the customer may well have written "[急]"
                message = "还有没填写的内容，请补上或删去"
                yield Finding("placeholder", "block", message, around(found))


_LANGUAGES = {"zh": "中文", "en": "英文", "ja": "日文", "ko": "韩文"}


def language(draft: DraftText, context: Context) -> Iterator[Finding]:
    written = detect(draft.text[:4000], context.language)
    if written != context.language:
        theirs, ours = (_LANGUAGES.get(each, each) for each in (context.language, written))
        yield Finding("language", "warn", f"客户用{theirs}来信，回复却是{ours}")


def tone(draft: DraftText, context: Context) -> Iterator[Finding]:
    """001-49, 004-04, 004-08."""
    text = plain(draft.text[:MAX_READ])
    for code, words in harsh_words(text, context.checks) if context.checks else harsh_words(text):
        yield Finding(code, "warn", f"“{words}”{MESSAGES[code]}", words)


def jargon(draft: DraftText, context: Context) -> Iterator[Finding]:
    """000-28: words an old customer may not know; not those that they use themselves."""
    if not context.elderly or context.checks is None:
        return
    own = fold(context.customer_words[:MAX_READ])
    plain_words = dict(context.checks.jargon)
    for word in dict.fromkeys(found[0] for found in context.checks.jargon_words.find(_words_of(draft, context))):
        if word not in own:
            yield Finding("jargon", "warn", f"“{word}”长辈可能不懂，可以说“{plain_words[word]}”", word)


# -- 000-33 --


def typos(draft: DraftText, context: Context) -> Iterator[Finding]:
    """Wrong variants of the 登录/登陆 kind, from the owner's list."""
    checks = context.checks
    if checks is None:
        return
    by_wrong: dict[str, list[Typo]] = {}
    for typo in checks.typos:
        by_wrong.setdefault(typo.wrong, []).append(typo)
    text = _words_of(draft, context)
    for found in checks.typo_words.find(text):
        right = next((each.right for each in by_wrong[found[0]] if _is_wrong(each, text, found)), None)
        if right is not None:
            yield Finding("typo", "warn", f"“{found[0]}”应写作“{right}”", found[0])


def _is_wrong(typo: Typo, text: str, found: re.Match[str]) -> bool:
    beside = text[max(0, found.start() - NEAR) : found.end() + NEAR]
    if typo.near and not any(word in beside for word in typo.near):
        return False
    for word in typo.unless:
        for at in range(max(0, found.end() - len(word)), found.start() + 1):
            if text.startswith(word, at):
                return False
    return True


_HAN = "\u4e00-\u9fff"
_ONCE = (
    "我们|你们|他们|您的|我的|已经|可以|为您|给您|向您|请您|订单|客服|因为|所以|如果|但是|以及|抱歉|需要|收到|目前|现在|"
    "时间|您好|产品|快递|物流|退款|这个|那个|会在|将会|应该|就是|还是|或者|并且|而且|关于|对于|根据|由于"
)
_DOUBLED = re.compile(
    # "不了了之", "为了了解", "现在在家", "机会会", "还有有效": the same character twice in two words.
    r"的的(?![士])|(?<![不为除])了了(?![解之])|您您|我我|(?<![现存实潜内外正])在在|把把|(?<!供)给给|(?<![成])就就|(?<![首])都都|"
    r"(?<![不])已已|(?<![之])也也|及及|与与(?!会)|或或|(?<![机社协大不开])会会(?![员议计])|(?<![邀申])请请|(?<![温平])和和(?!气)|"
    rf"({_ONCE})\1|([{_HAN}]{{3,8}})\2|"
    r"\b(the|an?|to|of|and|in|is|are|we|you|your|our|for|will|be|on|it|this|have|has|with|please) \3\b(?!-)",
    re.IGNORECASE,
)
_DOUBLED_MARKS = re.compile(
    r"([，。！？；、：,;!?])\1{1,20}|(?<!\.)\.\.(?!\.)|[，、；：][。！？]|[。！？][，、；：]|[。][！？]|[，][、；]"
)


def doubled(draft: DraftText, context: Context) -> Iterator[Finding]:
    """A word or a mark twice."""
    text = unquoted(draft.text[:MAX_READ])
    for pattern in (_DOUBLED, _DOUBLED_MARKS):
        for found in pattern.finditer(text):
            yield Finding("doubled", "warn", f"“{around(found, 4)}”有重复的字词或标点", around(found))


_HALF = re.compile(
    rf"[{_HAN}）》”][,;:?!](?=[ ]?[{_HAN}“（《0-9A-Za-z]|[ ]*$)|[{_HAN}）》”]\.(?=[ ]?[{_HAN}“（]|[ ]*$)|"
    rf"\((?=[^()\n]{{0,40}}[{_HAN}])[^()\n]{{1,60}}\)",
    re.MULTILINE,
)
_FULL = re.compile(r"[A-Za-z0-9][，。！？；：、](?![\u4e00-\u9fff])")


def punctuation(draft: DraftText, context: Context) -> Iterator[Finding]:
    """Half-width marks inside Chinese, full-width ones inside English; said once, with the first place."""
    text = unquoted(draft.text[:MAX_READ])
    english = detect(text[:4000], context.language) == "en"
    found = list((_FULL if english else _HALF).finditer(text))
    if found:
        what = "英文里夹了全角标点" if english else "中文里夹了半角标点"
        more = f"，共 {len(found)} 处" if len(found) > 1 else ""
        yield Finding("punctuation", "warn", f"“{around(found[0], 4)}”{what}{more}", around(found[0]))


# Each of these is written in simplified texts, too: 著名, 乾隆, 瞭望, 覆盖, 慰藉, 於 and 甯 as names.
_BOTH = frozenset("著乾瞭覆藉於甯鉅餘徵摺併註夥後里佈託週划採诊闆碁兇")


def traditional(draft: DraftText, context: Context) -> Iterator[Finding]:
    """Traditional characters in a simplified text; a name may have them."""
    if not context.simplified:
        return
    own = frozenset(f"{context.customer_words[:MAX_READ]}{context.customer_name}")
    text = unquoted(draft.text[:MAX_READ])
    found = dict.fromkeys(
        character for character in text if ord(character) in context.simplified and character not in _BOTH | own
    )
    if found:
        right = "".join(found).translate(dict(context.simplified))
        yield Finding("traditional", "warn", f"繁体字“{''.join(found)}”应写作“{right}”", "".join(found))


def _words_of(draft: DraftText, context: Context) -> str:
    return fold(unquoted(written(draft, context)))
