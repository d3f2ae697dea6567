"""What a template may say: the facts of one mail as words, in the language of the customer.

Pure. Says nothing the mail does not say: an absent fact is "" or (), never a guess, and templates ask
instead. Every value is one short line of plain text, whatever the mail held.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from mailbot.core.facts import Fact, Facts
from mailbot.core.known_facts import KNOWN_FACTS as KNOWN_FACTS
from mailbot.core.known_facts import NOTHING_TO_TELL, UNKNOWN
from mailbot.core.known_facts import SIGNATURE_FACTS as SIGNATURE_FACTS
from mailbot.core.mail import Mail
from mailbot.core.quoting import Body
from mailbot.core.reply import bare_subject
from mailbot.core.triage import Priority, Triage

MAX_QUESTIONS = 6  # more is an interrogation, and nobody answers it
MAX_WORDS = 10_000  # characters of a mail that are looked at here
QUOTE_LENGTH = {"zh": 40, "en": 90}
LONG_STORY = {"zh": 300, "en": 900}  # characters from which on a mail is better restated before it is answered


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is known beside the mail. `response_time` and `due_at` are for the first answer."""

    ticket_number: str
    company_name: str
    hotline: str = ""
    language: str = "zh"
    topic_name: str = ""
    response_time: str = ""  # made by within(); empty: the usual one of the priority
    due_at: datetime | None = None  # aware, in the mailbox's zone
    concern_names: tuple[str, ...] = ()  # topics that the mail asks about besides, as people call them
    account: str = ""  # as agents know the customer: personal, business, vip; empty: what the mail says
    elderly: bool | None = None  # the same


_WISH = {"zh": re.compile("要求|申请"), "en": re.compile("wants ")}


def reply_facts(mail: Mail, body: Body, facts: Facts, triage: Triage, occasion: Occasion) -> dict[str, object]:
    """Everything a template may say about this mail: the keys are KNOWN_FACTS, always all of them."""
    language = occasion.language if occasion.language == "zh" else "en"
    new = body.new[:MAX_WORDS]
    orders = tuple(one_line(each.value) for each in facts.order_numbers[:5])
    sure = next((one_line(each.value) for each in facts.order_numbers if each.sure), "")
    questions = _questions(mail, facts, triage, language)
    details = _details(f"{mail.subject}\n{new}", facts, triage, language) if triage.category == "fault" else ()
    return {
        **NOTHING_TO_TELL,
        **UNKNOWN,
        "company_name": occasion.company_name,
        "hotline": occasion.hotline,
        "ticket_number": occasion.ticket_number,
        "language": language,
        "salutation": salutation(facts, language),
        "customer_subject": one_line(bare_subject(mail.subject))[:150].rstrip(),  # exact: readers sort by it
        "quote": quote(new, facts, triage, language),
        "symptom": clip(_words(facts.symptom), QUOTE_LENGTH[language]),
        "demand": clip(_value(facts.demand), QUOTE_LENGTH[language]),
        "wish": wish_in(_value(facts.demand), language),
        "product": clip(_value(facts.product), 40),
        "model": clip(_value(facts.model), 40),
        "goods": goods_of(facts),
        "order_number": sure or next(iter(orders), ""),
        "order_numbers": orders,
        "order_sure": bool(sure),
        "tracking_number": next((one_line(each.value) for each in facts.tracking_numbers), ""),
        "happened_at": clip(_words(facts.happened_at), 40),
        "people": tuple(clip(each.value, 20) for each in facts.people[:5]),
        "has_phone": bool(facts.phones),
        "has_tried": bool(_SAID["tried"].search(new)),
        "has_photo": _has_photo(mail),
        "missing": triage.missing,
        "questions": questions[:MAX_QUESTIONS],
        "fault_questions": _merged(details, questions)[:MAX_QUESTIONS],
        "asks_identity": any(side in questions for side in _QUESTIONS["order_or_phone"]),
        "category": triage.category,
        "topic": triage.topic,
        "topic_name": occasion.topic_name,
        "priority": triage.priority,
        "response_time": occasion.response_time or within(*USUAL_ANSWER[triage.priority], language),
        "due_text": due_text(occasion.due_at, language),
        "mood": triage.mood,
        "hazard": is_hazard(triage.priority, f"{mail.subject}\n{new}"),
        "elderly": facts.elderly is not None if occasion.elderly is None else occasion.elderly,
        "account": occasion.account or _value(facts.account),
        "concerns": occasion.concern_names,
        "complex": bool(occasion.concern_names) or len(new) > LONG_STORY[language],
        "place": clip(_words(facts.place), 20),
        "tried": _told(facts.tried, language),
        "extent": _told(facts.extent, language),
    }


