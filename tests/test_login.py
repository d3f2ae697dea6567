from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from mailbot.login import Login, LoginRefused, login_for
from mailbot.settings import Endpoint, MailboxConfig, Oauth

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = 3600


class TokenServer(HTTPServer):
    """A real token endpoint: answers what the test put in, remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), TokenPage)
        self.asked: list[dict[str, str]] = []
        self.answers: list[tuple[int, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"

    def gives(self, status: int = 200, **answer: object) -> None:
        self.answers.append((status, json.dumps(answer).encode()))


class TokenPage(BaseHTTPRequestHandler):
    server: TokenServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append({key: values[0] for key, values in parse_qs(raw).items()})
        status, body = self.server.answers.pop(0) if self.server.answers else (500, b"")
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", self.server.url)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "refresh"
    path.write_text("refresh-1\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def oauth_login(url: str, secret: Path, **keys: str) -> Login:
    return Login(
        "support@shop.example",
        oauth=Oauth(client_id="app", token_url=url, scope="mail", refresh_token_file=secret, **keys),  # type: ignore[arg-type]
    )


def refused(login: Login, now: datetime = NOW) -> LoginRefused:
    answer = login.access_token(now)
    assert isinstance(answer, LoginRefused)
    return answer


def test_a_mailbox_with_a_password_logs_in_with_it() -> None:
    end = Endpoint("127.0.0.1", 143, "none")
    mailbox = MailboxConfig("a", "a@shop.example", "generic", "user", end, end, password="code")

    login = login_for(mailbox)

    assert ("password", "user", "code") == (login.mechanism, login.username, login.password())
    assert "misconfigured" == refused(login).kind


def test_the_first_token_is_fetched_with_the_refresh_token(server: TokenServer, secret: Path) -> None:
    server.gives(access_token="token-1", expires_in=HOUR)
    login = oauth_login(server.url, secret, client_secret="hush")

    assert "token-1" == login.access_token(NOW)
    assert [
        {
            "grant_type": "refresh_token",
            "client_id": "app",
            "scope": "mail",
            "client_secret": "hush",
            "refresh_token": "refresh-1",
        }
    ] == server.asked


@pytest.mark.parametrize(("minutes", "token"), [(47, "token-1"), (49, "token-2")])
def test_a_token_is_renewed_when_four_fifths_of_its_life_are_gone(
    server: TokenServer, secret: Path, minutes: int, token: str
) -> None:
    server.gives(access_token="token-1", expires_in=HOUR)
    server.gives(access_token="token-2", expires_in=HOUR)
    login = oauth_login(server.url, secret)
    login.access_token(NOW)

    assert token == login.access_token(NOW + timedelta(minutes=minutes))


def test_many_threads_that_ask_at_once_cause_one_question(server: TokenServer, secret: Path) -> None:
    server.gives(access_token="token-1", expires_in=HOUR)
    login = oauth_login(server.url, secret)
    got: list[str | LoginRefused] = []

    threads = [threading.Thread(target=lambda: got.append(login.access_token(NOW))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["token-1"] * 8 == got
    assert 1 == len(server.asked)


def test_a_new_refresh_token_is_kept_in_the_file(server: TokenServer, secret: Path) -> None:
    server.gives(access_token="token-1", expires_in=HOUR, refresh_token="refresh-2")

    oauth_login(server.url, secret).access_token(NOW)

    assert "refresh-2\n" == secret.read_text(encoding="utf-8")
    assert 0o600 == secret.stat().st_mode & 0o777
    assert [secret] == list(secret.parent.iterdir())


def test_where_the_file_cannot_be_written_the_new_refresh_token_is_kept_in_memory(
    server: TokenServer, tmp_path: Path
) -> None:
    # A folder where the new file would be written: fails for root as well, as a mounted secret does.
    secret = tmp_path / "refresh"
    secret.write_text("refresh-1", encoding="utf-8")
    (tmp_path / ".refresh.new").mkdir()
    server.gives(access_token="token-1", expires_in=HOUR, refresh_token="refresh-2")
    server.gives(access_token="token-2", expires_in=HOUR)
    server.gives(access_token="token-3", expires_in=HOUR)
    login = oauth_login(server.url, secret)

    login.access_token(NOW)
    login.access_token(NOW + timedelta(hours=1))
    secret.write_text("refresh-9", encoding="utf-8")
    login.access_token(NOW + timedelta(hours=2))

    assert ["refresh-1", "refresh-2", "refresh-9"] == [one["refresh_token"] for one in server.asked]


def test_a_dead_refresh_token_says_so_and_is_not_tried_again_at_once(server: TokenServer, secret: Path) -> None:
    server.gives(400, error="invalid_grant", error_description="token refresh-1 was revoked")
    login = oauth_login(server.url, secret)

    first = refused(login)
    second = refused(login, NOW + timedelta(minutes=1))

    assert ("dead", True) == (first.kind, first.permanent)
    assert "重新授权" in first.zh
    assert "refresh-1" not in first.zh + first.en
    assert first == second
    assert 1 == len(server.asked)


def test_a_new_refresh_token_from_the_owner_is_tried_at_once(server: TokenServer, secret: Path) -> None:
    server.gives(400, error="invalid_grant")
    server.gives(access_token="token-1", expires_in=HOUR)
    login = oauth_login(server.url, secret)
    refused(login)
    secret.write_text("refresh-new", encoding="utf-8")

    assert "token-1" == login.access_token(NOW + timedelta(seconds=1))


def test_a_wrong_application_is_the_owners_to_mend(server: TokenServer, secret: Path) -> None:
    server.gives(401, error="invalid_client")

    answer = refused(oauth_login(server.url, secret))

    assert ("misconfigured", None) == (answer.kind, answer.retry_after_seconds)
    assert "client_id" in answer.zh


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"access_token": 5}', b"[" * 60_000])
@pytest.mark.parametrize("status", [200, 302, 500, 503])
def test_an_endpoint_that_talks_nonsense_counts_as_unreachable(
    server: TokenServer, secret: Path, status: int, body: bytes
) -> None:
    server.answers.append((status, body))

    answer = refused(oauth_login(server.url, secret))

    assert ("unreachable", 60) == (answer.kind, answer.retry_after_seconds)


def test_an_endpoint_that_is_away_is_left_alone_for_a_minute(server: TokenServer, secret: Path) -> None:
    server.gives(503)
    server.gives(access_token="token-1", expires_in=HOUR)
    login = oauth_login(server.url, secret)
    refused(login)

    refused(login, NOW + timedelta(seconds=59))

    assert 1 == len(server.asked)
    assert "token-1" == login.access_token(NOW + timedelta(seconds=60))


def test_a_token_still_good_is_used_while_the_endpoint_is_away(server: TokenServer, secret: Path) -> None:
    server.gives(access_token="token-1", expires_in=HOUR)
    server.gives(503)
    login = oauth_login(server.url, secret)
    login.access_token(NOW)

    assert "token-1" == login.access_token(NOW + timedelta(minutes=55))
    assert "unreachable" == refused(login, NOW + timedelta(minutes=61)).kind


def test_nobody_listening_is_unreachable(secret: Path) -> None:
    with TokenServer() as closed:
        url = closed.url

    assert "unreachable" == refused(oauth_login(url, secret)).kind


def test_a_missing_refresh_token_names_the_file(tmp_path: Path) -> None:
    answer = refused(oauth_login("http://127.0.0.1:9/token", tmp_path / "none"))

    assert "misconfigured" == answer.kind
    assert str(tmp_path / "none") in answer.zh


def test_an_application_of_its_own_needs_no_refresh_token(server: TokenServer) -> None:
    server.gives(access_token="token-1", expires_in=HOUR)
    oauth = Oauth("app", server.url, "mail", grant="client_credentials", client_secret="hush")

    assert "token-1" == Login("a@shop.example", oauth=oauth).access_token(NOW)
    assert "refresh_token" not in server.asked[0]


def test_a_forgotten_token_is_fetched_anew(server: TokenServer, secret: Path) -> None:
    server.gives(access_token="token-1", expires_in=HOUR)
    server.gives(access_token="token-2", expires_in=HOUR)
    login = oauth_login(server.url, secret)
    login.access_token(NOW)

    login.forget_token()

    assert "token-2" == login.access_token(NOW)


@pytest.mark.parametrize("life", [None, "soon", -5, 0, 1e308, "3600"])
def test_a_strange_life_does_not_break_the_login(server: TokenServer, secret: Path, life: object) -> None:
    server.gives(access_token="token-1", expires_in=life)
    login = oauth_login(server.url, secret)

    assert "token-1" == login.access_token(NOW)
    assert "token-1" == login.access_token(NOW + timedelta(seconds=40))


def test_a_token_source_gives_the_token_or_raises_what_it_was_told(server: TokenServer, secret: Path) -> None:
    server.gives(access_token="token-1", expires_in=60)
    server.gives(400, error="invalid_grant")
    times = iter([NOW, NOW + timedelta(hours=1)])
    source = oauth_login(server.url, secret).token_source(lambda: next(times), lambda why: LookupError(why.kind))

    assert "token-1" == source()
    with pytest.raises(LookupError, match="dead"):
        source()


def test_a_login_shows_no_secret(server: TokenServer, secret: Path) -> None:
    server.gives(access_token="canary-token", expires_in=HOUR)
    login = oauth_login(server.url, secret, client_secret="canary-secret")
    login.access_token(NOW)

    assert "canary" not in repr(login) + repr(Login("u", "canary"))
