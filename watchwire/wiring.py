"""The one place where concrete parts are chosen and joined. Knows nothing of Prefect: flows and the command line both
come here for their work.

A process has one `Workshop`: `workshop()` opens it from the settings on first use; `open_workshop(settings)` opens it
with others (the demo, tests). Heavy parts, the parsing processes and the compiled watchlist, are made when first
needed, so that a run with nothing due stays cheap.
"""

from __future__ import annotations

import atexit
import difflib
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from pipeline.addresses import host_of
from pipeline.backfill import BackfillLedger, BackfillProgress, backfill_source
from pipeline.collect import collect_source, record_crash
from pipeline.errors import StorageError, UnknownName
from pipeline.notify import DeliveryReport, deliver_channel
from pipeline.ports import CollectTools
from pipeline.records import Alert, Digest, DigestMaterial, FetchRequest, Listing, Round, Source, Tagging
from storage.captures import CaptureFolder
from storage.store import open_store
from watchwire.intake import Intake
from watchwire.settings import Settings, find_secret, load_settings

if TYPE_CHECKING:
    from delivery.email import SmtpAccount
    from pipeline.briefing.digest import DigestText
    from pipeline.ports import Tag
    from pipeline.watchlist.entries import Watchlist

T = TypeVar("T")
log = logging.getLogger(__name__)


class Workshop:
    """Everything one process works with. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = open_store(settings.database)
        self.intake = Intake(settings)
        self.captures = CaptureFolder(settings.home / "captures")
        self._lock = threading.Lock()
        self._tagging = threading.Lock()
        self._watchlist: Watchlist | None = None
        self._tagger: Tag | None = None

    def close(self) -> None:
        self.intake.close()
        self.store.close()

    # --- collecting ----------------------------------------------------------------------------------------------

    def due_batches(self, now: datetime, only: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
        """Slugs of the sources to poll, those of one host in one batch; `only` names sources, due or not."""
        if only:
            known = self._sources()
            sources: Sequence[Source] = [_named(known, slug, "source") for slug in only]
        else:
            sources = self.store.due_sources(now)
        return batch_by_host(sources, self.settings.batches_per_run)

    def collect_batch(
        self, slugs: Sequence[str], now: datetime, on_round: Callable[[Round], None] = lambda _: None
    ) -> tuple[Round, ...]:
        """One round of each source, one after another. A bug in one is recorded and the others go on.

        Raises StorageError: without a database nothing can go on.
        """
        sources = self._sources()
        tools = self._tools()
        rounds = []
        for slug in slugs:
            source = _named(sources, slug, "source")
            try:
                result = collect_source(source, tools, now)
            except StorageError:
                raise
            except Exception as bug:
                log.exception("the round of %s ended by a bug", slug)
                result = record_crash(source, bug, tools, now)
            rounds.append(result)
            on_round(result)
        return tuple(rounds)

    def collect_batches(
        self, batches: Sequence[Sequence[str]], now: datetime, on_round: Callable[[Round], None]
    ) -> list[Round]:
        """Batches side by side, in threads: the waiting is for servers, the computing is done in other processes."""
        if not batches:
            return []
        with ThreadPoolExecutor(min(self.settings.collect_threads, len(batches))) as pool:
            work = [pool.submit(self.collect_batch, batch, now, on_round) for batch in batches]
            return [result for batch in work for result in batch.result()]

    def backfill(
        self,
        source: str,
        since: datetime,
        until: datetime,
        now: datetime,
        on_page: Callable[[BackfillProgress], None],
    ) -> BackfillLedger:
        """A source's past, by its archive. Raises ConfigError when it has none."""
        return backfill_source(_named(self._sources(), source, "source"), since, until, self._tools(), now, on_page)

    def check_source(self, slug: str) -> Listing:
        """What a source lists now; nothing is stored. Raises FetchError, ParseError."""
        source = _named(self._sources(), slug, "source")
        return self.intake.read_listing(self.intake.fetch(FetchRequest(source.url)), source)

    def recent_alerts(self, ids: Sequence[int]) -> tuple[Alert, ...]:
        return self.store.alerts_by_id(ids)

    # --- telling -------------------------------------------------------------------------------------------------

    def channel_slugs(self) -> tuple[str, ...]:
        """Enabled channels."""
        return tuple(channel.slug for channel in self.store.list_channels() if channel.is_enabled)

    def deliver(self, channel: str, now: datetime) -> DeliveryReport:
        """Send what waits for one channel. Raises ConfigError when the channel cannot be opened."""
        from delivery.registry import open_channel

        known = {item.slug: item for item in self.store.list_channels()}
        send = open_channel(
            _named(known, channel, "channel"),
            secret=find_secret,
            smtp=self._smtp_account(),
            folder=self.settings.home,
        )
        return deliver_channel(
            channel, self.store, send, now, stopwatch=time.monotonic, lease_seconds=self.settings.lease_seconds
        )

    def preview_digest(self, name: str, now: datetime) -> DigestText:
        """The digest as it would be composed now; no window is closed."""
        return self._compose(self.store.digest_material(name, now), now)

    def compose_digest(self, name: str, now: datetime) -> Digest | None:
        """Compose, store and queue the digest of the window since the last; None when another process just did."""
        from pipeline.briefing.digest import compose_digest_message

        material = self.store.digest_material(name, now)
        composed = self._compose(material, now)
        message = compose_digest_message(material, composed, now)
        channels = [
            channel.slug for channel in self.store.list_channels() if channel.is_enabled and "digest" in channel.takes
        ]
        return self.store.save_digest(
            material,
            composed.subject,
            composed.text,
            composed.html,
            composed.data,
            now,
            [(channel, message) for channel in channels],
        )

    def digest_file(self, digest: Digest) -> Path:
        """Where the digest lies as a page of its own, written if it is not there."""
        path = self.settings.home / "digests" / f"{digest.name}-{digest.id}.html"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_text(digest.html, encoding="utf-8")
            part.replace(path)
        return path.absolute()

    # --- the parts -----------------------------------------------------------------------------------------------

    def watchlist(self) -> Watchlist:
        """The planted watchlist. Raises ConfigError when none is planted."""
        from pipeline.watchlist.entries import parse_watchlist

        with self._lock:
            if self._watchlist is None:
                _, text = self.store.current_watchlist()
                self._watchlist = parse_watchlist(text, "watchlist.yaml")
            return self._watchlist

    def tag(self, title: str, text: str, language: str) -> Tagging:
        """Mentions of the planted watchlist, compiled by whoever needs it first.

        One text at a time: spaCy's modules, imported when first met, deadlock when two threads meet them at once, and
        threads would gain nothing here anyway.
        """
        from pipeline.watchlist.tag import compile_tagger

        watchlist = self.watchlist()
        with self._tagging:
            if self._tagger is None:
                self._tagger = compile_tagger(watchlist)
            return self._tagger(title, text, language)

    def _sources(self) -> dict[str, Source]:
        return {source.slug: source for source in self.store.list_sources()}

    def _tools(self) -> CollectTools:
        return CollectTools(
            fetch=self.intake.fetch,
            keep_body=self.captures.keep,
            read_listing=self.intake.read_listing,
            read_articles=self.intake.read_articles,
            tag=self.tag,
            store=self.store,
            rules=self.watchlist().rules,
            channels=self.store.list_channels(),
            pages_per_round=self.settings.pages_per_round,
            stopwatch=time.monotonic,
        )

    def _smtp_account(self) -> SmtpAccount:
        from delivery.email import SmtpAccount

        return SmtpAccount(
            host=self.settings.smtp_host,
            port=self.settings.smtp_port,
            user=self.settings.smtp_user,
            password=find_secret("SMTP_PASSWORD"),
            sender=self.settings.smtp_sender,
            security=self.settings.smtp_security,
        )

    def _compose(self, material: DigestMaterial, now: datetime) -> DigestText:
        from pipeline.briefing.digest import compose_digest

        watchlist = self.watchlist()
        return compose_digest(
            material,
            rules=watchlist.rules,
            entry_titles={entry.slug: entry.title for entry in watchlist.entries},
            source_names={slug: source.name for slug, source in self._sources().items()},
            timezone=self.settings.timezone,
            now=now,
        )


