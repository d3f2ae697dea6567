"""One mailbox over IMAP: what is new, its bytes, and filing it away afterwards.

Never sets a flag by reading (BODY.PEEK only), never uses plain EXPUNGE, and never decides what a mail
means. Everything that goes wrong is an ImapError.
"""

from __future__ import annotations

import select as selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any

from imapclient.response_parser import parse_fetch_response

from mailbot.imap_faults import ImapError, RefusedError
from mailbot.imap_line import ImapAccount, ImapLine

__all__ = [
    "FetchFailed",
    "Fetched",
    "Folder",
    "ImapAccount",
    "ImapError",
    "ImapSession",
    "Size",
    "try_login",
]

BATCH_MAILS = 200
BATCH_BYTES = 8 * 1024 * 1024
SIZES_WINDOW = 5_000  # UIDs per question: a backlog of a million then costs neither time nor memory at once
HEADER_BYTES = 256 * 1024
TEXT_BYTES = 64 * 1024
STOP_SECONDS = 0.5  # how often a waiting IDLE looks at its stop event
SEARCH_LIMIT = 80_000  # imaplib refuses lines over 1,000,000 bytes; a UID takes up to eleven
DEATHS_ALLOWED = 3  # mails that cut the connection in one fetch before we call it a bad line


@dataclass(frozen=True, slots=True)
class Folder:
    uidvalidity: int
    uidnext: int
    exists: int
    keywords_allowed: bool


@dataclass(frozen=True, slots=True)
class Size:
    uid: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """`internal_date` is aware UTC, or None where the server gave none that can be read."""

    uid: int
    internal_date: datetime | None
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """`gone`: the server no longer has it (deleted or moved by somebody else), so trying again is useless."""

    uid: int
    why: str
    gone: bool = False


