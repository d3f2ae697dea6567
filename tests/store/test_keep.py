"""What the installation remembers: its key, its leases, its health, its standing approvals; and its people."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from mailbot.store import keep, lists, people
from mailbot.store.engine import Engine
from tests.store.rows import NOW

LEASE = "imap:support"


def test_the_signing_key_is_made_once_whoever_asks_first(engine: Engine) -> None:
    def ask(_: int) -> bytes:
        with engine.write() as tx:
            return keep.signing_key(tx)

    with ThreadPoolExecutor(4) as threads:
        keys = set(threads.map(ask, range(8)))

    assert [32] == [len(key) for key in keys]


def take(engine: Engine, holder: str, later: float = 0.0) -> int | None:
    with engine.write() as tx:
        return keep.take_lease(tx, LEASE, holder, 60, engine.now(tx) + timedelta(seconds=later))


def test_a_lease_has_one_holder_who_keeps_it_by_taking_it_again(engine: Engine) -> None:
    assert 1 == take(engine, "a")
    assert take(engine, "b") is None
    assert 1 == take(engine, "a", later=59)
    assert take(engine, "b", later=100) is None


def test_a_lease_that_ran_out_goes_to_the_next_with_a_new_epoch_and_fences_the_old_holder(
    engine: Engine,
) -> None:
    first = take(engine, "a")
    assert first is not None
    second = take(engine, "b", later=61)
    assert second is not None

    assert first < second


def test_a_lease_that_came_back_has_another_epoch_than_before(engine: Engine) -> None:
    epochs = [take(engine, "a"), take(engine, "b", later=61), take(engine, "a", later=200)]

    assert [1, 2, 3] == epochs


def test_a_lease_that_was_dropped_is_free_at_once(engine: Engine) -> None:
    take(engine, "a")
    with engine.write() as tx:
        keep.drop_lease(tx, LEASE, "b", engine.now(tx))
    assert take(engine, "b") is None
    with engine.write() as tx:
        keep.drop_lease(tx, LEASE, "a", engine.now(tx))

    assert 2 == take(engine, "b")


def test_of_many_who_want_a_lease_one_gets_it(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        epochs = list(threads.map(lambda n: take(engine, f"holder{n}"), range(16)))

    assert [1] == [epoch for epoch in epochs if epoch is not None]


def test_the_last_word_of_a_loop_is_kept_and_a_success_keeps_the_time_of_the_last_error(
    engine: Engine,
) -> None:
    with engine.write() as tx:
        keep.beat(tx, "loop:work", NOW, "broken", NOW + timedelta(minutes=1))
        keep.beat(tx, "loop:work", NOW + timedelta(minutes=2))

        (row,) = lists.health_rows(tx)
    assert ("", NOW, NOW + timedelta(minutes=2), None) == (row.error, row.error_at, row.ok_at, row.wait_until)


def test_a_standing_approval_holds_for_exactly_its_text_and_language(engine: Engine) -> None:
    with engine.write() as tx:
        keep.approve_template(tx, "acknowledgement", "zh", "a" * 64, "li", NOW)
        keep.approve_template(tx, "acknowledgement", "zh", "a" * 64, "zhao", NOW)

        assert "li" == keep.standing_approver(tx, "acknowledgement", "zh", "a" * 64)
        assert keep.standing_approver(tx, "acknowledgement", "zh", "b" * 64) is None
        assert keep.standing_approver(tx, "acknowledgement", "en", "a" * 64) is None
        assert keep.standing_approver(tx, "holding", "zh", "a" * 64) is None


def agent(engine: Engine, name: str = "wang") -> int:
    values = {"name": name, "display_name": "王", "staff_number": "07", "role": "agent", "password": "x"}
    with engine.write() as tx:
        return people.add(tx, {**values, "created_at": NOW})


def session(engine: Engine, agent_id: int) -> None:
    values = {"token_sha256": "t" * 64, "agent_id": agent_id, "csrf": "c", "created_at": NOW}
    with engine.write() as tx:
        people.open_session(tx, {**values, "expires_at": NOW + timedelta(hours=1)})


def is_in(engine: Engine, later: timedelta = timedelta()) -> bool:
    with engine.read() as tx:
        return people.of_session(tx, "t" * 64, NOW + later) is not None


def test_a_session_ends_by_time_by_a_new_password_and_with_its_agent(engine: Engine) -> None:
    agent_id = agent(engine)
    session(engine, agent_id)
    assert (True, False) == (is_in(engine), is_in(engine, timedelta(hours=1)))

    with engine.write() as tx:
        people.set_password(tx, agent_id, "y")
    assert not is_in(engine)

    session(engine, agent_id)
    with engine.write() as tx:
        people.disable(tx, agent_id, NOW)
    assert not is_in(engine)
    with engine.read() as tx:
        assert people.by_name(tx, "wang") is not None


def test_what_ran_out_is_forgotten(engine: Engine) -> None:
    session(engine, agent(engine))
    with engine.write() as tx:
        people.count_failure(tx, "wang", "192.0.2.1", 5, NOW + timedelta(minutes=5))
        people.count_failure(tx, "wang", "192.0.2.2", 1, None)
        people.forget_expired(tx, NOW + timedelta(hours=23))
        assert people.failure(tx, "wang", "192.0.2.1") is not None  # a next lock within the day is longer
        people.forget_expired(tx, NOW + timedelta(hours=25))

        assert people.failure(tx, "wang", "192.0.2.1") is None
        assert people.failure(tx, "wang", "192.0.2.2") is not None
    assert not is_in(engine)