def batch_by_host(sources: Sequence[Source], limit: int) -> tuple[tuple[str, ...], ...]:
    """At most `limit` batches of about the same size; a host's sources stay together, so that it is asked one page
    at a time."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        hosts[host_of(source.url)].append(source.slug)
    batches: list[list[str]] = [[] for _ in range(min(limit, len(hosts)))]
    for slugs in sorted(hosts.values(), key=len, reverse=True):
        min(batches, key=len).extend(slugs)
    return tuple(tuple(batch) for batch in batches)


def day_start(day: datetime, timezone: str) -> datetime:
    """Midnight of a calendar day in the reader's zone."""
    return day.replace(tzinfo=ZoneInfo(timezone))


def _named(known: Mapping[str, T], name: str, what: str) -> T:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise UnknownName(
            f"no {what} `{name}`",
            mend=f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known)[:8]) or 'none'}",
        )
    return known[name]


_process_workshop: Workshop | None = None
_opening = threading.RLock()


def workshop() -> Workshop:
    """The process's Workshop, opened on first use. Raises SettingError, StorageError."""
    with _opening:
        return _process_workshop or open_workshop(load_settings())


def open_workshop(settings: Settings) -> Workshop:
    """Make this the process's Workshop, with settings of one's own."""
    global _process_workshop
    with _opening:
        close_workshop()
        _process_workshop = Workshop(settings)
        return _process_workshop


def close_workshop() -> None:
    """End the parsing processes and the database connections; a later `workshop()` opens anew."""
    global _process_workshop
    with _opening:
        if _process_workshop is not None:
            _process_workshop.close()
            _process_workshop = None


atexit.register(close_workshop)
