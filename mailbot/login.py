"""What a mailbox logs in with: a password or authorisation code, or an OAuth access token kept fresh.

The refresh happens in the thread that asks, one at a time. Nothing here knows IMAP or SMTP, and no secret
gets into a text.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from mailbot.settings import MailboxConfig, Oauth

TIMEOUT = 20.0  # seconds for the token endpoint
LARGEST_ANSWER = 65_536
SHORTEST_LIFE, LONGEST_LIFE = 60, 86_400  # seconds; what a token's life may be said to be
REFRESH_AT = 0.8  # of its life
PAUSE = timedelta(seconds=60)  # after an endpoint that did not answer

RefusedKind = Literal["dead", "misconfigured", "unreachable"]


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """No token to be had. dead: somebody must consent again; unreachable: the next try may do."""

    kind: RefusedKind
    zh: str
    en: str
    retry_after_seconds: int | None = None

    @property
    def permanent(self) -> bool:
        return self.kind != "unreachable"


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    refresh_at: datetime
    expires_at: datetime


class Login:
    """One mailbox's way in. Safe to ask from several threads."""

    def __init__(self, username: str, password: str = "", oauth: Oauth | None = None) -> None:
        self.username = username
        self._password = password
        self._oauth = oauth
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._newer: tuple[str, str] | None = None  # where the file is read-only: its text, and the newest
        self._refused: tuple[LoginRefused, datetime, str] | None = None

    def __repr__(self) -> str:
        return f"Login({self.username!r}, {self.mechanism})"

    @property
    def mechanism(self) -> Literal["password", "xoauth2"]:
        return "xoauth2" if self._oauth else "password"

    def password(self) -> str:
        """The password or authorisation code; "" where OAuth is used."""
        return self._password

    def access_token(self, now: datetime) -> str | LoginRefused:
        """A token that is still good, refreshed when 80 % of its life has gone."""
        if self._oauth is None:
            return LoginRefused("misconfigured", "这个邮箱没有设置 oauth", "this mailbox has no oauth table")
        with self._lock:
            if self._token and now < self._token.refresh_at:
                return self._token.text
            answer = self._refused_still(now) or self._fetch(self._oauth, now)
            if isinstance(answer, _Token):
                self._token, self._refused = answer, None
                return answer.text
            usable = self._token is not None and now < self._token.expires_at
            return self._token.text if self._token and usable and not answer.permanent else answer

    def forget_token(self) -> None:
        """The server did not take the token although its time is not over: get another next time."""
        with self._lock:
            self._token = None

    def token_source(
        self, clock: Callable[[], datetime], refuse: Callable[[LoginRefused], Exception]
    ) -> Callable[[], str]:
        """A call that gives the token, or raises what `refuse` makes of the reason there is none."""

        def token() -> str:
            found = self.access_token(clock())
            if isinstance(found, LoginRefused):
                raise refuse(found)
            return found

        return token

    def _refused_still(self, now: datetime) -> LoginRefused | None:
        """The last refusal while asking again makes no sense: too soon, or dead and the file unchanged."""
        if self._refused is None or self._oauth is None:
            return None
        refused, at, refresh_token = self._refused
        if not refused.permanent:
            return refused if now < at + PAUSE else None
        same = refresh_token == self._current_refresh_token(self._oauth)
        return refused if same and now < at + 10 * PAUSE else None

    def _fetch(self, oauth: Oauth, now: datetime) -> _Token | LoginRefused:
        form = {"grant_type": oauth.grant, "client_id": oauth.client_id, "scope": oauth.scope}
        if oauth.client_secret:
            form["client_secret"] = oauth.client_secret
        refresh_token = self._current_refresh_token(oauth)
        if oauth.grant == "refresh_token":
            if not refresh_token:
                return _no_refresh_token(oauth)
            form["refresh_token"] = refresh_token
        answer = _ask(oauth.token_url, form)
        if isinstance(answer, LoginRefused):
            self._refused = (answer, now, refresh_token)
            return answer
        self._keep_refresh_token(oauth, answer.get("refresh_token"), refresh_token)
        life = _life(answer.get("expires_in"))
        return _Token(
            text=answer["access_token"],
            refresh_at=now + timedelta(seconds=life * REFRESH_AT),
            expires_at=now + timedelta(seconds=life),
        )

    def _current_refresh_token(self, oauth: Oauth) -> str:
        text = _read_secret(oauth.refresh_token_file)
        return self._newer[1] if self._newer and self._newer[0] == text else text

    def _keep_refresh_token(self, oauth: Oauth, new: Any, old: str) -> None:
        """Providers hand out a new refresh token now and then; the old one dies some time after."""
        if not isinstance(new, str) or not new or new == old or oauth.refresh_token_file is None:
            return
        try:
            _replace_secret(oauth.refresh_token_file, new)
        except OSError:  # a read-only secret: this process goes on with the new one
            self._newer = (_read_secret(oauth.refresh_token_file), new)


