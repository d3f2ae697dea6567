"""Does a draft do what was asked: each question answered or asked back, its parts there, times told, files attached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mailbot.core.checks import fold
from mailbot.core.language import detect
from mailbot.core.review_facts import MAX_READ, Context, DraftText, Finding, clauses, plain, sentences
from mailbot.core.tone import unquoted

MAX_QUESTIONS = 8  # of a mail that are looked for
MAX_TOLD = 3

# -- 000-32: the customer's questions --

_ASKS = re.compile(
    r"[?？]|[吗么呢](?:[。！!~～]|$)|能不能|能否|可不可以|可否|是否|是不是|有没有|要不要|行不行|多久|"
    r"多少|几[天个点号次年]|什么时候|"
    r"怎么(?:样|办|弄|用|退|换|修|装|开|调|清|设|申请|处理|收费|操作|联系|寄|查)|如何|为什么|为何|哪[里儿个些种款家]|"
    r"\b(?:how (?:do|can|long|much|many|often|should)|what is|when (?:will|can|is)|where (?:is|can|do)|"
    r"can (?:i|you|we)|"
    r"could (?:i|you)|is it|do you|does (?:it|the))\b",
    re.IGNORECASE,
)
# Anger asks, too, and wants no answer in words.
_RHETORIC = re.compile(
    r"难道|凭什么|有你们这|你们就(?:是|会)?这[样么]|怎么(?:能|可以|会|搞|回事|好意思)|什么(?:态度|"
    r"玩意|东西|意思|破)|良心|骗(?:子|人|我)|耍我|"
    r"还(?:要|想)?(?:不要|让不让|讲不讲)|到底(?:管|处理|有没有人|要不要|想)|是不是(?:不想|故意|欺负|"
    r"觉得|当我)|谁(?:负责|管|受得了)|"
    r"(?:在|有人)(?:吗|么|不)|对(?:吗|吧|不对)|好(?:吗|吧|不好)|可以(?:吗|吧)[?？]?$|你(?:们)?(?:说|觉得)(?:呢|吧)|"
    r"\b(?:are you kidding|seriously|is this how|do you even|who do you think)\b|"
    r"(?:^|[，, ])(?:any ?one|anybody) (?:there|home)",
    re.IGNORECASE,
)
# Words that any mail and any answer have: what is left is what the question is about.
_COMMON = re.compile(
    r"您好|你好|请问|麻烦|谢谢|客服|售后|我们|你们|咱们|他们|她们|它们|自己|大家|公司|问题|情况|东西|"
    r"一下|一个|这个|那个|这种|那种|这样|那样|这些|那些|"
    r"什么时候|什么|怎么样|怎么办|怎么|如何|为什么|为何|多久|多少|哪里|哪儿|哪个|能不能|可不可以|"
    r"是不是|有没有|要不要|是否|能否|可否|"
    r"可以|能够|需要|应该|知道|告诉|回复|答复|处理|解决|办理|帮忙|帮我|给我|现在|今天|已经|还是|还有|"
    r"就是|但是|因为|所以|如果|或者|以及|"
    r"想问|想知道|咨询|了解|时候|时间|产品|订单|邮件|来信|感谢|非常|或许|大概|几天|几个|为您|给您|一般|具体|比较|"
    r"[的了吗呢吧啊呀哦嘛么我你您他她它是不在有和与也都就还这那要想能可会请把被给让跟对从到为很太再又才只但或及之其所几哪谁个些年月日天号]"
)
_COMMON_EN = frozenset(
    [
        "hello",
        "dear",
        "please",
        "thank",
        "thanks",
        "could",
        "would",
        "should",
        "what",
        "when",
        "where",
        "which",
        "that",
        "this",
        "there",
        "they",
        "them",
        "then",
        "than",
        "have",
        "with",
        "from",
        "your",
        "yours",
        "will",
        "been",
        "were",
        "does",
        "just",
        "know",
        "tell",
        "want",
        "need",
        "about",
        "some",
        "help",
        "like",
        "also",
        "long",
        "much",
        "many",
        "here",
        "into",
        "more",
        "very",
        "still",
        "only",
        "after",
        "before",
        "because",
        "order",
        "product",
        "email",
        "regards",
    ]
)
_LATIN = re.compile(r"[A-Za-z][A-Za-z'-]{3,30}|[A-Za-z]{0,6}[0-9]{1,20}[A-Za-z]{0,6}")
_RUN = re.compile(r"[\u4e00-\u9fff]{1,60}")
_TAIL = 5  # letters of an English word that count: delivery, delivered
# The one-character verbs of after-sales service: "能退吗".
_VERBS = frozenset("退换修寄赔补装送查改取开")
_ALL_NAMED = re.compile(
    r"(?:逐一|一并|一起|一一|全部|分别|所有|几个|以上|上述|这些)[^。\n]{0,12}(?:答复|回复|解答|说明|告诉|问题|疑问)|"
    r"\b(?:all (?:of )?your questions|each of your questions|every question)\b",
    re.IGNORECASE,
)
# What shows that a question for a time, a sum or a place is answered, whatever words it used.
_KINDS = (
    (
        re.compile(r"多久|几天|什么时候|何时|几点|哪天|\bwhen\b|\bhow long\b", re.IGNORECASE),
        re.compile(
            r"[0-9一二两三四五六七八九十半] ?(?:个?(?:工作)?[天日]|个?(?:工作)?小时|分钟|点|[号月年周])|"
            r"[0-9]{1,2}:[0-9]{2}|"
            r"今天|明天|后天|本周|下周|\b(?:today|tomorrow|hours?|days?|weeks?|monday|tuesday|wednesday|"
            r"thursday|friday)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"多少钱|价格|费用|收费|运费|\bhow much\b|\bcost\b|\bprice\b", re.IGNORECASE),
        re.compile(r"[0-9] ?元|免费|费用|价格|运费|[¥$€] ?[0-9]|\b(?:yuan|free|price|charge)\b", re.IGNORECASE),
    ),
)


def unanswered(draft: DraftText, context: Context) -> Iterator[Finding]:
    """Every question of the customer that the draft does not touch: no word of it, no kind of answer to it."""
    if context.kind != "reply" or not context.customer_words.strip():
        return
    asked = plain(context.customer_words[:MAX_READ])
    answer = plain(f"{draft.subject}\n{draft.text}"[:MAX_READ])
    if detect(asked[:4000], "") != detect(draft.text[:4000], "") or _ALL_NAMED.search(answer):
        return  # no words in common to tell by; or all is to be answered
    said = _content(answer)
    told = 0
    for question in list(_questions(asked))[:MAX_QUESTIONS]:
        if told < MAX_TOLD and not _touched(question, said, answer):
            told += 1
            message = f"客户问的“{question[:40]}”，回复里没有提到，请回答或说明何时答复"
            yield Finding("unanswered", "warn", message, question[:60])


def _questions(asked: str) -> Iterator[str]:
    for sentence in sentences(asked):
        if _ASKS.search(sentence) and not _RHETORIC.search(sentence):
            # The clause that asks, with the one before it: "空调不制冷，多久能修好".
            parts = list(clauses(sentence))
            at = max((place for place, each in enumerate(parts) if _ASKS.search(each)), default=len(parts) - 1)
            yield "，".join(each.strip() for each in parts[max(0, at - 1) : at + 1])


def _touched(question: str, said: frozenset[str], answer: str) -> bool:
    for kind, shown in _KINDS:
        if kind.search(question) and shown.search(answer):
            return True
    about = _content(question)
    if not about:
        verbs = _VERBS & frozenset(question)
        return not verbs or any(verb in answer for verb in verbs)
    return bool(about & said)


def _content(text: str) -> frozenset[str]:
    """Pairs of characters and stems of words that a text is about."""
    bare = _COMMON.sub(" ", text)
    found: set[str] = set()
    for run in _RUN.finditer(bare):
        found.update(run[0][at : at + 2] for at in range(len(run[0]) - 1))
    for word in _LATIN.findall(bare):
        lowered = word.lower()
        if lowered not in _COMMON_EN:
            found.add(lowered if any(map(str.isdigit, word)) else lowered[:_TAIL])
    return frozenset(found)


# -- Parts: what a first answer of each category must have --

PARTS: Mapping[str, tuple[str, re.Pattern[str]]] = MappingProxyType(
    {
        "apology": (
            "致歉",
            re.compile(r"抱歉|歉意|致歉|道歉|对不起|不好意思|\bsorry\b|\bapolog", re.IGNORECASE),
        ),
        "confirmation": (
            "确认收到的问题",
            re.compile(
                r"收到|记录|反馈的|反映的|提到|来信|登记|\breceived\b|\bnoted\b|\byour (?:mail|message|report)\b",
                re.IGNORECASE,
            ),
        ),
        "reason": (
            "原因说明或核实",
            re.compile(
                r"原因|因为|由于|责任|疏忽|失误|是我们的错|没有做到|反映给|联系了|核实|核查|查明|查到|经查|确认是|了解到|检测|检查|调查|查看|"
                r"\b(?:because|cause[ds]?|check|checked|checking|look(?:ed|ing)? into|investigat\w{0,5}|found|due to|"
                r"reason)\b",
                re.IGNORECASE,
            ),
        ),
        "solution": (
            "解决方案",
            re.compile(
                r"方案|办法|我们(?:会|请|来|已|今天|马上)|为您|给您|帮您|安排|补发|补寄|重新发|免费|退款|换新|更换|维修|补偿|由我们|"
                r"\b(?:we(?:'ll| will| can| have)|will (?:send|call|arrange)|refund|replace|repair|"
                r"solution|offer|arrange)\b",
                re.IGNORECASE,
            ),
        ),
        "answer": (
            "明确答复",
            re.compile(
                r"可以|不能|支持|不支持|需要|不需要|无需|根据|按照|请您?(?:先|按|在|点|打开|将|把)|步骤|是|有|[0-9]|"
                r"\b(?:yes|no|can|cannot|is|are|please|according)\b",
                re.IGNORECASE,
            ),
        ),
        "supplement": (
            "补充说明",
            re.compile(
                r"另外|此外|如果|如需|如有|若|参考|提示|补充|建议|说明书|详见|也可以|还可以|同时|欢迎|随时|温馨|"
                r"\b(?:also|in addition|if you|tip|further|besides|manual|note that)\b",
                re.IGNORECASE,
            ),
        ),
        "steps": (
            "办理步骤",
            re.compile(
                r"步骤|第一|首先|不用(?:您)?再|不需要您|无需您|已经?为您(?!登记|记录)|我们请|(?:^|\n)\s{0,4}[1１一][.、．)）]|然后|接下来|请您?(?:先|把|将|在|按|提供|回复|"
                r"填|寄|直接|选择)|"
                r"\b(?:steps?|first|then|next|please (?:send|reply|pack|fill|return|choose))\b",
                re.IGNORECASE,
            ),
        ),
    }
)
BY_CATEGORY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "enquiry": ("answer", "supplement"),
        "fault": ("apology", "confirmation", "solution"),
        "complaint": ("apology", "reason", "solution"),
        "request": ("solution", "steps"),
    }
)


def parts_missing(draft: DraftText, context: Context) -> Iterator[Finding]:
    """000-22, 000-23: a person's first answer without a part that its category needs."""
    if not context.by_agent:
        return
    text = plain(draft.text[:MAX_READ])
    lacking = [PARTS[code][0] for code in context.parts if code in PARTS and not PARTS[code][1].search(text)]
    if lacking:
        yield Finding("part_missing", "warn", f"还缺少：{'、'.join(lacking)}，请补上", "")


