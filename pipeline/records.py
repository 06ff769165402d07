"""One frozen record per stage of the path. They are what crosses every door between rooms.

All times are aware UTC datetimes (`*_at`). Texts are Python strings without NUL and lone surrogates: whoever makes
a record from foreign bytes passes them through `pipeline.text.clean`. Offsets are Python string indexes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# --- what we poll -----------------------------------------------------------------------------------------------


class SourceKind(StrEnum):
    FEED = "feed"  # RSS, Atom, RDF: the newest entries, polled
    LISTING = "listing"  # an HTML page that lists articles, perhaps over several pages


@dataclass(frozen=True, slots=True)
class ListingRule:
    """How an HTML listing is read. All values are CSS selectors, evaluated in the page; data, never code."""

    item: str
    """One match per entry."""
    link: str = "a[href]"
    title: str = ""
    """Empty: the link's own text."""
    date: str = ""
    """An element whose `datetime` attribute or text is a date; empty: entries have no date."""
    next: str = ""
    """The link to the next (older) page; empty: the listing is one page."""
    max_pages: int = 50


@dataclass(frozen=True, slots=True)
class Source:
    slug: str
    name: str
    url: str
    kind: SourceKind
    language: str
    """ISO 639-1: what the source says it writes; an article's own language is read from its text."""
    country: str
    """ISO 3166-1 alpha-2."""
    interval_minutes: int = 30
    tags: tuple[str, ...] = ()
    is_enabled: bool = True
    listing: ListingRule | None = None
    """How to read `url` when kind is LISTING."""
    archive_url: str = ""
    """An HTML listing of older articles of a FEED source, read with `listing`; what `backfill` walks."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the last rounds left behind. Stored in the transaction that stores what they brought."""

    source: str
    etag: str = ""
    last_modified: str = ""
    body_sha256: str = ""
    """Of the last listing body: an ETag may lie, the bytes do not."""
    last_polled_at: datetime | None = None
    last_changed_at: datetime | None = None
    next_due_at: datetime | None = None
    """None: due now."""
    is_imported: bool = False
    """The first import is done; until then everything is history and alerts nothing item by item."""
    failures: int = 0
    """Polls in a row that failed."""
    last_error: str = ""


# --- what it lists ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A line a source lists."""

    url: str
    """Absolute, http or https."""
    title: str = ""
    summary: str = ""
    """Plain text; may be empty."""
    guid: str = ""
    published_at: datetime | None = None
    published_raw: str = ""
    """The date as the source wrote it."""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one parsed feed or listing page says."""

    entries: tuple[Entry, ...]
    title: str = ""
    next_url: str = ""
    dropped: int = 0
    """Entries beyond the safety limit, or without a usable address: counted, never silent."""
    note: str = ""
    """What was odd and survived: bozo reason, encoding conflict."""


@dataclass(frozen=True, slots=True)
class FetchRequest:
    url: str
    etag: str = ""
    last_modified: str = ""
    accept: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """Raw bytes of one fetch, as they came (content codings undone)."""

    url: str
    """As asked."""
    final_url: str
    """After redirects."""
    status: int
    """200 or 304; every other status is raised as HttpError."""
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    fetched_at: datetime
    sha256: str
    """Hex, of body."""


class ReadingDepth(StrEnum):
    FULL = "full"
    SUMMARY = "summary"
    """The page could not be fetched or read: title and summary of the entry stand in, so that alerting still runs."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read out of one page."""

    title: str
    text: str
    """Paragraphs joined by a newline; no title, no captions, no related lists, nothing twice."""
    byline: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    language: str = ""
    """ISO 639-1 of the text; empty when undecided."""
    canonical_url: str = ""
    caption: str = ""
    depth: ReadingDepth = ReadingDepth.FULL
    flags: tuple[str, ...] = ()
    """E.g. `truncated`, `short`."""


# --- what we know -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fingerprint:
    exact: str
    """Hex digest of the folded text."""
    shingles: tuple[int, ...]
    """Sampled shingle keys, signed 64-bit, sorted, unique."""
    terms: Mapping[str, float]
    """The strongest terms of title and text with their weights in (0, 1], for story clustering."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A watch entry met in an article. Field `where` is `title` or `text`; offsets count in that field."""

    entry: str
    where: str
    start: int
    end: int
    form: str
    """The text as found, `text[start:end]`."""
    why: str
    """Which form of which name matched and what decided: readable, short."""
    watchlist_version: str


@dataclass(frozen=True, slots=True)
class Veto:
    """A look-alike that did not count, and why not."""

    entry: str
    where: str
    start: int
    end: int
    form: str
    why: str


@dataclass(frozen=True, slots=True)
class Tagging:
    mentions: tuple[Mention, ...]
    vetoes: tuple[Veto, ...] = ()

    def entries(self) -> tuple[str, ...]:
        """Slugs of the entries mentioned, each once, in order of first appearance."""
        return tuple(dict.fromkeys(mention.entry for mention in self.mentions))


@dataclass(frozen=True, slots=True)
class Article:
    """The current revision of an article, as stored."""

    id: int
    source: str
    address: str
    """Canonical URL: the identity."""
    url: str
    """The address to show and open."""
    title: str
    text: str
    byline: str
    language: str
    published_at: datetime | None
    first_seen_at: datetime
    """When we learned of it: what digests and windows go by."""
    revision: int
    """1 for the first."""
    depth: ReadingDepth
    exact: str
    story_id: int
    copy_of: int | None
    is_history: bool
    """Came with a first import or a backfill: stored and tagged, never alerted item by item."""
    capture_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """When to alert: every entry of `all_of` is mentioned and, if given, one of `any_of`."""

    slug: str
    name: str
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    """Empty: every enabled channel."""


