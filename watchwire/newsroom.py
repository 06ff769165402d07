"""The bundled sample newsroom: fictional sites on loopback, one port each, with the faults real ones have.

Articles are data in `seeds/newsroom/sites/`, one file a site; the layouts beside them make pages of them. Each site is
served in its own encoding, with ETag, Last-Modified, 304 and gzip. Two editions: the second has one new article,
one edited one and one copy of the new one on another site; all else is byte for byte the same.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from string import Template

import yaml

from pipeline.records import Channel, ListingRule, Source, SourceKind
from watchwire.planting import Seeds, read_watchlist_text

ARCHIVE_RULE = ListingRule(item="li.entry", link="a", date="time", next="a.older", max_pages=10)
EDITIONS = {"first": datetime(2018, 11, 12, tzinfo=UTC), "second": datetime(2018, 11, 14, 14, tzinfo=UTC)}


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
class SampleSite:
    slug: str
    name: str
    language: str
    country: str
    encoding: str
    layout: str
    feed: str
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


@dataclass(slots=True)
class Newsroom:
    """A running newsroom."""

    sites: tuple[SampleSite, ...]
    addresses: dict[str, str]
    """Site to base address, like http://127.0.0.1:34567."""
    edition: str = "first"
    requests: Counter[str] = field(default_factory=Counter)
    """Requests by `site/path`."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """host:port of every site, for the allow-list of private addresses."""
        return tuple(address.removeprefix("http://") for address in self.addresses.values())

    @property
    def archive(self) -> str:
        """The source whose archive can be backfilled."""
        return next(site.slug for site in self.sites if site.archive)

    def show_edition(self, edition: str) -> None:
        """From now on serve `first` or `second`."""
        self.edition = edition


def read_sites() -> tuple[SampleSite, ...]:
    """All sites of the bundled newsroom, by slug."""
    folder = files("seeds") / "newsroom" / "sites"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".yaml"))
    return tuple(
        _read_site(name.removesuffix(".yaml"), yaml.safe_load((folder / name).read_text("utf-8"))) for name in names
    )


def read_newsroom_seeds(addresses: Mapping[str, str]) -> Seeds:
    """The newsroom's sources at these addresses, the bundled watchlist, and a channel that writes files."""
    watchlist, text = read_watchlist_text(None, None)
    sources = tuple(source for site in read_sites() for source in _sources_of(site, addresses[site.slug]))
    return Seeds(sources, (Channel("file", "file", True, options={"folder": "messages"}),), watchlist, text)


@contextmanager
def open_newsroom(edition: str = "first") -> Iterator[Newsroom]:
    """Serve the newsroom on loopback until the block is left."""
    newsroom = Newsroom(read_sites(), {}, edition)
    servers = []
    for site in newsroom.sites:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site, newsroom))
        server.daemon_threads = True
        newsroom.addresses[site.slug] = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
    try:
        yield newsroom
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def render(site: SampleSite, path: str, address: str, edition: str) -> tuple[int, str, str] | None:
    """(status, content type, text) of a path of a site; None when there is no such page."""
    base, _, query = path.partition("?")
    if base in site.sick:
        if site.sick[base] == "html":
            return (
                200,
                "text/html",
                _fill("plain", site, title=site.name, lead="Our feed has moved.", byline="", date=""),
            )
        return int(site.sick[base]), "text/plain", "Internal error"
    articles = site.articles(edition)
    if site.archive and base == site.archive:
        number = int(query.removeprefix("page=")) if query.startswith("page=") else 1
        return 200, "text/html", _render_archive(site, articles, number)
    if path == site.feed:
        listed = sorted(articles, key=lambda article: article.date or EDITIONS["first"], reverse=True)
        return 200, "application/xml", _render_feed(site, listed, address)
    for article in articles:
        if article.path == base and not article.is_missing:
            return 200, "text/html", _render_page(site, article, address)
    return None


def _read_site(slug: str, facts: dict) -> SampleSite:
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
        layout=facts["layout"],
        feed=facts.get("feed", ""),
        archive=facts.get("archive", ""),
        archive_page_size=facts.get("archive_page_size", 0),
        link_suffix=facts.get("link_suffix", ""),
        more_heading=facts["more_heading"],
        more=tuple(facts["more"]),
        sick={path: str(answer) for path, answer in facts.get("sick", {}).items()},
        first=tuple(first),
        second=tuple(second),
    )


def _read_article(row: dict) -> SampleArticle:
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


def _sources_of(site: SampleSite, address: str) -> Iterator[Source]:
    source = Source(
        slug=site.slug,
        name=site.name,
        url=address + (site.archive or site.feed),
        kind=SourceKind.LISTING if site.archive else SourceKind.FEED,
        language=site.language,
        country=site.country,
        listing=ARCHIVE_RULE if site.archive else None,
    )
    yield source
    for path in site.sick:
        if path != site.feed:
            place = path.strip("/")
            yield replace(source, slug=f"{site.slug}-{place}", name=f"{site.name} ({place})", url=address + path)


# --- pages ------------------------------------------------------------------------------------------------------


def _render_page(site: SampleSite, article: SampleArticle, address: str) -> str:
    date = article.date.isoformat() if article.date else ""
    linked_data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "author": {"@type": "Person", "name": article.byline},
        **({"datePublished": date} if date else {}),
    }
    return _fill(
        site.layout,
        site,
        title=article.title,
        byline=article.byline,
        date=date,
        caption=article.caption,
        lead=article.lead,
        paragraphs="\n".join(f"<p>{escape(text)}</p>" for text in article.paragraphs),
        breaks="<br><br>\n".join(escape(text) for text in article.paragraphs),
        address=address + article.path,
        linked_data=json.dumps(linked_data, ensure_ascii=False).replace("<", "\\u003c"),
    )


