"""Servers that misbehave on purpose: they say exactly what a test wrote down, byte by byte.

A script maps the first words of a command to what is answered; a tuple of bytes, pauses (numbers) and HANG_UP. A
list gives one answer a time, the last for all that follow.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class HangUp:
    """Close the connection."""


HANG_UP = HangUp()
Step = bytes | float | HangUp
Answer = tuple[Step, ...]
Script = Mapping[str, Answer | Sequence[Answer]]


class ScriptedServer:
    """Start with `with`; `heard` is every line the client sent, over all connections."""

    greeting = b""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.heard: list[str] = []
        self._times: dict[str, int] = {}
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ScriptedServer:
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            self._hang_up(sock)
        for thread in self._threads:
            thread.join(10)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock, sock.makefile("rb") as lines:
                sock.sendall(self.greeting)
                for line in lines:
                    self.heard.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                    if not self.answer(sock, self.heard[-1]):
                        return
        except OSError:
            return

    def answer(self, sock: socket.socket, line: str) -> bool:
        raise NotImplementedError

    def play(self, sock: socket.socket, steps: Answer, tag: bytes = b"") -> bool:
        for step in steps:
            if isinstance(step, HangUp):
                self._hang_up(sock)
                return False
            if isinstance(step, bytes):
                # imaplib knows no tagged answer without words.
                sock.sendall(step.replace(b"TAG OK\r\n", b"TAG OK done\r\n").replace(b"TAG", tag))
            else:
                time.sleep(step)
        return True

    def look_up(self, command: str) -> Answer | None:
        """The longest entry that `command` begins with."""
        keys = sorted((key for key in self.script if command.upper().startswith(key)), key=len)
        if not keys:
            return None
        entry = self.script[keys[-1]]
        if isinstance(entry, tuple):
            return entry
        number = self._times.get(keys[-1], 0)
        self._times[keys[-1]] = number + 1
        return entry[min(number, len(entry) - 1)]

    @staticmethod
    def _hang_up(sock: socket.socket) -> None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class ScriptedImap(ScriptedServer):
    """A mailbox of three mails that behaves, but for what the script says. TAG stands for the command's tag."""

    greeting = b"* OK ready\r\n"
    capabilities = b"IMAP4rev1 IDLE ID UIDPLUS MOVE"

    def answer(self, sock: socket.socket, line: str) -> bool:
        if line == "DONE":
            ended = self.look_up("DONE")
            return self.play(sock, (b"TAG OK idle ended\r\n",) if ended is None else ended, self._idle_tag)
        tag, _, command = line.partition(" ")
        if not command:
            return True
        if command.upper() == "IDLE":
            self._idle_tag = tag.encode()
        steps = self.look_up(command)
        return self.play(sock, self._usual(command.upper()) if steps is None else steps, tag.encode())

    def _usual(self, command: str) -> Answer:
        word = command.split()[0]
        if word == "CAPABILITY":
            return (b"* CAPABILITY " + self.capabilities + b"\r\nTAG OK\r\n",)
        if word == "IDLE":
            return (b"+ idling\r\n",)
        if word in ("SELECT", "EXAMINE"):
            return (
                b"* 3 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7] .\r\n"
                b"* OK [UIDNEXT 4] .\r\nTAG OK [READ-WRITE] done\r\n",
            )
        if word == "STATUS":
            return (b'* STATUS "INBOX" (UIDNEXT 4 UIDVALIDITY 7 MESSAGES 3)\r\nTAG OK\r\n',)
        if word == "LOGOUT":
            return (b"* BYE\r\nTAG OK\r\n", HANG_UP)
        return (b"TAG OK\r\n",)


class ScriptedSmtp(ScriptedServer):
    """A submission server that takes everything, but for what the script says. The entry BODY answers the dot."""

    greeting = b"220 ready\r\n"
    usual: Script = {
        "EHLO": (b"250-hello\r\n250-8BITMIME\r\n250-SIZE 1000000\r\n250 AUTH PLAIN LOGIN\r\n",),
        "AUTH": (b"235 welcome\r\n",),
        "DATA": (b"354 go on\r\n",),
        "BODY": (b"250 queued as 1\r\n",),
        "QUIT": (b"221 bye\r\n", HANG_UP),
    }

    def __init__(self, script: Script) -> None:
        super().__init__({**self.usual, **script})
        self._in_body: set[int] = set()

    def answer(self, sock: socket.socket, line: str) -> bool:
        if sock.fileno() in self._in_body:
            if line != ".":
                return True
            self._in_body.discard(sock.fileno())
            return self.play(sock, self.look_up("BODY") or ())
        steps = self.look_up(line)
        if steps is None:
            steps = (b"250 OK\r\n",)
        if any(isinstance(step, bytes) and step.startswith(b"354") for step in steps):
            self._in_body.add(sock.fileno())
        return self.play(sock, steps)
