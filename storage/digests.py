"""Digests: half-open windows of alerts and rounds, each beginning where the one before ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from pipeline.records import Digest, DigestMaterial, Message
from storage import tables
from storage.alerts import alerts_between, last_alert_id
from storage.deliveries import add_delivery
from storage.rounds import history_rounds, last_round_id
from storage.sources import source_health
from storage.statements import insert_numbered
from storage.stories import story_facts
from storage.tables import row_of, select_record


def digest_material(connection: sa.Connection, name: str) -> DigestMaterial:
    """The window since the last digest of that name, from one snapshot. Ids commit in their order, so none that is
    smaller than an upper bound can appear later."""
    last = _last(connection, name)
    after_alert_id, after_round_id = (last.upto_alert_id, last.upto_round_id) if last else (0, 0)
    upto_alert_id, upto_round_id = last_alert_id(connection), last_round_id(connection)
    alerts = alerts_between(connection, after_alert_id, upto_alert_id)
    return DigestMaterial(
        name=name,
        after_alert_id=after_alert_id,
        upto_alert_id=upto_alert_id,
        after_round_id=after_round_id,
        upto_round_id=upto_round_id,
        alerts=alerts,
        stories=story_facts(connection, [alert.story_id for alert in alerts]),
        history=history_rounds(connection, after_round_id, upto_round_id),
        health=source_health(connection, is_enabled=True),
        since=last.created_at if last else None,
    )


def save_digest(
    connection: sa.Connection,
    material: DigestMaterial,
    *,
    subject: str,
    text: str,
    html: str,
    data: str,
    now: datetime,
    deliveries: Sequence[tuple[str, Message]],
) -> Digest | None:
    """Close the window and queue its messages; None when another runner closed it since the material was read."""
    last = _last(connection, material.name)
    end_of_last = (last.upto_alert_id, last.upto_round_id, last.created_at) if last else (0, 0, None)
    if end_of_last != (material.after_alert_id, material.after_round_id, material.since):
        return None
    digest = Digest(
        id=0,
        name=material.name,
        after_alert_id=material.after_alert_id,
        upto_alert_id=material.upto_alert_id,
        after_round_id=material.after_round_id,
        upto_round_id=material.upto_round_id,
        created_at=now,
        subject=subject,
        text=text,
        html=html,
        data=data,
    )
    row = row_of(digest, previous_id=last.id if last else 0)
    del row["id"]
    number = insert_numbered(connection, tables.digest, row)
    for channel, message in deliveries:
        add_delivery(connection, channel, message, now)
    return digest_by_id(connection, number)


def digest_by_id(connection: sa.Connection, digest_id: int) -> Digest | None:
    table = tables.digest
    row = connection.execute(select_record(table, Digest).where(table.c.id == digest_id)).mappings().one_or_none()
    return Digest(**row) if row else None


def list_digests(connection: sa.Connection, limit: int, name: str | None = None) -> tuple[Digest, ...]:
    """Newest first."""
    table = tables.digest
    query = select_record(table, Digest).order_by(table.c.id.desc()).limit(limit)
    if name is not None:
        query = query.where(table.c.name == name)
    return tuple(Digest(**row) for row in connection.execute(query).mappings())


def _last(connection: sa.Connection, name: str) -> Digest | None:
    digests = list_digests(connection, 1, name)
    return digests[0] if digests else None