# -- 004-13: a time that is none --

_VAGUE = re.compile(
    r"尽快|尽早|尽速|稍后|稍候|稍晚|晚点|晚些时候|过几天|过两天|过些(?:天|日子|时候)|过一(?:阵|"
    r"段时间|会)|过段时间|这几天|这两天|近期|"
    r"近日|改天|回头|有空|抽空|不久|"
    r"\bas soon as (?:possible|we can)\b|\basap\b|(?<!as )\bsoon\b(?! as)|\bshortly\b|\bin due course\b|\bin a (?:few|"
    r"couple of) days\b|"
    r"\bin the near future\b|\bsome time\b|\blater\b|\bat the earliest\b",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(
    r"(?:为了?能?|以便|便于|好让|方便|才能|希望|想|需要|请您?|麻烦您?|烦请|劳烦|建议您?|您(?:可以|"
    r"也可以|想|希望|要求)?|工程师建议|"
    r"\bplease\b|\b(?:if )?you (?:can|could|may|might|want|wish|like|need)\b|\bso that\b|\b(?:order|like|wish) to\b)"
    r"[^，,。；;]{0,16}$",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"我们|我(?!方)|本店|公司|客服|专员|工程师|同事|师傅|财务|仓库|部门|会|将|给您|为您|回复|答复|"
    r"联系|处理|安排|发出|寄出|退|"
    r"\b(?:we|i|our|will|shall|engineer|team|you(?:'ll| will) (?:hear|receive|get))\b|'ll\b",
    re.IGNORECASE,
)
_A_TIME = re.compile(
    r"[0-9一二两三四五六七八九十半] ?(?:个?(?:工作)?[天日]|个?半?(?:工作)?小时|分钟|个?钟头|点|"
    r"[号月周]|个(?:月|星期))|[0-9]{1,2}[:：][0-9]{2}|"
    r"今天|今日|今晚|明天|明日|明早|后天|当天|次日|本周|这周|下周|周[一二三四五六日]|"
    r"星期[一二三四五六日]|中午|傍晚|下班前|月底|"
    r"\b(?:today|tonight|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"(?:[0-9]{1,3}|one|two|three|four|five) (?:working |business )?(?:hours?|days?|minutes?|weeks?))\b|"
    r"\b[0-9]{1,2} ?(?:am|pm)\b",
    re.IGNORECASE,
)