# -- Time --

# Hours, and whether they are working hours (the first answer by priority, 002-17 to 002-19).
USUAL_ANSWER: Mapping[Priority, tuple[float, bool]] = MappingProxyType(
    {"urgent": (1, False), "important": (4, True), "normal": (24, False)}
)
_WEEKDAYS = "一二三四五六日"
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def within(hours: float, working: bool, language: str) -> str:
    """`4个工作小时内`, `within 30 minutes`."""
    if hours < 1:
        minutes = round(hours * 60)
        return f"{minutes}分钟内" if language == "zh" else f"within {minutes} minutes"
    number = f"{hours:g}"
    if language == "zh":
        return f"{number}个工作小时内" if working else f"{number}小时内"
    unit = "hour" if hours == 1 else "hours"
    return f"within {number} working {unit}" if working else f"within {number} {unit}"


def due_text(due_at: datetime | None, language: str) -> str:
    """`11月23日（周一）13:00前`; the zone is the one that `due_at` bears."""
    if due_at is None:
        return ""
    return f"{moment_text(due_at, language)}前" if language == "zh" else f"by {moment_text(due_at, language)}"


def moment_text(at: datetime, language: str) -> str:
    """`11月9日（周一）09:00`, `09:00 on Monday, 9 Nov`; the zone is the one that `at` bears."""
    clock, day = f"{at:%H:%M}", at.weekday()
    if language == "zh":
        return f"{at.month}月{at.day}日（周{_WEEKDAYS[day]}）{clock}"
    return f"{clock} on {_ENGLISH_DAYS[day]}, {at.day} {_MONTHS[at.month - 1]}"


# -- Address --

_TITLED = re.compile(r"([\u4e00-\u9fff]{1,6})(先生|女士|小姐|太太|老师)")
_CHINESE_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_LATIN_NAME = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f.'’-]*(?: [A-Za-z\u00c0-\u024f.'’-]+){0,3}")
_LATIN_TITLE = re.compile(r"(Mr|Ms|Mrs|Miss|Dr)\.? (.+)")
_TWO_CHARACTER_SURNAME = re.compile(
    "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|轩辕|端木|南宫|长孙|宇文|闻人|独孤|呼延"
)
# A Chinese name in Latin letters may stand either way round: "Wang Wei" and "Wei Wang" are both written.
_PINYIN_SURNAME = re.compile(
    "wang|li|zhang|liu|chen|yang|huang|zhao|wu|zhou|xu|sun|ma|zhu|hu|guo|he|lin|gao|luo|zheng|liang|xie|song|"
    "tang|han|feng|deng|cao|peng|zeng|xiao|tian|dong|yuan|pan|yu|jiang|cai|du|ye|cheng|wei|su|lu|ding|ren|"
    "shen|yao|fan|fang|shi|tan|liao|jin|wan|xia|jia|fu|bai|zou|meng|xiong|qin|qiu|hou|yin|xue|lei|long",
    re.IGNORECASE,
)
_AS_CHINESE = {"Mr": "先生", "Ms": "女士", "Mrs": "女士", "Miss": "女士"}
_AS_ENGLISH = {"先生": "Mr", "女士": "Ms", "小姐": "Ms", "太太": "Mrs"}


def salutation(facts: Facts, language: str) -> str:
    """By surname and title where both are known, else by the full name, else neutral (000-45)."""
    name = one_line(facts.customer_name.value) if facts.customer_name else ""
    title = facts.customer_title or ""
    if (latin := _LATIN_TITLE.fullmatch(name)) is not None:
        title, name = latin[1], latin[2]
    if (titled := _TITLED.fullmatch(name)) is not None:
        name, title = titled[1], titled[2]
    if len(name) > 40:
        name = ""
    return _chinese_salutation(name, title) if language == "zh" else _english_salutation(name, title)


