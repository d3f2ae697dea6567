"""Real daemons for tests: Dovecot, Postfix, PostgreSQL and Chromium, each in a temporary folder on loopback.

What is not installed skips with the reason; with MAILBOT_REQUIRE_SERVERS=1 it fails. Every daemon is stopped by
the process we started, never by name. Each xdist worker has its own.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import trustme

from mailbot.imap import ImapAccount

LOOPBACK = "127.0.0.1"
START_SECONDS = 20.0
MAIL_USER = "nobody"  # owns the mails; Dovecot refuses to keep them as root

DOVECOT_CONF = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {root}/run
state_dir = {root}/state
instance_name = mailbot-{name}
log_path = {root}/dovecot.log
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{root}/server.pem
ssl_key = <{root}/server.key
default_vsz_limit = 1G
first_valid_uid = 1
mail_max_userip_connections = 100
auth_failure_delay = 0
mail_uid = {uid}
mail_gid = {gid}
mail_location = maildir:~/Maildir
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
protocol lmtp {{
  auth_username_format = %Ln
}}
"""

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mail.shop.example
mydestination =
alias_maps =
alias_database =
default_transport = lmtp:inet:127.0.0.1:{lmtp}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
message_size_limit = 20480000
smtputf8_enable = yes
"""

POSTFIX_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
lmtp      unix  - - n - - lmtp
error     unix  - - n - - error
retry     unix  - - n - - error
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""


def missing(reason: str) -> None:
    """A skip for a person's machine, a failure where the servers are promised."""
    if os.environ.get("MAILBOT_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/lib/postgresql/15/bin")
    if found is None:
        missing(f"{name} is not installed (package {package})")
    assert found is not None
    return found


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((LOOPBACK, 0))
        return int(sock.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes] | None, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((LOOPBACK, port), 1).close()
            return
        except OSError:
            ended = process is not None and process.poll() is not None
            if ended or time.monotonic() > until:
                said = log.read_text(errors="replace")[-2000:] if log.exists() else "no log"
                raise RuntimeError(f"nothing listens on port {port}: {said}") from None
            time.sleep(0.02)


@contextmanager
def folder_for_daemons(name: str) -> Iterator[Path]:
    """Short (unix socket paths end at 107 bytes) and open to the daemons' own users."""
    with tempfile.TemporaryDirectory(prefix=f"mb-{name}-", dir="/tmp", ignore_cleanup_errors=True) as path:
        root = Path(path)
        root.chmod(0o755)
        yield root


def start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=out, cwd="/")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


# --- Dovecot --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dovecot:
    """Any user name may log in with `password`; each has a home of its own, made at the first delivery."""

    root: Path
    imap_port: int
    imaps_port: int
    lmtp_port: int
    password: str = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def ca_file(self) -> Path:
        return self.root / "ca.pem"

    def new_user(self) -> str:
        """A name nobody else uses: the cheap way to a clean mailbox."""
        return "u" + secrets.token_hex(5)

    def account(self, user: str, folder: str = "INBOX") -> ImapAccount:
        return ImapAccount(LOOPBACK, self.imap_port, "none", user, self.password, folder=folder)

    def tls_account(self, user: str, host: str = "localhost") -> ImapAccount:
        return ImapAccount(host, self.imaps_port, "tls", user, self.password, ca_file=self.ca_file)

    def deliver(self, user: str, raw: bytes, sender: str = "li.ming@mail.example") -> None:
        """By LMTP, as an MTA does."""
        with smtplib.LMTP(LOOPBACK, self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [f"{user}@shop.example"], raw)

    def put(self, user: str, raws: Iterable[bytes]) -> None:
        """Many mails straight into the Maildir; Dovecot finds them at the next SELECT."""
        owner = pwd.getpwnam(MAIL_USER)
        maildir = self.root / "mail" / user / "Maildir"
        for part in (maildir.parent, maildir, *(maildir / name for name in ("tmp", "new", "cur"))):
            part.mkdir(parents=True, exist_ok=True)
            os.chown(part, owner.pw_uid, owner.pw_gid)
        for number, raw in enumerate(raws):
            path = maildir / "new" / f"{time.time():.6f}.{number:07d}_{secrets.token_hex(3)}.test"
            path.write_bytes(raw)
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def renumber(self, user: str) -> None:
        """The INBOX gets another UIDVALIDITY, as on a restored or moved server. Nobody may be logged in."""
        maildir = self.root / "mail" / user / "Maildir"
        numbers = maildir / "dovecot-uidlist"
        first, rest = numbers.read_text().split("\n", 1)
        numbers.write_text(re.sub(r"V(\d+)", lambda v: f"V{int(v[1]) + 1000}", first) + "\n" + rest)
        for index in maildir.glob("dovecot.*index*"):
            index.unlink()

    def reset(self, user: str) -> None:
        """Empty the whole mailbox of a user."""
        shutil.rmtree(self.root / "mail" / user, ignore_errors=True)


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """A Dovecot of one's own, for tests that stop it."""
    command = program("dovecot", "dovecot-imapd")
    if not Path("/usr/lib/dovecot/lmtp").exists():
        missing("Dovecot's LMTP server is not installed (package dovecot-lmtpd)")
    if os.geteuid() != 0:
        missing("Dovecot is started as root in tests, since it changes to the mails' owner")
    owner = pwd.getpwnam(MAIL_USER)
    with folder_for_daemons("dove") as root:
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost")
        authority.cert_pem.write_to_path(root / "ca.pem")
        certificate.private_key_pem.write_to_path(root / "server.key")
        for part in certificate.cert_chain_pems:
            part.write_to_path(root / "server.pem", append=True)
        (root / "mail").mkdir()
        os.chown(root / "mail", owner.pw_uid, owner.pw_gid)
        imap, imaps, lmtp = free_port(), free_port(), free_port()
        password = secrets.token_hex(8)
        facts = {
            "root": root,
            "name": root.name,
            "uid": owner.pw_uid,
            "gid": owner.pw_gid,
            "password": password,
        }
        (root / "dovecot.conf").write_text(DOVECOT_CONF.format(**facts, imap=imap, imaps=imaps, lmtp=lmtp))
        process = start([command, "-F", "-c", str(root / "dovecot.conf")], root / "stderr.log")
        try:
            for port in (imap, imaps, lmtp):
                wait_for_port(port, process, root / "dovecot.log")
            yield Dovecot(root, imap, imaps, lmtp, password, process)
        finally:
            stop(process)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