def login_for(mailbox: MailboxConfig) -> Login:
    """The login of a mailbox as configured."""
    return Login(mailbox.username, mailbox.password, mailbox.oauth)


def _ask(url: str, form: dict[str, str]) -> dict[str, Any] | LoginRefused:
    """One question to the token endpoint; an answer always holds an access_token."""
    body = urllib.parse.urlencode(form).encode("ascii")
    request = urllib.request.Request(url, data=body, headers={"Accept": "application/json"})  # noqa: S310
    try:
        # The configuration lets only https through, and http to this machine.
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as response:
            answer = _json(response.read(LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        with error:
            return _refusal(error.code, _json(_read_quietly(error)))
    except (OSError, http.client.HTTPException) as error:
        return _unreachable(type(error).__name__)
    if not isinstance(answer.get("access_token"), str) or not answer["access_token"]:
        return _unreachable("no access_token")
    return answer


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A refresh token is for one address only."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _read_quietly(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(LARGEST_ANSWER)
    except (OSError, http.client.HTTPException):
        return b""


def _json(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(status: int, answer: dict[str, Any]) -> LoginRefused:
    """RFC 6749 5.2. The description may quote what we sent, so only the code is passed on."""
    code = str(answer.get("error", ""))[:60]
    code = code if code.replace("_", "").isalnum() and code.isascii() else ""
    if code in ("invalid_grant", "interaction_required", "consent_required", "login_required"):
        return LoginRefused(
            "dead",
            f"刷新令牌已失效({code}):过期、被撤销或改过密码。请重新授权,把新的刷新令牌写入 refresh_token_file。",
            f"the refresh token is dead ({code}): expired, revoked, or the password was changed. "
            "Consent again and write the new token into refresh_token_file.",
        )
    if status in (400, 401, 403) and code not in ("", "temporarily_unavailable", "server_error"):
        return LoginRefused(
            "misconfigured",
            f"授权服务器拒绝了应用({code}):请核对 client_id、client_secret、scope 和 token_url。",
            f"the token endpoint refused the application ({code}): check client_id, client_secret, scope and "
            "token_url.",
        )
    return _unreachable(f"HTTP {status}")


def _unreachable(what: str) -> LoginRefused:
    seconds = int(PAUSE.total_seconds())
    return LoginRefused(
        "unreachable",
        f"授权服务器暂时没有给出令牌({what}),{seconds} 秒后再试。",
        f"the token endpoint gave no token ({what}); the next try is in {seconds} seconds.",
        seconds,
    )


def _no_refresh_token(oauth: Oauth) -> LoginRefused:
    path = oauth.refresh_token_file
    return LoginRefused(
        "misconfigured",
        f"读不到刷新令牌:{path} 不存在、没有权限或是空的。",
        f"no refresh token: {path} is missing, unreadable or empty.",
    )


def _life(said: Any) -> int:
    """Seconds; an hour where the answer does not say."""
    try:
        return min(max(int(said), SHORTEST_LIFE), LONGEST_LIFE)
    except (TypeError, ValueError, OverflowError):
        return 3600


def _replace_secret(path: Path, text: str) -> None:
    """Write beside and rename, so that a crash leaves the old or the new token, never half of one."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(text.encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _read_secret(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() if path else ""
    except (OSError, UnicodeDecodeError):
        return ""
