"""Which spellings are one article, and which near-misses must stay two."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.addresses import canonicalise_address, host_of, is_web_address

KEY = "https://news.example/world/kurils/story-1.html?id=7&page=2"

SCHEMES = ["http://", "https://", "HTTPS://"]
HOSTS = ["news.example", "www.news.example", "News.Example", "m.news.example", "news.example."]
PATHS = [
    "/world/kurils/story-1.html",
    "//world//kurils/story-1.html",
    "/world/./x/../kurils/story-1.html/",
    "/world/%6burils/story%2D1.html",
    "/amp/world/kurils/story-1.html",
    "/world/kurils/story-1.amp.html",
    "/world/kurils/story-1.html;jsessionid=0A1B2C",
]
QUERIES = [
    "?id=7&page=2",
    "?page=2&id=7",
    "?page=2&id=7&utm_source=rss&utm_medium=feed#top",
    "?fbclid=IwAR0&id=%37&page=2&",
    "?id=7&amp;page=2&ref=twitter",
    "?id=7&page=2&PHPSESSID=abcdef&yclid=1#comments",
]


def test_two_hundred_spellings_are_one_article():
    spellings = ["".join(parts) for parts in itertools.product(SCHEMES, HOSTS, PATHS, QUERIES)]
    assert len(spellings) >= 200
    assert {canonicalise_address(url) for url in spellings} == {KEY}


SAME = [
    ("http://news.example", "https://news.example/"),
    ("http://news.example/", "https://www.news.example/index.html"),
    ("http://news.example:80/a", "https://news.example:443/a"),
    ("http://news.example/a/", "http://news.example/a"),
    ("http://news.example/a/index.php?id=1", "http://news.example/a?id=1"),
    ("http://news.example/a/amp", "http://news.example/a"),
    ("http://news.example/a/amp/", "http://news.example/a/"),
    ("http://news.example/a?amp=1", "http://news.example/a"),
    ("http://news.example/a?outputType=amp", "http://news.example/a"),
    ("http://amp.news.example/a", "http://news.example/a"),
    ("http://mobile.news.example/a", "http://www.news.example/a"),
    ("http://news.example/новости/24", "http://news.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/24"),
    ("http://новости.рф/a", "http://xn--b1amnebsh.xn--p1ai/a"),
    ("http://НОВОСТИ.РФ/a", "http://новости.рф/a"),
    ("http://news.example/a b", "http://news.example/a%20b"),
    ("http://news.example/?q=a+b", "http://news.example/?q=a%20b"),
    ("http://news.example/a%2c(b)", "http://news.example/a,%28b%29"),
    ("http://news.example/a%c3%a9", "http://news.example/aé"),
    ("http://news.example/%7Eabe/", "http://news.example/~abe"),
    ("http://news.example/../../a", "http://news.example/a"),
    ("http://news.example/a?", "http://news.example/a"),
    ("http://news.example/a?b=", "http://news.example/a?b"),
    ("http://news.example/a?b=1&b=1", "http://news.example/a?b=1"),
    ("http://news.example/a?from=rss", "http://news.example/a?from=yandex"),
    ("http://news.example/a?CMP=share_btn", "http://news.example/a"),
    ("http://news.example/a?at_medium=RSS&at_campaign=KARANGA", "http://news.example/a"),
    ("http://news.example/a?sid=0123456789abcdef0123", "http://news.example/a"),
    (" http://news.example/a\n", "http://news.example/a"),
    ("http://[::1]:8000/a/", "http://[::1]:8000/a"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_these_are_one(left, right):
    assert canonicalise_address(left) == canonicalise_address(right)


NEAR_MISSES = [
    ("/a", "/b"), ("/a", "/A"), ("/a", "/a/b"), ("/a-b", "/a_b"), ("/a", "/a.html"), ("/a.html", "/a.htm"),
    ("/a.html", "/a.php"), ("/2026/11/24/a", "/2026/11/25/a"), ("/a-1", "/a-2"), ("/a", "/a-2"), ("/1", "/01"),
    ("/a?id=1", "/a?id=2"), ("/a?id=1", "/a"), ("/a?id=1", "/b?id=1"), ("/a?id=1&p=1", "/a?id=1&p=2"),
    ("/a?id=A", "/a?id=a"), ("/a?id=1", "/a?ID=1"), ("/?p=1", "/?p=2"), ("/?p=1", "/?page_id=1"),
    ("/?id=1&x=2", "/?id=2&x=1"),
    ("/a?page=1", "/a?page=2"), ("/a?lang=ru", "/a?lang=uk"), ("/a?q=a+b", "/a?q=a%2Bb"), ("/a?q=a&b", "/a?q=a%26b"),
    ("/a?id=1,2", "/a?id=1.2"), ("/a?b=1&b=2", "/a?b=1"), ("/a?from=2026", "/a?from=2025"),
    ("/a?ref=123", "/a?ref=124"),
    ("/a?source=tass", "/a?source=ria"), ("/a?sid=12345", "/a?sid=12346"), ("/a?s=1", "/a?s=2"),
    ("/a?view=1", "/a?view=2"),
    ("/a?utmost=1", "/a?utmost=2"), ("/a?at_id=1", "/a?at_id=2"), ("/a?ns_id=1", "/a?ns_id=2"),
    ("/a?title=utm_source", "/a?title=utm_medium"), ("/a?print_id=1", "/a?print_id=2"),
    ("/a%2Fb", "/a/b"), ("/a%3Fb=1", "/a?b=1"), ("/a%23b", "/a#b"), ("/a%252F", "/a%2F"), ("/a;v=1", "/a;v=2"),
    ("/#!/a", "/#!/b"), ("/#!/a", "/"), ("/amp", "/"), ("/example", "/ex/mple"), ("/camp/a", "/a"), ("/a/champ", "/a"),
    ("/ampere/a", "/ere/a"), ("/index/a", "/a"), ("/a/index", "/a"), ("/новость", "/novost"), ("/й", "/и"),
    ("/a.", "/a"),
    ("/%CF%F3%F2%E8%ED", "/%CF%F3%F2%E8%EC"), ("/a+b", "/a%20b"),
]  # fmt: skip
OTHER_HOSTS = [
    ("news.example", "news2.example"), ("news.example", "news.example.org"), ("en.news.example", "ru.news.example"),
    ("ua.news.example", "news.example"), ("news.example:8080", "news.example"),
    ("news.example:8080", "news.example:8081"),
    ("m.example", "example.m"), ("mnews.example", "news.example"), ("www2.news.example", "news.example"),
    ("wwwnews.example", "news.example"), ("news-example", "news.example"), ("новости.рф", "новость.рф"),
    ("ampnews.example", "news.example"), ("[::1]", "[::2]"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), NEAR_MISSES)
def test_near_misses_stay_two(left, right):
    assert canonicalise_address("https://news.example" + left) != canonicalise_address("https://news.example" + right)


@pytest.mark.parametrize(("left", "right"), OTHER_HOSTS)
def test_other_hosts_stay_two(left, right):
    assert canonicalise_address(f"https://{left}/a") != canonicalise_address(f"https://{right}/a")


def test_what_is_no_web_address_comes_back():
    for text in ("", "tag:news.example,2026:1", "mailto:a@b.example", "/a/b", "http://", "http://[", "http://a:99999/"):
        assert canonicalise_address(f" {text} ") == text
        assert not is_web_address(text)
        assert host_of(text) == ""


WEB_ADDRESSES = ["http://news.example", "HTTPS://News.Example:8443/a?b#c", "http://127.0.0.1:8000/", "http://[::1]/",
                 "http://новости.рф/Путин", "http://a_b.example/", "http://localhost/"]  # fmt: skip
NO_WEB_ADDRESSES = ["javascript:alert(1)", "data:text/html,x", "//news.example/", "news.example/a",
    "ftp://news.example/",
                    "http://user:pw@news.example/", "http://news.example\\@b.example/", "http://news.example/a b",
                    "http://news.example/a\nb", "http://news.example/\x00", "http://news.example:0/", "http:///a",
                    "http://%00/", "http://a<b>/", "http://" + "a" * 2_050 + "/", "java\tscript:alert(1)"]  # fmt: skip


@pytest.mark.parametrize("url", WEB_ADDRESSES)
def test_web_addresses(url):
    assert is_web_address(url)


@pytest.mark.parametrize("url", NO_WEB_ADDRESSES)
def test_no_web_addresses(url):
    assert not is_web_address(url)


def test_hosts_are_batched_by_name_and_port():
    assert host_of("HTTP://News.Example:80/a") == "news.example"
    assert host_of("https://news.example:8443/a") == "news.example:8443"
    assert host_of("http://www.news.example/") == "www.news.example"
    assert host_of("http://новости.рф/") == "xn--b1amnebsh.xn--p1ai"
    assert host_of("http://[::1]:8000/") == "[::1]:8000"


_PIECES = ["http://", "https://", "news.example", "www.", "m.", "/", "//", "..", ".", "amp", "index.html", "?", "&",
    "=", "a",
           "A", "%2F", "%", "%zz", "é", "Путин", "#", "#!", "utm_x=1", "ref=rss", ";sid=1", ":80", ":", "+", " ",
           ".amp", "\\",
           "@", "[::1]", "年", "\ud800"]  # fmt: skip


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)
    | st.lists(st.sampled_from(_PIECES), max_size=12).map(lambda pieces: "http://news.example/" + "".join(pieces))
)
def test_a_key_is_its_own_key(url):
    key = canonicalise_address(url)
    assert canonicalise_address(key) == key
    if is_web_address(url):
        assert is_web_address(key) or len(key) > 2_048
        assert key.isascii()