class ImapSession(ImapLine):
    """A logged-in connection; use as a context manager, one thread at a time. Connects again by itself only
    inside fetch(), to find the one mail that a server chokes on."""

    def __init__(self, account: ImapAccount) -> None:
        super().__init__(account)
        self._folder: Folder | None = None
        self._sizes: dict[int, int] = {}
        self._deaths = 0

    def __enter__(self) -> ImapSession:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _ready(self) -> Any:
        """The client with our folder selected, connecting again if the line is gone."""
        if self._client is None or self._broken:
            self._close()
            self._connect()
        if not self._selected:
            before = self._folder
            now = self.select()
            if before is not None and before.uidvalidity != now.uidvalidity:
                raise ImapError("folder", f"{self._account.folder} was replaced on the server; select it again")
        return self._client

    # --- reading --------------------------------------------------------------------------------------------

    def select(self) -> Folder:
        """Select the account's folder (again). A uidvalidity other than before means every UID is new."""
        try:
            folder = self._select_once()
        except ImapError as error:
            if error.kind != "unsafe_login" or self._broken:
                raise
            self._identify()
            folder = self._select_once()
        if self._folder is not None and self._folder.uidvalidity != folder.uidvalidity:
            self._sizes.clear()
        self._folder, self._selected = folder, True
        return folder

    def _select_once(self) -> Folder:
        self._selected = False
        with self._faults("select"):
            answer = self._client.select_folder(self._account.folder)
            validity = answer.get(b"UIDVALIDITY")
            if not validity:
                raise ImapError("protocol", "the server gives no UIDVALIDITY, so mails cannot be told apart safely")
            uidnext = answer.get(b"UIDNEXT") or self._highest_uid(answer[b"EXISTS"]) + 1
            flags = answer.get(b"PERMANENTFLAGS", ())
            return Folder(int(validity), int(uidnext), int(answer[b"EXISTS"]), b"\\*" in flags)

    def _highest_uid(self, exists: int) -> int:
        return max(self._uid_fetch("*", "(UID)"), default=0) if exists else 0

    def sizes(self, after_uid: int) -> list[Size]:
        """The next mails above the cursor, in order; at most a window of them, so ask again with the last UID
        until the list is empty."""
        self._ready()
        if self._folder is not None and self._folder.exists == 0:
            self.uidnext_now()
        if self._folder is None or self._folder.exists == 0:
            return []  # some servers answer BAD to any FETCH in an empty folder
        first, span, found = after_uid + 1, SIZES_WINDOW, dict[int, dict[bytes, Any]]()
        with self._faults("list"):
            while not found:
                last = first + span - 1
                end = "*" if last >= self._folder.uidnext else str(last)
                found = self._uid_fetch(f"{first}:{end}", "(RFC822.SIZE)")
                # `n:*` names the last mail even when its UID is below n.
                found = {uid: facts for uid, facts in found.items() if uid > after_uid and b"RFC822.SIZE" in facts}
                if end == "*":
                    break
                first, span = last + 1, span * 8  # a gap: stride over it
        sizes = {uid: int(facts[b"RFC822.SIZE"]) for uid, facts in found.items()}
        self._sizes.update(sizes)
        return [Size(uid, sizes[uid]) for uid in sorted(sizes)]

    def fetch(self, uids: Iterable[int]) -> Iterator[Fetched | FetchFailed]:
        """Every UID asked for comes back once, in order. One round trip a batch; where the server fails on a
        batch, one mail a command, so that one bad mail costs only itself."""
        wanted = sorted(set(uids))
        self._deaths = 0
        unknown = [uid for uid in wanted if uid not in self._sizes]
        self._ready()
        with self._faults("list"):
            for some in _chunks(unknown, 1000):
                for uid, facts in self._uid_fetch(_uid_set(some), "(RFC822.SIZE)").items():
                    self._sizes[uid] = int(facts.get(b"RFC822.SIZE") or 0)
        for batch in _batches(wanted, self._sizes):
            yield from self._fetch_batch(batch)

    def _fetch_batch(self, batch: list[int]) -> Iterator[Fetched | FetchFailed]:
        self._ready()
        try:
            found = self._fetch_now(batch)
        except ImapError as error:
            if error.kind not in ("network", "protocol"):
                raise
            found = {}
        for uid in batch:
            self._sizes.pop(uid, None)
            yield found[uid] if uid in found else self._fetch_alone(uid)

    def _fetch_alone(self, uid: int) -> Fetched | FetchFailed:
        why = ""
        for _ in range(2):
            self._ready()  # outside the try: when this fails the line is down and no mail is to blame
            try:
                found = self._fetch_now([uid])
            except ImapError as error:
                if error.kind not in ("network", "protocol"):
                    raise
                why = error.text
                if not self._broken:
                    break  # a plain NO: asking again gets the same
            else:
                return found.get(uid) or FetchFailed(uid, "no longer on the server", gone=True)
        self._deaths += self._broken
        if self._deaths >= DEATHS_ALLOWED:
            raise ImapError("network", why)
        return FetchFailed(uid, why)

    def _fetch_now(self, uids: Sequence[int]) -> dict[int, Fetched]:
        with self._faults("fetch"):
            found = self._uid_fetch(_uid_set(uids), "(INTERNALDATE BODY.PEEK[])")
        return {
            uid: Fetched(uid, _aware(facts.get(b"INTERNALDATE")), facts[b"BODY[]"])
            for uid, facts in found.items()
            if isinstance(facts.get(b"BODY[]"), bytes)
        }

    def fetch_header(self, uid: int) -> Fetched | FetchFailed:
        """The header and the start of the text of a mail that is too big to take whole."""
        self._ready()
        items = f"(INTERNALDATE BODY.PEEK[HEADER]<0.{HEADER_BYTES}> BODY.PEEK[TEXT]<0.{TEXT_BYTES}>)"
        with self._faults("fetch"):
            facts = self._uid_fetch(str(uid), items).get(uid)
        self._sizes.pop(uid, None)
        if facts is None:
            return FetchFailed(uid, "no longer on the server", gone=True)
        header, text = (facts.get(part) or b"" for part in (b"BODY[HEADER]<0>", b"BODY[TEXT]<0>"))
        if not header:
            return FetchFailed(uid, "the server gave no header")
        return Fetched(uid, _aware(facts.get(b"INTERNALDATE")), header + text)

    def all_uids(self) -> list[int]:
        """Every UID in the folder, for the full comparison that catches what a cursor cannot."""
        client = self._ready()
        with self._faults("list"):
            if self._folder is not None and self._folder.exists < SEARCH_LIMIT:
                return sorted(int(uid) for uid in client.search("ALL"))
            # The size proves the answer ours: a push without a UID would pass its number off as one.
            found = self._uid_fetch("1:*", "(RFC822.SIZE)")
            return sorted(uid for uid, facts in found.items() if b"RFC822.SIZE" in facts)

    def uidnext_now(self) -> int:
        """Asks the server afresh (and so proves the line alive). A replaced folder: ImapError("folder")."""
        client = self._ready()
        with self._faults("status"):
            client.noop()
            state = client.folder_status(self._account.folder, ["UIDNEXT", "UIDVALIDITY", "MESSAGES"])
        before = self._folder
        if before is None or not state.get(b"UIDNEXT"):
            return self.select().uidnext
        if state.get(b"UIDVALIDITY", before.uidvalidity) != before.uidvalidity:
            self._selected = False
            raise ImapError("folder", f"{self._account.folder} was replaced on the server; select it again")
        # Some servers give the old numbers for the folder that is selected; then NOOP has pushed the new one.
        pushed = (client._imap.untagged_responses.get("EXISTS") or [b"0"])[-1]
        exists = max(int(state.get(b"MESSAGES", before.exists)), int(pushed or 0))
        self._folder = replace(before, uidnext=int(state[b"UIDNEXT"]), exists=exists)
        return self._folder.uidnext

    def _uid_fetch(self, uid_set: str, items: str) -> dict[int, dict[bytes, Any]]:
        # What was pushed earlier, or came before a NO, is no answer to this command.
        self._client._imap.untagged_responses.pop("FETCH", None)
        typ, lines = self._client._imap.uid("FETCH", uid_set, items)
        self._client._checkok("fetch", typ, lines)
        return dict(parse_fetch_response(lines, normalise_times=False))

    # --- waiting --------------------------------------------------------------------------------------------

    def idle(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until something may have come (True), `seconds` are over or stop is set (False). Only a hint:
        the caller polls as well. Keep seconds under 300; a dead line shows as ImapError("network")."""
        client = self._ready()
        until = time.monotonic() + seconds
        with self._faults("idle"):
            if b"IDLE" not in client.capabilities():
                stop.wait(max(0.0, seconds))
                return False
            while True:
                client.idle()
                self._wait_readable(until, stop)
                # Reading only after DONE, with time-outs on: a push split over two segments is read whole,
                # and a closed or dead connection cannot pass for silence.
                _, pushed = client.idle_done()
                if any(b"EXISTS" in line for line in pushed if isinstance(line, tuple)):
                    return True
                if stop.is_set() or time.monotonic() >= until:
                    return False

    def _wait_readable(self, until: float, stop: threading.Event) -> None:
        sock = self._client.socket()
        if _already_read(self._client._imap, sock, self._account.read_timeout):
            return
        poll = selectors.poll()
        poll.register(sock.fileno(), selectors.POLLIN)
        while not stop.is_set():
            left = until - time.monotonic()
            if left <= 0 or poll.poll(1000 * min(STOP_SECONDS, left)):
                return

    # --- filing ---------------------------------------------------------------------------------------------

    def file_away(self, uids: Iterable[int], folder: str) -> None:
        """Move our UIDs to `folder`, made if missing. Repeatable: mails already gone are passed over.
        Without MOVE and UIDPLUS the originals stay, marked deleted: a plain EXPUNGE hits other mails."""
        client = self._ready()
        with self._faults("file away"):
            can = client.capabilities()
        for some in _chunks(sorted(set(uids)), BATCH_MAILS):
            with self._faults("file away"):
                there = self._uid_fetch(_uid_set(some), "(FLAGS)")
            left = sorted(uid for uid in some if uid in there)
            if left and b"MOVE" in can:
                self._into(folder, partial(client.move, _uid_set(left), folder))
            elif left:
                self._copy_away(left, there, folder)

    def _copy_away(self, uids: list[int], there: dict[int, dict[bytes, Any]], folder: str) -> None:
        client = self._client
        # Those marked already were copied the time before.
        left = [uid for uid in uids if b"\\Deleted" not in there[uid].get(b"FLAGS", ())]
        if left:
            self._into(folder, partial(client.copy, _uid_set(left), folder))
        with self._faults("file away"):
            if left:
                client.add_flags(left, [b"\\Deleted"], silent=True)
            if b"UIDPLUS" in client.capabilities():
                client.uid_expunge(_uid_set(uids))

    def find_sent(self, message_id: str, folder: str) -> bool:
        """Is a mail with exactly this Message-ID in `folder`? The proof that a doubtful send went out."""
        client = self._ready()
        wanted = message_id.strip()
        if not wanted or any(mark in wanted for mark in "\r\n\0"):
            return False
        self._selected = False  # whatever happens now, our own folder is no longer the selected one
        with self._faults("select"):
            exists = int(client.select_folder(folder, readonly=True).get(b"EXISTS") or 0)
        if not exists:
            return False
        with self._faults("search"):
            hits = []
            with suppress(RefusedError):  # a server that cannot search headers
                hits = [int(uid) for uid in client.search(["HEADER", "Message-ID", wanted])][-BATCH_MAILS:]
            # Searching headers is broken on some servers, so hits are checked and misses looked up by hand.
            recent = hits or client.search([f"{max(1, exists - BATCH_MAILS + 1)}:*"])
            found = self._uid_fetch(_uid_set(sorted(recent)), "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        fields = (value for facts in found.values() for value in facts.values() if isinstance(value, bytes))
        return any(_message_id(value) == wanted.encode() for value in fields)

    def _into(self, folder: str, put: Callable[[], object]) -> None:
        try:
            with self._faults("file away"):
                put()
        except ImapError as error:
            if error.kind != "folder":
                raise
            try:
                with self._faults("create folder"):
                    self._client.create_folder(folder)
            except ImapError as second:
                raise error if second.kind == "folder" else second from None  # it was there: another reason
            with self._faults("file away"):
                put()


def try_login(account: ImapAccount) -> ImapError | None:
    """Log in and select the folder, for `mailbot check` and `mailbot init`; None means all is well."""
    try:
        with ImapSession(account) as session:
            session.select()
    except ImapError as error:
        return error
    return None


def _already_read(imap: Any, sock: socket.socket, timeout: float) -> bool:
    """A push that came together with the continuation lies in imaplib's buffer, where poll cannot see it."""
    sock.settimeout(0)
    try:
        return bool(imap.file.peek(1))
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    finally:
        sock.settimeout(timeout)


def _aware(date: object) -> datetime | None:
    if not isinstance(date, datetime) or date.tzinfo is None:
        return None
    try:
        return date.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset of 99 hours, the year 1
        return None


def _message_id(header_field: bytes) -> bytes:
    _, _, value = header_field.partition(b":")
    return b"".join(value.split())


def _chunks(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def _batches(uids: Sequence[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    """Up to BATCH_MAILS mails and BATCH_BYTES bytes each; a bigger mail goes alone."""
    batch: list[int] = []
    total = 0
    for uid in uids:
        size = sizes.get(uid, 0)
        if batch and (len(batch) >= BATCH_MAILS or total + size > BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch


def _uid_set(uids: Sequence[int]) -> str:
    """Sorted UIDs as IMAP writes them, runs shortened: 1:4,9."""
    runs: list[tuple[int, int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], uid)
        else:
            runs.append((uid, uid))
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)
