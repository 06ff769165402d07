"""The inverted index of shingle keys: which articles hold a key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from storage import tables
from storage.statements import chunks

POPULAR = 40
"""A key in more articles than this is boilerplate and says nothing of a copy (measured on 2,601 made near-copies)."""


def index_shingles(connection: sa.Connection, article_id: int, keys: Sequence[int]) -> None:
    """Enter an article under its keys. A popular key takes no more: its list stays short for ever."""
    shingle = tables.shingle.c
    popular: set[int] = set()
    for chunk in chunks(keys):
        query = (
            sa.select(shingle.key).where(shingle.key.in_(chunk)).group_by(shingle.key).having(sa.func.count() > POPULAR)
        )
        popular.update(connection.scalars(query))
    rows = [{"key": key, "article_id": article_id} for key in dict.fromkeys(keys) if key not in popular]
    if rows:
        connection.execute(sa.insert(tables.shingle), rows)


def unindex_shingles(connection: sa.Connection, article_id: int, keys: Sequence[int]) -> None:
    if keys:
        shingle = tables.shingle.c
        gone = sa.delete(tables.shingle).where(shingle.key == sa.bindparam("gone"), shingle.article_id == article_id)
        connection.execute(gone, [{"gone": key} for key in keys])


def articles_sharing(connection: sa.Connection, keys: Sequence[int]) -> Counter[int]:
    """How many of these keys each article holds, popular ones left out."""
    shingle = tables.shingle.c
    shared: Counter[int] = Counter()
    for chunk in chunks(keys):
        holders: dict[int, list[int]] = defaultdict(list)
        for key, article_id in connection.execute(
            sa.select(shingle.key, shingle.article_id).where(shingle.key.in_(chunk))
        ):
            holders[key].append(article_id)
        for articles in holders.values():
            if len(articles) <= POPULAR:
                shared.update(articles)
    return shared
