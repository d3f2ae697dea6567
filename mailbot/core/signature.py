"""Where a customer's signature starts: only what surely is one; a line with a request or an order is not.

Names and phones of a signature stay readable in Body.signature.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["new", "quoted", "signature"]
MAX_SIGNATURE_LINES = 12
MAX_SIGNATURE_LINE = 80

_CLIENT = re.compile(
    r"(?i)\s*(?:发自|發自|來自|来自|傳送自|发送自|從|从)\s?(?:我的|於)?.{0,24}"
    r"(?:iphone|ipad|手机|手機|客户端|邮箱|郵箱|大师|华为|小米|荣耀|vivo|oppo|三星|安卓|android|mail|邮件应用|郵件|邮件发送|outlook|foxmail)"
    r".{0,16}$|\s*(?:sent from (?:my|mail for|outlook|samsung|yahoo)|get outlook for) .{0,60}$|"
    r"\s*获取\s?outlook for (?:ios|android).{0,60}$|[\s|]*签名由.{0,20}定制[\s|]*$|\s*iPhoneから送信\s*$"
)
_CLOSING = re.compile(
    r"(?i)\s*(?:此致|敬礼|敬禮|顺祝.{0,8}|順祝.{0,8}|順頌.{0,8}|顺颂.{0,8}|"
    r"祝好|即颂.{0,6}|商祺|谨上|敬上|敬启|"
    r"祝您?(?:生活|工作)愉快|"
    r"(?:best|kind|warm)?\s?(?:regards|wishes)|sincerely(?: yours)?|"
    r"yours (?:sincerely|faithfully|truly)|cheers|"
    r"よろしくお願い(?:いた)?します)[!！,，。.~]{0,3}\s*$"
)
_BUSINESS = re.compile(
    r"(?i)订单|訂單|单号|單號|型号|型號|序列号|退货|退款|退換|换货|换新|維修|维修|报修|投诉|請問|请问|麻烦|麻煩|希望|要求|赔|故障|坏|問題|问题|"
    r"order|refund|return|repair|serial|please|broken|[?？]"
)
_SENTENCE_END = re.compile(r"[。！!?？;；]\s*\S|[。?？]\s*$")
_DISCLAIMER = re.compile(
    r"(?i)\s*[-—*【\[（(]{0,4}\s*(?:免责声明|保密声明|本邮件及其?附件|此邮件及其?附件|本电子邮件及|"
    r"本信件(?:可能|含|及)|(?:disclaimer|confidentiality notice)\b|"
    r"this (?:e-?mail|message)(?: and| is intended| contains| may contain))"
)


def mark_signature(lines: list[str], kinds: list[Kind]) -> None:
    """Set kinds to "signature"; never turns the only new words of a mail into one."""
    if not any(kind == "new" and line.strip() for kind, line in zip(kinds, lines, strict=False)):
        return
    kept = list(kinds)
    for start, end in _new_runs(lines, kinds):
        _mark_clients(lines, kinds, start, end)
        end = _mark_disclaimer(lines, kinds, start, end)
        _mark_closing(lines, kinds, start, end)
    if not any(kind == "new" and line.strip() for kind, line in zip(kinds, lines, strict=False)):
        kinds[:] = kept


def _new_runs(lines: list[str], kinds: list[Kind]) -> list[tuple[int, int]]:
    """Runs of new lines; only a run that ends in a quote or in the end can end in a signature."""
    runs: list[tuple[int, int]] = []
    start = None
    for i in range(len(lines)):
        if kinds[i] == "new" and start is None:
            start = i
        elif kinds[i] != "new" and start is not None:
            runs.append((start, i))
            start = None
    if start is not None:
        runs.append((start, len(lines)))
    return runs[:20]


def _mark_clients(lines: list[str], kinds: list[Kind], start: int, end: int) -> None:
    """One line that a program wrote; what follows it stays as it is."""
    for i in range(start, end):
        if len(lines[i]) <= 120 and lines[i].strip() and _CLIENT.match(lines[i]) and not _BUSINESS.search(lines[i]):
            kinds[i] = "signature"


def _mark_disclaimer(lines: list[str], kinds: list[Kind], start: int, end: int) -> int:
    """From the first line of a disclaimer to the end of its paragraph, if no other words follow."""
    for i in range(max(start, end - 60), end):
        if not _DISCLAIMER.match(lines[i][:200]):
            continue
        stop = i
        while stop < end and lines[stop].strip():
            stop += 1
        rest = [j for j in range(stop, end) if lines[j].strip() and not _DISCLAIMER.match(lines[j][:200])]
        if rest or stop - i > MAX_SIGNATURE_LINES:
            return end
        for j in range(i, end):
            kinds[j] = "signature"
        return i
    return end


def _mark_closing(lines: list[str], kinds: list[Kind], start: int, end: int) -> None:
    """The last "-- ", closing formula or short rule near the end, if only signature-like lines follow."""
    filled = [i for i in range(start, end) if lines[i].strip() and kinds[i] == "new"]
    tail = filled[-MAX_SIGNATURE_LINES - 1 :]
    for position, i in enumerate(tail):
        line = lines[i].strip()
        rest = [lines[j] for j in tail[position + 1 :]]
        rule = len(line) >= 2 and set(line) <= set("-—_=*") and bool(rest)
        if (rule or (len(line) <= 40 and _CLOSING.match(line))) and all(map(_is_signature_like, rest)):
            for j in range(i, end):
                if kinds[j] == "new":
                    kinds[j] = "signature"
            return


def _is_signature_like(line: str) -> bool:
    return len(line) <= MAX_SIGNATURE_LINE and not _BUSINESS.search(line) and not _SENTENCE_END.search(line)
