"""Authentication-Results of our own border only (RFC 8601 section 5): who really wrote this mail?

From is a claim that anybody can make. Only what our own border found out counts, and it counts only where
nobody else could have written it: above the Received field with which the border took the mail in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mailbot.core.mail import Mail


@dataclass(frozen=True, slots=True)
class Trust:
    level: Literal["pass", "fail", "unknown"]
    reason: str  # Chinese, as agents see it
    domain: str | None = None  # the domain that passed, aligned with From


@dataclass(frozen=True, slots=True)
class Result:
    """One "method=result" of a field, with its properties, such as ("header.d", "mail.example")."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def property(self, *names: str) -> str:
        return next((value for key, value in self.properties if key in names), "")


LONGEST_FIELD = 8_192
MOST_FIELDS = 500
MOST_RESULT_FIELDS = 20  # a border writes one or two
FAILED = frozenset({"fail", "hardfail"})  # softfail is the domain's own doubt, not a finding
BY_HOST = re.compile(r"(?:^|\s)by\s{1,20}([A-Za-z0-9._:-]{1,255})")

# Registries that sell names below a second level. A full list changes weekly; a suffix missing here makes two
# strangers below it look related, so the ones our customers use stand here.
_SECOND_LEVELS = {
    "cn": "com net org gov edu ac mil bj sh tj cq gd zj js sd sc fj hb hn ha he ln jl hl ah jx gx hi gz yn sn"
    " gs sx nm nx qh xj xz",
    "hk": "com net org edu gov idv",
    "tw": "com net org edu gov idv",
    "mo": "com net org",
    "sg": "com net org edu gov",
    "my": "com net org edu gov",
    "jp": "co ne or ac go ad ed gr lg",
    "kr": "co or ne ac go re",
    "th": "co in ac or go",
    "vn": "com net org edu gov",
    "id": "co or ac go web",
    "ph": "com net org edu gov",
    "in": "co net org ac gov firm gen ind",
    "pk": "com net org edu gov",
    "bd": "com net org edu gov",
    "au": "com net org edu gov id asn",
    "nz": "co net org ac govt",
    "uk": "co org ac gov me ltd plc net sch nhs",
    "br": "com net org gov edu",
    "ar": "com net org gob edu",
    "mx": "com net org gob edu",
    "co": "com net org gov edu",
    "pe": "com net org gob edu",
    "tr": "com net org gov edu",
    "ua": "com net org gov edu",
    "pl": "com net org gov edu",
    "ru": "com net org",
    "il": "co net org ac gov",
    "sa": "com net org gov edu",
    "ae": "co net org ac gov",
    "eg": "com net org gov edu",
    "ng": "com net org gov edu",
    "ke": "co or ac go",
    "za": "co net org ac gov",
    "at": "co or ac gv",
    "pt": "com org edu gov",
    "gr": "com net org edu gov",
}
TWO_LEVEL_SUFFIXES = frozenset(f"{second}.{top}" for top, row in _SECOND_LEVELS.items() for second in row.split())


def verdict(mail: Mail, authserv: str | None) -> Trust:
    """`authserv`: the border's authserv-id, exact, or a regular expression between slashes; None: unknown."""
    if not authserv:
        return Trust("unknown", "未设置可信的收信服务器，无法核实发件人")
    border = _border(authserv)
    if border is None:
        return Trust("unknown", "可信收信服务器的设置无法识别，无法核实发件人")
    if mail.from_ is None or len(mail.all_headers("From")) > 1:
        # With two From fields the border may have checked the one that nobody sees.
        return Trust("unknown", "发件人不是单一地址，无法核实")
    results = tuple(result for field in _our_fields(mail, border) for result in _results(field))
    if not results:
        return Trust("unknown", "收信服务器没有给出验证结果，发件人未经核实")
    return _judged(results, domain_of(mail.from_.address))


def organisational_domain(domain: str) -> str:
    """ "mail.shop.com.cn" -> "shop.com.cn": relaxed alignment (RFC 7489 section 3.2) compares these."""
    labels = [label for label in _ascii(domain).split(".") if label]
    keep = 3 if ".".join(labels[-2:]) in TWO_LEVEL_SUFFIXES else 2
    return ".".join(labels[-keep:])


def aligned(one: str, other: str) -> bool:
    """Do both domains belong to the same organisation? An empty domain belongs to none."""
    return bool(one and other) and organisational_domain(one) == organisational_domain(other) != ""


def domain_of(address: str) -> str:
    """The domain of an address, or of what stands where a domain is expected."""
    return address.strip().strip('<>"').rpartition("@")[2].strip().lower()


