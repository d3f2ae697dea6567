"""Words that push a customer away (001-49): blame, shrugging, contradiction; a "but" that takes sympathy back (004-08).

Pure. Looks for phrases only, never for a mood, so that what it finds can be shown and explained. What stands between
quotation marks is somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.core.checks import Checks

_NO_LISTS = Checks()
_QUOTED = re.compile(
    r"“[^“”]{0,300}”|「[^「」]{0,300}」|『[^『』]{0,300}』|\"[^\"\n]{0,300}\"|‘[^‘’\n]{0,300}’(?![a-z])|"
    r"(?m:^[ ]{0,4}>[^\n]{0,2000})"
)
_OURS = r"(?:我们?|这边|公司|客服|本店)"

# -- 推诿: it is somebody else's business. 敷衍: it is nobody's. --
_SHIFTING = (
    r"不(?:归|该|由|属于?)我们?(?:的)?(?:这边|部门)?(?:管|负责|处理|问题|责任|范围|的?事)|不是我们?(?:这边|"
    r"部门)?(?:的)?(?:问题|责任|错|原因|过错|事)|"
    r"[跟和与]我们?(?:这边)?(?:无关|没(?:有)?关系|不相干)|不关我们?的?事|不在我们?的?(?:职责|管辖|负责|服务)范围|"
    r"(?:这|那)(?:个|件事)?是(?:快递|物流|厂家|厂商|供应商|平台|仓库|别的部门|其他部门|别人)(?:公司)?的(?:问题|"
    r"责任|事|错)|"
    r"[您你](?:还是)?(?:自己|自行)(?:去)?(?:找|联系|问|想办法|解决|处理|看着办|看看|查|搞定)|"
    r"请?自行(?:联系|解决|处理|想办法|查询|协商)|[您你]?去?(?:问|找)(?:别人|其他部门|别的部门)(?:去|吧)?|"
    rf"{_OURS}也不(?:清楚|知道|懂|了解)|不清楚[,，]?\s?[您你](?:去|再)?(?:问|找)",
    r"not (?:our|my) (?:problem|fault|responsibility|job|department|business|concern)|"
    r"nothing to do with us|(?:contact|call|ask|chase) (?:them|the (?:courier|carrier|manufacturer|seller)) yourself|"
    r"figure (?:it|that|this) out yourself|ask (?:someone|somebody) else|you(?:'ll| will) have to sort (?:it|"
    r"that|this) out",
)
_SHRUGGING = (
    rf"(?:{_OURS}(?:也|实在|真的?|是|都|就|确实){{0,3}}|(?:^|[，。！？；,!?;\n]|\s)(?:也|实在|真的?|"
    rf"确实){{0,2}})没(?:有)?(?:什么|任何|别的)?办法|"
    r"爱莫能助|无能为力|(?:规定|制度|政策|流程|规矩)就是(?:这样|如此|这么)|就是这么规定|就是这样规定|"
    r"只能这样了|就这样吧|没得商量|没什么(?:好|可)说的|"
    r"[您你]看着办|随便[您你]|随[您你](?:便|投诉)|爱(?:信不信|要不要|买不买)|信不信由[您你]|[急催](?:我们|也|"
    r"都)?也?没(?:有)?用|投诉也没(?:有)?用|"
    r"[您你](?:就)?(?:慢慢|再)等(?:着)?吧|等着(?:就行|吧)|没什么大不了|大惊小怪|小题大做|(?:一?点|这点|"
    r"这么点)小(?:事|问题|毛病)(?:而已)?|不至于吧|"
    r"别激动|不要激动|请?[您你](?:先)?冷静(?:一下|点|一点)?",
    r"nothing (?:more |else |further )?(?:that )?(?:we|i) can do|nothing (?:can|to) be done|(?:can't|"
    r"cannot) be bothered|"
    r"(?:rules are rules|policy is policy)|(?:that's|that is|it's|it is) (?:just|simply) (?:our|the|"
    r"company) (?:policy|rules?|procedure)|"
    r"it is what it is|take it or leave it|(?:^|[.!]\s)deal with it[.!]|calm down|"
    r"you(?:'ll| will) just have to (?:wait|live|accept)|complain(?:ing)? (?:all you|won't|will not)|"
    r"no big deal|we don't care",
)
# -- The customer is to blame, is told so again, or does not tell the truth. --
_BLAMING = (
    r"[您你](?:自己|自个儿)(?:没|不|弄|搞|操作|造成|摔|选错|填错|要|的(?:问题|原因|责任|错))|是[您你]自己|"
    r"[您你]没(?:有)?(?:看清|看仔细|仔细看|认真看|看说明|读说明|注意看)|"
    r"[您你](?:怎么|为什么)(?:不|没|连|就|才|会)(?:早|有|看|先|这|知道|好好|不|等|相信|注意|想)|"
    r"[您你](?:早)?不早(?:点)?说|"
    r"(?:已经|早就|之前就|都)(?:跟|和|给|对|同)[您你](?:说|讲|解释)过|(?:说|讲|解释)(?:过|了)(?:好几|很多|多少|"
    r"无数|几|[二两三四五六七八九十]{1,2})(?:遍|次)|"
    r"[您你](?:到底|究竟)(?:想|要|有没有|是不是)|[您你]太(?:挑剔|较真|敏感|急躁|心急|着急)了?",
    r"as (?:we|i)(?: have|'ve)? already (?:told|said|explained|mentioned|stated|informed)|(?:as|like) (?:we|"
    r"i) (?:told|said to) you|like i said|"
    r"(?:we|i)(?: have|'ve)? (?:already )?told you|"
    r"you should(?: have|'ve) (?!received|got|gotten|had|an? |the |your |by now|two|no )[a-z]|you (?:must|"
    r"probably) have (?:broken|dropped|misused|misread|misunderstood|done)|"
    r"you failed to|if you had (?:only )?(?:read|listened|followed|checked)|(?:obviously|clearly),? you|"
    r"you (?:obviously|clearly) |why (?:didn't|did not|don't) you|"
    r"(?:just )?read the (?:manual|instructions|terms)\b(?! (?:together|with))|(?:it's|it is|that's|"
    r"that is) your (?:own )?(?:fault|mistake|problem)",
)
_CONTRADICTING = (
    r"[您你](?:所)?(?:说|讲|反映|描述|投诉)的(?:内容|情况|话)?(?:并)?(?:不对|不是事实|不属实|不符合?事实|"
    r"不准确|没有道理|没道理|有问题|是错的|不可能|不成立)|"
    r"[您你](?:一定|肯定|应该|大概|可能)?是?(?:记|搞|弄|看|理解|听)错了|[您你]误会了|[您你]误解了|(?:根本|绝对|"
    r"完全)?不可能(?:会)?(?:出现|发生|有|坏|是)(?:这种|这样|您|你|我们|质量)|"
    r"我们(?:的)?(?:产品|质量|服务|系统|客服)?(?:绝对|根本|完全|肯定)?(?:没有?错|没有?(?:任何|什么)?(?:责任|"
    r"问题)|不可能(?:有|出|坏)|不会(?:有|出)(?:任何)?(?:问题|错))|"
    r"(?:其他|别的)(?:客户|顾客|人|用户)(?:都|怎么|也|从来)?(?:没|不)|(?:只有|就)[您你](?:一个|这么|这样|有|说)",
    r"you(?:'re| are) (?:simply |just |quite )?(?:wrong|mistaken|lying|exaggerating)|(?:that's|that is|"
    r"this is) (?:simply |just )?(?:not true|untrue|impossible|nonsense)|"
    r"(?:no one|nobody) else (?:has|had|ever)|(?:the )?only (?:one|customer|person) (?:who|to|with) (?:has|"
    r"have|complain|ever|this)|we did nothing wrong|we are not to blame",
)
MESSAGES = {  # by the code of the finding
    "shirking": "听起来像在推给别人，请写明由我们怎样跟进",
    "perfunctory": "听起来像在敷衍，请写明我们能做什么、什么时候",
    "blaming": "听起来像在责怪客户，请只说明情况和办法",
    "contradiction": "否定了客户的说法，请先认可感受，再说明核实到的事实",
    "weakened": "先认可了客户的感受，又用转折词收了回来，请去掉“但是”“不过”，直接说怎么办",
}
_TABLE = (
    ("shirking", _SHIFTING),
    ("perfunctory", _SHRUGGING),
    ("blaming", _BLAMING),
    ("contradiction", _CONTRADICTING),
)
_PHRASES = tuple((code, re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE)) for code, parts in _TABLE)

# 您不用自己联系厂家: said to spare them that.
_SPARED = re.compile(
    r"(?:不用|不必|无需|不需要|免得)(?:再|让)?[您你]?(?:再)?$|(?:need not|n't (?:have|need) to|not (?:have|need) to) $"
)
_FEELS = re.compile(
    r"(?:理解|体谅|体会|明白|知道)(?:到)?[您你](?:现在|此刻|当时)?的?(?:心情|感受|难处|着急|不满|委屈|失望|"
    r"心里|处境|困扰|很|非常|为什么)|感同身受|"
    r"(?:让|令)(?:人|[您你])(?:很|非常|感到|觉得|确实)?(?:生气|着急|失望|难过|委屈|不舒服|担心|烦)|换作(?:是)?我们?|"
    r"(?:understand|appreciate|imagine|see) (?:how|why|that you|your) (?:\w{1,15} ){0,4}?(?:frustrat|upset|"
    r"annoy|disappoint|angry|feel|anger|worr|concern|must be|unpleasant)|"
    r"must (?:be|have been) (?:very |really |so )?(?:frustrating|upsetting|annoying|disappointing|unpleasant)",
    re.IGNORECASE,
)
_SORRY = re.compile(r"抱歉|对不起|歉意|致歉|道歉|不好意思|\bsorry\b|\bapologi[sz]e\b|\bapologies\b", re.IGNORECASE)
_BUT = re.compile(
    r"但是|(?<!不)但(?![凡愿求使])|(?<![只再])不过(?![是多量度来去滤敏问几分瘾])|可是|然而|\bhowever\b|"
    r"(?<!not only )(?<!nothing )(?<!all )(?<!cannot )\bbut\b(?! (?:also|not least))",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^。！？!?；;\n]{1,400}?(?:[。！？!?；;\n]|\.(?=\s|$)|$)|[^。！？!?；;\n]{400}")


def unquoted(text: str) -> str:
    """What others said, between quotation marks or behind ">", as dots."""
    return _QUOTED.sub("…", text)


def harsh_words(text: str, checks: Checks = _NO_LISTS) -> Iterator[tuple[str, str]]:
    """(code of MESSAGES, the words) for every phrase in a text made plain by NFKC; `checks` adds the owner's."""
    said = unquoted(text).replace("’", "'")
    for code, pattern in _PHRASES:
        for found in pattern.finditer(said):
            if not _spared(said, found.start()):
                yield code, _around(found)
    lowered = said.lower()
    for code, words in (("shirking", checks.shirking), ("perfunctory", checks.perfunctory)):
        for found in words.find(lowered):
            if not _spared(lowered, found.start()):
                yield code, _around(found)
    yield from _taken_back(said, checks)


def _spared(said: str, at: int) -> bool:
    return bool(_SPARED.search(said[max(0, at - 24) : at]))


def _taken_back(said: str, checks: Checks) -> Iterator[tuple[str, str]]:
    """Sympathy, and a "but" after it in its sentence or in the next one; after a mere apology only near it."""
    felt = sorry = False
    for found in _SENTENCE.finditer(said):
        sentence = found[0].strip()
        if not sentence:
            continue
        but = _but(sentence, 0, checks)
        feels, apology = _FEELS.search(sentence), _SORRY.search(sentence)
        first = feels or apology
        within = _but(sentence, first.end(), checks) if first else None
        opens = but == 0
        if within is not None or (but is not None and felt) or (opens and sorry):
            yield "weakened", sentence[:60]
        felt, sorry = feels is not None, apology is not None


def _but(sentence: str, start: int, checks: Checks) -> int | None:
    """Where a word stands that takes back what came before it."""
    found = _BUT.search(sentence, start) or next(checks.weakening.find(sentence.lower()[start:]), None)
    return found.start() if found else None


def _around(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - 6) : found.end() + 6].replace("\n", " ").strip()
