"""Is this mail the same as one we have? Bytes -> a fingerprint without what each delivery adds on its way.

A Message-ID alone never makes a copy: two different mails may bear one, whatever RFC 5322 3.6.4 asks for.
"""

from __future__ import annotations

import hashlib
import re

# What the writer's program wrote; everything else in a header may differ between two deliveries of one mail.
WRITTEN = (b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to", b"content-type")
END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
HEADER_BYTES = 200_000


def fingerprint(raw: bytes) -> str:
    """SHA-256 over the written headers and the body; hexadecimal. Over everything if nothing dates the mail."""
    end = END_OF_HEADER.search(raw, 0, HEADER_BYTES)
    head, body = (raw[: end.start()], raw[end.end() :]) if end else (raw[:HEADER_BYTES], raw[HEADER_BYTES:])
    digest = hashlib.sha256()
    keep = dated = False
    for line in head.splitlines():
        if line[:1] not in (b" ", b"\t"):
            name = line.split(b":", 1)[0].strip().lower()
            keep = name in WRITTEN
            dated = dated or name in (b"date", b"message-id")
        if keep:
            digest.update(line.strip() + b"\n")
    if not dated:
        return hashlib.sha256(raw).hexdigest()
    digest.update(b"\n")
    digest.update(body)
    return digest.hexdigest()
