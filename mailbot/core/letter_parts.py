"""What a letter's plain text is made of: paragraphs, lists, "key: value" lines, links to press, signature.

Only finds; never changes a word. Whatever is not surely one of these is a paragraph. Linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SIGNATURE_LINES = 6
MAX_SIGNATURE_LINE = 60  # characters
SHORT_LABEL = 24  # characters of what stands on a button
LONG_LABEL = 400  # characters before an address that are looked at

ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]{1,500}")
_BLANK = re.compile(r"\n(?:[ \t\u3000]*\n)+")
_NUMBERED = re.compile(r"[ \t]{0,8}(\d{1,2})(?:[.．](?!\d)|[、)）])[ \t]{0,4}(\S.*)")
_BULLET = re.compile(r"[ \t]{0,8}[-–•·●▪*][ \t]{1,4}(\S.*)")
_FIELD = re.compile(r"([^\s：:，,。;；!?！？“”\"'/][^：:，,。;；!?！？“”\"/\n]{0,27}(?:：|:(?= )))[ \t]{0,4}(\S.*)")
_TITLE = re.compile(r"(?i)(?:方案|选项|办法|option|choice|plan)\s?[A-H0-9一二三四五]\s?[：:]")
_GRADED = re.compile(r"[【\[][^】\]\n]{1,12}[】\]]")
_TRAILING = ".,;:!?)'"


@dataclass(frozen=True, slots=True)
class Paragraph:
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Items without their marks; an item may have more lines. `start`: its first number, 0 for bullets."""

    start: int
    items: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Lines "key: value"; (key with its colon, value). `titled`: the first names a plan, the others tell of it."""

    pairs: tuple[tuple[str, str], ...]
    titled: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """(words, address) on lines of their own, to be pressed one of them."""

    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Tasks:
    """(words, address): lines that open with their grade, 【紧急】, and end with where to go."""

    links: tuple[tuple[str, str], ...]


Part = Paragraph | Listing | Fields | Choices | Tasks
Block = tuple[Part, ...]


def is_own(address: str, public_url: str) -> bool:
    """Does this http(s) address lead to our own site, and not to one that only begins like it?"""
    site = public_url.rstrip("/")
    return (
        site.startswith(("http://", "https://"))
        and address.startswith(site)
        and (len(address) == len(site) or address[len(site)] in "/?#")
    )


def own_addresses(line: str, public_url: str) -> Iterator[tuple[int, str]]:
    """(where, address) of each address of ours in a line, without the punctuation after it."""
    for found in ADDRESS.finditer(line):
        address = found[0].rstrip(_TRAILING)
        if is_own(address, public_url):
            yield found.start(), address


def blocks(text: str, public_url: str) -> tuple[Block, ...]:
    """The text's blocks in order; blank lines part them. Addresses count where they are `public_url`'s."""
    made: list[Block] = []
    last = 0  # the number that the last block's list ended with
    for words in _BLANK.split(text.strip("\n")):
        if words.strip():
            block = tuple(_parts(words.split("\n"), public_url, last))
            made.append(block)
            tail = block[-1]
            last = tail.start + len(tail.items) - 1 if isinstance(tail, Listing) and tail.start else 0
    return tuple(made)


def parted(text: str, company: str, signature: str = "") -> tuple[str, str]:
    """(letter, signature): the given one where the text ends with it, else a short last block that names us."""
    text, signature = text.strip("\n"), signature.strip("\n")
    if signature and text.endswith(f"\n{signature}"):
        return text[: -len(signature)].rstrip("\n"), signature
    found = list(_BLANK.finditer(text))
    if not found:
        return text, ""
    tail = text[found[-1].end() :]
    lines = tail.split("\n")
    named = any(company and line.strip().startswith(company) for line in lines)
    if named and 2 <= len(lines) <= MAX_SIGNATURE_LINES and len(lines[0]) <= MAX_SIGNATURE_LINE:
        return text[: found[-1].start()], tail
    return text, ""


def _parts(lines: list[str], public_url: str, last: int) -> Iterator[Part]:
    """One block. Each rule says how many lines from `at` on it takes; what none takes is a paragraph."""
    plain: list[str] = []
    at = 0
    while at < len(lines):
        found = (
            _listing(lines, at, last)
            or _links(lines, at, public_url)
            or _fields(lines, at)
        )  # fmt: skip
        if found is None:
            plain.append(lines[at])
            at += 1
            continue
        if plain:
            yield Paragraph(tuple(plain))
            plain = []
        part, at = found
        last = part.start + len(part.items) - 1 if isinstance(part, Listing) and part.start else 0
        yield part
    if plain:
        yield Paragraph(tuple(plain))


def _listing(lines: list[str], at: int, last: int) -> tuple[Part, int] | None:
    """Lines numbered 1, 2, 3 (or on from `last`), or with the same kind of mark; indented lines go on an item."""
    first = _NUMBERED.fullmatch(lines[at])
    number = int(first[1]) if first else 0
    if first is None or number not in (1, last + 1):
        first, number = _BULLET.fullmatch(lines[at]), 0
    if first is None:
        return None
    start, items = number, [[first[first.lastindex or 0]]]
    at += 1
    while at < len(lines):
        found = (_NUMBERED if start else _BULLET).fullmatch(lines[at])
        if found is not None and (not start or int(found[1]) == start + len(items)):
            items.append([found[found.lastindex or 0]])
        elif found is None and lines[at].startswith(("  ", "\t", "\u3000")) and lines[at].strip():
            items[-1].append(lines[at].strip())
        else:
            break
        at += 1
    return Listing(start, tuple(tuple(item) for item in items)), at


def _links(lines: list[str], at: int, public_url: str) -> tuple[Part, int] | None:
    """Lines that end with an address of ours: tasks with a grade, or two and more short choices."""
    found: list[tuple[str, str]] = []
    graded = _GRADED.match(lines[at]) is not None
    for line in map(lines.__getitem__, range(at, len(lines))):
        link = _link(line, public_url)
        if link is None or (_GRADED.match(line) is not None) != graded or not (graded or len(link[0]) <= SHORT_LABEL):
            break
        found.append(link)
    if graded and found:
        return Tasks(tuple(found)), at + len(found)
    return (Choices(tuple(found)), at + len(found)) if len(found) > 1 else None


def _link(line: str, public_url: str) -> tuple[str, str] | None:
    words, _, address = line.strip().rpartition(" ")
    if not words.strip() or len(words) > LONG_LABEL or not ADDRESS.fullmatch(address):
        return None
    return (words.strip(), address) if is_own(address, public_url) else None


def _fields(lines: list[str], at: int) -> tuple[Part, int] | None:
    """Two and more lines "key: value"; one alone is a sentence with a colon. A new plan starts new ones."""
    pairs: list[tuple[str, str]] = []
    titled = _TITLE.match(lines[at]) is not None
    for line in map(lines.__getitem__, range(at, len(lines))):
        found = _FIELD.fullmatch(line.strip())
        if found is None or (pairs and _TITLE.match(line)):
            break
        pairs.append((found[1], found[2]))
    return (Fields(tuple(pairs), titled), at + len(pairs)) if len(pairs) > 1 else None