def _chinese_salutation(name: str, title: str) -> str:
    title = _AS_CHINESE.get(title, title)
    if title and re.fullmatch(r"[\u4e00-\u9fff]{1,6}", name):
        return f"尊敬的{_surname(name)}{title}"
    if _CHINESE_NAME.fullmatch(name):
        return name
    if _LATIN_NAME.fullmatch(name):
        return f"尊敬的 {name} {title}".strip() if title else name
    return "尊敬的客户"


def _english_salutation(name: str, title: str) -> str:
    title = _AS_ENGLISH.get(title, title)
    if _LATIN_NAME.fullmatch(name):
        words = name.split()
        ambiguous = any(_PINYIN_SURNAME.fullmatch(word) for word in words) and len(words) > 1
        last = name if ambiguous else words[-1]
        return f"Dear {title} {last}" if title in ("Mr", "Ms", "Mrs", "Miss", "Dr") else f"Dear {name}"
    if re.fullmatch(r"[\u4e00-\u9fff]{2,6}", name):
        return f"Dear {name}"
    return "Dear customer"


def _surname(name: str) -> str:
    found = _TWO_CHARACTER_SURNAME.match(name)
    return found[0] if found else name[0]


# -- The customer's own words --

_SENTENCE_END = re.compile(r"(?<=[。！？!?；;])|\n|(?<=[a-z]\.) ")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_GREETING = re.compile(
    r"(?:[\s,，。.!！~～:：、]|(?:尊敬的|亲爱的)?(?:客服|售后|你们|大家|各位)?(?:你好|您好|好(?=[\s,，。!！~～:：]))|"
    r"(?:早上|上午|中午|下午|晚上)好|在吗|在么|(?:我?想)?(?:请问|问|咨询)一?下|请问|打扰了|"
    r"(?:hello|hi|dear|sirs?|madam|team|there|good|morning|afternoon|evening|support)\b)*",
    re.IGNORECASE,
)
# Contact data has no place in a quotation, and a link in it would travel under our name.
_PRIVATE = re.compile(r"[0-9０-９]{6}|@|https?:|www\.", re.IGNORECASE)
_ASKING = re.compile(
    r"[?？吗呢]|怎么|如何|多少|多久|什么|哪|能不能|能否|是否|可不可以|\b(?:how|what|when|where|can)\b",
    re.IGNORECASE,
)
_QUOTE_MARKS = str.maketrans({"“": "‘", "”": "’", '"': "’", "「": "‘", "」": "’"})
_EDGES = " \t,，。.!！?？;；:：、~～…-—‘’'\"“”<>《》"


def quote(new: str, facts: Facts, triage: Triage, language: str) -> str:
    """A phrase of the customer that shows we have read the mail; "" where none can be cut cleanly."""
    limit = QUOTE_LENGTH["zh" if language == "zh" else "en"]
    sentences = tuple(_sentences(new))
    symptom, demand = _words(facts.symptom), _words(facts.demand)
    choices: tuple[str, ...] = ()
    if triage.category in ("fault", "complaint"):
        choices = (symptom,)
    elif triage.category == "request":
        wishes = tuple(each for each in sentences if demand and demand in each)
        # "我要退货" alone shows little; what is wrong with the goods shows more.
        choices = (*(each for each in wishes if len(each) >= 8), symptom, *wishes, demand)
    elif triage.category == "enquiry":
        choices = tuple(filter(_ASKING.search, sentences))
    # A sentence of some length says more than "气死我了".
    telling = (each for each in sentences if _letters(each) >= (8 if _CHINESE.search(each) else 20))
    usable = (each for each in (*choices, *telling, *sentences, demand) if usable_quote(each))
    return next((clip(each, limit) for each in usable), "")


def usable_quote(text: str) -> bool:
    return len(text.strip(_EDGES)) >= 2 and not _PRIVATE.search(text)


def clip(text: str, limit: int) -> str:
    """One line of at most `limit` characters, cut at a pause if there is one, without marks at its ends."""
    line = one_line(text).translate(_QUOTE_MARKS).strip(_EDGES)
    if len(line) <= limit:
        return line
    head = line[:limit]
    pause = max(head.rfind(mark) for mark in "，。；！？,;!? ")
    cut = head[:pause] if pause >= limit // 2 else head
    return cut.rstrip(_EDGES) + "…"