class AlertState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AlertDraft:
    """What a rule says about a story, before it has a number."""

    rule: str
    entries: tuple[str, ...]
    sentence: str
    """The sentence with the first mention, from title or text."""
    marks: tuple[tuple[int, int], ...]
    """Mentions inside `sentence`."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One per (rule, story)."""

    id: int
    rule: str
    story_id: int
    article_id: int
    entries: tuple[str, ...]
    sentence: str
    marks: tuple[tuple[int, int], ...]
    created_at: datetime
    state: AlertState
    title: str
    url: str
    source: str
    language: str
    published_at: datetime | None


# --- what happened ----------------------------------------------------------------------------------------------


class PollOutcome(StrEnum):
    CHANGED = "changed"
    NOT_MODIFIED = "not_modified"
    """304: nothing was sent."""
    SAME_BODY = "same_body"
    """200, but byte for byte what we had."""
    FAILED = "failed"


class EntryOutcome(StrEnum):
    """Every entry of every poll ends in exactly one of these, and they are counted."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    """Fetched again because its line changed; the text had not."""
    KNOWN = "known"
    """Its address is stored and its line is as it was: not fetched."""
    REPEATED = "repeated"
    """The same address stands twice in one listing."""
    SUMMARY = "summary"
    """The page failed; title and summary were stored and tagged in its place."""
    DEFERRED = "deferred"
    """Over this pass's page budget, remembered and fetched next time."""
    FAILED = "failed"
    """The page failed and the entry had nothing to read either."""


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """What is remembered of an address a source listed."""

    source: str
    address: str
    url: str
    line_hash: str
    """Hash of title, summary and date of the line: an edited line is fetched again."""
    outcome: EntryOutcome
    article_id: int | None
    tries: int
    next_try_at: datetime | None
    """When a failed or deferred page is due again; None: never."""
    first_seen_at: datetime
    code: str = ""
    title: str = ""
    summary: str = ""
    published_at: datetime | None = None
    guid: str = ""
    author: str = ""
    is_history: bool = False
    """First listed by a first import or a backfill: what its page brings later is history too."""


class RoundKind(StrEnum):
    POLL = "poll"
    IMPORT = "import"
    """The first successful poll of a source: history."""
    BACKFILL = "backfill"
    """One page of an archive: history."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one source's round brought: the ledger line of a pass."""

    source: str
    kind: RoundKind
    outcome: PollOutcome
    counts: Mapping[EntryOutcome, int] = field(default_factory=dict)
    code: str = ""
    """Error code when outcome is FAILED."""
    error: str = ""
    copies: int = 0
    alerts: tuple[int, ...] = ()
    """Ids of the alerts created."""
    mentions: Mapping[str, int] = field(default_factory=dict)
    """Articles by watch entry, of this round."""
    dropped: int = 0
    """Entries beyond the safety limit or without a usable address."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Pages that failed, by error code: of the outcomes FAILED and SUMMARY."""
    started_at: datetime | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BackfillState:
    """How far a backfill of one source and period has come; saved with each archive page."""

    source: str
    since: datetime
    until: datetime
    next_url: str
    """The archive page to read next; empty when the end was reached."""
    pages: int = 0
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """A story in numbers."""

    id: int
    first_source: str
    first_seen_at: datetime
    last_seen_at: datetime
    sources: tuple[str, ...]
    languages: tuple[str, ...]
    articles: int
    copies: int
    title: str = ""
    """Of its first article."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    source: str
    name: str
    is_enabled: bool
    last_polled_at: datetime | None
    last_outcome: PollOutcome | None
    failures: int
    last_error: str
    articles: int
    last_article_at: datetime | None
    next_due_at: datetime | None


# --- what goes out ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Channel:
    slug: str
    kind: str
    """console, file, email or slack."""
    is_enabled: bool
    takes: tuple[str, ...] = ("alert", "digest")
    options: Mapping[str, str] = field(default_factory=dict)
    """As written in channels.yaml; names of secrets, never secrets."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is asked to say. `text` is plain; `html` may be empty."""

    key: str
    """Deterministic: the same word sent twice has the same key."""
    kind: str
    """`alert`, `digest`."""
    subject: str
    text: str
    html: str
    created_at: datetime
    title: str = ""
    url: str = ""
    sentence: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    context: str = ""
    """One line under the sentence: rule, source, language, date."""


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    """Dead letter: refused, or tried too often. Shown in status, sent again on request."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the outbox: one message for one channel."""

    id: int
    key: str
    channel: str
    message: Message
    state: DeliveryState
    tries: int
    next_try_at: datetime
    attempt: str = ""
    """Set while leased: only the holder of this attempt may mark it."""
    last_error: str = ""
    is_ambiguous: bool = False
    """An earlier attempt may have been accepted: a repeat carries the same key."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A window of alerts, composed. Windows are half-open: (after_alert_id, upto_alert_id], rounds alike."""

    id: int
    name: str
    after_alert_id: int
    upto_alert_id: int
    after_round_id: int
    upto_round_id: int
    created_at: datetime
    subject: str
    text: str
    html: str
    data: str
    """The same as JSON."""


@dataclass(frozen=True, slots=True)
class DigestMaterial:
    """Everything a digest is composed from: read in one transaction, so that two windows never share or drop."""

    name: str
    after_alert_id: int
    upto_alert_id: int
    after_round_id: int
    upto_round_id: int
    alerts: tuple[Alert, ...]
    """Of the window (after_alert_id, upto_alert_id]."""
    stories: Mapping[int, StoryFacts]
    """Of these alerts, by story id."""
    history: tuple[Round, ...]
    """First imports and backfills of the window of rounds that brought articles."""
    health: tuple[SourceHealth, ...]
    """Every enabled source, now."""
    since: datetime | None
    """When the window before was closed; None for the first digest."""
