"""Single values of the configuration: a text is checked, or a ValueError says how to write it.

The message becomes the remedy of a UserError; it must not repeat the value.
"""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holidays import country_holidays

from mailbot.core.rulefile import MAIL_ADDRESS


def zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('no such time zone; write one like "Asia/Shanghai"') from None
    return name


def span(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    found = re.fullmatch(r"([0-9]{1,2}:[0-9]{2})\s*[-–]\s*([0-9]{1,2}:[0-9]{2})", text.strip())
    try:
        start, end = (time.fromisoformat(part.zfill(5)) for part in found.groups()) if found else (None, None)
    except ValueError:
        start = end = None
    if start is None or end is None:
        raise ValueError('must be like "09:00-12:00", from 00:00 to 23:59')
    if start >= end:
        raise ValueError("the end must be later than the start; split a night shift at midnight")
    return (start, end)


def spans(spans: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    if not spans:
        raise ValueError('must name at least one span, like ["09:00-18:00"]')
    ordered = tuple(sorted(spans))
    for earlier, later in pairwise(ordered):
        if later[0] < earlier[1]:
            raise ValueError(f"two spans overlap around {later[0]:%H:%M}; join them into one")
    return ordered


def listen(text: str) -> str:
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError('must be host:port, like "127.0.0.1:8025"')
    return text.strip()


def address(text: str) -> str:
    if not MAIL_ADDRESS.fullmatch(text.strip()):
        raise ValueError('must be a plain mail address, like "support@shop.example"')
    return text.strip()


def languages(languages: tuple[str, ...]) -> tuple[str, ...]:
    if not languages or len(set(languages)) < len(languages):
        raise ValueError('must name each language once, the default first: ["zh", "en"]')
    if not all(re.fullmatch(r"[a-z]{2,3}", one) for one in languages):
        raise ValueError('must be language codes like "zh" and "en"')
    return languages


def one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must be one line of text, not empty")
    return text


def line(text: str) -> str:
    if text and not text.isprintable():
        raise ValueError("must be one line of text")
    return text


def secret(text: str) -> str:
    if any(char in "\r\n\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("must be one line of UTF-8 text")
    return text


def calendar(text: str) -> str:
    """A country code; "none" is "" too, as an empty variable of the environment counts as not set."""
    if text in ("", "none"):
        return ""
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError('must be a country code like "CN", or "" or "none" for plain weekdays')
    try:
        country_holidays(text)
    except NotImplementedError:
        raise ValueError('no calendar of such a country is known; write one like "CN", or "none"') from None
    return text


def database_url(text: str) -> str:
    if text.startswith("postgresql://"):
        text = text.replace("postgresql://", "postgresql+psycopg://", 1)
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError('must begin with "sqlite:///" or "postgresql+psycopg://"')
    return text


def web_url(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise ValueError('must be a web address like "https://desk.shop.example"')
    return text.rstrip("/")


def order_url(text: str) -> str:
    if text and "{number}" not in text:
        raise ValueError("must hold {number} where the order number goes")
    if text:
        web_url(text.replace("{number}", "0"))
    return text


def help_url(text: str) -> str:
    """Where the API begins, like http://127.0.0.1:8080/v1; "" is: no help."""
    if not text:
        return text
    try:
        parts = urlsplit(text)
        wrong = bool(parts.username or parts.password or parts.query or parts.fragment) or parts.port == 0
    except ValueError:
        wrong = True
    if wrong or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError('must be a plain web address like "http://127.0.0.1:8080/v1"; the key stands in help.key')
    return web_url(text)


def header_secret(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("must be one line of plain ASCII")
    return text


def authserv(text: str) -> str:
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        try:
            re.compile(text[1:-1])
        except re.error as error:
            raise ValueError(f"not a regular expression between slashes: {error}") from None
    return one_line(text)
