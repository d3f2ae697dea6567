"""The words around a time that make it a promise of ours, or none: what is done, by whom, and what denies it.

Works on folded text (pledges.py). Every pattern is bounded; the lists are data, with a reason where one is odd.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

What = Literal["answer", "contact", "ship", "refund", "visit", "other"]

# Clauses: at commas and brackets, and where English goes on with a new subject.
CUTS = re.compile(
    r",(?![0-9]{3}(?![0-9]))|:(?![0-9])|[()]|—{1,2}|\s-\s|"
    r"\s(?:and|but|so|then)\s(?=(?:we|will|i|our|you|please|he|she|they)\b)|并且|同时",
    re.IGNORECASE,
)
# What may stand beside a time that stands alone in its clause: "也就是…", "that is…", "最迟…".
FILLING = re.compile(
    r"预计|最迟|最晚|大约|大概|也就是说?|就是|我们|将会|争取|尽量|不晚于|不迟于|不超过|最多|最长|即|我|会|"
    r"将|在|于|约|是|的|到|"
    r"\b(?:that is|that means|i\.e|namely|at the latest|we|will|and|or|expect|latest|on|so|at|by|in|which is|"
    r"probably|hopefully|then)\b|[\s,.:;!?。()（）…、0-9*#\-]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class No:
    """A clause around a time: what stands before it, the time, what stands after."""

    before: str
    time: str
    after: str

    @property
    def whole(self) -> str:
        return f"{self.before}{self.time}{self.after}"


# -- What is done --

_NOT_A_NOUN = (
    r"(?!的|过|了|时间(?![为是:]|$)|进度|情况|问题|方式|方案|申请|事宜|流程|政策|结果|办法|单号|"
    r"日期(?![为是:]|$)|地址|费用?|记录|部|"
    r"金额|中心|专员|人员)"
)
_DOING = r"(?!的|过|了|时间(?![为是:]|$)|日期(?![为是:]|$))"
_ZH: tuple[tuple[What, str], ...] = (
    ("refund", rf"(?:退款|退回|退还|返还|到账|打款|赔付|退费|汇出|入账){_NOT_A_NOUN}"),
    (
        "ship",
        rf"(?:发货|寄出|发出|补发|寄送|发运|出库|寄回|重发|换发|配送|派送|送达|送到|到货|寄给您|寄往|寄|"
        rf"送货|投递){_NOT_A_NOUN}",
    ),
    ("visit", rf"(?:上门|到访|登门|到您家|前往){_NOT_A_NOUN}"),
    ("contact", rf"(?:联系|联络|致电|回电|来电|电话沟通|拨打|打电话|沟通|回访|通话|去电|通电话){_DOING}"),
    (
        "answer",
        rf"(?:回复|答复|反馈|告知|告诉|通知|回信|回覆|答覆|说明|给出|有结果|出结果|发送|同步|发给您|发到您|"
        rf"汇报|解答|报告|写信|出具|"
        rf"提供){_DOING}",
    ),
)
_ZH_WEAK = re.compile(
    rf"(?:处理|安排|更换|修复|修好|解决|完成|办理|办好|办妥|核实|核对|核查|检测|维修|换货|换新|开具|开票|"
    rf"恢复(?!上班|营业|办公)|跟进|派|查清|查明|审核|"
    rf"补偿|到位|上线|更新|排查|调查|催促|受理|修理|生效|升级|协调|落实|抢修|检修|确定|取件|给您){_NOT_A_NOUN}"
)
_STRONG_ZH = re.compile("|".join(f"(?P<{what}>{pattern})" for what, pattern in _ZH))
_LED = (
    r"(?:\b(?:will|shall|to|we|i|they|he|she|and|or|also|then|personally|back|can|be|gladly|try|again|already|now|"
    r"certainly|definitely|soon|going to|able to)|['’]ll|be)\s(?:(?:also|then|personally|certainly|definitely|"
    r"surely|be)\s)?"
)
_GOODS = r"(?:parcel|replacement|product|unit|goods|parts?|items?|new one|one|package|order|it|device|machine)"
_EN: tuple[tuple[What, str], ...] = (
    ("refund", rf"{_LED}(?:refund(?:ed)?|reimburse[d]?|pay(?: back)?|paid|credit(?:ed)?|"
     rf"transfer(?:red)? the money)\b|"
     r"\b(?:(?:your|the|a|full) )?(?:refund|money|amount) (?:will|should|is going to) (?:arrive|be|reach|"
     r"show)|\brefunds\b"),
    ("visit", rf"{_LED}(?:visit(?:ed)?|come (?:to|by|round|over|out)|be (?:on site|with you|at your))\b|"
     r"\b(?:engineer|technician|colleague)s? (?:will|is going to) (?:come|arrive|be there|visit)\b|\bvisits you\b"),
    ("ship", rf"{_LED}(?:ship(?:ped)?|dispatch(?:ed)?|despatch(?:ed)?|deliver(?:ed)?|arrive|post(?:ed)?|"
     rf"(?:send|sent)(?: (?:it|them))? out|(?:send|sent) (?:you )?(?:the |a |your |another |our )?(?:new |"
     rf"missing |spare )?{_GOODS}|"
     r"be sent|leave our)\b|\b(?:ships|arrives|reaches you)\b"),
    ("contact", rf"{_LED}(?:contact(?:ed)?|call(?:ed)?|phone[d]?|ring|get in touch|reach(?: out)?|speak|telephone)\b|"
     r"\b(?:calls|contacts|phones) you\b"),
    ("answer", rf"{_LED}(?:reply|answer(?:ed)?|respond|get back|come back to|let you|tell|inform(?:ed)?|"
     r"update[d]?|write|"
     r"hear|confirm(?:ed)?|notify|notified|explain(?:ed)?|give you|report|send|receive|have (?:an|our|"
     r"the) (?:answer|reply)|"
     r"get (?:an|our|the) (?:answer|reply)|keep you)\b|"
     r"\b(?:our|an?|the|full) (?:reply|answer|response|feedback|update|result)\b|\bhear from us\b|"
     r"\breplies to you\b"),
)  # fmt: skip
_EN_WEAK = re.compile(
    rf"{_LED}(?:arrange[d]?|replace[d]?|repair(?:ed)?|fix(?:ed)?|solve[d]?|settle[d]?|handle[d]?|"
    rf"process(?:ed)?|check(?:ed)?|"
    r"complete[d]?|finish(?:ed)?|look into|follow up|resolve[d]?|exchange[d]?|restore[d]?|schedule[d]?|"
    r"have it|be (?:done|ready)|"
    r"issue[d]?|do (?:it|this|so)|make|see to|take care)\b",
    re.IGNORECASE,
)
_STRONG_EN = re.compile("|".join(f"(?P<{what}>{pattern})" for what, pattern in _EN), re.IGNORECASE)


def action(text: str, start: int, end: int, *, after: bool) -> tuple[int, What] | None:
    """The place and the kind of what is done between `start` and `end`: the nearest to the time, weak verbs last."""
    if start >= end:
        return None
    # From the clause's own beginning on, so that "we will" before a time still leads the verb after it.
    for pattern in (_STRONG_ZH, _STRONG_EN):
        found = list(pattern.finditer(text, start, end))
        if found:
            each = found[0 if after else -1]
            return each.start(), _kind(each.lastgroup, text[start:end])
    for pattern in (_ZH_WEAK, _EN_WEAK):
        weak = pattern.search(text, start, end)
        if weak is not None:
            return weak.start(), "other"
    return None


def _kind(name: str | None, clause: str) -> What:
    match name:
        case "refund" | "ship" | "visit" | "contact":
            # "将退款结果告知您" and "engineers will call" are read by their verbs; this is what the verb says.
            return name
        case _:
            return "answer"


# -- Who does it --

_OURS = re.compile(
    r"我们|我方|我(?!方)|本人|工程师|客服|同事|师傅|专员|专人|主管|经理|(?<!委员)会(?![员议计])|将|预计|"
    r"争取|一定|安排|承诺|"
    r"(?:为|给|与|和|跟|向|帮|替|同)您|(?:联系|回复|答复|告知|通知|告诉|致电|回访|反馈给|拜访)您|财务|仓库|部门|团队|"
    r"\b(?:we|will|shall|our|i|expect|engineer|technician|colleague|team|going to)\b|['’]ll\b",
    re.IGNORECASE,
)


def ours(clause: str) -> bool:
    """Does something here point to us, or to the future?"""
    return bool(_OURS.search(clause))


_ASKED_ZH = (
    r"(?<![申邀])请(?!您?(?:放心|稍[等候]|耐心|相信|留意|注意|知悉|理解|谅解|同事|工程师|师傅|专|技术|财务|"
    r"仓库|物流|售后|产品|相关|合适|部门|厂家|示))"
    r"(?!求)|麻烦您|劳烦|烦请|需要您|建议您|(?<![与和跟给为向帮替对系复知诉醒让由])您(?:也|只|还|就)?"
    r"(?:可|需|应|须|要|最好|务必|尽量|方便|如|若|想|得|能|寄|申请|签收|确认|补充|收到|提供|联系|反馈|在|于)|"
    r"(?:联系|回复|发给|寄给|告诉|告知|反馈给|提供给|寄回给?|退回给?|致电|拨打|通知|发到|寄到)(?:给|到)?"
    r"(?:我们|我方|我|客服|本邮件|此邮件|邮件|热线)|"
)
_ASKED_EN = (
    r"\b(?:please|kindly|could you|can you|would you)\b|"
    r"\b(?:contact|call|reply to|tell|send|write to|let|give|inform|reach|return|phone) (?:(?:it|them|this|"
    r"back|to) ){0,2}"
    r"(?:us|me|this e-?mail)\b"
)
_ASKED = re.compile(
    rf"{_ASKED_ZH}{_ASKED_EN}|"
    r"\b(?:you must|you need to|you have to|you may|you could|you should (?!hear|receive|get|have)|"
    r"you can (?!expect|count|rely)|need you to|ask you to|we need your)\b|"
    r"^\W{0,4}(?:[0-9]\W{1,3})?(?:(?:and|but|so|then|that|also)\s)?"
    r"(?:you\b(?!(?:'ll|’ll| will| should| can expect))|(?:send|reply|call|contact|return|ship|write|tell|"
    r"give|confirm|pay)\b)",
    re.IGNORECASE,
)
# After the time "you can" may as well begin what we promise: "we will send you steps that you can follow".
_ASKED_AFTER = re.compile(rf"{_ASKED_ZH}{_ASKED_EN}|^\s?(?:you|your)\b(?! will| should)", re.IGNORECASE)
_DENIED = re.compile(
    r"无法|不能|未能|没能|没法|不会(?!有问题|有变|耽误|晚于|迟于|超过|晚|迟|超)|不可能|难以|来不及|不保证|"
    r"不承诺|不予|暂不|不一定|"
    r"没有(?!问题|意外)|不再|恐怕|做不到|"
    r"\bnot\b(?! (?:later|more|only))|n['’]t\b|\b(?:have|has|is|are) no\b|\bunable\b|\bnever\b|"
    r"\bimpossible\b|\bcannot\b",
    re.IGNORECASE,
)
_IF = re.compile(
    r"如果|若(?!干)|假如|倘若|万一|要是|一旦|除非|如(?=您|果|有|需|在|[0-9一二两三四五六七八九十])|"
    r"\b(?:if|unless|in case|provided|should you)\b|^\W{0,3}(?:when you|whenever)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"已(?:经)?(?:在|于)\s?$|截至|截止|曾|原(?:定|计划|本)|本应|本该|承诺过|说好|答应过|应该在\s?$|从\s?$|"
    r"自\s?$|距\s?$|当时|上次|"
    r"\b(?:promised|had|supposed|meant to|was to|were to|was due|originally|should have|could have|told you|since)\b",
    re.IGNORECASE,
)
_GONE_AFTER = re.compile(
    r"\s?(?:已|起|开始|以来|未|没|仍|还没|(?:我们|工程师|客服)?(?:已经?|刚刚|刚才)|出现|发生|发现|收到|下单|"
    r"付款|拍下|购买)|"
    r"[^,]{0,10}(?:联系|寄出|发货|发出|处理|答复|回复|核实|反馈|安排|退款|上门)(?:过|了(?!解))"
)
_RULE = re.compile(
    r"(?<!技术)支持(?!部|团队|人员|工程师|同事|专员|中心)|享受?|有权|无理由|三包|政策规定|法律|有效期|过期|"
    r"营业|办公时间|工作时间|"
    r"服务时间|接听时间|在线时间|每[天日周月]|工作日(?:的)?\s?$|等待|静置|"
    r"\b(?:usually|normally|generally|typically|as a rule|every|each|daily|policy|warranty (?:is|covers|lasts|of)|"
    r"opening hours|office hours|orders? (?:placed|made)|placed|purchase|can be returned|may be returned|entitled)\b",
    re.IGNORECASE,
)
_MILD_RULE = re.compile(
    r"可(?:以)?(?!吗|能|靠|操作)|保修|质保|规定|条款|退货|一般|通常|客户|用户|消费者|买家|顾客|不晚于下单|"
    r"\bis free\b|\bare free\b"
)
_OUR_SUBJECT = re.compile(
    r"我们|我(?!们)|(?<!委员)会(?![员议计])|将|(?:为|给|与|跟|向|帮)您|(?:联系|回复|答复|告知)您|工程师|"
    r"同事|安排|预计"
)
_ASKING = re.compile(
    r"方便吗|是否|什么时候|能否|是不是|有没有|哪天|合适吗|有空吗|^\W{0,4}(?:shall|can|could|may|would|"
    r"should) (?:we|i)\b",
    re.IGNORECASE,
)


def no_of_clause(clause: No) -> bool:
    """Does the time's own clause say that this is none of our promises?"""
    before, after = clause.before, clause.after
    if _ASKED.search(before + clause.time) or _ASKED_AFTER.search(after):
        return True
    if _DENIED.search(before) or _DENIED.search(after) or _IF.search(before):
        return True
    if (
        _PAST.search(before)
        or _GONE_AFTER.match(after)
        or re.search(r"(?<![与和跟给为向帮替对])您(?:在|于|也)?\s?$", before)
    ):
        return True
    if after.startswith("的") and not re.search(r"[前内]$", clause.time):
        return True
    if _RULE.search(before) or _RULE.search(after) or _ASKING.search(before) or _ASKING.search(after):
        return True
    return bool(_MILD_RULE.search(before + after)) and not _OUR_SUBJECT.search(before + after)


