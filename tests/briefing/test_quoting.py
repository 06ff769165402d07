"""Foreign strings made fit to be shown."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.briefing.quoting import (
    count,
    language_code,
    link_address,
    mark_plainly,
    one_line,
    shown_host,
    shown_time,
    split_marks,
)


@pytest.mark.parametrize(
    ("url", "address", "host"),
    [
        ("https://paper.example/a?b=c#d", "https://paper.example/a?b=c#d", "paper.example"),
        ("http://www.paper.example:8080/", "http://www.paper.example:8080/", "paper.example"),
        ("HTTPS://Paper.Example/A", "https://paper.example/A", "paper.example"),
        ("https://газета.example/новости?q=да", None, "xn--80aahjj1e.example"),
        ("https://аррӏе.example/", None, "xn--80ak6aa92e.example"),
        ("https://新聞.example/", "https://xn--efvv70d.example/", "xn--efvv70d.example"),
        ("https://paper.example/a b", "https://paper.example/a%20b", "paper.example"),
        ("https://paper.example/%E3%81%82", "https://paper.example/%E3%81%82", "paper.example"),
        ('https://paper.example/"><script>|', "https://paper.example/%22%3E%3Cscript%3E%7C", "paper.example"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x", "2001:db8::1"),
        ("https://192.0.2.7/x", "https://192.0.2.7/x", "192.0.2.7"),
    ],
)
def test_an_address_is_linked_in_ascii_and_its_real_host_is_shown(url: str, address: str | None, host: str) -> None:
    linked = link_address(url)
    assert linked.isascii()
    assert address is None or linked == address
    assert shown_host(linked) == host


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://paper.example/",
        "//paper.example/x",
        "/x",
        "paper.example/x",
        "https:",
        "https://",
        "https:///x",
        "https:paper.example",
        "https://user@paper.example/",
        "https://user:pw@paper.example/",
        "https://@paper.example/",
        "https://bank.example\\@evil.example/",
        "https://paper.example/\nx",
        "https://paper.example/\x00",
        "https://paper.example/\ud800",
        "https://paper.example:99999/",
        "https://paper.example:x/",
        "https://[::1",
        "https://pa per.example/",
        "https://paper.example%00.evil.example/",
        "https://pa<per.example/",
        "https://" + "安" * 80 + ".example/",
        "https://\u202egnp.example/",
        "mailto:a@b.example",
        "blob:https://paper.example/x",
        "feed:https://paper.example/x",
    ],
)
def test_what_is_no_plain_web_address_is_not_linked(url: str) -> None:
    assert link_address(url) == ""
    assert shown_host("") == ""


@given(st.text(max_size=80))
def test_a_linked_address_never_breaks_out(tail: str) -> None:
    address = link_address("https://paper.example/" + tail)
    assert not set(address) & set(' "<>\\|^`{}\n\r\t\x00')
    assert address == "" or address.startswith("https://paper.example/")
    assert link_address(address) == address


@pytest.mark.parametrize(
    ("sentence", "marks", "plain"),
    [
        ("Putin said", ((0, 5),), "**Putin** said"),
        ("プーチン大統領は択捉島を", ((0, 4), (8, 11)), "**プーチン**大統領は**択捉島**を"),
        ("Putin said", (), "Putin said"),
        ("Putin said", ((0, 5), (3, 10)), "**Putin said**"),
        ("Putin said", ((0, 5), (0, 5)), "**Putin** said"),
        ("Putin said", ((0, 5), (5, 6)), "**Putin ** said".replace(" ** ", " **")),
        ("Putin said", ((6, 99),), "Putin **said**"),
        ("Putin said", ((-4, 5), (8, 3), (50, 60)), "**Putin** said"),
        ("two\nlines \t here", ((0, 3),), "**two** lines here"),
        ("", ((0, 5),), ""),
    ],
)
def test_mentions_are_marked(sentence: str, marks: tuple[tuple[int, int], ...], plain: str) -> None:
    assert mark_plainly(split_marks(sentence, marks)) == plain


@given(
    st.text(alphabet=st.characters(codec="ascii", categories=["L", "P", "Zs"]), max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6),
)
def test_marking_loses_no_character(sentence: str, marks: list[tuple[int, int]]) -> None:
    pieces = split_marks(sentence, marks)
    assert "".join(piece.text for piece in pieces) == sentence
    assert all(a.is_marked != b.is_marked for a, b in itertools.pairwise(pieces))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nb\u2028c\x85d\te", "a b c d e"),
        ("\u202eabc\u2066def\u2069", "abcdef"),
        ("a\x9b31mb", "a31mb"),
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
        ("  x  ", "x"),
        ("👩‍👩‍👧 שלום\u200f!", "👩‍👩‍👧 שלום\u200f!"),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_long_line_is_cut_and_says_so() -> None:
    assert one_line("word " * 100, 12) == "word word w…"
    assert len(one_line("安" * 500, 300)) == 300


def test_times_are_told_on_the_readers_clock() -> None:
    at = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert shown_time(at, ZoneInfo("Asia/Tokyo"), datetime(2027, 1, 1, tzinfo=UTC)) == "Fri 1 Jan, 08:30"
    assert shown_time(at, UTC, datetime(2027, 1, 1, tzinfo=UTC)) == "Thu 31 Dec 2026, 23:30"
    assert shown_time(at, UTC) == "Thu 31 Dec 2026, 23:30"


def test_small_words() -> None:
    assert (count(1, "story", "stories"), count(0, "alert"), count(2, "copy", "copies")) == (
        "1 story",
        "0 alerts",
        "2 copies",
    )
    assert [language_code(code) for code in ("ja", "ukr", "", 'en"><', "EN", "x" * 9)] == ["ja", "ukr", "", "", "", ""]
