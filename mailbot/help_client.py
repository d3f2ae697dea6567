"""One question to an OpenAI-compatible endpoint of the owner's, and its answer; bounded in time and size.

Speaks HTTP itself: no redirect is followed and no proxy of the environment is asked, so that what is sent goes to the
address in the configuration and nowhere else.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mailbot.core.helping import Message

MOST_BYTES = 64 * 1024  # of an answer
MOST_TOKENS = 400  # that the model may write
LOOK_SECONDS = 0.1  # between looks at the clock while an answer is awaited


class HelpFailed(Exception):  # noqa: N818 (it says what happened)
    """The endpoint gave no answer, or none in words we understand; its text never repeats the answer or the key."""


@dataclass(frozen=True, slots=True)
class Helper:
    """The endpoint. `timeout`: seconds for the whole exchange, however slowly it drips."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = 20.0
    stop: threading.Event = field(default_factory=threading.Event)  # an answer under way is given up

    def ask(self, messages: Sequence[Message]) -> str:
        """The model's words. Raises HelpFailed."""
        body = json.dumps(
            {
                "model": self.model,
                "messages": [{"role": each.role, "content": each.content} for each in messages],
                "temperature": 0.2,
                "max_tokens": MOST_TOKENS,
                "n": 1,
                "stream": False,
            }
        )
        deadline = time.monotonic() + self.timeout
        try:
            with self._connected(deadline) as connection:
                connection.request("POST", self._path(), body.encode(), self._headers())
                with connection.getresponse() as answer:
                    return words_of(_content(answer))
        except (OSError, http.client.HTTPException, ValueError, HelpFailed) as error:
            why = str(error) if isinstance(error, HelpFailed) else type(error).__name__
            if time.monotonic() >= deadline:  # what was cut off looks like anything
                why = f"no answer within {self.timeout:g} s"
            raise HelpFailed(why) from None

    def _path(self) -> str:
        return f"{urlsplit(self.url).path.rstrip('/')}/chat/completions"

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        return {**headers, "Authorization": f"Bearer {self.key}"} if self.key else headers

    @contextlib.contextmanager
    def _connected(self, deadline: float) -> Iterator[http.client.HTTPConnection]:
        """A connection that is cut at the deadline: timeouts of a socket begin anew with every byte."""
        parts = urlsplit(self.url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        line = socket.create_connection((host, port), self.timeout)
        held: list[socket.socket] = [line]
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(held, over, deadline), name="help-deadline", daemon=True)
        watch.start()
        try:
            if secure:
                # The handshake only begins when `held` has the new socket: the old one is an empty shell by then.
                context = ssl.create_default_context()
                wrapped = context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
                held[0] = wrapped
                wrapped.do_handshake()
            connection = http.client.HTTPConnection(host, port, timeout=self.timeout)
            connection.sock = held[0]
            yield connection
        finally:
            over.set()
            watch.join()
            held[0].close()

    def _watch(self, held: list[socket.socket], over: threading.Event, deadline: float) -> None:
        while not over.wait(LOOK_SECONDS):
            if self.stop.is_set() or time.monotonic() >= deadline:
                with contextlib.suppress(OSError):
                    held[0].shutdown(socket.SHUT_RDWR)


def _content(answer: http.client.HTTPResponse) -> bytes:
    if answer.status != 200:
        raise HelpFailed(f"HTTP {answer.status}")
    if answer.getheader("Content-Encoding", "identity").strip().lower() != "identity":
        raise HelpFailed("the answer is compressed, which was not asked for")
    raw = answer.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise HelpFailed("the answer is too long")
    return raw


def words_of(raw: bytes) -> str:
    """choices[0].message.content of a finished answer. Raises HelpFailed."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise HelpFailed("the answer is no JSON") from None
    choices = found.get("choices") if isinstance(found, dict) else None
    if not isinstance(choices, list) or not choices:
        raise HelpFailed("the answer has no choices")
    message = choices[0].get("message") if isinstance(choices[0], dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, str):
        raise HelpFailed("the answer has no message")
    if choices[0].get("finish_reason") not in (None, "stop"):
        raise HelpFailed("the answer is not finished")
    return content
