"""What the customer wants, as a short phrase: "要求换货", "咨询保修期", "产品无法开机", "wants a refund".

A wanted action comes before a question, a question before a fault. Works on the customer's own words only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from mailbot.core.gates import Gated, gated


@dataclass(frozen=True, slots=True)
class Wish:
    """The phrase for the record and the words of the mail that gave it."""

    phrase: str
    words: str
    sure: bool


# At the same place of the text the upper line wins.
_ACTIONS: tuple[tuple[str, str], ...] = (
    (r"退货退款|退款退货|退一赔[一三十]", "要求退货退款"),
    (r"取消(?:这个|该|我的|此|掉|这笔)?订单|订单取消|不要了.{0,4}取消|撤销订单", "要求取消订单"),
    (r"换货|换新|换一[台个件部只套]|换台新|更换(?!了|过)|调换", "要求换货"),
    (r"退款|退钱|退回(?:货款|款项|全款)|退还(?:货款|全款|款项|差价)|把钱退", "要求退款"),
    (r"退货|退掉|退回去|(?:我要|想)退(?![货款换回还])|申请退(?![款货休])", "要求退货"),
    (r"维修|报修|上门(?:修|检[修查测])|修一下|修理|帮.{0,3}修(?!改)|返修", "要求维修"),
    (r"赔偿|补偿|赔我|赔付|索赔", "要求赔偿"),
    (r"补发|重新发(?:货|一)|重发", "要求补发"),
    (r"(?:修改|更改|变更|改一?下?|换一?下?)(?:收货|配送)?(?:地址)", "要求修改地址"),
    (r"(?:修改|更改|变更|更换|换绑)(?:绑定)?(?:的)?(?:手机号?码?|联系方式|电话)", "要求修改联系方式"),
    (r"(?:修改|更改|变更|重开)(?:发票)?抬头", "要求修改发票抬头"),
    (r"(?:开|补开|开具|要|索取|寄)(?:一?张|个|一下)?(?:电子|纸质|增值税|专用|普通)?发票", "要求开发票"),
    (r"价格?保护?(?=[,，。!！?？]|$)|保价|价保|补差价|退差价", "申请价格保护"),
    (r"(?:尽快|马上|赶紧|立刻|快点)(?:给我)?发货|催.{0,3}发货", "要求尽快发货"),
    (r"道歉", "要求道歉"),
)
_QUESTIONS: tuple[tuple[str, str], ...] = (
    (r"保修(?:期|多久|多长|几年|政策|范围|时间|吗)|质保|(?:还)?在保吗?|过保|保修", "咨询保修期"),
    (r"(?:怎么|如何|怎样)(?:使用|用|操作|设置|调|连接|清洗|清洁|拆|安装|配对|联网|换滤芯"
     r"|开启|关闭)|使用方法|说明书", "咨询使用方法"),
    (r"(?:什么时候|何时|几天|多久|多长时间)(?:能|可以|才能|会|才)?(?:到|送到|送达|发货|收到)|物流(?:信息"
     r"|进度|状态|到哪)|到哪[里儿]?了|发货了[吗没]",
     "咨询物流进度"),
    (r"多少钱|价格|什么价|优惠|打折|报价", "咨询价格"),
    (r"发票", "咨询发票"),
    (r"(?:上门)?安装(?:费|服务|预约|时间)|预约安装", "咨询安装"),
    (r"七天无理由|7天无理由|售后政策|退换政策|退换货", "咨询退换货政策"),
)  # fmt: skip
_TROUBLES: tuple[tuple[str, str], ...] = (
    (r"漏电|触电|被电了|电到|麻手", "产品漏电"),
    (r"冒烟|起火|着火|冒火|烧焦|糊味|焦味|火星", "产品冒烟或有焦味"),
    (r"(?:无法|不能|没法)(?:正常)?(?:开机|启动)|开不了机|打不开机|不开机|不启动|启动不了"
     r"|没法开|开不开机", "产品无法开机"),
    (r"不制冷|制冷(?:效果)?(?:差|不好)|不制热|制热(?:效果)?(?:差|不好)", "产品不制冷或不制热"),
    (r"漏水|渗水|滴水|漏液", "产品漏水"),
    (r"异响|噪音|噪声|嗡嗡|响得厉害|声音很大|咔咔", "产品有异响"),
    (r"错发|发错|少发|漏发|少了|缺件|缺少", "商品错发或漏发"),
    (r"描述不符|不符|不一致|不一样|假货", "商品与描述不符"),
    (r"破损|碎了|压坏|摔坏|压扁|变形|裂了|破了|有裂", "商品破损"),
    (r"(?:还|一直|迟迟|都|仍然?)(?:没|未|不)(?:有)?(?:给)?(?:收到|送到|到货|到|发货|发|动|更新|派送)|(?:未"
     r"|没)(?:收到货|发货)|延误|延迟|不更新|没更新|没动静",
     "物流延迟"),
    (r"态度(?:很|太|极|非常|特别)?(?:差|恶劣|不好|敷衍|冷)|骂人|骂我|挂我电话|不耐烦"
     r"|爱理不理", "投诉服务态度"),
    (r"(?:没人|无人)(?:理|管|回复?|处理|接)|不回复|不理", "反映无人处理"),
    (r"坏了|坏掉|故障|失灵|不工作|没反应|用不了|不能用|无法使用|不转|不亮|黑屏|死机|报错"
     r"|不能正常|损坏|出问题|不好用", "产品故障"),
    (r"投诉|举报", "投诉"),
    (r"建议", "提出建议"),
)  # fmt: skip
_ACTIONS_EN: tuple[tuple[str, str], ...] = (
    (r"\brefund(?:ed|s)?\b|\bmoney back\b|\breimburse", "wants a refund"),
    (r"\bcancel(?:led|ling|lation)?\b", "wants to cancel the order"),
    (r"\breplace(?:ment|d)?\b|\bexchange(?:d)?\b|\bnew one\b|\bswap\b", "wants a replacement"),
    (r"\bcompensat\w{1,5}\b", "wants compensation"),
    (
        r"\brepair(?:ed|s)?\b|\bfix(?:ed)? (?:it|this|my)\b|\bsend (?:a|an|your) (?:technician|engineer)\b",
        "wants a repair",
    ),
    (
        r"\breturn(?:ing)? (?:it|this|the|my|them|these)\b|\bto return\b|\bsend it back\b",
        "wants to return the product",
    ),
    (r"\b(?:change|update|correct) (?:my|the) (?:\w{1,12} )?address\b", "wants the address changed"),
    (
        r"\b(?:send|need|issue|get|want)\w{0,3} (?:me )?(?:an?|the|my) (?:\w{1,12} )?(?:invoice|receipt)\b",
        "wants an invoice",
    ),
    (r"\bapolog(?:y|ise|ize)\b", "wants an apology"),
)
_QUESTIONS_EN: tuple[tuple[str, str], ...] = (
    (r"\bwarranty\b|\bguarantee\b", "asks about the warranty"),
    (r"\bhow (?:do|can|should) (?:i|we|you)\b|\bhow to\b|\bmanual\b"
     r"|\binstructions\b", "asks how to use the product"),
    (r"\bwhen (?:will|does|is|can)\b.{0,30}\b(?:arriv\w{1,4}|deliver\w{0,3}|ship\w{0,4}|come)\b"
     r"|\bwhere is my\b|\btracking\b",
     "asks about the delivery"),
    (r"\bhow much\b|\bprice\b|\bdiscount\b|\bcost\b", "asks about the price"),
    (r"\breturn policy\b|\brefund policy\b", "asks about the return policy"),
    (r"\binvoice\b", "asks about an invoice"),
)  # fmt: skip
_TROUBLES_EN: tuple[tuple[str, str], ...] = (
    (r"\belectric shock\b|\bshocked me\b|\bgot a shock\b", "product gave an electric shock"),
    (r"\bsmok(?:e|ing)\b|\bon fire\b|\bcaught fire\b|\bburn(?:ing|t)\b"
     r"|\bsparks?\b", "product smokes or burns"),
    (r"\b(?:won['’]?t|doesn['’]?t|does not|will not|can(?:no|['’])t|not) (?:turn(?:ing)? on"
     r"|switch(?:ing)? on|start(?:ing)?|power(?:ing)? (?:on|up))\b",
     "product does not turn on"),
    (r"\bleak(?:s|ing|ed)?\b", "product leaks"),
    (r"\bnois[ey]\w{0,3}\b|\brattl\w{1,4}\b|\bbuzzing\b", "product makes a noise"),
    (r"\bwrong (?:item|product|model|colou?r|size|one)\b|\bnot as described\b"
     r"|\bmissing (?:part|item|piece)s?\b", "wrong or missing item"),
    (r"\b(?:arrived|came|received) (?:\w{1,10} )?(?:damaged|broken|cracked"
     r"|smashed)\b|\bdamaged\b", "item arrived damaged"),
    (r"\b(?:has ?n['’]?o?t|have ?n['’]?o?t|not|never) (?:been )?(?:yet )?(?:arrived|received|delivered"
     r"|shipped)\b|\bstill waiting\b|\bdelayed\b|\blate\b",
     "delivery is late"),
    (r"\brude\b|\bunhelpful\b|\bimpolite\b", "complains about the service"),
    (r"\b(?:not|stopped|stops|quit) working\b|\bdoes ?n['’]?o?t work\b|\bbroken\b|\bdefective\b|\bfaulty\b"
     r"|\bmalfunction\w{0,3}\b|\bdead\b|\bbroke\b",
     "product does not work"),
    (r"\bcomplain(?:t|ts|ing)?\b", "complains"),
    (r"\bsuggest(?:ion|ions|ing)?\b", "makes a suggestion"),
)  # fmt: skip

_Table = tuple[tuple[Gated, str], ...]


def _table(lines: tuple[tuple[str, str], ...], flags: re.RegexFlag = re.NOFLAG) -> _Table:
    return tuple((gated(pattern, flags), phrase) for pattern, phrase in lines)


_ZH = (_table(_ACTIONS), _table(_QUESTIONS), _table(_TROUBLES))
_EN = tuple(_table(lines, re.IGNORECASE) for lines in (_ACTIONS_EN, _QUESTIONS_EN, _TROUBLES_EN))

_HAN = re.compile("[\u4e00-\u9fff]")
_LETTER = re.compile("[A-Za-z]{3}")
_MARKS = ",。.!?;\n"  # of NFKC text
_CLAUSE_END = re.compile(r"[,。.!?;\n]")
_WISH = re.compile(
    r"我要|我想|想要|要求|申请|请|帮|麻烦|希望|必须|给我|马上|尽快|同意|需要|能否|坚持|立即|赶紧|应该|打算"
    r"|只想|就想|要么|还是"
    r"|\bi want\b|\bi need\b|\bi(?: would|['’]d) like\b|\bplease\b|\bdemand\b|\brequest\b|\bcould you\b"
    r"|\bcan you\b|\bexpect\b|\bjust want\b|\bwant my\b",
    re.IGNORECASE,
)
_NOT_WANTED = re.compile(
    r"(?:不要|不想|不用|不需要|无需|不是|没有|没|不必|并非|不打算)(?:再|求|你们|申请|要|想)?$"
    r"|\b(?:do not|don['’]?t|no|not|without) (?:want |need |asking for |looking for )?(?:a |an |any |to "
    r"|the )?$",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"(?:已经?|都)?(?:收到|到账|成功|完成|处理好)了?|了?谢谢|\s(?:was |has been |is )?(?:received"
    r"|completed|arrived|went through)",
    re.IGNORECASE,
)
_NO_TROUBLE = re.compile(
    r"(?:没有?|未|无|不再|不会|再?没|是否|会不会|有没有|怕|担心|避免|防)(?:再|出现|任何|发生|什么)?$"
)
_ASKED = re.compile(
    r"吗|[?？]|怎么|如何|多久|几天|政策|规定|流程|规则|是否|能不能|可不可以|\bpolicy\b|\bhow\b"
    r"|\bis it possible\b|\bcan i\b|\bdo you\b",
    re.IGNORECASE,
)
_POLICY = re.compile(r"政策|规定|流程|规则|怎么申请|如何申请|怎么退|怎么换|如何退|\bpolicy\b", re.IGNORECASE)
_PROGRESS = re.compile(r"退款.{0,6}(?:多久|几天|什么时候|何时|进度)|(?:多久|几天|什么时候|何时).{0,8}退款")
_IF = re.compile(r"如果|假如|要是|万一|的话|\bif\b", re.IGNORECASE)
MOST_HITS = 40


def demand(text: str) -> Wish | None:
    """The core demand, or None where the mail says none that we know."""
    tables = _ZH if _HAN.search(text) else _EN
    if tables is _EN and not _LETTER.search(text):
        return None
    actions, questions, troubles = tables
    return _action(text, actions) or _question(text, questions) or _trouble(text, troubles)


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds of the clause around a place, at most 80 characters to either side."""
    floor = max(0, start - 80)
    left = max(floor, 1 + max(text.rfind(mark, floor, start) for mark in _MARKS))
    behind = _CLAUSE_END.search(text, end, end + 80)
    return left, behind.start() if behind else min(len(text), end + 80)


