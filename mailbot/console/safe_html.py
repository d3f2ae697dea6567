"""A mail's HTML made harmless: an allowlist of elements, no address is ever loaded from, colours kept.

Colours stay because customers answer in them ("见红字"). What comes out is still shown only in a sandboxed frame
under its own Content-Security-Policy, so that a hole here is not a hole in the console.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape

import nh3

from mailbot.core.mail import Mail, attachment_bytes

LARGEST_HTML = 2_000_000
LARGEST_IMAGE = 2_000_000
LARGEST_SUM = 6_000_000

_TAGS = (
    "a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em font"
    " h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub"
    " sup table tbody td tfoot th thead tr tt u ul var"
)
_CLEARED = (
    "script style svg math template title head noscript iframe object embed applet form textarea select option button"
)
_SIZES = {"align", "valign", "width", "height"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {*_SIZES, "border", "cellpadding", "cellspacing", "bgcolor"},
    "tr": {*_SIZES, "bgcolor"},
    "td": {*_SIZES, "bgcolor", "colspan", "rowspan"},
    "th": {*_SIZES, "bgcolor", "colspan", "rowspan"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "ol": {"start", "type"},
}
_STYLES = {
    "color", "background-color", "font-weight", "font-style", "text-decoration", "text-align", "font-size",
    "padding-left", "margin-left", "border-left", "border-collapse", "white-space",
}  # fmt: skip
_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

_SHEET = (
    'html{color-scheme:light;background:#fff}body{margin:12px;color:#1c1e21;font:14px/1.6 system-ui,"PingFang SC",'
    '"Microsoft YaHei","Noto Sans CJK SC",sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:auto}'
    "table{max-width:100%}pre{white-space:pre-wrap}blockquote{margin:0 0 0 8px;padding-left:10px;"
    "border-left:3px solid #ccd}img:not([src]){display:inline-block;min-width:60px;min-height:18px;"
    "border:1px dashed #99a;color:#667}"
)
_SHEET_HASH = base64.b64encode(hashlib.sha256(_SHEET.encode()).digest()).decode()

FRAME_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"  # links open a page of their own; nothing else
FRAME_POLICY = (
    f"default-src 'none'; img-src data:; style-src-elem 'sha256-{_SHEET_HASH}'; style-src-attr 'unsafe-inline'; "
    f"form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox {FRAME_SANDBOX}"
)


def frame_page(mail: Mail, raw: bytes) -> str:
    """A whole page for the sandboxed frame."""
    body = sanitised(mail.html or "", inline_images(mail, raw))
    return (
        '<!doctype html><html lang="und"><head><meta charset="utf-8">'
        f"<title>{escape(mail.subject[:200])}</title><style>{_SHEET}</style></head><body>{body}</body></html>"
    )


def sanitised(html: str, images: Mapping[str, str]) -> str:
    """The HTML with the allowlist applied; `images`: content id -> data: address. Others lose their source."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            scheme, _, cid = value.strip().partition(":")
            return images.get(cid.strip()) if scheme.lower() == "cid" else None
        return value

    return nh3.clean(
        html[:LARGEST_HTML],
        tags=set(_TAGS.split()),
        clean_content_tags=set(_CLEARED.split()),
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=_STYLES,
        strip_comments=True,
    )


def inline_images(mail: Mail, raw: bytes) -> dict[str, str]:
    """Pictures that the HTML shows by content id, as data: addresses: what they are is read from their bytes."""
    found: dict[str, str] = {}
    total = 0
    for each in mail.attachments:
        if each.content_id is None or each.size > LARGEST_IMAGE or total + each.size > LARGEST_SUM:
            continue
        content = attachment_bytes(raw, each.index) or b""
        kind = image_type(content)
        if kind is not None:
            total += len(content)
            found[each.content_id] = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return found


def image_type(content: bytes) -> str | None:
    """PNG, JPEG, GIF or WebP by their first bytes; anything else, SVG above all, is no picture to us."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _IMAGES if content.startswith(start)), None)
