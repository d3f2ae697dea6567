"""The owner's rules and templates: watched, taken over when sound, left alone when an edit is broken."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from mailbot.core.errors import UserError
from mailbot.core.promises import Case
from mailbot.shelf import Shelf, rule_files
from tests.conftest import ROOT


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The packaged rules and templates, to be edited."""
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path / "rules", tmp_path / "templates"


@pytest.fixture
def shelf(folders: tuple[Path, Path]) -> Shelf:
    made = Shelf(*folders, ("zh", "en"))
    assert made.volume.book.topics
    return made


def edit(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    later = time.time_ns() + 5_000_000_000  # also where a disk counts in seconds
    os.utime(path, ns=(later, later))


def test_nothing_changed_is_nothing_new(shelf: Shelf) -> None:
    before = shelf.volume

    assert not shelf.refresh()
    assert before is shelf.volume


def amount_of(shelf: Shelf) -> int:
    limit = shelf.volume.book.limits.limit("solve", Case("normal"))
    assert limit is not None
    return limit.amount


def test_a_sound_edit_is_taken_over(shelf: Shelf, folders: tuple[Path, Path]) -> None:
    path = folders[0] / "promises.toml"
    edit(path, path.read_text(encoding="utf-8").replace('normal = "5 working days"', 'normal = "6 working days"'))

    assert shelf.refresh()
    assert 6 == amount_of(shelf)
    assert not shelf.refresh()


def test_an_edited_template_is_taken_over(shelf: Shelf, folders: tuple[Path, Path]) -> None:
    before = shelf.volume.templates.text_hash("acknowledgement", "zh")
    path = folders[1] / "zh" / "acknowledgement.txt"
    edit(path, path.read_text(encoding="utf-8") + "\n再次感谢。\n")

    assert shelf.refresh()
    assert before != shelf.volume.templates.text_hash("acknowledgement", "zh")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("rules/promises.toml", "[answer"),
        ("rules/promises.toml", '[answer]\nurgent = "soon"\n'),
        ("templates/zh/acknowledgement.txt", "Subject: x\n\n{{ unclosed\n"),
        ("templates/zh/acknowledgement.txt", "Subject: x\n\n{{ no_such_placeholder }}\n"),
    ],
)
def test_a_broken_edit_leaves_the_old_volume_in_force_and_is_named(
    file: str, text: str, shelf: Shelf, folders: tuple[Path, Path]
) -> None:
    before, path = shelf.volume, folders[0].parent / file
    sound = path.read_text(encoding="utf-8")
    edit(path, text)

    assert not shelf.refresh()
    assert before is shelf.volume
    assert shelf.problem is not None
    assert path.name in shelf.problem.where

    path.write_text(sound, encoding="utf-8")
    assert shelf.refresh()
    assert shelf.problem is None
    assert before.book.version == shelf.volume.book.version


def test_a_new_file_and_a_file_that_went_are_both_seen(shelf: Shelf, folders: tuple[Path, Path]) -> None:
    path = folders[0] / "categories" / "enquiry-price.toml"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    assert shelf.refresh()
    assert ("enquiry", "price") not in shelf.volume.book.topics

    path.write_text(text, encoding="utf-8")
    assert shelf.refresh()
    assert ("enquiry", "price") in shelf.volume.book.topics


def test_a_link_to_nowhere_as_editors_leave_it_is_no_rule(shelf: Shelf, folders: tuple[Path, Path]) -> None:
    path = folders[0] / "promises.toml"
    (folders[0] / ".#promises.toml").symlink_to("somebody@somewhere.123")
    assert not shelf.refresh()

    edit(path, path.read_text(encoding="utf-8").replace('normal = "5 working days"', 'normal = "6 working days"'))
    assert shelf.refresh()


def test_broken_rules_refuse_the_first_look(folders: tuple[Path, Path]) -> None:
    edit(folders[0] / "promises.toml", "[answer")

    with pytest.raises(UserError, match=r"promises\.toml"):
        _ = Shelf(*folders, ("zh", "en")).volume


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        rule_files(tmp_path / "nowhere")


def test_a_rule_file_that_is_not_utf_8_is_named(folders: tuple[Path, Path]) -> None:
    path = folders[0] / "promises.toml"
    path.write_bytes("# 时限\n".encode("gb18030"))

    with pytest.raises(UserError, match=r"promises\.toml.*UTF-8"):
        rule_files(folders[0])
