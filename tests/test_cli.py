"""The command line, called as a person calls it: what it prints, what it says when something is wrong, how it exits."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from watchwire.cli import main
from watchwire.newsroom import open_newsroom
from watchwire.wiring import close_workshop

PAGE = """<html lang="en"><head><title>A Treaty for the Kurils - Sample Paper</title>
<meta property="og:title" content="A Treaty for the Kurils"></head><body><article><h1>A Treaty for the Kurils</h1>
<p>Vladimir Putin said on Monday that the southern Kurils would be discussed in spring, when the ice has left the strait
and the first boats carry visitors to the graves of their families on the islands.</p>
<p>Fishermen on both sides asked for a date and were given a season. The ministry said that the talks had been friendly,
that they had been long, and that another round would follow before the summer.</p></article></body></html>"""

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Sample</title>
<item><title>One</title><link>/one</link><pubDate>Mon, 12 Nov 2018 10:00:00 GMT</pubDate></item>
<item><title>Two</title><link>javascript:alert(1)</link></item></channel></rss>"""


@dataclass(frozen=True)
class Said:
    """What a call printed and how it ended."""

    out: str
    err: str
    code: int

    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable]:
    """`call("status", "--json", stdin=…)` in an empty home of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATCHWIRE_HOME", str(tmp_path / "home"))

    def run(*words: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["watchwire", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        close_workshop()
        said = capsys.readouterr()
        return Said(said.out, said.err, code)

    yield run
    close_workshop()


# --- the stages, on files -----------------------------------------------------------------------------------------


def test_parse_gives_the_entries_of_a_feed_and_counts_what_it_dropped(call, tmp_path) -> None:
    (tmp_path / "feed.xml").write_text(FEED)
    said = call("parse", "feed.xml", "--as", "feed", "--url", "https://sample.example/feed.xml")
    assert [row["url"] for row in said.rows()] == ["https://sample.example/one"]
    assert said.rows()[0]["published_at"] == "2018-11-12T10:00:00+00:00"
    assert json.loads(said.err)["dropped"] == 1


def test_parse_reads_a_listing_by_selectors(call, tmp_path) -> None:
    (tmp_path / "list.html").write_text('<ul><li><a href="/a">A</a></li></ul><a class="next" href="?p=2">older</a>')
    said = call(
        "parse", "list.html", "--as", "listing", "--url", "https://s.example/", "--item", "li", "--next", "a.next"
    )
    assert [row["url"] for row in said.rows()] == ["https://s.example/a"]
    assert json.loads(said.err)["next"] == "https://s.example/?p=2"


def test_extract_reads_a_file_for_people_and_for_programs(call, tmp_path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    assert "first boats carry visitors" in call("extract", "page.html").out
    row = json.loads(call("extract", "page.html", "--json").out)
    assert row["title"] == "A Treaty for the Kurils" and row["language"] == "en"


def test_extract_takes_json_lines_and_a_bad_page_is_a_line_too(call, tmp_path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    lines = [{"id": 1, "path": "page.html", "url": "https://s.example/1"}, {"id": 2, "html": "<p>no</p>"}]
    (tmp_path / "pages.jsonl").write_text("\n".join(map(json.dumps, lines)))
    first, second = call("extract", "--jsonl", "pages.jsonl").rows()
    assert first["id"] == 1 and first["body"].startswith("Vladimir Putin")
    assert second["id"] == 2 and second["code"] and second["body"] == ""


def test_tag_explains_itself(call) -> None:
    said = call("tag", "В Южно-Курильске говорили о Курилах, и Путин их посетит. Рыбаки курили.")
    assert "kurils" in said.out and "putin" in said.out and "Курилах" in said.out


def test_tag_takes_json_lines_with_offsets_into_the_text(call) -> None:
    text = "Shinzo Abe met Vladimir Putin. Abe Lincoln did not."
    (row,) = call("tag", "--jsonl", "-", stdin=json.dumps({"id": "x", "text": text})).rows()
    assert row["id"] == "x" and row["tags"] == ["abe", "putin"]
    assert [text[span["start"] : span["end"]] for span in row["spans"]] == ["Shinzo Abe", "Vladimir Putin"]
    assert all(span["form"] and span["entry"] == span["tag"] and span["why"] for span in row["spans"])
    assert [veto["entry"] for veto in row["vetoed"]] == ["abe"]


def test_dedupe_finds_the_copy(call) -> None:
    text = " ".join(f"Point {number} of the statement concerns the harbour and its lights." for number in range(30))
    documents = [
        {"id": 1, "title": "A", "text": text, "date": "2018-11-12T10:00:00Z", "lang": "en"},
        {"id": 2, "title": "B", "text": text + " Read more.", "date": "2018-11-12T11:00:00Z", "lang": "en"},
        {"id": 3, "title": "C", "text": "Nothing to do with it.", "date": "2018-11-12T12:00:00Z", "lang": "en"},
    ]
    rows = call("dedupe", "--jsonl", "-", stdin="\n".join(map(json.dumps, documents))).rows()
    assert [row["copy_of"] for row in rows] == [None, 1, None]
    assert rows[0]["story"] == rows[1]["story"] != rows[2]["story"]


# --- the whole ----------------------------------------------------------------------------------------------------


def test_a_pass_over_the_newsroom_without_prefect(call, tmp_path, monkeypatch) -> None:
    """Two passes: the first is history; the second finds one new article, one edited, one copy."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    with open_newsroom() as newsroom:
        monkeypatch.setenv("WATCHWIRE_ALLOW_HOSTS", ",".join(newsroom.hosts))
        write_seed_files(seeds, newsroom)
        assert call("plant", "--seeds", str(seeds)).code == 0

        first = json.loads((said := call("run", "--json")).out)["rounds"]
        assert said.code == 1, "two sources are sick"
        failed = {item["source"]: item["code"] for item in first if item["outcome"] == "failed"}
        assert failed == {"silent-herald": "http_500", "silent-herald-moved": "not_a_listing"}
        assert sum(item["counts"].get("new", 0) for item in first) == 33
        assert [item["counts"].get("summary") for item in first if item["source"] == "harbour-wire"] == [1]
        section = next(item for item in first if item["source"] == "stolichnaya-khronika-section")
        assert section["counts"] == {"known": 2}, "the same articles under tracking parameters"
        assert not any(item["alerts"] for item in first)
        assert {item["source"]: item["mentions"] for item in first if item["mentions"]} == expected_mentions(newsroom)

        newsroom.show_edition("second")
        every = [word for item in first for word in ("--source", item["source"])]
        second = json.loads(call("run", *every, "--json").out)["rounds"]
        by_outcome = {
            name: sum(item["counts"].get(name, 0) for item in second) for name in ("new", "revised", "unchanged")
        }
        assert by_outcome == {"new": 2, "revised": 1, "unchanged": 0}
        outcomes = {item["source"]: item["outcome"] for item in second}
        assert outcomes["volna"] == "not_modified" and outcomes["stolichnaya-khronika"] == "same_body"
        assert sum(item["copies"] for item in second) == 1

    alerts = call("alerts", "--json").rows()
    assert sorted(alert["rule"] for alert in alerts) == ["abe", "crimea", "kurils", "putin"]
    assert {alert["state"] for alert in alerts} == {"delivered"}
    assert len(list((tmp_path / "home" / "messages").glob("*.html"))) == 4

    digest = call("digest")
    assert digest.code == 0 and "treaty talks" in digest.out.lower() and "Silent Herald" in digest.out
    assert "0 alerts" in call("digest").out, "the next window begins where the last ended"
    assert call("status").code == 1 and call("db", "check").code == 0
    assert len(call("search", "Shikotan", "--json").rows()) >= 3
    assert len(call("search", "国後島", "--json").rows()) == 1


