"""Stories: opening and moving them, their facts, and the articles a new one might belong with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from pipeline.ports import StoryCandidate
from pipeline.records import Fingerprint, StoryFacts
from storage import tables
from storage.shingles import articles_sharing
from storage.statements import chunks, insert_numbered

MAX_CANDIDATES = 500


def open_story(connection: sa.Connection, seen_at: datetime) -> int:
    """A new story's id."""
    return insert_numbered(connection, tables.story, {"first_seen_at": seen_at, "last_seen_at": seen_at})


def touch_story(connection: sa.Connection, story_id: int, seen_at: datetime) -> None:
    """Widen the story's time to hold this moment."""
    table = tables.story
    of_story = sa.update(table).where(table.c.id == story_id)
    connection.execute(of_story.where(table.c.last_seen_at < seen_at).values(last_seen_at=seen_at))
    connection.execute(of_story.where(table.c.first_seen_at > seen_at).values(first_seen_at=seen_at))


def story_candidates(
    connection: sa.Connection,
    fingerprint: Fingerprint,
    *,
    since: datetime,
    until: datetime,
    entries: Sequence[str],
) -> tuple[StoryCandidate, ...]:
    """Articles seen in [since, until] that share the exact text, a shingle or a watch entry, newest first.

    At most MAX_CANDIDATES. Those that share text are chosen before those that share a watch entry, and the more they
    share the sooner: a busy entry cannot crowd out the original of a copy.
    """
    chosen = _sharing_text(connection, fingerprint, since, until)[:MAX_CANDIDATES]
    room = MAX_CANDIDATES - len(chosen)
    if room:
        taken = set(chosen)
        mentioning = _mentioning(connection, entries, since, until)
        chosen += [article_id for article_id in mentioning if article_id not in taken][:room]
    return _load_candidates(connection, chosen)


def story_facts(connection: sa.Connection, story_ids: Iterable[int]) -> dict[int, StoryFacts]:
    """Stories in numbers, by id. The first article is the one we learned of first."""
    story, article = tables.story, tables.article
    facts: dict[int, StoryFacts] = {}
    for chunk in chunks(list(dict.fromkeys(story_ids))):
        articles: dict[int, list[sa.RowMapping]] = defaultdict(list)
        columns = (article.c.story_id, article.c.source, article.c.language, article.c.copy_of, article.c.title)
        members = sa.select(*columns).where(article.c.story_id.in_(chunk)).order_by(article.c.id)
        for row in connection.execute(members).mappings():
            articles[row["story_id"]].append(row)
        stories = sa.select(story.c.id, story.c.first_seen_at, story.c.last_seen_at).where(story.c.id.in_(chunk))
        for row in connection.execute(stories).mappings():
            if articles[row["id"]]:
                facts[row["id"]] = _facts(row, articles[row["id"]])
    return facts


def list_stories(connection: sa.Connection, limit: int) -> tuple[StoryFacts, ...]:
    """The most recently moved first."""
    table = tables.story
    query = sa.select(table.c.id).order_by(table.c.last_seen_at.desc(), table.c.id.desc()).limit(limit)
    ids = list(connection.scalars(query))
    facts = story_facts(connection, ids)
    return tuple(facts[story_id] for story_id in ids if story_id in facts)


def _facts(story: sa.RowMapping, articles: Sequence[sa.RowMapping]) -> StoryFacts:
    first = articles[0]
    return StoryFacts(
        **story,
        first_source=first["source"],
        sources=tuple(dict.fromkeys(row["source"] for row in articles)),
        languages=tuple(dict.fromkeys(row["language"] for row in articles)),
        articles=len(articles),
        copies=sum(row["copy_of"] is not None for row in articles),
        title=first["title"],
    )


def _sharing_text(connection: sa.Connection, fingerprint: Fingerprint, since: datetime, until: datetime) -> list[int]:
    """Ids of articles that share the exact text, then of those that share shingles, most shared first, then newest."""
    article = tables.article.c
    in_time = article.seen_at.between(since, until)
    same = sa.select(article.id).where(article.exact == fingerprint.exact, in_time).order_by(article.seen_at.desc())
    exact = set(connection.scalars(same.limit(MAX_CANDIDATES)))
    shared = articles_sharing(connection, fingerprint.shingles)
    seen: dict[int, datetime] = {}
    for ids in chunks([*exact, *(shared.keys() - exact)]):
        times = sa.select(article.id, article.seen_at).where(article.id.in_(ids), in_time)
        for article_id, seen_at in connection.execute(times):
            seen[article_id] = seen_at
    return sorted(seen, key=lambda number: (number in exact, shared[number], seen[number], number), reverse=True)


def _mentioning(connection: sa.Connection, entries: Sequence[str], since: datetime, until: datetime) -> list[int]:
    """Ids of articles that mention one of the entries, newest first."""
    table = tables.article_entry
    seen: dict[int, datetime] = {}
    for entry in entries:
        query = (
            sa.select(table.c.article_id, table.c.seen_at)
            .where(table.c.entry == entry, table.c.seen_at.between(since, until))
            .order_by(table.c.seen_at.desc(), table.c.article_id.desc())
            .limit(MAX_CANDIDATES)
        )
        for article_id, seen_at in connection.execute(query):
            seen[article_id] = seen_at
    return sorted(seen, key=lambda article_id: (seen[article_id], article_id), reverse=True)


def _load_candidates(connection: sa.Connection, ids: Sequence[int]) -> tuple[StoryCandidate, ...]:
    article, mention = tables.article.c, tables.mention.c
    found: list[StoryCandidate] = []
    for chunk in chunks(ids):
        entries: dict[int, set[str]] = defaultdict(set)
        mentioned = sa.select(mention.article_id, mention.entry).where(mention.article_id.in_(chunk)).distinct()
        for article_id, entry in connection.execute(mentioned):
            entries[article_id].add(entry)
        query = sa.select(
            article.id,
            article.story_id,
            article.source,
            article.exact,
            article.shingles,
            article.terms,
            article.language,
            article.seen_at,
            article.is_history,
            article.copy_of,
        ).where(article.id.in_(chunk))
        for row in connection.execute(query).mappings():
            facts = {name: row[name] for name in row if name not in ("id", "shingles")}
            found.append(
                StoryCandidate(
                    **facts,
                    article_id=row["id"],
                    shingles=frozenset(row["shingles"]),
                    entries=frozenset(entries[row["id"]]),
                )
            )
    return tuple(sorted(found, key=lambda item: (item.seen_at, item.article_id), reverse=True))