# --- Postfix --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sink:
    """Postfix's smtp-sink: takes everything and keeps one file a mail."""

    port: int
    folder: Path

    def mails(self) -> list[bytes]:
        """As written by the sink: its X- lines about the envelope first, LF line ends."""
        return [path.read_bytes() for path in sorted(self.folder.iterdir())]


@pytest.fixture
def postfix_sink() -> Iterator[Sink]:
    command = program("smtp-sink", "postfix")
    owner = pwd.getpwnam(MAIL_USER)
    with folder_for_daemons("sink") as root:
        mails = root / "mails"
        mails.mkdir()
        os.chown(mails, owner.pw_uid, owner.pw_gid)
        port = free_port()
        rights = ["-u", MAIL_USER] if os.geteuid() == 0 else []
        process = start([command, *rights, "-a", "-d", f"{mails}/%M.", f"{LOOPBACK}:{port}", "100"], root / "sink.log")
        try:
            wait_for_port(port, process, root / "sink.log")
            yield Sink(port, mails)
        finally:
            stop(process)


@dataclass(frozen=True)
class Postfix:
    """A submission server on loopback that hands every mail to Dovecot: user@any.domain lands in user's INBOX."""

    root: Path
    port: int

    def log(self) -> str:
        return (self.root / "postfix.log").read_text(errors="replace")


@pytest.fixture(scope="session")
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    command = program("postfix", "postfix")
    if os.geteuid() != 0:
        missing("Postfix starts as root only")
    with folder_for_daemons("pfx") as root:
        (root / "spool").mkdir()
        (root / "data").mkdir()
        os.chown(root / "data", pwd.getpwnam("postfix").pw_uid, 0)
        port = free_port()
        (root / "main.cf").write_text(POSTFIX_MAIN.format(root=root, lmtp=dovecot.lmtp_port))
        (root / "master.cf").write_text(POSTFIX_MASTER.format(port=port))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([command, "-c", str(root), "start"], check=False, timeout=60, **quiet)
        try:
            wait_for_port(port, None, root / "postfix.log")
            yield Postfix(root, port)
        finally:
            subprocess.run([command, "-c", str(root), "stop"], check=False, timeout=60, **quiet)


# --- PostgreSQL -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Postgres:
    """A server, ours or the one MAILBOT_TEST_POSTGRES names, whose user may create databases."""

    conninfo: str  # as libpq reads it: postgresql://user@127.0.0.1:5432/postgres

    def new_database(self, template: str = "template1") -> str:
        """A fresh copy of `template`; returns the URL as SQLAlchemy reads it."""
        name = "mailbot_" + secrets.token_hex(6)
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        base, _, _ = self.conninfo.rpartition("/")
        return f"{base}/{name}".replace("postgresql://", "postgresql+psycopg://", 1)

    def drop(self, url: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgres(durable: bool = False) -> Iterator[str]:
    """A server of one's own; `durable`: every commit waits for the disk, as in production."""
    initdb, postgres = program("initdb", "postgresql"), program("postgres", "postgresql")
    as_user: list[str] = []
    with folder_for_daemons("pg") as root:
        if os.geteuid() == 0:  # the server refuses to run as root
            as_user = [program("setpriv", "util-linux")]
            as_user += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
            os.chown(root, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
        place, port = root / "db", free_port()
        arguments = [
            "-D",
            str(place),
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-U",
            "postgres",
            "-N",
        ]
        subprocess.run([*as_user, initdb, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")
        settings = {
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": str(root),
            "fsync": "on" if durable else "off",  # tests kill processes, not the machine
            "max_connections": "100",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        process = start([*as_user, postgres, "-D", str(place), "-p", str(port), *options], root / "postgres.log")
        try:
            wait_for_port(port, process, root / "postgres.log")
            conninfo = f"postgresql://postgres@{LOOPBACK}:{port}/postgres"
            _wait_until_it_answers(conninfo)
            yield conninfo
        finally:
            process.send_signal(2)  # "fast": ends open sessions instead of waiting for them
            stop(process)


def _wait_until_it_answers(conninfo: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(conninfo, connect_timeout=5).close()
            return
        except psycopg.OperationalError:  # "the database system is starting up"
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    named = os.environ.get("MAILBOT_TEST_POSTGRES")
    if named:
        yield Postgres(named.replace("postgresql+psycopg://", "postgresql://", 1))
        return
    with running_postgres() as conninfo:
        yield Postgres(conninfo)


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database of this test's own."""
    url = postgres.new_database()
    try:
        yield url
    finally:
        postgres.drop(url)


# --- the rest -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return program("chromium", "chromium")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority that nobody else trusts."""
    return trustme.CA()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait up to ten seconds for something another process does."""

    def wait(holds: Callable[[], bool]) -> None:
        until = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < until, "it did not come about within ten seconds"
            time.sleep(0.05)

    return wait
