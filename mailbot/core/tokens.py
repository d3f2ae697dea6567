"""Signed tokens: which of our tickets does a Message-ID, a reply address or a rating link speak of?

A ticket number alone is guessable, so nothing is joined because of it; a token carries 128 bits of
HMAC-SHA256. Tokens are lower case and read in any case, because relays and address books change it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

MAX_LOCAL_PART = 64  # RFC 5321 4.5.3.1.1

_MESSAGE_ID = re.compile(r"<?([0-9]{8}-[0-9]{1,9})\.([a-z0-9]{1,40})\.([a-z2-7]{26})@[^\s<>@]{1,255}>?")
_ADDRESS = re.compile(r"[^\s@]{1,64}\+([0-9]{8}-[0-9]{1,9})\.([a-z2-7]{26})@[^\s@]{1,255}")
_RATING = re.compile(r"([0-9]{8}-[0-9]{1,9})\.([0-9]{1,12})\.([a-z2-7]{26})")
_MAX_INPUT = 500  # longer than anything we ever made


def message_id(ticket_number: str, nonce: str, domain: str, key: bytes) -> str:
    """A Message-ID of ours. The same ticket, nonce and key give the same one, so a retry repeats itself."""
    nonce = nonce.lower()
    made = f"<{ticket_number}.{nonce}.{_sign('message-id', ticket_number, nonce, key)}@{domain.lower()}>"
    if not _MESSAGE_ID.fullmatch(made):
        raise ValueError(f"cannot make a Message-ID of ticket {ticket_number!r}, nonce {nonce!r}, domain {domain!r}")
    return made


def ticket_of(message_id: str, key: bytes) -> str | None:
    """The ticket number that a Message-ID of ours carries; None for every other one, forged ones included."""
    found = _MESSAGE_ID.fullmatch(message_id[:_MAX_INPUT].strip().lower())
    if found is None:
        return None
    ticket_number, nonce, signature = found.groups()
    expected = _sign("message-id", ticket_number, nonce, key)
    return ticket_number if hmac.compare_digest(expected, signature) else None


def is_ours(message_id: str, key: bytes) -> bool:
    """Did we make this Message-ID?"""
    return ticket_of(message_id, key) is not None


def plus_address(address: str, ticket_number: str, key: bytes) -> str:
    """`support+TICKET.SIGNATURE@...`, or the plain address where the token would make it too long."""
    local, _, domain = address.rpartition("@")
    tokened = f"{local}+{ticket_number}.{_sign('address', ticket_number, '', key)}"
    return f"{tokened}@{domain}" if len(tokened.encode()) <= MAX_LOCAL_PART else address


def ticket_of_address(address: str, key: bytes) -> str | None:
    """The ticket number that a plus address of ours carries; None for every other one."""
    found = _ADDRESS.fullmatch(address[:_MAX_INPUT].strip().lower())
    if found is None:
        return None
    ticket_number, signature = found.groups()
    expected = _sign("address", ticket_number, "", key)
    return ticket_number if hmac.compare_digest(expected, signature) else None


def rating_token(ticket_number: str, round_: int, key: bytes) -> str:
    """The secret part of the link by which a customer rates. `round_`: epoch seconds of the ticket's resolution."""
    made = f"{ticket_number}.{round_}.{_sign('rating', ticket_number, str(round_), key)}"
    if not _RATING.fullmatch(made):
        raise ValueError(f"cannot make a rating token of ticket {ticket_number!r}, round {round_!r}")
    return made


def read_rating_token(token: str, key: bytes) -> tuple[str, int] | None:
    """Ticket number and round of a rating token of ours; None for every other one, forged ones included."""
    found = _RATING.fullmatch(token[:_MAX_INPUT].strip().lower())
    if found is None:
        return None
    ticket_number, round_, signature = found.groups()
    expected = _sign("rating", ticket_number, round_, key)
    return (ticket_number, int(round_)) if hmac.compare_digest(expected, signature) else None


def _sign(purpose: str, ticket_number: str, nonce: str, key: bytes) -> str:
    # The purpose is signed too: an address token must not pass as a Message-ID.
    digest = hmac.new(key, "\0".join((purpose, ticket_number, nonce)).encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()
