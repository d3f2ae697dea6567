"""The fixed words with which auto-replies and bounces begin, in subjects and bodies.

Only what a program writes and a customer does not: a wrong hit costs a customer the draft. Auto-replies that
say nothing of the kind are left to the quota per sender.
"""

from __future__ import annotations

import re

LONGEST_SUBJECT = 300
BODY_BEGINNING = 512  # docs/automail.md row 9

TAG = re.compile(r"\s{0,4}[\[【]([^\[\]【】]{1,60})[\]】]\s{0,4}")

# A phrase counts only when the subject ends there or a mark follows: "自动回复怎么关闭" is a question.
_END = r"\s{0,4}(?:$|[:：/／(（—–~～!！。\]】])"
AUTO_SUBJECT = re.compile(
    r"\s{0,4}(?:"
    r"(?:系统|邮件|假期|休假|节假日|外出)?(?:自动|自動)"
    r"(?:回复|回覆|回復|答复|答覆|应答|應答|回信)(?:邮件|郵件|通知)?"
    r"|来自.{1,100}的自动(?:回复|答复)|來自.{1,100}的自動(?:回覆|回復|答覆)"
    r"|系统退信|系統退信|退信|退信通知|已读|已讀|已读回执|讀取回條"
    r"|外出(?:自动)?(?:回复|通知)|不在办公室|不在辦公室"
    r"|离开办公室"
    r"|auto(?:matic|mated)?[ -]?(?:reply|response|answer)|auto|vacation (?:reply|response|message)"
    r"|out of (?:the )?office(?: (?:reply|auto ?reply|notification|notice|message|response))?|ooo"
    r"|away from (?:my |the )?(?:office|desk|mail|e-?mail)|read receipt"
    r"|automatische (?:antwort|e-?mail-antwort)|automatisierte antwort"
    r"|abwesenheit(?:s(?:notiz|nachricht|meldung|assistent|info))?"
    r"|自動(?:返信|応答)(?:メール)?|不在(?:通知|のお知らせ|連絡)"
    r"|r[ée]ponse automatique|respuesta autom[áa]tica"
    rf"){_END}"
    # Exchange writes a blank instead of a colon in some languages; these words begin no customer's sentence.
    r"|\s{0,4}(?:out of office auto|abwesenheitsnotiz|automatisch(?:e|er) abwesenheit)",
    re.IGNORECASE,
)
BOUNCE_SUBJECT = re.compile(
    r"\s{0,4}(?:系统退信|系統退信|退信通知|邮件(?:退回|投递失败|投递延迟)|退回邮件|(?:未送达|未能送达|无法投递|無法投遞)[:：]"
    r"|undeliver(?:able:|ed mail)|delivery status notification|delivery failure notification|failure notice"
    r"|mail delivery (?:failed|failure|subsystem|system)|returned mail:|unzustellbar:|配信不能)",
    re.IGNORECASE,
)

# Each is looked for at the beginning of a sentence.
BODY_PHRASES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Chinese, simplified and traditional
        r"[这這]是(?:一封)?[来來]自.{1,20}的.{0,10}(?:自动|自動)(?:回复|回覆|回復|答复|答覆)(?:邮件|郵件|信件)?",
        r"[这這]是(?:一封|一[个個條条])?(?:由?系[统統])?(?:自动|自動)"
        r"(?:回复|回覆|回復|答复|答覆|应答|發送|发送)的?(?:邮件|郵件|信件|消息|訊息)",
        r"[这這]是(?:系[统統])?(?:自动|自動)(?:回复|回覆|回復|答复|答覆)$",
        r"(?:此|本|[该該])(?:邮件|郵件|信|信件)(?:[为為是]|由)?(?:一封)?(?:系[统統]|机器人)?"
        r"(?:自动|自動)(?:发送|發送|发出|發出|回复|回覆|回復|生成|产生|產生)",
        r"(?:系[统統]|邮件|郵件)(?:自动|自動)(?:回复|回覆|发送|發送)[,，]?\s?(?:请|請)?(?:勿|无需|無需|不要)(?:直接)?(?:回复|回覆)",
        r"(?:请|請)(?:勿|不要)(?:直接)?(?:回复|回覆|回復)(?:此|本|[该該])(?:邮件|郵件|信)",
        r"[为為]了?(?:防止|阻止|[拦攔]截)垃圾[邮郵]件.{0,40}(?:[确確][认認]|验证|驗證)",
        # English
        r"this is an? (?:automatic|automated|auto[- ]?generated|auto[- ]?matically generated) "
        r"(?:reply|response|acknowledg|confirmation|answer|message|e-?mail|notification|out.of.office)",
        r"this (?:e-?mail|message|reply) (?:was|is|has been) (?:sent |generated )?automatically",
        r"(?:please )?do not (?:reply|respond) to this (?:automated |automatic )?(?:e-?mail|message)",
        r"(?:thank you for your (?:e-?mail|message)[,.]? )?i(?: am|'m|’m) (?:currently |now )?"
        r"out of (?:the )?office.{0,120}(?:limited|no) access to (?:my )?e-?mail",
        r"(?:before|in order for) (?:your|this|the) (?:e-?mail|message) (?:to be|can be|is) delivered",
        # German
        r"dies ist eine automatisch(?:e| erstellte| generierte| erzeugte) (?:antwort|nachricht|e-?mail|mail)",
        r"diese (?:e-?mail|nachricht|mail) wurde automatisch (?:erstellt|generiert|versandt|erzeugt)",
        r"bitte antworten sie nicht auf diese (?:e-?mail|nachricht)",
        # Japanese
        r"(?:この|本)メールは.{0,20}自動(?:的に|で|返信|送信|配信|応答)",
        r"(?:これは|こちらは).{0,10}自動(?:返信|応答|送信|配信)(?:メール|です)",
    )
)
# Nothing but the set text of a vacation setting. The same words beside anything else may be a person's.
GREETING = re.compile(
    r"(?:您好|你好|尊敬的(?:客户|用户|先生|女士)|亲爱的朋友|hello|hi|dear sir or madam)[,，!！。.:：\s]{0,6}",
    re.IGNORECASE,
)
ONLY_RECEIVED = re.compile(
    r"(?:您|你)(?:好[,，]?)?(?:发来|发送|发|寄来)?的?(?:邮件|来信|信件)(?:我|我们|本人)?"
    r"(?:已经|已)?(?:收到|收悉)了?[,，。!！]{0,2}"
    r"(?:我|我们|本人)?(?:会|将|将会)(?:在.{1,12})?(?:尽快|尽早|及时|第一时间)"
    r"(?:给|与|跟|向|对)?(?:您|你)?(?:回复|答复|处理|联系)(?:您|你)?"
    r"[,，。.!！~～\s]{0,4}(?:谢谢|祝好|祝.{1,8}|感谢.{0,8})?[。.!！~～\s]{0,4}"
)

