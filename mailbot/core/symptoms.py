"""The customer's own words for the trouble, its time and the product. Quotes; never rewrites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from mailbot.core.gates import lines, scan
from mailbot.core.patterns import OrderPatterns
from mailbot.core.wishes import clause

MOST_HITS = 40
LONGEST_ZH = 40
LONGEST_EN = 80  # as much as forty Han characters say

_TROUBLE = re.compile(
    r"异响|噪音|噪声|嗡嗡|漏水|渗水|滴水|漏电|触电|被电|漏气|漏液|不制冷|不制热|制冷效果差|不启动|启动不了"
    r"|无法|打不开|开不了|开不开|不开机|充不进|充不了|不充电"
    r"|黑屏|白屏|花屏|闪屏|死机|卡顿|蓝屏|闪退|报错|故障|坏了|坏掉|损坏|破损|压坏|摔坏|破裂|碎了|裂了|裂开"
    r"|有裂|变形|划痕|掉漆|生锈|异味|糊味|焦味|冒烟|冒火|起火|着火"
    r"|火星|短路|跳闸|发烫|烫手|过热|断电|没反应|没有反应|不工作|不转|不亮|不响|没声音|没有声音|没图像|失灵"
    r"|漏发|少发|发错|错发|少了|缺件|不能用|用不了|不能正常"
    r"|自动关机|连不上|掉线|没收到|未收到|还没到|还没发货|没发货|未发货|没更新|不更新|描述不符|态度(?:很|太"
    r"|极|非常|特别)?(?:差|恶劣|不好)"
)
_TROUBLE_EN = lines(
    (
        r"\bwon['’]?t (?!be|have)",
        r"\bdoes ?n['’]?t (?:work|turn|start|cool|heat|charge|spin|drain|power|switch)",
        r"\bdoes not (?:work|turn|start|cool|heat|charge|spin|drain|power|switch)",
        r"\bwill not (?:turn|start|cool|heat|charge|power)",
        r"\b(?:not|stopped|stops) (?:work|cool|heat|charg|spin|turn)ing\b",
        r"\bleak(?:s|ing|ed)?\b",
        r"\bnois[ey]\w{0,2}\b",
        r"\bsmok(?:e|ing)\b",
        r"\bburning smell\b",
        r"\bburnt\b",
        r"\bspark(?:s|ing)\b",
        r"\boverheat(?:s|ing|ed)?\b",
        r"\berror\b",
        r"\bcrack(?:s|ed)\b",
        r"\bbroken?\b",
        r"\bdamaged\b",
        r"\bdented\b",
        r"\bscratched\b",
        r"\bdefective\b",
        r"\bfaulty\b",
        r"\bdead\b",
        r"\bno power\b",
        r"\bwrong item\b",
        r"\bmissing\b",
        r"\bnever arrived\b",
        r"\bhas ?n['’]?t arrived\b",
        r"\bhas not arrived\b",
        r"\bnot (?:yet )?(?:received|arrived|delivered)\b",
        r"\bkeeps \w{3,12}ing\b",
        r"\bstopped\b",
    ),
    re.IGNORECASE,
)
_NONE_AT_ALL = re.compile(
    r"(?:没有?|未|无|不再|再没)(?:再|出现|任何|发生|什么)?$|\b(?:no|not|any|without)\s+(?:more\s+)?$",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"吗|[?？]|如果|假如|要是|万一|怎么办|是否|会不会|有没有|的话|保修|怕|担心|避免|解决了|修好了|\bif\b"
    r"|\bin case\b|\bwould\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:您好|你好|但是|但|可是|结果|然后|而且|不过|因为|由于|我?发现|反映|反馈|我家的?|我们?的|我们|我|这台"
    r"|这个|你们的|你们家的?|就是|目前|现在|就"
    r"|hi|hello|but|and|however|because|since|so|that|unfortunately|the problem is(?: that)?)[ \t]*",
    re.IGNORECASE,
)
_JOINS_ON = ("就", "会", "有", "便", "还", "都", "也", "一直", "总")
_MARKS = "[,，。.!！?？;；]"

_DAY_PART = "(?:早上|早晨|上午|中午|下午|傍晚|晚上|夜里|半夜|凌晨|早|晚)?"
_CLOCK = r"(?:[ \t]?[0-9]{1,2}(?:[:：][0-9]{2}|点(?:半|钟|[0-9]{1,2}分?)?|时(?:[0-9]{1,2}分?)?)(?:左右|多)?)?"
_WHEN = re.compile(
    rf"(?:(?P<ymd>(?:20[0-9]{{2}})[-/.年](?:1[0-2]|0?[1-9])[-/.月](?:3[01]|[12][0-9]"
    rf"|0?[1-9])(?![0-9])[日号]?)"
    rf"|(?P<md>(?<![0-9])(?:1[0-2]|0?[1-9])月(?:3[01]|[12][0-9]|0?[1-9])[日号]?)"
    rf"|(?P<word>昨[天日晚夜]|前天|大前天|今[早晚天日]|上个?(?:周|星期|礼拜)[一二三四五六日天末]?|(?:本"
    rf"|这个?)?(?:周|星期|礼拜)[一二三四五六日天]|上个?月(?:底|初|中旬)?"
    rf"|(?:[0-9]{{1,2}}|[一二两三四五六七八九十几]{{1,2}})(?:天|个?小时|个?星期|周|个月)(?:前|之前|以前)"
    rf"|刚才|刚刚))"
    rf"(?P<rest>(?:的)?{_DAY_PART}{_CLOCK})"
)
_WHEN_HEAD = re.compile("[0-9昨前大今上本这周星礼刚一二两三四五六七八九十几]")
_ENGLISH = re.compile("[a-z]{2} [a-z]|[0-9] [A-Za-z]{3}|[A-Za-z]{3} [0-9]|yesterday|today", re.IGNORECASE)
_WHEN_EN = lines(
    (
        r"\byesterday(?: (?:morning|afternoon|evening|night))?\b",
        r"\blast (?:night|week|month|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
        r"\bthis (?:morning|afternoon|evening)\b",
        r"\btoday\b",
        r"\bon (?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
        r"\b(?:[0-9]{1,2}|two|three|four|five|six|a few|an?) (?:hour|day|week|month)s? ago\b",
        *(
            rf"\b{month}[a-z]{{0,6}}\.? [0-9]{{1,2}}(?:st|nd|rd|th)?(?:,? 20[0-9]{{2}})?\b"
            for month in ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
        ),
        *(
            rf"\b[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)? {month}[a-z]{{0,6}}(?:,? 20[0-9]{{2}})?\b"
            for month in ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
        ),
    ),
    re.IGNORECASE,
)
# A day beside one of these is not the day of the trouble.
_BOUGHT = re.compile(
    r"买|购|下单|拍下|付款|支付|下的单|定的|订的|\bbought\b|\bpurchas|\border(?:ed)?\b|\bpaid\b|\bbuy\b",
    re.IGNORECASE,
)
_DEADLINE = re.compile(r"(?:请在|必须在|务必在|最晚|最迟|不晚于|\bby|\bbefore|\buntil)\s?$", re.IGNORECASE)
_WEAK = frozenset({"今天", "今日", "刚才", "刚刚", "today"})

_BOUGHT_WHAT = re.compile(
    r"(?:购买|买|订购|入手|选购|下单)(?:了|的|到)?(?:一|两|1|2)?(?:台|个|件|款|部|套|只|双|条|把"
    r"|箱)?(?:你们|贵司|贵公司|你家|贵店)?(?:家|店|店里)?的?"
    r"(?P<what>[\u4e00-\u9fffA-Za-z0-9-]{2,12}?)(?=[,，。!！?？;；、\s]|坏|有|不|出|无|没|已|在|用|到|突然"
    r"|刚|今|昨|才|就|一直|总|开|漏|是|想|要|现|收|发|为|$)"
)
_BOUGHT_WHAT_EN = re.compile(
    r"\b(?:bought|purchased|ordered|received)\s+(?:an?|the|this|your|one"
    r"|two)\s+(?P<what>[A-Za-z][A-Za-z0-9-]{1,15}(?: [A-Za-z0-9-]{1,15}){0,2}?)"
    r"(?=\s+(?:from|on|in|at|last|yesterday|and|but|which|that|with|is|was|has|it|for|two|three|a|today"
    r"|this|through)\b|[,.!?;\n]|$)",
    re.IGNORECASE,
)
_NO_PRODUCT = re.compile(
    r"东西|商品|产品|货|宝贝|时候|那个|这个|你们|那天|之后|以后|以前|之前|时间|日期|方式|渠道|发票|订单"
    r"|服务|不|没|了|吗|几|多|我|的$|过$|一个|一台|哪|什么|单号|回来|年|月|日"
    r"|\b(?:item|items|product|products|order|package|parcel|thing|one|goods|reply|email|mail|message"
    r"|wrong|refund|wrong one|answer|call|notification|money)\b",
    re.IGNORECASE,
)
_MODEL_ALONE = re.compile(r"[A-Z]{2,5}-?[0-9]{2,4}(?:GW|LW|W|L)(?:/[0-9A-Za-z-]{1,20})?(?![0-9A-Za-z])")


def symptom(text: str, patterns: OrderPatterns) -> str | None:
    """The clause that tells of the trouble, as it stands; None for what is only asked about."""
    english = re.search("[\u4e00-\u9fff]", text) is None
    found = scan(text, _TROUBLE_EN, MOST_HITS) if english else islice(_TROUBLE.finditer(text), MOST_HITS)
    for match in found:
        left, right = _part(text, match)
        if _NONE_AT_ALL.search(text[left : match.start()]) or _SUPPOSED.search(text[left : right + 1]):
            continue
        left = _joined(text, left, right)
        return _short(text, left, right, (match.start(), match.end()), patterns)
    return None


def _part(text: str, match: re.Match[str]) -> tuple[int, int]:
    """The clause around a find; in English "and" and "but" part clauses too."""
    left, right = clause(text, match.start(), match.end())
    for word in (" and ", " but "):
        if (before := text.rfind(word, left, match.start())) >= 0:
            left = before + len(word)
        if (behind := text.find(word, match.end(), right)) >= 0:
            right = behind
    return left, right


def _joined(text: str, left: int, right: int) -> int:
    """开机5分钟后,就有异响: the clause before belongs to it."""
    short = right - left < 4 or text.startswith(_JOINS_ON, left)
    if not short or left < 2 or not re.match(_MARKS, text[left - 1]) or text[left - 1] in "。.!！?？":
        return left
    before, _ = clause(text, left - 1, left - 1)
    return before if right - before <= LONGEST_ZH and not _SUPPOSED.search(text[before:left]) else left


def _short(text: str, left: int, right: int, hit: tuple[int, int], patterns: OrderPatterns) -> str | None:
    longest = LONGEST_ZH if re.search("[\u4e00-\u9fff]", text[left:right]) else LONGEST_EN
    while (lead := _LEAD.match(text, left, hit[0])) and lead.end() > left and not text[lead.end()].isspace():
        if text[lead.end() - 1].isascii() and text[lead.end() - 1].isalpha():
            break  # "so" of "some"
        left = lead.end()
    if patterns.product_words is not None and longest == LONGEST_ZH:
        named = patterns.product_words.last(text, left, hit[0])
        if named is not None and right - named[1] >= 5:
            left = named[1]
    if right - left > longest:
        right = max(hit[1], min(right, left + longest))
        left = max(left, right - longest)
        if longest == LONGEST_EN:
            right = (
                text.rfind(" ", hit[1], right)
                if text[right : right + 1].isalnum() and " " in text[hit[1] : right]
                else right
            )
            left = text.find(" ", left) + 1 if left and text[left - 1].isalnum() else left
    words = text[left:right].strip(" \t\u3000:：-—*•的")
    return words[:longest] if len(words) >= 2 else None


def happened_at(text: str, trouble: str | None) -> tuple[str, str] | None:
    """(value, words): when it happened, as written, or as an ISO date where year, month and day are given."""
    english = scan(text, _WHEN_EN, MOST_HITS) if _ENGLISH.search(text) else ()
    for match in (*_days(text), *english):
        left, right = _part(text, match)
        words = match[0].strip()
        if _other_day(text, (left, right), match) or (
            words.lower() in _WEAK and (trouble is None or trouble not in text[left : right + 50])
        ):
            continue
        day = match.groupdict()
        return (_iso(words) if day.get("ymd") and not day["rest"] else None) or words, words
    return None


def _days(text: str) -> Iterator[re.Match[str]]:
    end = 0
    for head in islice(_WHEN_HEAD.finditer(text), 2_000):
        if head.start() >= end and (match := _WHEN.match(text, head.start())):
            yield match
            end = match.end()


def _other_day(text: str, bounds: tuple[int, int], match: re.Match[str]) -> bool:
    """The day of the purchase, or one by which something is due."""
    if text.startswith(("前", "之前", "以前"), match.end()):
        return True
    if _DEADLINE.search(text, max(0, match.start() - 10), match.start()):
        return True
    return bool(_BOUGHT.search(text, match.end(), bounds[1]) or _BOUGHT.search(text, bounds[0], match.start()))


def _iso(words: str) -> str | None:
    year, month, day = (int(number) for number in re.findall("[0-9]+", words))
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def product(text: str, patterns: OrderPatterns) -> tuple[str, bool] | None:
    """(words, sure): a product of the catalogue, else what the customer says to have bought."""
    if patterns.product_words is not None and (named := patterns.product_words.first(text)):
        return text[named[0] : named[1]], True
    for pattern in (_BOUGHT_WHAT, _BOUGHT_WHAT_EN):
        for count, match in enumerate(pattern.finditer(text)):
            if count >= 10:
                break
            if not _NO_PRODUCT.search(match["what"]) and re.search("[^0-9-]{2}", match["what"]):
                return match["what"], False
    return None


def model(text: str, patterns: OrderPatterns) -> tuple[str, bool] | None:
    """(words, sure): a type code of the catalogue, else one that looks like an appliance's."""
    if patterns.model_words is not None and (known := patterns.model_words.search(text)):
        return known[0], True
    alone = _MODEL_ALONE.search(text)
    if alone is None or (alone.start() and text[alone.start() - 1].isascii() and text[alone.start() - 1].isalnum()):
        return None
    return alone[0], False
