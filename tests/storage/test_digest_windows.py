"""Windows of digests: half-open, one after the other, nothing between them and nothing in two."""

from __future__ import annotations

from datetime import datetime
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_samples import (
    NOW,
    add_alert,
    add_article,
    hours,
    make_draft,
    make_message,
    make_round,
    plant,
)

from pipeline.records import Digest, DigestMaterial, EntryOutcome, RoundKind
from storage.store import SqlStore

BROUGHT = {EntryOutcome.NEW: 2}
numbers = count()


@pytest.fixture(autouse=True)
def _planted(store: SqlStore) -> None:
    plant(store)


def save(store: SqlStore, material: DigestMaterial, now: datetime = NOW, key: str = "digest") -> Digest | None:
    return store.save_digest(material, "S", "T", "<p>", "{}", now, [("mail", make_message(key, kind="digest"))])


def test_material_is_what_happened_since_the_last_digest_of_that_name(store: SqlStore) -> None:
    alert = add_alert(store, "a")
    add_article(store, "b", story_id=alert.story_id, source="mirror", language="ru", copy_of=alert.article_id)
    imported = make_round(kind=RoundKind.IMPORT, counts=BROUGHT)
    with store.writing() as unit:
        for round_ in (imported, make_round(counts=BROUGHT), make_round(kind=RoundKind.BACKFILL)):
            unit.save_round(round_, None)
    first = store.digest_material("daily", NOW)
    assert (first.after_alert_id, first.upto_alert_id, first.after_round_id, first.upto_round_id) == (0, alert.id, 0, 3)
    assert first.alerts == (alert,) and first.history == (imported,) and first.since is None
    facts = first.stories[alert.story_id]
    assert (facts.first_source, facts.sources, facts.languages) == ("herald", ("herald", "mirror"), ("en", "ru"))
    assert (facts.articles, facts.copies, facts.title) == (2, 1, "Title of a")
    assert [health.source for health in first.health] == ["herald", "mirror"]

    digest = save(store, first)
    assert digest is not None and store.digest(digest.id) == digest == store.list_digests()[0]
    assert [row.message.kind for row in store.list_deliveries()] == ["digest"]

    later = add_alert(store, "c")
    second = store.digest_material("daily", NOW + hours(24))
    assert (second.alerts, second.history, second.since) == ((later,), (), NOW)
    assert store.digest_material("weekly", NOW).alerts == (alert, later), "every name has windows of its own"


def test_of_two_runners_one_closes_the_window(store: SqlStore) -> None:
    add_alert(store, "a")
    one, two = store.digest_material("daily", NOW), store.digest_material("daily", NOW)
    assert save(store, one, key="one") is not None
    assert save(store, two, key="two") is None
    assert [row.key for row in store.list_deliveries()] == ["one"], "the loser queues nothing"


def test_of_two_runners_who_saw_different_ends_one_closes_the_window(store: SqlStore) -> None:
    one = store.digest_material("daily", NOW)
    add_alert(store, "a")
    two = store.digest_material("daily", NOW)
    assert save(store, two) is not None and save(store, one) is None


def test_quiet_days_have_their_digests_too(store: SqlStore) -> None:
    for day in range(3):
        now = NOW + hours(24 * day)
        assert save(store, store.digest_material("daily", now), now, key=f"day {day}") is not None
    stale = store.digest_material("daily", NOW)
    assert save(store, stale, NOW + hours(99)) is not None and save(store, stale, NOW + hours(100)) is None
    alert = add_alert(store, "a")
    assert store.digest_material("daily", NOW).alerts == (alert,)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["alert", "round", "read 1", "read 2", "save 1", "save 2"]), max_size=25))
def test_windows_meet_without_gap_or_overlap_however_runners_interleave(store: SqlStore, steps: list[str]) -> None:
    name = f"digest {next(numbers)}"  # the store is one for all examples, the chain is not
    held: dict[str, DigestMaterial] = {}
    told: list[int] = []
    rounds_told = 0
    bounds: list[tuple[int, int, int, int]] = []
    for number, step in enumerate([*steps, "read 1", "save 1"]):
        verb, _, runner = step.partition(" ")
        if verb == "alert":
            article = add_article(store, f"{name} {number}")
            with store.writing() as unit:
                unit.add_alert(make_draft(), article, NOW)
        elif verb == "round":
            with store.writing() as unit:
                unit.save_round(make_round(kind=RoundKind.IMPORT, counts=BROUGHT), None)
        elif verb == "read":
            held[runner] = store.digest_material(name, NOW)
        elif runner in held:
            material = held.pop(runner)
            digest = save(store, material, NOW + hours(number), key=f"{name} {number}")
            if digest is not None:
                told += [alert.id for alert in material.alerts]
                rounds_told += len(material.history)
                bounds.append(
                    (digest.after_alert_id, digest.upto_alert_id, digest.after_round_id, digest.upto_round_id)
                )
    everything = [alert.id for alert in reversed(store.list_alerts(100_000))]
    assert told == everything, "each alert in exactly one digest, in order"
    assert rounds_told == store.counts()["rounds"]
    assert bounds[0][0] == bounds[0][2] == 0
    for before, after in pairwise(bounds):
        assert (before[1], before[3]) == (after[0], after[2])