def _fill(layout: str, site: SampleSite, **fields: str) -> str:
    template = (files("seeds") / "newsroom" / "layouts" / f"{layout}.html").read_text("utf-8")
    ready = ("paragraphs", "breaks", "linked_data")
    more = "".join(f'<li><a href="/more/{number}">{escape(title)}</a></li>' for number, title in enumerate(site.more))
    values = {
        **dict.fromkeys((*ready, "caption", "address"), ""),
        **{name: value if name in ready else escape(value) for name, value in fields.items()},
    }
    return Template(template).substitute(
        values,
        site=escape(site.name),
        language=site.language,
        encoding=site.encoding,
        more_heading=escape(site.more_heading),
        more=more,
    )


def _render_archive(site: SampleSite, articles: tuple[SampleArticle, ...], number: int) -> str:
    start = (number - 1) * site.archive_page_size
    shown = articles[start : start + site.archive_page_size]
    items = "".join(
        f'<li class="entry"><time datetime="{article.date:%Y-%m-%d}">{article.date:%d %B %Y}</time> '
        f'<a href="{article.path}">{escape(article.title)}</a></li>'
        for article in shown
        if article.date
    )
    has_older = start + site.archive_page_size < len(articles)
    older = f'<a class="older" href="{site.archive}?page={number + 1}">Older</a>' if has_older else ""
    head = f'<html><head><meta charset="utf-8"><title>{escape(site.name)}: archive</title></head>'
    return f"{head}<body><h1>Archive</h1><ul>{items}</ul>{older}</body></html>"


def _render_feed(site: SampleSite, articles: Iterable[SampleArticle], address: str) -> str:
    form = "atom" if "atom" in site.feed else "rdf" if site.feed.endswith(".rdf") else "rss"
    entries = "\n".join(_FEED_ENTRIES[form](site, article, address) for article in articles)
    name = escape(site.name)
    head = f'<?xml version="1.0" encoding="{site.encoding}"?>\n'
    match form:
        case "atom":
            inside = f"<title>{name}</title><id>{address}/</id>\n{entries}"
            return f'{head}<feed xmlns="http://www.w3.org/2005/Atom">{inside}</feed>'
        case "rdf":
            spaces = (
                'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
                'xmlns:dc="http://purl.org/dc/elements/1.1/"'
            )
            channel = f'<channel rdf:about="{address}/"><title>{name}</title><link>{address}/</link></channel>'
            return f"{head}<rdf:RDF {spaces}>{channel}\n{entries}</rdf:RDF>"
    return f'{head}<rss version="2.0"><channel><title>{name}</title><link>{address}/</link>\n{entries}</channel></rss>'


def _atom_entry(site: SampleSite, article: SampleArticle, address: str) -> str:
    date = f"<updated>{article.date.isoformat()}</updated>" if article.date else ""
    return (
        f'<entry><title>{escape(article.title)}</title><link href="{address}{article.path}"/>'
        f"<id>{address}{article.path}</id>{date}<summary>{escape(article.summary)}</summary></entry>"
    )


def _rdf_entry(site: SampleSite, article: SampleArticle, address: str) -> str:
    date = f"<dc:date>{article.date.isoformat()}</dc:date>" if article.date else ""
    return (
        f'<item rdf:about="{address}{article.path}"><title>{escape(article.title)}</title>'
        f"<link>{address}{article.path}</link><description>{escape(article.summary)}</description>{date}</item>"
    )


def _rss_entry(site: SampleSite, article: SampleArticle, address: str) -> str:
    """A site with a link suffix writes its links relative, too."""
    link = f"{article.path}{site.link_suffix}" if site.link_suffix else address + article.path
    date = f"<pubDate>{format_datetime(article.date)}</pubDate>" if article.date else ""
    return (
        f'<item><title>{escape(article.title)}</title><link>{escape(link)}</link><guid isPermaLink="false">'
        f"{article.path}</guid>{date}<description>{escape(article.summary)}</description></item>"
    )


_FEED_ENTRIES = {"atom": _atom_entry, "rdf": _rdf_entry, "rss": _rss_entry}


# --- serving ----------------------------------------------------------------------------------------------------


def _handler(site: SampleSite, newsroom: Newsroom) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "Newsroom"

        def do_GET(self) -> None:
            newsroom.requests[f"{site.slug}{self.path}"] += 1
            address = newsroom.addresses[site.slug]
            status, kind, text = render(site, self.path, address, newsroom.edition) or (404, "text/html", "Not found")
            body = text.encode(site.encoding, "xmlcharrefreplace")
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if status == 200 and self.headers.get("If-None-Match") == etag:
                self._send(304, {"ETag": etag}, b"")
                return
            headers = {"Content-Type": f"{kind}; charset={site.encoding}"}
            if status == 200:
                headers |= {"ETag": etag, "Last-Modified": format_datetime(EDITIONS[newsroom.edition], usegmt=True)}
            if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 500:
                body = gzip.compress(body, mtime=0)
                headers["Content-Encoding"] = "gzip"
            self._send(status, headers, body)

        def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: `requests` counts."""

    return Handler
