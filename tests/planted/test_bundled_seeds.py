"""The seed files that are shipped, and the sample newsroom: complete, consistent, served as they say."""

from __future__ import annotations

import gzip
import socket
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from extractors.article import read_article
from extractors.listing import read_source_listing
from pipeline.records import SourceKind
from pipeline.watchlist.tag import compile_tagger
from watchwire.newsroom import Newsroom, open_newsroom, read_newsroom_seeds
from watchwire.planting import plant_seeds, read_seeds
from watchwire.sample_sites import EDITIONS, SampleArticle, SampleSite, read_sites
from watchwire.settings import Settings

SITES = read_sites()
PAGES = [
    pytest.param(site, article, id=f"{site.slug}{article.path}")
    for site in SITES
    for article in site.second
    if not article.is_missing
]


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with open_newsroom("second") as opened:
        yield opened


def fetch(url: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=5) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def test_the_sources_cover_the_dispute_from_all_sides() -> None:
    sources = read_seeds(None).sources
    assert len(sources) >= 45
    languages = Counter(source.language for source in sources)
    assert set(languages) == {"en", "ru", "uk", "ja"} and min(languages.values()) >= 5
    tags = {tag for source in sources for tag in source.tags}
    assert {"agency", "paper", "think-tank", "government", "regional"} <= tags
    assert {source.kind.value for source in sources} == {"feed", "listing"}
    assert all(source.note for source in sources), "each says where its address comes from"


def test_planting_twice_changes_nothing(tmp_path) -> None:
    settings, seeds, now = Settings(home=tmp_path), read_seeds(None), datetime(2026, 11, 24, tzinfo=UTC)
    first, second = plant_seeds(settings, seeds, now), plant_seeds(settings, seeds, now)
    assert (first.added, first.changed, first.unchanged) == (len(seeds.sources), 0, 0)
    assert (second.added, second.changed, second.unchanged) == (0, 0, len(seeds.sources))


def test_the_newsroom_is_large_and_speaks_four_languages() -> None:
    pages = sum(len(site.second) + bool(site.feed) for site in SITES)
    assert pages >= 40
    assert {site.language for site in SITES} == {"en", "ru", "uk", "ja"}
    assert {site.encoding for site in SITES} == {"utf-8", "windows-1251", "shift_jis"}


def test_the_second_edition_differs_in_three_places() -> None:
    new = [article for site in SITES for article in site.second if article.is_new]
    assert [bool(article.copy_of) for article in sorted(new, key=lambda article: article.copy_of)] == [False, True]
    edited = [
        (before, after) for site in SITES for before in site.first for after in site.second
        if before.path == after.path and before != after
    ]  # fmt: skip
    ((before, after),) = edited
    assert before.title != after.title and after.mentions - before.mentions == {"crimea"}


@pytest.mark.parametrize(("site", "article"), PAGES)
def test_every_page_is_served_in_its_encoding_and_read_as_it_was_written(
    newsroom: Newsroom, site: SampleSite, article: SampleArticle
) -> None:
    status, headers, body = fetch(newsroom.addresses[site.slug] + article.path)
    assert status == 200 and headers["content-type"].endswith(f"charset={site.header_encoding}")
    reading = read_article(body, headers, newsroom.addresses[site.slug] + article.path)
    assert reading.title == article.title
    assert reading.language == site.language
    for paragraph in (article.lead, *article.paragraphs):
        assert reading.text.count(paragraph) == 1, "once, whole"
    for teaser in (*site.more, article.caption):
        assert not teaser or teaser not in reading.text, "no captions, no lists of other articles"


def test_what_the_articles_mention_is_what_the_watchlist_finds() -> None:
    """The gold of the sample, held against the bundled watchlist: look-alikes are found to be none."""
    tag = compile_tagger(read_seeds(None).watchlist)
    wrong = {
        site.slug + article.path: (set(found), set(article.mentions))
        for site in SITES
        for article in (*site.first, *site.second)
        if not article.is_missing
        and set(found := tag(article.title, article.body, site.language).entries()) != article.mentions
    }
    assert not wrong


def test_a_site_may_lie_about_its_encoding(newsroom: Newsroom) -> None:
    """The header says one thing, the document another, and the document is right."""
    (site,) = (site for site in SITES if site.header_encoding != site.encoding)
    address = newsroom.addresses[site.slug] + site.feed
    _, headers, body = fetch(address)
    assert headers["content-type"] == "application/xml; charset=iso-8859-1" and site.encoding == "utf-8"
    listing = read_source_listing(body, headers, address, SourceKind.FEED, None)
    assert {entry.title for entry in listing.entries} == {article.title for article in site.first}