def vague_times(draft: DraftText, context: Context) -> Iterator[Finding]:
    """ "As soon as possible" as a promise of ours, and no time beside it or in the next sentence."""
    lines = list(sentences(unquoted(plain(draft.text[:MAX_READ]))))
    for place, sentence in enumerate(lines):
        following = lines[place + 1] if place + 1 < len(lines) else ""
        # A question leaves it to the customer; a time may come in the next sentence.
        if sentence[-1] in "?？" or any(_A_TIME.search(_VAGUE.sub("", each)) for each in (sentence, following)):
            continue
        found = _vague(sentence, context)
        if found and _OURS.search(sentence):
            yield Finding("vague_time", "warn", f"“{found}”没有说具体时间，请写明什么时候", sentence[:60])


def _vague(sentence: str, context: Context) -> str:
    own = context.checks.vague if context.checks else None
    for found in (*_VAGUE.finditer(sentence), *(own.find(fold(sentence)) if own else ())):
        ours = not _NOT_OURS.search(sentence[max(0, found.start() - 24) : found.start()])
        if ours and sentence[found.end() : found.end() + 1] not in ("您", "请"):
            return str(found[0])
    return ""


# -- Files --

_ATTACHED = re.compile(
    r"(?:见|看|查收|查看|查阅|参考|参阅|参照|打开|下载)(?:本邮件|邮件)?(?:的)?附件|附件(?:中|里|是|"
    r"为|内|有|所示|即)|随(?:信|函|邮件|本邮件)(?:已)?附|"
    r"(?:已|现|我们|并|也|一并)附上|附(?:在|于)(?:本|这封|了)?(?:邮件|信|附件)|附在(?:后面|文末)的文件|^附上|"
    r"\b(?:see|find|open) (?:the )?(?:attached|attachment|enclosed)\b|\b(?:is|are|have|i've|"
    r"we've) (?:been )?(?:attached|enclosed)\b|"
    r"\b(?:attached|enclosed) (?:is|are|you will|please)\b|\bthe attached\b|\bin the attachment\b",
    re.IGNORECASE | re.MULTILINE,
)
_THEIR_FILE = re.compile(
    r"您(?:随信|随邮件|来信|发来|寄来|提供|上传|所|在|的|之前|已|可以|只需|回复)|请(?:您)?(?:在|把|"
    r"将|随|附|拍|回复)|麻烦(?:您)?|把|纸条|收到|看到|看过|"
    r"不(?:要|必|用|需要?|能)|无法|没有|\byour\b|\byou (?:sent|attached|can|may|could)\b|\bplease (?:attach|send)\b|"
    r"\bdo not\b|\bcannot\b",
    re.IGNORECASE,
)
_MENTIONED = re.compile(r"附件|附上|附图|附在|随信|\battach|\benclos", re.IGNORECASE)


def attachments(draft: DraftText, context: Context) -> Iterator[Finding]:
    """A file that the text speaks of and the mail does not carry; a file that nobody explains."""
    text = unquoted(plain(draft.text[:MAX_READ]))
    if context.attachments:
        own = context.checks.attachments.shows(fold(text)) if context.checks else False
        if not own and not _MENTIONED.search(text):
            yield Finding("attachment", "warn", "邮件带有附件，正文却没有说明是什么", "")
        return
    for sentence in sentences(text):
        for clause in clauses(sentence):
            found = _ATTACHED.search(clause)
            own_word = next(context.checks.attachments.find(fold(clause)), None) if context.checks else None
            if (found or own_word) and not _THEIR_FILE.search(clause):
                words = found[0] if found else own_word[0] if own_word else ""
                yield Finding("attachment", "warn", f"“{words}”：这封邮件没有附件", clause.strip()[:60])
