"""Fetching and parsing joined: guarded addresses outside, killable processes inside. What the workshop and the stage
commands read the web with."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from pipeline.errors import WatchwireError
from pipeline.records import Capture, FetchRequest, Listing, ListingRule, Reading, Source, SourceKind
from watchwire.settings import Settings

if TYPE_CHECKING:
    from extractors.http import Fetcher
    from extractors.sandbox import Sandbox


class Intake:
    """Opened once per process, its parts on first use. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._fetcher: Fetcher | None = None
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Intake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._sandbox is not None:
            self._sandbox.close()
        if self._fetcher is not None:
            self._fetcher.close()

    def fetch(self, request: FetchRequest) -> Capture:
        """Raises FetchError."""
        with self._lock:
            if self._fetcher is None:
                from extractors.http import open_fetcher

                self._fetcher = open_fetcher(
                    allow=self._settings.allow_hosts,
                    user_agent=user_agent(self._settings),
                    total_seconds=self._settings.total_seconds,
                    connect_seconds=self._settings.connect_seconds,
                    max_bytes=self._settings.max_body_bytes,
                )
        return self._fetcher(request)

    def read_listing(self, capture: Capture, source: Source) -> Listing:
        """Entries of a feed or listing page. Raises ParseError."""
        return self.parse_listing(capture.body, capture.headers, capture.final_url, source.kind, source.listing)

    def parse_listing(
        self, body: bytes, headers: Mapping[str, str], url: str, kind: SourceKind, rule: ListingRule | None
    ) -> Listing:
        """The same of bytes alone. Raises ParseError."""
        from extractors.listing import read_source_listing

        return self._processes().run(
            read_source_listing, body, dict(headers), url, kind, rule, seconds=self._settings.parse_seconds
        )

    def read_articles(self, captures: Iterable[Capture]) -> Iterator[Reading | WatchwireError]:
        """Pages to readings, in order, failures as values."""
        return self.read_pages((capture.body, capture.headers, capture.final_url) for capture in captures)

    def read_pages(self, pages: Iterable[tuple[bytes, Mapping[str, str], str]]) -> Iterator[Reading | WatchwireError]:
        """The same of (body, headers, address)."""
        from extractors.article import read_article

        arguments = ((body, dict(headers), url) for body, headers, url in pages)
        return self._processes().map_ordered(read_article, arguments, seconds=self._settings.extract_seconds)

    def read_page(self, body: bytes, headers: Mapping[str, str], url: str) -> Reading:
        """One page. Raises ParseError."""
        from extractors.article import read_article

        return self._processes().run(read_article, body, dict(headers), url, seconds=self._settings.extract_seconds)

    def _processes(self) -> Sandbox:
        with self._lock:
            if self._sandbox is None:
                from extractors.sandbox import open_sandbox

                self._sandbox = open_sandbox(self._settings.parser_workers, self._settings.parser_memory_mb)
            return self._sandbox


def user_agent(settings: Settings) -> str:
    """Who we are and whom to ask; a source's operator finds this in the log."""
    contact = f"; +{settings.contact}" if settings.contact else ""
    return f"watchwire/{version('watchwire')} (news monitor{contact})"
