"""What goes in comes out, the same from both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_samples import (
    HERALD,
    NOW,
    add_alert,
    add_article,
    hours,
    make_article,
    make_fingerprint,
    make_message,
    make_record,
    make_round,
    make_tagging,
    plant,
)

from pipeline import ports
from pipeline.errors import ConfigError
from pipeline.records import (
    BackfillState,
    Channel,
    EntryOutcome,
    ListingRule,
    Mention,
    PollOutcome,
    RoundKind,
    SourceKind,
    SourceState,
    Tagging,
    Veto,
)
from pipeline.text import clean
from storage import tables
from storage.store import SqlStore

LISTING = replace(
    HERALD, slug="agency", kind=SourceKind.LISTING, listing=ListingRule("li.item", date="time", next="a.next"), note="#"
)


@pytest.fixture(autouse=True)
def _planted(store: SqlStore) -> None:
    plant(store)


def test_the_store_fulfils_the_ports(store: SqlStore) -> None:
    as_store: ports.Store = store
    as_outbox: ports.Outbox = store
    with as_store.writing() as unit:
        as_unit: ports.Unit = unit
    assert as_store is as_outbox and as_unit is unit


def test_sources(store: SqlStore) -> None:
    store.plant_sources((HERALD, LISTING))
    assert [source for source in store.list_sources() if source.is_enabled] == [LISTING, HERALD]


def test_a_source_never_polled_has_a_blank_state(store: SqlStore) -> None:
    assert store.source_state("herald") == SourceState("herald")


def test_state_and_ledger_are_saved_together(store: SqlStore) -> None:
    state = SourceState("herald", '"tag"', "Mon, 01 Jan", "cd" * 32, NOW, NOW, NOW + hours(1), True, 3, "http_500: no")
    round_ = make_round(
        counts={EntryOutcome.NEW: 2, EntryOutcome.KNOWN: 5},
        copies=1,
        alerts=(4, 5),
        mentions={"putin": 1},
        dropped=7,
        failures={"http_404": 1},
        seconds=1.25,
    )
    failed = make_round(kind=RoundKind.BACKFILL, outcome=PollOutcome.FAILED, code="http_500", error="the server …")
    with store.writing() as unit:
        unit.save_round(round_, state)
        unit.save_round(failed, None)
        unit.save_round(replace(failed, source="mirror"), SourceState("mirror"))
    assert store.source_state("herald") == state
    assert store.list_rounds(10, "herald") == (failed, round_)
    assert len(store.list_rounds(2)) == 2


def test_articles_with_everything_they_mention(store: SqlStore) -> None:
    tagging = Tagging(
        (
            Mention("putin", "title", 0, 6, "Путин", "surname, declined", "v1"),
            Mention("kurils", "text", 3, 5, "千島", "name", "v1"),
            Mention("putin", "text", 9, 15, "Путина", "surname, declined", "v1"),
        ),
        (Veto("abe", "text", 0, 3, "安倍川", "a river"),),
    )
    draft = make_article(published_at=NOW - hours(3))
    with store.writing() as unit:
        article = unit.add_article(
            draft, make_fingerprint(draft.exact, (-(2**63), -1, 0, 2**63 - 1), putin=0.1), tagging
        )
        assert unit.article(article.id) == article == unit.article_by_address(draft.address)
        assert unit.entries_of(article.id) == ("putin", "kurils")
        assert unit.article(article.id + 1) is None and unit.article_by_address("nowhere") is None
    assert article == replace(draft, id=article.id, story_id=article.story_id) and article.id and article.story_id
    assert store.article(article.id) == (article, tagging)
    assert store.article(article.id + 1) is None


def test_a_revision_replaces_text_and_mentions_and_keeps_the_text_that_was(store: SqlStore) -> None:
    first = add_article(store, "a", "putin", shingles=(1, 2))
    second = replace(first, title="Edited", text="Crimea.", revision=2, exact="ef" * 32)
    later = NOW + hours(5)
    with store.writing() as unit:
        unit.add_revision(second, make_fingerprint(second.exact, (2, 3)), make_tagging("crimea"), later)
    assert store.article(first.id) == (second, make_tagging("crimea"))
    assert store.list_articles(9, entry="putin") == () and store.list_articles(9, entry="crimea") == (second,)
    assert store.search_articles("text of a", 9) == () and store.search_articles("CRIMEA", 9) == (second,)
    (story,) = store.list_stories(9)
    assert (story.first_seen_at, story.last_seen_at) == (NOW, later)
    with store._database.reading() as connection:
        kept = connection.execute(sa.select(tables.revision)).mappings().one()
        keys = connection.execute(sa.select(tables.shingle.c.key).order_by(tables.shingle.c.key)).scalars().all()
    assert (kept["number"], kept["title"], kept["text"], kept["replaced_at"]) == (1, "Title of a", "Text of a.", later)
    assert keys == [2, 3]


def test_entries(store: SqlStore) -> None:
    article = add_article(store)
    record = make_record(
        article_id=article.id,
        outcome=EntryOutcome.SUMMARY,
        tries=2,
        next_try_at=NOW + hours(1),
        code="http_503",
        title="T",
        summary="S",
        published_at=NOW - hours(2),
        guid="tag:1",
        author="A",
        is_history=True,
    )
    with store.writing() as unit:
        unit.save_entries([record, make_record("b")])
        unit.save_entries([])
    assert store.entry_records("herald", [record.address, "nowhere"]) == {record.address: record}
    changed = replace(record, outcome=EntryOutcome.REVISED, next_try_at=None, tries=0)
    with store.writing() as unit:
        unit.save_entries([replace(record, title="lost"), changed])
    assert store.entry_records("herald", [record.address]) == {record.address: changed}, "the last one counts"


def test_backfills(store: SqlStore) -> None:
    state = BackfillState("herald", NOW - hours(99), NOW, "https://herald.example/archive/2", pages=1)
    with store.writing() as unit:
        unit.save_backfill(state)
        unit.save_backfill(replace(state, until=NOW + hours(1)))
        unit.save_backfill(done := replace(state, next_url="", pages=2, is_done=True))
    assert store.backfill_state("herald", state.since, state.until) == done
    assert store.backfill_state("mirror", state.since, state.until) is None


def test_alerts_keep_what_they_said(store: SqlStore) -> None:
    alert = add_alert(store, "a")
    assert (alert.entries, alert.sentence, alert.marks) == (("putin",), "Putin spoke.", ((0, 5),))
    (found,) = store.list_alerts(10)
    assert found == alert and store.alerts_by_id([alert.id, 99]) == (alert,)
    other = add_alert(store, "b", rule="abe")
    assert store.list_alerts(10) == (other, alert)
    assert store.list_alerts(10, rule="abe") == (other,) and store.list_alerts(1) == (other,)
    assert store.list_alerts(10, since=NOW + hours(1)) == ()


def test_messages(store: SqlStore) -> None:
    message = make_message("k", html="<b>", title="T", url="https://x.example/", sentence="s", marks=((0, 1), (2, 3)))
    with store.writing() as unit:
        unit.add_delivery("mail", message, NOW)
    (row,) = store.list_deliveries()
    assert row.message == message and (row.key, row.channel, row.tries, row.next_try_at) == ("k", "mail", 0, NOW)
    assert store.list_deliveries("failed") == () and store.list_deliveries("pending") == (row,)


def test_channels(store: SqlStore) -> None:
    mail = Channel("mail", "email", True, ("digest",), {"to": "a@b.example", "note": "ж"})
    store.plant_channels((mail, Channel("console", "console", True)))
    assert store.list_channels() == (Channel("console", "console", True), mail)
    store.plant_channels((mail,))
    assert [channel.slug for channel in store.list_channels() if channel.is_enabled] == ["mail"]


def test_watchlists(store: SqlStore) -> None:
    with pytest.raises(ConfigError, match="watchwire plant"):
        store.current_watchlist()
    store.plant_watchlist("v1", "one", NOW)
    store.plant_watchlist("v2", "two", NOW)
    assert store.current_watchlist() == ("v2", "two")
    store.plant_watchlist("v1", "one", NOW - hours(1))
    assert store.current_watchlist() == ("v1", "one"), "a return to an older version, with a clock that went back"
    store.plant_watchlist("v1", "one, with a comment", NOW)
    assert store.current_watchlist() == ("v1", "one, with a comment")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(codec=None, exclude_categories=())),
    key=st.text(st.characters(codec=None, exclude_categories=()), max_size=5),
)
def test_every_text_reads_back_cleaned_and_otherwise_as_it_was(store: SqlStore, text: str, key: str) -> None:
    message = make_message("k" + clean(text), subject=text, text=text, context=text)
    with store.writing() as unit:
        unit.add_delivery("mail", message, NOW)
        unit.save_round(make_round(error=text, mentions={key: 1}), None)
        unit.save_entries([make_record("x", summary=text)])
    assert store.list_rounds(1)[0].error == clean(text)
    assert store.list_rounds(1)[0].mentions == {clean(key): 1}
    assert store.entry_records("herald", ["herald.example/x"])["herald.example/x"].summary == clean(text)
    assert any(row.message.text == clean(text) for row in store.list_deliveries())


@pytest.mark.parametrize(
    "text",
    [
        "NUL \x00 here",
        "half a pair \ud83d",
        "emoji 🏝️ 👨‍👩‍👧",
        "‏שלום‎ عربي",
        "千島列島　クリル",
        "\ufffe",
        "a\r\n\tb",
        "e\u0301",
    ],
)
def test_an_address_is_found_again_however_odd(store: SqlStore, text: str) -> None:
    article = add_article(store, text)
    with store.writing() as unit:
        unit.save_entries([make_record(text, article_id=article.id)])
        assert unit.article_by_address(f"herald.example/{text}") is not None
    assert list(store.entry_records("mirror", [f"herald.example/{text}"])) == [f"herald.example/{text}"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])))
def test_times_read_back_to_the_microsecond_in_utc(store: SqlStore, moment: datetime) -> None:
    with store.writing() as unit:
        unit.save_round(make_round(), SourceState("herald", next_due_at=moment))
    found = store.source_state("herald").next_due_at
    assert found is not None and found.tzinfo is UTC
    edge = timedelta(days=1)
    if datetime.min.replace(tzinfo=UTC) + edge < moment < datetime.max.replace(tzinfo=UTC) - edge:
        assert found == moment
    else:
        assert abs(found - moment) <= edge


def test_a_time_without_a_zone_is_a_bug(store: SqlStore) -> None:
    with pytest.raises(Exception, match="without a zone"), store.writing() as unit:
        unit.save_round(make_round(), SourceState("herald", next_due_at=datetime(2018, 1, 1)))
