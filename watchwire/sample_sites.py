"""The sites of the sample newsroom as records, read from `seeds/newsroom/sites/`: one file a site, its articles and
its faults as data. What tests hold readings against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

EDITIONS = {"first": datetime(2018, 11, 13, 18, tzinfo=UTC), "second": datetime(2018, 11, 14, 14, tzinfo=UTC)}


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """One article of one edition, with what a reader of it must find."""

    path: str
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    date: datetime | None
    byline: str
    caption: str
    summary: str
    mentions: frozenset[str]
    is_missing: bool
    """Its address is in the feed and answers 404."""
    is_new: bool
    """Only in the second edition."""
    is_edited: bool
    """Another in the second edition."""
    copy_of: str

    @property
    def body(self) -> str:
        """Paragraphs by newline, the lead once: what a perfect reader makes of the page."""
        return "\n".join((self.lead, *self.paragraphs))


@dataclass(frozen=True, slots=True)
class SectionFeed:
    """A second feed of a site: articles that its first feed lists too, under addresses with tracking parameters."""

    path: str
    prefix: str
    """Paths of the articles it lists begin with this."""
    suffix: str


@dataclass(frozen=True, slots=True)
class SampleSite:
    slug: str
    name: str
    language: str
    country: str
    encoding: str
    header_encoding: str
    """What Content-Type claims: mostly the encoding, on one site a lie. `none`: it claims nothing."""
    has_validators: bool
    """Whether it sends ETag and Last-Modified and answers 304."""
    layout: str
    feed: str
    section: SectionFeed | None
    archive: str
    archive_page_size: int
    link_suffix: str
    more_heading: str
    more: tuple[str, ...]
    sick: Mapping[str, str]
    """Paths that answer a status, or `html` instead of a feed."""
    first: tuple[SampleArticle, ...]
    second: tuple[SampleArticle, ...]

    def articles(self, edition: str) -> tuple[SampleArticle, ...]:
        return self.first if edition == "first" else self.second


def read_sites() -> tuple[SampleSite, ...]:
    """All sites of the bundled newsroom, by slug."""
    folder = newsroom_folder() / "sites"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".yaml"))
    return tuple(
        _read_site(name.removesuffix(".yaml"), yaml.safe_load((folder / name).read_text("utf-8"))) for name in names
    )


def newsroom_folder() -> Traversable:
    return files("seeds") / "newsroom"


def _read_site(slug: str, facts: dict[str, Any]) -> SampleSite:
    first, second = [], []
    for row in facts["articles"]:
        article = _read_article(row)
        if not article.is_new:
            first.append(article)
        edited = row.get("edited")
        second.append(
            replace(
                article,
                title=edited["title"],
                paragraphs=(*article.paragraphs, *edited["paragraphs"]),
                mentions=article.mentions | frozenset(edited["mentions"]),
            )
            if edited
            else article
        )
    return SampleSite(
        slug=slug,
        name=facts["name"],
        language=facts["language"],
        country=facts["country"],
        encoding=facts["encoding"],
        header_encoding=facts.get("header_encoding", facts["encoding"]),
        has_validators=facts.get("has_validators", True),
        layout=facts["layout"],
        feed=facts.get("feed", ""),
        section=SectionFeed(**facts["section"]) if "section" in facts else None,
        archive=facts.get("archive", ""),
        archive_page_size=facts.get("archive_page_size", 0),
        link_suffix=facts.get("link_suffix", ""),
        more_heading=facts["more_heading"],
        more=tuple(facts["more"]),
        sick={path: str(answer) for path, answer in facts.get("sick", {}).items()},
        first=tuple(first),
        second=tuple(second),
    )


def _read_article(row: dict[str, Any]) -> SampleArticle:
    return SampleArticle(
        path=row["path"],
        title=row["title"],
        lead=row["lead"],
        paragraphs=tuple(row["paragraphs"]),
        date=None if row.get("has_no_date") else row["date"],
        byline=row["byline"],
        caption=row.get("caption", ""),
        summary=row.get("summary", row["lead"][:140]),
        mentions=frozenset(row["mentions"]),
        is_missing=row.get("is_missing", False),
        is_new=row.get("edition") == "second",
        is_edited="edited" in row,
        copy_of=row.get("copy_of", ""),
    )
