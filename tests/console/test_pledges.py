"""The times that a draft promises: shown before it goes out, changed by the agent, watched as they then stand."""

from __future__ import annotations

import pytest

from mailbot.store.tickets import read_pledges
from tests.console.conftest import fields_of, letter

WORDS = "李明您好：\n工程师今天18点前联系您，配件明天12点前发货。"
FIRST, SECOND = "2026-11-23T18:00", "2026-11-24T12:00"


@pytest.fixture
def written(world):
    """A ticket with an agent's own reply that promises two times."""
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/reply", text=WORDS)
    assert 2 == len(pledges(world, number))
    return number, agent


def pledges(world, number):
    return read_pledges(world.draft(number).pledges)


def form(world, number, **over):
    return fields_of(world.draft(number), times="1", keep=["0", "1"], at=[FIRST, SECOND], **over)


def test_the_times_found_stand_below_the_text_with_what_they_are(world, written):
    number, agent = written

    html = agent.get(f"/tickets/{number}").text

    shown = html.partition('<fieldset class="pledges">')[2].partition("</fieldset>")[0]
    assert (f'value="{FIRST}"' in shown, f'value="{SECOND}"' in shown) == (True, True)
    assert (shown.count("checked"), "联系</span>" in shown, "发货</span>" in shown) == (2, True, True)
    assert "去掉勾选的不跟踪" in shown


def test_an_unticked_time_is_not_watched_and_a_changed_one_as_it_was_changed(world, written):
    number, agent = written
    draft = world.draft(number)

    answer = agent.post(
        f"/drafts/{draft.id}/edit", **{**form(world, number), "keep": ["1"], "at": [FIRST, "2026-11-24T15:30"]}
    )

    assert f"/tickets/{number}?done=saved" == answer.headers["location"]
    (kept,) = pledges(world, number)
    assert ("2026-11-24T07:30:00+00:00", "ship") == (kept.due_at.isoformat(), kept.what)
    assert "xiaozhou" == world.draft(number).pledges_by
    assert "时间由 小周 核对过" in agent.get(f"/tickets/{number}").text


def test_another_promise_is_added_in_the_agents_words(world, written):
    number, agent = written
    draft = world.draft(number)

    half = agent.post(f"/drafts/{draft.id}/edit", **form(world, number, more_words="周五电话回访"))
    agent.post(f"/drafts/{draft.id}/edit", **form(world, number, more_words="周五电话回访", more_at="2026-11-27T17:00"))

    assert (409, True) == (half.status_code, "请选择时间" in half.text)
    assert 'value="周五电话回访"' in half.text
    assert "周五电话回访" == pledges(world, number)[-1].words


def test_approving_sends_with_the_times_on_screen(world, written):
    number, agent = written
    draft = world.draft(number)

    answer = agent.post(f"/drafts/{draft.id}/approve", **{**form(world, number), "keep": ["0"]})

    assert f"/tickets/{number}?done=approved" == answer.headers["location"]
    (send,) = world.sends(number)
    assert ["contact"] == [each["what"] for each in send.pledges]


def test_a_time_that_has_passed_is_refused_with_everything_kept(world, written):
    number, agent = written
    draft = world.draft(number)

    answer = agent.post(
        f"/drafts/{draft.id}/approve", **{**form(world, number), "at": ["2026-11-20T09:00", SECOND], "keep": ["0"]}
    )

    assert (409, True) == (answer.status_code, "必须在以后" in answer.text)
    shown = answer.text.partition('<fieldset class="pledges">')[2].partition("</fieldset>")[0]
    assert 'value="2026-11-20T09:00"' in shown
    assert 1 == shown.count("checked")
    assert [] == world.sends(number)


def test_times_of_words_that_were_changed_meanwhile_are_looked_at_again(world, written):
    number, agent = written
    draft = world.draft(number)

    answer = agent.post(
        f"/drafts/{draft.id}/approve",
        **{**form(world, number), "text": "李明您好：\n工程师后天10点前联系您。", "keep": ["0"]},
    )

    assert (409, True) == (answer.status_code, "请核对下面的时间" in answer.text)
    assert "后天10点前联系您" in world.draft(number).text  # saved, not lost
    assert ["2026-11-25T02:00:00+00:00"] == [each.due_at.isoformat() for each in pledges(world, number)]
    assert [] == world.sends(number)


def test_a_form_that_showed_no_times_changes_none(world, written):
    number, agent = written
    draft = world.draft(number)
    before = pledges(world, number)

    agent.post(f"/drafts/{draft.id}/edit", **fields_of(draft))

    assert before == pledges(world, number)


def test_a_promise_that_cannot_be_kept_is_a_finding_like_the_others(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    agent.post(f"/tickets/{number}/reply", text="您好，我们今天23点前联系您。")

    html = agent.get(f"/tickets/{number}").text
    assert "不在营业时间内" in html.partition('class="findings"')[2].partition("</ul>")[0]