def _sentences(text: str) -> Iterator[str]:
    """Sentences that say something: no greeting, no contact data, nothing too short to be a thought."""
    for whole in _SENTENCE_END.split(text[:2000]):
        # Where a number or an address spoils the sentence, its clauses may still do.
        for each in re.split("[,，]", whole) if _PRIVATE.search(whole) else (whole,):
            greeting = _GREETING.match(each.strip())
            sentence = each.strip()[greeting.end() if greeting else 0 :].strip(_EDGES)
            enough = 4 if _CHINESE.search(sentence) else 10
            if _letters(sentence) >= enough and not _PRIVATE.search(sentence):
                yield sentence


def _letters(text: str) -> int:
    return sum(character.isalpha() for character in text)


# -- Questions --

_QUESTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "order_or_phone": (
            "为了更准确地为您服务，能否提供一下您的注册手机号或订单编号？",
            "Could you give us your order number, or the phone number you registered with?",
        ),
        "order_number": ("能否提供一下您的订单编号？", "Could you give us your order number?"),
        "tracking_number": (
            "能否提供一下快递单号？（物流短信或包裹面单上可以找到）",
            "Could you give us the tracking number? (It is on the parcel label or in the carrier's message.)",
        ),
        "phone": ("方便接听电话的手机号码是多少？", "On which phone number can we reach you?"),
        "product": ("您说的是哪一款产品？", "Which product is it about?"),
        "model": (
            "产品型号是什么？（一般印在机身铭牌或包装盒上）",
            "What is the model? (It is usually printed on the type plate or the box.)",
        ),
        "serial": (
            "产品的序列号是多少？（一般印在机身铭牌或包装盒上）",
            "What is the serial number? (It is usually printed on the type plate or the box.)",
        ),
        "happened_at": ("这个情况大约是什么时候发生的？", "When did this happen?"),
        "symptom": (
            "能否再具体说说您遇到的情况？",
            "Could you describe what happens in a little more detail?",
        ),
        "demand": ("您希望我们怎样为您处理？", "How would you like us to settle this?"),
        "photo": (
            "能否拍几张照片或一小段视频，直接回复本邮件发给我们？这样我们能更快定位问题原因。",
            "Could you reply with a few photos or a short video? They help us find the cause faster.",
        ),
        "people": (
            "当时是哪位同事为您服务的？（不记得姓名或工号也没有关系）",
            "Who served you at the time? (Never mind if you do not remember the name.)",
        ),
        "name": ("请问怎么称呼您？", "May we ask your name?"),
    }
)
_DETAILS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "happened_at": ("这个情况是从什么时候开始的？", "When did it begin?"),
        "pattern": ("它是一直存在，还是偶尔出现？", "Does it happen all the time, or only now and then?"),
        "tried": (
            "发现问题后，您做过哪些尝试？结果怎样？",
            "What have you tried so far, and what came of it?",
        ),
    }
)
_SAID: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "happened_at": re.compile(
            r"今天|昨天|昨晚|前天|今早|早上|上周|上个月|最近|刚|[0-9一二三两几]个?(?:天|周|月|年|小时)|"
            r"[0-9]{1,2}[月日号点]|\b(?:today|yesterday|since|last|ago|yet|this morning)\b",
            re.IGNORECASE,
        ),
        "pattern": re.compile(
            r"一直|总是|每次|偶尔|有时|时不时|断断续续|经常|老是|天天|反复|持续|"
            r"\b(?:always|every time|sometimes|keeps?|constantly|occasionally|now and then|often)\b",
            re.IGNORECASE,
        ),
        "tried": re.compile(
            r"试[过了着]|尝试|(?<!自动)(?<!反复)(?<!不停)(?<!不断)重启[过了也后还都]|拔[了插掉过]|断过电|断电[后再]|"
            r"按说明书?|复位|重置|重装|"
            r"\b(?:tried|restarted|rebooted|unplugged|reset it|cleaned|replaced|did not help|no luck)",
            re.IGNORECASE,
        ),
    }
)
_HAZARD = re.compile(
    r"漏电|触电|电到|电了一下|起火|着火|失火|冒烟|冒火|火花|火星|烧焦|烧糊|焦味|焦糊|糊味|爆炸|炸了|炸裂|鼓包|"
    r"漏气|燃气|煤气|发烫|\b(?:electric shocks?|shocked|on fire|caught fire|flames?|smok\w{0,5}|sparks?|"
    r"burn\w{0,4}|explo\w{0,6}|gas leak\w{0,4}|swollen)\b",
    re.IGNORECASE,
)