def first_pages(newsroom: Any) -> list[list[Any]]:
    """By site, the articles a first pass can fetch: of an archive, those of its first page."""
    return [
        [article for article in site.first[: site.archive_page_size or None] if not article.is_missing]
        for site in newsroom.sites
    ]


def expected_mentions(newsroom: Any) -> dict[str, dict[str, int]]:
    """What the newsroom's own notes say of the pages a first pass sees: of an archive, its first page."""
    expected = {}
    for site in newsroom.sites:
        seen = site.first[: site.archive_page_size or None]
        counts = Counter(entry for article in seen for entry in article.mentions)
        if counts:
            expected[site.slug] = dict(counts)
    return expected


def write_seed_files(folder: Path, newsroom: Any) -> None:
    """The newsroom as an operator would write it down: three files."""
    import yaml

    from watchwire.newsroom import read_newsroom_seeds

    seeds = read_newsroom_seeds(newsroom.addresses)
    sources = [
        {
            "slug": source.slug,
            "name": source.name,
            "url": source.url,
            "kind": source.kind.value,
            "language": source.language,
            "country": source.country,
            **(
                {"listing": {"item": "li.entry", "link": "a", "date": "time", "next": "a.older"}}
                if source.listing
                else {}
            ),
        }
        for source in seeds.sources
    ]
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}, allow_unicode=True))
    (folder / "watchlist.yaml").write_text(seeds.watchlist_text)
    channels = [{"slug": "files", "kind": "file", "folder": "messages"}]
    (folder / "channels.yaml").write_text(yaml.safe_dump({"channels": channels}))


