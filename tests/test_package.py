"""The wheel: built from this tree, unpacked somewhere else, it works there with nothing but its dependencies."""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbot import __version__
from mailbot.core.understand import Border
from mailbot.drafting import Desktop
from mailbot.explaining import explain
from tests.conftest import MAILS, ROOT

SECONDS = 120

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree. It is built from a copy, so that a build leaves nothing in the tree."""
    source = tmp_path_factory.mktemp("source")
    for name in ("mailbot", "rules", "templates"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def packed(wheel: Path) -> frozenset[str]:
    """The names of all files in the wheel."""
    return frozenset(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the installed `mailbot` in a folder that knows nothing of this tree, configured by the environment."""
    site, elsewhere = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    pip("install", "--no-deps", "--no-index", "--target", str(site), str(wheel))
    own = {name: text for name, text in os.environ.items() if not name.startswith("MAILBOT_")}
    # PYTHONPATH stands before site-packages, so this mailbot hides the one that is being developed.
    environment = {**own, **ENVIRONMENT, "PYTHONPATH": str(site)}

    def start(*arguments: str, mailbot: bool = True) -> subprocess.CompletedProcess[str]:
        command = [str(site / "bin" / "mailbot")] if mailbot else [sys.executable]
        return subprocess.run(
            [*command, *arguments],
            cwd=elsewhere,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
        )

    return start


ENVIRONMENT = {
    "MAILBOT_COMPANY_NAME": "示例电器",
    "MAILBOT_COMPANY_HOTLINE": "400-000-0000",
    "MAILBOT_MAILBOX_0_NAME": "support",
    "MAILBOT_MAILBOX_0_ADDRESS": "support@shop.example",
    "MAILBOT_MAILBOX_0_PROVIDER": "163",
    "MAILBOT_MAILBOX_0_PASSWORD": "not-a-real-password",
}


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def below(folder: str) -> list[Path]:
    """The files of this tree that must be in the wheel."""
    found = [path.relative_to(ROOT) for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    return [path for path in found if "__pycache__" not in path.parts]


@pytest.mark.parametrize("folder", ["rules", "templates"])
def test_the_owners_defaults_are_packed(packed: frozenset[str], folder: str) -> None:
    assert set() == {f"mailbot/defaults/{path.as_posix()}" for path in below(folder)} - packed


def test_everything_the_program_reads_is_packed(packed: frozenset[str]) -> None:
    assert set() == {path.as_posix() for path in below("mailbot")} - packed


@pytest.mark.parametrize(
    "kind",
    [
        "mailbot/defaults/rules/categories/*.toml",
        "mailbot/defaults/templates/zh/*.txt",
        "mailbot/defaults/templates/en/*.txt",
        "mailbot/providers/*.toml",
        "mailbot/store/migrations/versions/*.py",
        "mailbot/store/migrations/*.mako",
        "mailbot/console/pages/*.html",
        "mailbot/console/static/*.css",
        "mailbot/demo/*.py",
    ],
)
def test_each_kind_of_file_is_packed(packed: frozenset[str], kind: str) -> None:
    assert [] != fnmatch.filter(packed, kind)


def test_nothing_of_the_workplace_is_packed(packed: frozenset[str]) -> None:
    tops = {name.split("/")[0] for name in packed}

    assert {"mailbot", f"mailbot-{__version__}.dist-info"} == tops
    assert [] == [name for name in packed if name.endswith((".pyc", ".db", ".log"))]


def test_the_program_and_its_package_tell_the_same_version(run: Run) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    ended = run("--version")

    assert __version__ == declared
    assert f"mailbot {declared}\n" == ended.stdout


def test_the_installed_program_is_the_one_that_runs(run: Run) -> None:
    ended = run("-c", "import mailbot; print(mailbot.__file__)", mailbot=False)

    assert ended.returncode == 0, ended.stderr
    assert not Path(ended.stdout.strip()).is_relative_to(ROOT)


def test_check_finds_the_packaged_rules_and_templates_good(run: Run) -> None:
    ended = run("check", "--offline", "--json")

    verdicts = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (0, "") == (ended.returncode, ended.stderr)
    assert [] == [each for each in verdicts if each["level"] == "bad"]
    assert {"rules", "templates", "state", "database"} <= {each["what"] for each in verdicts}


@pytest.mark.parametrize("name", ["qq-web-reply-inline-marked", "gmail-bounce-550"])
def test_a_mail_is_explained_elsewhere_as_it_is_here(run: Run, desktop: Desktop, border: Border, name: str) -> None:
    file = MAILS / f"{name}.eml"
    here = explain(file.read_bytes(), str(file), desktop, border, datetime.now(UTC))

    ended = run("explain", "--json", str(file))

    assert (0, "") == (ended.returncode, ended.stderr)
    there = json.loads(ended.stdout)
    for part in ("file", "mail", "automail", "triage", "draft"):
        assert here[part] == there[part]
