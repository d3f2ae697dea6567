"""When to try again: definite temporary refusals up to three days, connections with jitter and stated waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.retry import FIRST_WAIT, LONGEST_WAIT, SEND_WAITS, next_try, reconnect_wait
from tests.core.events import NOW


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(1, 1), (2, 5), (3, 15), (4, 30), (6, 120), (11, 1440), (12, None), (99, None), (0, None)],
)  # None: give up
def test_the_waits_between_sends_grow_and_end(attempts: int, minutes: int | None) -> None:
    expected = None if minutes is None else NOW + timedelta(minutes=minutes)

    assert expected == next_try(attempts, NOW)


def test_a_mail_is_tried_for_about_three_days_before_it_comes_back() -> None:
    assert timedelta(days=3) < sum(SEND_WAITS, timedelta()) < timedelta(days=5)


def test_no_wait_is_shorter_than_the_one_before() -> None:
    assert sorted(SEND_WAITS) == list(SEND_WAITS)


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 86_400))
def test_a_reconnection_waits_neither_nothing_nor_less_than_stated(
    failures: int, chance: float, stated: float | None
) -> None:
    wait = reconnect_wait(failures, chance, stated)

    assert max(FIRST_WAIT, stated or 0) <= wait <= max(LONGEST_WAIT, stated or 0)


def test_many_failures_spread_over_the_whole_span() -> None:
    assert [FIRST_WAIT, LONGEST_WAIT / 2] == [reconnect_wait(30, 0.0), reconnect_wait(30, 0.5)]
