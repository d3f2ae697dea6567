"""Bytes -> text in whatever charset they really are; never raises, always says when it had to guess.

The order: as declared (by what that label means in practice) -> utf-8 -> gb18030 -> declared with a few
unreadable bytes -> charset-normalizer -> latin-1. A label is not believed where the bytes prove it wrong.
"""

from __future__ import annotations

import re
from codecs import lookup

# What senders write -> the codec that reads what they really send (a superset wherever there is one).
ALIASES = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gb2312-80": "gb18030", "iso-gb2312": "gb18030",
    "x-gbk": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "x-cp936": "gb18030",
    "windows-936": "gb18030", "gb18030-2000": "gb18030", "euc-cn": "gb18030", "csgb2312": "gb18030",
    "chinese": "gb18030", "gb": "gb18030", "hz-gb-2312": "hz",
    "big5": "cp950", "big-5": "cp950", "x-x-big5": "cp950", "big5-eten": "cp950", "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "iso-2022-jp": "iso2022_jp", "cp50220": "iso2022_jp", "x-euc-jp": "euc_jp",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "euc-kr": "cp949",
    "utf8": "utf_8", "utf-8": "utf_8", "utf8mb4": "utf_8", "unicode-1-1-utf-8": "utf_8", "cp65001": "utf_8",
    "unicode-1-1-utf-7": "utf_7", "x-unicode-2-0-utf-7": "utf_7", "x-mac-cyrillic": "mac_cyrillic",
    "us-ascii": "ascii", "ansi_x3.4-1968": "ascii", "iso-8859-1": "cp1252", "latin1": "cp1252",
    "iso-8859-8-i": "iso8859_8", "windows-874": "cp874",
}  # fmt: skip
# Codecs of Python that are no charsets of mail: they run escapes or cost quadratic time.
REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
GUESSED_BYTES = 20_000  # charset-normalizer looks at this much
_WESTERN = frozenset({"ascii", "cp1252", "iso8859-1", "latin_1"})
_CJK = frozenset({"gb18030", "cp950", "big5hkscs", "cp932", "euc_jp", "cp949", "hz"})
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_UTF8_HAN = re.compile(rb"[\xe3-\xe9\xef][\x80-\xbf]{2}")
_JIS_ESCAPE = re.compile(rb"\x1b(\$[@B]|\([BJIH])")


def codec_of(label: str | None) -> str | None:
    """The codec for a declared charset, or None when the label means nothing."""
    name = (label or "").strip().strip("\"'").lower()
    if not name:
        return None
    codec = ALIASES.get(name)
    if codec is None:
        try:
            entry = lookup(name)
        except (LookupError, ValueError):
            return None
        codec = entry.name.replace("-", "_") if entry._is_text_encoding else None
    return None if codec in REFUSED else codec


def decode(octets: bytes, label: str | None = None) -> tuple[str, str | None]:
    """The text and, where the label did not say the truth, a problem in words: "declared x, read as y"."""
    codec = codec_of(label)
    if octets.isascii() and codec in (None, "utf_8", "gb18030", "ascii", "cp1252", "cp950", "cp932", "cp949"):
        return octets.decode("ascii"), None
    if codec is None:
        return _guess(octets, label)
    if codec in _CJK and _is_utf8_han(octets):
        return octets.decode("utf_8"), _problem(label, "utf-8")
    if codec in _WESTERN:
        return _read_western(octets, codec, label)
    text = _strict(octets, codec)
    if text is None and codec == "iso2022_jp":
        return _read_jis(octets), _problem(label, "iso-2022-jp with cp932 characters")
    if text is None and codec == "cp950":
        text = _strict(octets, "big5hkscs")
    if text is None:
        return _guess(octets, label, codec)
    if codec == "utf_7":
        text = text.encode("utf_8", "replace").decode("utf_8")  # it can make lone surrogates
    return text, _narrower(octets, label)


def decode_raw(octets: bytes, hint: str | None = None) -> str:
    """Text of an unlabelled header: utf-8, then the charset the rest of the mail declares, then a guess."""
    if octets.isascii():
        return octets.decode("ascii")
    text = _strict(octets, "utf_8")
    if text is not None:
        return text
    codec = codec_of(hint)
    if codec is not None and codec not in _WESTERN and codec != "utf_8":
        text = _strict(octets, codec)
    return text if text is not None else _guess(octets, None)[0]


