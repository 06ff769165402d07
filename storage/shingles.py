"""The inverted index of shingle keys: which articles hold a key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from storage import tables
from storage.statements import chunks

POPULAR = 40
"""A key in more articles than this is boilerplate and says nothing of a copy (measured on 2,601 made near-copies)."""


_shingle = tables.shingle.c
_asked = _shingle.key.in_(sa.bindparam("keys", expanding=True))
# Built once: making the statement anew for every article took longer than running it.
_HOLDERS = sa.select(_shingle.key, _shingle.article_id).where(_asked)
_POPULAR_KEYS = sa.select(_shingle.key).where(_asked).group_by(_shingle.key).having(sa.func.count() > POPULAR)
_ADD = sa.insert(tables.shingle)
_REMOVE = sa.delete(tables.shingle).where(
    _shingle.key == sa.bindparam("gone_key"), _shingle.article_id == sa.bindparam("gone_article")
)


def index_shingles(connection: sa.Connection, article_id: int, keys: Sequence[int]) -> None:
    """Enter an article under its keys. A popular key takes no more: its list stays short for ever."""
    popular: set[int] = set()
    for chunk in chunks(keys):
        popular.update(connection.scalars(_POPULAR_KEYS, {"keys": chunk}))
    rows = [{"key": key, "article_id": article_id} for key in dict.fromkeys(keys) if key not in popular]
    if rows:
        connection.execute(_ADD, rows)


def unindex_shingles(connection: sa.Connection, article_id: int, keys: Sequence[int]) -> None:
    if keys:
        connection.execute(_REMOVE, [{"gone_key": key, "gone_article": article_id} for key in keys])


def articles_sharing(connection: sa.Connection, keys: Sequence[int]) -> Counter[int]:
    """How many of these keys each article holds, popular ones left out."""
    shared: Counter[int] = Counter()
    for chunk in chunks(keys):
        holders: dict[int, list[int]] = defaultdict(list)
        for key, article_id in connection.execute(_HOLDERS, {"keys": chunk}):
            holders[key].append(article_id)
        for articles in holders.values():
            if len(articles) <= POPULAR:
                shared.update(articles)
    return shared
