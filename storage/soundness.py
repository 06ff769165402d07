"""Is what is stored what it should be? Each function answers with problems in words; none means sound."""

from __future__ import annotations

import sqlalchemy as sa

from pipeline.records import AlertState, DeliveryState
from storage import tables

_SHOWN = 5
"""Row numbers named in a problem; the rest is counted."""


def find_damage(connection: sa.Connection) -> list[str]:
    """What SQLite itself finds in the file. PostgreSQL checks its pages as it reads them."""
    if connection.dialect.name != "sqlite":
        return []
    answers = list(connection.exec_driver_sql("PRAGMA integrity_check").scalars())
    return [f"file: {answer}" for answer in answers if answer != "ok"]


def find_orphans(connection: sa.Connection) -> list[str]:
    """Rows whose foreign keys name nothing."""
    problems = []
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                parent = key.column.table.alias("parent")
                orphans = sa.select(column).where(
                    column.is_not(None),
                    ~sa.exists().where(parent.c[key.column.name] == column),
                )
                problems += _report(connection, orphans, f"{table.name}.{column.name} names no {key.column.table.name}")
    return problems


def find_contradictions(connection: sa.Connection) -> list[str]:
    """Counts and states that do not go together, though every row for itself is well formed."""
    article, story, revision = tables.article, tables.story, tables.revision
    alert, delivery, digest = tables.alert, tables.delivery, tables.digest
    mention, mentioned = tables.mention, tables.article_entry

    revisions = sa.select(sa.func.count()).where(revision.c.article_id == article.c.id).scalar_subquery()
    was_sent = sa.exists().where(delivery.c.alert_id == alert.c.id, delivery.c.state == DeliveryState.SENT)
    previous = digest.alias("previous")
    checks = {
        "stories without an article": sa.select(story.c.id).where(~sa.exists().where(article.c.story_id == story.c.id)),
        "articles whose revisions are not all there": sa.select(article.c.id).where(
            article.c.revision != revisions + 1
        ),
        "copies of an article of another story": sa.select(article.c.id)
        .join(original := article.alias("original"), article.c.copy_of == original.c.id)
        .where(article.c.story_id != original.c.story_id),
        "articles with a mention that lists of their watch entry leave out": sa.select(mention.c.article_id)
        .where(~sa.exists().where(mentioned.c.article_id == mention.c.article_id, mentioned.c.entry == mention.c.entry))
        .distinct(),
        "articles listed under a watch entry they do not mention": sa.select(mentioned.c.article_id).where(
            ~sa.exists().where(mention.c.article_id == mentioned.c.article_id, mention.c.entry == mentioned.c.entry)
        ),
        "alerts of an article of another story": sa.select(alert.c.id)
        .join(article, alert.c.article_id == article.c.id)
        .where(alert.c.story_id != article.c.story_id),
        "alerts called delivered that no channel took, or the reverse": sa.select(alert.c.id).where(
            (alert.c.state == AlertState.DELIVERED) != was_sent
        ),
        "deliveries leased though they are not pending": sa.select(delivery.c.id).where(
            delivery.c.attempt != "", delivery.c.state != DeliveryState.PENDING
        ),
        "digests that do not begin where the one before ended": sa.select(digest.c.id)
        .outerjoin(previous, previous.c.id == digest.c.previous_id)
        .where(
            sa.or_(
                digest.c.after_alert_id != sa.func.coalesce(previous.c.upto_alert_id, 0),
                digest.c.after_round_id != sa.func.coalesce(previous.c.upto_round_id, 0),
            )
        ),
    }
    return [problem for title, query in checks.items() for problem in _report(connection, query, title)]


def _report(connection: sa.Connection, query: sa.Select[tuple[object]], title: str) -> list[str]:
    total = connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    if not total:
        return []
    rows = ", ".join(str(value) for value in connection.scalars(query.limit(_SHOWN)))
    return [f"{total} {title}: {rows}{' …' if total > _SHOWN else ''}"]