def test_a_section_feed_lists_the_same_articles_under_other_addresses(newsroom: Newsroom) -> None:
    (site,) = (site for site in SITES if site.section)
    address = newsroom.addresses[site.slug]
    paths = {}
    for feed in (site.feed, site.section.path):
        _, headers, body = fetch(address + feed)
        listing = read_source_listing(body, headers, address + feed, SourceKind.FEED, None)
        paths[feed] = {entry.url.removeprefix(address) for entry in listing.entries}
    assert all("?utm_source=" in path for path in paths[site.section.path])
    assert {path.partition("?")[0] for path in paths[site.section.path]} < paths[site.feed]


def test_validators_are_honoured(newsroom: Newsroom) -> None:
    feed = newsroom.addresses["volna"] + "/export/rss.xml"
    _, headers, _ = fetch(feed)
    for asked in (
        {"If-None-Match": headers["etag"]},
        {"If-None-Match": f'"other", W/{headers["etag"]}'},
        {"If-Modified-Since": headers["last-modified"]},
    ):
        status, _, body = fetch(feed, asked)
        assert (status, body) == (304, b""), asked
    assert fetch(feed, {"If-None-Match": '"other"', "If-Modified-Since": headers["last-modified"]})[0] == 200
    assert fetch(feed, {"If-Modified-Since": "yesterday"})[0] == 200


def test_one_site_has_no_validators(newsroom: Newsroom) -> None:
    (site,) = (site for site in SITES if not site.has_validators)
    status, headers, body = fetch(newsroom.addresses[site.slug] + site.feed, {"If-None-Match": "*"})
    assert status == 200 and not {"etag", "last-modified"} & set(headers)
    assert body == fetch(newsroom.addresses[site.slug] + site.feed)[2], "only the bytes say that nothing changed"


def test_a_body_is_packed_for_those_who_take_it(newsroom: Newsroom) -> None:
    feed = newsroom.addresses["volna"] + "/export/rss.xml"
    _, headers, packed = fetch(feed, {"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip" and gzip.decompress(packed) == fetch(feed)[2]


def test_the_second_edition_changes_three_pages_and_their_feeds() -> None:
    """On the wire: every path of every site, asked with what the first edition answered."""
    with open_newsroom() as opened:
        addresses = wire_addresses(opened)
        first = {address: fetch(address) for address in addresses}
        opened.show_edition("second")
        changed = [address for address in addresses if has_changed(address, first[address])]
        sites = {address: slug for slug, address in opened.addresses.items()}
    by_path = sorted(
        f"{sites[address[: address.index('/', 8)]]} {address[address.index('/', 8) :]}" for address in changed
    )
    assert by_path == [
        "harbour-wire /rss?format=xml",
        "harbour-wire /wire/1051-singapore",
        "pacific-courier /2018/11/singapore-agreement",
        "pacific-courier /feed.xml",
        "strait-review /analysis/a-bridge-too-many",
        "strait-review /atom.xml",
    ]


def has_changed(address: str, before: tuple[int, dict[str, str], bytes]) -> bool:
    """Asked as a client that knows the first edition asks."""
    etag = before[1].get("etag", "")
    status, _, body = fetch(address, {"If-None-Match": etag} if etag else None)
    return status != 304 and (status, body) != (before[0], before[2])


def wire_addresses(newsroom: Newsroom) -> list[str]:
    paths = []
    for site in newsroom.sites:
        address = newsroom.addresses[site.slug]
        paths += [address + article.path for article in site.second]
        paths += [
            address + path for path in (site.feed, site.archive, site.section.path if site.section else "") if path
        ]
    return paths


def test_requests_are_counted(newsroom: Newsroom) -> None:
    before = newsroom.requests["volna/nothing-here"]
    assert fetch(newsroom.addresses["volna"] + "/nothing-here")[0] == 404
    assert newsroom.requests["volna/nothing-here"] == before + 1


def test_there_are_two_editions(newsroom: Newsroom) -> None:
    assert list(EDITIONS) == ["first", "second"]
    with pytest.raises(ValueError, match="third"):
        newsroom.show_edition("third")


@pytest.mark.parametrize(
    ("site", "path", "status"),
    [("harbour-wire", "/wire/1043-lost", 404), ("silent-herald", "/feed", 500), ("silent-herald", "/moved", 200)],
)
def test_the_sick_parts_are_sick(newsroom: Newsroom, site: str, path: str, status: int) -> None:
    assert fetch(newsroom.addresses[site] + path)[0] == status


def test_a_closed_newsroom_answers_nothing() -> None:
    with open_newsroom() as opened:
        host, _, port = opened.hosts[0].partition(":")
    with pytest.raises(OSError), socket.create_connection((host, int(port)), timeout=1):
        pass


def test_its_sources_point_to_where_it_runs(newsroom: Newsroom) -> None:
    sources = read_newsroom_seeds(newsroom.addresses).sources
    assert len(sources) == len(SITES) + 2, "one has a second feed that is sick, one a second feed that is well"
    assert all(source.url.startswith("http://127.0.0.1:") for source in sources)
