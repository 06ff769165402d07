"""The delivery loop, an outbox in memory, virtual time: nothing lost, nothing after failed, nobody blocked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fake_sinks import FakeOutbox, make_message
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DeliveryAmbiguous, DeliveryDeferred, DeliveryError, DeliveryRefused
from pipeline.notify import DEAD_AFTER, LONGEST_WAIT, MAX_TRIES, DeliveryReport, Verdict, deliver_channel, plan_retry
from pipeline.records import Delivery, DeliveryState, Message

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


class ScriptedSink:
    """Answers each message by its own script, `ok` after it; keeps what it took, lost answers included."""

    def __init__(self, **scripts: list[str]) -> None:
        self.scripts = {key: list(script) for key, script in scripts.items()}
        self.taken: list[str] = []
        self.asked: list[str] = []

    def __call__(self, message: Message) -> None:
        script = self.scripts.get(message.key, [])
        answer = script.pop(0) if script else "ok"
        self.asked.append(message.key)
        if answer in ("ok", "taken, answer lost"):
            self.taken.append(message.key)
        if answer in ("lost", "taken, answer lost"):
            raise DeliveryAmbiguous("the answer was lost")
        if answer == "busy":
            raise DeliveryDeferred("busy")
        if answer.startswith("wait "):
            raise DeliveryDeferred("slow down", retry_after_seconds=float(answer.removeprefix("wait ")))
        if answer == "refused":
            raise DeliveryRefused("never")
        if answer == "bug":
            raise ZeroDivisionError("a bug with a secret in it")


def outbox_with(*keys: str, channel: str = "desk") -> FakeOutbox:
    outbox = FakeOutbox()
    for key in keys:
        outbox.add(make_message(key), channel, NOW)
    return outbox


def test_what_is_due_is_sent_in_order_and_counted() -> None:
    outbox, sink = outbox_with("a", "b", "c"), ScriptedSink()
    assert deliver_channel("desk", outbox, sink, NOW) == DeliveryReport("desk", sent=3)
    assert sink.taken == ["a", "b", "c"]
    assert deliver_channel("desk", outbox, sink, NOW) == DeliveryReport("desk")


def test_each_error_has_its_own_fate() -> None:
    outbox = outbox_with("fine", "busy", "lost", "refused")
    sink = ScriptedSink(busy=["busy"], lost=["lost"], refused=["refused"])
    assert deliver_channel("desk", outbox, sink, NOW) == DeliveryReport(
        "desk", sent=1, deferred=1, failed=1, ambiguous=1
    )
    rows = {row.key: row for row in outbox.rows.values()}
    assert rows["busy"].state is rows["lost"].state is DeliveryState.PENDING
    assert not rows["busy"].is_ambiguous
    assert rows["lost"].is_ambiguous
    assert rows["refused"].state is DeliveryState.FAILED
    assert rows["refused"].last_error == "never"


def test_once_ambiguous_a_message_stays_so_while_it_waits() -> None:
    outbox, sink = outbox_with("a"), ScriptedSink(a=["lost", "busy"])
    deliver_channel("desk", outbox, sink, NOW)
    deliver_channel("desk", outbox, sink, NOW + timedelta(hours=1))
    assert outbox.rows[1].is_ambiguous


def test_a_dead_channel_is_left_alone_and_costs_the_rest_no_try() -> None:
    keys = [f"m{number}" for number in range(20)]
    outbox, sink = outbox_with(*keys), ScriptedSink(**{key: ["busy"] for key in keys})
    assert deliver_channel("desk", outbox, sink, NOW).deferred == DEAD_AFTER
    assert [row.tries for row in outbox.rows.values()] == [1] * DEAD_AFTER + [0] * (20 - DEAD_AFTER)
    assert not outbox.lease_until, "nothing is left leased"


def test_messages_that_are_put_off_do_not_stand_before_the_others() -> None:
    keys = [f"bad{number}" for number in range(DEAD_AFTER)] + ["good"]
    outbox = outbox_with(*keys)
    sink = ScriptedSink(**{key: ["busy"] * 20 for key in keys if key != "good"})
    deliver_channel("desk", outbox, sink, NOW)
    assert deliver_channel("desk", outbox, sink, NOW + timedelta(seconds=1)).sent == 1


def test_a_dead_channel_does_not_touch_another() -> None:
    outbox = outbox_with("a", "b")
    outbox.add(make_message("a"), "phone", NOW)
    deliver_channel("desk", outbox, ScriptedSink(a=["busy"], b=["busy"]), NOW)
    assert deliver_channel("phone", outbox, ScriptedSink(), NOW).sent == 1


def test_a_channel_that_asks_for_time_gets_it_at_once() -> None:
    outbox, sink = outbox_with("a", "b"), ScriptedSink(a=["wait 90"])
    assert deliver_channel("desk", outbox, sink, NOW) == DeliveryReport("desk", deferred=1)
    assert sink.asked == ["a"]
    assert NOW + timedelta(seconds=90) <= outbox.rows[1].next_try_at <= NOW + timedelta(seconds=113)


def test_refused_messages_do_not_make_a_channel_dead() -> None:
    keys = [f"m{number}" for number in range(6)]
    sink = ScriptedSink(**{key: ["refused"] for key in keys[:5]})
    assert deliver_channel("desk", outbox_with(*keys), sink, NOW) == DeliveryReport("desk", sent=1, failed=5)


def test_a_bug_is_raised_and_its_message_goes_to_the_back() -> None:
    outbox, sink = outbox_with("bad", "good"), ScriptedSink(bad=["bug"] * 20)
    with pytest.raises(ZeroDivisionError):
        deliver_channel("desk", outbox, sink, NOW)
    assert outbox.rows[1].last_error == "a bug in the channel: ZeroDivisionError"
    assert deliver_channel("desk", outbox, sink, NOW + timedelta(seconds=1)).sent == 1


def test_a_message_that_kills_its_sender_ends_as_failed() -> None:
    outbox = outbox_with("killer", "good")
    at = NOW
    for _ in range(MAX_TRIES):  # claimed, then the process is gone: nobody marks it
        assert outbox.claim_deliveries("desk", at, limit=1, lease_seconds=300)[0].key == "killer"
        at += timedelta(seconds=301)
    sink = ScriptedSink()
    assert deliver_channel("desk", outbox, sink, at) == DeliveryReport("desk", sent=1, failed=1)
    assert sink.taken == ["good"]


def test_a_late_sender_cannot_overwrite_a_newer_one() -> None:
    outbox = outbox_with("a")

    def slow(message: Message) -> None:
        deliver_channel("desk", outbox, ScriptedSink(), NOW + timedelta(seconds=400), lease_seconds=300)
        raise DeliveryRefused("too late")

    deliver_channel("desk", outbox, slow, NOW, lease_seconds=300)
    assert outbox.rows[1].state is DeliveryState.SENT


def test_leases_follow_the_stopwatch() -> None:
    seconds = iter(range(0, 10_000, 100))
    outbox = outbox_with("a", "b")
    seen = []
    claim = outbox.claim_deliveries

    def claim_seen(channel: str, now: datetime, *, limit: int, lease_seconds: float) -> object:
        seen.append(now)
        return claim(channel, now, limit=limit, lease_seconds=lease_seconds)

    outbox.claim_deliveries = claim_seen  # type: ignore[method-assign, assignment]
    deliver_channel("desk", outbox, ScriptedSink(), NOW, stopwatch=lambda: float(next(seconds)))
    assert seen == sorted(set(seen)), "time goes on from message to message"


def test_a_run_ends_at_its_limit() -> None:
    outbox = outbox_with(*(f"m{number}" for number in range(10)))
    assert deliver_channel("desk", outbox, ScriptedSink(), NOW, limit=4).sent == 4


# --- the plan ---------------------------------------------------------------------------------------------------


def tried(tries: int, key: str = "a") -> Delivery:
    return Delivery(1, key, "desk", make_message(key), DeliveryState.PENDING, tries, NOW)


def test_waits_grow_to_six_hours_and_cover_most_of_a_day() -> None:
    waits = [
        (plan.next_try_at - NOW).total_seconds() / 60
        for tries in range(1, MAX_TRIES)
        if (plan := plan_retry(tried(tries), DeliveryDeferred("busy"), NOW)).next_try_at
    ]
    expected = [5, 10, 20, 40, 80, 160, 320, 360, 360]
    assert all(least <= wait <= least * 1.25 for wait, least in zip(waits, expected, strict=True))
    assert sum(expected) / 60 > 22


@pytest.mark.parametrize("kind", [DeliveryDeferred, DeliveryAmbiguous])
def test_the_tenth_try_is_the_last(kind: type[DeliveryError]) -> None:
    assert plan_retry(tried(MAX_TRIES - 1), kind("x"), NOW).verdict is not Verdict.FAILED
    assert plan_retry(tried(MAX_TRIES), kind("x"), NOW).verdict is Verdict.FAILED


def test_messages_put_off_together_do_not_come_back_together() -> None:
    times = {plan_retry(tried(1, f"k{n}"), DeliveryDeferred("busy"), NOW).next_try_at for n in range(50)}
    assert len(times) == 50


@given(asked=st.floats(allow_nan=False, allow_infinity=True), tries=st.integers(1, MAX_TRIES - 1))
def test_what_a_channel_asks_for_is_kept_between_a_second_and_the_cap(asked: float, tries: int) -> None:
    plan = plan_retry(tried(tries), DeliveryDeferred("busy", retry_after_seconds=asked), NOW)
    assert plan.next_try_at is not None
    wait = plan.next_try_at - NOW
    assert timedelta(seconds=1) <= wait <= LONGEST_WAIT * 1.25
    assert wait >= timedelta(seconds=min(max(asked, 1.0), LONGEST_WAIT.total_seconds()))


# --- the promise ------------------------------------------------------------------------------------------------

ANSWERS = st.sampled_from(["ok", "busy", "wait 30", "lost", "taken, answer lost", "refused"])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefgh"), st.lists(ANSWERS, max_size=14), max_size=8))
def test_every_message_is_delivered_at_least_once_or_shown_as_failed(scripts: dict[str, list[str]]) -> None:
    planted = list("abcdefgh")
    outbox, sink = outbox_with(*planted), ScriptedSink(**scripts)
    lost_answers = sum(script.count("taken, answer lost") for script in scripts.values())
    runs = _run_until_drained(outbox, sink)
    states = outbox.states()
    assert set(states.values()) <= {DeliveryState.SENT, DeliveryState.FAILED}, f"still pending after {runs} runs"
    for key, state in states.items():
        if state is DeliveryState.SENT:
            assert key in sink.taken, "nothing lost"
        assert sink.taken.count(key) <= 1 + scripts.get(key, []).count("taken, answer lost")
        assert sink.asked.count(key) <= MAX_TRIES
    assert len(sink.taken) <= len(planted) + lost_answers, "repeats come from lost answers only"
    asked_before = len(sink.asked)
    deliver_channel("desk", outbox, sink, NOW + timedelta(days=30))
    assert len(sink.asked) == asked_before, "nothing goes out after failed or sent"


def _run_until_drained(outbox: FakeOutbox, sink: Callable[[Message], None]) -> int:
    for run in range(600):
        deliver_channel("desk", outbox, sink, NOW + timedelta(minutes=10 * run))
        if DeliveryState.PENDING not in outbox.states().values():
            return run
    return 600
