"""The seed files that are shipped, and the sample newsroom: complete, consistent, served as they say."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from extractors.article import read_article
from watchwire.newsroom import Newsroom, SampleArticle, SampleSite, open_newsroom, read_newsroom_seeds, read_sites
from watchwire.planting import plant_seeds, read_seeds
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
    assert status == 200 and headers["content-type"].endswith(site.encoding)
    reading = read_article(body, headers, newsroom.addresses[site.slug] + article.path)
    assert reading.title == article.title
    assert reading.language == site.language
    for paragraph in (article.lead, *article.paragraphs):
        assert reading.text.count(paragraph) == 1, "once, whole"
    for teaser in (*site.more, article.caption):
        assert not teaser or teaser not in reading.text, "no captions, no lists of other articles"


def test_validators_are_honoured(newsroom: Newsroom) -> None:
    feed = newsroom.addresses["volna"] + "/export/rss.xml"
    _, headers, _ = fetch(feed)
    status, _, body = fetch(feed, {"If-None-Match": headers["etag"]})
    assert (status, body) == (304, b"")


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
    assert len(sources) == len(SITES) + 1
    assert all(source.url.startswith("http://127.0.0.1:") for source in sources)