def _guess(octets: bytes, label: str | None, codec: str | None = None) -> tuple[str, str]:
    """No label, an unknown one or a wrong one."""
    text = _strict(octets, "utf_8")
    if text is not None:
        return text, _problem(label, "utf-8")
    chinese = "cp950" if _looks_big5(octets) else "gb18030"
    text = _strict(octets, chinese) if codec != "utf_8" or not _nearly(octets, "utf_8") else None
    if text is not None:
        return text, _problem(label, chinese)
    for candidate in (codec, "utf_8", "gb18030"):
        if candidate is not None and _nearly(octets, candidate):
            return octets.decode(candidate, "replace"), _problem(label, f"{candidate} with unreadable bytes")
    return _normalise(octets, label)


def _normalise(octets: bytes, label: str | None) -> tuple[str, str]:
    # Imported here: 20 ms that nearly no mail needs.
    from charset_normalizer import from_bytes

    best = from_bytes(octets[:GUESSED_BYTES], steps=5, chunk_size=512).best()
    if best is not None:
        return octets.decode(best.encoding, "replace"), _problem(label, best.encoding)
    return octets.decode("latin_1"), _problem(label, "latin-1")


def _read_western(octets: bytes, codec: str, label: str | None) -> tuple[str, str | None]:
    """Western labels are what programs write that know nothing: the bytes may be UTF-8 or GBK."""
    text = _strict(octets, "utf_8")
    if text is not None:
        return text, None if octets.isascii() else _problem(label, "utf-8")
    if codec == "ascii" or _gb2312_share(octets) > 0.9:
        return _guess(octets, label)
    text = _strict(octets, codec)
    return (text, None) if text is not None else (octets.decode("latin_1"), None)


def _read_jis(octets: bytes) -> str:
    """ISO-2022-JP by way of cp932, which has the NEC and IBM characters the codec refuses."""
    pieces = _JIS_ESCAPE.split(octets)
    text = [pieces[0].decode("cp932", "replace")]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        text.append((_jis_to_sjis(piece) if escape.startswith(b"$") else piece).decode("cp932", "replace"))
    return "".join(text)


def _jis_to_sjis(piece: bytes) -> bytes:
    out = bytearray()
    for high, low in zip(piece[::2], piece[1::2], strict=False):
        if not (0x21 <= high <= 0x7E and 0x21 <= low <= 0x7E):
            continue
        shifted = (high - 0x21) // 2 + (0x81 if high < 0x5F else 0xC1)
        odd = low + (0x1F if low < 0x60 else 0x20)
        out += bytes((shifted, odd if high % 2 else low + 0x7E))
    return bytes(out)


def _strict(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _nearly(octets: bytes, codec: str) -> bool:
    """True when at most one character in fifty (or one at all: a cut end) cannot be read."""
    try:
        text = octets.decode(codec, "replace")
    except (UnicodeError, LookupError):
        return False
    return text.count("\ufffd") <= max(1, len(text) // 50)


def _is_utf8_han(octets: bytes) -> bool:
    """UTF-8 under a CJK label: valid, and made of Han and kana. Two GBK characters can be UTF-8 by chance."""
    return len(_UTF8_HAN.findall(octets[:4000])) >= 2 and _strict(octets, "utf_8") is not None


def _gb2312_share(octets: bytes) -> float:
    """How much of the 8-bit part are GB2312 level one pairs: Western text has lone high bytes instead."""
    runs = _HIGH_RUN.findall(octets[:4000])
    size = sum(map(len, runs))
    if size < 4:
        return 0.0
    good = sum(
        2
        for run in runs
        for high, low in zip(run[::2], run[1::2], strict=False)
        if (0xB0 <= high <= 0xF7 or 0xA1 <= high <= 0xA3) and low >= 0xA1
    )
    return good / size


def _looks_big5(octets: bytes) -> bool:
    """Big5's frequent characters (lead A4-C6) often have a trail byte below 0x80, GB2312's never."""
    gb = big5 = pairs = 0
    i, end = 0, min(len(octets), 4000) - 1
    while i < end:
        high, low = octets[i], octets[i + 1]
        if high < 0x81:
            i += 1
            continue
        pairs += 1
        gb += (0xB0 <= high <= 0xD7 or 0xA1 <= high <= 0xA3) and low >= 0xA1
        big5 += 0xA1 <= high <= 0xC6 and (0x40 <= low <= 0x7E or low >= 0xA1)
        i += 2
    return pairs >= 2 and big5 == pairs and gb < 0.7 * pairs


def _narrower(octets: bytes, label: str | None) -> str | None:
    """Declared gb2312 but the text needs gb18030: worth a note, it is the usual cause of lost names."""
    name = (label or "").strip().strip("\"'").lower()
    if name == "gb2312" and _strict(octets, "gb2312") is None:
        return _problem(label, "gb18030")
    return None


def _problem(label: str | None, codec: str) -> str:
    declared = "".join(c for c in (label or "")[:40] if c.isprintable())
    return f"declared {declared}, read as {codec}" if declared else f"no charset declared, read as {codec}"