QUOTED_SPANS = re.compile(r"“[^”]{0,300}”|「[^」]{0,300}」|『[^』]{0,300}』|\"[^\"]{0,300}\"|《[^》]{0,300}》")
# Where somebody else's words begin; only their coarse forms, quoting.py knows the rest.
HISTORY_BEGINS = re.compile(
    r"^[ \t]{0,8}(?:>|[-_]{3,60}\s?(?:原始|邮件原|回复的原|转发|original|forward)"
    r"|(?:发件人|寄件者|寄件人|from|von|差出人)[ \t]{0,4}[:：]|在 ?.{4,80}写道|於 ?.{4,80}寫道"
    r"|on .{4,120} wrote|am .{4,120} schrieb|.{0,100}(?:写道|寫道|wrote|schrieb)[ \t]{0,4}[:：])",
    re.IGNORECASE | re.MULTILINE,
)
SENTENCE_END = re.compile(r"[\n。！？!?；;]|\.\s")
BEFORE_SENTENCE = " \t\u3000\xa0*#【】[]()（）<>-—~～,，.、:：!！"
ASIDES = re.compile(r"(?:您好|你好|尊敬的.{1,12}|hello|hi|hallo|guten tag)[,，!！:：\s]{1,6}", re.IGNORECASE)


def auto_subject(subject: str) -> str | None:
    """The phrase with which the subject begins, after at most one [tag]; never after Re: or 回复:."""
    whole = subject[:LONGEST_SUBJECT].strip()
    tag = TAG.match(whole)
    tries = (whole, whole[tag.end() :], tag.group(1)) if tag else (whole,)
    for part in tries:
        found = AUTO_SUBJECT.match(part)
        if found:
            return found.group().strip(" :：/／(（—–~～!！。]】")
    return None


def is_bounce_subject(subject: str) -> bool:
    """Subjects under which returned mail comes; no proof without a text that says who was not reached."""
    whole = subject[:LONGEST_SUBJECT]
    tag = TAG.match(whole)
    return bool(BOUNCE_SUBJECT.match(whole) or (tag and BOUNCE_SUBJECT.match(whole[tag.end() :])))


def auto_body(text: str) -> str | None:
    """The phrase near the beginning of the body with which a program, not a person, speaks."""
    beginning = text.lstrip()[:BODY_BEGINNING]
    history = HISTORY_BEGINS.search(beginning)
    own_words = beginning[: history.start()] if history else beginning
    if _is_only_received(own_words):
        return " ".join(own_words.split())[:60]
    # What stands in quotation marks is what somebody tells us about.
    for sentence in SENTENCE_END.split(QUOTED_SPANS.sub("…", own_words)):
        plain = sentence.strip(BEFORE_SENTENCE)
        greeting = ASIDES.match(plain)
        for part in (plain, plain[greeting.end() :]) if greeting else (plain,):
            found = next((match for phrase in BODY_PHRASES if (match := phrase.match(part))), None)
            if found:
                return found.group()
    return None


def _is_only_received(own_words: str) -> bool:
    flat = " ".join(own_words.split())
    greeting = GREETING.match(flat)
    return bool(ONLY_RECEIVED.fullmatch(flat[greeting.end() :] if greeting else flat))
