"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("takes", TEXT, nullable=False),
        sa.Column("options", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_channel"),
    )
    op.create_table(
        "digest",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("previous_id", ID, nullable=False),
        sa.Column("after_alert_id", ID, nullable=False),
        sa.Column("upto_alert_id", ID, nullable=False),
        sa.Column("after_round_id", ID, nullable=False),
        sa.Column("upto_round_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("html", TEXT, nullable=False),
        sa.Column("data", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_digest"),
        sa.UniqueConstraint("name", "previous_id", name="uq_digest_name_previous_id"),
    )
    op.create_table(
        "source",
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("country", TEXT, nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("listing", TEXT, nullable=True),
        sa.Column("archive_url", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_source"),
    )
    op.create_table(
        "story",
        sa.Column("id", ID, nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_story"),
    )
    op.create_index("ix_story_last_seen_at", "story", ["last_seen_at"])

    op.create_table(
        "watchlist_version",
        sa.Column("version", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("planted_at", TIME, nullable=False),
        sa.Column("planting", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_watchlist_version"),
        sa.UniqueConstraint("planting", name="uq_watchlist_version_planting"),
    )
    op.create_table(
        "article",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("address_key", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("byline", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("depth", TEXT, nullable=False),
        sa.Column("exact", TEXT, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("copy_of", ID, nullable=True),
        sa.Column("is_history", sa.Boolean(), nullable=False),
        sa.Column("capture_sha256", TEXT, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("shingles", sa.LargeBinary(), nullable=False),
        sa.Column("terms", TEXT, nullable=False),
        sa.Column("folded", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["copy_of"], ["article.id"], name="fk_article_copy_of"),
        sa.ForeignKeyConstraint(["source"], ["source.slug"], name="fk_article_source"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_article_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
        sa.UniqueConstraint("address_key", name="uq_article_address_key"),
    )
    op.create_index("ix_article_exact_seen_at", "article", ["exact", "seen_at"])
    op.create_index("ix_article_language_seen_at", "article", ["language", "seen_at"])
    op.create_index("ix_article_seen_at", "article", ["seen_at"])
    op.create_index("ix_article_source_seen_at", "article", ["source", "seen_at"])
    op.create_index("ix_article_story_id", "article", ["story_id"])

    op.create_table(
        "backfill",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("since", TIME, autoincrement=False, nullable=False),
        sa.Column("until", TIME, autoincrement=False, nullable=False),
        sa.Column("next_url", TEXT, nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.slug"], name="fk_backfill_source"),
        sa.PrimaryKeyConstraint("source", "since", "until", name="pk_backfill"),
    )
    op.create_table(
        "round",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("counts", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("alerts", TEXT, nullable=False),
        sa.Column("mentions", TEXT, nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("failures", TEXT, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.slug"], name="fk_round_source"),
        sa.PrimaryKeyConstraint("id", name="pk_round"),
    )
    op.create_index("ix_round_kind_id", "round", ["kind", "id"])
    op.create_index("ix_round_source_id", "round", ["source", "id"])

    op.create_table(
        "source_state",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("etag", TEXT, nullable=False),
        sa.Column("last_modified", TEXT, nullable=False),
        sa.Column("body_sha256", TEXT, nullable=False),
        sa.Column("last_polled_at", TIME, nullable=True),
        sa.Column("last_changed_at", TIME, nullable=True),
        sa.Column("next_due_at", TIME, nullable=True),
        sa.Column("is_imported", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.slug"], name="fk_source_state_source"),
        sa.PrimaryKeyConstraint("source", name="pk_source_state"),
    )
    op.create_table(
        "alert",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("entries", TEXT, nullable=False),
        sa.Column("sentence", TEXT, nullable=False),
        sa.Column("marks", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_alert_article_id"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_alert_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("rule", "story_id", name="uq_alert_rule_story_id"),
    )
    op.create_index("ix_alert_created_at", "alert", ["created_at"])
    op.create_index("ix_alert_rule_id", "alert", ["rule", "id"])
    op.create_index("ix_alert_state", "alert", ["state"])

    op.create_table(
        "article_entry",
        sa.Column("entry", TEXT, nullable=False),
        sa.Column("article_id", ID, autoincrement=False, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_article_entry_article_id"),
        sa.PrimaryKeyConstraint("entry", "article_id", name="pk_article_entry"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_entry_entry_seen_at", "article_entry", ["entry", "seen_at"])

    op.create_table(
        "entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("address_key", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("line_hash", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("article_id", ID, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", TIME, nullable=True),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("summary", TEXT, nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("guid", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("is_history", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_entry_article_id"),
        sa.ForeignKeyConstraint(["source"], ["source.slug"], name="fk_entry_source"),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("source", "address_key", name="uq_entry_source_address_key"),
    )
    op.create_index("ix_entry_address_key", "entry", ["address_key"])
    op.create_index("ix_entry_source_article_id_first_seen_at", "entry", ["source", "article_id", "first_seen_at"])
    op.create_index("ix_entry_source_next_try_at", "entry", ["source", "next_try_at"])

    op.create_table(
        "mention",
        sa.Column("article_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", TEXT, nullable=False),
        sa.Column("where", TEXT, nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("watchlist_version", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_mention_article_id"),
        sa.PrimaryKeyConstraint("article_id", "number", name="pk_mention"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revision",
        sa.Column("article_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("byline", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("depth", TEXT, nullable=False),
        sa.Column("exact", TEXT, nullable=False),
        sa.Column("capture_sha256", TEXT, nullable=False),
        sa.Column("replaced_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_revision_article_id"),
        sa.PrimaryKeyConstraint("article_id", "number", name="pk_revision"),
    )
    op.create_table(
        "shingle",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_shingle_article_id"),
        sa.PrimaryKeyConstraint("key", "article_id", name="pk_shingle"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "veto",
        sa.Column("article_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", TEXT, nullable=False),
        sa.Column("where", TEXT, nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_veto_article_id"),
        sa.PrimaryKeyConstraint("article_id", "number", name="pk_veto"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("alert_id", ID, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", TIME, nullable=False),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("attempt", TEXT, nullable=False),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("is_ambiguous", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_delivery_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("key", "channel", name="uq_delivery_key_channel"),
    )
    op.create_index("ix_delivery_alert_id", "delivery", ["alert_id"])
    op.create_index("ix_delivery_channel_state_next_try_at", "delivery", ["channel", "state", "next_try_at"])
    op.create_index("ix_delivery_state_id", "delivery", ["state", "id"])


def downgrade() -> None:
    for name in (
        "delivery",
        "veto",
        "shingle",
        "revision",
        "mention",
        "entry",
        "article_entry",
        "alert",
        "source_state",
        "round",
        "backfill",
        "article",
        "watchlist_version",
        "story",
        "source",
        "digest",
        "channel",
    ):
        op.drop_table(name)
