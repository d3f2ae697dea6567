"""Around the trouble: where, what was tried, how far it reaches; and who writes: a company, an elderly person.

Quotes of the customer's own words, never conclusions (001-02, 001-06). What nobody wrote is None.
"""

from __future__ import annotations

import re
from itertools import islice

from mailbot.core.gates import Gated, lines, scan

MOST = 4_000  # characters that are looked at: who says where, says it early
LONGEST = 40
MOST_HITS = 20

_ROOM = (
    "客厅|厨房|卧室|主卧|次卧|儿童房|书房|卫生间|浴室|洗手间|阳台|餐厅|玄关|车库|地下室|院子|"
    "办公室|会议室|公司|单位|店里|门店|学校|教室|宿舍|车间|工厂|仓库|酒店|食堂|医院|机房|出租屋|老家|新房"
)
_PLACE = lines(
    (
        rf"(?:在|放在|装在|安装在|摆在|用在)(?:我|我们|咱)?(?:家|家里)?的?({_ROOM})",
        r"\b(?:in|at|on) (?:the|my|our) (kitchen|living room|bedroom|bathroom|study|balcony|garage|basement"
        r"|garden|office|meeting room|shop|store|school|classroom|workshop|factory|warehouse|hotel"
        r"|canteen|hospital)\b",
    ),
    re.IGNORECASE,
)
_TRIED = re.compile(
    r"试[过了着]|尝试过|(?<!自动)(?<!反复)(?<!不停)(?<!不断)重启[过了也后还都]|拔[了掉过](?:插头|电源|电)?|断过电|断电(?:后|再)"
    r"|按(?:照)?说明书?|复位(?:过|了|后)|重置(?:过|了|后)|重装(?:过|了|后)|换过|清洗过|清理过"
    r"|\b(?:tried|restarted|rebooted|unplugged|reset (?:it|the)|cleaned (?:it|the)|replaced the)\b",
    re.IGNORECASE,
)
_NOT_TRIED = re.compile(r"没(?:有)?试|不敢试|还没|怎么试|要不要|\b(?:not|never|haven['’]?t)\b", re.IGNORECASE)
_EXTENT = lines(
    (
        r"全家(?:人|老小)?(?:都|没法|无法|不能|用不了)?",
        r"(?:整个|全)(?:公司|部门|办公室|店|门店|小区|楼|单元|班|车间|学校)",
        r"(?:[0-9]{1,3}|[两三四五六七八九十几])(?:台|个|部|箱|件)(?:都|全)",
        r"(?:每|所有的?)(?:一)?(?:台|个|部|房间|插座|设备|电脑|账号)都?",
        r"(?:完全|根本|彻底)(?:用不了|不能用|没法用|无法使用|不工作)",
        r"(?:停工|停产|停业|营业不了|没法营业|无法营业|没法开店|没法做生意)",
        r"\b(?:the )?whole (?:family|office|company|building|shop|team|house|floor)\b",
        r"\b(?:all|every one) of (?:our|my|the) [a-z]{3,12}s?\b",
        r"\ball (?:[0-9]{1,3}|two|three|four|five|six|ten|twelve) (?:of them|units|machines|devices|boxes)\b",
        r"\b(?:completely|totally) (?:unusable|useless|dead|down)\b",
        r"\bcannot (?:open|trade|do business|work at all)\b",
    ),
    re.IGNORECASE,
)
_BUSINESS = lines(
    (
        "我司|本公司|我们公司|我公司|我单位|我们单位|我们学校|我们酒店|我们门店|我店里?|我校|贵我双方|企业客户|企业采购",
        "采购部|采购订单|采购合同|对公转账|对公付款|公对公|批量采购|集采|我们?(?:是|作为)(?:经销商|代理商)",
        "我方|谨代表(?:公司|我司|单位)|增值税专用|开票抬头|纳税人识别号|合同(?:编?号|第)|询价|含税|项下|验收报告|企业版|旗舰版",
        "我们(?:新)?(?:办公室|车间|产线|生产线|门店|仓库|工地|机房|厂里|财务|一条产线|[0-9]{1,3}家门店)|公司(?:订|买|采购|用|报销)的?",
        r"(?:我|我们|咱)是(?:一家|做)?[\u4e00-\u9fff]{0,8}(?:诊所|学校|酒店|工厂|餐厅|饭店|医院|幼儿园|批发|后勤|工作室|物业)",
        r"\bour (?:company|office|hotel|school|restaurant|clinic|firm|business|organi[sz]ation|purchasing)\b",
        r"\bour (?:accountants?|finance|auditors?|mechanics?|receptionist|tills?|registers?|fleet"
        r"|tenants|guests|patients"
        r"|warehouse|workshop|stand|site|customer record|PO|handhelds|technicians?|accounts department"
        r"|stores?|shops)\b",
        r"\b(?:PO (?:number|[0-9])|net (?:30|60)|trade account|vat (?:number|invoice)|pro ?forma"
        r"|price break|bulk order)\b",
        r"\b[A-Z][a-z]{2,14} (?:Ltd|Limited|Inc|LLC|GmbH|PLC|Group)\b|\b[0-9]{2,4} (?:seats"
        r"|licen[cs]es|units|users)\b",
        r"\bwe(?:['’]re| are) (?:an? )?(?:\w{2,12} ){0,3}(?:firm|company|hotel|school|clinic"
        r"|restaurant|shop|charity|practice)\b",
        r"\b(?:purchase order|(?:corporate|business) (?:customer|account)|on behalf of (?:the|our) company)\b",
        r"\bwe are an? (?:small |local )?(?:hotel|school|restaurant|clinic|company|firm|reseller|distributor)\b",
    ),
    re.IGNORECASE,
)
_VIP = lines(
    (
        r"(?:我是|作为|身为|你们的|你们家)(?:你们的?|贵司的?|一名|一个)?的?老?(?:VIP|贵宾|钻石|白金|黑金|铂金)",
        r"(?:VIP|贵宾|钻石|白金|黑金|铂金|金|尊享|至尊)卡?(?:会员|客户|用户)(?!价|日|专享|优惠|怎么|吗|多少)",
        r"(?:^|[,。!?;:\n])(?:platinum|diamond|gold|vip) (?:member|customer|client)\b"
        r"|\bpriority (?:line|member|customer)\b",
        r"\b(?:i am|i'm|as) an? (?:VIP|platinum|diamond|premium|gold) (?:member|customer|client)\b",
    ),
    re.IGNORECASE,
)
# Of the writer alone: "我妈今年72岁" is told by somebody who reads well.
_ELDERLY = lines(
    (
        r"我(?:今年|现在|都|已经|也)?(?:都|已经|快|有)?(?:[6-9][0-9]|[六七八九]十[一二三四五六七八九多几]?)(?:多)?岁",
        r"(?<!爸)(?<!妈)我(?:一个|这个|是个|是一个|们)?(?:老太太|老头子?|老人家?|老婆婆|老大爷|退休老?(?:工人|教师|职工|干部))",
        r"(?:^|[,。!?;:\n])(?:我)?(?:人老了|上了?年纪|年纪大了|岁数大了|老眼昏花|老花眼)",
        r"我(?:们)?(?:老年人|老人|老两口|老俩口)|我(?:老伴|老头子|那老头)|我和老(?:头子|伴|太婆)|老(?:太婆|头子)我",
        r"(?:^|[,。!?;:\n])(?:我)?(?:老年人不会|耳朵背|耳背|眼睛?花|眼神不好|看不清小字|年纪大)|我(?:耳朵背|耳背|眼睛花|眼花|年纪大)",
        r"我(?:今年|活了)?(?:都|已经|快)?[六七八九]十[一二三四五六七八九多]?(?:岁|了)|[六七八九]十[一二三四五六七八九多]?岁的老",
        r"(?:让|叫|托)(?:我)?(?:外?孙[女子]?|小孙女|小孙子)|儿子给我?买的|我一个月退休金|我的?退休金",
        r"(?:^|[,。!?;:\n])(?:同志们?|闺女|姑娘|小姑娘|小伙子)(?:啊|呀|您好|你好|[,:。!])|谢谢(?:你|您)?了?(?:姑娘|闺女|小伙子)",
        r"我(?:不会|弄不来|不晓得)(?:看手机|打字|点|发邮件|弄电子|网上|扫码)",
        r"\bmy (?:[6-9][0-9](?:st|nd|rd|th)) birthday\b|\bi wear (?:two )?hearing aids\b|\bnot very technical\b",
        r"\bmy (?:grandson|granddaughter|grandchildren) (?:gave|bought|set|showed|helped)\b|\bi am [6-9][0-9]\b",
        r"我(?:不太?会|不懂得?|不大会)(?:用|弄|摆弄|操作)?(?:智能手机|手机|电脑|打字|上网|这些新东西|高科技)",
        r"\bi(?:['’]m| am) (?:now |already |nearly |almost )?(?:[6-9][0-9]) (?:years old|and)\b",
        r"\bi(?:['’]m| am) (?:an? )?(?:old (?:man|woman|lady)|pensioner|senior citizen|elderly)\b",
        r"\bat my age\b",
    ),
    re.IGNORECASE,
)


