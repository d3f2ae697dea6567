"""What a review looks at and what it finds: the draft, what it is measured by, findings. Pure; shared by all checks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mailbot.core.checks import Checks
from mailbot.core.patterns import OrderPatterns
from mailbot.core.policy import Policy

Level = Literal["block", "warn"]

MAX_TEXT = 200_000  # characters that are looked at; reply.py refuses longer ones
MAX_READ = 20_000  # of them, those that are read for words and sense


@dataclass(frozen=True, slots=True)
class DraftText:
    """What would go out: the text with its signature, without the quoted mail below."""

    subject: str
    text: str
    to: tuple[str, ...]  # addresses only
    cc: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the draft is measured by. `allowed` is made by known_values(). What is unknown is not checked."""

    customer: str  # the ticket's customer, an address
    sender: str | None  # From of the mail answered, an address
    reply_to: tuple[str, ...] = ()  # of that mail
    language: str = "zh"  # of that mail
    allowed: frozenset[str] = frozenset()
    customer_words: str = ""  # what the customer newly wrote
    policy: Policy | None = None  # the compensation standard
    checks: Checks | None = None  # rules/checks.toml
    catalogue: OrderPatterns | None = None  # rules/products.toml
    simplified: Mapping[int, int] = field(default_factory=dict)  # traditional characters and theirs
    kind: str = "reply"  # of the draft; an acknowledgement need not answer anything
    by_agent: bool = False  # written or changed by a person; templates have their parts as blocks
    parts: tuple[str, ...] = ()  # codes of review_answers.PARTS that the reply must have
    elderly: bool = False
    customer_name: str = ""  # "王女士", "李明", "Ann Smith"
    customer_title: str = ""  # "先生", "女士", "Mr", "Ms" where it is known
    known_texts: tuple[str, ...] = ()  # all that this ticket says: its mails, facts, order
    policy_texts: tuple[str, ...] = ()  # what is published: knowledge entries, the plans of policy.toml
    attachments: int = 0  # files that the mail will carry


@dataclass(frozen=True, slots=True)
class Finding:
    check: str  # code of review_table.CHECK_TABLE: "placeholder"
    level: Level
    message: str  # Chinese, as agents see it
    excerpt: str = ""


_NO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def plain(text: str) -> str:
    """NFKC, without characters of no width: what the eye reads as 138… is found as 138…"""
    return _NO_WIDTH.sub("", unicodedata.normalize("NFKC", text[:MAX_TEXT]))


_PREFIX = re.compile(r"^(?:[^:：]{1,8}[:：]\s{0,3}){1,4}")


def written(draft: DraftText, context: Context) -> str:
    """The words that are ours: the text, and the subject unless the customer chose it."""
    bare = _PREFIX.sub("", draft.subject).strip()
    theirs = any(bare in text for text in (context.customer_words, *context.known_texts))
    return draft.text[:MAX_READ] if theirs else f"{draft.subject}\n{draft.text}"[:MAX_READ]


def around(found: re.Match[str], more: int = 8) -> str:
    """The words found, with a little of what stands beside them, on one line."""
    return found.string[max(0, found.start() - more) : found.end() + more].replace("\n", " ").strip()


_SENTENCE = re.compile(r"[^。！？!?；;\n]{1,300}[。！？!?；;]?")


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, with the mark that ends them; a line ends one, too."""
    for found in _SENTENCE.finditer(text[:MAX_READ]):
        if sentence := found[0].strip():
            yield sentence


_CLAUSE = re.compile(r"[^，,：:（）()。！？!?；;\n]{1,200}")


def clauses(sentence: str) -> Iterator[str]:
    for found in _CLAUSE.finditer(sentence):
        yield found[0]