def is_hazard(priority: Priority, text: str) -> bool:
    """Something burns, shocks, smokes or leaks, and triage found it urgent."""
    return priority == "urgent" and bool(_HAZARD.search(text))


def wish_in(demand: str, language: str) -> str:
    """A demand is a wish only when it names an action in the language of the reply."""
    found = _WISH[language].match(demand)
    return demand[found.end() :] if found else ""


_NO_FILE = ("suggestion", "price")  # no order is needed to answer these


def _questions(mail: Mail, facts: Facts, triage: Triage, language: str) -> tuple[str, ...]:
    """For each code that triage misses and the mail really lacks; first who and which order (002-11)."""
    codes = [code for code in triage.missing if code in _QUESTIONS and not _known(code, mail, facts)]
    if triage.category == "request":
        codes = [code for code in codes if code != "demand"]  # the request is the demand
    serves = triage.category in ("enquiry", "fault", "complaint", "request") and triage.topic not in _NO_FILE
    if serves and not facts.order_numbers and not facts.phones:
        codes = ["order_or_phone", *(code for code in codes if code not in ("order_number", "phone"))]
    return tuple(_QUESTIONS[code][0 if language == "zh" else 1] for code in dict.fromkeys(codes))


def _details(text: str, facts: Facts, triage: Triage, language: str) -> tuple[str, ...]:
    """What a technician asks first, less what the customer has said already (000-52)."""
    open_ = [code for code in _DETAILS if not _SAID[code].search(text) or code in triage.missing]
    said = {"happened_at": facts.happened_at, "tried": facts.tried}
    open_ = [code for code in open_ if said.get(code) is None]
    return tuple(_DETAILS[code][0 if language == "zh" else 1] for code in open_)


def _merged(details: tuple[str, ...], questions: tuple[str, ...]) -> tuple[str, ...]:
    """Details first: they are about the customer's trouble, the others about our files."""
    when = {_QUESTIONS["happened_at"][side]: _DETAILS["happened_at"][side] for side in (0, 1)}
    rest = tuple(each for each in questions if when.get(each) not in details)
    return (*details, *rest)


def _known(code: str, mail: Mail, facts: Facts) -> bool:
    present: Mapping[str, object] = {
        "order_number": facts.order_numbers,
        "tracking_number": facts.tracking_numbers,
        "phone": facts.phones,
        "product": facts.product,
        "model": facts.model,
        "serial": facts.serial,
        "happened_at": facts.happened_at,
        "symptom": facts.symptom,
        "demand": facts.demand,
        "photo": _has_photo(mail),
        "people": facts.people,
        "name": facts.customer_name,
    }
    return bool(present.get(code))


def _has_photo(mail: Mail) -> bool:
    """Pictures or films; an inline picture counts from 20 KB on, below it is somebody's logo."""
    return any(
        each.content_type.startswith(("image/", "video/")) and (not each.inline or each.size >= 20_000)
        for each in mail.attachments
    )


# -- Plain lines --


def goods_of(facts: Facts) -> str:
    product, model = clip(_value(facts.product), 40), clip(_value(facts.model), 40)
    return product if model in product else model if product in model else f"{product} {model}"


def _told(fact: Fact | None, language: str) -> str:
    """The customer's words where they can be quoted; a number or a link in them cannot."""
    words = clip(_words(fact), QUOTE_LENGTH[language])
    return words if usable_quote(words) else ""


def _value(fact: Fact | None) -> str:
    return fact.value if fact else ""


def _words(fact: Fact | None) -> str:
    return (fact.words or fact.value) if fact else ""


def one_line(text: str) -> str:
    """One line without anything invisible."""
    visible = (" " if character.isspace() else character for character in text[:MAX_WORDS])
    return " ".join("".join(each for each in visible if unicodedata.category(each)[0] != "C").split())