# --- what is wrong is said in one line ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "environment", "code", "part"),
    [
        (("status",), {}, 3, "watchwire db upgrade"),
        (("status",), {"WATCHWIRE_HOEM": "x"}, 2, "did you mean WATCHWIRE_HOME"),
        (("status",), {"WATCHWIRE_DATABASE_URL": "mongodb://x"}, 2, "mongodb"),
        (("status",), {"WATCHWIRE_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, 3, "127.0.0.1"),
        (("tag", "--jsonl", "missing.jsonl"), {}, 2, "missing.jsonl"),
        (("extract", "missing.html"), {}, 2, "missing.html"),
        (("extract", "http://127.0.0.1:9/x"), {}, 4, "127.0.0.1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_mistakes_are_one_line_with_an_exit_code(call, monkeypatch, words, environment, code, part) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = call(*words)
    assert said.code == code and part in said.err
    assert said.err.count("\n") == 1 and "Traceback" not in said.err


def test_a_broken_seed_file_is_named_with_its_line(call, tmp_path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    assert "watchlist.yaml" in call("plant", "--seeds", "seeds").err
    (seeds / "watchlist.yaml").write_text("entries:\n  - slug: [")
    said = call("plant", "--seeds", "seeds")
    assert said.code == 2 and "watchlist.yaml:2" in said.err


def test_unknown_names_are_answered_with_the_nearest(call) -> None:
    assert call("plant").code == 0
    said = call("run", "--source", "kyodo")
    assert said.code == 2 and "did you mean `kyodo-" in said.err


def test_a_channel_that_cannot_be_opened_hides_neither_the_ledger_nor_the_other_channels(call, tmp_path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    with open_newsroom() as newsroom:
        write_seed_files(seeds, newsroom)
    (seeds / "channels.yaml").write_text(
        "channels:\n- {slug: slack, kind: slack, webhook_secret: NOT_SET}\n"
        "- {slug: files, kind: file, folder: messages}\n"
    )
    assert call("plant", "--seeds", "seeds").code == 0
    said = call("digest", "--json")
    assert said.code == 1 and "channel slack" in said.err and "WATCHWIRE_SECRET_NOT_SET" in said.err
    assert [report["channel"] for report in json.loads(said.out)["deliveries"]] == ["files"]
    assert len(list((tmp_path / "home" / "messages").glob("*.html"))) == 1
    assert call("status", "--json").out.count('"deliveries pending": 1') == 1, "what slack was to get waits"


def test_db_upgrade_makes_the_database_and_check_finds_it_sound(call) -> None:
    assert call("db", "upgrade").code == 0
    said = call("db", "check")
    assert said.code == 0 and "sound" in said.out


def test_watchlist_check_shows_what_the_entries_compile_to(call) -> None:
    rows = {row["slug"]: row for row in call("watchlist", "check", "--json").rows()}
    assert set(rows) == {"kurils", "crimea", "abe", "putin"}
    assert all(row["forms"] > 100 and row["exclusions"] > 10 for row in rows.values())


def test_sources_are_listed_as_planted(call) -> None:
    assert call("plant").code == 0
    assert len(call("sources", "list", "--json").rows()) >= 45


def test_settings_are_listed(call) -> None:
    rows = call("settings", "--json").rows()
    assert {"WATCHWIRE_HOME", "WATCHWIRE_DATABASE_URL"} <= {row["variable"] for row in rows}
