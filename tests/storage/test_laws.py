"""What the database itself guarantees: one of each, all or nothing, windows of story candidates, planting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stored_samples import (
    HERALD,
    MIRROR,
    NOW,
    add_alert,
    add_article,
    hours,
    make_article,
    make_draft,
    make_fingerprint,
    make_message,
    make_record,
    make_round,
    make_tagging,
    plant,
)

from pipeline.errors import StorageError, WatchwireError
from pipeline.records import ListingRule, SourceKind, SourceState
from storage.store import SqlStore


@pytest.fixture(autouse=True)
def _planted(store: SqlStore) -> None:
    plant(store)


# --- one of each ------------------------------------------------------------------------------------------------


def test_one_alert_per_rule_and_story(store: SqlStore) -> None:
    first = add_article(store, "a", "putin")
    copy = add_article(store, "b", "putin", story_id=first.story_id, copy_of=first.id)
    with store.writing() as unit:
        assert unit.add_alert(make_draft("putin"), first, NOW) is not None
        assert unit.add_alert(make_draft("putin"), copy, NOW) is None
        assert unit.add_alert(make_draft("crimea"), copy, NOW) is not None
    assert [alert.rule for alert in store.list_alerts(10)] == ["crimea", "putin"]


def test_one_delivery_per_key_and_channel(store: SqlStore) -> None:
    with store.writing() as unit:
        for channel in ("mail", "mail", "slack"):
            unit.add_delivery(channel, make_message("k"), NOW)
    assert sorted(row.channel for row in store.list_deliveries()) == ["mail", "slack"]


def test_one_article_per_address(store: SqlStore) -> None:
    add_article(store, "a")
    with pytest.raises(WatchwireError) as caught:
        add_article(store, "a")
    assert caught.value.code == "refused_by_database"
    assert not isinstance(caught.value, StorageError), "one bad record does not end a pass over other sources"
    assert "Text of a" not in str(caught.value)
    assert store.counts()["articles"] == 1 and store.counts()["stories"] == 1


def test_one_entry_per_source_and_address(store: SqlStore) -> None:
    with store.writing() as unit:
        unit.save_entries([make_record("a"), make_record("a"), make_record("a", source="mirror")])
    assert store.counts()["entries"] == 2


def test_what_belongs_to_no_source_is_refused(store: SqlStore) -> None:
    with pytest.raises(WatchwireError, match="refused"):
        add_article(store, "a", source="nobody")


def test_a_hostile_address_of_any_length_is_stored(store: SqlStore) -> None:
    name = "".join(f"{n * 7919:x}" for n in range(3000))  # more than an index row of PostgreSQL holds, incompressible
    article = add_article(store, name)
    with store.writing() as unit:
        unit.save_entries([make_record(name, article_id=article.id)])
        assert unit.article_by_address(article.address) == article
    assert list(store.entry_records("herald", [article.address])) == [article.address]


# --- all or nothing ---------------------------------------------------------------------------------------------


def test_an_exception_inside_writing_leaves_nothing(store: SqlStore) -> None:
    def write_everything() -> None:
        with store.writing() as unit:
            draft = make_article("a")
            article = unit.add_article(draft, make_fingerprint(draft.exact, (1, 2)), make_tagging("putin"))
            alert = unit.add_alert(make_draft(), article, NOW)
            assert alert is not None
            unit.add_delivery("mail", make_message(), NOW, alert_id=alert.id)
            unit.save_entries([make_record("a", article_id=article.id)])
            unit.save_round(make_round(), SourceState("herald", '"1"'))
            raise RuntimeError("power cut")

    blank = store.counts()
    with pytest.raises(RuntimeError):
        write_everything()
    assert store.counts() == blank
    assert store.source_state("herald") == SourceState("herald")
    add_article(store, "a")


def test_nothing_is_seen_by_others_before_it_is_committed(store: SqlStore) -> None:
    with store.writing() as unit:
        unit.save_round(make_round(), SourceState("herald", '"1"'))
        assert store.list_rounds(10) == () and store.source_state("herald").etag == ""
    assert len(store.list_rounds(10)) == 1


# --- entries ----------------------------------------------------------------------------------------------------


def test_a_source_sees_its_own_record_first_then_that_of_another_that_has_the_article(store: SqlStore) -> None:
    article = add_article(store, "both")
    mine, theirs = make_record("both", title="mine"), make_record("both", source="mirror", article_id=article.id)
    read = make_record("read", source="mirror", article_id=article.id)
    unread = make_record("unread", source="mirror")
    with store.writing() as unit:
        unit.save_entries([theirs, mine, read, unread])
    addresses = [mine.address, read.address, unread.address]
    assert store.entry_records("herald", addresses) == {mine.address: mine, read.address: read}
    assert store.entry_records("mirror", addresses) == {
        theirs.address: theirs,
        read.address: read,
        unread.address: unread,
    }


def test_thousands_of_addresses_can_be_asked_at_once(store: SqlStore) -> None:
    with store.writing() as unit:
        unit.save_entries([make_record(f"n{n}") for n in range(2500)])
    assert len(store.entry_records("herald", [f"herald.example/n{n}" for n in range(2600)])) == 2500


def test_retries_come_the_longest_due_first_and_only_ones_own(store: SqlStore) -> None:
    with store.writing() as unit:
        unit.save_entries(
            [
                make_record("later", next_try_at=NOW + hours(1)),
                make_record("now", next_try_at=NOW),
                make_record("long due", next_try_at=NOW - hours(9)),
                make_record("never"),
                make_record("theirs", source="mirror", next_try_at=NOW),
            ]
        )
    due = store.due_retries("herald", NOW, 10)
    assert [record.address for record in due] == ["herald.example/long due", "herald.example/now"]
    assert len(store.due_retries("herald", NOW, 1)) == 1


# --- story candidates -------------------------------------------------------------------------------------------


def candidates(store: SqlStore, *entries: str, exact: str = "none", shingles: tuple[int, ...] = ()) -> list[int]:
    with store.writing() as unit:
        found = unit.story_candidates(
            make_fingerprint(exact, shingles), since=NOW - hours(48), until=NOW + hours(48), entries=entries
        )
    return [candidate.article_id for candidate in found]


def test_candidates_share_the_text_a_shingle_or_a_watch_entry(store: SqlStore) -> None:
    same = add_article(store, "same", exact="e1", published_at=NOW - hours(3))
    shingle = add_article(store, "shingle", shingles=(5, 6), published_at=NOW - hours(2))
    mention = add_article(store, "mention", "putin", "abe", published_at=NOW - hours(1))
    add_article(store, "other", "crimea", shingles=(7,))
    found = candidates(store, "putin", "abe", exact="e1", shingles=(6, 8))
    assert found == [mention.id, shingle.id, same.id], "newest first, each once"
    assert candidates(store) == []


def test_a_candidate_carries_what_is_needed_to_judge_it(store: SqlStore) -> None:
    draft = make_article("a", published_at=NOW - hours(3), language="ru", is_history=True)
    with store.writing() as unit:
        article = unit.add_article(
            draft, make_fingerprint(draft.exact, (1, -2), путин=0.5), make_tagging("putin", "abe")
        )
        (found,) = unit.story_candidates(make_fingerprint(draft.exact), since=NOW - hours(9), until=NOW, entries=())
    assert (found.article_id, found.story_id, found.source) == (article.id, article.story_id, "herald")
    assert (found.exact, found.shingles, dict(found.terms)) == (draft.exact, frozenset({1, -2}), {"путин": 0.5})
    assert (found.language, found.entries) == ("ru", frozenset({"putin", "abe"}))
    assert (found.seen_at, found.is_history, found.copy_of) == (NOW - hours(3), True, None)


@pytest.mark.parametrize(
    ("published", "is_found"),
    [(-47, True), (-49, False), (None, True), (1, True)],  # a date after we saw it is not sane: the sight counts
)
def test_candidates_lie_in_the_window_of_time(store: SqlStore, published: int | None, is_found: bool) -> None:
    published_at = None if published is None else NOW + hours(published)
    add_article(store, "a", "putin", exact="e1", shingles=(1,), published_at=published_at)
    assert bool(candidates(store, "putin")) is is_found
    assert bool(candidates(store, exact="e1")) is is_found
    assert bool(candidates(store, shingles=(1,))) is is_found


def test_shingles_of_more_than_forty_articles_are_boilerplate(store: SqlStore) -> None:
    for n in range(40):
        add_article(store, f"a{n}", shingles=(1,))
    assert len(candidates(store, shingles=(1,))) == 40
    add_article(store, "one more", shingles=(1,))
    last = add_article(store, "two more", shingles=(1, 2))
    assert candidates(store, shingles=(1,)) == []
    assert candidates(store, shingles=(1, 2)) == [last.id]


def test_a_busy_watch_entry_does_not_crowd_out_the_original_of_a_copy(store: SqlStore) -> None:
    original = add_article(store, "original", shingles=(1, 2, 3), published_at=NOW - hours(40))
    with store.writing() as unit:
        for n in range(510):
            draft = make_article(f"busy{n}", published_at=NOW - hours(n / 100))
            unit.add_article(draft, make_fingerprint(draft.exact), make_tagging("putin"))
    found = candidates(store, "putin", shingles=(1, 2, 3))
    assert len(found) == 500 and found[-1] == original.id and found[0] == original.id + 1


def test_of_many_that_share_a_little_the_one_that_shares_most_is_not_crowded_out(store: SqlStore) -> None:
    original = add_article(store, "original", shingles=(101, 102), published_at=NOW - hours(40))
    with store.writing() as unit:
        for n in range(510):
            draft = make_article(f"little{n}")
            unit.add_article(draft, make_fingerprint(draft.exact, (n % 15,)), make_tagging())
    found = candidates(store, shingles=(*range(15), 101, 102))
    assert len(found) == 500 and found[-1] == original.id


# --- planting ---------------------------------------------------------------------------------------------------


def test_planting_twice_changes_nothing_and_what_leaves_the_file_is_switched_off(store: SqlStore) -> None:
    assert store.plant_sources((HERALD, MIRROR)) == (0, 0, 2, 0)
    changed = replace(HERALD, name="Herald", interval_minutes=5)
    new = replace(HERALD, slug="new", url="https://new.example/")
    assert store.plant_sources((changed, new)) == (1, 1, 0, 1)
    assert store.plant_sources((changed, new)) == (0, 0, 2, 0)
    assert {source.slug: source.is_enabled for source in store.list_sources()} == {
        "herald": True,
        "mirror": False,
        "new": True,
    }
    assert store.plant_sources((changed, new, MIRROR)) == (0, 1, 2, 0), "it comes back"


@pytest.mark.parametrize(
    ("changes", "is_forgotten"),
    [
        ({"name": "Another name", "interval_minutes": 5}, False),
        ({"url": "https://herald.example/rss"}, True),
        ({"kind": SourceKind.LISTING, "listing": ListingRule("li")}, True),
    ],
)
def test_validators_are_forgotten_with_the_address_they_speak_of(
    store: SqlStore, changes: dict[str, object], is_forgotten: bool
) -> None:
    state = SourceState("herald", '"1"', "Mon", "ab", next_due_at=NOW + hours(1), is_imported=True)
    with store.writing() as unit:
        unit.save_round(make_round(), state)
    store.plant_sources((replace(HERALD, **changes), MIRROR))
    forgotten = SourceState("herald", is_imported=True)
    assert store.source_state("herald") == (forgotten if is_forgotten else state)


def test_due_sources_are_enabled_and_their_time_has_come(store: SqlStore) -> None:
    slugs = ("due", "later", "never", "off")
    store.plant_sources([replace(HERALD, slug=slug, is_enabled=slug != "off") for slug in slugs])
    with store.writing() as unit:
        unit.save_round(make_round(source="due"), SourceState("due", next_due_at=NOW))
        unit.save_round(make_round(source="later"), SourceState("later", next_due_at=NOW + hours(1)))
    assert [source.slug for source in store.due_sources(NOW)] == ["never", "due"]
    assert [source.slug for source in store.due_sources(NOW + hours(1))] == ["never", "due", "later"]
    assert [source.slug for source in store.due_sources(NOW, only=("due", "later"))] == ["due"]


def test_alerts_of_one_story_are_found_by_what_they_said(store: SqlStore) -> None:
    alert = add_alert(store, "a", "mail")
    assert [row.message.key for row in store.list_deliveries()] == ["alert-a"]
    assert store.alerts_by_id([]) == () and store.alerts_by_id([alert.id, alert.id]) == (alert, alert)