_TOLD = r"(?:您[^,…]{0,6}(?:提到|说到?|反映|写道)|\byou (?:wrote|told us|mentioned|said|say)\b)"
# In the same clause, or with a colon right before it; between quotation marks their words are gone already.
_THEIR_WORDS = re.compile(rf"{_TOLD}[^…:]{{0,60}}$", re.IGNORECASE)
_THEIR_COLON = re.compile(rf"{_TOLD}[^…,:]{{0,20}}:\s?$", re.IGNORECASE)
# Something that has yet to happen; an amount of time counts from it, and nobody knows when that is.
_EVENT = re.compile(
    r"(?:收到|签收|到货|您确认|收货|寄回|提供|补充|付款|下单|发货|检测|维修|审核|入库|批准|同意|退回|送达|"
    r"到达|完成|申请|提交|"
    r"验收|购买|通过|质检|出库|送修|领取|激活|您回复|退货)[^,。后]{0,15}(?:之|以)?后|之日起|起(?:算)?[\s,]{0,2}$|"
    r"(?:如果|若|如|只要|一旦)[^,]{0,6}您[^,]{0,4}(?:同意|确认|愿意|提供|寄|回复|接受|选择|补充|付款)|"
    r"(?<!at )\bonce\b|\bafter\b(?!-)|\bas soon as\b|\bupon\b|(?:^|,\s?)when (?:we|you|it)\b|"
    r"\bif you (?:agree|accept|send|return|confirm|choose)\b",
    re.IGNORECASE,
)
_FROM_EVENT = re.compile(r"\s?(?:of|after|from(?! (?:now|today|this))|since|following|upon)\b", re.IGNORECASE)


def no_of_sentence(earlier: str, clause: No, amount: bool) -> bool:
    """Does what the sentence said before this clause take the promise away?"""
    if _THEIR_WORDS.search(clause.before) or _THEIR_COLON.search(earlier[-60:]):
        return True
    if amount and (_EVENT.search(earlier + clause.before) or _FROM_EVENT.match(clause.after)):
        return True
    # "请把照片发给我们,最迟周五前": the second clause has no subject of its own.
    return bool(_ASKED.search(earlier[-60:])) and not _OUR_SUBJECT.search(clause.whole) and not ours(clause.whole)
