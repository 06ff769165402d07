"""Articles, their revisions, and what they mention."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.records import Article, Fingerprint, Mention, Tagging, Veto
from pipeline.text import clean
from storage import tables
from storage.columns import key_of
from storage.shingles import index_shingles, unindex_shingles
from storage.statements import insert_numbered
from storage.stories import open_story, touch_story
from storage.tables import row_of, select_record

_KEPT = ("url", "title", "text", "byline", "language", "published_at", "depth", "exact", "capture_sha256")
"""What a revision keeps of the article it was."""


def add_article(connection: sa.Connection, article: Article, fingerprint: Fingerprint, tagging: Tagging) -> Article:
    """Insert an article; with story_id 0 it opens a story. Returns it with its numbers."""
    seen_at = _seen_at(article)
    if article.story_id:
        touch_story(connection, article.story_id, seen_at)
    else:
        article = replace(article, story_id=open_story(connection, seen_at))
    row = row_of(article, **_derived(article, fingerprint))
    del row["id"]
    article = replace(article, id=insert_numbered(connection, tables.article, row))
    _add_evidence(connection, article, fingerprint, tagging)
    return article


def add_revision(
    connection: sa.Connection,
    article: Article,
    fingerprint: Fingerprint,
    tagging: Tagging,
    now: datetime | None,
) -> None:
    """Replace what is stored of `article.id`; what was there becomes a revision. Mentions are those of the new text."""
    table = tables.article
    before = (
        connection.execute(
            sa.select(*(table.c[name] for name in _KEPT), table.c.revision, table.c.shingles).where(
                table.c.id == article.id
            )
        )
        .mappings()
        .one()
    )
    kept = {name: before[name] for name in _KEPT}
    connection.execute(
        sa.insert(tables.revision),
        {"article_id": article.id, "number": before["revision"], "replaced_at": now, **kept},
    )
    _remove_evidence(connection, article.id, before["shingles"])
    row = row_of(article, **_derived(article, fingerprint))
    del row["id"]  # writing the key, though it stays the same, would have every reference to it looked for
    connection.execute(sa.update(table).where(table.c.id == article.id).values(**row))
    _add_evidence(connection, article, fingerprint, tagging)
    touch_story(connection, article.story_id, now or _seen_at(article))


def article_by_id(connection: sa.Connection, article_id: int) -> Article | None:
    return _one(connection, tables.article.c.id == article_id)


def article_by_address(connection: sa.Connection, address: str) -> Article | None:
    return _one(connection, tables.article.c.address_key == key_of(address))


def entries_of(connection: sa.Connection, article_id: int) -> tuple[str, ...]:
    """Watch entries the current revision mentions, in order of first appearance."""
    table = tables.mention
    query = sa.select(table.c.entry).where(table.c.article_id == article_id).order_by(table.c.number)
    return tuple(dict.fromkeys(connection.scalars(query)))


def tagging_of(connection: sa.Connection, article_id: int) -> Tagging:
    """Mentions and vetoes of the current revision, in their order."""

    def rows(table: sa.Table, kind: Any) -> Sequence[sa.RowMapping]:
        query = select_record(table, kind).where(table.c.article_id == article_id).order_by(table.c.number)
        return connection.execute(query).mappings().all()

    return Tagging(
        tuple(Mention(**row) for row in rows(tables.mention, Mention)),
        tuple(Veto(**row) for row in rows(tables.veto, Veto)),
    )


def list_articles(
    connection: sa.Connection,
    limit: int,
    *,
    source: str | None = None,
    entry: str | None = None,
    language: str | None = None,
) -> tuple[Article, ...]:
    """Newest first, by publication where it is known, else by when we learned of them."""
    table = tables.article
    query = select_record(table, Article).limit(limit)
    if entry is not None:
        mentioned = tables.article_entry
        query = query.join(mentioned, mentioned.c.article_id == table.c.id).where(mentioned.c.entry == entry)
        query = query.order_by(mentioned.c.seen_at.desc(), mentioned.c.article_id.desc())
    else:
        query = query.order_by(table.c.seen_at.desc(), table.c.id.desc())
    if source is not None:
        query = query.where(table.c.source == source)
    if language is not None:
        query = query.where(table.c.language == language)
    return _many(connection, query)


def search_articles(connection: sa.Connection, words: str, limit: int) -> tuple[Article, ...]:
    """Articles whose title and text hold every word, as part of a word too, whatever its case; newest first.

    It reads every article. That serves any language at this size; an index comes when it does not.
    """
    table = tables.article
    wanted = fold_text(words).split()
    if not wanted:
        return ()
    query = (
        select_record(table, Article)
        .where(*(table.c.folded.contains(word, autoescape=True) for word in wanted))
        .order_by(table.c.seen_at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return _many(connection, query)


def fold_text(text: str) -> str:
    """Case and compatibility forms away: what is compared when people search."""
    return unicodedata.normalize("NFKC", clean(text)).casefold()


def _seen_at(article: Article) -> datetime:
    if article.published_at is not None and article.published_at <= article.first_seen_at:
        return article.published_at
    return article.first_seen_at


def _derived(article: Article, fingerprint: Fingerprint) -> dict[str, object]:
    return {
        "address_key": key_of(article.address),
        "seen_at": _seen_at(article),
        "shingles": fingerprint.shingles,
        "terms": fingerprint.terms,
        "folded": fold_text(f"{article.title}\n{article.text}"),
    }


def _add_evidence(connection: sa.Connection, article: Article, fingerprint: Fingerprint, tagging: Tagging) -> None:
    seen_at = _seen_at(article)
    for table, rows in (
        (tables.mention, [row_of(item, article_id=article.id, number=n) for n, item in enumerate(tagging.mentions)]),
        (tables.veto, [row_of(item, article_id=article.id, number=n) for n, item in enumerate(tagging.vetoes)]),
        (
            tables.article_entry,
            [{"entry": entry, "article_id": article.id, "seen_at": seen_at} for entry in tagging.entries()],
        ),
    ):
        if rows:
            connection.execute(sa.insert(table), rows)
    index_shingles(connection, article.id, fingerprint.shingles)


def _remove_evidence(connection: sa.Connection, article_id: int, shingles: Sequence[int]) -> None:
    entries = entries_of(connection, article_id)
    mentioned = tables.article_entry.c
    connection.execute(
        sa.delete(tables.article_entry).where(mentioned.entry.in_(entries), mentioned.article_id == article_id)
    )
    for table in (tables.mention, tables.veto):
        connection.execute(sa.delete(table).where(table.c.article_id == article_id))
    unindex_shingles(connection, article_id, shingles)


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Article | None:
    row = connection.execute(select_record(tables.article, Article).where(condition)).mappings().one_or_none()
    return Article(**row) if row else None


def _many(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> tuple[Article, ...]:
    return tuple(Article(**row) for row in connection.execute(query).mappings())
