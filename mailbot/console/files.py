"""Files out of mails as downloads: never shown in the browser, whatever they call themselves."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from starlette.responses import Response

LONGEST_NAME = 150


def download(content: bytes, filename: str) -> Response:
    """An answer that browsers save and never open (RFC 6266)."""
    return Response(
        content,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": disposition(filename),
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        },
    )


def disposition(filename: str) -> str:
    """ "attachment" with a plain ASCII name for old clients and the real one beside it."""
    name = safe_name(filename)
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def safe_name(filename: str) -> str:
    """A name without folders, controls and direction marks (a reversed "gpj.exe"); the ending survives a cut."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    name = name.strip(" .") or "attachment.bin"
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