def _judged(results: tuple[Result, ...], author: str) -> Trust:
    """dmarc decides where the border gives it; else we compare the domains ourselves."""
    dmarc = [result for result in results if result.method == "dmarc" and _speaks_of(result, author)]
    if any(result.result in FAILED for result in dmarc):
        return Trust("fail", f"收信服务器验证未通过（DMARC）：发件人可能不是 {author}")
    if any(result.result == "pass" for result in dmarc):
        return Trust("pass", f"收信服务器已核实发件人域名 {author}（DMARC）", author)
    for method, names in (
        ("dkim", ("header.d", "header.i")),
        ("spf", ("smtp.mailfrom", "smtp.mail", "smtp.from")),
    ):
        for result in results:
            signer = domain_of(result.property(*names))
            if result.method == method and result.result == "pass" and aligned(signer, author):
                return Trust("pass", f"收信服务器已核实发件人域名 {signer}（{method.upper()}）", signer)
    present = [result for result in results if result.method in ("spf", "dkim", "dmarc") and result.result != "none"]
    if present and all(result.result in FAILED for result in present):
        names_of = "、".join(dict.fromkeys(result.method.upper() for result in present))
        return Trust("fail", f"收信服务器验证未通过（{names_of}）：发件人可能不是 {author}")
    return Trust("unknown", f"收信服务器的验证结果不能证明发件人属于 {author}")


def _speaks_of(result: Result, author: str) -> bool:
    named = domain_of(result.property("header.from"))
    return not named or aligned(named, author)


def _border(authserv: str) -> re.Pattern[str] | None:
    """The setting as a pattern for whole host names."""
    exact = not (len(authserv) > 2 and authserv.startswith("/") and authserv.endswith("/"))
    try:
        return re.compile(re.escape(authserv.strip()) if exact else authserv[1:-1], re.IGNORECASE)
    except re.error:
        return None


def _our_fields(mail: Mail, border: re.Pattern[str]) -> list[str]:
    """The topmost Authentication-Results with our id, none from below the border's own Received.

    Fields with our id that stand below a further Received are left out too: the border writes its results in
    one place, and what is deeper was there before. If no Received names the border, only the very top counts.
    """
    gaps: list[list[str]] = [[]]  # between one Received and the next, from the top
    border_seen = False
    for name, value in mail.headers[:MOST_FIELDS]:
        match name.lower():
            case "received":
                host = BY_HOST.search(value[:LONGEST_FIELD])
                border_seen = bool(host and border.fullmatch(host.group(1).rstrip(".")))
                if border_seen:
                    break
                gaps.append([])
            case "authentication-results" if border.fullmatch(_authserv_id(value)):
                gaps[-1].append(value)
            case _:
                continue
    above = gaps if border_seen else gaps[:1]
    return next((gap for gap in above if gap), [])[:MOST_RESULT_FIELDS]


def _authserv_id(value: str) -> str:
    segments = _segments(value[:600])  # the id stands first; the rest is read only if it is ours
    first = segments[0][0] if segments and segments[0] else ""
    return "" if "=" in first else first[:255]


def _results(value: str) -> list[Result]:
    """The results of one field; what cannot be read is passed over."""
    found: list[Result] = []
    for segment in _segments(value)[1:40]:
        pairs = [token.partition("=") for token in segment if "=" in token]
        if not pairs or segment[0].partition("=")[1] == "":
            continue
        method, _, result = pairs[0]
        properties = tuple((key.lower(), text) for key, _, text in pairs[1:20])
        found.append(Result(method.lower().partition("/")[0], result.lower(), properties))
    return found


def _segments(value: str) -> list[list[str]]:
    """Split at ";" into words: comments gone, quoted strings kept whole, blanks around "=" forgiven."""
    segments: list[list[str]] = [[]]
    word, depth, quoted, escaped = "", 0, False, False
    for letter in value[:LONGEST_FIELD]:
        if escaped:
            escaped, word = False, word if depth else word + letter
        elif letter == "\\":
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif quoted:
            word += letter
        elif letter in "()":
            depth = max(0, depth + (1 if letter == "(" else -1))
        elif depth:
            continue
        elif letter == ";" or letter.isspace():
            word = _put(segments[-1], word)
            if letter == ";":
                segments.append([])
        else:
            word += letter
    _put(segments[-1], word)
    return segments


def _put(words: list[str], word: str) -> str:
    """Add a finished word; glue it to the one before if "=" stands between. Returns the next word, empty."""
    if word and words and (word.startswith("=") or words[-1].endswith("=")):
        words[-1] += word
    elif word:
        words.append(word)
    return ""


def _ascii(domain: str) -> str:
    """A-labels in lower case; a name that has none stays as it is."""
    plain = domain.strip().rstrip(".").lower()
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain
