"""Outbox of a real database, real SMTP and HTTP, hours of trouble in virtual time: what arrived is what was planted."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

from fake_sinks import make_message, serve_mail, serve_slack

from delivery.email import SmtpAccount, open_email
from delivery.slack import open_slack
from pipeline.notify import deliver_channel
from pipeline.ports import Send
from pipeline.records import DeliveryState
from storage.store import SqlStore, open_store

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
KEYS = [f"{number:064x}" for number in range(40)]


def plant(url: str, channel: str) -> SqlStore:
    store = open_store(url)
    with store.writing() as unit:
        for key in KEYS:
            unit.add_delivery(channel, make_message(key, subject=f"alert {key[-2:]}", title=key), NOW)
    return store


def drain(store: SqlStore, channel: str, send: Send) -> int:
    """Ten-minute runs until nothing waits. How many it took."""
    for run in range(400):
        deliver_channel(channel, store, send, NOW + timedelta(minutes=10 * run))
        if not store.list_deliveries(DeliveryState.PENDING):
            return run
    return 400


def test_mail_with_lost_answers_arrives_and_every_repeat_has_its_id(sqlite_url: str) -> None:
    dice = random.Random(45)
    answers = ["drop" if dice.random() < 0.3 else "" for _ in range(200)]
    drops = 0
    store = plant(sqlite_url, "mail")
    try:
        with serve_mail({"DATA": answers}) as server:
            account = SmtpAccount(server.host, server.port, sender="w@desk.example", security="none", timeout_seconds=5)
            drain(store, "mail", open_email(account, ("a@desk.example",)))
            drops = 200 - len(answers) - len(KEYS)
        sent = store.list_deliveries(DeliveryState.SENT)
    finally:
        store.close()
    ids = Counter(message_from_bytes(mail, policy=default)["Message-ID"] for mail in server.mails)
    assert set(ids) == {f"<{key}@desk.example>" for key in KEYS}, "nothing lost, nothing foreign"
    assert drops > 5
    assert ids.total() == len(KEYS) + drops, "a repeat for every lost answer and for nothing else"
    assert {row.key for row in sent if row.is_ambiguous} == {id[1:65] for id, times in ids.items() if times > 1}


def test_slack_in_trouble_gets_every_alert(sqlite_url: str) -> None:
    dice = random.Random(46)
    troubles = ["500", "503", ("429", {"Retry-After": "1200"}), "cut", "half", "200", "200", "200"]
    script = [dice.choice(troubles) for _ in range(60)]
    cuts = script.count("cut")
    store = plant(sqlite_url, "slack")
    try:
        with serve_slack(*script) as slack:
            drain(store, "slack", open_slack(slack.webhook))
        states = Counter(row.state for row in store.list_deliveries())
    finally:
        store.close()
    titles = Counter(post["blocks"][0]["text"]["text"].split("|")[1].strip(">*") for post in slack.posts)
    assert states == {DeliveryState.SENT: len(KEYS)}
    assert set(titles) == set(KEYS)
    assert titles.total() <= len(KEYS) + cuts
