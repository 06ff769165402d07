"""The outbox: leased to one sender at a time, never lost, and honest about what may have been sent twice."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from stored_samples import NOW, add_alert, hours, make_message, plant

from pipeline.records import AlertState, Delivery
from storage.store import SqlStore, open_store

LEASE = 300.0


@pytest.fixture(autouse=True)
def _planted(store: SqlStore) -> None:
    plant(store)


def queue(store: SqlStore, *keys: str, channel: str = "mail", after: float = 0) -> None:
    with store.writing() as unit:
        for key in keys:
            unit.add_delivery(channel, make_message(key), NOW + hours(after))


def claim(store: SqlStore, after: float = 0, limit: int = 10, channel: str = "mail") -> tuple[Delivery, ...]:
    return store.claim_deliveries(channel, NOW + hours(after), limit=limit, lease_seconds=LEASE)


def test_what_is_due_is_leased_once_the_longest_due_first(store: SqlStore) -> None:
    queue(store, "late", after=1)
    queue(store, "b", "c", after=-1)
    queue(store, "a", after=-2)
    queue(store, "slack", channel="slack")
    assert [row.key for row in claim(store, limit=2)] == ["a", "b"]
    (rest,) = claim(store)
    assert (rest.key, rest.tries, rest.is_ambiguous) == ("c", 1, False) and rest.attempt
    assert claim(store) == ()
    assert next(row.key for row in claim(store, after=1)) == "a", "leases have run out"


def test_sent_is_sent(store: SqlStore) -> None:
    queue(store, "a")
    (row,) = claim(store)
    assert store.mark_sent(row, NOW)
    assert not store.mark_sent(row, NOW), "nobody holds it any more"
    assert claim(store, after=999) == ()
    (stored,) = store.list_deliveries("sent")
    assert (stored.attempt, stored.last_error) == ("", "")


def test_deferred_waits_for_its_time_and_is_not_ambiguous_by_itself(store: SqlStore) -> None:
    queue(store, "a")
    (row,) = claim(store)
    assert store.mark_deferred(row, "busy", NOW + hours(1), is_ambiguous=False)
    assert claim(store, after=0.9) == ()
    (again,) = claim(store, after=1)
    assert (again.tries, again.is_ambiguous, again.last_error) == (2, False, "busy")


def test_once_ambiguous_a_row_stays_so_until_it_is_sent(store: SqlStore) -> None:
    queue(store, "a")
    store.mark_deferred(claim(store)[0], "the answer was lost", NOW, is_ambiguous=True)
    store.mark_deferred(claim(store)[0], "busy", NOW, is_ambiguous=False)
    (row,) = claim(store)
    assert row.is_ambiguous


def test_a_lease_that_ran_out_leaves_the_row_ambiguous_and_the_late_sender_cannot_mark_it(store: SqlStore) -> None:
    queue(store, "a")
    (lost,) = claim(store)
    assert claim(store, after=LEASE / 3600 - 0.001) == ()
    (mine,) = claim(store, after=LEASE / 3600)
    assert mine.is_ambiguous and mine.tries == 2 and mine.attempt != lost.attempt
    assert not store.mark_sent(lost, NOW)
    assert not store.mark_deferred(lost, "late", NOW, is_ambiguous=False)
    assert not store.mark_failed(lost, "late")
    assert store.mark_sent(mine, NOW)


def test_a_late_sender_whose_row_nobody_took_may_still_mark_it(store: SqlStore) -> None:
    queue(store, "a")
    (row,) = claim(store)
    assert store.mark_sent(row, NOW + hours(9))


def test_dead_letters_are_shown_and_sent_again_on_request(store: SqlStore) -> None:
    queue(store, "a")
    queue(store, "b", channel="slack")
    assert store.mark_failed(claim(store)[0], "refused") and store.mark_failed(claim(store, channel="slack")[0], "gone")
    assert claim(store, after=999) == ()
    assert [(row.key, row.last_error) for row in store.list_deliveries("failed")] == [("b", "gone"), ("a", "refused")]
    assert store.replay_failed("mail") == 1 and store.replay_failed("mail") == 0
    (row,) = claim(store)
    assert (row.key, row.tries) == ("a", 1)
    assert store.replay_failed() == 1


def test_an_alert_is_delivered_with_the_first_channel_that_took_it(store: SqlStore) -> None:
    alert = add_alert(store, "a", "mail", "slack")
    store.mark_failed(claim(store)[0], "refused")
    assert store.alerts_by_id([alert.id])[0].state is AlertState.PENDING
    store.mark_sent(claim(store, channel="slack")[0], NOW)
    assert store.alerts_by_id([alert.id])[0].state is AlertState.DELIVERED


def test_an_alert_that_every_channel_refused_is_failed_and_pending_again_when_replayed(store: SqlStore) -> None:
    alert = add_alert(store, "a", "mail", "slack")
    for channel in ("mail", "slack"):
        store.mark_failed(claim(store, channel=channel)[0], "refused")
    assert store.alerts_by_id([alert.id])[0].state is AlertState.FAILED
    store.replay_failed("mail")
    assert store.alerts_by_id([alert.id])[0].state is AlertState.PENDING


def test_workers_side_by_side_never_hold_the_same_row(store: SqlStore, database_url: str) -> None:
    queue(store, *(f"k{n}" for n in range(120)))
    sent: list[str] = []

    def work() -> None:
        mine = open_store(database_url)
        while rows := mine.claim_deliveries("mail", NOW, limit=7, lease_seconds=LEASE):
            for row in rows:
                sent.append(row.key)
                assert mine.mark_sent(row, NOW)
        mine.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # On PostgreSQL a worker may find every free row locked by the others and go home; the next run takes the rest.
    sent += [row.key for row in claim(store, limit=500)]
    assert Counter(sent) == Counter(f"k{n}" for n in range(120))


def test_on_postgresql_rows_another_is_just_claiming_are_passed_over(postgres_url: str) -> None:
    from storage.deliveries import claim_deliveries

    first = open_store(postgres_url)
    queue(first, "a", "b")
    with first._database.writing(is_serialised=False) as connection:
        mine = claim_deliveries(connection, "mail", NOW, limit=1, lease_seconds=LEASE)
        theirs = first.claim_deliveries("mail", NOW, limit=5, lease_seconds=LEASE)
    first.close()
    assert [row.key for row in (*mine, *theirs)] == ["a", "b"]
