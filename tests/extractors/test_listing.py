"""Pages that list articles, and the rule each is read by."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.listing import MAX_TAGS, read_listing_page, read_source_listing
from extractors.sandbox import open_sandbox
from pipeline.errors import NotAListing, ParseError
from pipeline.records import Entry, ListingRule, SourceKind

URL = "https://news.example/archive/2026/"
DAY = datetime(2026, 11, 24, tzinfo=UTC)

PAGE = """<!doctype html><html lang="ru"><head><title>Архив:
  все новости</title></head><body>
<nav><a href="/">На главную</a></nav>
<ul class="list">
  <li class="item"><h3><a href="/1?a=1&amp;b=2">Переговоры <b>об островах</b></a></h3>
      <time datetime="2026-11-24T17:05:00+03:00">сегодня</time></li>
  <li class="item"><a href="2"><img src="x.png" alt="Снимок дня"></a> <time>24 ноября 2026</time></li>
  <li class="item"><a href="#top"></a><a href="javascript:void(0)">меню</a></li>
  <li class="item">без ссылки</li>
  <li class="item"><a href="https://other.example/3">Чужая новость</a><span class="when">вчера</span></li>
</ul>
<a class="next" href="?page=2">Дальше</a>
</body></html>"""
RULE = ListingRule(item="li.item", date="time", next="a.next")


def read(html: str, rule: ListingRule = RULE, url: str = URL, codec: str = "utf-8", **headers: str):
    return read_listing_page(html.encode(codec), headers, url, rule)


def test_a_page_is_read_by_its_rule():
    listing = read(PAGE)
    assert listing.title == "Архив: все новости"
    assert listing.next_url == "https://news.example/archive/2026/?page=2"
    assert listing.dropped == 2
    assert listing.entries == (
        Entry("https://news.example/1?a=1&b=2", "Переговоры об островах", published_at=DAY.replace(hour=14, minute=5),
              published_raw="2026-11-24T17:05:00+03:00"),
        Entry("https://news.example/archive/2026/2", "Снимок дня", published_at=DAY, published_raw="24 ноября 2026"),
        Entry("https://other.example/3", "Чужая новость"),
    )  # fmt: skip


def test_title_and_link_may_stand_elsewhere_in_the_item():
    html = '<div><h2>Talks resume</h2><a class="pic" href="/p">x</a><a class="more" href="/1">Read</a></div>'
    listing = read(html, ListingRule(item="div", link="a.more", title="h2"))
    assert listing.entries == (Entry("https://news.example/1", "Talks resume"),)
    listing = read(html, ListingRule(item="div", link="a.more", title="h5"))
    assert listing.entries == (Entry("https://news.example/1", "Read"),)


def test_the_item_may_be_the_link():
    listing = read('<a class="card" href="/1"><h2>Talks</h2><p>resume</p></a>', ListingRule(item="a.card", title="h2"))
    assert listing.entries == (Entry("https://news.example/1", "Talks"),)


def test_base_is_respected():
    html = '<head><base href="//cdn.example/b/"></head><li><a href="1">x</a></li><a rel="next" href="p2">next</a>'
    listing = read(html, ListingRule(item="li", next="a[rel=next]"))
    assert (listing.entries[0].url, listing.next_url) == ("https://cdn.example/b/1", "https://cdn.example/b/p2")


@pytest.mark.parametrize(
    "anchor",
    ["", '<a class="next">', '<a class="next" href="">', '<a class="next" href="#">', '<a class="next" href="#more">',
     f'<a class="next" href="{URL}">', '<a class="next" href="javascript:more()">', '<a class="next" href="file:///x">'],
)  # fmt: skip
def test_no_next_page(anchor):
    assert read(f'<li class="item"><a href="/1">x</a></li>{anchor}</a>').next_url == ""


@pytest.mark.parametrize(
    ("codec", "declared"), [("cp1251", "utf-8"), ("cp1251", ""), ("koi8-r", "koi8-r"), ("utf-8", "cp866")]
)
def test_encodings(codec, declared):
    html = PAGE.replace("<head>", f'<head><meta charset="{declared}">') if declared else PAGE
    assert read(html, codec=codec).entries[0].title == "Переговоры об островах"


def test_japanese():
    html = '<dl lang="ja"><dt>2026年11月24日（火）</dt><dd><a href="/ja/1">島の協議を来年再開へ</a></dd></dl>'
    (entry,) = read(html, ListingRule(item="dl", date="dt"), codec="cp932").entries
    assert (entry.title, entry.published_at) == ("島の協議を来年再開へ", DAY)


@pytest.mark.parametrize(
    "html", ["", "not found", "<html><body>nothing</body></html>", "<rss><channel/></rss>", "\x00"]
)
def test_a_page_without_items_says_so(html):
    with pytest.raises(NotAListing, match=r"nothing on the page matches `li.item`"):
        read(html)


def test_items_without_links_are_not_an_empty_page():
    with pytest.raises(NotAListing, match=r"2 elements match `li\.item`, none has a link `a\[href\]`"):
        read('<li class="item">one</li><li class="item"><a href="mailto:a@b.example">two</a></li>')


@pytest.mark.parametrize("field", ["item", "link", "title", "date", "next"])
@pytest.mark.parametrize("selector", ["li..", "[", "li:nope", "li >", ":nth-child(x)", "a{}", "::before"])
def test_a_bad_selector_is_named(field, selector):
    rule = ListingRule(**{"item": "li", field: selector})
    with pytest.raises(ParseError) as failed:
        read('<li><a href="/1">x</a></li>', rule)
    assert failed.value.code == "bad_selector"
    assert selector in str(failed.value)


def test_two_thousand_items_are_read_and_the_rest_counted():
    listing = read("".join(f'<li class="item"><a href="/{n}">{n}</a></li>' for n in range(2_300)))
    assert (len(listing.entries), listing.dropped) == (2_000, 300)


def test_too_many_tags_are_refused_at_once():
    started = time.perf_counter()
    with pytest.raises(ParseError) as failed:
        read("<li class=item><a href=/1>" * MAX_TAGS)
    assert failed.value.code == "too_many_tags"
    assert time.perf_counter() - started < 1.0


def test_deep_nesting_is_read():
    assert read("<div>" * 3_000 + '<li class="item"><a href="/1">deep</a></li>').entries[0].title == "deep"


def test_the_kind_decides_how_a_source_is_read():
    feed = b"<rss version='2.0'><channel><item><title>T</title><link>/1</link></item></channel></rss>"
    assert read_source_listing(feed, {}, URL, SourceKind.FEED, None).entries[0].title == "T"
    assert read_source_listing(PAGE.encode(), {}, URL, SourceKind.LISTING, RULE).next_url
    with pytest.raises(NotAListing):
        read_source_listing(PAGE.encode(), {}, URL, SourceKind.FEED, RULE)
    with pytest.raises(ParseError):
        read_source_listing(PAGE.encode(), {}, URL, SourceKind.LISTING, None)


def test_it_runs_in_the_sandbox():
    with open_sandbox(workers=1) as sandbox:
        listing = sandbox.run(read_source_listing, PAGE.encode(), {}, URL, SourceKind.LISTING, RULE, seconds=5)
    assert len(listing.entries) == 3


_PIECES = [
    "<li class=item>", "</li>", "<a href=/1>", "<a href='http://['>", "</a>", "<base href='x:'>", "<table>", "<!--",
    "<html lang=", "<time datetime=>", "<time>24.11.2026", "&#0;", "\x00", "<?xml version='1.0'?>", "<svg>", "é",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join) | st.text(max_size=100))
def test_any_page_ends_in_a_listing_or_our_error(html):
    try:
        listing = read_listing_page(html.encode("utf-8", "replace"), {}, URL, RULE)
    except ParseError:
        return
    assert all(entry.url.startswith(("http://", "https://")) for entry in listing.entries)