def _hits(text: str, table: _Table) -> list[tuple[re.Match[str], str]]:
    lowered = text.lower()
    found = []
    for line, (gate, phrase) in enumerate(table):
        if gate.open(lowered):
            for match in islice(gate.pattern.finditer(text), MOST_HITS):
                found.append((match.start(), line, match, phrase))
    found.sort(key=lambda hit: hit[:2])
    return [(match, phrase) for _, _, match, phrase in found[:MOST_HITS]]


def _action(text: str, table: _Table) -> Wish | None:
    possible = None
    for match, phrase in _hits(text, table):
        left, right = clause(text, match.start(), match.end())
        words = text[left : right + 1]
        before = text[left : match.start()]
        if _NOT_WANTED.search(before) or _DONE.match(text, match.end()) or _IF.search(words):
            continue
        if _PROGRESS.search(words) and phrase == "要求退款":
            possible = possible or Wish("咨询退款进度", match[0], True)
        elif _POLICY.search(words):
            possible = possible or _about(match, phrase)
        elif _WISH.search(words):
            return Wish(phrase, match[0], True)
        elif _ASKED.search(words) and not words.startswith(("能", "可以", "我能", "我可以")):
            possible = possible or _about(match, phrase)
        else:
            possible = possible or Wish(phrase, match[0], False)
    return possible


def _about(match: re.Match[str], phrase: str) -> Wish | None:
    if phrase.startswith("wants"):
        return (
            Wish("asks about the return policy", match[0], True)
            if re.search("return|refund|repl|exch", match[0], re.IGNORECASE)
            else None
        )
    if phrase in ("要求退货", "要求换货", "要求退款", "要求退货退款"):
        return Wish("咨询退换货政策", match[0], True)
    return Wish("咨询" + phrase[2:], match[0], True) if phrase.startswith("要求") else None


def _question(text: str, table: _Table) -> Wish | None:
    for match, phrase in _hits(text, table):
        left, right = clause(text, match.start(), match.end())
        if _ASKED.search(text[left : right + 1]) or re.search("咨询|请问|了解|问一下", text[max(0, left - 12) : right]):
            return Wish(phrase, match[0], True)
    return None


def _trouble(text: str, table: _Table) -> Wish | None:
    for match, phrase in _hits(text, table):
        left, right = clause(text, match.start(), match.end())
        if not _NO_TROUBLE.search(text[left : match.start()]) and not _IF.search(text[left:right]):
            return Wish(phrase, match[0], True)
    return None
