"""Sources and channels as written, and every mistake with its line, what was found and what was expected."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SeedError
from pipeline.records import Channel, ListingRule, Source, SourceKind
from pipeline.seeds import CHANNEL_OPTIONS, parse_channels, parse_sources

SOURCES = """\
sources:
  - slug: strait-times
    name: Strait Times
    url: https://example.org/feed.xml
    kind: feed
    language: en
    country: JP
  - slug: cape-office
    name: Cape Office
    url: https://example.net/news/
    kind: listing
    language: ja
    country: JP
    interval: 2h
    tags: [government, side-japan]
    enabled: no
    listing:
      item: ul.news > li
      date: time
      next: a[rel=next]
      max_pages: 12
    note: address not checked from here
"""

CHANNELS = """\
channels:
  - slug: screen
    kind: console
  - slug: folder
    kind: file
    folder: alerts
    takes: digest
  - slug: desk
    kind: email
    to: [a@example.org, b@example.org]
    from_name: The desk
    enabled: false
  - slug: room
    kind: slack
    webhook_secret: SLACK_WEBHOOK
    takes: [alert]
"""


def test_sources_as_written() -> None:
    feed, listing = parse_sources(SOURCES, "sources.yaml")
    assert feed == Source(
        slug="strait-times",
        name="Strait Times",
        url="https://example.org/feed.xml",
        kind=SourceKind.FEED,
        language="en",
        country="JP",
        interval_minutes=30,
    )
    assert listing == Source(
        slug="cape-office",
        name="Cape Office",
        url="https://example.net/news/",
        kind=SourceKind.LISTING,
        language="ja",
        country="JP",
        interval_minutes=120,
        tags=("government", "side-japan"),
        is_enabled=False,
        listing=ListingRule(item="ul.news > li", date="time", next="a[rel=next]", max_pages=12),
        note="address not checked from here",
    )


def test_a_feed_may_have_an_archive() -> None:
    text = SOURCES.replace(
        "    kind: feed\n", "    kind: feed\n    archive: https://example.org/all/\n    listing: {item: article}\n"
    )
    source = parse_sources(text, "sources.yaml")[0]
    assert source.archive_url == "https://example.org/all/"
    assert source.listing == ListingRule(item="article")


def test_channels_as_written() -> None:
    assert parse_channels(CHANNELS, "channels.yaml") == (
        Channel("screen", "console", True),
        Channel("folder", "file", True, ("digest",), {"folder": "alerts"}),
        Channel("desk", "email", False, options={"to": "a@example.org, b@example.org", "from_name": "The desk"}),
        Channel("room", "slack", True, ("alert",), {"webhook_secret": "SLACK_WEBHOOK"}),
    )


SOURCE_MISTAKES = [
    # what was written, what it became, the line, found, expected
    ("slug: cape-office", "slug: strait-times", 8, "which line 2 has already", "each once"),
    ("https://example.net/news/", "https://example.org/feed.xml", 10, "which line 4 has already", "each once"),
    ("slug: strait-times", "slug: Strait Times", 2, "`Strait Times`", "small letters, digits and single hyphens"),
    ("slug: strait-times", "slug:", 2, "nothing", "a text"),
    ("https://example.org/feed.xml", "ftp://example.org/feed.xml", 4, "`ftp://example.org/feed.xml`", "https://"),
    ("https://example.org/feed.xml", "javascript:alert(1)", 4, "`javascript:alert(1)`", "https://"),
    ("https://example.org/feed.xml", "/feed.xml", 4, "`/feed.xml`", "https://"),
    ("https://example.org/feed.xml", "https:///feed.xml", 4, "`https:///feed.xml`", "https://"),
    ("https://example.org/feed.xml", "https://[::1/feed.xml", 4, "Invalid IPv6", "https://"),
    ("https://example.org/feed.xml", "https://example.org:99999/", 4, "Port out of range", "https://"),
    ("https://example.org/feed.xml", r"https://example.org\@evil/", 4, "no address has", "https://"),
    ("https://example.org/feed.xml", "https://me:pw@example.org/", 4, "user name or password", "https://"),
    ("kind: feed", "kind: rss", 5, "`rss`", "one of `feed`, `listing`"),
    ("language: en", "language: english", 6, "`english`", "ISO 639-1"),
    ("language: en", "language: EN", 6, "`EN`", "ISO 639-1"),
    ("country: JP\n  - slug: cape", "country: Japan\n  - slug: cape", 7, "`Japan`", "ISO 3166-1"),
    ("interval: 2h", "interval: 120", 14, "`120`", "15m, 2h or 1d"),
    ("interval: 2h", "interval: 0m", 14, "`0m`", "from 1 minute"),
    ("interval: 2h", "interval: 8d", 14, "`8d`", "to 7 days"),
    ("interval: 2h", "interval: hourly", 14, "`hourly`", "15m, 2h or 1d"),
    ("tags: [government, side-japan]", "tags: [government, Side Japan]", 15, "`Side Japan`", "small letters"),
    ("enabled: no", "enabled: maybe", 16, "`maybe`", "true or false"),
    ("item: ul.news > li", "item: 'ul.news >'", 18, "`ul.news >`", "a CSS selector"),
    ("next: a[rel=next]", "next: 'a[rel=next'", 20, "`a[rel=next`", "a CSS selector"),
    ("max_pages: 12", "max_pages: 0", 21, "0", "a whole number from 1"),
    ("      item: ul.news > li\n", "", 18, "`item` is missing", "item"),
    ("      date: time", "      dates: time", 19, "unknown key `dates`", "`date`"),
    ("kind: listing", "kind: feed", 18, "nothing it would be used for", "`archive:`"),
    ("    name: Strait Times\n", "", 2, "`name` is missing", "slug, name, url"),
    ("    name: Strait", "    nmae: Strait", 3, "unknown key `nmae`", "`name`"),
    ("    kind: feed\n", "    kind: feed\n    kind: feed\n", 6, "`kind` stands twice", "each key once"),
    ("sources:", "source:", 1, "unknown key `source`", "`sources`"),
    ("    kind: feed\n", "    kind: feed\n    archive: https://example.org/a\n", 6, "without `listing`", "`listing:`"),
]


@pytest.mark.parametrize(
    ("written", "became", "line", "found", "expected"), SOURCE_MISTAKES, ids=[row[1].strip() for row in SOURCE_MISTAKES]
)
def test_a_mistake_in_a_source(written: str, became: str, line: int, found: str, expected: str) -> None:
    assert SOURCES.count(written) == 1
    with pytest.raises(SeedError) as caught:
        parse_sources(SOURCES.replace(written, became), "my/sources.yaml")
    assert caught.value.place == f"my/sources.yaml:{line}"
    assert found in caught.value.message
    assert expected in caught.value.message.partition("expected")[2]


def test_a_listing_source_without_its_rule() -> None:
    text = SOURCES[: SOURCES.index("    listing:")]
    with pytest.raises(SeedError, match=r"without `listing`, expected `listing:`") as caught:
        parse_sources(text, "sources.yaml")
    assert caught.value.place == "sources.yaml:8"


CHANNEL_MISTAKES = [
    ("slug: folder", "slug: screen", 4, "which line 2 has already", "each once"),
    ("kind: console", "kind: terminal", 3, "`terminal`", "one of `console`, `file`, `email`, `slack`"),
    ("    kind: console\n", "", 2, "`kind` is missing", "`console`"),
    ("kind: console", "kind: console\n    folder: x", 4, "unknown key `folder`", "`slug`"),
    ("folder: alerts", "path: alerts", 6, "unknown key `path`", "`slug`"),
    ("    folder: alerts\n", "", 4, "`folder` is missing", "slug, kind, folder"),
    ("folder: alerts", "folder:", 6, "nothing", "a text"),
    ("takes: digest", "takes: digests", 7, "`digests`", "`alert`, `digest`"),
    ("takes: digest", "takes: []", 7, "an empty list", "`alert`, `digest` or both"),
    ("to: [a@example.org, b@example.org]", "to: the desk", 10, "`the desk`", "a mail address"),
    ("to: [a@example.org, b@example.org]", "to: 'a@example.org, b@example.org'", 10, "b@example.org`", "as a list"),
    ("to: [a@example.org, b@example.org]", "to: []", 10, "an empty list", "at least one mail address"),
    ("from_name: The desk", "form_name: The desk", 11, "unknown key `form_name`", "`from_name`"),
    ("enabled: false", "enabled: off-ish", 12, "`off-ish`", "true or false"),
    ("    webhook_secret: SLACK_WEBHOOK\n", "", 13, "`webhook_secret` is missing", "slug, kind, webhook_secret"),
]


@pytest.mark.parametrize(
    ("written", "became", "line", "found", "expected"),
    CHANNEL_MISTAKES,
    ids=[row[1].strip() or row[0].strip() for row in CHANNEL_MISTAKES],
)
def test_a_mistake_in_a_channel(written: str, became: str, line: int, found: str, expected: str) -> None:
    assert CHANNELS.count(written) >= 1
    with pytest.raises(SeedError) as caught:
        parse_channels(CHANNELS.replace(written, became, 1), "channels.yaml")
    assert caught.value.place == f"channels.yaml:{line}"
    assert found in caught.value.message
    assert expected in caught.value.message.partition("expected")[2]


def test_a_secret_written_out_is_refused_and_not_repeated() -> None:
    text = CHANNELS.replace("SLACK_WEBHOOK", "https://hooks.example.org/T0/B0/secret")
    with pytest.raises(SeedError) as caught:
        parse_channels(text, "channels.yaml")
    assert caught.value.place == "channels.yaml:15"
    assert "WATCHWIRE_SECRET_SLACK_WEBHOOK" in caught.value.message
    assert "hooks.example.org" not in str(caught.value)


@pytest.mark.parametrize("parse", [parse_sources, parse_channels])
@pytest.mark.parametrize("text", ["", "# nothing\n", "[", "just words", "- a\n- b\n", "sources: 5\nchannels: 5\n"])
def test_a_file_that_is_no_seed_file(parse, text: str) -> None:
    with pytest.raises(SeedError) as caught:
        parse(text, "seeds.yaml")
    assert caught.value.place.startswith("seeds.yaml:")


@given(st.text(alphabet=string.printable + "ёЇ錨", max_size=80))
def test_whatever_stands_in_a_field_is_read_or_answered(value: str) -> None:
    """No text makes the parsers fail with anything but a SeedError at a line of the file."""
    for parse, template in ((parse_sources, SOURCES), (parse_channels, CHANNELS)):
        for field in ("strait-times", "https://example.org/feed.xml", "2h", "ul.news > li", "alerts", "The desk"):
            text = template.replace(field, value)
            try:
                parse(text, "seeds.yaml")
            except SeedError as error:
                assert 1 <= int(error.place.rpartition(":")[2]) <= text.count("\n") + 2


def test_every_kind_of_channel_says_its_options() -> None:
    assert list(CHANNEL_OPTIONS) == ["console", "file", "email", "slack"]