def place(new: str) -> str | None:
    """Where it happened or where the thing stands: "厨房", "kitchen"."""
    found = scan(new[:MOST], _PLACE, MOST_HITS)
    return str(found[0][1]) if found else None


def tried(new: str) -> str | None:
    """The clause that says what the customer tried, as written."""
    text = new[:MOST]
    for found in islice(_TRIED.finditer(text), MOST_HITS):
        words = _clause(text, found.start(), found.end())
        if not _NOT_TRIED.search(words) and not words.endswith(("?", "？", "吗")):
            return words
    return None


def extent(new: str) -> str | None:
    """How far it reaches: "全家都", "三台都", "the whole office"."""
    return _first(new, _EXTENT)


def account(text: str) -> tuple[str, str] | None:
    """("business" or "vip", the words that say so); None: nobody says, so it is unknown and not "personal"."""
    if (words := _first(text, _VIP)) is not None:
        return "vip", words
    return ("business", words) if (words := _first(text, _BUSINESS)) is not None else None


def elderly(text: str) -> str | None:
    """The words in which the writer tells of high age (000-28)."""
    return _first(text, _ELDERLY)


def _first(text: str, table: tuple[Gated, ...]) -> str | None:
    found = scan(text[:MOST], table, MOST_HITS)
    return found[0][0].strip(",。!?;:\n ") if found else None


_BREAK = re.compile(r"[。！？!?；;，,\n]|(?<=[a-z])\.(?=\s|$)")


def _clause(text: str, start: int, end: int) -> str:
    """The words around a place up to the next marks, the mark of a question kept."""
    floor = max(0, start - LONGEST)
    before = [found.end() for found in _BREAK.finditer(text, floor, start)]
    behind = _BREAK.search(text, end, end + LONGEST)
    left = before[-1] if before else floor
    right = behind.start() + (behind[0] in "?？") if behind else min(len(text), end + LONGEST)
    return " ".join(text[left:right].split())
