"""The bundled sample newsroom: fictional sites on loopback, one port each, with the faults real ones have.

Articles are data in `seeds/newsroom/sites/`, one file a site; the layouts beside them make pages of them. Each site is
served in its own encoding, with ETag, Last-Modified, 304 and gzip. Two editions: the second has one new article,
one edited one and one copy of the new one on another site; all else is byte for byte the same.
"""

from __future__ import annotations

import gzip
import hashlib
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pipeline.records import Channel, ListingRule, Source, SourceKind
from watchwire.planting import Seeds, read_watchlist_text
from watchwire.sample_pages import render
from watchwire.sample_sites import EDITIONS, SampleSite, read_sites

ARCHIVE_RULE = ListingRule(item="li.entry", link="a", date="time", next="a.older", max_pages=10)
GZIP_FROM_BYTES = 500


@dataclass(slots=True)
class Newsroom:
    """A running newsroom."""

    sites: tuple[SampleSite, ...]
    addresses: dict[str, str]
    """Site to base address, like http://127.0.0.1:34567."""
    edition: str = "first"
    requests: Counter[str] = field(default_factory=Counter)
    """Requests by `site/path`."""
    lock: threading.Lock = field(default_factory=threading.Lock)

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
        if edition not in EDITIONS:
            raise ValueError(f"no edition {edition!r}, only {', '.join(EDITIONS)}")
        self.edition = edition


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def read_newsroom_seeds(addresses: Mapping[str, str]) -> Seeds:
    """The newsroom's sources at these addresses, the bundled watchlist, and a channel that writes files."""
    watchlist, text = read_watchlist_text(None, None)
    sources = tuple(source for site in read_sites() for source in _sources_of(site, addresses[site.slug]))
    return Seeds(sources, (Channel("file", "file", True, options={"folder": "messages"}),), watchlist, text)


@contextmanager
def open_newsroom(edition: str = "first") -> Iterator[Newsroom]:
    """Serve the newsroom on loopback until the block is left."""
    newsroom = Newsroom(read_sites(), {})
    newsroom.show_edition(edition)
    with ExitStack() as stack:
        for site in newsroom.sites:
            server = stack.enter_context(_Port(("127.0.0.1", 0), _handler(site, newsroom)))
            newsroom.addresses[site.slug] = f"http://127.0.0.1:{server.server_address[1]}"
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield newsroom


def answer_request(site: SampleSite, path: str, address: str, edition: str, headers: Mapping[str, str]) -> Answer:
    """What a site says to a GET; `headers` are the request's, with lower-case names."""
    page = render(site, path, address, edition)
    status, kind, text = page or (404, "text/html", "Not found")
    body = text.encode(site.encoding, "xmlcharrefreplace")
    charset = "" if site.header_encoding == "none" else f"; charset={site.header_encoding}"
    answered = {"Content-Type": kind + charset}
    if status == 200 and site.has_validators:
        is_unchanged = edition == "first" or page == render(site, path, address, "first")
        changed_at = EDITIONS["first" if is_unchanged else edition]
        validators = {
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
            "Last-Modified": format_datetime(changed_at, usegmt=True),
        }
        if _is_current(headers, validators["ETag"], changed_at):
            return Answer(304, validators, b"")
        answered |= validators
    if "gzip" in headers.get("accept-encoding", "") and len(body) > GZIP_FROM_BYTES:
        body = gzip.compress(body, mtime=0)
        answered |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Answer(status, answered, body)


def _is_current(headers: Mapping[str, str], etag: str, changed_at: datetime) -> bool:
    """RFC 9110, 13.2.2: If-Modified-Since counts only where there is no If-None-Match."""
    if wanted := headers.get("if-none-match"):
        return wanted.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in wanted.split(","))
    try:
        return changed_at <= parsedate_to_datetime(headers.get("if-modified-since", ""))
    except (ValueError, TypeError):
        return False


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
    if site.section:
        path = site.section.path
        yield replace(source, slug=f"{site.slug}-section", name=f"{site.name}, {path}", url=address + path)
    for path in site.sick:
        if path != site.feed:
            slug = f"{site.slug}-{path.strip('/')}"
            yield replace(source, slug=slug, name=f"{site.name}, {path}", url=address + path)


class _Port(ThreadingHTTPServer):
    """One site's port."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Without asking for the host's full name, as HTTPServer does: where no resolver answers, that takes long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]


def _handler(site: SampleSite, newsroom: Newsroom) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "Newsroom"

        def do_GET(self) -> None:
            with newsroom.lock:
                newsroom.requests[f"{site.slug}{self.path}"] += 1
            asked = {name.lower(): value for name, value in self.headers.items()}
            answer = answer_request(site, self.path, newsroom.addresses[site.slug], newsroom.edition, asked)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            # A kept connection would be answered by its thread even after the newsroom is closed.
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: `requests` counts."""

    return Handler
