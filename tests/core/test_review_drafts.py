"""The drafts that our templates make of the zoo: an agent must be able to trust a warning, so they have hardly any."""

from __future__ import annotations

from collections import Counter

import pytest

from mailbot.core.understand import Border
from mailbot.drafting import Desktop
from mailbot.explaining import explain
from tests.conftest import MAILS, MONDAY

WRITING = {"typo", "doubled", "punctuation", "traditional", "jargon", "shirking", "perfunctory", "blaming", "weakened"}


@pytest.mark.rule("000-33")
@pytest.mark.rule("001-49")
def test_our_own_drafts_are_never_stopped_and_hardly_ever_doubted(desktop: Desktop, border: Border) -> None:
    drafts = [
        explain(path.read_bytes(), path.stem, desktop, border, MONDAY)["draft"] for path in sorted(MAILS.glob("*.eml"))
    ]
    written = [each for each in drafts if each is not None]
    assert 70 <= len(written)

    levels = Counter(finding["level"] for each in written for finding in each["findings"])
    doubted = [
        {
            finding["check"]
            for finding in each["findings"]
            if not finding["check"].startswith(("pledge_", "recipient", "lane"))
        }
        for each in written
    ]

    assert 0 == levels["block"]
    assert [] == [checks for checks in doubted if checks & WRITING]
    assert sum(map(bool, doubted)) <= len(written) // 20
